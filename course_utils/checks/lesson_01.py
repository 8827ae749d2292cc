"""Checks of lesson 01."""

import math

import torch

from course_utils.checks.comparing import same
from course_utils.checks.core import check, outcome


def _then(function, steps):
    """Return the slips {message: a wrong last step after the function}."""
    return {
        message: lambda *case, step=step: step(function(*case))
        for message, step in steps.items()
    }


def _found(z, z_known, causes, k=5, largest=False):
    """Return the neighbours' causes (N, k, K), with some knobs turned."""
    return causes[torch.cdist(z, z_known).topk(k, largest=largest).indices]


@check(
    cases=lambda: [
        (torch.randn(9, 2), torch.randn(31, 2), 5 * torch.rand(31, 3), 4),
        (torch.randn(4, 6), torch.randn(12, 6), torch.randn(12, 1), 2),
    ],
    skip=("device",),  # codes come from `predict`: on the CPU
    slips=_then(
        _found,
        {
            "You summed the causes; take the mean.": lambda f: f.sum(dim=1),
            "You averaged over the new codes; average over the neighbours, "
            "dim=1 of (N, k, K).": lambda f: f.mean(dim=0),
            "You averaged over the causes; average over the neighbours, "
            "dim=1.": lambda f: f.mean(dim=2),
        },
    )
    | {
        "Places came back; look up their causes: causes[places].": (
            lambda z, known, causes, k: (
                torch.cdist(z, known).topk(k, largest=False).indices
            )
        ),
        "You took the farthest codes; `topk` needs largest=False.": (
            lambda *case: _found(*case, largest=True).mean(dim=1)
        ),
        "k is fixed at 5; use the argument k.": lambda z, known, causes, k: (
            _found(z, known, causes).mean(dim=1)
        ),
        "[:k] took rows; each code's neighbours stand in columns: [:, :k].": (
            lambda z, known, causes, k: causes[
                torch.cdist(z, known).argsort()[:k]
            ].mean(dim=1)
        ),
    },
)
def read_off(z, z_known, causes, k=5):
    """Mean causes of the k nearest codes: (N, Z), (M, Z), (M, K) -> (N, K)."""
    return _found(z, z_known, causes, k).mean(dim=1)


def _line(z0, z1, steps):
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t) * z0 + t * z1


def _row_of_weights(attempt):
    """Name weights that are a row; they fit only if Z is equal to steps."""
    row = torch.linspace(0, 1, 4)
    if same(attempt(torch.zeros(4), 1 + row, 4), row * (1 + row)):
        return "Each weight should meet all of the code: t[:, None], a column."
    return None


def _off_the_line(got, z0, z1, steps):
    """Say whether the points are on the line, and where."""
    if not torch.is_tensor(got) or got.shape != (steps, len(z0)):
        return None
    got, way = got.detach().cpu(), z1 - z0
    shares = (got - z0) @ way / (way @ way)
    if not same(got, z0 + shares[:, None] * way):
        return "The points leave the straight line from z0 to z1."
    shares = ", ".join(f"{share:.2f}" for share in shares.tolist())
    return (
        "The points lie on the line, but not evenly from z0 to z1. Their "
        f"shares of the way: {shares}."
    )


@check(
    cases=lambda: [
        (torch.randn(dim), torch.randn(dim), steps)
        for dim, steps in ((3, 5), (1, 2), (8, 11))
    ],
    find=_row_of_weights,
    why=_off_the_line,
    slips=_then(
        _line,
        {
            "The line runs backwards: start at z0.": lambda y: y.flip(0),
            "It starts at 0 and not at z0: add z0.": lambda y: y - y[0],
        },
    )
    | {
        "You added t · z1 to z0; add t · (z1 - z0).": lambda z0, z1, steps: (
            _line(z0, z0 + z1, steps)
        ),
        "The last point should be z1 itself: both ends belong to it.": (
            lambda z0, z1, steps: _line(z0, z1, steps + 1)[:-1]
        ),
    },
)
def interpolate(z0, z1, steps):
    """Points on the line between two codes: (Z,), (Z,) -> (steps, Z)."""
    return _line(z0, z1, steps)


def _clipped_codes(rows, size):
    """Return codes in a range, some clipped, row 0 in all, row 1 in none."""
    least, most = -0.5 - torch.rand(size), 0.2 + torch.rand(size)
    most = most.sort(descending=True).values
    z = (1.2 * torch.randn(rows, size)).clamp(least, most)
    z[0], z[1], z[2] = most, 0.995 * most, least
    z[3, 1:] = 0.9 * most[1:]
    z[4], z[4, 0] = 0.9 * most, most[-1]  # an end of another number's range
    least[-1] -= 0.5  # an end that no code reaches
    return z, least, most


def _clipped(z, least, most):
    return (z <= least) | (z >= most)


def _judged_wrongly(got, z, least, most):
    """Show a code that was judged wrongly, with the range."""
    right = damaged(z, least, most)
    if not torch.is_tensor(got) or got.shape != right.shape:
        return None
    for row in (got.bool() ^ right).nonzero().flatten().tolist():
        code, low, high = (
            [round(v, 3) for v in x.tolist()] for x in (z[row], least, most)
        )
        verdict = "damaged" if right[row] else "not damaged"
        return (
            f"The code {code}, stored in the range {low} to {high}, is "
            f"{verdict}; you say the opposite."
        )
    return None


@check(
    cases=lambda: [_clipped_codes(12, 2), _clipped_codes(40, 3)],
    why=_judged_wrongly,
    skip=("far",),  # scaling moves numbers off the ends of the range
    slips=_then(
        _clipped,
        {
            "A code is damaged as soon as one of its numbers was limited; you "
            "ask for all of them.": lambda c: c.all(dim=1),
            "You found the undamaged ones.": lambda c: ~c.any(dim=1),
            "One answer for each number came back; one for each code is "
            "wanted: any(dim=1).": lambda c: c,
            "That runs over the codes; ask within each code, "
            "dim=1.": lambda c: c.any(dim=0),
            "No code was found: nothing lies outside the range any more. What "
            "was limited lies exactly on its ends, on one *or* the other.": (
                lambda c: c.any(dim=1) & False
            ),
        },
    )
    | {
        "It finds the lower end only.": lambda z, a, b: (z <= a).any(1),
        "It finds the upper end only.": lambda z, a, b: (z >= b).any(1),
        "One end is enough: | instead of &.": lambda z, a, b: (
            (z <= a).any(dim=1) & (z >= b).any(dim=1)
        ),
    },
)
def damaged(z, least, most):
    """Whether a number lies on an end of the range: (B, Z) -> (B,)."""
    return _clipped(z, least, most).any(dim=1)


SIZES = (2, 3)
MEASURED = {2: 0.0026, 3: 0.0002}  # of the lesson's own recipe
FLOOR = 1e-6  # no network of this lesson copies better
GREY = 0.030  # error per pixel of the mean image


def _size_problem(errors):
    """Say what is wrong with errors {latent_dim: error per pixel}."""
    if not isinstance(errors, dict) or not set(SIZES) <= set(errors):
        is_dict = isinstance(errors, dict)
        got = f"sizes {list(errors)}" if is_dict else type(errors).__name__
        return f"A dictionary {{2: error, 3: error}} is wanted; got {got}."
    try:
        two, three = (float(errors[size] + 0) for size in SIZES)
    except (TypeError, ValueError, RuntimeError):
        return "Each error is one number: use `mse(…)`, or `.item()`."
    least, most = sorted((two, three))
    signs = {
        "An error is not a finite number: did the training blow "
        "up?": not math.isfinite(two + three),
        "No error per pixel is above 1. Are these sums over the pixels or "
        "images? `mse` takes the mean.": most > 1,
        "An error is all but 0, or less: is the image compared with itself, "
        "or the error rounded, or divided once too often?": least < FLOOR,
        "These copies are no better than the mean image. Is it `mse` (not R², "
        "a root or a percentage), and was each network trained as long as in "
        "the lesson, on images of the same kind?": most > 0.9 * GREY,
        "More numbers are worse than fewer. Do the sizes and the errors "
        "belong together, and was each network trained from new "
        "weights?": three > 2 * two,
        "Two numbers copy far too well for three causes: does the size vary, "
        "in training and in the new images? "
        'causes=("x", "y", "size").': two < 1e-3,
        "There should be a clear drop from 2 to 3. Train each network as long "
        "as the lesson does, on 5,000 images in which the size "
        "varies.": three > 0.5 * two,
    }
    return next((text for text, sign in signs.items() if sign), None)


outcome("size_errors", _size_problem, course=lambda: dict(MEASURED))
