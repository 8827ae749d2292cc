"""Points in the plane on two half circles, one of each class."""

import math

import torch


def two_moons(n=1000, seed=0, noise=0.08):
    """Draw two moons that reach into each other: points and classes.

    Returns (n, 2), about 4 wide around 0, and (n,), 0 for the upper moon and
    1 for the lower. noise: standard deviation around the half circles. Raises
    ValueError for less than two points or a noise below 0.
    """
    if type(n) is not int or n < 2:
        raise ValueError(f"n must be a whole number of at least 2; got {n!r}")
    if not isinstance(noise, int | float) or not 0 <= noise < math.inf:
        raise ValueError(f"noise must be 0 or more; got {noise!r}")
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 2
    angle = torch.pi * torch.rand(n, generator=draw)
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], dim=1)
    points = 1.2 * torch.where(labels[:, None] == 0, upper, -upper)
    return points + noise * torch.randn(n, 2, generator=draw), labels
