"""Answers to lesson 11's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from later import Later

from course_utils.datasets import fashion_mnist
from course_utils.measures import treat
from course_utils.models import PeekingVAE, dense_vae, halved

RIGHT = {"A": "too cheap", "B": "collapsed", "C": "healthy", "D": "unread"}


def kl(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def bought_by_where(variances, beta):
    nats = torch.log(variances / beta) / 2
    return torch.where(variances > beta, nats, torch.zeros_like(nats))


def bought_by_relu(variances, beta):
    return torch.relu(0.5 * variances.log() - 0.5 * torch.tensor(beta).log())


def bought_by_clamp(variances, beta):
    return (variances / beta).clamp(min=1).sqrt().log()


def mig_by_sorting(information, entropy):
    ranked = information.sort(dim=0, descending=True).values
    return ((ranked[0] - ranked[1]) / entropy).mean()


def mig_by_loop(information, entropy):
    total = 0.0
    for k in range(len(entropy)):
        column = information[:, k].tolist()
        best = max(column)
        column.remove(best)
        total += (best - max(column)) / entropy[k]
    return total / len(entropy)


def mig_of_normalised(information, entropy):
    top = (information / entropy).topk(2, dim=0).values
    return (top[0] - top[1]).mean()


def mig_by_masking(information, entropy):
    best = information.max(dim=0).values
    rest = information.clone()
    rest[information == best] = -1.0
    return ((best - rest.max(dim=0).values) / entropy).mean()


def free_by_maximum(mu, log_var, floor):
    each = kl(mu, log_var).mean(0)
    return torch.maximum(each, torch.full_like(each, floor)).sum()


def free_by_where(mu, log_var, floor):
    each = kl(mu, log_var).mean(0)
    return torch.where(each < floor, floor, each).sum()


def free_by_loop(mu, log_var, floor):
    return sum(u.mean().clamp(min=floor) for u in kl(mu, log_var).T)


def free_on_the_cpu(mu, log_var, floor):
    each = kl(mu, log_var).mean(0)
    return torch.maximum(each, torch.full((mu.shape[1],), floor)).sum()


SMALL = halved(fashion_mnist(quiet=True).train[:10_000])


def treated(weight=1.0, floor=0.0, epochs=4):
    """Return a model that is trained as a learner might."""
    return Later(
        treat,
        SMALL,
        weight,
        kl=lambda mu, log_var: free_by_maximum(mu, log_var, floor),
        epochs=epochs,
    )


ANSWERS = {
    "nats_bought": (
        [bought_by_where, bought_by_relu, bought_by_clamp],
        {
            "not a negative number": lambda v, b: 0.5 * (v / b).log(),
            "twice": lambda v, b: (v / b).log().clamp(min=0),
            "over all": lambda v, b: bought_by_where(v, b).sum(),
            "a ceiling": lambda v, b: 0.5 * (v / b).log().clamp(max=0),
            "None": lambda v, b: None,
        },
    ),
    "mig": (
        [mig_by_sorting, mig_by_loop, mig_of_normalised],
        {
            "not divided": lambda i, h: mig_by_loop(i, torch.ones(len(h))),
            "along dim 0 (the units)": lambda i, h: (
                (i.topk(2, dim=1).values @ torch.tensor([1.0, -1.0])) / h
            ).mean(),
            "Summed": lambda i, h: mig_by_sorting(i, h) * len(h),
            "two smallest": lambda i, h: (
                i.sort(dim=0).values[:2].diff(dim=0)[0] / h
            ).mean(),
            "leave out one": mig_by_masking,
        },
    ),
    "free_bits": (
        [free_by_maximum, free_by_where, free_by_loop],
        {
            "sum of all units": lambda m, v, f: (
                kl(m, v).mean(0).sum().clamp(min=f)
            ),
            "a ceiling": lambda m, v, f: kl(m, v).mean(0).clamp(max=f).sum(),
            "not as zero": lambda m, v, f: sum(
                u * (u > f) for u in kl(m, v).mean(0)
            ),
            "over dim=0": lambda m, v, f: kl(m, v).mean(0).clamp(min=f),
            "no gradient": lambda m, v, f: free_by_loop(m, v, f).item(),
            "device": free_on_the_cpu,
        },
    ),
    "diagnosis": (
        [
            RIGHT,
            {c.lower(): word.upper() for c, word in RIGHT.items()},
            {f" {c}": f" {word} " for c, word in RIGHT.items()},
        ],
        {
            "holds next to nothing": RIGHT
            | {"B": "healthy", "C": "collapsed"},
            "far too many are bought": RIGHT
            | {"A": "healthy", "C": "too cheap"},
            "are swapped": RIGHT | {"C": "unread", "D": "healthy"},
            "The other way round": {w: c for c, w in RIGHT.items()},
            "No state is given": {"A": "healthy"},
        },
    ),
    "fuller": (
        [
            treated(0.5),
            treated(lambda done: min(1, 2 * done), 0.5),
            treated(1.0, 0.7),
        ],
        {
            "Hand in a trained model": PeekingVAE,
            "a model that `treat` trained": dense_vae(2),
            "The code holds too little": PeekingVAE(),
            "KL at least 5": treated(),
            "more nats were bought": treated(0.05),
        },
    ),
}
