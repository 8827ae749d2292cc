"""Figures of results: curves, bars, tables of colours, histograms, points.

Some come as a figure to hand to a widget, and as a `show_` function.
"""

import matplotlib
import torch
from matplotlib.figure import Figure

from course_utils.figures.style import (
    COLORS,
    DASHES,
    MARKERS,
    STYLE,
    show_figure,
)


def show_curves(curves, *, alt, xlabel, ylabel, log_x=False, log_y=False):
    """Show lines {label: (x, y)}, or {label: (x, y, spread)} with bars."""
    if not curves:
        raise ValueError("there is no curve to show")
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for i, (label, line) in enumerate(curves.items()):
            axes.errorbar(
                *map(_plain, line), label=label, capsize=3,
                color=COLORS[i % len(COLORS)],
                marker=MARKERS[i % len(MARKERS)], ls=DASHES[i % len(DASHES)],
            )  # fmt: skip
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.set_xscale("log", base=2) if log_x else None
        axes.set_yscale("log") if log_y else None
        if log_x:
            _ticks_at_points(axes, [line[0] for line in curves.values()])
        axes.legend()
    show_figure(figure, alt)


def show_losses(history, *, alt):
    """Show the training (and validation) loss after each epoch."""
    curves = {"training": history.train, "validation": history.valid}
    show_curves(
        {k: (range(1, len(v) + 1), v) for k, v in curves.items() if v},
        alt=alt, xlabel="epoch", ylabel="loss per image",
    )  # fmt: skip


def show_bars(bars, *, alt, xlabel):
    """Show quantities {label: value} as bars that carry their number."""
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 0.7 + 0.36 * len(bars)), layout="constrained")
        axes = figure.subplots()
        drawn = axes.barh(list(bars), list(bars.values()), color=COLORS[0])
        axes.bar_label(drawn, fmt="{:.4g}", padding=3)
        axes.set(xlabel=xlabel, xlim=(0, 1.12 * max(bars.values())))
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
    show_figure(figure, alt)


def show_matrix(values, rows, columns, *, alt, **labels):
    """Show a table of numbers (R, C) as shades; see `matrix_figure`."""
    show_figure(matrix_figure(values, rows, columns, **labels), alt)


def matrix_figure(
    values, rows, columns, *, xlabel="", ylabel="", fmt="{:.2f}", size=0.5
):
    """Draw numbers (R, C) as shades, each with its number written in it.

    rows, columns: the names along the sides. fmt: how to write a number.
    size: inches per cell. The darkest shade is the largest number.
    """
    values = torch.as_tensor(values).detach().cpu().double()
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            f"values must have shape ({len(rows)}, {len(columns)}), one for "
            f"each name; got {tuple(values.shape)}"
        )
    with matplotlib.rc_context(STYLE):
        inches = (2 + size * len(columns), 1.2 + 0.8 * size * len(rows))
        figure = Figure(inches, layout="constrained")
        axes = figure.subplots()
    shades = axes.imshow(values.numpy(), cmap="Blues", aspect="auto")
    for (i, j), value in zip(
        torch.cartesian_prod(*map(torch.arange, values.shape)).tolist(),
        values.flatten().tolist(), strict=True,
    ):  # fmt: skip
        light = sum(shades.to_rgba(value)[:3]) > 1.6  # of 3
        ink = "black" if light else "white"
        axes.text(j, i, fmt.format(value), ha="center", va="center",
                  color=ink, fontsize=8)  # fmt: skip
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(False)
    return figure


def show_histograms(groups, *, alt, **options):
    """Show how values {label: (N,)} spread; see `histogram_figure`."""
    show_figure(histogram_figure(groups, **options), alt)


def histogram_figure(groups, *, xlabel, mark=None, bins=50, log_x=False):
    """Draw the share of each group's values {label: (N,)} in equal bins.

    mark: {label: value} draws one dashed upright line, such as a threshold.
    Lines, not bars, so that groups that overlap can both be seen.
    """
    groups = {k: torch.as_tensor(v).double() for k, v in groups.items()}
    joined = torch.cat([values.flatten() for values in groups.values()])
    ends = joined.log10() if log_x else joined
    edges = torch.linspace(ends.min(), ends.max(), bins + 1).double()
    edges = 10**edges if log_x else edges
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for i, (label, values) in enumerate(groups.items()):
            share = torch.full((len(values),), 1 / len(values))
            axes.hist(
                values.numpy(), edges.numpy(), weights=share.numpy(),
                histtype="step", label=label,
                color=COLORS[i % len(COLORS)], ls=DASHES[i % 4], lw=1.8,
            )  # fmt: skip
        for label, value in (mark or {}).items():
            axes.axvline(value, color="black", ls=":", label=label)
        axes.set(xlabel=xlabel, ylabel="share", ylim=(0, None))
        axes.set_xscale("log" if log_x else "linear")
        axes.legend()
    return figure


def points_figure(points, *, xlabel, title="", limits=None):
    """Draw {label: (value, spread)} as points with bars, one to a row.

    limits: (low, high) of the axis, so that two such figures compare.
    Each point carries its number. Points need no axis that starts at 0.
    """
    values, spreads = zip(*points.values(), strict=True)
    with matplotlib.rc_context(STYLE):
        size = (6.4, 0.9 + 0.27 * len(points))
        figure = Figure(size, layout="constrained")
        axes = figure.subplots()
        axes.errorbar(
            values, range(len(points)), xerr=spreads, fmt="o", capsize=3,
            color=COLORS[0],
        )  # fmt: skip
        for row, value in enumerate(values):
            axes.annotate(f"{value:.3f}", (value, row), (0, 4), ha="center",
                          textcoords="offset points", fontsize=8)  # fmt: skip
        axes.set_yticks(range(len(points)), list(points))
        axes.set(xlabel=xlabel, title=title, xlim=limits,
                 ylim=(len(points) - 0.5, -0.8))  # fmt: skip
    return figure


def _ticks_at_points(axes, columns):
    """Label a logarithmic axis where there are points, if these are few."""
    points = sorted({float(x) for column in columns for x in column})
    if len(points) <= 12:
        axes.set_xticks(points)
    axes.minorticks_off()
    axes.xaxis.set_major_formatter("{x:,g}")


def _plain(values):
    return values.detach().cpu() if torch.is_tensor(values) else values
