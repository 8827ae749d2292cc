"""Figures of what a code costs and buys: tangents, and water over bars."""

import math

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from course_utils.figures import words
from course_utils.figures.style import COLORS, STYLE, show_figure


def show_tangents(points):
    """Show points of a curve with lines of a slope; see `tangents_figure`."""
    show_figure(tangents_figure(points))


def tangents_figure(points):
    """Draw {beta: (rate, distortion)}, each with a line of slope -beta."""
    if len(points) < 2:
        raise ValueError(f"at least two points are needed; got {len(points)}")
    if any(not beta > 0 for beta in points):
        raise ValueError("each beta must be above 0")
    ordered = dict(sorted(points.items()))
    rates, distortions = zip(*ordered.values(), strict=True)
    wide = (max(rates) - min(rates)) or 1.0
    high = (max(distortions) - min(distortions)) or 1.0
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 4.0), layout="constrained")
        axes = figure.subplots()
    axes.plot(rates, distortions, "o", color=COLORS[0], ms=6)
    for beta, (rate, distortion) in ordered.items():
        # As long as they can be on the sheet: some 15 % of either side.
        half = 0.15 / math.hypot(1 / wide, beta / high)
        ends = [rate - half, rate + half]
        axes.plot(ends, [distortion + beta * half, distortion - beta * half],
                  color=COLORS[1], lw=1.5, zorder=0)  # fmt: skip
        axes.annotate(f"beta {beta:g}", (rate, distortion), (8, 6),
                      textcoords="offset points")  # fmt: skip
    axes.set(xlabel="rate: KL (nats per image)",
             ylabel="distortion: −log p(x|z) (nats)")  # fmt: skip
    places = (
        f"beta {beta:g} at {words.place(point)}"
        for beta, point in ordered.items()
    )
    figure.set_label(
        f"{words.count(len(points), 'point')} of distortion over rate, each "
        f"with a line of slope minus beta: {', '.join(places)}."
    )
    return figure


def show_water(variances, level):
    """Show bars that stand in water; see `water_figure`."""
    show_figure(water_figure(variances, level))


def water_figure(variances, level):
    """Draw {name: variance} as bars in water up to `level`, on log scale.

    Each bar carries the nats that its part above the water costs, half the
    logarithm of variance / level, or 0.
    """
    if not variances or min(variances.values()) <= 0 or not level > 0:
        raise ValueError(
            "variances and the level must be above 0; got "
            f"{dict(variances)} and {level}"
        )
    heights = [float(value) for value in variances.values()]
    nats = [max(0.0, 0.5 * math.log(value / level)) for value in heights]
    floor, top = min(0.25, *heights) / 2, 2 * max(*heights, level)
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 3.4), layout="constrained")
        axes = figure.subplots()
    axes.bar(range(len(heights)), [h - floor for h in heights], 0.6, floor,
             color=COLORS[1])  # fmt: skip
    axes.axhspan(floor, level, color=COLORS[0], alpha=0.45, lw=0, zorder=3)
    axes.axhline(level, color=COLORS[0], lw=2, zorder=4)
    for i, (height, nat) in enumerate(zip(heights, nats, strict=True)):
        axes.annotate(f"{nat:.2f} nats", (i, max(height, level)), (0, 4),
                      textcoords="offset points", ha="center")  # fmt: skip
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_locator(LogLocator(base=2))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set(ylabel="variance (logarithmic axis)", ylim=(floor, top),
             title=f"water up to {level:g}")  # fmt: skip
    axes.set_xticks(range(len(heights)), list(variances))
    axes.grid(axis="x", visible=False)
    bars = (
        f"{name}, variance {words.number(height)}, costs {nat:.2f} nats"
        for name, height, nat in zip(variances, heights, nats, strict=True)
    )
    figure.set_label(
        f"{words.count(len(heights), 'bar')} in water up to "
        f"{words.number(level)}: {'; '.join(bars)}."
    )
    return figure
