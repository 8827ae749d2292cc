"""Answers to lesson 05's exercises: right ones, and slips with their words."""

import torch
from torch import nn


def winner_by_sets(errors):
    for name, mine in errors.items():
        others = [e for n, es in errors.items() if n != name for e in es]
        if max(mine) < min(others):
            return name


def winner_by_sorting(errors):
    every = sorted((e, name) for name, es in errors.items() for e in es)
    name = every[0][1]
    count = len(errors[name])
    return name if all(n == name for _, n in every[:count]) else None


def winner_by_tensors(errors):
    worst = torch.tensor([max(es) for es in errors.values()])
    best = torch.tensor([min(es) for es in errors.values()])
    i = int(worst.argmin())
    rest = torch.cat([best[:i], best[i + 1 :]])
    return list(errors)[i] if (worst[i] < rest).all() else None


def decoder(shape=(1, 28, 28), bend=nn.SiLU, last=nn.Identity):
    """A make_decoder with other things in it."""
    return lambda latent_dim, hidden_dim: nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),
        bend(),
        nn.Linear(hidden_dim, 784),
        nn.Unflatten(1, shape),
        last(),
    )


class Decoder(nn.Module):
    def __init__(self, latent_dim, hidden_dim):
        super().__init__()
        self.wide = nn.Linear(latent_dim, hidden_dim)
        self.pixels = nn.Linear(hidden_dim, 784)

    def forward(self, z):
        hidden = nn.functional.silu(self.wide(z))
        return self.pixels(hidden).view(-1, 1, 28, 28)


class Mixed(nn.Module):
    def forward(self, pixels):
        return pixels.view(28, 28, -1, 1).permute(2, 3, 0, 1)


def levels_by_loop(z, low, high, levels):
    out = torch.empty_like(z)
    for b in range(z.shape[0]):
        for i in range(z.shape[1]):
            share = (z[b, i] - low[i]) / (high[i] - low[i])
            level = torch.round(share * (levels - 1))
            out[b, i] = min(max(level, torch.tensor(0.0)), levels - 1)
    return out


def inside(z, low, high):
    return (z.clamp(low, high) - low) / (high - low)


ANSWERS = {
    "clear_winner": (
        [winner_by_sets, winner_by_sorting, winner_by_tensors],
        {
            "B is no clear winner": lambda errors: min(
                errors, key=lambda name: sum(errors[name])
            ),
            "you found no winner": lambda errors: None,
            "B is no clear winner: 0.6": lambda errors: winner_by_sets(
                dict(list(errors.items())[:2])
            ),
            "got True": lambda errors: bool(winner_by_sets(errors)),
            "got [0.25": lambda errors: errors.get(winner_by_sets(errors)),
        },
    ),
    "mended_decoder": (
        [decoder(), Decoder, decoder(bend=nn.ReLU)],
        {
            "stands last": decoder((28, 28, 1)),
            "never learn": decoder(last=lambda: nn.Hardtanh(0, 1)),
            "twice is once": decoder(last=nn.Sigmoid),
            "What bends": decoder(last=nn.Tanh),
            "do not fit": lambda latent_dim, hidden_dim: Decoder(8, 30),
            "cannot learn": lambda latent_dim, hidden_dim: Decoder(
                latent_dim, hidden_dim
            ).requires_grad_(False),
            "is gone": decoder(bend=nn.Identity),
            "other codes of the batch": lambda z, h: nn.Sequential(
                *decoder()(z, h)[:3], Mixed()
            ),
        },
    ),
    "quantize": (
        [
            levels_by_loop,
            lambda z, low, high, n: (inside(z, low, high) * (n - 1)).round(),
            lambda z, low, high, n: torch.floor(
                (z.minimum(high).maximum(low) - low) * ((n - 1) / (high - low))
                + 0.5
            ),
        ],
        {
            "multiply by that": lambda z, low, high, n: (
                (inside(z, low, high) * n).round().clamp(max=n - 1)
            ),
            "nearest end": lambda z, low, high, n: (
                (z - low) / (high - low) * (n - 1)
            ).round(),
            "written out": lambda z, low, high, n: (
                inside(z, low, high) * 255
            ).round(),
            "equal width": lambda z, low, high, n: (
                (inside(z, low, high) * n).floor().clamp(max=n - 1)
            ),
            "Subtract low": lambda z, low, high, n: (
                (z / (high - low) * (n - 1)).round().clamp(0, n - 1)
            ),
            "dim=0 and dim=1": lambda *case: levels_by_loop(*case).T,
        },
    ),
    "tuned": (
        [{"lr": 0.012}, {"batch_size": 16}, {"lr": 0.015}],
        {
            "dictionary": 0.01,
            "one entry": {"lr": 0.01, "batch_size": 64},
            "cannot be chosen": {"epochs": 40},
            "from 1 to 256": {"hidden_dim": 2048},
            "is wanted": {"lr": 0.003},
        },
    ),
}
