"""Points on their way through the plane, at one moment."""

import matplotlib
from matplotlib.figure import Figure

from course_utils.figures import words
from course_utils.figures.style import COLORS, STYLE, plain, show_figure

TRACKS = 40  # of so many points the way so far is drawn


def show_paths(data, paths, at=-1):
    """Show points on their way to data; see `paths_figure`."""
    show_figure(paths_figure(data, paths, at))


def paths_figure(data, paths, at=-1):
    """Draw where points are at one moment, with their way up to there.

    data: (M, 2), drawn in grey. paths: (T, N, 2), the points at T equal steps
    from time 0 to 1. at: which of the T. The axes are the same for each.
    Raises ValueError for other shapes and for a moment that is not there.
    """
    data, paths = plain(data), plain(paths)
    if data.ndim != 2 or paths.ndim != 3 or not (
        len(data) and paths.numel()
        and data.shape[-1] == paths.shape[-1] == 2 <= len(paths)
    ):  # fmt: skip
        raise ValueError(
            "data must have shape (M, 2) and paths (T, N, 2), T > 1; got "
            f"{tuple(data.shape)} and {tuple(paths.shape)}"
        )
    if type(at) is not int or not -len(paths) <= at < len(paths):
        raise ValueError(
            f"at must be a whole number below {len(paths)}; got {at!r}"
        )
    at = at % len(paths)
    with matplotlib.rc_context(STYLE):
        figure = Figure((5, 3.9), layout="constrained")
        axes = figure.subplots()
    axes.scatter(*data.T.numpy(), s=5, color="0.75", edgecolors="none")
    way = paths[: at + 1, :TRACKS].permute(2, 0, 1).numpy()
    axes.plot(*way, color=COLORS[1], lw=0.7, alpha=0.7)
    axes.scatter(*paths[at].T.numpy(), s=9, color=COLORS[0], zorder=3)
    low, high = (edge.tolist() for edge in paths.flatten(0, 1).aminmax(dim=0))
    time = at / (len(paths) - 1)
    axes.set(title=f"t = {time:.2f}", xlabel="x", ylabel="y")
    axes.set(xlim=(low[0] - 0.2, high[0] + 0.2))
    axes.set(ylim=(low[1] - 0.2, high[1] + 0.2))
    axes.set_aspect("equal")
    where = ", ".join(
        f"{name} {words.span(column.tolist())}"
        for name, column in zip("xy", paths[at].T, strict=True)
    )
    figure.set_label(
        f"{paths.shape[1]:,} points at time {time:.2f}, on their way to "
        f"{len(data):,} points of data: {where}."
    )
    return figure
