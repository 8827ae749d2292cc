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


def in_any_end(z, least, most):
    ends = least.tolist() + most.tolist()
    return torch.tensor([any(v in ends for v in row) for row in z.tolist()])


def on_ends(z, least, most):
    return (z == least) | (z == most)


ANSWERS = {
    "read_off": (
        [guess_by_loop, guess_by_shares, guess_by_numpy],
        {
            "farthest": lambda *a, **k: neighbours(*a, **k, largest=True).mean(
                1
            ),
            "nearest code alone": lambda z, known, causes, k=5: guess_by_loop(
                z, known, causes, 1
            ),
            "average over the k": lambda *a, **k: neighbours(*a, **k),
            "over the neighbours": lambda *a, **k: neighbours(*a, **k).mean(0),
            "take the mean": lambda *a, **k: neighbours(*a, **k).sum(1),
            "k is fixed": lambda z, known, causes, k=5: guess_by_loop(
                z, known, causes
            ),
            "mean of all the causes": lambda z, known, causes, k=5: (
                causes.mean(0).repeat(len(z), 1)
            ),
            "You averaged codes": lambda z, known, causes, k=5: guess_by_loop(
                z, known, known, k
            ),
            "left out": lambda z, known, causes, k=5: neighbours(
                z, known, causes, k + 1
            )[:, 1:].mean(1),
            "[:k] took rows": lambda z, known, causes, k=5: causes[
                torch.cdist(z, known).argsort()[:k]
            ].mean(1),
            "Those are distances": lambda z, known, causes, k=5: (
                distances(z, known).sqrt().sort().values[:, :k].mean(1)
            ),
            "the other way round": lambda z, known, causes, k=5: guess_by_loop(
                known, z, causes, k
            ),
            "in a loop": lambda *a, **k: guess_by_loop(*a, **k)[0],
            "k + 1": lambda z, known, causes, k=5: guess_by_loop(
                z, known, causes, k + 1
            ),
            "averaged places": lambda z, known, causes, k=5: (
                torch.cdist(z, known).argsort()[:, :k].double().mean(1)
            ),
            "no squeeze": lambda *a, **k: (
                neighbours(*a, **k).mean(1).squeeze()
            ),
            "in a straight line": lambda z, known, causes, k=5: causes[
                torch.cdist(z, known, p=1).argsort()[:, :k]
            ].mean(1),
            "*long* codes": lambda z, known, causes, k=5: causes[
                (z @ known.T).topk(k).indices
            ].mean(1),
            "median": lambda *a, **k: neighbours(*a, **k).median(1).values,
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
            "ends are missing": lambda z0, z1, n: line_by_loop(z0, z1, n + 2)[
                1:-1
            ],
            "not (Z, steps)": lambda z0, z1, n: line_by_loop(z0, z1, n).T,
            "add t · (z1 - z0)": lambda z0, z1, n: (
                z0 + torch.linspace(0, 1, n)[:, None] * z1
            ),
            "One point": lambda z0, z1, n: (z0 + z1) / 2,
            "add z0": lambda z0, z1, n: line_by_loop(z0, z1, n) - z0,
            "a column": lambda z0, z1, n: (
                z0 + torch.linspace(0, 1, n) * (z1 - z0)
            ),
            "walks away": lambda z0, z1, n: line_by_loop(z0, 2 * z0 - z1, n),
            "stack the points": lambda z0, z1, n: torch.cat(
                list(line_by_loop(z0, z1, n))
            ),
            "always 9": lambda z0, z1, n: line_by_loop(z0, z1, 9),
            "in the loop": lambda z0, z1, n: z0 + 0 * (z1 - z0),
            "0.06, 0.25": lambda z0, z1, n: at_ends(
                z0, z1, torch.linspace(0, 1, n) ** 2
            ),
            "leave the straight line": lambda z0, z1, n: at_ends(
                z0, z1, torch.linspace(0, 1, n)
            ).sin(),
            "5 steps were": lambda z0, z1, n: line_by_loop(z0, z1, n - 1),
            "whole code": lambda z0, z1, n: torch.linspace(0, 1, n),
            "steps - 1": lambda z0, z1, n: at_ends(z0, z1, torch.arange(n)),
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
            "undamaged": lambda *case: (~on_ends(*case)).all(1),
            "each number": on_ends,
            "within each code": lambda *case: on_ends(*case).any(0),
            "first number": lambda *case: on_ends(*case)[:, 0],
            "the lower end only": lambda z, least, most: (z == least).any(1),
            "the upper end only": lambda z, least, most: (z == most).any(1),
            "exactly on its ends": lambda z, least, most: (
                (z < least) | (z > most)
            ).any(1),
            "all codes": lambda *case: on_ends(*case).any(),
            "Every code": lambda z, least, most: (
                (z >= least) & (z <= most)
            ).all(1),
            "hers": lambda z, *_: on_ends(z, z.amin(0), z.amax(0)).any(1),
            "near an end": lambda z, least, most: (
                ((z - least).abs() < 0.01) | ((z - most).abs() < 0.01)
            ).any(1),
            "its own number only": in_any_end,
            "overwritten": lambda *case: on_ends(*case)[:, -1],
            "*inside*": lambda *case: (~on_ends(*case)).any(1),
            "exactly one": lambda *case: on_ends(*case).sum(1) == 1,
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
            "missing": {2: 0.0027},
            "sums over": {2: 1.96, 3: 0.13},
            "one number": {k: torch.rand(1000) for k in (2, 3)},
            "worse than fewer": {2: 0.0003, 3: 0.0027},
            "mean image": {2: 0.044, 3: 0.0439},
            "too well": {2: 0.0002, 3: 0.0001},
            "clear drop": {2: 0.0034, 3: 0.003},
            "compared with itself": {2: 0.0, 3: 0.0},
            "Is it `mse`": {2: 0.05, 3: 0.0128},  # their roots
            "does the size vary": {2: 0.00065, 3: 0.00007},
            "`.item()`": {2: "0.0025", 3: "0.0002"},
            "among ['2', '3']": {str(k): 0.001 for k in (2, 3)},
        },
    ),
}
