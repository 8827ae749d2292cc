"""Say in a sentence how an answer differs from the right one."""

import itertools

import numpy as np
import torch

ROWS = "The rows are right, but they stand in another order."
ALIKE = "Every row got the same answer."
NAN = "Its answer holds NaN or infinity."


def difference(got, expected, tolerance=1e-4):
    """Say in a sentence how `got` differs from `expected`, or None."""
    if got is None and expected is not None:
        return "It returned None. Is there a `return`?"
    if isinstance(expected, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return f"It must return {len(expected)} values; got {short(got)}."
        pairs = zip(got, expected, strict=True)
        problems = (difference(g, e, tolerance) for g, e in pairs)
        return next((p for p in problems if p), None)
    if not isinstance(expected, torch.Tensor | np.ndarray | int | float):
        agree = type(got) is type(expected) and got == expected
        return None if agree else f"It must be {expected!r}; got {got!r}."
    if torch.is_tensor(expected) and isinstance(got, list | tuple):
        return (
            f"It must return a tensor; got {short(got)}. torch.tensor makes "
            "one of numbers, torch.stack one of tensors."
        )
    try:
        got = torch.as_tensor(got).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        return f"It must return numbers; got {short(got)}."
    return _tensor_difference(got, torch.as_tensor(expected), tolerance)


def _tensor_difference(got, expected, tolerance):
    if got.shape != expected.shape:
        return (
            f"Its answer should have shape {tuple(expected.shape)}; "
            f"got {tuple(got.shape)}."
        )
    got, expected = as_numbers(got), as_numbers(expected)
    if not got.isfinite().all():
        return NAN
    if not got.numel():
        return None
    error = (got - expected).abs().max().item()
    if error <= tolerance * (1 + expected.abs().max().item()):
        return None
    worst = (got - expected).abs().argmax()
    return (
        f"The largest error is {error:.3g}: expected "
        f"{expected.flatten()[worst]:.4g}, got {got.flatten()[worst]:.4g}."
    )


def as_numbers(value):
    """Return a tensor or number in double precision, on the CPU."""
    return torch.as_tensor(value).detach().cpu().double()


def same(got, expected, tolerance=1e-4):
    """Say whether two answers agree; NaN agree with NaN."""
    if isinstance(expected, tuple | list):
        return (
            isinstance(got, tuple | list)
            and len(got) == len(expected)
            and all(map(same, got, expected, [tolerance] * len(got)))
        )
    try:
        got, expected = as_numbers(got), as_numbers(expected)
    except (TypeError, ValueError, RuntimeError):
        return type(got) is type(expected) and got == expected
    odd = [v.nan_to_num(1, 2, -2) * ~v.isfinite() for v in (got, expected)]
    if difference(*odd):
        return False
    pair = got.nan_to_num(0, 0, 0), expected.nan_to_num(0, 0, 0)
    return difference(*pair, tolerance) is None


def short(value):
    """Name a value's kind and size."""
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"a {type(value).__name__} of shape {tuple(shape)}"
    return f"a {type(value).__name__}"


def relation(got, expected, cases, tolerance=1e-4):
    """Say how the answers to all cases follow from the right ones, or None.

    got, expected: one answer for each of the cases, which are tuples of
    arguments. Several values are looked at one by one.
    """
    if isinstance(expected[0], tuple):
        return _relation_of_parts(got, expected, cases, tolerance)
    try:
        got, expected = ([as_numbers(v) for v in vs] for vs in (got, expected))
    except (TypeError, ValueError, RuntimeError):
        return None
    if not all(e.isfinite().all() for e in expected):
        return None
    return (
        _by_shape(got, expected, tolerance)
        or _by_a_table(got, expected, tolerance)
        or _by_a_factor(got, expected, cases, tolerance)
        or _by_rows(got, expected, tolerance)
    )


def _relation_of_parts(got, expected, cases, tolerance):
    count = len(expected[0])
    if any(not isinstance(g, tuple | list) or len(g) != count for g in got):
        return None
    if same([g[::-1] for g in got], expected, tolerance):
        return "The values are right, but they stand in another order."
    mine, right = zip(*got, strict=True), zip(*expected, strict=True)
    for i, parts in enumerate(zip(mine, right, strict=True)):
        if not all(map(same, *parts, [tolerance] * len(cases))):
            found = relation(*map(list, parts), cases, tolerance)
            worst = map(difference, *parts, [tolerance] * len(cases))
            found = found or next(filter(None, worst), None)
            return f"Value {i + 1} of the {count}: {found}" if found else None
    return None


CHANGES = {
    "The sign is wrong.": lambda y: -y,
    "It is twice the right answer.": lambda y: 2 * y,
    "It is half the right answer.": lambda y: y / 2,
    "It is the square of the right answer.": lambda y: y**2,
    "It is the square root of the right answer.": lambda y: y.sqrt(),
    "It is the logarithm of the right answer.": lambda y: y.log(),
    "It is the exponential of the right answer.": lambda y: y.exp(),
    "It is one divided by the right answer.": lambda y: 1 / y,
    "It is one minus the right answer.": lambda y: 1 - y,
    "It is the absolute value of the right answer.": lambda y: y.abs(),
    "It is the right answer, rounded.": lambda y: y.round(),
    "It is the right answer without its decimals.": lambda y: y.trunc(),
}


def _changes(dims):
    """Yield (sentence, what was done to the right answer)."""
    yield from CHANGES.items()
    for d in range(dims):
        where = f"dim={d}" if d else "dim=0, the batch"
        yield f"It is reversed along dim={d}.", lambda y, d=d: y.flip(d)
        for by in (1, -1):
            text = f"It is shifted by one along dim={d}."
            yield text, lambda y, d=d, by=by: y.roll(by, d)
        for do in ("sum", "mean") if dims > 1 else ():
            text = f"It is the right answer's {do} over {where}: one step more"
            yield (
                f"{text} than asked.",
                lambda y, d=d, do=do: getattr(y, do)(d),
            )
    for do in ("sum", "mean"):
        text = f"One number came back, the {do} of the right answer over all."
        yield text, lambda y, do=do: getattr(y, do)()
    for a, b in itertools.combinations(range(dims), 2):
        text = f"It is transposed: dim={a} and dim={b} are swapped."
        yield text, lambda y, a=a, b=b: y.transpose(a, b)


def _by_a_table(got, expected, tolerance):
    more = got[0].ndim - expected[0].ndim
    shaped = [g.squeeze() for g in got], [e.squeeze() for e in expected]
    if more and same(*shaped, tolerance):
        return (
            "The numbers are right, with one dimension too "
            f"{'many' if more > 0 else 'few'}: shape {tuple(got[0].shape)} "
            f"instead of {tuple(expected[0].shape)}."
        )
    for sentence, change in _changes(expected[0].ndim):
        if _follows(got, expected, change, tolerance):
            return sentence
    for d in range(got[0].ndim):
        for do in ("sum", "mean"):
            if _follows(expected, got, _reduced(do, d), tolerance):
                return f"A step is missing: take the {do} over dim={d}."
    flat = [g.flatten() for g in got], [e.flatten() for e in expected]
    if got[0].shape != expected[0].shape and same(*flat, tolerance):
        return (
            "The numbers are right, but not the shape: "
            f"{tuple(got[0].shape)} instead of {tuple(expected[0].shape)}."
        )
    return None


def _by_shape(got, expected, tolerance):
    """Name two slips of shape: one row only, a column that met a row."""
    pairs = list(zip(got, expected, strict=True))
    if any(e.ndim != 1 or len(e) < 2 for _, e in pairs[:1]):
        return None
    if all(g.shape == (len(e), len(e)) for g, e in pairs):
        return (
            f"A table of shape {tuple(got[0].shape)} came back. A column met "
            "a row, and both were stretched: look for a dimension of size 1 "
            "that stays after a sum."
        )
    for name, at in (("first", 0), ("last", -1)):
        if all(not g.ndim and same(g, e[at], tolerance) for g, e in pairs):
            return (
                f"Only the {name} row's answer came back: a `return` inside "
                "a loop, or an index too many?"
            )
    return None


def _reduced(do, d):
    return lambda y: getattr(y, do)(d)


def _follows(got, expected, change, tolerance):
    """Say whether `change` leads from each right answer to the answer."""
    try:
        pairs = list(zip(got, map(change, expected), strict=True))
    except (IndexError, RuntimeError):
        return False
    finite = all(e.isfinite().all() for _, e in pairs)
    telling = any(e.any() for _, e in pairs)  # of zeros nothing follows
    return finite and telling and all(same(g, e, tolerance) for g, e in pairs)


def _by_a_factor(got, expected, cases, tolerance):
    pairs = list(zip(got, expected, strict=True))
    usable = (g.shape == e.shape and g.isfinite().all() for g, e in pairs)
    if not all(usable) or not all(e.any() for e in expected):
        return None
    shift = (got[0] - expected[0]).mean()
    if all(same(g, e + shift, tolerance) for g, e in pairs):
        return f"Every number is off by the same {shift:+.4g}."
    factors = torch.stack([(g * e).sum() / (e * e).sum() for g, e in pairs])
    parts = zip(factors, pairs, strict=True)
    if not all(
        f.abs() > 1e-6 and same(g, f * e, tolerance) for f, (g, e) in parts
    ):
        return None
    sizes = [_sizes(case) for case in cases]
    for what in sizes[0]:
        size = torch.tensor([s.get(what, 1) for s in sizes]).double()
        if size.min() > 1 and torch.allclose(factors, size, 1e-3):
            return f"Summed, not averaged? It is too large by {what}."
        if size.min() > 1 and torch.allclose(factors, 1 / size, 1e-3):
            return f"Averaged, not summed? It is too small by {what}."
    if torch.allclose(factors, factors[0], 1e-3):
        return f"It is the right answer times {factors[0]:.4g}."
    return None


def _sizes(case):
    """Return {in words: number} for the sizes of the first tensor."""
    shapes = [a.shape for a in case if torch.is_tensor(a) and a.ndim]
    if not shapes:
        return {}
    first, *rest = shapes[0]
    numbers = {"the size of the batch": first}
    if rest:
        numbers["the count of numbers in a row"] = torch.Size(rest).numel()
        numbers["the count of all numbers"] = shapes[0].numel()
        numbers |= {f"the size of dim={d}": n for d, n in enumerate(rest, 1)}
    return numbers


def _by_rows(got, expected, tolerance):
    pairs = list(zip(got, expected, strict=True))
    if any(g.shape != e.shape or not e.ndim or len(e) < 2 for g, e in pairs):
        return None
    if all(same(_in_order(g), _in_order(e), tolerance) for g, e in pairs):
        return ROWS
    if all(same(g, g[:1].expand_as(g)) for g, _ in pairs):
        return ALIKE
    for name, rest in (("first", slice(1, None)), ("last", slice(None, -1))):
        if all(same(g[rest], e[rest], tolerance) for g, e in pairs):
            return f"Only the {name} row is wrong."
    return None


def _in_order(y):
    """Return the rows sorted by their first number."""
    return y[y.reshape(len(y), -1)[:, 0].argsort()]
