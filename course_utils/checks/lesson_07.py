"""Checks of lesson 07."""

import torch
from torch import nn

from course_utils.checks.comparing import short
from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import digits
from course_utils.measures import active_units, mse
from course_utils.rivals.pca import pca_errors

UNITS, RIVAL = 8, 12  # of the digits' code: active units, PCA's numbers


def _coins(
    z, rho=0.05, axis=0, own=False, log=torch.log, halves=(1, 1), out="sum"
):
    """Return the KL penalty with some knobs turned."""
    mean = z.mean() if axis is None else z.mean(dim=axis)
    rate = (z if own else mean).clamp(1e-6, 1 - 1e-6)
    on = rho * log(rho / rate)
    off = (1 - rho) * log((1 - rho) / (1 - rate))
    both = halves[0] * on + halves[1] * off
    return getattr(both, out)() if out else both


def _turned(z, rho=0.05):
    """Return the divergence the other way round."""
    rate = z.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    off = (1 - rate) * ((1 - rate) / (1 - rho)).log()
    return (rate * (rate / rho).log() + off).sum()


def _summed(z, rho=0.05):
    return _coins(z.sum(dim=0, keepdim=True), rho)


def _counted(z, rho=0.05):
    return _coins((z > 0).float(), rho)


def _entropy(z, rho=0.05):
    rate = z.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    return -(rho * rate.log() + (1 - rho) * (1 - rate).log()).sum()


def _one_of(z, which, rho=0.05):
    return _coins(z[:, [which]], rho)


def _brackets(z, rho=0.05):
    rate = z.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    off = (1 - rho) * (1 - rho - rate).log()
    return (rho * (rho / rate).log() + off).sum()


def _fixed(z, rho=0.05):
    return _coins(z, 0.05)


def _unclamped(z, rho=0.05):
    rate = z.mean(dim=0)
    off = (1 - rho) * ((1 - rho) / (1 - rate)).log()
    return (rho * (rho / rate).log() + off).sum()


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
    slips=mutants(
        _coins,
        {
            "The second half, with 1 - rho and 1 - rate, is missing.": {
                "halves": (1, 0)
            },
            "The first half, with rho and rate, is missing.": {
                "halves": (0, 1)
            },
            "The halves are added, not subtracted.": {"halves": (1, -1)},
            "You averaged over the units; sum over them.": {"out": "mean"},
            "One number for each unit came back; sum them.": {"out": None},
            "Use the rates: this takes the formula of every single "
            "activity.": {"own": True},
            "That is the rate of each image: average over the images, "
            "`dim=0`.": {"axis": 1},
            "One rate for all units: each unit has its own rate.": {
                "axis": None
            },
            "log is the natural logarithm, `torch.log`.": {"log": torch.log10},
            "log2 is not the natural logarithm.": {"log": torch.log2},
            "A logarithm is missing: both halves have one.": {
                "log": lambda p: p
            },
            "The sign is wrong: the penalty is never below 0.": {
                "halves": (-1, -1)
            },
        },
    )
    | {
        "That is the KL the other way round: rho stands before the "
        "logarithm, and on top in it.": _turned,
        "A rate is a mean over the images, not a sum.": _summed,
        "A rate is a mean activity, not the share of images above 0.": (
            _counted
        ),
        "That is the cross-entropy: it is not 0 where the rate is rho. In "
        "both logarithms rho stands on top.": _entropy,
        "Only the last unit came back; sum over all.": (
            lambda z, rho=0.05: _one_of(z, -1, rho)
        ),
        "Only the first unit came back: is the `return` in the loop?": (
            lambda z, rho=0.05: _one_of(z, 0, rho)
        ),
        "Brackets are missing: (1 - rho) / (1 - rate).": _brackets,
        "rho is 0.05 here whatever is asked for: use the argument.": _fixed,
        "Keep the given line: without `clamp` a unit that is never active "
        "makes the penalty infinite.": _unclamped,
    },
)
def kl_sparsity(z, rho=0.05):
    """KL of the units' rates from rho: (B, units) -> one number."""
    return _coins(z, rho)


def _kept(z, k, dim=1, largest=True, fill=0.0, more=0, by=None):
    """Keep the k largest of each row, with some knobs turned."""
    order = by(z) if by else z
    places = order.topk(k + more, dim=dim, largest=largest).indices
    return torch.full_like(z, fill).scatter(dim, places, z.gather(dim, places))


def _of_batch(z, k, each=True):
    count = k * len(z) if each else k
    edge = z.flatten().topk(count).values.min()
    return torch.where(z >= edge, z, torch.zeros_like(z))


def _row_edge(z, k):
    edge = z.topk(k, dim=1).values[:, -1:]
    return torch.where(z > edge, z, torch.zeros_like(z))


def _edge(z, k, edge, compare=torch.ge):
    """Keep what compares with an edge, made from each row's k largest."""
    edge = edge(z.topk(k, dim=1).values)
    return torch.where(compare(z, edge), z, torch.zeros_like(z))


def _columns(z, k):
    """Keep each place that is among the k largest of any row."""
    kept = (_kept(z.detach() - z.detach().min() + 1, k) > 0).any(dim=0)
    return z * kept


def _mask(z, k):
    return (_kept(z, k) != 0).float()


@check(
    cases=lambda: [
        (torch.rand(5, 7) * torch.arange(1.0, 6.0)[:, None] + 0.01, 3),
        (torch.rand(7, 9) + 0.01, 2),
        (torch.randn(4, 6) - 2, 3),
    ],
    learns=("z",),
    slips=mutants(
        _kept,
        {
            "That keeps the k largest of each unit, over the images; look "
            "along `dim=1`.": {"dim": 0},
            "These are the k smallest.": {"largest": False},
            "One more than k is kept.": {"more": 1},
            "The others should be 0, not minus infinity.": {
                "fill": float("-inf")
            },
            "The others should be 0, not -1.": {"fill": -1.0},
            "It keeps the largest without their signs: -5 is not larger than "
            "3.": {"by": torch.abs},
        },
    )
    | {
        "It still looks for the largest of the whole batch: every image "
        "must keep k.": _of_batch,
        "Only k of the whole batch are kept; every image must keep k.": (
            lambda z, k: _of_batch(z, k, each=False)
        ),
        "The k-th itself is lost: `>=`, not `>`.": _row_edge,
        "One edge for all rows: each image has its own, `values[:, -1:]`.": (
            lambda z, k: _edge(z, k, torch.amin)
        ),
        "Only the largest is kept: the edge is the last of the k values.": (
            lambda z, k: _edge(z, k, lambda best: best[:, :1])
        ),
        "It keeps the small ones: `>=`, not `<=`.": lambda z, k: _edge(
            z, k, lambda best: best[:, -1:], torch.le
        ),
        "It is the wrong way round: the k largest became 0.": (
            lambda z, k: z - _kept(z, k)
        ),
        "That is the k-th counted from the smallest.": lambda z, k: (
            torch.where(
                z >= z.sort(dim=1).values[:, k : k + 1],
                z,
                torch.zeros_like(z),
            )
        ),
        "The edge is the k-th smallest; the k-th largest is wanted.": (
            lambda z, k: _edge(-z, k, lambda best: best[:, -1:], torch.le) * -1
        ),
        "It keeps what is above the mean; k of each row are wanted.": (
            lambda z, k: _edge(
                z, z.shape[1], lambda best: best.mean(dim=1, keepdim=True)
            )
        ),
        "Keep the values as they are: do not subtract the edge.": (
            lambda z, k: (z - z.topk(k, dim=1).values[:, -1:]).relu()
        ),
        "The values moved to the front; each stays in its place.": (
            lambda z, k: torch.cat(
                [z.topk(k, dim=1).values, 0 * z[:, k:]], dim=1
            )
        ),
        "These are the first k, not the k largest.": lambda z, k: z[:, :k],
        "A row's places were used for all rows: `scatter` keeps them "
        "apart.": _columns,
        "argsort gives places, not ranks; `topk` and `scatter` are shorter.": (
            lambda z, k: z * (z.argsort(dim=1, descending=True) < k)
        ),
        "Only zeros came back. `scatter` returns its result: use it, or "
        "`scatter_`.": lambda z, k: 0 * z,
        "The values are lost: keep the activities, not ones.": _mask,
        "The k values came back without the zeros: z keeps its shape.": (
            lambda z, k: z.topk(k, dim=1).values
        ),
        "The places came back: keep the values there.": (
            lambda z, k: z.topk(k, dim=1).indices
        ),
        "Nothing was set to 0.": lambda z, k: z.clone(),
        "k is written out as 2: use the argument.": lambda z, k: _kept(z, 2),
    },
)
def top_k(z, k):
    """Keep the k largest of each row, 0 elsewhere: (B, units), same out."""
    return _kept(z, k)


def _choice(curve, limit, fits=None, key=None, best=min, back=None):
    """Choose a weight, with some knobs turned."""
    fits = fits or (lambda units, error: error <= limit)
    key = key or (lambda units, error: units)
    good = {w: key(*p) for w, p in curve.items() if fits(*p)}
    if not good:
        return None
    weight = best(good, key=good.get)
    return back(weight, curve[weight]) if back else weight


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
BESTS = {
    "An error equal to the limit is good enough: `<=`.": lambda c, limit: (
        _choice(c, limit, lambda units, error: error < limit)
    ),
    "That has the most active units; the fewest are wanted.": (
        lambda c, limit: _choice(c, limit, best=max)
    ),
    "That has the smallest error; among those that are good enough, take "
    "the fewest active units.": lambda c, limit: _choice(
        c, limit, key=lambda units, error: error
    ),
    "The limit is not used: the sparsest code copies too badly.": (
        lambda c, limit: _choice(c, limit, lambda units, error: True)
    ),
    "That has the largest error that is good enough; count units.": (
        lambda c, limit: _choice(c, limit, key=lambda units, error: -error)
    ),
    "That is the largest weight that is good enough; compare the active "
    "units.": lambda c, limit: max(
        (w for w, p in c.items() if p[1] <= limit), default=None
    ),
    "That is the smallest weight that is good enough; compare the active "
    "units.": lambda c, limit: min(
        (w for w, p in c.items() if p[1] <= limit), default=None
    ),
    "That is the first that is good enough; look at all.": lambda c, limit: (
        next((w for w, p in c.items() if p[1] <= limit), None)
    ),
    "That is the last that is good enough; keep the one with the fewest "
    "active units.": lambda c, limit: next(
        (w for w in reversed(c) if c[w][1] <= limit), None
    ),
    "It looks at the sparsest only: first leave out what copies too badly, "
    "then take the fewest.": lambda c, limit: next(
        (w for w in [min(c, key=lambda w: c[w][0])] if c[w][1] <= limit), None
    ),
    "A weight of 0 is a weight: ask `is None`, not `or`.": lambda c, limit: (
        _choice(c, limit) or None
    ),
    "100 is no start: 250 units may be active. Begin with None or "
    "infinity.": lambda c, limit: _choice(
        c, limit, lambda units, error: error <= limit and units < 100
    ),
    "That is the error nearest to the limit; it must not be above it.": (
        lambda c, limit: min(c, key=lambda w: abs(c[w][1] - limit))
    ),
    "If none is good enough, return None, not 0.": lambda c, limit: (
        0 if (best := _choice(c, limit)) is None else best
    ),
    "Units times error is another rule; take the fewest units.": (
        lambda c, limit: _choice(c, limit, key=lambda u, e: u * e)
    ),
    "The errors were compared the wrong way round: at most the limit.": (
        lambda c, limit: _choice(c, limit, lambda units, error: error > limit)
    ),
    "The number of units came back; return the weight.": lambda c, limit: (
        _choice(c, limit, back=lambda weight, point: point[0])
    ),
    "The whole point came back; return the weight.": lambda c, limit: _choice(
        c, limit, back=lambda weight, point: point
    ),
    "Weight and point came back; return the weight.": lambda c, limit: _choice(
        c, limit, back=lambda weight, point: (weight, point)
    ),
    "The limit is for the error, which comes second in the pair.": (
        lambda c, limit: _choice(c, limit, lambda units, error: units <= limit)
    ),
    "The pair is (active units, error), in this order.": lambda c, limit: (
        _choice(
            c,
            limit,
            lambda units, error: units <= limit,
            lambda units, error: error,
        )
    ),
}


@check(cases=lambda: [tuple(c) for c in CURVES], slips=BESTS)
def choose_weight(curve, limit):
    """The sparsest choice that is good enough: -> its weight, or None."""
    return _choice(curve, limit)


def _contraction(z, weight, slope=None, outer=2, inner=2, rows=1, out="unit"):
    """Return the contractive penalty with some knobs turned."""
    slope = (slope or (lambda z: z * (1 - z)))(z)
    total = weight**inner if inner == 2 else weight.abs()
    total = total.sum(dim=rows) if rows is not None else total.mean(dim=1)
    penalty = slope.abs() ** outer @ total
    return {"unit": penalty, "mean": penalty / len(total)}[out]


@check(
    cases=lambda: [
        (torch.rand(5, 3), torch.randn(3, 7)),
        (torch.rand(4, 6), 2 * torch.randn(6, 5)),
    ],
    learns=("z", "weight"),
    slips=mutants(
        _contraction,
        {
            "The slope is not squared: square slope and weight.": {"outer": 1},
            "The weights are not squared: sum of W squared.": {"inner": 1},
            "The slope of a sigmoid is z(1 - z), not z.": {
                "slope": lambda z: z
            },
            "The slope of a sigmoid is z(1 - z), not 1 - z.": {
                "slope": lambda z: 1 - z
            },
            "The slope is z(1 - z); there is a plus in it.": {
                "slope": lambda z: z * (1 + z)
            },
            "Both factors of the slope are squared: (z * (1 - z))**2.": {
                "slope": lambda z: z.sqrt() * (1 - z)
            },
            "The slope is missing: z(1 - z).": {"slope": torch.ones_like},
            "The slope of a sigmoid is z(1 - z); 1 - z² is that of tanh.": {
                "slope": lambda z: 1 - z * z
            },
            "The sigmoid was applied once more: z has been through it.": {
                "slope": lambda z: z.sigmoid() * (1 - z.sigmoid())
            },
            "You averaged over the pixels; sum over them.": {"rows": None},
            "You averaged over the units; sum over them.": {"out": "mean"},
        },
    )
    | {
        "That is the norm, the root of the sum; leave the root out.": (
            lambda z, weight: _contraction(z, weight).sqrt()
        ),
        "One number for the whole batch came back, a mean; one for each "
        "image is wanted.": lambda z, weight: _contraction(z, weight).mean(),
        "One summed number came back; one for each image is wanted.": (
            lambda z, weight: _contraction(z, weight).sum()
        ),
        "Square before the sum: here the derivatives are summed first.": (
            lambda z, weight: (z * (1 - z) @ weight).square().sum(dim=1)
        ),
        "The weights of a unit were summed before the square.": (
            lambda z, weight: (
                (z * (1 - z)).square() @ weight.sum(dim=1).square()
            )
        ),
        "The length of a row of W is not squared.": lambda z, weight: (
            (z * (1 - z)).square() @ weight.norm(dim=1)
        ),
        "The weights are not squared: a sum of W itself.": (
            lambda z, weight: (z * (1 - z)).square() @ weight.sum(dim=1)
        ),
        "The weights are missing: each derivative is slope times weight.": (
            lambda z, weight: (z * (1 - z)).square().sum(dim=1)
        ),
        "Each unit has its own weights: sum a row of W, `dim=1`, not all.": (
            lambda z, weight: (
                (z * (1 - z)).square().sum(dim=1) * weight.square().sum()
            )
        ),
        "The slopes were summed before the square.": lambda z, weight: (
            (z * (1 - z)).sum(dim=1).square() * weight.square().sum()
        ),
        "Squares are wanted, not absolute values.": lambda z, weight: (
            z * (1 - z) @ weight.abs().sum(dim=1)
        ),
        "All derivatives were summed before the square.": lambda z, weight: (
            z * (1 - z) @ weight.sum(dim=1)
        ).square(),
        "Brackets are missing: z * 1 - z is 0.": lambda z, weight: (
            0 * z.sum(dim=1)
        ),
        "That is the table itself; sum its squares for each image.": (
            lambda z, weight: (z * (1 - z))[:, :, None] * weight
        ),
        "One number for each unit came back; sum over the units.": (
            lambda z, weight: (
                (z * (1 - z)).square() * weight.square().sum(dim=1)
            )
        ),
    },
)
def jacobian_penalty(z, weight):
    """z (B, units) in (0, 1), weight (units, D) -> (B,)."""
    return _contraction(z, weight)


def _code_problem(model):
    """Say what is wrong with a code of digits, or return None."""
    parts = [getattr(model, name, None) for name in ("encode", "decode")]
    if not all(map(callable, parts)):
        return (
            "Hand in the model, with `encode` and `decode`; got "
            f"{short(model)}."
        )
    x = digits().test.flatten(1)
    training = getattr(model, "training", False)
    if isinstance(model, nn.Module):
        model.eval()
        x = x.to(next(model.parameters(), x))
    try:
        problem = _coded_problem(model, x)
    finally:
        if isinstance(model, nn.Module):
            model.train(training)
    return problem


def _coded_problem(model, x):
    with torch.no_grad():
        try:
            z = model.encode(x)
        except RuntimeError as error:
            return (
                "`encode` cannot take rows of 64 pixels: "
                f"{str(error).splitlines()[0]}. Is it made for 64 inputs?"
            )
        if not torch.is_tensor(z) or z.ndim != 2 or len(z) != len(x):
            return (
                f"`encode` should return codes ({len(x)}, units); got "
                f"{short(z)}."
            )
        x_hat = model.decode(z)
    if not torch.is_tensor(x_hat) or x_hat.shape != x.shape:
        return f"`decode` should return rows of 64 pixels; got {short(x_hat)}."
    if not z.isfinite().all() or not x_hat.isfinite().all():
        return "There is NaN or infinity: is the learning rate too high?"
    if z.shape[1] <= x.shape[1]:
        return (
            f"The code has {z.shape[1]} units. Overcomplete means more than "
            f"the {x.shape[1]} pixels."
        )
    return _judged(z.float().cpu(), x_hat.float().cpu(), x.float().cpu())


def _judged(z, x_hat, x):
    """Say what the code misses: few active units, or a small error."""
    active, got = active_units(z), mse(x_hat, x)
    rival = pca_errors(digits().train, x, [RIVAL])[RIVAL]
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
