"""Answers to lesson 01's exercises: right ones, and slips with their words."""

import numpy as np
import torch


def line_by_loop(z0, z1, steps):
    points = [z0 + (z1 - z0) * i / (steps - 1) for i in range(steps)]
    return torch.stack(points)


def at_ends(z0, z1, t):
    return z0 + t[:, None] * (z1 - z0)


def distances(z, z_known):
    return (z[:, None] - z_known[None]).square().sum(dim=2)


def guess_by_loop(z, z_known, causes, k=5):
    guesses = []
    for code in z:
        nearest = (z_known - code).norm(dim=1).argsort()[:k]
        guesses.append(causes[nearest].mean(dim=0))
    return torch.stack(guesses)


def guess_by_shares(z, z_known, causes, k=5):
    nearest = distances(z, z_known).argsort(dim=1)[:, :k]
    return torch.zeros(len(z), len(causes)).scatter(1, nearest, 1 / k) @ causes


def guess_by_numpy(z, z_known, causes, k=5):
    apart = distances(z, z_known).numpy()
    return causes.numpy()[np.argsort(apart, axis=1)[:, :k]].mean(axis=1)


def neighbours(z, z_known, causes, k=5, largest=False):
    apart = torch.cdist(z, z_known)
    return causes[apart.topk(k, largest=largest).indices]


def damaged_by_loop(z, least, most):
    ends = list(zip(least.tolist(), most.tolist(), strict=True))
    rows = [zip(row, ends, strict=True) for row in z.tolist()]
    return torch.tensor([any(v in pair for v, pair in row) for row in rows])


def on_ends(z, least, most):
    return (z == least) | (z == most)


ANSWERS = {
    "read_off": (
        [guess_by_loop, guess_by_shares, guess_by_numpy],
        {
            "farthest": lambda *a, **k: neighbours(*a, **k, largest=True).mean(
                1
            ),
            "over the neighbours": lambda *a, **k: neighbours(*a, **k).mean(0),
            "take the mean": lambda *a, **k: neighbours(*a, **k).sum(1),
            "[:k] took rows": lambda z, known, causes, k=5: causes[
                torch.cdist(z, known).argsort()[:k]
            ].mean(1),
            "have changed places": lambda z, known, causes, k=5: guess_by_loop(
                known, z, causes, k
            ),
        },
    ),
    "interpolate": (
        [
            line_by_loop,
            lambda z0, z1, n: torch.lerp(
                z0, z1, torch.linspace(0, 1, n)[:, None]
            ),
            lambda z0, z1, n: at_ends(z0, z1, torch.arange(n) / (n - 1)),
            lambda z0, z1, n: np.linspace(z0.numpy(), z1.numpy(), n),
        ],
        {
            "backwards": lambda z0, z1, n: line_by_loop(z1, z0, n),
            "should be z1 itself": lambda z0, z1, n: at_ends(
                z0, z1, torch.arange(n) / n
            ),
            "add t · (z1 - z0)": lambda z0, z1, n: (
                z0 + torch.linspace(0, 1, n)[:, None] * z1
            ),
            "add z0": lambda z0, z1, n: line_by_loop(z0, z1, n) - z0,
            "a column": lambda z0, z1, n: (
                z0 + torch.linspace(0, 1, n) * (z1 - z0)
            ),
            "0.06, 0.25": lambda z0, z1, n: at_ends(
                z0, z1, torch.linspace(0, 1, n) ** 2
            ),
            "leave the straight line": lambda z0, z1, n: at_ends(
                z0, z1, torch.linspace(0, 1, n)
            ).sin(),
        },
    ),
    "damaged": (
        [
            damaged_by_loop,
            lambda z, least, most: on_ends(z, least, most).sum(dim=1) > 0,
            lambda z, least, most: on_ends(z, least, most).amax(dim=1),
            lambda z, least, most: on_ends(z, least, most).numpy().any(axis=1),
        ],
        {
            "all of them": lambda *case: on_ends(*case).all(1),
            "within each code": lambda *case: on_ends(*case).any(0),
            "exactly on its ends": lambda z, least, most: (
                (z < least) | (z > most)
            ).any(1),
            "you say the opposite": lambda z, *_: z.norm(dim=1) > 1,
            "| instead of &": lambda z, least, most: (
                (z == least).any(1) & (z == most).any(1)
            ),
        },
    ),
    "size_errors": (
        [
            {2: 0.0027, 3: 0.0003},
            {1: 0.01, 2: 0.0034, 3: 0.0012, 4: 0.0003, 8: 0.0001},
            {k: torch.tensor(e) for k, e in ((2, 0.003), (3, 2e-4))},
        ],
        {
            "dictionary": [0.0027, 0.0003],
            "sums over": {2: 1.96, 3: 0.13},
            "one number": {k: torch.rand(1000) for k in (2, 3)},
            "worse than fewer": {2: 0.0003, 3: 0.0027},
            "mean image": {2: 0.044, 3: 0.0439},
            "too well": {2: 0.0002, 3: 0.0001},
        },
    ),
}
