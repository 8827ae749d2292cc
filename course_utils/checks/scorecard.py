"""The last cell of a lesson: your numbers beside the ones we measured."""

import math


def show_scorecard(scorecard, measured):
    """Print results {name: value} beside what several seeds gave.

    measured: {name: (lowest, highest)} over the seeds that we tried. A value
    near that range is as right as one inside it: machines differ.
    """
    missing = set(measured) ^ set(scorecard)
    if missing:
        raise ValueError(
            "scorecard and measured must have the same names; only one has "
            f"{', '.join(sorted(missing))}"
        )
    width = max(map(len, ["result", *scorecard]))
    print(f"{'result':{width}}  {'yours':>9}  {'we measured':>19}")
    for name, value in scorecard.items():
        low, high = measured[name]
        span = f"{low:.4g} to {high:.4g}"
        print(
            f"{name:{width}}  {value:9.4g}  {span:>19}  "
            f"{_verdict(value, low, high)}"
        )


def _verdict(value, low, high):
    if not math.isfinite(value):
        return "not a number"
    slack = 0.25 * (high - low) + 0.02 * max(abs(low), abs(high))
    if low - slack <= value <= high + slack:
        return "✓ as expected"
    return "higher" if value > high else "lower"
