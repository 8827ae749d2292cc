"""Answers to lesson 01's exercises: right ones, and slips with their words."""

import math

import torch


def line_by_loop(z0, z1, steps):
    points = [z0 + (z1 - z0) * i / (steps - 1) for i in range(steps)]
    return torch.stack(points)


def size_by_loop(errors, enough):
    for size in sorted(errors):
        if errors[size] <= enough:
            return size


def at_ends(z0, z1, t):
    return z0 + t[:, None] * (z1 - z0)


ANSWERS = {
    "compression_ratio": (
        [
            lambda shape, dim: math.prod(shape) / dim,
            lambda shape, dim: torch.zeros(shape).numel() / dim,
            lambda shape, dim: shape[0] * shape[1] * shape[2] / dim,
        ],
        {
            "upside down": lambda shape, dim: dim / math.prod(shape),
            "one side only": lambda shape, dim: shape[1] / dim,
            "the channels": lambda shape, dim: shape[1] * shape[2] / dim,
            "multiply them": lambda shape, dim: sum(shape) / dim,
            "in place of //": lambda shape, dim: math.prod(shape) // dim,
            "None": lambda shape, dim: print(math.prod(shape) / dim),
            "You rounded;": lambda shape, dim: round(math.prod(shape) / dim),
            "one shape only": lambda shape, dim: 784 / dim,
        },
    ),
    "interpolate": (
        [
            line_by_loop,
            lambda z0, z1, n: torch.lerp(
                z0, z1, torch.linspace(0, 1, n)[:, None]
            ),
            lambda z0, z1, n: at_ends(z0, z1, torch.arange(n) / (n - 1)),
        ],
        {
            "backwards": lambda z0, z1, n: line_by_loop(z1, z0, n),
            "should be z1 itself": lambda z0, z1, n: at_ends(
                z0, z1, torch.arange(n) / n
            ),
            "ends are missing": lambda z0, z1, n: line_by_loop(z0, z1, n + 2)[
                1:-1
            ],
            "(Z, steps)": lambda z0, z1, n: line_by_loop(z0, z1, n).T,
            "add t · (z1 - z0)": lambda z0, z1, n: (
                z0 + torch.linspace(0, 1, n)[:, None] * z1
            ),
            "One point": lambda z0, z1, n: (z0 + z1) / 2,
            "torch.stack": lambda z0, z1, n: list(line_by_loop(z0, z1, n)),
            "add z0": lambda z0, z1, n: line_by_loop(z0, z1, n) - z0,
        },
    ),
    "smallest_latent_dim": (
        [
            size_by_loop,
            lambda errors, enough: min(
                (k for k in errors if errors[k] <= enough), default=None
            ),
            lambda errors, enough: next(
                (k for k, e in sorted(errors.items()) if e <= enough), None
            ),
        ],
        {
            "smallest error": lambda errors, enough: min(
                errors, key=errors.get
            ),
            "largest code": lambda errors, enough: max(
                (k for k in errors if errors[k] <= enough), default=None
            ),
            "returned the error": lambda errors, enough: min(
                (e for e in errors.values() if e <= enough), default=None
            ),
            "in any order": lambda errors, enough: next(
                (k for k, e in errors.items() if e <= enough), None
            ),
            "use <=": lambda errors, enough: min(
                (k for k, e in errors.items() if e < enough), default=None
            ),
            "return None": lambda errors, enough: (
                size_by_loop(errors, enough) or -1
            ),
            "ValueError": lambda errors, enough: min(
                k for k, e in errors.items() if e <= enough
            ),
        },
    ),
}
