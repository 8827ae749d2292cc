"""Checks of lesson 01."""

import math

import torch
from torch.nn.functional import normalize

from course_utils.checks.comparing import same
from course_utils.checks.core import check, outcome


def _then(function, steps):
    """Return the slips {message: a wrong last step after the function}."""
    return {
        message: lambda *case, step=step: step(function(*case))
        for message, step in steps.items()
    }


def _places(z, z_known, causes, k=5, more=0, largest=False, p=2):
    apart = torch.cdist(z, z_known, p)
    return apart.topk(k + more, largest=largest).indices


def _found(z, z_known, causes, *k, **knobs):
    """Return the neighbours' causes (N, k, K), with some knobs turned."""
    return causes[_places(z, z_known, causes, *k, **knobs)]


def _guesses(*case, **knobs):
    return _found(*case, **knobs).mean(dim=1)


def _nearest_by(apart):
    """Return `read_off` with other distances, apart(z, z_known): (N, M)."""
    return lambda z, known, causes, k: causes[
        apart(z, known).topk(k, largest=False).indices
    ].mean(dim=1)


def _weighted(z, known, causes, k):
    near = torch.cdist(z, known).topk(k, largest=False)
    shares = (1 / near.values) / (1 / near.values).sum(1, keepdim=True)
    return (shares[..., None] * causes[near.indices]).sum(dim=1)


@check(
    cases=lambda: [
        (torch.randn(9, 2), torch.randn(31, 2), 5 * torch.rand(31, 3), 4),
        (torch.randn(4, 6), torch.randn(12, 6), torch.randn(12, 1), 2),
    ],
    skip=("device",),  # codes come from `predict`: on the CPU
    slips=_then(
        _found,
        {
            "You took the nearest code alone; use k.": lambda f: f[:, 0],
            "No mean yet: average over the k, dim=1.": lambda f: f,
            "You summed the causes; take the mean.": lambda f: f.sum(dim=1),
            "You divided the sum by 5, not by k.": lambda f: f.sum(dim=1) / 5,
            "You took the median; take the mean.": lambda f: f.median(1)[0],
            "You averaged over the new codes; average over the neighbours, "
            "dim=1 of (N, k, K).": lambda f: f.mean(dim=0),
            "You averaged over the causes; average over the neighbours, "
            "dim=1.": lambda f: f.mean(dim=2),
            "One code's causes: `return` in a loop?": lambda f: f[0].mean(0),
            "A single cause (K = 1) lost its axis: no squeeze; the answer is "
            "(N, K).": lambda f: f.mean(dim=1).squeeze(),
            "Only the first cause came back; all K are wanted.": lambda f: (
                f.mean(dim=1)[:, 0]
            ),
            "All came back in one row; (N, K) is wanted.": lambda f: f.mean(
                dim=1
            ).flatten(),
        },
    )
    | _then(
        _places,
        {
            "Places came back; look up their causes: "
            "causes[places].": lambda p: p,
            "You averaged places; average the causes of these places.": (
                lambda p: p.double().mean(dim=1)
            ),
        },
    )
    | {
        "You took the farthest codes; `topk` needs largest="
        "False.": lambda *case: _guesses(*case, largest=True),
        "You took k + 1 neighbours.": lambda *case: _guesses(*case, more=1),
        "You took k - 1 neighbours.": lambda *case: _guesses(*case, more=-1),
        "The nearest one was left out: new codes are not among the known "
        "ones.": lambda *case: _found(*case, more=1)[:, 1:].mean(dim=1),
        "That is the mean of all the causes; take those of the k nearest.": (
            lambda z, known, causes, k: causes.mean(0).expand(len(z), -1)
        ),
        "k is fixed at 5; use the argument k.": lambda *a: _guesses(*a[:3]),
        "You averaged codes; the causes of the nearest codes are "
        "wanted.": lambda z, known, causes, k: _guesses(z, known, known, k),
        "You found new codes near the known ones; it is the other way round: "
        "distances (N, M), topk along dim=1.": (
            lambda z, known, *rest: _guesses(known, z, *rest)
        ),
        "You compared the new codes with each other; compare them with the "
        "known ones.": lambda z, known, *rest: _guesses(z, z, *rest),
        "You compared the known codes with each other; compare the new ones "
        "with them.": lambda z, known, *rest: _guesses(known, known, *rest),
        "topk ran along dim=0; each new code has its neighbours along "
        "dim=1.": lambda z, y, c, k: c[
            torch.cdist(z, y).topk(k, 0, largest=False).indices
        ].mean(1),
        "Distances were taken for places: of what `topk` gives, take "
        "`.indices`.": lambda z, y, c, k: c[
            (-(-torch.cdist(z, y)).topk(k).values).long()
        ].mean(1),
        "You summed the differences with their signs; a distance has "
        "none.": _nearest_by(lambda z, y: (z[:, None] - y).sum(dim=2)),
        "Only the first number of the codes is compared; all of them "
        "count.": _nearest_by(lambda z, y: torch.cdist(z[:, :1], y[:, :1])),
        "You summed absolute differences; `torch.cdist` gives the distance "
        "in a straight line.": lambda *case: _guesses(*case, p=1),
        "You took the largest difference; `torch.cdist` gives the distance "
        "in a straight line.": lambda *case: _guesses(*case, p=math.inf),
        "A product of codes is large for *long* codes, not for near ones: use "
        "`torch.cdist`.": _nearest_by(lambda z, y: -z @ y.T),
        "An angle is not a distance: use `torch.cdist`.": _nearest_by(
            lambda z, y: -z @ normalize(y).T
        ),
        "You gave near codes more weight; the plain mean is "
        "wanted.": _weighted,
        "[:k] took rows; each code's neighbours stand in columns: [:, :k].": (
            lambda z, y, c, k: c[torch.cdist(z, y).argsort()[:k]].mean(1)
        ),
        "Those are distances: of what `topk` gives, `.indices` leads to the "
        "causes.": lambda z, y, c, k: -(-torch.cdist(z, y)).topk(k)[0].mean(1),
    },
)
def read_off(z, z_known, causes, k=5):
    """Mean causes of the k nearest codes: (N, Z), (M, Z), (M, K) -> (N, K)."""
    apart = torch.cdist(z, z_known)
    nearest = apart.topk(k, largest=False).indices
    return causes[nearest].mean(dim=1)


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
    """Say how many points came, whether they are on the line, and where."""
    if not torch.is_tensor(got):
        return None
    got, whole = got.detach().cpu(), (steps, len(z0))
    if got.ndim == 2 and len(got) != steps and got.shape[1] == len(z0):
        return f"{len(got)} points came back; {steps} steps were asked for."
    if got.shape in ((steps,), (steps, 1)) and len(z0) > 1:
        return (
            "One number for each step came back; a whole code, (Z,), is "
            "wanted for each."
        )
    rounded = got.shape == whole and same(got, got.round())
    if got.shape != whole or rounded or same(got, got[:1].expand(whole)):
        return None
    way = z1 - z0
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
            "It walks away from z1: check the sign.": lambda y: 2 * y[0] - y,
            "Rows are steps: (steps, Z), not (Z, steps).": lambda y: y.T,
            "One point came back, not `steps`.": lambda y: y.mean(dim=0),
            "z0 alone came back: is `return` in the loop?": lambda y: y[0],
            "All came back in one row; stack the points.": torch.flatten,
            "A code of one number lost its axis: no squeeze; the answer is "
            "(steps, Z).": torch.squeeze,
            "The two ends alone came back; the points between are wanted "
            "too.": lambda y: y[[0, -1]],
        },
    )
    | {
        "The last point should be z1 itself: both ends "
        "belong to it.": lambda z0, z1, steps: _line(z0, z1, steps + 1)[:-1],
        "The first point should be z0 itself: both ends "
        "belong to it.": lambda z0, z1, steps: _line(z0, z1, steps + 1)[1:],
        "The ends are missing: t should run from 0 to 1, both "
        "included.": lambda z0, z1, steps: _line(z0, z1, steps + 2)[1:-1],
        "You added t · z1 to z0; add t · (z1 - z0).": lambda z0, z1, steps: (
            _line(z0, z0 + z1, steps)
        ),
        "The first point should be z0; the share of z0 is 1 - "
        "t.": lambda z0, z1, steps: _line(0 * z0, z0 + z1, steps),
        "It starts at 0: z0 has no share.": lambda z0, *a: _line(0 * z0, *a),
        "It ends at 0: z1 has no share.": lambda z0, z1, steps: _line(
            z0, 0 * z1, steps
        ),
        "It ends at 0: the share of z1 is t, not 1 - t.": (
            lambda z0, z1, steps: _line(z0 + z1, 0 * z1, steps)
        ),
        "One point too many: `steps` counts the points, not the "
        "gaps.": lambda z0, z1, steps: _line(z0, z1, steps + 1),
        "It has always 9 points; use `steps`.": lambda a, b, _: _line(a, b, 9),
        "t should run from 0 to 1: divide by steps - 1.": lambda z0, z1, n: (
            z0 + torch.arange(n)[:, None] * (z1 - z0)
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
    if (
        not torch.is_tensor(got)
        or got.shape != right.shape
        or not (got.bool() ^ right).any()
    ):
        return None
    row = (got.bool() ^ right).nonzero()[0, 0]
    code, least, most = (
        [round(v, 3) for v in x.tolist()] for x in (z[row], least, most)
    )
    return (
        f"The code {code}, stored in the range {least} to {most}, is "
        f"{'damaged' if right[row] else 'not damaged'}; you say the opposite."
    )


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
            "One answer for all codes came back.": lambda c: c.any(),
            "You ask whether a number is *inside*; ask whether one was "
            "limited.": lambda c: (~c).any(dim=1),
            "You ask for exactly one limited number; there may be "
            "more.": lambda c: c.sum(dim=1) == 1,
            "Places came back, in a column; a boolean for each code is "
            "wanted.": lambda c: c.any(dim=1).nonzero(),
            "You counted; ask whether any was limited.": lambda c: c.sum(1),
            "Places of codes came back; a boolean for each code is "
            "wanted.": lambda c: c.any(dim=1).nonzero().flatten(),
            "It looks at the first number only.": lambda c: c[:, 0],
            "The last number decides: overwritten?": lambda c: c[:, -1],
            "Every code came back as damaged: all stored codes lie between "
            "the ends; limited numbers lie on one.": lambda c: c.any(1) | True,
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
        "Each number has a range of its own; you took one for "
        "all.": lambda z, a, b: _clipped(z, a.min(), b.max()).any(dim=1),
        "Each number has a range of its own; you took the narrowest for "
        "all.": lambda z, a, b: _clipped(z, a.max(), b.min()).any(dim=1),
        "A code at a lower and at an upper end is damaged too: | instead of "
        "^.": lambda z, a, b: (z <= a).any(dim=1) ^ (z >= b).any(dim=1),
        "The damaged codes came back; a boolean for each code is "
        "wanted.": lambda z, *ends: z[_clipped(z, *ends).any(dim=1)],
        "You took the range of the stored codes; hers is least to "
        "most.": lambda z, *ends: _clipped(z, z.amin(0), z.amax(0)).any(dim=1),
        "A number near an end was not clipped; only one exactly on it was.": (
            lambda z, *ends: sum((z - e).abs() < 0.01 for e in ends).any(1)
        ),
        "An end counts for its own number only, not for the "
        "others.": lambda z, *ends: torch.isin(z, torch.cat(ends)).any(dim=1),
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
    if not isinstance(errors, dict):
        return (
            "A dictionary {size of the code: error} is wanted; got "
            f"{type(errors).__name__}."
        )
    if missing := [size for size in SIZES if size not in errors]:
        return (
            f"Codes of 2 and 3 numbers are wanted; {missing} is missing among "
            f"{list(errors)}."
        )
    try:
        two, three = (float(errors[size] + 0) for size in SIZES)
    except (TypeError, ValueError, RuntimeError):
        return "Each error is one number: use `mse(…)`, or `.item()`."
    return _error_problem(two, three)


def _error_problem(two, three):
    errors = two, three
    if not all(map(math.isfinite, errors)):
        return "An error is not a finite number: did the training blow up?"
    signs = {
        "No error per pixel is above 1. Are these sums over the pixels or "
        "images? `mse` takes the mean.": max(errors) > 1,
        "An error is all but 0, or less: is the image compared with itself, "
        "or the error rounded, or divided once too often?": min(errors)
        < FLOOR,
        "These copies are no better than the mean image. Is it `mse` (not R², "
        "a root or a percentage), and was each network trained as long as in "
        "the lesson, on images of the same kind?": max(errors) > 0.9 * GREY,
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
