"""Figures in one style, each with the alt text that it must be given.

Functions take tensors (or a `decode` callable), never a model class, show
the figure in the notebook and return nothing. Colours are the darker ones of
Okabe and Ito (2008) and two more, safe for colour-blind readers and strong
enough on white; lines also differ by marker and dash.
"""

import base64
import io

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


def show_figure(figure, alt):
    """Display a figure with its alt text, in every kind of notebook.

    JupyterLab reads the alt text of HTML alone, the website that of the
    picture's metadata, so the output holds both.
    """
    if not isinstance(alt, str) or len(alt.strip()) < 15:
        raise ValueError(f"alt must say what the figure shows; got {alt!r}")
    picture = base64.b64encode(to_png(figure)).decode()
    quoted = alt.replace("&", "&amp;").replace('"', "&quot;")
    bundle = {
        "text/plain": f"[Figure: {alt}]",
        "image/png": picture,
        "text/html": f'<img alt="{quoted}" '
        f'src="data:image/png;base64,{picture}">',
    }
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})


def to_png(figure) -> bytes:
    """Draw a figure as the bytes of a PNG file with a palette, to be small."""
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=DPI)
    picture = Image.open(full).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(small, format="png")
    return small.getvalue()
