"""Damage to images (B, 1, H, W), for networks that learn to mend it."""

import torch


def salt_and_pepper(x, share=0.2):
    """Set a share of the pixels to 0 or 1, with equal chance.

    Raises ValueError for a share outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1; got {share}")
    hit = torch.rand_like(x) < share
    return torch.where(hit, torch.rand_like(x).round(), x)


def erase_patch(x, side=10):
    """Set one square of side x side pixels to 0, elsewhere in each image.

    Raises ValueError when x is not (B, C, H, W) or the square does not fit.
    """
    if x.ndim != 4:
        raise ValueError(
            f"images (B, C, H, W) are wanted; got {tuple(x.shape)}"
        )
    if side not in range(1, min(x.shape[2:]) + 1):
        raise ValueError(
            f"side must be a whole number from 1 to {min(x.shape[2:])}; got "
            f"{side}"
        )
    rows, columns = (_window(len(x), size, side, x) for size in x.shape[2:])
    return x.masked_fill(rows[:, None, :, None] & columns[:, None, None], 0)


def _window(count, size, side, x):
    """Mark `side` neighbours out of `size`, drawn anew: (count, size)."""
    start = torch.randint(size - side + 1, (count, 1), device=x.device)
    place = torch.arange(size, device=x.device)
    return (place >= start) & (place < start + side)
