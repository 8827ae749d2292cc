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


def mig_not_divided(information, entropy):
    top = information.topk(2, dim=0).values
    return (top[0] - top[1]).mean()


def mig_wrong_axis(information, entropy):
    top = (information / entropy).topk(2, dim=1).values
    return (top[:, 0] - top[:, 1]).mean()


def mig_ascending(information, entropy):
    ranked = information.sort(dim=0).values
    return ((ranked[1] - ranked[0]) / entropy).mean()


def mig_by_masking(information, entropy):
    best = information.max(dim=0).values
    rest = information.clone()
    rest[information == best] = -1.0
    return ((best - rest.max(dim=0).values) / entropy).mean()


def gaps(information, entropy):
    top = information.topk(2, dim=0).values
    return (top[0] - top[1]) / entropy


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
            "The half is missing": lambda v, b: (v / b).log().clamp(min=0),
            "upside down": lambda v, b: 0.5 * (b / v).log().clamp(min=0),
            "The price is missing": lambda v, b: 0.5 * v.log().clamp(min=0),
            "not a difference": lambda v, b: 0.5 * (v - b).clamp(min=0),
            "not `log2`": lambda v, b: 0.5 * (v / b).log2().clamp(min=0),
            "not `log10`": lambda v, b: 0.5 * (v / b).log10().clamp(min=0),
            "keep them apart": lambda v, b: (
                0.5 * (v / b).log().clamp(min=0)
            ).sum(),
            "Only the open units": lambda v, b: 0.5 * (v[v > b] / b).log(),
            "That is a ceiling": lambda v, b: 0.5 * (v / b).log().clamp(max=0),
            "its size is not": lambda v, b: (0.5 * (v / b).log()).abs(),
            "None": lambda v, b: None,
            "without the price": lambda v, b: (
                b * 0.5 * (v / b).log().clamp(min=0)
            ),
            "D came back": lambda v, b: v.clamp(max=b),
            "which units are open": lambda v, b: v > b,
        },
    ),
    "mig": (
        [mig_by_sorting, mig_by_loop, mig_of_normalised],
        {
            "not divided": mig_not_divided,
            "along dim 0 (the units)": mig_wrong_axis,
            "information of the best": lambda i, h: (
                i.max(dim=0).values / h
            ).mean(),
            "mean of all units": lambda i, h: (
                (i.max(dim=0).values - i.mean(dim=0)) / h
            ).mean(),
            "took off the smallest": lambda i, h: (
                (i.max(dim=0).values - i.min(dim=0).values) / h
            ).mean(),
            "summed over the causes": lambda i, h: gaps(i, h).sum(),
            "One gap for each cause": gaps,
            "sign is wrong": lambda i, h: -gaps(i, h).mean(),
            "each cause has its own": lambda i, h: (
                mig_not_divided(i, h) / h.mean()
            ),
            "two smallest": mig_ascending,
            "leave out one": mig_by_masking,
            "That is the second best": lambda i, h: (
                i.topk(2, dim=0).values[1] / h
            ).mean(),
            "first two rows": lambda i, h: ((i[0] - i[1]) / h).mean(),
            "best unit's nats": lambda i, h: gaps(
                i, i.max(dim=0).values
            ).mean(),
        },
    ),
    "free_bits": (
        [free_by_maximum, free_by_where, free_by_loop],
        {
            "under each image;": lambda m, v, f: (
                kl(m, v).clamp(min=f).mean(0).sum()
            ),
            "sum of all units": lambda m, v, f: (
                kl(m, v).mean(0).sum().clamp(min=f)
            ),
            "under each image's sum": lambda m, v, f: (
                kl(m, v).sum(1).clamp(min=f).mean()
            ),
            "summed over the images": lambda m, v, f: (
                kl(m, v).sum(0).clamp(min=f).sum()
            ),
            "fixed at 1": lambda m, v, f: kl(m, v).mean(0).clamp(min=1).sum(),
            "a ceiling": lambda m, v, f: kl(m, v).mean(0).clamp(max=f).sum(),
            "not used": lambda m, v, f: kl(m, v).mean(0).sum(),
            "added to each": lambda m, v, f: (kl(m, v).mean(0) + f).sum(),
            "Only what lies above": lambda m, v, f: torch.relu(
                kl(m, v).mean(0) - f
            ).sum(),
            "not as zero": lambda m, v, f: sum(
                u * (u > f) for u in kl(m, v).mean(0)
            ),
            "averaged over the units": lambda m, v, f: (
                free_by_maximum(m, v, f) / m.shape[1]
            ),
            "One number for each unit": lambda m, v, f: (
                kl(m, v).mean(0).clamp(min=f)
            ),
            "no gradient": lambda m, v, f: free_by_loop(m, v, f).item(),
            "device": free_on_the_cpu,
            "(dim=1)": lambda m, v, f: kl(m, v).mean(1).clamp(min=f).sum(),
            "images and units;": lambda m, v, f: kl(m, v).mean().clamp(min=f),
            "half of the KL": lambda m, v, f: free_by_maximum(m, v, f / 2) * 2,
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
            "must be a dictionary": list(RIGHT.values()),
            "The other way round": {w: c for c, w in RIGHT.items()},
            "No state is given": {"A": "healthy"},
            "no patient E": RIGHT | {"E": "healthy"},
            "is none of": RIGHT | {"A": "ill"},
            "one patient only": RIGHT | {"A": "healthy"},
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
