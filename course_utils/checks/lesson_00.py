"""Check of lesson 00."""

import torch

from course_utils.checks.core import check, reductions


def _pixels(images):
    return images.flatten(1)


@check(
    cases=lambda: [(torch.rand(n, 1, 28, 28),) for n in (3, 28)],
    slips=reductions(_pixels, "pixels", "image", wanted="mean")
    | {
        "You averaged over the images; average over the pixels of each.": (
            lambda images: images.mean(dim=0)
        ),
        "You took the brightest pixel; the mean of all is wanted.": (
            lambda images: images.flatten(1).amax(dim=1)
        ),
        "You took the median; the mean is wanted.": (
            lambda images: images.flatten(1).median(dim=1).values
        ),
        "Each row of pixels got a mean of its own: average over dims 1, 2 "
        "and 3.": lambda images: images.mean(dim=-1),
    },
)
def brightness(images):
    """Mean of the pixels of each image: (B, 1, 28, 28) -> (B,)."""
    return images.flatten(1).mean(dim=1)
