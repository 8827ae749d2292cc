"""Checks of lesson 01."""

import torch

from course_utils.checks.core import check, mutants
from course_utils.checks.legacy import in_turn, judge, same_as


def _compression_ratio(image_shape, latent_dim):
    channels, height, width = image_shape
    return channels * height * width / latent_dim


RATIO_CASES = [((3, 32, 48), 5), ((1, 28, 28), 2), ((1, 9, 5), 45)]
RATIO_SLIPS = {
    "The ratio is upside down: divide the picture by the code.": (
        lambda shape, dim: dim / (shape[0] * shape[1] * shape[2])
    ),
    "You counted one side only; a picture has height times width numbers.": (
        lambda shape, dim: shape[1] / dim
    ),
    "You left out the channels: a colour picture has three.": (
        lambda shape, dim: shape[1] * shape[2] / dim
    ),
    "You added the sides; multiply them.": (
        lambda shape, dim: sum(shape) / dim
    ),
    "You rounded down: use / in place of //.": (
        lambda shape, dim: shape[0] * shape[1] * shape[2] // dim
    ),
    "You rounded; return the ratio as it is.": (
        lambda shape, dim: round(shape[0] * shape[1] * shape[2] / dim)
    ),
    "784 is one shape only; use image_shape.": lambda shape, dim: 784 / dim,
}


def compression_ratio(attempt):
    """Judge `compression_ratio(image_shape, latent_dim)` -> float."""
    compare = same_as(_compression_ratio, RATIO_CASES, RATIO_SLIPS)
    return judge("compression_ratio", attempt, _compression_ratio, compare)


def _line(z0, z1, steps, first=0, last=0, ends=lambda z0, z1: (z0, z1)):
    """Return points on a line; `first` and `last` leave out that many."""
    z0, z1 = ends(z0, z1)
    t = torch.linspace(0, 1, steps + first + last)[first:][:steps, None]
    return (1 - t) * z0 + t * z1


@check(
    cases=lambda: [
        (torch.randn(dim), torch.randn(dim), steps)
        for dim, steps in ((3, 5), (1, 2), (8, 11))
    ],
    slips=mutants(
        _line,
        {
            "The line runs backwards: it should start at z0.": {
                "ends": lambda z0, z1: (z1, z0)
            },
            "The last point should be z1 itself: both ends belong to it.": {
                "last": 1
            },
            "The first point should be z0 itself: both ends belong to it.": {
                "first": 1
            },
            "The ends are missing: t should run from 0 to 1, both included.": {
                "first": 1,
                "last": 1,
            },
            "You added t · z1 to z0; add t · (z1 - z0).": {
                "ends": lambda z0, z1: (z0, z0 + z1)
            },
            "It starts at 0 and not at z0: add z0.": {
                "ends": lambda z0, z1: (0 * z0, z1 - z0)
            },
            "The first point should be z0; the share of z0 is 1 - t.": {
                "ends": lambda z0, z1: (0 * z0, z0 + z1)
            },
        },
    )
    | {
        "Steps should run along the first axis: (steps, Z), not (Z, steps).": (
            lambda z0, z1, steps: _line(z0, z1, steps).T
        ),
        "One point came back; `steps` of them are wanted: give t a column, "
        "`t[:, None]`.": lambda z0, z1, steps: (z0 + z1) / 2,
    },
)
def interpolate(z0, z1, steps):
    """Points on the line between two codes: (Z,), (Z,) -> (steps, Z)."""
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t) * z0 + t * z1


def _smallest_latent_dim(errors, enough):
    good = [dim for dim, error in errors.items() if error <= enough]
    return min(good, default=None)


SIZE_CASES = [
    ({8: 0.2, 2: 0.2, 4: 0.1, 1: 0.9}, 0.25),
    ({1: 0.9, 2: 0.5, 4: 0.3}, 0.5),
]
SIZE_SLIPS = {
    "You took the smallest error; the smallest code is wanted.": (
        lambda errors, enough: min(errors, key=errors.get)
    ),
    "You took the largest code that will do; the smallest is wanted.": (
        lambda errors, enough: max(
            (d for d, e in errors.items() if e <= enough), default=None
        )
    ),
    "You returned the error; the size of the code is wanted.": (
        lambda errors, enough: min(
            (e for e in errors.values() if e <= enough), default=None
        )
    ),
    "You took the first that will do; the sizes come in any order.": (
        lambda errors, enough: next(
            (d for d, e in errors.items() if e <= enough), None
        )
    ),
    "At most `enough` includes `enough` itself: use <=.": (
        lambda errors, enough: min(
            (d for d, e in errors.items() if e < enough), default=None
        )
    ),
}


def smallest_latent_dim(attempt):
    """Judge `smallest_latent_dim(errors, enough)` -> int or None."""

    def none_will_do(function):
        if function({16: 0.7, 3: 0.8}, 0.5) is not None:
            return "When no code will do, return None."

    compare = same_as(_smallest_latent_dim, SIZE_CASES, SIZE_SLIPS)
    find = in_turn(compare, none_will_do)
    return judge("smallest_latent_dim", attempt, _smallest_latent_dim, find)
