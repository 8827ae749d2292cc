"""Figures of results: curves, bars, tables of shades, histograms, points.

Each comes as a figure to hand to a widget, and as a `show_` function.
"""

import matplotlib
import torch
from matplotlib import ticker
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_utils.figures import words
from course_utils.figures.style import (
    COLORS,
    DASHES,
    STYLE,
    look,
    plain,
    show_figure,
    wrap,
)

NAME = 28  # letters of a name in one line


def show_curves(curves, xlabel, ylabel, **options):
    """Show lines; see `curves_figure`."""
    show_figure(curves_figure(curves, xlabel, ylabel, **options))


def curves_figure(curves, xlabel, ylabel, log_x=False, log_y=False, mark=None):
    """Draw lines {label: {x: y}}, {label: (xs, ys)} or (xs, ys, spread).

    spread: half the length of an error bar at each point. mark: {label:
    value} draws dashed level lines, such as a rival without a curve.
    """
    if not curves:
        raise ValueError("there is no curve to show")
    lines = {name: _line(name, curve) for name, curve in curves.items()}
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for i, (name, line) in enumerate(lines.items()):
            axes.errorbar(
                *map(torch.Tensor.numpy, line),
                label=wrap(name, NAME),
                capsize=3,
                **look(i),
            )
        for i, (name, value) in enumerate((mark or {}).items()):
            axes.axhline(value, label=wrap(name, NAME), lw=1.5,
                         color="0.35", ls=(0, (1 + 2 * i, 2)))  # fmt: skip
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.set_xscale("log", base=2) if log_x else None
        if log_x:
            _ticks_at_points(axes, [line[0] for line in lines.values()])
        if log_y:
            _plain_log_ticks(axes)
        if len(lines) + len(mark or {}) > 4:
            figure.legend(loc="outside right center")
        else:
            axes.legend()
    drawn = {k: [c.tolist() for c in line[:2]] for k, line in lines.items()}
    levels = (
        f" {k} stays at {words.number(v)}." for k, v in (mark or {}).items()
    )
    figure.set_label(words.of_curves(drawn, xlabel, ylabel) + "".join(levels))
    return figure


def show_losses(history):
    """Show the training (and validation) loss after each epoch."""
    curves = {"training": history.train, "validation": history.valid}
    show_curves(
        {k: (range(1, len(v) + 1), v) for k, v in curves.items() if v},
        "epoch",
        "loss per image",
    )


def show_bars(bars, xlabel, spread=None):
    """Show quantities as bars; see `bars_figure`."""
    show_figure(bars_figure(bars, xlabel, spread))


def bars_figure(bars, xlabel, spread=None):
    """Draw quantities {label: value} as bars that carry their number.

    spread: {label: half the length of an error bar}. Negative values point
    to the left.
    """
    if not bars:
        raise ValueError("there is no bar to show")
    if strangers := set(spread or {}) - set(bars):
        raise ValueError(f"spread names bars that are not there: {strangers}")
    values = torch.stack([plain(v) for v in bars.values()]).numpy()
    around = [float((spread or {}).get(name, 0)) for name in bars]
    around = plain(around).numpy()
    with matplotlib.rc_context(STYLE):
        names = [wrap(name, NAME) for name in bars]
        lines = sum(name.count("\n") + 1 for name in names)
        figure = Figure((6.4, 0.7 + 0.36 * lines), layout="constrained")
        axes = figure.subplots()
        rows = range(len(bars))
        axes.barh(rows, values, color=COLORS[0])
        if spread:
            some = [row for row, name in enumerate(bars) if name in spread]
            axes.errorbar(values[some], some, xerr=around[some], fmt="none",
                          capsize=3, ecolor="0.35")  # fmt: skip
    said = words.numbers(values)
    for row, value, error in zip(rows, values, around, strict=True):
        right = value >= 0
        axes.annotate(
            said[row], (value + (error if right else -error), row),
            (6 if right else -6, 0), textcoords="offset points", va="center",
            ha="left" if right else "right",
        )  # fmt: skip
    low = min(0.0, (values - around).min().item())
    high = max(0.0, (values + around).max().item())
    room = 0.14 * ((high - low) or 1)
    right = high > 0 or low == 0  # also where all bars are 0
    axes.set_xlim(low - room * (low < 0), high + room * right)
    axes.set(xlabel=xlabel, ylim=(len(bars) - 0.4, -0.6))
    axes.set_yticks(rows, names)
    axes.axvline(0, color="0.35", lw=0.8)
    axes.grid(axis="y", visible=False)
    figure.set_label(words.of_bars(bars, xlabel, spread))
    return figure


def show_matrix(values, rows, columns, **labels):
    """Show a table of numbers (R, C) as shades; see `matrix_figure`."""
    show_figure(matrix_figure(values, rows, columns, **labels))


def matrix_figure(
    values,
    rows,
    columns,
    *,
    xlabel="",
    ylabel="",
    fmt="{:.2f}",
    size=0.5,
    zeros=True,
    framed=None,
):
    """Draw numbers (R, C) as shades, each with its number written in it.

    rows, columns: the names along the sides. fmt: how to write a number.
    size: inches per cell. zeros: False leaves what would be written as 0
    empty. framed: the name of rows that get a frame, if there are any. The
    darkest shade is the largest number.
    """
    values = plain(values)
    if values.shape != (len(rows), len(columns)) or not values.numel():
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
        number = fmt.format(value)
        if zeros or float(number):
            axes.text(j, i, number, ha="center", va="center",
                      color=ink, fontsize=8)  # fmt: skip
    for i, name in enumerate(rows):
        if framed is not None and name == framed:
            axes.add_patch(
                Rectangle((-0.5, i - 0.5), len(columns), 1, fill=False,
                          ec=COLORS[1], lw=3, clip_on=False)
            )  # fmt: skip
    names = [wrap(name, NAME) for name in columns]
    axes.set_xticks(range(len(columns)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(rows)), [wrap(name, NAME) for name in rows])
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(False)
    figure.set_label(words.of_matrix(values, rows, columns, fmt, framed))
    return figure


def show_histograms(groups, xlabel, mark=None, **options):
    """Show how values {label: (N,)} spread; see `histogram_figure`."""
    show_figure(histogram_figure(groups, xlabel, mark, **options))


def histogram_figure(
    groups, xlabel, mark=None, *, bins=50, log_x=False, log_y=False
):
    """Draw the share of each group's values {label: (N,)} in equal bins.

    mark: {label: value} draws one dotted upright line, such as a threshold.
    log_x: bins of equal ratio, for values above 0. log_y: small shares can be
    seen beside large ones. Lines, not bars, so that groups that overlap can
    both be seen.
    """
    groups = {name: plain(values).flatten() for name, values in groups.items()}
    if not groups or not all(map(len, groups.values())):
        raise ValueError("there are no values to show")
    joined = torch.cat(list(groups.values()))
    if log_x and joined.min() <= 0:
        raise ValueError("a logarithmic axis needs values above 0")
    ends = joined.log10() if log_x else joined
    edges = torch.linspace(ends.min(), ends.max(), bins + 1).double()
    edges = 10**edges if log_x else edges
    # Rounding must not push the outermost values out of their bins.
    edges[0], edges[-1] = joined.min(), joined.max()
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for i, (label, values) in enumerate(groups.items()):
            share = torch.full((len(values),), 1 / len(values))
            axes.hist(
                values.numpy(), edges.numpy(), weights=share.numpy(),
                histtype="step", label=wrap(label, NAME),
                color=COLORS[i % len(COLORS)], ls=DASHES[i % 4], lw=1.8,
            )  # fmt: skip
        for label, value in (mark or {}).items():
            axes.axvline(value, color="black", ls=":", label=label)
        axes.set(xlabel=xlabel, ylabel="share")
        axes.set_xscale("log" if log_x else "linear")
        if log_y:
            axes.set_yscale("log")
        else:
            axes.set_ylim(0, None)
        axes.legend()
    figure.set_label(words.of_groups(groups, xlabel, mark or {}))
    return figure


def points_figure(points, xlabel, *, title="", limits=None):
    """Draw {label: (value, spread)} as points with bars, one to a row.

    limits: (low, high) of the axis, so that two such figures compare; if 0
    lies between them, a line marks it.
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
        if limits and limits[0] < 0 < limits[1]:
            axes.axvline(0, color="0.35", lw=0.8)
        axes.set(xlabel=xlabel, title=title, xlim=limits,
                 ylim=(len(points) - 0.5, -0.8))  # fmt: skip
    bars = dict(zip(points, values, strict=True))
    around = dict(zip(points, spreads, strict=True))
    figure.set_label(words.of_bars(bars, xlabel, around, "point"))
    return figure


def _line(name, curve):
    """Return xs, ys and perhaps the spread of a curve, as tensors."""
    pair = (curve.keys(), curve.values()) if isinstance(curve, dict) else curve
    line = [plain(c if torch.is_tensor(c) else list(c)) for c in pair]
    sizes = [len(column) for column in line]
    if len(line) not in (2, 3) or len(set(sizes)) > 1 or not sizes[0]:
        raise ValueError(
            f"curve {name!r} must be {{x: y}}, (xs, ys) or (xs, ys, spread) "
            f"of one length; got lengths {sizes}"
        )
    return line


def _ticks_at_points(axes, columns):
    """Label a logarithmic axis where there are points, if these are few."""
    points = sorted({float(x) for column in columns for x in column})
    if len(points) <= 12:
        axes.set_xticks(points)
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.xaxis.set_major_formatter("{x:,g}")


def _plain_log_ticks(axes):
    """Label a logarithmic upright axis at 1, 2 and 5, without exponents."""
    axes.set_yscale("log")
    axes.yaxis.set_minor_locator(ticker.LogLocator(subs=(2, 5)))
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.yaxis.set_minor_formatter("{x:,g}")
