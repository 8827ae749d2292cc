"""Check of lesson 00."""

import torch

from course_utils.checks.core import check, reductions


def _pixels(images):
    return images.flatten(1)


@check(
    cases=lambda: [  # some pixels of the first images are black
        ((torch.rand(n, 1, 28, 28) - dark).clamp(min=0),)
        for n, dark in ((3, 0.2), (28, 0))
    ],
    slips=reductions(_pixels, "pixels", "image", wanted="mean")
    | {
        "You averaged over the images; average over the pixels of each.": (
            lambda images: images.mean(dim=0)
        ),
        "Each row of pixels got a mean of its own: average over dims 1, 2 "
        "and 3.": lambda images: images.mean(dim=-1),
        "Only dim 1, the one channel, was averaged: average over dims 1, 2 "
        "and 3.": lambda images: images.mean(dim=1),
        "One image's mean came back: is the `return` inside the loop?": (
            lambda images: images[0].mean()
        ),
    },
)
def brightness(images):
    """Mean of the pixels of each image: (B, 1, 28, 28) -> (B,)."""
    return images.flatten(1).mean(dim=1)
