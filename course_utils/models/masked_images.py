"""A masked autoencoder: encode the patches that are seen, fill in the rest.

An image is cut into N patches of P pixels: (B, N, P). `hidden` (B, N) is True
where a patch is hidden, the same number of times in each row.
"""

import torch
from torch import nn

from course_utils.models.attention import Block


def to_patches(images, size):
    """Cut images into patches: (B, C, H, W) -> (B, N, C * size * size).

    Patches are counted row by row, and so are the pixels of a patch. Raises
    ValueError unless `size` divides height and width.
    """
    shape = tuple(images.shape)
    if len(shape) != 4 or size < 1 or shape[2] % size or shape[3] % size:
        raise ValueError(f"{shape} does not split into patches of {size}")
    rows = images.unflatten(3, (-1, size)).unflatten(2, (-1, size))
    return rows.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def to_images(patches, height):
    """Put patches of one channel together: (B, N, S * S) -> (B, 1, H, W).

    height: of the image in pixels. Raises ValueError where patches do not
    make such an image.
    """
    size = round(patches.shape[2] ** 0.5)
    rows, rest = divmod(height, size)
    if (
        rest
        or not rows
        or size**2 != patches.shape[2]
        or (patches.shape[1] % rows)
    ):
        shape = tuple(patches.shape)
        raise ValueError(f"{shape} makes no images {height} high")
    tiles = patches.unflatten(1, (rows, -1)).unflatten(3, (size, size))
    return tiles.transpose(2, 3).flatten(3, 4).flatten(1, 2)[:, None]


def hide_patches(batch, patches, visible):
    """Hide all but `visible` patches of each image: -> (B, N), True = hidden.

    Each image gets its own, all choices alike. Draws from torch.
    """
    if not 1 <= visible < patches:
        raise ValueError(
            f"visible must lie in 1 to {patches - 1}; got {visible}"
        )
    order = torch.rand(batch, patches).argsort(dim=1)
    return order >= visible


def hidden_mse(patches_hat, patches, hidden):
    """Mean squared error of hidden patches: (B, N, P) twice, (B, N) -> (B,).

    Each row of `hidden` must hide something, or its error is NaN.
    """
    errors = (patches_hat - patches).square().mean(dim=2)
    return (errors * hidden).sum(dim=1) / hidden.sum(dim=1)


def see_patches(states, positions, hidden):
    """Add positions, then drop hidden patches: (B, N, W) -> (B, visible, W).

    positions (N, W), hidden (B, N), as many hidden in each row.
    """
    states = states + positions
    return states[~hidden].view(len(states), -1, states.shape[2])


def grid_positions(rows, columns, width):
    """A fixed vector for each place of a grid: -> (rows * columns, width).

    Sines and cosines of row and column, slow to fast, half of the numbers for
    each (Vaswani and others, 2017; He and others, 2022). Places are counted
    row by row. Raises ValueError unless 4 divides width.
    """
    if width % 4 or width < 4:
        raise ValueError(f"width must be a multiple of 4; got {width}")
    speeds = torch.logspace(-0.8, 0.3, width // 4)  # radians a patch
    down = torch.arange(rows)[:, None] * speeds
    right = torch.arange(columns)[:, None] * speeds
    down = torch.cat([down.sin(), down.cos()], dim=1)
    right = torch.cat([right.sin(), right.cos()], dim=1)
    down, right = down[:, None], right[None].expand(rows, -1, -1)
    both = torch.cat([down.expand(-1, columns, -1), right], dim=2)
    return both.flatten(0, 1)


class MaskedAutoencoder(nn.Module):
    """Encode the visible patches, fill in all (He and others, 2022).

    grid: rows and columns of patches, N in all; pixels: of a patch. The
    encoder has `layers` blocks and is given visible patches only. The decoder
    has one: it gets their states, and at each hidden place the same learnt
    *mask token*. Called with patches (B, N, P) and hidden (B, N) it gives
    patches (B, N, P). see: the function that adds positions and drops what is
    hidden.
    """

    def __init__(
        self, grid, pixels, width=64, layers=2, heads=4, see=see_patches
    ):
        super().__init__()
        self.see = see
        self.register_buffer("positions", grid_positions(*grid, width))
        self.embed = nn.Linear(pixels, width)
        self.encoder = nn.ModuleList(
            Block(width, heads) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.mask_token = nn.Parameter(0.1 * torch.randn(width))
        self.decoder = Block(width, heads)
        self.paint = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, pixels)
        )

    def forward(self, patches, hidden):
        """Patches (B, N, P), hidden (B, N) -> patches (B, N, P)."""
        return self.decode(self.encode(patches, hidden), hidden)

    def encode(self, patches, hidden):
        """States of the visible patches only: -> (B, visible, W)."""
        states = self.embed(4 * patches - 2)
        states = self.see(states, self.positions, hidden)
        return self.norm(_through(self.encoder, states))

    def decode(self, states, hidden):
        """States (B, visible, W), hidden (B, N) -> patches (B, N, P)."""
        tokens = self.mask_token.expand(*hidden.shape, -1).clone()
        tokens[~hidden] = states.flatten(0, 1)
        return self.paint(_through([self.decoder], tokens + self.positions))

    def features(self, patches):
        """The mean state of whole images: (B, N, P) -> (B, W)."""
        nothing = torch.zeros_like(patches[:, :, 0], dtype=torch.bool)
        return self.encode(patches, nothing).mean(dim=1)


def _through(blocks, states):
    keep = torch.ones_like(states[:, :, 0], dtype=torch.bool)
    for block in blocks:
        states = block(states, keep)
    return states
