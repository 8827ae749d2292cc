"""Checks of lesson 09."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from course_utils.checks.core import check, mutants
from course_utils.checks.matching import matching
from course_utils.measures import ball_radii, lettered
from course_utils.models import VAE, dense_decoder, dense_encoder

SIZE = 784


def _grown(latent_dim, count):
    """Return a small VAE with large weights, so that slips show; images."""
    model = VAE(dense_encoder(2 * latent_dim, 8), dense_decoder(latent_dim, 8))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4)
    return model, torch.rand(count, 1, 28, 28)


def _sum(terms):
    return terms.flatten(1).sum(dim=1)


def _mean(terms):
    return terms.flatten(1).mean(dim=1)


def _loss(model, x, pixels=_sum, latents=_sum):
    """Return minus the ELBO, with some knobs turned."""
    logits, mu, log_var = model(x)
    nll = binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
    return pixels(nll) + latents(kl)


@check(
    cases=lambda: [_grown(3, 5), _grown(2, 4)],
    learns=("model",),
    slips=mutants(
        _loss,
        {
            "The pixels are still averaged while the latents are summed: the "
            "KL is 784 times too expensive.": {"pixels": _mean},
            "Now both are averaged: over 784 pixels and over a few latents, "
            "which again are different scales. Sum both.": {
                "pixels": _mean,
                "latents": _mean,
            },
            "The pixels are summed, but now the latents are averaged: the "
            "second colleague's slip.": {"latents": _mean},
            "Now the KL is multiplied by 784: it was too large already.": {
                "pixels": _mean,
                "latents": lambda kl: SIZE * _sum(kl),
            },
            "The KL is gone, or nearly. It was not wrong; the pixels were.": {
                "latents": lambda kl: 0
            },
            "The pixels of the whole batch are added into one number; sum "
            "over the pixels of each image.": {"pixels": torch.sum},
            "The pixels are averaged over the batch, too; sum over the "
            "pixels of each image.": {"pixels": torch.mean},
        },
    ),
)
def mended(model, x):
    """Minus the ELBO: images (B, 1, 28, 28) -> (B,), in nats."""
    return _loss(model, x)


def _any(held, dim):
    return held.any(dim=dim).float().mean()


def _sums(held, dim):
    return held.sum(dim=dim).float().mean()


def _both(
    real, fake, k=5, column=0, row=1, over=None, count=_sums, share=_any
):
    """Return density and coverage, with some knobs turned."""
    held = torch.cdist(real, fake) < ball_radii(real, k)[:, None]
    density = count(held, column) / (over or k)
    return density.item(), share(held, row).item()


@check(
    cases=lambda: [
        (torch.randn(30, 3), 0.7 * torch.randn(21, 3) + 0.4, 3),
        (torch.randn(25, 2), 1.5 * torch.randn(40, 2), 5),
    ],
    slips=mutants(
        _both,
        {
            "The density is not divided by k.": {"over": 1},
            "The density is averaged over the real points; average over the "
            "fakes: add up each column.": {"column": 1},
            "The second number is the precision: any ball for each fake. "
            "Coverage asks for any fake in each ball: dim=1.": {"row": 0},
            "The two directions have changed places: density adds up "
            "columns (dim=0), coverage looks along rows (dim=1).": {
                "column": 1,
                "row": 0,
            },
            "The first number is the precision; density adds up how many "
            "balls hold a fake, over k.": {"count": _any, "over": 1},
            "The first number is precision over k: add up how many balls "
            "hold a fake; `any` counts one only.": {"count": _any},
            "The density is added up over the fakes; take the mean.": {
                "count": lambda held, dim: held.sum()
            },
            "The second number is how many fakes a ball holds on average; "
            "coverage asks whether it holds any.": {"share": _sums},
        },
    ),
)
def density_coverage(real, fake, k=5):
    """Density and coverage of fakes (M, D) among real (N, D): two floats."""
    return _both(real, fake, k)


matching(
    "origin",
    lettered(("VAE", "plain", "repeated", "noise"), seed=16),
    thing="set",
    kind="origin",
    hints={
        "repeated": "Ten images, repeated, cover almost nothing: which set "
        "has by far the lowest coverage?",
        "noise": "Noise moves real images out of the balls, but hardly "
        "troubles the judge: compare density with what is accepted.",
        "VAE": "The two that invent are swapped. Whose samples were more "
        "typical, whose more varied?",
    },
)
