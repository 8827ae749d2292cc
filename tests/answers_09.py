"""Answers to lesson 09's exercises: right ones, and slips with their words."""

import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as exact_kl
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from course_utils.measures import ball_radii, sample_quality
from course_utils.models import kl_divergence as kl
from course_utils.models import negative_elbo


def colleague(model, x):
    logits, mu, log_var = model(x)
    nll = bce(logits, x, reduction="none").flatten(1)
    return nll.mean(dim=1) + kl(mu, log_var)


def by_library(model, x):
    logits, mu, log_var = model(x)
    q = Normal(mu, (0.5 * log_var).exp())
    p = Normal(torch.zeros_like(mu), 1.0)
    nll = bce(logits, x, reduction="none").sum(dim=(1, 2, 3))
    return nll + exact_kl(q, p).sum(dim=1)


def times_784(model, x):
    logits, mu, log_var = model(x)
    nll = bce(logits, x, reduction="none").flatten(1)
    return nll.shape[1] * nll.mean(dim=1) + kl(mu, log_var)


def by_formula(model, x):
    logits, mu, log_var = model(x)
    nll = torch.nn.functional.softplus(logits) - x * logits
    terms = mu.square() + log_var.exp() - 1 - log_var
    return nll.flatten(1).sum(1) + terms.sum(1) / 2


def parts(combine):
    """An answer that combines nll (B, 784), kl (B, Z) in its own way."""

    def answer(model, x):
        logits, mu, log_var = model(x)
        nll = bce(logits, x, reduction="none").flatten(1)
        return combine(nll, 0.5 * (mu**2 + log_var.exp() - 1 - log_var))

    return answer


def table(real, fake, k):
    return torch.cdist(real, fake) < ball_radii(real, k)[:, None]


def by_package(real, fake, k=5):
    both = sample_quality(real, fake, k)
    return both["density"], both["coverage"]


def by_loops(real, fake, k=5):
    held = torch.zeros(len(real), len(fake))
    for i in range(len(real)):
        apart = (real - real[i]).norm(dim=1).sort().values
        for j in range(len(fake)):
            held[i, j] = (fake[j] - real[i]).norm() < apart[k]
    coverage = (held.sum(dim=1) > 0).float().mean()
    return held.sum().item() / (k * len(fake)), coverage.item()


def by_topk(real, fake, k=5):
    own = torch.cdist(real, real).topk(k + 1, largest=False).values[:, -1]
    held = torch.cdist(fake, real) < own
    return (
        held.sum(dim=1).float().mean().item() / k,
        held.any(dim=0).float().mean().item(),
    )


def from_table(density, coverage):
    """An answer that reads both off the table in its own way."""
    return lambda real, fake, k=5: (
        float(density(table(real, fake, k).float(), k)),
        float(coverage(table(real, fake, k).float())),
    )


def dense(held, k):
    return held.sum(0).mean() / k


def covered(held):
    return held.amax(1).mean()


RIGHT = {"A": "plain", "B": "noise", "C": "VAE", "D": "repeated"}

ANSWERS = {
    "mended": (
        [negative_elbo, by_library, times_784, by_formula],
        {
            "still averaged": colleague,
            "Now both are averaged": parts(
                lambda nll, kl: nll.mean(1) + kl.mean(1)
            ),
            "second colleague's slip": parts(
                lambda nll, kl: nll.sum(1) + kl.mean(1)
            ),
            "The sign is wrong": lambda *case: -negative_elbo(*case),
            "One number": lambda *case: negative_elbo(*case).mean(),
            "no gradient": lambda *case: negative_elbo(*case).detach(),
        },
    ),
    "density_coverage": (
        [by_package, by_loops, by_topk],
        {
            "not divided by k": from_table(
                lambda held, k: held.sum(0).mean(), covered
            ),
            "second number is the precision": from_table(
                dense, lambda held: held.amax(0).mean()
            ),
            "another order": lambda real, fake, k=5: by_package(real, fake, k)[
                ::-1
            ],
            "Value 2 of the 2: Summed": from_table(
                dense, lambda held: held.amax(1).sum()
            ),
            "places": lambda real, fake, k=5: by_package(fake, real, k),
            "the default": lambda real, fake, k=3: by_package(real, fake, k),
        },
    ),
    "origin": (
        [
            dict(RIGHT),
            dict(reversed(RIGHT.items())),
            {c.lower(): word.upper() for c, word in RIGHT.items()},
        ],
        {
            "2 of 4 are right. The two that invent": RIGHT
            | {"A": "VAE", "C": "plain"},
            "2 of 4 are right. Ten images": RIGHT
            | {"A": "repeated", "D": "plain"},
            "Noise moves": RIGHT | {"A": "noise", "B": "plain"},
            "one set only": dict.fromkeys("ABCD", "VAE"),
            "No origin is given for D": {c: RIGHT[c] for c in "ABC"},
            "is none of": RIGHT | {"A": "autoencoder"},
            "other way round": {word: c for c, word in RIGHT.items()},
        },
    ),
}
