"""Scikit-learn's handwritten digits: a small second data set."""

import torch

from course_utils.datasets.fashion import LabelledImages

TEST = 360


def digits() -> LabelledImages:
    """1,437 training and 360 test digits (N, 1, 8, 8) in [0, 1], labelled.

    The copy of UCI's *optical recognition of handwritten digits* (Alpaydin
    and Kaynak, 1998) that comes with scikit-learn, always split alike.
    """
    from sklearn.datasets import load_digits  # slow to import

    found = load_digits()
    images = torch.from_numpy(found.images / 16).float()[:, None]
    labels = torch.from_numpy(found.target).long()
    order = torch.randperm(
        len(images), generator=torch.Generator().manual_seed(0)
    )
    images, labels = images[order], labels[order]
    return LabelledImages(
        images[TEST:], labels[TEST:], images[:TEST], labels[:TEST]
    )
