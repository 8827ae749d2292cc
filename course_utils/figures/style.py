"""Figures in one style, each with an alt text made from what it draws.

Functions take tensors (or a `decode` callable), never a model class. Each
`..._figure` function draws a figure and gives it its alt text as label;
`show_...` shows it in the notebook and returns nothing. Colours are the
darker ones of Okabe and Ito (2008) and two more, safe for colour-blind
readers and strong enough on white; lines also differ by marker and dash.
"""

import base64
import html
import io
import textwrap

import torch
from IPython.display import display
from PIL import Image

COLORS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#A02060",
    "#7A5C00",
)  # fmt: skip
MARKERS = "osD^vPX"
DASHES = ("-", "--", "-.", ":")
STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "font.size": 10,
    "grid.alpha": 0.3,
    "image.cmap": "gray",
    "legend.frameon": False,
    "lines.markersize": 5,
}
DPI = 100


def show_figure(figure):
    """Display a figure with its alt text, in every kind of notebook.

    Raises ValueError for a figure whose label does not say what it shows.
    """
    alt = str(figure.get_label())
    if len(alt.strip()) < 15:
        raise ValueError(
            f"the figure's label must say what it shows; got {alt!r}: "
            'figure.set_label("…")'
        )
    metadata = {"image/png": {"alt": alt}}
    display(bundle(to_png(figure), alt), raw=True, metadata=metadata)


def bundle(png, alt):
    """Return a picture as an output that every kind of notebook can show.

    JupyterLab reads the alt text of HTML alone, the website that of the
    picture's metadata, so the output holds both.
    """
    return {
        "text/plain": f"[Figure: {alt}]",
        "image/png": base64.b64encode(png).decode(),
        "text/html": img(png, alt),
    }


def img(png, alt):
    """Return the bytes of a PNG file as an HTML image with an alt text."""
    picture = base64.b64encode(png).decode()
    quoted = html.escape(alt, quote=True)
    return f'<img alt="{quoted}" src="data:image/png;base64,{picture}">'


def to_png(figure) -> bytes:
    """Draw a figure as the bytes of a PNG file with a palette, to be small."""
    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=DPI)
    return _small(Image.open(full).convert("RGB"))


def stack(pngs) -> bytes:
    """Put PNG files below each other, at the left, on white."""
    if len(pngs) == 1:
        return pngs[0]
    parts = [Image.open(io.BytesIO(png)).convert("RGB") for png in pngs]
    size = max(part.width for part in parts), sum(p.height for p in parts)
    sheet, top = Image.new("RGB", size, "white"), 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return _small(sheet)


def _small(picture):
    """Return the bytes of a PNG file of an RGB picture, with a palette."""
    file = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(file, format="png")
    return file.getvalue()


def look(i):
    """Return colour, marker and dash of the i-th line of a figure."""
    return {
        "color": COLORS[i % len(COLORS)],
        "marker": MARKERS[i % len(MARKERS)],
        "ls": DASHES[i % len(DASHES)],
    }


def wrap(name, width):
    """Break a long name into lines, so that nothing is cut off."""
    return "\n".join(textwrap.wrap(str(name), width)) or " "


def plain(values):
    """Numbers of any kind, on any device -> a tensor that can be drawn."""
    values = torch.as_tensor(values).detach().cpu().double()
    if not values.isfinite().all():
        raise ValueError("there are values that are not finite numbers")
    return values
