"""Figures in one style; each describes itself in an alt text."""

from course_utils.figures.arrows import arrows_figure, show_arrows
from course_utils.figures.bells import (
    bells_figure,
    bounds_figure,
    posteriors_figure,
    show_bells,
    show_bounds,
    show_posteriors,
)
from course_utils.figures.charts import (
    bars_figure,
    curves_figure,
    histogram_figure,
    matrix_figure,
    points_figure,
    show_bars,
    show_curves,
    show_histograms,
    show_losses,
    show_matrix,
)
from course_utils.figures.clouds import (
    cloud_figure,
    latent_space_figure,
    show_cloud,
    show_latent_space,
)
from course_utils.figures.diagrams import diagram
from course_utils.figures.images import (
    images_figure,
    show_decoded_grid,
    show_images,
    show_interpolation,
    show_reconstructions,
)
from course_utils.figures.paths import paths_figure, show_paths
from course_utils.figures.rates import (
    show_tangents,
    show_water,
    tangents_figure,
    water_figure,
)
from course_utils.figures.strips import show_strips, strips_figure
from course_utils.figures.style import show_figure
from course_utils.figures.tiles import (
    show_tiles,
    show_usage,
    tiles_figure,
    usage_figure,
)
from course_utils.figures.widgets import (
    click_map,
    click_tiles,
    draw_image,
    explore,
)

__all__ = [
    "arrows_figure",
    "bars_figure",
    "bells_figure",
    "bounds_figure",
    "click_map",
    "click_tiles",
    "cloud_figure",
    "curves_figure",
    "diagram",
    "draw_image",
    "explore",
    "histogram_figure",
    "images_figure",
    "latent_space_figure",
    "matrix_figure",
    "paths_figure",
    "points_figure",
    "posteriors_figure",
    "show_arrows",
    "show_bars",
    "show_bells",
    "show_bounds",
    "show_cloud",
    "show_curves",
    "show_decoded_grid",
    "show_figure",
    "show_histograms",
    "show_images",
    "show_interpolation",
    "show_latent_space",
    "show_losses",
    "show_matrix",
    "show_paths",
    "show_posteriors",
    "show_reconstructions",
    "show_strips",
    "show_tangents",
    "show_tiles",
    "show_usage",
    "show_water",
    "strips_figure",
    "tangents_figure",
    "tiles_figure",
    "usage_figure",
    "water_figure",
]
