"""Checks of lesson 01."""

import math

import torch

from course_utils.checks.core import check, mutants, outcome


def _guesses(
    z,
    z_known,
    causes,
    k=5,
    largest=False,
    order=lambda apart: apart,
    more=0,
    last=lambda found: found.mean(dim=1),
):
    """Guess from neighbours, with some knobs turned."""
    apart = order(torch.cdist(z, z_known))
    nearest = apart.topk(k + more, largest=largest).indices
    return last(causes[nearest])


@check(
    cases=lambda: [
        (torch.randn(9, 2), torch.randn(31, 2), 5 * torch.rand(31, 3), 4),
        (torch.randn(4, 6), torch.randn(12, 6), torch.randn(12, 1), 2),
    ],
    slips=mutants(
        _guesses,
        {
            "You took the farthest codes; `topk` needs largest=False.": {
                "largest": True
            },
            "You took the nearest code alone; average over k of them.": {
                "last": lambda found: found[:, 0]
            },
            "The nearest one was left out: new codes are not among the known "
            "ones.": {"more": 1, "last": lambda found: found[:, 1:].mean(1)},
            "The causes of all the neighbours came back; average over the k "
            "of them, dim=1.": {"last": lambda found: found},
            "You summed the neighbours' causes; take the mean.": {
                "last": lambda found: found.sum(dim=1)
            },
            "You averaged over the new codes; average over the neighbours, "
            "dim=1.": {"last": lambda found: found.mean(dim=0)},
            "You averaged over the causes; average over the neighbours, "
            "dim=1.": {"last": lambda found: found.mean(dim=2)},
        },
    )
    | {
        "That is the mean of all the causes; take those of the k nearest.": (
            lambda z, z_known, causes, k=5: causes.mean(dim=0).expand(
                len(z), -1
            )
        ),
        "k is fixed at 5; use the argument k.": (
            lambda z, z_known, causes, k=5: _guesses(z, z_known, causes)
        ),
        "You averaged codes; the causes of the nearest codes are wanted.": (
            lambda z, z_known, causes, k=5: _guesses(z, z_known, z_known, k)
        ),
    },
)
def read_off(z, z_known, causes, k=5):
    """Mean causes of the k nearest codes: (N, Z), (M, Z), (M, K) -> (N, K)."""
    apart = torch.cdist(z, z_known)
    nearest = apart.topk(k, largest=False).indices
    return causes[nearest].mean(dim=1)


def _line(z0, z1, steps, first=0, last=0, ends=lambda z0, z1: (z0, z1)):
    """Return points on a line; `first` and `last` leave out that many."""
    z0, z1 = ends(z0, z1)
    t = torch.linspace(0, 1, steps + first + last)[first:][:steps, None]
    return (1 - t) * z0 + t * z1


@check(
    cases=lambda: [
        (torch.randn(dim), torch.randn(dim), steps)
        for dim, steps in ((3, 5), (1, 2), (8, 11))
    ],
    slips=mutants(
        _line,
        {
            "The line runs backwards: it should start at z0.": {
                "ends": lambda z0, z1: (z1, z0)
            },
            "The last point should be z1 itself: both ends belong to it.": {
                "last": 1
            },
            "The first point should be z0 itself: both ends belong to it.": {
                "first": 1
            },
            "The ends are missing: t should run from 0 to 1, both included.": {
                "first": 1,
                "last": 1,
            },
            "You added t · z1 to z0; add t · (z1 - z0).": {
                "ends": lambda z0, z1: (z0, z0 + z1)
            },
            "It starts at 0 and not at z0: add z0.": {
                "ends": lambda z0, z1: (0 * z0, z1 - z0)
            },
            "The first point should be z0; the share of z0 is 1 - t.": {
                "ends": lambda z0, z1: (0 * z0, z0 + z1)
            },
        },
    )
    | {
        "Steps should run along the first axis: (steps, Z), not (Z, steps).": (
            lambda z0, z1, steps: _line(z0, z1, steps).T
        ),
        "One point came back; `steps` of them are wanted: give t a column, "
        "`t[:, None]`.": lambda z0, z1, steps: (z0 + z1) / 2,
    },
)
def interpolate(z0, z1, steps):
    """Points on the line between two codes: (Z,), (Z,) -> (steps, Z)."""
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t) * z0 + t * z1


def _clipped_codes(rows, size):
    """Return codes in a range, some clipped, row 0 in all, row 1 in none."""
    least, most = -0.5 - torch.rand(size), 0.2 + torch.rand(size)
    z = (1.2 * torch.randn(rows, size)).clamp(least, most)
    z[0], z[1], z[2] = most, 0.9 * most, least
    z[3, 1:] = 0.9 * most[1:]
    return z, least, most


def _clipped(z, least, most):
    return (z <= least) | (z >= most)


@check(
    cases=lambda: [_clipped_codes(12, 2), _clipped_codes(40, 3)],
    skip=("far",),  # scaling moves numbers off the ends of the range
    slips={
        "A code is damaged as soon as one of its numbers was clipped; you ask "
        "for all of them.": lambda *case: _clipped(*case).all(dim=1),
        "You found the undamaged ones.": lambda *case: (
            ~_clipped(*case).any(dim=1)
        ),
        "One answer for each number came back; one for each code is wanted: "
        "any(dim=1).": _clipped,
        "That runs over the codes; ask within each code, dim=1.": (
            lambda *case: _clipped(*case).any(dim=0)
        ),
        "One answer for all codes came back; one for each is wanted.": (
            lambda *case: _clipped(*case).any()
        ),
        "You looked at the first number only; any may have been clipped.": (
            lambda *case: _clipped(*case)[:, 0]
        ),
        "You looked at the lower end only.": lambda z, least, most: (
            z <= least
        ).any(dim=1),
        "You looked at the upper end only.": lambda z, least, most: (
            z >= most
        ).any(dim=1),
        "Nothing lies outside the range any more: what was clipped lies "
        "exactly on its ends.": lambda z, least, most: (
            (z < least) | (z > most)
        ).any(dim=1),
    },
)
def damaged(z, least, most):
    """Whether a number lies on an end of the range: (B, Z) -> (B,)."""
    return ((z <= least) | (z >= most)).any(dim=1)


SIZES = (2, 3, 4)
MEASURED = {2: 0.0026, 3: 0.0002, 4: 0.0001}  # of the lesson's own recipe
FLOOR = 1e-6  # no network of this lesson copies better
GREY = 0.044  # error per pixel of the mean image


def _size_problem(errors):
    """Say what is wrong with errors {latent_dim: error per pixel}."""
    if not isinstance(errors, dict):
        return (
            "A dictionary {size of the code: error} is wanted; got "
            f"{type(errors).__name__}."
        )
    if missing := [size for size in SIZES if size not in errors]:
        return f"Codes of 2, 3 and 4 numbers are wanted; {missing} is missing."
    try:
        two, three, four = (float(errors[size]) for size in SIZES)
    except (TypeError, ValueError, RuntimeError):
        return "Each error is one number: use `mse(…)`, or `.item()`."
    return _error_problem(two, three, four)


def _error_problem(two, three, four):
    if not all(map(math.isfinite, (two, three, four))):
        return "An error is not a finite number: did the training blow up?"
    if min(two, three, four) > 1:
        return (
            "These are sums over the pixels of an image; divide by 784, as "
            "`mse` does."
        )
    if min(two, three, four) < FLOOR:
        return "An error is all but 0: is the image compared with itself?"
    if three > two:
        return (
            "Three numbers are worse than two. Do the sizes and the errors "
            "belong together, and was each network trained from new weights?"
        )
    if three > 0.8 * GREY:
        return (
            "These copies are no better than the mean image: was the network "
            "trained on the same kind of images?"
        )
    if two < 4e-4:
        return (
            "Two numbers copy far too well for three causes: does the size "
            'vary? causes=("x", "y", "size").'
        )
    if three > 0.5 * two:
        return (
            "There should be a clear drop from 2 to 3. Train as long as the "
            "lesson does, on 5,000 images."
        )
    return None


outcome("size_errors", _size_problem, course=lambda: dict(MEASURED))
