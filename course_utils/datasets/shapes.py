"""A made world: images of one shape whose hidden causes are known."""

import math
from typing import NamedTuple

import torch

KINDS = ("disk", "square", "bar")
CAUSES = {
    "x": (6.0, 21.0),
    "y": (6.0, 21.0),
    "size": (2.5, 5.0),
    "angle": (0.0, math.pi),
    "kind": (0, 2),
}


class World(NamedTuple):
    """Images (N, 1, S, S) in [0, 1] and the causes (N, K) behind them."""

    images: torch.Tensor
    causes: torch.Tensor
    names: tuple[str, ...]


def draw_shapes(x, y, size=4.0, angle=0.0, kind=0, image_size=28):
    """Draw one soft white shape an image: numbers or (N,) -> (N, 1, S, S).

    x, y and size (half the width) are in pixels, angle is in radians, kind
    counts through `KINDS`. Pixels lie in [0, 1]; edges are soft. Raises
    ValueError if one of them is no number or the tensors differ in length.
    """
    given = {"x": x, "y": y, "size": size, "angle": angle, "kind": kind}
    causes = [_numbers(name, value) for name, value in given.items()]
    if len({len(c) for c in causes} - {1}) > 1:
        lengths = [len(c) for c in causes]
        raise ValueError(
            f"one number each, or equally many; got {lengths} of "
            f"{', '.join(given)}"
        )
    causes = torch.broadcast_tensors(*causes)
    x, y, size, angle, kind = (c[:, None, None] for c in causes)
    pixel = torch.arange(image_size).float()
    right, down = pixel[None, None, :] - x, pixel[None, :, None] - y
    u = (right * angle.cos() + down * angle.sin()).abs()
    v = (down * angle.cos() - right * angle.sin()).abs()
    outside = torch.stack(
        [
            (right**2 + down**2).sqrt() - size,
            torch.maximum(u, v) - 0.85 * size,
            torch.maximum(u - 1.4 * size, v - 0.4 * size),
        ]
    )  # signed distance to each kind's edge, (3, N, S, S)
    kind = kind.long().expand_as(outside[0])[None]
    return torch.sigmoid(-outside.gather(0, kind)).transpose(0, 1)


def made_world(n=5000, causes=("x", "y"), seed=0) -> World:
    """Make images of one shape whose hidden causes are known.

    causes: which of x, y, size, angle and kind vary, drawn evenly from
    `CAUSES`; the others stay as `draw_shapes` has them. The same seed gives
    the same world.
    """
    unknown = set(causes) - set(CAUSES)
    if unknown or not causes or len(set(causes)) < len(causes):
        raise ValueError(
            f"causes must be some of {', '.join(CAUSES)}, each once; got "
            f"{causes!r}"
        )
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"a world needs at least one image; got n={n!r}")
    generator = torch.Generator().manual_seed(seed)
    columns = {name: _draw_cause(name, n, generator) for name in causes}
    images = draw_shapes(**({"x": 13.5, "y": 13.5} | columns))
    return World(images, torch.stack(list(columns.values()), 1), tuple(causes))


def tagged_world(n=5000, seed=0) -> World:
    """Make a world of disks of which half carry a tag; causes x, y, tag.

    The tag is a grey square of 2 x 2 pixels in the upper left corner, on
    (1) or off (0) whatever the place of the disk is.
    """
    images, causes, names = made_world(n, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    tag = torch.randint(0, 2, (n,), generator=generator).float()
    images[:, 0, :2, :2] = torch.maximum(
        images[:, 0, :2, :2], 0.6 * tag[:, None, None]
    )
    return World(images, torch.column_stack([causes, tag]), (*names, "tag"))


def line_world(n=5000, seed=0, image_size=28) -> World:
    """Make images of one bright line; causes angle and distance.

    The line crosses the whole image, `distance` pixels from its middle, and
    is about 2.4 pixels wide. Its normal has the angle, in radians, to the
    x axis. Pixels have 8 bits, as in a file: a glow that nobody can see would
    tell where the line is. The same seed gives the same world.
    """
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"a world needs at least one image; got n={n!r}")
    draw = torch.rand(2, n, generator=torch.Generator().manual_seed(seed))
    angle, distance = math.pi * draw[0], image_size / 3 * (2 * draw[1] - 1)
    place = torch.arange(image_size) - (image_size - 1) / 2
    across = (
        place * angle.cos()[:, None, None]
        + place[:, None] * angle.sin()[:, None, None]
        - distance[:, None, None]
    )  # distance of each pixel from the line, (N, S, S)
    images = torch.sigmoid(3 * (1.2 - across.abs()))[:, None]
    images = (255 * images).round() / 255
    causes = torch.stack([angle, distance], dim=1)
    return World(images, causes, ("angle", "distance"))


def _numbers(name, value):
    try:
        return torch.as_tensor(value).float().reshape(-1)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(
            f"{name} must be a number or a tensor of numbers; got {value!r}"
        ) from None


def _draw_cause(name, n, generator):
    low, high = CAUSES[name]
    if name == "kind":
        return torch.randint(low, high + 1, (n,), generator=generator).float()
    return low + (high - low) * torch.rand(n, generator=generator)
