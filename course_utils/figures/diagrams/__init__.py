"""Diagrams: drawn by hand, one SVG file each, here beside this module.

They have no ground of their own: lines and text take the colour of the text
around them, so that they can be read on light and on dark pages. How to
draw one: README.md beside them.
"""

import html
import re
from pathlib import Path

from IPython.display import display

from course_utils.figures.style import COLORS

FOLDER = Path(__file__).parent
BLUE, ORANGE, GREEN = COLORS[:3]
LOOK = f"""
svg.course-diagram {{ width: 100%; max-width: 720px; height: auto;
  display: block; margin: 8px 0; fill: currentColor;
  font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  font-size: 16px; text-anchor: middle; }}
svg.course-diagram .small {{ font-size: 14px; opacity: 0.8; }}
svg.course-diagram .large {{ font-size: 20px; }}
svg.course-diagram .left {{ text-anchor: start; }}
svg.course-diagram .right {{ text-anchor: end; }}
svg.course-diagram .bold, svg.course-diagram .on text {{ font-weight: 600; }}
svg.course-diagram .box, svg.course-diagram .line {{ fill: none;
  stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round;
  stroke-linecap: round; }}
svg.course-diagram .box {{ fill: currentColor; fill-opacity: 0.06; }}
svg.course-diagram .thin {{ stroke-width: 1; opacity: 0.6; }}
svg.course-diagram .dashed {{ stroke-dasharray: 6 5; }}
svg.course-diagram .head {{ stroke: none; fill: currentColor; }}
svg.course-diagram .blue {{ fill: {BLUE}; fill-opacity: 0.3; }}
svg.course-diagram .orange {{ fill: {ORANGE}; fill-opacity: 0.32; }}
svg.course-diagram .green {{ fill: {GREEN}; fill-opacity: 0.3; }}
svg.course-diagram .off {{ opacity: 0.5; }}
svg.course-diagram .on .small, svg.course-diagram .off .small {{ opacity: 1; }}
svg.course-diagram .on .box {{ fill: {ORANGE}; fill-opacity: 0.45;
  stroke-width: 3; }}
svg.course-diagram .on .line {{ stroke-width: 3; }}
"""


def diagram(name, highlight=()):
    """Show a diagram; its title and description stand in its file.

    highlight: the id of a part, or several, to draw strong; the rest turns
    pale. Raises ValueError for a name or an id that is not there.
    """
    display(drawn(name, highlight), raw=True)


def drawn(name, highlight=()):
    """Return a diagram as an output for every kind of notebook."""
    svg = _read(name)
    highlight = [highlight] if isinstance(highlight, str) else list(highlight)
    title, words = (
        re.search(rf"<{tag}>(.*?)</{tag}>", svg, re.S)[1].strip()
        for tag in ("title", "desc")
    )
    words = re.sub(r"\s+", " ", words)
    if highlight:
        svg = _coloured(name, svg, highlight)
        words += f" Coloured here: {', '.join(highlight)}."
    # Ids must be unique in a page that shows a diagram twice.
    svg = re.sub(r' id="[\w-]+"', "", svg)
    label = html.escape(f"{html.unescape(title)}. {html.unescape(words)}")
    says = f'class="course-diagram" role="img" aria-label="{label}"'
    svg = svg.replace("<svg ", f"<svg {says} ", 1)
    return {
        "text/plain": f"[Diagram: {html.unescape(label)}]",
        "text/html": _with_style(svg, LOOK),
        # Shown as a picture of its own it cannot know the page's ground.
        "image/svg+xml": _with_style(
            svg, LOOK + "svg { color: #1f2328; background: white; }"
        ),
    }


def names():
    """Return the names of the diagrams."""
    return sorted(path.stem for path in FOLDER.glob("*.svg"))


def _read(name):
    if name not in names():
        raise ValueError(f"no diagram {name!r}; there are {names()}")
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def _coloured(name, svg, highlight):
    """Mark the groups to draw strong, and the others as pale."""
    parts = re.findall(r'<g id="([\w-]+)"', svg)
    if strangers := [part for part in highlight if part not in parts]:
        raise ValueError(f"{name} has no part {strangers}; it has {parts}")
    for part in parts:
        state = "on" if part in highlight else "off"
        svg = svg.replace(f'<g id="{part}"', f'<g class="{state}"')
    return svg


def _with_style(svg, look):
    return svg.replace("</desc>", f"</desc>\n<style>{look}</style>", 1)
