"""Strips of boxes: words side by side, right and wrong ones told apart."""

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from course_utils.figures import words as say
from course_utils.figures.style import COLORS, STYLE, show_figure

LOOKS = {  # mark: fill, edge, dash
    True: (COLORS[0] + "33", COLORS[0], "-"),
    False: (COLORS[1] + "44", COLORS[1], "--"),
    None: ("#00000010", "#666666", "-"),
}


def show_strips(strips):
    """Show words in boxes; see `strips_figure`."""
    show_figure(strips_figure(strips))


def strips_figure(strips):
    """Draw strips of words {label: [(word, mark)]}, one under the other.

    mark: True for a right word (solid box), False for a wrong one (dashed
    box, bold), None for one that is not judged. Raises ValueError for no
    strips or an empty one, and for another mark.
    """
    if not strips or not all(map(len, strips.values())):
        raise ValueError(f"each strip needs words; got {strips}")
    marks = {mark for strip in strips.values() for _, mark in strip}
    if strangers := marks - set(LOOKS):
        raise ValueError(f"a mark is True, False or None; got {strangers}")
    longest = max(map(len, strips.values()))
    with matplotlib.rc_context(STYLE):
        figure = Figure((1.9 + 0.84 * longest, 0.55 * len(strips) + 0.1))
        axes = figure.add_axes([0, 0, 1, 1])
    axes.set(xlim=(-2.2, longest), ylim=(len(strips) - 0.5, -0.5))
    axes.axis("off")
    for row, (label, strip) in enumerate(strips.items()):
        axes.text(-0.15, row, label, ha="right", va="center")
        for column, (word, mark) in enumerate(strip):
            _box(axes, column, row, word, *LOOKS[mark])
    figure.set_label(say.of_strips(strips))
    return figure


def _box(axes, column, row, word, fill, edge, dash):
    axes.add_patch(
        FancyBboxPatch(
            (column + 0.08, row - 0.3), 0.84, 0.6,
            boxstyle="round,pad=0,rounding_size=0.08", facecolor=fill,
            edgecolor=edge, linestyle=dash, linewidth=1.4,
        )
    )  # fmt: skip
    weight = "bold" if dash != "-" else "normal"
    size = 9 if len(word) < 9 else 7
    axes.text(column + 0.5, row, word, ha="center", va="center",
              fontsize=size, fontweight=weight)  # fmt: skip
