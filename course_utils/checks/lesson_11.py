"""Checks of lesson 11."""

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.matching import matching
from course_utils.datasets import fashion_mnist
from course_utils.measures import lettered, treat
from course_utils.measures.clinic import LETTERS, PATIENTS
from course_utils.models import (
    PeekingVAE,
    bernoulli_nll,
    halved,
    kl_divergence,
    reparameterize,
)


def _clouds(images, units):
    """Return mu and log_var of units from wide awake to shut."""
    size = 1.5 * 0.6 ** torch.arange(units)
    mu = size * torch.randn(images, units)
    return mu, size * (torch.rand(images, units) - 1.2)


def _same(value):
    return value


def _mean(terms):
    return terms.mean(dim=0)


def _bought(
    variances,
    beta,
    half=0.5,
    share=lambda v, b: v / b,
    log=torch.log,
    end=lambda nats: nats.clamp(min=0),
):
    """Return the nats of each unit with some knobs turned."""
    return end(half * log(share(variances, beta)))


@check(
    cases=lambda: [
        (torch.tensor([16.0, 4.0, 2.0, 0.5]), 3.0),
        (torch.tensor([9.0, 1.2, 0.3]), 1.7),
        (torch.tensor([5.0, 0.2, 0.6, 0.1, 8.0]), 0.5),
    ],
    slips=mutants(
        _bought,
        {
            "A unit that is not worth its price has 0 nats, not a negative "
            "number of them.": {"end": _same},
            "The half is missing.": {"half": 1},
            "The fraction is upside down: variance over price.": {
                "share": lambda v, b: b / v
            },
            "That is a ceiling: `clamp(max=0)` keeps what is below 0.": {
                "end": lambda nats: nats.clamp(max=0)
            },
            "A shut unit has 0 nats; its size is not what was not bought.": {
                "end": torch.abs
            },
            "The price is missing: D is beta.": {"share": lambda v, b: v},
            "Beta is a variance itself: no square root and no square.": {
                "share": lambda v, b: v / b**2
            },
            "D is beta itself, no square root.": {
                "share": lambda v, b: v / b**0.5
            },
            "What sticks out is a ratio on the scale of logs, not a "
            "difference: log(v / beta).": {
                "share": lambda v, b: v - b,
                "log": _same,
            },
            "The logarithm of the difference is not the difference of the "
            "logarithms: log(v / beta).": {
                "share": lambda v, b: (v - b).clamp(min=1e-9)
            },
            "In nats the logarithm is natural: `log`, not `log2`.": {
                "log": torch.log2
            },
            "In nats the logarithm is natural: `log`, not `log10`.": {
                "log": torch.log10
            },
            "The logarithm is missing.": {"log": _same},
            "That is log(1 + v / beta); here it is log(v / beta), cut off "
            "at 0.": {"log": torch.log1p},
            "All units together came back; keep them apart.": {
                "end": lambda nats: nats.clamp(min=0).sum()
            },
            "Only the open units came back; a shut one has 0.": {
                "end": lambda nats: nats[nats > 0]
            },
            "Each unit is lifted to 1 nat or more; the floor is 0.": {
                "end": lambda nats: nats.clamp(min=1)
            },
            "v is a variance already: no square.": {
                "share": lambda v, b: v**2 / b
            },
            "v is the variance itself, no square root.": {
                "share": lambda v, b: v.sqrt() / b
            },
            "A difference of variances is no number of nats: ½ log(v / "
            "beta).": {"half": 1, "share": lambda v, b: v - b, "log": _same},
            "A unit is open where v is above the price, not above 1.": {
                "share": lambda v, b: torch.where(v > 1, v / b, 1.0),
                "end": _same,
            },
        },
    )
    | {
        "That is what the nats cost; return the nats, without the price.": (
            lambda v, b: b * _bought(v, b)
        ),
        "D came back; the nats are ½ log(v / D).": (
            lambda v, b: v.clamp(max=b)
        ),
        "The whole loss came back, error and price; return the nats.": (
            lambda v, b: v.clamp(max=b) / 2 + b * _bought(v, b)
        ),
        "That says which units are open; return how many nats each has.": (
            lambda v, b: (v > b).float()
        ),
    },
)
def nats_bought(variances, beta):
    """Nats of each unit at a price: (Z,), a number -> (Z,)."""
    return _bought(variances, beta)


def _top(values, dim):
    """Return the largest less the second largest along an axis."""
    top = values.topk(2, dim=dim).values
    return top.select(dim, 0) - top.select(dim, 1)


def _gap(
    information,
    entropy,
    gaps=lambda values: _top(values, 0),
    over=_same,
    before=False,
    last=torch.mean,
):
    """Return the mutual information gap with some knobs turned."""
    entropy = over(entropy)
    if before:
        return last(gaps(information / entropy))
    return last(gaps(information) / entropy)


def _unlike(values):
    """Return the gap to the best that is not equal to the maximum."""
    best = values.amax(dim=0)
    return best - values.masked_fill(values == best, 0).amax(dim=0)


def _table(units, causes):
    entropy = 1 + 2 * torch.rand(causes)
    return torch.rand(units, causes) * entropy, entropy


def _tied(units, causes):
    """Return a table in which two units tell the same about a cause."""
    information, entropy = _table(units, causes)
    best, second = information[:, 1].topk(2).indices
    information[second, 1] = information[best, 1]
    return information, entropy


def _as_sorted(values):
    """Return the last two of each column, sorted from large to small."""
    return _top(-values, 0)


@check(
    cases=lambda: [_table(6, 3), _table(4, 4), _table(3, 2), _tied(5, 3)],
    skip=("one",),
    slips=mutants(
        _gap,
        {
            "The gap is not divided by the entropy of its cause.": {
                "over": torch.ones_like
            },
            "You divided by the mean entropy; each cause has its own.": {
                "over": torch.mean
            },
            "You divided by the sum of the entropies; each cause has its "
            "own.": {"over": torch.sum},
            "You multiplied by the entropy; divide.": {
                "over": torch.reciprocal
            },
            "Two causes are compared for one unit: take the two largest "
            "along dim 0 (the units), not along dim 1.": {
                "gaps": lambda v: _top(v, 1),
                "before": True,
            },
            "Two causes are compared for one unit: dim 0 (the units) it is.": {
                "gaps": lambda v: _top(v, 1).mean(),
                "over": torch.ones_like,
            },
            "That is the information of the best unit; take off the second "
            "best.": {"gaps": lambda v: v.amax(0)},
            "You took off the mean of all units; take off the second best.": {
                "gaps": lambda v: v.amax(0) - v.mean(0)
            },
            "You took off the smallest; take off the second best.": {
                "gaps": lambda v: v.amax(0) - v.amin(0)
            },
            "You summed over the causes; take their mean.": {
                "last": torch.sum
            },
            "One gap for each cause came back; take their mean.": {
                "last": _same
            },
            "You took the largest gap; take the mean over the causes.": {
                "last": torch.amax
            },
            "The sign is wrong: best less second best.": {
                "gaps": lambda v: -_top(v, 0)
            },
            "`topk(..., largest=False)`, or a sort from small to large: you "
            "compared the two smallest.": {"gaps": _as_sorted},
            "You took off the third best; take off the second.": {
                "gaps": lambda v: v.amax(0) - v.topk(3, dim=0).values[2]
            },
            "You took off the median; take off the second best.": {
                "gaps": lambda v: v.amax(0) - v.median(0).values
            },
            "You took off all other units; take off the second best.": {
                "gaps": lambda v: 2 * v.amax(0) - v.sum(0)
            },
            "You took the third best from the second; take the second from "
            "the best.": {
                "gaps": lambda v: -v.topk(3, dim=0).values[1:].diff(dim=0)[0]
            },
            "That is the second best; take it off the best.": {
                "gaps": lambda v: v.amax(0) - _top(v, 0)
            },
            "You added the two; take the second off the best.": {
                "gaps": lambda v: 2 * v.amax(0) - _top(v, 0)
            },
            "Those are the first two rows as they stand; the two largest of "
            "each column are wanted.": {"gaps": lambda v: v[0] - v[1]},
            "Those are the places of the two largest; `.values` has the "
            "numbers.": {
                "gaps": lambda v: -v.topk(2, dim=0).indices.diff(dim=0)[0]
            },
            "Those are the two largest of the whole table; take two of each "
            "column (dim=0).": {"gaps": lambda v: _top(v.flatten(), 0)},
            "You took the share of the best unit's nats; take the share of "
            "the entropy.": {
                "gaps": lambda v: _top(v, 0) / v.amax(0),
                "over": torch.ones_like,
            },
            "That is a ratio, second to best; take the difference.": {
                "gaps": lambda v: 1 - _top(v, 0) / v.amax(0),
                "over": torch.ones_like,
            },
            "You used one cause's entropy for all; each has its own.": {
                "over": lambda h: h[:1]
            },
            "log 20 is written out; divide by `entropy`.": {
                "over": lambda h: torch.full_like(h, 20).log()
            },
            "The entropy is in nats already; no logarithm of it.": {
                "over": torch.log
            },
            "You divided by the number of units; take the mean over the "
            "causes.": {
                "gaps": lambda v: _top(v, 0) * v.shape[1] / v.shape[0]
            },
            "Two units may tell equally much, and then the gap is 0. You "
            "left out all that equal the largest; leave out one.": {
                "gaps": _unlike
            },
        },
    ),
)
def mig(information, entropy):
    """Table (Z, K), entropy of each cause (K,) -> one number."""
    return _gap(information, entropy)


def _free(
    mu,
    log_var,
    floor,
    half=0.5,
    terms=lambda mu, log_var: mu**2 + log_var.exp() - 1 - log_var,
    first=_mean,
    lift=lambda kl, floor: kl.clamp(min=floor),
    last=torch.sum,
):
    """Return the KL with a floor, with some knobs turned."""
    return last(lift(first(half * terms(mu, log_var)), floor))


def _per_image(kl):
    return kl.sum(dim=1)


@check(
    cases=lambda: [
        (*_clouds(9, 5), 0.3),
        (*_clouds(16, 4), 2.0),
        (*_clouds(5, 3), 0.0),
    ],
    learns=("mu", "log_var"),
    skip=("far",),  # torch.distributions refuses a sigma of 0
    slips=mutants(
        _free,
        {
            "The floor was put under each image; put it under the unit's "
            "mean over the batch.": {
                "first": _same,
                "last": lambda kl: kl.mean(0).sum(),
            },
            "The floor was put under the sum of all units; put it under "
            "each unit, then sum.": {
                "first": lambda kl: _per_image(kl).mean()
            },
            "The floor was put under each image's sum; put it under each "
            "unit's mean over the batch.": {
                "first": _per_image,
                "last": torch.mean,
            },
            "You summed over the images; take each unit's mean over the "
            "batch.": {"first": lambda kl: kl.sum(0)},
            "The floor is fixed at 1; use `floor`.": {
                "lift": lambda kl, floor: kl.clamp(min=1)
            },
            "That is a ceiling: `clamp(max=...)`, or `minimum`, keeps the "
            "smaller.": {"lift": lambda kl, floor: kl.clamp(max=floor)},
            "The floor is not used.": {"lift": lambda kl, floor: kl},
            "The floor was added to each unit; it is a lower limit.": {
                "lift": lambda kl, floor: kl + floor
            },
            "Only what lies above the floor is counted; a unit below it "
            "counts as the floor.": {
                "lift": lambda kl, floor: (kl - floor).clamp(min=0)
            },
            "A unit below the floor counts as the floor, not as zero.": {
                "lift": lambda kl, floor: kl * (kl > floor)
            },
            "You averaged over the units; sum over them.": {
                "last": torch.mean
            },
            "One number for each unit came back; sum them.": {"last": _same},
            "Each image has its own row still: take the mean over the batch "
            "before the floor.": {"first": _same, "last": _same},
            "You summed over images and units; take the mean over the batch "
            "first.": {"first": _same},
            "You averaged each image over its units (dim=1); average each "
            "unit over the batch (dim=0).": {"first": lambda kl: kl.mean(1)},
            "You averaged over images and units; average over the batch "
            "alone (dim=0).": {"first": torch.mean},
            "The floor is fixed at 0.5; use `floor`.": {
                "lift": lambda kl, floor: kl.clamp(min=0.5)
            },
            "The floor is under each unit whole; do not share it out.": {
                "lift": lambda kl, floor: kl.clamp(min=floor / len(kl))
            },
            "The floor was taken off each unit; it is a lower limit.": {
                "lift": lambda kl, floor: kl - floor
            },
            "You multiplied by the floor; it is a lower limit.": {
                "lift": lambda kl, floor: kl * floor
            },
            "The floor was added once to the sum; it is a lower limit of "
            "each unit.": {"lift": lambda kl, floor: kl + floor / len(kl)},
            "The half of the KL is missing.": {"half": 1},
            "Halve first, then put the floor under it.": {
                "half": 1,
                "last": lambda kl: kl.sum() / 2,
            },
            "In the KL, mu is squared.": {
                "terms": lambda m, v: m + v.exp() - 1 - v
            },
            "In the KL, the −1 is missing.": {
                "terms": lambda m, v: m**2 + v.exp() - v
            },
            "In the KL, exp(log_var) is the variance: no factor 2 in it.": {
                "terms": lambda m, v: m**2 + (2 * v).exp() - 1 - 2 * v
            },
            "In the KL, log_var is taken where its exp belongs.": {
                "terms": lambda m, v: m**2 + v - 1 - v
            },
            "Every unit counts as the floor. Has the KL the wrong sign?": {
                "half": -0.5
            },
            "You averaged mu and log_var first; take the KL of each image, "
            "then the mean.": {
                "terms": lambda m, v: (
                    m.mean(0, True) ** 2
                    + v.mean(0, True).exp()
                    - 1
                    - v.mean(0, True)
                )
            },
        },
    ),
)
def free_bits(mu, log_var, floor):
    """KL with a floor under each unit: (B, Z), (B, Z) -> one number."""
    return _free(mu, log_var, floor)


matching(
    "diagnosis",
    lettered(PATIENTS, LETTERS),
    thing="patient",
    kind="state",
    hints={
        "collapsed": "A code that holds next to nothing has a KL near 0, "
        "whatever its −ELBO is.",
        "too cheap": "Where nats are too cheap, far too many are bought: "
        "which KL is ten times the others'?",
        "healthy": "Healthy and unread are swapped. Their KLs are alike; what "
        "happens when codes are swapped?",
    },
)

WANTED = {"kl": 5.0, "swap": 30.0, "minus_elbo": 74.0}


def _fuller_problem(model):
    """Say which of the three goals a model misses, or return None."""
    if isinstance(model, type):
        return "Hand in a trained model: `treat` makes one."
    if not isinstance(model, PeekingVAE):
        return (
            f"It must be a model that `treat` trained; got a "
            f"{type(model).__name__}."
        )
    x = halved(fashion_mnist(quiet=True).test)
    kl, swap, minus_elbo = _measured(model, x)
    found = f"KL {kl:.1f}, a swap costs {swap:.1f}, −ELBO {minus_elbo:.1f}. "
    if kl < WANTED["kl"]:
        return found + (
            "The code holds too little: KL at least 5. A lower price, or a "
            "floor, lets it buy more."
        )
    if minus_elbo > WANTED["minus_elbo"]:
        return found + (
            "−ELBO is above 74: more nats were bought than they save. Raise "
            "the price, or lower the floor."
        )
    if swap < WANTED["swap"]:
        return found + (
            "A swap costs less than 30: the decoder makes too little use of "
            "the code. When does it learn to read?"
        )
    return None


@torch.no_grad()
def _measured(model, x):
    """Return KL, cost of a swap and −ELBO, in nats per image."""
    place = next(model.parameters()).device
    was, x = model.training, x.to(place)
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        mu, log_var = model.eval().encode(x)
        z = reparameterize(mu, log_var)
    own, swapped = (
        bernoulli_nll(model.logits(code, x), x).mean().item()
        for code in (z, z.roll(1, 0))
    )
    model.train(was)
    kl = kl_divergence(mu, log_var).mean().item()
    return kl, swapped - own, own + kl


def _fuller():
    """Return the course's own: a nat costs half a nat."""
    return treat(halved(fashion_mnist(quiet=True).train[:10_000]), 0.5)


outcome("fuller", _fuller_problem, course=_fuller)
