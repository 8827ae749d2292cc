"""Answers to lesson 09's exercises: right ones, and slips with their words."""

import torch
from sklearn.neighbors import NearestNeighbors
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


def seeded(model, x):
    torch.manual_seed(0)
    return negative_elbo(model, x)


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


def by_sklearn(real, fake, k=5):
    near = NearestNeighbors(n_neighbors=k + 1).fit(real.numpy())
    radii = near.kneighbors(real.numpy())[0][:, -1:]
    held = torch.cdist(real, fake).numpy() < radii
    return float(held.sum(0).mean() / k), float(held.any(1).mean())


def by_topk(real, fake, k=5):
    own = torch.cdist(real, real).topk(k + 1, largest=False).values[:, -1]
    held = torch.cdist(fake, real) < own
    return (
        held.sum(dim=1).float().mean().item() / k,
        held.any(dim=0).float().mean().item(),
    )


def by_maximum(real, fake, k=5):
    held = table(real, fake, k).float()
    return held.sum(0).mean() / k, held.amax(1).mean()


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
        [
            negative_elbo,
            by_library,
            times_784,
            by_formula,
            parts(lambda nll, kl: nll.sum(1) + kl.sum(1)),
            lambda model, x: negative_elbo(model, x, beta=1),
        ],
        {
            "still averaged": colleague,
            "Now both are averaged": parts(
                lambda nll, kl: nll.mean(1) + kl.mean(1)
            ),
            "second colleague's slip": parts(
                lambda nll, kl: nll.sum(1) + kl.mean(1)
            ),
            "The KL is gone, or": parts(lambda nll, kl: nll.sum(1)),
            "reconstruction is gone": parts(lambda nll, kl: kl.sum(1)),
            "it is a price": parts(lambda nll, kl: nll.sum(1) - kl.sum(1)),
            "it is a cost": parts(lambda nll, kl: kl.sum(1) - nll.sum(1)),
            "one mean over latents": parts(
                lambda nll, kl: nll.sum(1) + kl.mean()
            ),
            "That is the ELBO": lambda model, x: -negative_elbo(model, x),
            "One number for the batch": lambda model, x: negative_elbo(
                model, x
            ).mean(),
            "One summed number": lambda model, x: negative_elbo(
                model, x
            ).sum(),
            "divided by 784": lambda model, x: negative_elbo(model, x) / 784,
            "averaged over the batch, too": parts(
                lambda nll, kl: nll.mean() + kl.sum(1)
            ),
            "784 twice": parts(lambda nll, kl: 784 * nll.sum(1) + kl.sum(1)),
            "Now the KL is multiplied": parts(
                lambda nll, kl: nll.mean(1) + 784 * kl.sum(1)
            ),
            "needs no factor 784": parts(
                lambda nll, kl: nll.sum(1) + 784 * kl.sum(1)
            ),
            "1/2 of the KL is missing": parts(
                lambda nll, kl: nll.sum(1) + 2 * kl.sum(1)
            ),
            "no `keepdim`": parts(
                lambda nll, kl: nll.sum(1) + kl.sum(1, keepdim=True)
            ),
            "take the cross-entropy": lambda model, x: (
                (model(x)[0] - x).square().sum(dim=(1, 2, 3))
                + kl(*model.encode(x))
            ),
            "Probabilities went in": lambda model, x: (
                bce(model(x)[0].sigmoid(), x, reduction="none").sum(
                    dim=(1, 2, 3)
                )
                + kl(*model.encode(x))
            ),
            "Logits come first": lambda model, x: (
                bce(x, model(x)[0], reduction="none").sum(dim=(1, 2, 3))
                + kl(*model.encode(x))
            ),
            "Two calls give the same loss": seeded,
            "no gradient": lambda model, x: negative_elbo(model, x).detach(),
            "None": lambda model, x: print(negative_elbo(model, x).shape),
        },
    ),
    "density_coverage": (
        [
            by_package,
            by_loops,
            by_sklearn,
            by_topk,
            by_maximum,
            from_table(dense, covered),
        ],
        {
            "not divided by k": from_table(
                lambda held, k: held.sum(0).mean(), covered
            ),
            "averaged over the real points": from_table(
                lambda held, k: held.sum(1).mean() / k, covered
            ),
            "second number is the precision": from_table(
                dense, lambda held: held.amax(0).mean()
            ),
            "two directions": from_table(
                lambda held, k: held.sum(1).mean() / k,
                lambda held: held.amax(0).mean(),
            ),
            "Density comes first": lambda real, fake, k=5: by_package(
                real, fake, k
            )[::-1],
            "precision over k": from_table(
                lambda held, k: held.amax(0).mean() / k, covered
            ),
            "Coverage is a share": from_table(
                dense, lambda held: held.amax(1).sum()
            ),
            "share of all pairs; coverage": from_table(
                dense, lambda held: held.mean()
            ),
            "added up over the fakes": from_table(
                lambda held, k: held.sum() / k, covered
            ),
            "outside of the balls": lambda real, fake, k=5: (
                float((~table(real, fake, k)).sum(0).float().mean()) / k,
                float((~table(real, fake, k)).any(1).float().mean()),
            ),
            "balls around the fakes": lambda real, fake, k=5: (
                float(table(fake, real, k).sum(1).float().mean()) / k,
                float(table(fake, real, k).any(0).float().mean()),
            ),
            "first number is the precision": from_table(
                lambda held, k: held.amax(0).mean(), covered
            ),
            "cut off at 1": from_table(
                lambda held, k: (held.sum(0) / k).clamp(max=1).mean(), covered
            ),
            "by the number of points": from_table(
                lambda held, k: held.sum(0).mean() / len(held), covered
            ),
            "written out": lambda real, fake, k=5: by_package(real, fake, 5),
            "second number is the recall": lambda real, fake, k=5: (
                by_package(real, fake, k)[0],
                sample_quality(real, fake, k)["recall"],
            ),
            "look for the fakes": lambda real, fake, k=5: by_package(
                real, real, k
            ),
            "returned None": lambda real, fake, k=5: None,
            "True and False": lambda real, fake, k=5: table(
                real, fake, k
            ).mean(),
            "places": lambda real, fake, k=5: by_package(fake, real, k),
            "the default": lambda real, fake, k=3: by_package(real, fake, k),
            "too small": lambda real, fake, k=5: (
                float(dense(table(real, fake, k - 1).float(), k)),
                float(covered(table(real, fake, k - 1).float())),
            ),
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
            "0 of 4": {
                "A": "noise",
                "B": "plain",
                "C": "repeated",
                "D": "VAE",
            },
            "one set only": dict.fromkeys("ABCD", "VAE"),
            "No origin is given for D": {c: RIGHT[c] for c in "ABC"},
            "no set E": RIGHT | {"E": "VAE"},
            "is none of": RIGHT | {"A": "autoencoder"},
            "a dictionary": list(RIGHT.values()),
            "other way round": {word: c for c, word in RIGHT.items()},
        },
    ),
}
