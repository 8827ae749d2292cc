"""Checks of lesson 20."""

import torch

from course_utils.checks.core import check


@check(
    cases=lambda: [(torch.rand(n, 1, 5, 4),) for n in (3, 7)],
    slips={
        "One mean was taken over the whole batch: average over the pixels of "
        "each image.": lambda images: images - images.mean(),
        "The mean is missing.": lambda images: images.clone(),
    },
)
def centered_20(images):
    """Each image less its mean: (B, 1, H, W) -> (B, 1, H, W)."""
    return images - images.mean(dim=(1, 2, 3), keepdim=True)
