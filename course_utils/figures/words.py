"""Alt texts made from the data that a figure draws.

True in every run, and nothing is known before the run. All take plain
tensors or numbers and return a sentence or two.
"""

import math

import torch

NUMBERS = (
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight",
    "Nine", "Ten", "Eleven", "Twelve",
)  # fmt: skip
MANY = 12  # more values than this are not listed one by one


def number(value):
    """Write a number as one would say it: three digits, no exponent."""
    value = float(value) + 0.0  # no "-0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == round(value):
        return f"{value:.0f}"
    if abs(value) < 1e-4:
        return f"{value:.1e}"
    return f"{float(f'{value:.3g}'):.7f}".rstrip("0").rstrip(".")


def numbers(values):
    """Write numbers that stand side by side: three digits each.

    None has more than one decimal more than the largest one: beside 0.931
    stand 0.0684 and 0.0006.
    """
    values = [float(value) for value in values]
    most = 1 + min((_decimals(value) for value in values if value), default=0)
    said = []
    for value in values:
        places = min(_decimals(value), most) if value else 0
        text = f"{value:,.{max(0, places)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        said.append("0" if text == "-0" else text)
    return said


def _decimals(value):
    """Return how many decimals a number of three digits has."""
    return 2 - math.floor(math.log10(abs(value)))


def count(number_of, thing):
    """Write how many there are: "Two curves", "One bar", "30 images"."""
    few = number_of < len(NUMBERS)
    ending = "" if number_of == 1 else "es" if thing.endswith("x") else "s"
    return f"{NUMBERS[number_of] if few else number_of} {thing}{ending}"


def span(values):
    """Write the ends of a range of numbers."""
    ends = number(min(values)), number(max(values))
    return " to ".join(dict.fromkeys(ends))


def place(point):
    """Write a point: "(0.3, 2)"."""
    return f"({', '.join(map(number, point))})"


def of_curves(curves, xlabel, ylabel):
    """Say where each curve {label: (xs, ys)} starts, ends and turns."""
    every_x = [x for xs, _ in curves.values() for x in xs]
    parts = [f"{name} {course(*line)}" for name, line in curves.items()]
    return (
        f"{count(len(curves), 'curve')} of {ylabel} over {xlabel}, "
        f"{span(every_x)}. {'; '.join(parts)}."
    )


def course(xs, ys):
    """Say how one curve runs from its first x to its last."""
    ordered = sorted(zip(xs, ys, strict=True))
    first, last = ordered[0][1], ordered[-1][1]
    if len(ys) == 1:
        return f"is {number(first)}"
    if number(first) == number(last):
        verb = f"starts and ends at {number(first)}"
    else:
        verb = "falls" if last < first else "rises"
        verb += f" from {number(first)} to {number(last)}"
    (lowest, at_low), (highest, at_high) = (
        best(zip(ys, xs, strict=True)) for best in (min, max)
    )
    slack = 0.1 * (highest - lowest)
    if lowest < min(first, last) - slack:
        verb += f", lowest {number(lowest)} at {number(at_low)}"
    if highest > max(first, last) + slack:
        verb += f", highest {number(highest)} at {number(at_high)}"
    return verb


def of_bars(bars, xlabel, spread=None, thing="bar"):
    """Say each bar's value {label: number}; of many only the ends."""
    spread = spread or {}
    said = {}
    for name, value in zip(bars, numbers(bars.values()), strict=True):
        around = f" ± {number(spread[name])}" if name in spread else ""
        said[name] = f"{name} {value}{around}"
    if len(bars) > MANY:
        ends = (f(bars, key=bars.get) for f in (max, min))
        listed = " to ".join(said[name] for name in ends)
    else:
        listed = "; ".join(said.values())
    return f"{count(len(bars), thing)} of {xlabel}: {listed}."


def of_strips(strips):
    """Say the words of each strip {label: [(word, mark)]}; wrong in <>."""
    lines = (
        f"{label}: "
        + " ".join(f"<{w}>" if mark is False else w for w, mark in strip)
        for label, strip in strips.items()
    )
    wrong = any(mark is False for s in strips.values() for _, mark in s)
    note = ", wrong ones in <>" if wrong else ""
    return f"{count(len(strips), 'strip')} of words{note}. {'; '.join(lines)}."


def of_matrix(values, rows, columns, fmt, framed=None):
    """Say each number of a small table, else the extremes and framed rows."""
    size = f"A table of {len(rows)} by {len(columns)} numbers as shades"
    lines = [
        f"{name}: " + ", ".join(
            f"{column} {fmt.format(value)}"
            for column, value in zip(columns, row, strict=True)
        )
        for name, row in zip(rows, values.tolist(), strict=True)
    ]  # fmt: skip
    if values.numel() <= 2 * MANY:
        return f"{size}. {'; '.join(lines)}."
    ends = []
    for word, at in (
        ("Largest", values.argmax()),
        ("smallest", values.argmin()),
    ):
        i, j = divmod(at.item(), len(columns))
        value = fmt.format(values[i, j].item())
        ends.append(f"{word} {value} in row {rows[i]}, column {columns[j]}")
    ends += [
        f"framed, row {line}"
        for name, line in zip(rows, lines, strict=True)
        if framed is not None and name == framed
    ]
    return f"{size}. {'; '.join(ends)}."


def of_groups(groups, xlabel, mark):
    """Say the middle half of each group's values {label: (N,)}."""
    parts = []
    for name, values in groups.items():
        low, middle, high = (
            values.quantile(q).item() for q in (0.25, 0.5, 0.75)
        )
        parts.append(
            f"{name}: {len(values):,} values, median {number(middle)}, "
            f"half of them from {number(low)} to {number(high)}"
        )
    parts += [f"A line marks {k} at {number(v)}" for k, v in mark.items()]
    return (
        f"{count(len(groups), 'histogram')} of {xlabel}. {'. '.join(parts)}."
    )


def of_images(rows, titles, row_labels, diverging):
    """Say how many images there are, what they are called, how bright."""
    many = count(sum(map(len, rows)), "image")
    said = many if len(rows) == 1 else f"{many} in {len(rows)} rows"
    labels = [str(label).strip() for label in row_labels or ()]
    if any(labels):
        said += f": {'; '.join(filter(None, labels))}"
    if titles:
        said += f". Columns: {'; '.join(map(str, titles))}"
    values = torch.cat([row.flatten() for row in rows])
    if diverging:
        return (
            f"{said}. Values from {number(values.min())} (blue) over 0 "
            f"(white) to {number(values.max())} (red)."
        )
    bright = torch.cat([row.flatten(1).mean(1) for row in rows]).tolist()
    return f"{said}. Mean brightness {span(bright)}."


def of_map(z, colour, classes, xlabel, ylabel):
    """Say where the codes (N, 2) lie and how the colour runs over them."""
    where = f"{xlabel} {span(z[:, 0])}, {ylabel} {span(z[:, 1])}"
    if classes is None:
        pairs = torch.cat([z.T, colour[None]])
        across, up = torch.corrcoef(pairs)[2, :2].nan_to_num().tolist()
        return (
            f"{where}; the colour, {span(colour)}, has a correlation of "
            f"{across:.2f} with the first and {up:.2f} with the second"
        )
    centres = {
        str(name): z[colour == c].mean(0)
        for c, name in enumerate(classes)
        if (colour == c).any()
    }
    if len(centres) <= 3:
        said = (f"{name} {place(p)}" for name, p in centres.items())
        return f"{where}; centres: {', '.join(said)}"
    names, points = list(centres), torch.stack(list(centres.values()))
    gaps = torch.cdist(points, points)
    far = names[gaps.argmax() // len(names)], names[gaps.argmax() % len(names)]
    gaps.fill_diagonal_(torch.inf)
    near = gaps.argmin()
    near = names[near // len(names)], names[near % len(names)]
    return (
        f"{where}; of the {len(names)} classes' centres {near[0]} and "
        f"{near[1]} are nearest, {far[0]} and {far[1]} farthest apart"
    )
