"""Sums of a few planted directions: states whose features we know."""

from typing import NamedTuple

import torch


class Mixtures(NamedTuple):
    """States h (N, W), their features (F, W), how much of each (N, F)."""

    h: torch.Tensor
    features: torch.Tensor
    amounts: torch.Tensor


def mixtures(count, features=64, width=24, active=3, seed=0):
    """Return states that are sums of `active` of the features each.

    The features are random directions of length 1 in `width` numbers; an
    amount lies between 0.5 and 1.5. The features are the same for each count.
    """
    if not 1 <= active <= features or count < 1 or width < 1:
        raise ValueError(
            "count and width must be at least 1, active from 1 to features; "
            f"got {count}, {width}, {active} and {features}"
        )
    draw = torch.Generator().manual_seed(seed)
    rows = torch.randn(features, width, generator=draw)
    rows = rows / rows.norm(dim=1, keepdim=True)
    order = torch.rand(count, features, generator=draw).argsort(dim=1)
    sizes = 0.5 + torch.rand(count, active, generator=draw)
    amounts = torch.zeros(count, features)
    amounts = amounts.scatter(1, order[:, :active], sizes)
    return Mixtures(amounts @ rows, rows, amounts)
