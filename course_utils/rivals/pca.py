"""PCA gone wrong in three ways, for lesson 03's clinic."""

import torch

ILLS = {"A": "order", "B": "mean", "C": "data", "D": "right"}
BOOT = 9  # the label of ankle boots


def clinic(images, labels, k=8):
    """Return {letter: (mean (D,), components (k, D))}, one of them right.

    images (N, 1, H, W), labels (N,) with boots among them. `ILLS` says what
    is wrong: the directions of smallest variance, a mean that was not taken
    off, boots only. The first 2,000 images are used.
    """
    x, labels = images[:2000].flatten(1), labels[:2000]
    mean, vt = x.mean(dim=0), _directions(x - x.mean(dim=0))
    boots = x[labels == BOOT]
    return {
        "A": (mean, vt.flip(0)[:k]),
        "B": (torch.zeros_like(mean), _directions(x)[:k]),
        "C": (boots.mean(dim=0), _directions(boots - boots.mean(dim=0))[:k]),
        "D": (mean, vt[:k]),
    }


def _directions(x):
    return torch.linalg.svd(x, full_matrices=False).Vh
