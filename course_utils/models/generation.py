"""Flow matching: a network of velocities, its loss, guidance, Euler steps.

Points x are (B, D): codes of an autoencoder, flattened images, or points of
the plane. Time t runs from 0, noise from N(0, I), to 1, data, along a straight
line between the two (Lipman et al., 2023). Lesson 19 writes the parts.
"""

import torch
from torch import nn

WAVES = 4


class VelocityNet(nn.Module):
    """The velocity of points at a time, told a class or not.

    size: numbers of a point. classes: how many there are; the number `classes`
    itself says "no class", and so does leaving y out. hidden_dim, blocks: the
    width, and how many residual blocks of two layers. Raises ValueError for
    sizes below 1 and for points, times or classes of other shapes.
    """

    def __init__(self, size, classes=0, hidden_dim=192, blocks=2):
        super().__init__()
        check_least(1, size=size, hidden_dim=hidden_dim, blocks=blocks)
        check_least(0, classes=classes)
        self.size, self.classes = size, classes
        self.enter = nn.Linear(size, hidden_dim)
        self.time = nn.Linear(2 * WAVES, hidden_dim)
        self.label = nn.Embedding(classes + 1, hidden_dim)
        self.blocks = nn.ModuleList(_block(hidden_dim) for _ in range(blocks))
        self.leave = nn.Sequential(
            nn.LayerNorm(hidden_dim), nn.Linear(hidden_dim, size)
        )

    def forward(self, x, t, y=None):
        """Points (B, D), times (B,), classes (B,) -> velocities (B, D)."""
        if not all(map(torch.is_tensor, (x, t))):
            raise ValueError("x and t must be tensors, (B, D) and (B,)")
        y = torch.full_like(t, self.classes).long() if y is None else y
        if not torch.is_tensor(y) or y.is_floating_point():
            raise ValueError("y must be a tensor of whole numbers, (B,)")
        wanted = (len(x), self.size), (len(x),), (len(x),)
        if (got := tuple(tuple(part.shape) for part in (x, t, y))) != wanted:
            raise ValueError(
                f"x, t and y must have shapes (B, {self.size}), (B,) and "
                f"(B,); got {got}"
            )
        h = self.enter(x) + self.time(_waves(t)) + self.label(y)
        for block in self.blocks:
            h = h + block(h)
        return self.leave(h)


def flow_matching_loss(net, x, y=None, drop=0.1):
    """Squared error of the velocity on straight lines, (B, D) -> (B,).

    y: classes (B,); a share `drop` of them is hidden, so that the network can
    be asked without one (Ho and Salimans, 2022).
    """
    eps, t = torch.randn_like(x), torch.rand(len(x), device=x.device)
    if y is not None:
        hidden = torch.rand(len(y), device=y.device) < drop
        y = y.masked_fill(hidden, net.classes)
    velocity = net(torch.lerp(eps, x, t[:, None]), t, y)
    return (velocity - (x - eps)).square().sum(dim=1)


def guided(net, y, guidance=1.0):
    """Return the velocity (x, t) -> (B, D) that leads to classes y (B,).

    From the velocity without a class, `guidance` times the way to the velocity
    with it: 0 ignores the class, 1 is the network's own, above 1 overdoes it
    (classifier-free guidance: Ho and Salimans, 2022). Raises ValueError
    unless y are whole numbers from 0 to net.classes.
    """
    whole = torch.is_tensor(y) and not y.is_floating_point() and y.ndim == 1
    if not whole or not len(y) or not 0 <= y.min() <= y.max() <= net.classes:
        raise ValueError(
            f"y must be whole numbers (B,) from 0 to {net.classes}, which "
            "says: no class"
        )
    if not isinstance(guidance, int | float):
        raise ValueError(f"guidance must be a number; got {guidance!r}")

    @torch.no_grad()
    def velocity(x, t):
        told = net(x, t, y)
        return told if guidance == 1 else torch.lerp(net(x, t), told, guidance)

    return velocity


@torch.no_grad()
def flow_along(velocity, x, steps=20, start=0.0):
    """Take points (B, D) from time `start` to 1 by Euler steps: (B, D).

    velocity: called with points (B, D) and times (B,). Raises ValueError for
    less than one step and for a start outside of [0, 1).
    """
    check_least(1, steps=steps)
    if not isinstance(start, int | float) or not 0 <= start < 1:
        raise ValueError(f"start must be from 0 to below 1; got {start!r}")
    dt = (1 - start) / steps
    for i in range(steps):
        t = torch.full((len(x),), start + i * dt, device=x.device)
        x = x + dt * velocity(x, t)
    return x


def _block(hidden_dim):
    return nn.Sequential(
        nn.LayerNorm(hidden_dim),
        nn.Linear(hidden_dim, hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, hidden_dim),
    )


def _waves(t):
    """Times (B,) -> sines and cosines from slow to quick, (B, 2 WAVES)."""
    rates = torch.pi * 2.0 ** torch.arange(WAVES, device=t.device)
    angles = t[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def check_least(least, **numbers):
    """Raise ValueError for what is no whole number of at least `least`."""
    for name, number in numbers.items():
        if type(number) is not int or number < least:
            raise ValueError(
                f"{name} must be a whole number of at least {least}; got "
                f"{number!r}"
            )
