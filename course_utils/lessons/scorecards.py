"""The last cell of a lesson: your results beside the measured ones."""

import json
import math
from pathlib import Path

from course_utils.lessons import progress

# NN.json: {data set: {result: [with seed 0, 1, 2]}}, by tools/measure.py
MEASURED = Path(__file__).parent / "measured"
# {lesson: {result: what a learner reads}}, in the order of tables
LABELS = MEASURED.parent / "labels.json"
DATA_SETS = "small", "real", "full"
latest = {}  # what `scorecard` was given last; tools/measure.py reads it


def scorecard(results, data="small"):
    """Print results {name: number} beside measured ones, and what you did.

    data: which data set they come from, "small" (what ships) or "full".
    The measured ones are the lowest and highest of several seeds. A value
    near that range is as right as one inside it: machines differ. A result
    is called as in labels.json; "real_data", which says where the others
    come from, is left out.
    """
    latest.clear()
    latest.update({name: float(value) for name, value in results.items()})
    lesson = progress.current_lesson()
    measured, labels = read_measured(lesson, data), read_labels(lesson)
    shown = {n: labels.get(n, n) for n in latest if n != "real_data"}
    width = max(map(len, ["result", *shown.values()]))
    print(f"{'result':{width}}  {'yours':>9}  {'measured':>19}")
    for name, label in shown.items():
        beside = _beside(measured, name, latest[name])
        print(f"{label:{width}}  {latest[name]:9.4g}  {beside}")
    print()
    for kind, outcomes in progress.results(lesson).items():
        print(f"{progress.KINDS[kind]:12} {_done(kind, outcomes)}")


def measured_table(lesson):
    """Return a DataFrame of measured results: the mean over the seeds.

    lesson: its number, such as "14". One column a data set, "small" (what
    ships), "real" or "full"; a result that one set lacks is NaN there. Where
    labels.json names results of the lesson, these are the rows, so named.
    Raises ValueError if nothing has been measured for the lesson.
    """
    import pandas as pd  # takes a second

    columns = {data: read_measured(lesson, data) for data in DATA_SETS}
    means = {
        data: {name: sum(v) / len(v) for name, v in results.items()}
        for data, results in columns.items()
        if results
    }
    if not means:
        raise ValueError(f"nothing has been measured for lesson {lesson!r}")
    table, labels = pd.DataFrame(means), read_labels(lesson)
    if labels:
        table = table.loc[list(labels)].rename(labels)
    return table.round(3)


def read_labels(lesson):
    """Return {result: what a learner reads} of a lesson, maybe empty."""
    return json.loads(LABELS.read_text(encoding="utf-8")).get(lesson, {})


def read_measured(lesson, data):
    """Return {result: [a number for each seed]} of a lesson, maybe empty."""
    place = MEASURED / f"{lesson}.json"
    if not place.exists():
        return {}
    return json.loads(place.read_text(encoding="utf-8")).get(data, {})


def verdict(value, low, high):
    """Say how a value compares with the range low to high."""
    if not math.isfinite(value):
        return "not a number"
    slack = 0.25 * (high - low) + 0.02 * max(abs(low), abs(high))
    if low - slack <= value <= high + slack:
        return "✓ as expected"
    return "higher" if value > high else "lower"


def _beside(measured, name, value):
    if name not in measured:
        return f"{'–':>19}"
    low, high = min(measured[name]), max(measured[name])
    span = f"{low:.4g} to {high:.4g}"
    return f"{span:>19}  {verdict(value, low, high)}"


def _done(kind, outcomes):
    """Return "2 of 3 right"; exercises are named by whose function runs."""
    if kind != "exercises":
        return f"{progress.score(outcomes)}{' right' * bool(outcomes)}"
    yours = [name for name, own in outcomes.items() if own]
    ours = [name for name, own in outcomes.items() if not own]
    text = f"{progress.score(outcomes)}{' solved by you' * bool(outcomes)}"
    text += f": {', '.join(yours)}" if yours else ""
    return text + (f"; by the course: {', '.join(ours)}" if ours else "")
