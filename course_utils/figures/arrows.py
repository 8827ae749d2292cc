"""Figures of arrows in the plane: what moves how far, and where."""

import matplotlib
import torch
from matplotlib.figure import Figure

from course_utils.figures.style import COLORS, STYLE, plain, show_figure, wrap

WIDTHS = 0.013, 0.007  # of the first arrows, and of the others
SEEN, BEYOND = 0.05, 0.025  # as shares of a panel's diagonal


def show_arrows(cloud, spots, panels, **labels):
    """Show arrows from spots in a cloud; see `arrows_figure`."""
    show_figure(arrows_figure(cloud, spots, panels, **labels))


def arrows_figure(cloud, spots, panels, *, xlabel="x", ylabel="y", tips=False):
    """Draw a cloud (N, 2) and arrows from spots (K, 2), a panel each.

    panels: {title: {name: arrows (K, 2)}}, all to one scale, that of the
    axes. tips: write the last word of a name at the tips of its arrows that
    can be seen, for those who see no colours. Raises ValueError where there
    is no panel or a shape is wrong.
    """
    cloud, spots = _pairs("cloud", cloud), _pairs("spots", spots)
    if not panels:
        raise ValueError("there are no arrows to show")
    panels = {
        title: {name: _pairs(name, a, len(spots)) for name, a in some.items()}
        for title, some in panels.items()
    }
    heads = [spots + arrows for p in panels.values() for arrows in p.values()]
    seen = torch.cat([cloud, spots, *heads])
    edge = 0.3 if tips else 0.1
    low, high = seen.amin(dim=0) - edge, seen.amax(dim=0) + edge
    with matplotlib.rc_context(STYLE):
        figure = Figure((3.7 * len(panels), 3.1), layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for panel, (title, some) in zip(axes, panels.items(), strict=True):
        panel.scatter(*cloud.T.numpy(), s=6, color="0.7", edgecolors="none")
        for i, (name, arrows) in enumerate(some.items()):
            panel.quiver(
                *spots.T.numpy(), *arrows.T.numpy(), angles="xy",
                scale_units="xy", scale=1, color=COLORS[i % len(COLORS)],
                width=WIDTHS[min(i, 1)], label=wrap(name, 24), zorder=3,
            )  # fmt: skip
            if tips:
                _write_tips(panel, name.split()[-1], spots, arrows, high - low)
        panel.set(title=wrap(title, 30), xlabel=xlabel)
        panel.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        panel.set_aspect("equal")
    axes[0].set_ylabel(ylabel)
    figure.legend(*axes[0].get_legend_handles_labels(),
                  loc="outside right center")  # fmt: skip
    said = (
        f"{title}: {', '.join(_length(*pair) for pair in some.items())}"
        for title, some in panels.items()
    )
    figure.set_label(
        f"A cloud of {len(cloud):,} point{'s' * (len(cloud) > 1)} with arrows "
        f"from {len(spots)} spot{'s' * (len(spots) > 1)}. Mean length. "
        f"{'; '.join(said)}."
    )
    return figure


def _write_tips(panel, word, spots, arrows, size):
    long = arrows.norm(dim=1) > SEEN * size.norm()
    for spot, arrow in zip(spots[long], arrows[long], strict=True):
        end = spot + arrow + BEYOND * size.norm() * arrow / arrow.norm()
        panel.text(*end.tolist(), word, ha="center", va="center", zorder=4)


def _length(name, arrows):
    return f"{name} {arrows.norm(dim=1).mean().item():.2f}"


def _pairs(name, values, count=None):
    """Return pairs of numbers (N, 2), or say that they are none."""
    values = plain(values)
    fits = values.ndim == 2 and values.shape[1] == 2 and len(values)
    if not fits or count not in (None, len(values)):
        raise ValueError(
            f"{name!r} must have shape ({count or 'N'}, 2); got "
            f"{tuple(values.shape)}"
        )
    return values
