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
        "You took the brightest pixel; the mean of all is wanted.": (
            lambda images: images.flatten(1).amax(dim=1)
        ),
        "You took the darkest pixel; the mean of all is wanted.": (
            lambda images: images.flatten(1).amin(dim=1)
        ),
        "That is their standard deviation; their mean is wanted.": (
            lambda images: images.flatten(1).std(dim=1)
        ),
        "You averaged the squares; average the pixels as they are.": (
            lambda images: images.square().mean((1, 2, 3))
        ),
        "That is the share of lit pixels; average their brightness.": (
            lambda images: (images > 0).float().mean((1, 2, 3))
        ),
        "You took the median; the mean is wanted.": (
            lambda images: images.flatten(1).median(dim=1).values
        ),
        "Each row of pixels got a mean of its own: average over dims 1, 2 "
        "and 3.": lambda images: images.mean(dim=-1),
        "Only dim 1, the one channel, was averaged: average over dims 1, 2 "
        "and 3.": lambda images: images.mean(dim=1),
        "One image's mean came back: is the `return` inside the loop?": (
            lambda images: images[0].mean()
        ),
        "You averaged the lit pixels; the black ones belong to the mean.": (
            lambda images: images.sum((1, 2, 3)) / (images > 0).sum((1, 2, 3))
        ),
        "You divided by the count of images; divide by that of the pixels.": (
            lambda images: images.sum((1, 2, 3)) / len(images)
        ),
        "Each number holds the images before it too: start anew from 0.": (
            lambda images: images.mean((1, 2, 3)).cumsum(0)
        ),
        "`view` mixed pixels of several images: keep the batch first.": (
            lambda images: images.reshape(-1, len(images)).mean(0)
        ),
        "The pixels lie between 0 and 1 already; do not divide by 255.": (
            lambda images: images.mean((1, 2, 3)) / 255
        ),
    },
)
def brightness(images):
    """Mean of the pixels of each image: (B, 1, 28, 28) -> (B,)."""
    return images.flatten(1).mean(dim=1)
