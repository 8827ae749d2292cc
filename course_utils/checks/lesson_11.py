"""Checks of lesson 11."""

import torch

from course_utils.checks.core import check, outcome
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
    unit_kl,
)


@check(
    cases=lambda: [
        (torch.tensor([16.0, 4.0, 2.0, 0.5]), 3.0),
        (torch.tensor([9.0, 1.2, 0.3]), 1.7),
        (torch.tensor([5.0, 0.2, 0.6, 0.1, 8.0]), 0.5),
    ],
    slips={
        "A unit that is not worth its price has 0 nats, not a negative "
        "number of them.": lambda v, b: 0.5 * (v / b).log(),
        "The fraction is upside down: variance over price.": (
            lambda v, b: nats_bought(1 / v, 1 / b)
        ),
        "That is a ceiling: `clamp(max=0)` keeps what is below 0.": (
            lambda v, b: 0.5 * (v / b).log().clamp(max=0)
        ),
        "The price is missing: D is beta.": lambda v, b: nats_bought(v, 1),
        "What sticks out is a ratio on the scale of logs, not a difference: "
        "log(v / beta).": lambda v, b: 0.5 * (v - b).clamp(min=0),
        "Only the open units came back; a shut one has 0.": (
            lambda v, b: 0.5 * (v[v > b] / b).log()
        ),
        "D came back; the nats are ½ log(v / D).": (
            lambda v, b: v.clamp(max=b)
        ),
    },
)
def nats_bought(variances, beta):
    """Nats of each unit at a price: (Z,), a number -> (Z,)."""
    return 0.5 * (variances / beta).log().clamp(min=0)


def _table(units, causes):
    entropy = 1 + 2 * torch.rand(causes)
    return torch.rand(units, causes) * entropy, entropy


def _tied(units, causes):
    """Return a table in which two units tell the same about a cause."""
    information, entropy = _table(units, causes)
    best, second = information[:, 1].topk(2).indices
    information[second, 1] = information[best, 1]
    return information, entropy


def _unlike(table):
    """Return the best that is not equal to the maximum."""
    return table.masked_fill(table == table.amax(dim=0), 0).amax(dim=0)


def _less(taken):
    """Return a slip: something else is taken off the best unit."""
    return lambda table, h: ((table.amax(dim=0) - taken(table)) / h).mean()


@check(
    cases=lambda: [_table(6, 3), _table(4, 4), _table(3, 2), _tied(5, 3)],
    skip=("one",),
    slips={
        "The gap is not divided by the entropy of its cause.": (
            lambda table, h: mig(table, torch.ones_like(h))
        ),
        "You divided by the mean entropy; each cause has its own.": (
            lambda table, h: mig(table, h.mean())
        ),
        "log 20 is written out; divide by `entropy`.": (
            lambda table, h: mig(table, torch.full_like(h, 20).log())
        ),
        "Two causes are compared for one unit: take the two largest along "
        "dim 0 (the units), not along dim 1.": lambda table, h: (
            -table.topk(2, dim=1).values.diff()[:, 0] / h
        ).mean(),
        "That is the information of the best unit; take off the second "
        "best.": _less(lambda table: 0),
        "You took off the mean of all units; take off the second best.": (
            _less(lambda table: table.mean(dim=0))
        ),
        "You took off the smallest; take off the second best.": _less(
            lambda table: table.amin(dim=0)
        ),
        "`topk(..., largest=False)`, or a sort from small to large: you "
        "compared the two smallest.": lambda table, h: mig(-table, h),
        "Two units may tell equally much, and then the gap is 0. You left "
        "out all that equal the largest; leave out one.": _less(_unlike),
    },
)
def mig(information, entropy):
    """Table (Z, K), entropy of each cause (K,) -> one number."""
    best, second = information.topk(2, dim=0).values
    return ((best - second) / entropy).mean()


def _clouds(images, units):
    """Return mu and log_var of units from wide awake to shut."""
    size = 1.5 * 0.6 ** torch.arange(units)
    mu = size * torch.randn(images, units)
    return mu, size * (torch.rand(images, units) - 1.2)


def _means(mu, log_var):
    return unit_kl(mu, log_var).mean(dim=0)


def _lifted(lift):
    """Return a slip: the floor is used in another way."""
    return lambda mu, log_var, floor: lift(_means(mu, log_var), floor).sum()


@check(
    cases=lambda: [
        (*_clouds(9, 5), 0.3),
        (*_clouds(16, 4), 2.0),
        (*_clouds(5, 3), 0.0),
    ],
    learns=("mu", "log_var"),
    skip=("far",),  # torch.distributions refuses a sigma of 0
    slips={
        "The floor was put under the sum of all units; put it under each "
        "unit, then sum.": lambda mu, log_var, floor: (
            _means(mu, log_var).sum().clamp(min=floor)
        ),
        "The floor was put under each image; put it under the unit's mean "
        "over the batch.": lambda mu, log_var, floor: (
            unit_kl(mu, log_var).clamp(min=floor).mean(dim=0).sum()
        ),
        "The floor was put under each image's sum; put it under each unit's "
        "mean over the batch.": lambda mu, log_var, floor: (
            kl_divergence(mu, log_var).clamp(min=floor).mean()
        ),
        "That is a ceiling: `clamp(max=...)`, or `minimum`, keeps the "
        "smaller.": _lifted(lambda kl, floor: kl.clamp(max=floor)),
        "The floor is not used.": _lifted(lambda kl, floor: kl),
        "The floor was added to each unit; it is a lower limit.": _lifted(
            lambda kl, floor: kl + floor
        ),
        "Only what lies above the floor is counted; a unit below it counts "
        "as the floor.": _lifted(lambda kl, floor: (kl - floor).clamp(min=0)),
        "A unit below the floor counts as the floor, not as zero.": _lifted(
            lambda kl, floor: kl * (kl > floor)
        ),
    },
)
def free_bits(mu, log_var, floor):
    """KL with a floor under each unit: (B, Z), (B, Z) -> one number."""
    return _means(mu, log_var).clamp(min=floor).sum()


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
