"""Check of lesson 00."""

import torch

from course_utils.checks.core import judge, same_as


def _brightness(images):
    return images.flatten(1).mean(dim=1)


BRIGHTNESS_CASES = [(torch.rand(n, 1, 28, 28),) for n in (3, 1, 28)]
BRIGHTNESS_SLIPS = {
    "You averaged over the whole batch; one number is wanted for each "
    "picture.": lambda images: images.mean(),
    "You summed over the pixels; the mean is wanted.": lambda images: (
        images.flatten(1).sum(dim=1)
    ),
    "You averaged over the pictures; average over the pixels of each.": (
        lambda images: images.flatten(1).mean(dim=0)
    ),
}


def brightness(attempt):
    """Judge `brightness(images)`: (B, 1, 28, 28) -> (B,)."""
    compare = same_as(_brightness, BRIGHTNESS_CASES, BRIGHTNESS_SLIPS)
    return judge("brightness", attempt, _brightness, compare)
