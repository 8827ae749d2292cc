"""Figures of images and of codes: grids, reconstructions, maps."""

import matplotlib
import torch
from matplotlib.figure import Figure

from course_utils.figures.style import COLORS, MARKERS, STYLE, show_figure


def show_images(images, *, alt, titles=None, row_labels=None, columns=10):
    """Show images (N, 1, H, W) in rows of `columns`, or a list of such rows.

    alt: what the figure shows, for readers who cannot see it. titles: one
    text per column. row_labels: one text per row. Values are drawn from 0
    (black) to 1 (white).
    """
    rows = images.split(columns) if torch.is_tensor(images) else list(images)
    show_figure(images_figure(rows, titles, row_labels), alt)


def show_reconstructions(x, x_hat, *, alt, titles=None):
    """Show originals (N, 1, H, W) above their reconstructions."""
    rows = [x, x_hat]
    show_images(
        rows, alt=alt, titles=titles, row_labels=["original", "reconstruction"]
    )


def show_interpolation(rows, *, alt):
    """Show paths from one image to another: {label: images (N, 1, H, W)}."""
    first = next(iter(rows.values()), ())
    titles = [f"{t:.0%}" for t in torch.linspace(0, 1, len(first)).tolist()]
    show_images(
        list(rows.values()), alt=alt, titles=titles, row_labels=list(rows)
    )


def show_decoded_grid(decode, low, high, *, alt, n=9):
    """Decode an n x n grid of two-dimensional codes between two corners.

    decode: codes (B, 2) -> images (B, 1, H, W). low, high: the corners
    (2,). The first code runs to the right, the second upwards.
    """
    (left, bottom), (right, top) = _pairs(low), _pairs(high)
    across = torch.linspace(left, right, n).repeat(n)
    up = torch.linspace(top, bottom, n).repeat_interleave(n)
    images = _picture(decode(torch.stack([across, up], 1)))
    tiles = _mosaic(images.split(n), n)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.2, 5), layout="constrained")
        axes = figure.subplots()
        axes.imshow(
            tiles.numpy(), vmin=0, vmax=1,
            extent=(left, right, bottom, top), aspect="auto",
        )  # fmt: skip
        axes.set(xlabel="first code", ylabel="second code")
        axes.grid(False)
    show_figure(figure, alt)


def show_latent_space(maps, *, alt, classes=None):
    """Show codes as coloured points: {title: (z (N, 2), colour (N,))}.

    classes: names of the labels when the colour is a class number; without
    it the colour is a quantity with a scale beside it.
    """
    if not maps:
        raise ValueError("there are no codes to show")
    with matplotlib.rc_context(STYLE):
        width = 3.6 if len(maps) > 1 else 5.5
        figure = Figure((width * len(maps), 3.6), layout="constrained")
        panels = figure.subplots(1, len(maps), squeeze=False)[0]
        for axes, (title, (z, color)) in zip(
            panels, maps.items(), strict=True
        ):
            z = _codes(z)
            _scatter(figure, axes, z, _labels(color, len(z)), classes)
            axes.set(title=title, xlabel="first code", ylabel="second code")
        if classes:
            handles = panels[-1].get_legend_handles_labels()
            figure.legend(*handles, loc="outside right center")
    show_figure(figure, alt)


def images_figure(rows, titles=None, row_labels=None):
    """Draw rows of images (N, 1, H, W), without showing them yet."""
    rows = [_picture(row) for row in rows]
    sizes = {tuple(row.shape[1:]) for row in rows}
    if not rows:
        raise ValueError("there is no image to show")
    if len(sizes) > 1:
        raise ValueError(f"rows must hold images of one size; got {sizes}")
    columns = max(len(row) for row in rows)
    inches = min(1.0, 9.0 / columns)
    label = 0.3 + 0.09 * max(map(len, row_labels or [""]))  # in inches
    size = (inches * columns + label, inches * len(rows))
    with matplotlib.rc_context(STYLE):
        figure = Figure((size[0], size[1] + 0.3 * bool(titles)))
        figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02)
        axes = figure.subplots()
    height, width = (side + 2 for side in rows[0].shape[1:])
    axes.imshow(_mosaic(rows, columns).numpy(), vmin=0, vmax=1, cmap="gray")
    axes.set_xticks([(i + 0.5) * width - 1.5 for i in range(columns)])
    axes.set_yticks([(i + 0.5) * height - 1.5 for i in range(len(rows))])
    axes.set_xticklabels((list(titles or ()) + [""] * columns)[:columns])
    axes.set_yticklabels(row_labels or [""] * len(rows))
    axes.tick_params(
        length=0, labelsize=9, top=True, labeltop=True, labelbottom=False
    )
    axes.spines[:].set_visible(False)
    axes.grid(False)
    return figure


def _mosaic(rows, columns):
    """Put rows of (N, H, W) into one picture with white gaps between."""
    height, width = rows[0].shape[1:]
    tiles = torch.ones(len(rows), columns, height + 2, width + 2)
    for tile_row, row in zip(tiles, rows, strict=True):
        tile_row[: len(row), :-2, :-2] = row
    return tiles.transpose(1, 2).flatten(0, 1).flatten(1)[:-2, :-2]


def _scatter(figure, axes, z, color, classes):
    if classes is None:
        points = axes.scatter(*z.T, c=color, s=4, cmap="viridis")
        figure.colorbar(points, ax=axes)
        return
    for c, name in enumerate(classes):
        axes.scatter(
            *z[color == c].T, s=14, label=name, alpha=0.8, lw=0.6,
            marker=f"${c}$" if len(classes) > 7 else MARKERS[c],
            color=matplotlib.colormaps["tab10"](c)
            if len(classes) > 7 else COLORS[c],
        )  # fmt: skip


def _picture(images):
    """Images (N, 1, H, W) on any device -> (N, H, W) ready to draw."""
    if not torch.is_tensor(images) or images.ndim != 4 or images.shape[1] != 1:
        is_tensor = torch.is_tensor(images)
        got = tuple(images.shape) if is_tensor else type(images).__name__
        raise ValueError(
            f"images must be a tensor of shape (N, 1, H, W); got {got}"
        )
    if not len(images):
        raise ValueError("there is no image to show")
    images = images.detach().cpu().float()
    if not images.isfinite().all():
        raise ValueError("images hold values that are not finite numbers")
    if images.max() > 10:
        raise ValueError(
            f"images reach {images.max().item():g}, but [0, 1] is expected: "
            "divide pixels in 0..255 by 255"
        )
    return images[:, 0]


def _codes(z):
    if not torch.is_tensor(z) or z.ndim != 2 or z.shape[1] != 2:
        got = tuple(z.shape) if torch.is_tensor(z) else type(z).__name__
        raise ValueError(f"codes must be a tensor of shape (N, 2); got {got}")
    return z.detach().cpu()


def _labels(color, count):
    given = 0 if color is None else len(color)
    if given != count:
        raise ValueError(
            "each code needs one label or value to be coloured by; got "
            f"{given} for {count} codes"
        )
    return torch.as_tensor(color).detach().cpu()


def _pairs(corner):
    return [float(value) for value in corner]
