"""Checks of lesson 07."""

import torch
from torch import nn

from course_utils.checks.comparing import difference, short
from course_utils.checks.core import check, outcome
from course_utils.datasets import digits
from course_utils.measures import active_units, mse
from course_utils.rivals.pca import pca_errors

UNITS, RIVAL = 8, 12  # of the digits' code: active units, PCA's numbers


def _rates(z):
    return z.mean(dim=0).clamp(1e-6, 1 - 1e-6)


def _half(p, q):
    return p * (p / q).log()


def _sleeper(rows, units):
    """Return activities in which one unit is never active."""
    z = 0.02 + 0.5 * torch.rand(rows, units)
    z[:, 1] = 0
    return z


@check(
    cases=lambda: [
        (0.05 + 0.9 * torch.rand(5, 3), 0.05),
        (0.3 * torch.rand(7, 4) + 0.01, 0.2),
        (_sleeper(6, 5), 0.02),
    ],
    learns=("z",),
    skip=("far",),
    slips={
        "The second half, with 1 - rho and 1 - rate, is missing.": (
            lambda z, rho=0.05: _half(rho, _rates(z)).sum()
        ),
        "That is the KL the other way round: rho stands before the "
        "logarithm, and on top in it.": lambda z, rho=0.05: (
            _half(_rates(z), rho) + _half(1 - _rates(z), 1 - rho)
        ).sum(),
        "That is the cross-entropy: it is not 0 where the rate is rho. In "
        "both logarithms rho stands on top.": lambda z, rho=0.05: (
            -rho * _rates(z).log() - (1 - rho) * (1 - _rates(z)).log()
        ).sum(),
        "Brackets are missing: (1 - rho) / (1 - rate).": (
            lambda z, rho=0.05: (
                _half(rho, _rates(z)) + (1 - rho) * (1 - rho - _rates(z)).log()
            ).sum()
        ),
    },
)
def kl_sparsity(z, rho=0.05):
    """KL of the units' rates from rho: (B, units) -> one number."""
    return (_half(rho, _rates(z)) + _half(1 - rho, 1 - _rates(z))).sum()


def _edge(z, k, edge, compare=torch.ge):
    """Keep what compares with an edge, made from each row's k largest."""
    edge = edge(z.topk(k, dim=1).values)
    return torch.where(compare(z, edge), z, torch.zeros_like(z))


def _of_batch(z, count):
    return _edge(z.flatten()[None], count, torch.amin).reshape(z.shape)


def _columns(z, k):
    """Keep each place that is among the k largest of any row."""
    return z * (top_k(z, k) != 0).any(dim=0)


@check(
    cases=lambda: [
        (torch.rand(5, 7) * torch.arange(1.0, 6.0)[:, None] + 0.01, 3),
        (torch.rand(7, 9) + 0.01, 2),
        (torch.randn(4, 6) - 2, 3),
    ],
    learns=("z",),
    slips={
        "That keeps the k largest of each unit, over the images; look along "
        "`dim=1`.": lambda z, k: top_k(z.T, k).T,
        "These are the k smallest.": lambda z, k: -top_k(-z, k),
        "It still looks for the largest of the whole batch: every image must "
        "keep k.": lambda z, k: _of_batch(z, k * len(z)),
        "Only k of the whole batch are kept; every image must keep k.": (
            _of_batch
        ),
        "The k-th itself is lost: `>=`, not `>`.": lambda z, k: _edge(
            z, k, lambda best: best[:, -1:], torch.gt
        ),
        "One edge for all rows: each image has its own, `values[:, -1:]`.": (
            lambda z, k: _edge(z, k, torch.amin)
        ),
        "Only the largest is kept: the edge is the last of the k values.": (
            lambda z, k: _edge(z, k, lambda best: best[:, :1])
        ),
        "A row's places were used for all rows: `scatter` keeps them apart.": (
            _columns
        ),
        "Only zeros came back. `scatter` returns its result: use it, or "
        "`scatter_`.": lambda z, k: 0 * z,
        "The values are lost: keep the activities, not ones.": (
            lambda z, k: (top_k(z, k) != 0).float()
        ),
        "The k values came back without the zeros: z keeps its shape.": (
            lambda z, k: z.topk(k, dim=1).values
        ),
    },
)
def top_k(z, k):
    """Keep the k largest of each row, 0 elsewhere: (B, units), same out."""
    return _edge(z, k, lambda best: best[:, -1:])


CURVES = [
    ({0.1: (36.0, 0.005), 0.2: (22.0, 0.009), 0.5: (10.0, 0.012)}, 0.009),
    ({8: (40.0, 0.004), 2: (50.0, 0.003), 4: (30.0, 0.008)}, 0.006),
    ({1: (5.0, 0.02), 2: (4.0, 0.03)}, 0.01),
    ({3: (9.0, 0.05), 1: (30.0, 0.002), 2: (12.0, 0.0015)}, 0.01),
    ({1: (10.0, 0.001), 9: (20.0, 0.002), 5: (5.0, 0.5)}, 0.01),
    ({1: (4.0, 0.001), 2: (8.0, 0.05)}, 0.01),
    ({5: (390.0, 0.02), 3: (250.0, 0.008), 2: (300.0, 0.001)}, 0.01),
    ({5: (39.0, 0.02), 0: (25.0, 0.008), 2: (30.0, 0.001)}, 0.01),
    ({1: (30.0, 0.002), 2: (10.0, 0.004), 3: (9.0, 0.009)}, 0.01),
    ({1: (3.0, 9.0), 2: (5.0, 2.0), 3: (4.0, 6.0)}, 7.0),
]


def _good(curve, limit):
    return {w: point for w, point in curve.items() if point[1] <= limit}


def _least(points, key):
    """Return the weight whose (units, error) give the least, or None."""
    return min(points, key=lambda w: key(*points[w]), default=None)


def _units(units, error):
    return units


BESTS = {
    "An error equal to the limit is good enough: `<=`.": lambda c, limit: (
        _least({w: p for w, p in c.items() if p[1] < limit}, _units)
    ),
    "That has the smallest error; among those that are good enough, take "
    "the fewest active units.": lambda c, limit: _least(
        _good(c, limit), lambda units, error: error
    ),
    "That has the largest error that is good enough; count units.": (
        lambda c, limit: _least(_good(c, limit), lambda units, error: -error)
    ),
    "The limit is not used: the sparsest code copies too badly.": (
        lambda c, limit: _least(c, _units)
    ),
    "That is the largest weight that is good enough; compare the active "
    "units.": lambda c, limit: max(_good(c, limit), default=None),
    "That is the first that is good enough; look at all.": (
        lambda c, limit: next(iter(_good(c, limit)), None)
    ),
    "That is the last that is good enough; keep the one with the fewest "
    "active units.": lambda c, limit: next(reversed(_good(c, limit)), None),
    "A weight of 0 is a weight: ask `is None`, not `or`.": lambda c, limit: (
        choose_weight(c, limit) or None
    ),
    "The number of units came back; return the weight.": lambda c, limit: min(
        (units for units, _ in _good(c, limit).values()), default=None
    ),
    "The pair is (active units, error), in this order.": lambda c, limit: (
        choose_weight({w: point[::-1] for w, point in c.items()}, limit)
    ),
}


@check(cases=lambda: [tuple(c) for c in CURVES], slips=BESTS)
def choose_weight(curve, limit):
    """The sparsest choice that is good enough: -> its weight, or None."""
    return _least(_good(curve, limit), _units)


def _sloped(slope):
    """Return a slip: the slope of a unit is another."""
    return lambda z, weight: slope(z) ** 2 @ weight.square().sum(dim=1)


@check(
    cases=lambda: [
        (torch.rand(5, 3), torch.randn(3, 7)),
        (torch.rand(4, 6), 2 * torch.randn(6, 5)),
    ],
    learns=("z", "weight"),
    slips={
        "The slope of a sigmoid is z(1 - z), not z.": _sloped(lambda z: z),
        "Both factors of the slope are squared: (z * (1 - z))**2.": _sloped(
            lambda z: z.sqrt() * (1 - z)
        ),
        "The sigmoid was applied once more: z has been through it.": _sloped(
            lambda z: z.sigmoid() * (1 - z.sigmoid())
        ),
        "The slope is not squared: square slope and weight.": _sloped(
            lambda z: (z * (1 - z)).sqrt()
        ),
        "The weights are not squared: a sum of W itself.": (
            lambda z, weight: (z * (1 - z)).square() @ weight.sum(dim=1)
        ),
        "You averaged over the pixels; sum over them.": lambda z, weight: (
            jacobian_penalty(z, weight) / weight.shape[1]
        ),
        "Square before the sum: here the derivatives are summed first.": (
            lambda z, weight: (z * (1 - z) @ weight).square().sum(dim=1)
        ),
        "The weights of a unit were summed before the square.": (
            lambda z, weight: (
                (z * (1 - z)).square() @ weight.sum(dim=1).square()
            )
        ),
        "Each unit has its own weights: sum a row of W, `dim=1`, not all.": (
            lambda z, weight: (
                (z * (1 - z)).square().sum(dim=1) * weight.square().sum()
            )
        ),
    },
)
def jacobian_penalty(z, weight):
    """z (B, units) in (0, 1), weight (units, D) -> (B,)."""
    return (z * (1 - z)).square() @ weight.square().sum(dim=1)


def _code_problem(model):
    """Say what is wrong with a code of digits, or return None."""
    parts = [getattr(model, name, None) for name in ("encode", "decode")]
    if not all(map(callable, parts)):
        return (
            "Hand in the model, with `encode` and `decode`; got "
            f"{short(model)}."
        )
    x = digits().test.flatten(1)
    if not isinstance(model, nn.Module):
        return _coded_problem(model, x)
    training = model.training
    try:
        return _coded_problem(model.eval(), x.to(next(model.parameters(), x)))
    finally:
        model.train(training)


@torch.no_grad()
def _coded_problem(model, x):
    z = model.encode(x)
    if not torch.is_tensor(z) or z.ndim != 2 or len(z) != len(x):
        return (
            f"`encode` should return codes ({len(x)}, units); got {short(z)}."
        )
    x_hat = model.decode(z)
    if problem := difference(x_hat, x, float("inf")):
        return f"`decode` should return rows of 64 pixels. {problem}"
    if z.shape[1] <= x.shape[1]:
        return (
            f"The code has {z.shape[1]} units. Overcomplete means more than "
            f"the {x.shape[1]} pixels."
        )
    active, got = active_units(z.float()), mse(x_hat.float(), x.float())
    rival = pca_errors(digits().train, x.cpu(), [RIVAL])[RIVAL]
    said = (
        f"On new digits it has {active:.1f} active units and an error of "
        f"{got:.4f}; PCA with {RIVAL} numbers has {rival:.4f}."
    )
    if active > UNITS:
        return f"{said} At most {UNITS} may be active: press harder."
    if got >= rival:
        return (
            f"{said} Copy better: train longer, at a higher rate, or press "
            "less."
        )
    return None


outcome("digit_code", _code_problem)
