"""Checks of lesson 11."""

import torch

from course_utils.checks.legacy import gradient_as, in_turn, judge, same_as


def _posterior(count, units, seed):
    """Return mu and log_var (B, Z) of units from wide awake to shut."""
    generator = torch.Generator().manual_seed(seed)
    mu = torch.randn(count, units, generator=generator)
    spread = 1.5 * 0.6 ** torch.arange(units)
    log_var = torch.rand(count, units, generator=generator)
    return mu * spread, (log_var - 1.2) * spread


def _each(mu, log_var):
    """Return KL of each image and unit, by torch's own formula: (B, Z)."""
    q = torch.distributions.Normal(mu, (0.5 * log_var).exp())
    return torch.distributions.kl_divergence(
        q, torch.distributions.Normal(0.0, 1.0)
    )


def _unit_kl(mu, log_var):
    return _each(mu, log_var).mean(dim=0)


def _unit_kl_in_closed_form(mu, log_var):
    """Return what steps in for the learner's: quicker than the oracle."""
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).mean(dim=0)


def _sigma_not_squared(mu, log_var):
    return (0.5 * (mu**2 + (0.5 * log_var).exp() - 1 - log_var)).mean(0)


def _formula(square, variance, one, log):
    return 0.5 * (square + variance - one - log).mean(dim=0)


# First log-variances above 0: who takes them for a variance gets numbers.
UNIT_POSITIVE = [
    (
        torch.linspace(-1, 2, 12).view(4, 3),
        torch.linspace(2, 0.1, 12).view(4, 3),
    )
]
UNIT_CASES = [_posterior(7, 5, 0), _posterior(64, 3, 1), _posterior(1, 4, 2)]
UNIT_SLIPS = {
    "You summed over the units (dim=1), so this is one number for each "
    "image. Average over the images (dim=0).": lambda m, v: _each(m, v).sum(1),
    "You averaged over the units (dim=1); average over the images "
    "(dim=0).": lambda m, v: _each(m, v).mean(1),
    "You summed over the images; take their mean.": lambda m, v: _each(
        m, v
    ).sum(0),
    "One number for all units came back; keep the units apart.": (
        lambda m, v: _each(m, v).sum(1).mean()
    ),
    "One mean over everything came back; keep the units apart.": (
        lambda m, v: _each(m, v).mean()
    ),
    "The half is missing.": lambda m, v: 2 * _unit_kl(m, v),
    "The sign is wrong: a KL is never negative.": lambda m, v: -_unit_kl(m, v),
    "Every image and unit came back; average over the images.": _each,
    "Average the KL, not mu and log_var: the KL of the averages forgets how "
    "the images differ.": lambda m, v: _each(m.mean(0), v.mean(0)),
    "`log_var` is the logarithm of the variance: its exponential is the "
    "variance, without a further half.": _sigma_not_squared,
    "You took log_var for the variance; the variance is log_var.exp().": (
        lambda m, v: _formula(m**2, v, 1, v.log())
    ),
    "You took log_var for log sigma; it is the logarithm of sigma squared.": (
        lambda m, v: _formula(m**2, (2 * v).exp(), 1, 2 * v)
    ),
    "You took log_var for sigma; sigma squared is log_var.exp().": (
        lambda m, v: _formula(m**2, v**2, 1, (v**2).log())
    ),
    "The variance is missing: log_var stands where log_var.exp() belongs.": (
        lambda m, v: _formula(m**2, v, 1, v)
    ),
    "The - 1 is missing: a shut unit must have 0.": (
        lambda m, v: _formula(m**2, v.exp(), 0, v)
    ),
    "mu is squared in the formula.": (lambda m, v: _formula(m, v.exp(), 1, v)),
}


def unit_kl(attempt):
    """Judge `unit_kl(mu, log_var)`: (B, Z), (B, Z) -> (Z,), in nats."""
    kinds = UNIT_POSITIVE, UNIT_CASES
    parts = [same_as(_unit_kl, cases, UNIT_SLIPS) for cases in kinds]
    names = "mu", "log_var"
    gradient = gradient_as(_unit_kl_in_closed_form, UNIT_CASES[0], names)
    find = in_turn(*parts, gradient)
    return judge("unit_kl", attempt, _unit_kl_in_closed_form, find)


def _mig(information, entropy):
    scores = []
    for cause, most in zip(information.T, entropy, strict=True):
        first, second = sorted(cause.tolist(), reverse=True)[:2]
        scores.append((first - second) / most.item())
    return torch.tensor(scores).mean()


def _gaps(information, dim=0):
    top = information.topk(2, dim=dim).values
    return top.select(dim, 0) - top.select(dim, 1)


def _table(units, causes, seed):
    generator = torch.Generator().manual_seed(seed)
    entropy = 1 + 2 * torch.rand(causes, generator=generator)
    share = torch.rand(units, causes, generator=generator)
    return share * entropy, entropy


def _tied(units, causes, seed):
    """Return a table in which two codes tell the same about a cause."""
    information, entropy = _table(units, causes, seed)
    best, second = information[:, 1].topk(2).indices
    information[second, 1] = information[best, 1]
    return information, entropy


def _gaps_of_unlike(information):
    """Gaps to the best of those that are not equal to the maximum."""
    best = information.amax(dim=0)
    rest = information.masked_fill(information == best, 0)
    return best - rest.amax(dim=0)


MIG_CASES = [_table(6, 3, 0), _table(4, 4, 1), _table(3, 2, 2)]
MIG_CASES += [_tied(5, 3, 3)]
MIG_SLIPS = {
    "The gap is not divided by the entropy of its cause.": (
        lambda i, h: _gaps(i).mean()
    ),
    "Two codes are compared for one cause: take the two largest along dim 0 "
    "(the codes), not along dim 1.": lambda i, h: _gaps(i, 1).mean(),
    "Two codes are compared for one cause: take the two largest along dim 0 "
    "(the codes), not dim 1 (the causes).": lambda i, h: _gaps(
        (i / h), 1
    ).mean(),
    "That is the information of the best code; take off the second "
    "best.": lambda i, h: (i.max(0).values / h).mean(),
    "You took off the mean of all codes; take off the second best.": (
        lambda i, h: ((i.max(0).values - i.mean(0)) / h).mean()
    ),
    "You took off the smallest; take off the second best.": lambda i, h: (
        (i.max(0).values - i.min(0).values) / h
    ).mean(),
    "You summed over the causes; take their mean.": lambda i, h: (
        _gaps(i) / h
    ).sum(),
    "One gap for each cause came back; take their mean.": lambda i, h: (
        _gaps(i) / h
    ),
    "The sign is wrong: best minus second best.": lambda i, h: (
        -(_gaps(i) / h).mean()
    ),
    "You divided by the mean entropy; each cause has its own.": lambda i, h: (
        _gaps(i) / h.mean()
    ).mean(),
    "You compared the last two codes after sorting from large to small (or "
    "the first two from small to large): take the two largest.": (
        lambda i, h: (-_gaps(-i) / h).mean().abs()
    ),
    "Two codes may tell equally much, and then the gap is 0. You left out "
    "all that equal the largest; leave out one.": lambda i, h: (
        _gaps_of_unlike(i) / h
    ).mean(),
}


def mig(attempt):
    """Judge `mig(information, entropy)`: (Z, K), (K,) -> one number."""
    return judge("mig", attempt, _mig, same_as(_mig, MIG_CASES, MIG_SLIPS))


def _free_bits(mu, log_var, floor):
    return _unit_kl(mu, log_var).clamp(min=floor).sum()


def _free_bits_in_closed_form(mu, log_var, floor):
    return _unit_kl_in_closed_form(mu, log_var).clamp(min=floor).sum()


FREE_CASES = [
    (*_posterior(9, 5, 3), 0.3),
    (*_posterior(16, 4, 4), 2.0),
    (*_posterior(5, 3, 5), 0.0),
]
FREE_SLIPS = {
    "The floor was put under each image; put it under the unit's mean over "
    "the batch.": lambda m, v, f: _each(m, v).clamp(min=f).mean(0).sum(),
    "The floor was put under the sum of all units; put it under each unit, "
    "then sum.": lambda m, v, f: _each(m, v).sum(1).mean().clamp(min=f),
    "The floor was put under each image's sum; put it under each unit's mean "
    "over the batch.": lambda m, v, f: _each(m, v).sum(1).clamp(min=f).mean(),
    "The floor was multiplied by the number of units and put under their "
    "sum: then one busy unit pays for the shut ones. Put it under each.": (
        lambda m, v, f: _each(m, v).sum(1).mean().clamp(min=f * m.shape[1])
    ),
    "You summed over the images; take each unit's mean over the batch.": (
        lambda m, v, f: _each(m, v).sum(0).clamp(min=f).sum()
    ),
    "The floor is fixed at 1; use `floor`.": lambda m, v, f: (
        _unit_kl(m, v).clamp(min=1).sum()
    ),
    "That is a ceiling: `clamp(max=...)`, or `minimum`, keeps the smaller.": (
        lambda m, v, f: _unit_kl(m, v).clamp(max=f).sum()
    ),
    "The floor is not used.": lambda m, v, f: _unit_kl(m, v).sum(),
    "The floor was added to each unit; it is a lower limit.": (
        lambda m, v, f: (_unit_kl(m, v) + f).sum()
    ),
    "Only what lies above the floor is counted; a unit below it counts as "
    "the floor.": lambda m, v, f: (_unit_kl(m, v) - f).clamp(min=0).sum(),
    "A unit below the floor counts as the floor, not as zero.": (
        lambda m, v, f: (_unit_kl(m, v) * (_unit_kl(m, v) > f)).sum()
    ),
    "You averaged over the units; sum over them.": lambda m, v, f: (
        _unit_kl(m, v).clamp(min=f).mean()
    ),
    "One number for each unit came back; sum them.": lambda m, v, f: _unit_kl(
        m, v
    ).clamp(min=f),
}


def free_bits(attempt):
    """Judge `free_bits(mu, log_var, floor)`: -> one number, in nats."""
    names = "mu", "log_var", ""
    gradient = gradient_as(_free_bits_in_closed_form, FREE_CASES[0], names)
    find = in_turn(same_as(_free_bits, FREE_CASES, FREE_SLIPS), gradient)
    return judge("free_bits", attempt, _free_bits_in_closed_form, find)
