"""What a widget shows, setting by setting, for pages without a kernel.

Only where COURSE_FRAMES=1, as `tools/build_site.py --live` has it: nothing
of this is in a notebook that is stored.
"""

import itertools
import math
import os

import torch

MIME = "application/vnd.course.frames+json"
FRAMES, BYTES = 400, 1_500_000  # at most, for one widget


def frames(draw, parts):
    """Draw a widget's settings beforehand; {} unless COURSE_FRAMES=1.

    draw: called with a value for each part; returns HTML. parts: the
    widget's controls {name: ipywidgets part}. Returns {MIME: {"controls":
    [{"name", "values", "start"}], "frames": [HTML]}}, the last control
    running fastest. All settings are kept if there is room, else a grid of
    them: both ends and the start of each control, the rest evenly spread,
    names to choose from before numbers. Where that cannot be, {MIME: {"why":
    a sentence}}.
    """
    if os.environ.get("COURSE_FRAMES") != "1":
        return {}
    ranges = {name: _range(part) for name, part in parts.items()}
    if not all(ranges.values()):
        return no_frames("A text of your own needs a running lesson.")
    first = len(_draw(draw, {n: part.value for n, part in parts.items()}))
    most = min(FRAMES, BYTES // first)
    while most > 1:
        counts = _share(list(ranges.values()), most)
        kept = {
            name: _pick(ranges[name], parts[name].value, count)
            for name, count in zip(ranges, counts, strict=True)
        }
        drawn = _all(draw, {n: values for n, (values, _) in kept.items()})
        if drawn:
            controls = [
                {"name": n, "values": list(map(_say, values)), "start": start}
                for n, (values, start) in kept.items()
            ]
            return {MIME: {"controls": controls, "frames": drawn}}
        most = most * 3 // 4
    return no_frames(
        f"No space for frames: one takes {first:,} bytes, all of a widget "
        f"may take {BYTES:,}."
    )


def no_frames(why):
    """Return what a page says below a picture that stays still."""
    if os.environ.get("COURSE_FRAMES") != "1":
        return {}
    return {MIME: {"why": why}}


def _draw(draw, values):
    """Draw one setting; the lesson's own random numbers stay as they are."""
    with torch.random.fork_rng(devices=[]):
        return draw(**values)


def _all(draw, kept):
    """Draw every setting of {name: values}; None if it takes too much."""
    drawn, size = [], 0
    for values in itertools.product(*kept.values()):
        frame = _draw(draw, dict(zip(kept, values, strict=True)))
        drawn.append(frame)
        size += len(frame)
        if size > BYTES:
            return None
    return drawn


def _range(part):
    """Return all values of a control; of a line of text there are none."""
    if hasattr(part, "options"):
        return list(part.options)
    if not hasattr(part, "step"):
        return []
    count = round((part.max - part.min) / part.step)
    return [round(part.min + i * part.step, 9) for i in range(count + 1)]


def _share(ranges, most):
    """Say how many values each control keeps: as evenly as `most` allows."""
    kept = [len(v) if isinstance(v[0], str) else 1 for v in ranges]
    if math.prod(kept) > most:
        kept = [1] * len(ranges)
    while growing := [
        i
        for i, values in enumerate(ranges)
        if kept[i] < len(values)
        and math.prod(kept) // kept[i] * (kept[i] + 1) <= most
    ]:
        kept[min(growing, key=kept.__getitem__)] += 1
    return kept


def _pick(values, start, count):
    """Return `count` values, evenly spread, and the place of the start."""
    if isinstance(start, str):
        middle = values.index(start)
    else:
        middle = min(range(len(values)), key=lambda i: abs(values[i] - start))
    last = len(values) - 1
    places = [round(i * last / max(count - 1, 1)) for i in range(count)]
    nearest = min(range(count), key=lambda i: abs(places[i] - middle))
    chosen = [values[place] for place in places]
    chosen[nearest] = start
    return chosen, nearest


def _say(value):
    return value if isinstance(value, str) else f"{value:.4g}"
