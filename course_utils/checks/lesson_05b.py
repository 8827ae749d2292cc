"""Checks of lesson 05b."""

import math

import torch

from course_utils.checks.core import difference, in_turn, judge, same_as


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
}


def unit_kl(attempt):
    """Judge `unit_kl(mu, log_var)`: (B, Z), (B, Z) -> (Z,), in nats."""
    find = same_as(_unit_kl, UNIT_CASES, UNIT_SLIPS)
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


MIG_CASES = [_table(6, 3, 0), _table(4, 4, 1), _table(3, 2, 2)]
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

    def gradient(function):
        mu, log_var, floor = FREE_CASES[0]
        mu = mu.clone().requires_grad_()
        answer = function(mu, log_var, floor)
        if torch.is_tensor(answer) and answer.requires_grad:
            return None
        return (
            "The number is right, but it carries no gradient, so nothing "
            "could be trained with it: no .item(), .detach() or math."
        )

    find = in_turn(same_as(_free_bits, FREE_CASES, FREE_SLIPS), gradient)
    return judge("free_bits", attempt, _free_bits_in_closed_form, find)


def _sample_classes(decode, labels, latent_dim):
    y = torch.nn.functional.one_hot(labels, 10).float()
    return decode(torch.randn(len(labels), latent_dim), y)


def _spy(calls):
    """Return a decoder that remembers what it was given."""

    def decode(*parts, **named):
        calls.append((*parts, *named.values()))
        return torch.full((len(parts[0]), 1, 28, 28), 0.25)

    return decode


def _call(attempt, labels, latent_dim):
    """Return z, y and the answer of one call, or what is wrong with it."""
    calls = []
    answer = attempt(_spy(calls), labels, latent_dim)
    if not calls:
        return "`decode` was never called."
    if len(calls) > 1:
        return "Call `decode` once, with the whole batch."
    if len(calls[0]) != 2:
        return (
            f"`decode` got {len(calls[0])} argument; it wants two, z and y: "
            "the label was forgotten."
        )
    parts = [torch.as_tensor(part).detach().cpu() for part in calls[0]]
    return *parts, answer


def _sample_problem(attempt):
    labels = torch.tensor([5, 5, 2, 0, 2, 5])
    got = _call(attempt, labels, 4)
    if isinstance(got, str):
        return got
    z, y, answer = got
    problem = _label_problem(z, y, labels) or _code_problem(z, len(labels), 4)
    if problem:
        return problem
    again = _call(attempt, labels, 4)
    if again[0].equal(z):
        return "The same z comes at every call: do not set a seed inside."
    if answer is None:
        return "It returned None. Is there a `return`?"
    wanted = torch.full((len(labels), 1, 28, 28), 0.25)
    return difference(answer, wanted) or _spread_problem(attempt)


def _label_problem(z, y, labels):
    truth = torch.nn.functional.one_hot(labels, 10)
    if z.shape == truth.shape and z.equal(truth.to(z.dtype)):
        return "z and y are swapped: `decode(z, y)`."
    if y.shape == labels.shape:
        return (
            "y holds class numbers; the decoder wants one-hot rows (B, 10): "
            "`one_hot(labels, 10)`."
        )
    if y.shape == truth.T.shape and y.ndim == 2 and y.shape[1] != 10:
        return "The one-hot table lies on its side: rows are images."
    if y.ndim != 2 or y.shape[1] != 10:
        return (
            f"y has shape {tuple(y.shape)}, a one-hot of the wrong width: "
            "the classes are 10, whichever labels are asked. Say so: "
            "`one_hot(labels, 10)`."
        )
    if len(y) != len(labels):
        return f"{len(y)} rows of y for {len(labels)} labels."
    if not y.double().equal(truth.double()):
        return "y is not the one-hot of the labels that were asked."
    return None


def _code_problem(z, count, latent_dim):
    if z.shape == (1, latent_dim):
        return "One z for all images: draw one for each label."
    if z.shape != (count, latent_dim):
        return f"z should be ({count}, {latent_dim}); got {tuple(z.shape)}."
    if not z.any():
        return "z is zero: every image of a class would be the same. Draw it."
    if (z == z[:1]).all():
        return "Every image got the same z: draw one for each label."
    if (z == z[:, :1]).all():
        return "All numbers of a code are the same: draw (B, latent_dim)."
    return None


def _spread_problem(attempt):
    z, _, _ = _call(attempt, torch.arange(6000) % 10, 5)
    mean, spread = z.mean().item(), z.double().std().item()
    if z.min() >= 0 and z.max() <= 1:
        return "`rand` is uniform; the prior is a bell curve: `randn`."
    if abs(mean) < 0.05 and abs(spread - 1) < 0.03:
        return None
    return (
        "z must come from the prior, with mean 0 and standard deviation 1; "
        f"yours has {mean:.2f} and {spread:.2f}. (sqrt(e) is "
        f"{math.exp(0.5):.2f}.)"
    )


def sample_classes(attempt):
    """Judge `sample_classes(decode, labels, latent_dim)`: -> images."""
    return judge("sample_classes", attempt, _sample_classes, _sample_problem)
