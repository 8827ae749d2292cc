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


def beats_all(beats):
    def first(errors):
        for a in errors:
            if all(beats(errors[a], errors[b]) for b in errors if b != a):
                return a

    return first


def mean(values):
    return sum(values) / len(values)


def smallest_mean(errors):
    return min(errors, key=lambda name: mean(errors[name]))


def mean_winner(errors):
    name = smallest_mean(errors)
    low = mean(errors[name])
    rest = [min(es) for n, es in errors.items() if n != name]
    return name if low < min(rest) else None


def decoder(shape=(1, 28, 28), last=None, bend=nn.SiLU, swap=False):
    """A make_decoder with other things in it."""

    def make(latent_dim, hidden_dim):
        ends = [nn.Unflatten(1, shape)] if shape else []
        middle = 2 * hidden_dim if swap else hidden_dim
        return nn.Sequential(
            nn.Linear(latent_dim, middle), bend(), nn.Linear(middle, 784),
            *ends, *([last] if last else []),
        )  # fmt: skip

    return make


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
            "even where the seeds overlap": smallest_mean,
            "the winner's mean": mean_winner,
            "seed by seed": beats_all(
                lambda a, b: all(x < y for x, y in zip(a, b, strict=False))
            ),
            "equal error": beats_all(lambda a, b: max(a) <= min(b)),
            "One good seed": beats_all(lambda a, b: min(a) < max(b)),
            "smallest worst": beats_all(lambda a, b: max(a) < max(b)),
            "lucky seed": beats_all(lambda a, b: min(a) < min(b)),
            "compared with itself": lambda errors: None,
            "It must be": lambda errors: winner_by_sets(errors) or "nobody",
            "return None": lambda errors: winner_by_sets(errors) or "",
            "name of the choice": lambda errors: errors.get(
                winner_by_sets(errors)
            ),
            "True or False": lambda errors: bool(winner_by_sets(errors)),
            "first two choices": lambda errors: winner_by_sets(
                dict(list(errors.items())[:2])
            ),
            "first three seeds": lambda errors: winner_by_sets(
                {n: es[:3] for n, es in errors.items()}
            ),
            "is no clear winner": lambda errors: list(errors)[-1],
            "you found no winner": beats_all(
                lambda a, b: max(a) < 0.97 * min(b)
            ),
            "largest error": lambda errors: winner_by_sets(
                {n: [-e for e in es] for n, es in errors.items()}
            ),
        },
    ),
    "mended_decoder": (
        [decoder(), Decoder, decoder(bend=nn.ReLU)],
        {
            "stands last": decoder((28, 28, 1)),
            "Unflatten": decoder(None),
            "channel is missing": decoder((28, 28)),
            "never learn": decoder(last=nn.Hardtanh(0, 1)),
            "no gradient": decoder(last=nn.ReLU()),
            "twice is once": decoder(last=nn.Sigmoid()),
            "bounds yours": decoder(last=nn.Tanh()),
            "[-5, 5]": decoder(last=nn.Hardtanh(-5, 5)),
            "What bends": decoder(last=nn.SiLU()),
            "above and below 0": decoder(last=nn.LeakyReLU()),
            "do not fit": lambda latent_dim, hidden_dim: Decoder(8, 30),
            "cannot learn": lambda latent_dim, hidden_dim: Decoder(
                latent_dim, hidden_dim
            ).requires_grad_(False),
            "is gone": decoder(bend=nn.Identity),
            "parameters": decoder(swap=True),
            "other codes of the batch": lambda z, h: nn.Sequential(
                *decoder()(z, h)[:3], Mixed()
            ),
            "flattened too": lambda z, h: nn.Sequential(
                nn.Flatten(0), decoder()(z, h)
            ),
            "Dropout": decoder(bend=nn.Dropout),
            "have a bias": lambda z, h: nn.Sequential(
                nn.Linear(z, h),
                nn.SiLU(),
                nn.Linear(h, 784, bias=False),
                nn.Unflatten(1, (1, 28, 28)),
            ),
            "3 linear layers": lambda z, h: nn.Sequential(
                nn.Linear(z, z), decoder()(z, h)
            ),
            "brackets of its own": lambda z, h: nn.Unflatten(1, 1, 28, 28),
            "Axis 0 is the batch": lambda z, h: nn.Sequential(
                *decoder()(z, h)[:3], nn.Unflatten(0, (1, 28, 28))
            ),
            "an nn.Module": lambda latent_dim, hidden_dim: Decoder,
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
            "cut off": lambda z, low, high, n: (
                inside(z, low, high) * (n - 1)
            ).floor(),
            "multiply by that": lambda z, low, high, n: (
                (inside(z, low, high) * n).round().clamp(max=n - 1)
            ),
            "up to levels": lambda z, low, high, n: (
                inside(z, low, high) * n
            ).round(),
            "nearest end": lambda z, low, high, n: (
                (z - low) / (high - low) * (n - 1)
            ).round(),
            "whole levels": lambda z, low, high, n: (
                inside(z, low, high) * (n - 1)
            ),
            "You wrote 255": lambda z, low, high, n: (
                inside(z, low, high) * 255
            ).round(),
            "codes again": lambda z, low, high, n: (
                low + levels_by_loop(z, low, high, n) / (n - 1) * (high - low)
            ),
            "below low": lambda z, low, high, n: (
                ((z - low) / (high - low) * (n - 1)).round().clamp(max=n - 1)
            ),
            "above high": lambda z, low, high, n: (
                ((z - low) / (high - low) * (n - 1)).round().clamp(min=0)
            ),
            "equal width": lambda z, low, high, n: (
                (inside(z, low, high) * n).floor().clamp(max=n - 1)
            ),
            "share * (levels - 1)": lambda z, low, high, n: (
                (inside(z, low, high) * n - 1).round().clamp(min=0)
            ),
            "its own range": lambda z, low, high, n: (
                inside(z, low.min(), high.max()) * (n - 1)
            ).round(),
            "(z - low) / (high": lambda z, low, high, n: (
                ((z - low / (high - low)) * (n - 1)).round().clamp(0, n - 1)
            ),
            "torch.uint8 cannot hold": lambda *case: levels_by_loop(
                *case
            ).byte(),
            "wrap round": lambda z, low, high, n: (
                ((z - low) / (high - low) * (n - 1)).round() % n
            ),
            "numbered from 0": lambda z, low, high, n: (
                ((z - low) / (high - low) * (n - 1)).round().clamp(1, n)
            ),
            "share from 0 to 1": lambda *case: (
                levels_by_loop(*case) / (case[-1] - 1)
            ),
            "Subtract low": lambda z, low, high, n: (
                (z / (high - low) * (n - 1)).round().clamp(0, n - 1)
            ),
        },
    ),
    "tuned": (
        [{"lr": 0.012}, {"batch_size": 16}, {"lr": 0.015}],
        {
            "dictionary": 0.01,
            "One hyperparameter": {"lr": 0.01, "batch_size": 64},
            "cannot be chosen": {"epochs": 40},
            "a whole number": {"batch_size": 32.5},
            "must lie between": {"hidden_dim": 2048},
            "as the usual": {"lr": 0.003},
            "worse than the usual": {"lr": 1e-4},
        },
    ),
}
