"""Principal component analysis (Pearson, 1901), and how it goes wrong."""

from numbers import Integral

import torch

ILLS = {"A": "order", "B": "mean", "C": "data", "D": "right"}
BOOT = 9  # the label of ankle boots


def pca_errors(train, test, sizes) -> dict[int, float]:
    """Return {k: mean squared error of PCA with k components on `test`}.

    train, test: (N, ...), flattened here; PCA is fitted on `train` alone.
    sizes: numbers of components, each at least 0 and at most what `train`
    has. Raises ValueError for others, and where the widths differ.
    """
    train, test = train.flatten(1), test.flatten(1)
    if train.shape[1] != test.shape[1]:
        raise ValueError(
            f"train and test must be equally wide; got {train.shape[1]} and "
            f"{test.shape[1]} numbers each"
        )
    most = min(train.shape)
    if not all(0 <= k <= most for k in sizes):
        raise ValueError(f"sizes must lie in 0 to {most}; got {list(sizes)}")
    mean = train.mean(dim=0)
    components = _directions(train - mean)
    test = test - mean
    errors = {}
    for k in sizes:
        kept = components[:k]
        errors[k] = (test - test @ kept.T @ kept).square().mean().item()
    return errors


def pca_encoder(train, k):
    """Return PCA's encoder with k components: (N, ...) -> codes (N, k).

    train: (N, ...), flattened here. Raises ValueError where `train` has
    fewer than k components, or holds NaN.
    """
    train = train.flatten(1)
    if train.isnan().any():
        raise ValueError("train holds NaN")
    if not isinstance(k, Integral) or not 1 <= k <= min(train.shape):
        raise ValueError(f"k must lie in 1 to {min(train.shape)}; got {k!r}")
    mean = train.mean(dim=0)
    components = _directions(train - mean)[:k]
    return lambda x: (x.flatten(1) - mean) @ components.T


def clinic(images, labels, k=8):
    """Return {letter: (mean (D,), components (k, D))}, one of them right.

    images (N, 1, H, W), labels (N,) with boots among them. `ILLS` says what
    is wrong: the directions of smallest variance, a mean that was not taken
    off, boots only. The first 2,000 images are used. Raises ValueError
    where k is more than the boots among them, or than pixels.
    """
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images, but {len(labels)} labels")
    x, labels = images[:2000].flatten(1), labels[:2000]
    most = min(int((labels == BOOT).sum()), x.shape[1])
    if not 1 <= k <= most:
        raise ValueError(f"k must lie in 1 to {most}; got {k}")
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
