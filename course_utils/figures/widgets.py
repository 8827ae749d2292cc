"""Things to move and to click, each usable with the keyboard alone.

Every one comes after a static figure, for readers without a running kernel.
"""

import html

import ipywidgets
import torch
from IPython.display import display
from matplotlib.figure import Figure

from course_utils.figures.images import images_figure
from course_utils.figures.style import to_png

COLUMN = {"width": "320px", "flex": "0 0 auto"}


def explore(draw, *, alt, **controls):
    """Show one control per keyword, and what `draw` makes of their values.

    draw: called with a value for each keyword; returns images
    (N, 1, H, W), a matplotlib figure, or text. controls: keyword=(low,
    high) or (low, high, step) for a slider, a list of texts or numbers to
    choose from, or a text to edit. All follow the keyboard; the picture
    changes when a slider is let go or Enter is pressed. Returns the box.
    """
    parts = {name: _control(name, c) for name, c in controls.items()}
    caption = ipywidgets.HTML(f"<small>{html.escape(alt)}</small>")
    first = draw(**{name: part.value for name, part in parts.items()})
    view = _view(first)

    def redraw(_=None):
        values = {name: part.value for name, part in parts.items()}
        view.value = _content(draw(**values))

    for part in parts.values():
        part.observe(redraw, names="value")
    # A wide picture goes below the controls rather than squeeze them.
    column = ipywidgets.VBox([*parts.values(), caption], layout=COLUMN)
    box = ipywidgets.HBox([column, view], layout={"flex_flow": "row wrap"})
    display(box)
    return box


def walk_latent_space(decode, low, high, *, alt):
    """Show one slider per latent axis; the picture is decoded live.

    decode: codes (1, latent_dim) -> images (1, 1, H, W). low, high: the
    ends of each axis (latent_dim,). Returns the box.
    """
    ends = zip(_numbers(low), _numbers(high), strict=True)
    ranges = {f"z{i + 1}": pair for i, pair in enumerate(ends)}

    def draw(**z):
        with torch.no_grad():
            return decode(torch.tensor([list(z.values())]))

    return explore(draw, alt=alt, **ranges)


def _control(name, values):
    """Return what suits the values: a slider, a choice or a line of text."""
    if isinstance(values, str):
        return ipywidgets.Text(
            values, description=name, continuous_update=False
        )
    if isinstance(values, list):
        return ipywidgets.SelectionSlider(
            options=values, description=name, continuous_update=False
        )
    low, high, *step = values
    return ipywidgets.FloatSlider(
        value=(low + high) / 2, min=low, max=high,
        step=step[0] if step else (high - low) / 20, description=name,
        continuous_update=False,
    )  # fmt: skip


def _view(shown):
    """Return the widget that shows what `draw` returned."""
    if isinstance(shown, str):
        return ipywidgets.HTML(_content(shown))
    width = "560px" if isinstance(shown, Figure) else "220px"
    layout = {"width": width, "max_width": "100%", "object_fit": "contain"}
    return ipywidgets.Image(value=_content(shown), format="png", layout=layout)


def _content(shown):
    if isinstance(shown, str):
        return f"<pre>{html.escape(shown)}</pre>"
    is_figure = isinstance(shown, Figure)
    return to_png(shown if is_figure else images_figure([shown]))


def _numbers(values):
    return torch.as_tensor(values).flatten().tolist()
