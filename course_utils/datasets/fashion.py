"""Fashion-MNIST as tensors that stay in memory.

It works without a network and says in one line what it used.
"""

import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from course_utils.datasets.download import (
    PACKAGE,
    DataError,
    data_folder,
    find_or_download,
    problem_with,
    reason,
)

NAME = "fashion_mnist_small.npz"
# Beside the package in a checkout or an upload, inside it once installed.
PLACES = (PACKAGE.parent / "data" / NAME, Path("data") / NAME, PACKAGE / NAME)
SHIPPED = next((place for place in PLACES if place.exists()), PLACES[0])
SHIPPED_DIGEST = (
    "sha256:80c5c617343285575a77c648b0e312f70a25aeb474b5536e9ef31675036cfef9"
)
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
FASHION_CLASSES = (
    "T-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
FOLDER = "FashionMNIST/raw"  # in the data folder, as torchvision has it
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
    "data/fashion/",
)
# Of the content, not of the gzip wrapper, which differs between mirrors.
FASHION_FILES = {
    "train-images-idx3-ubyte": "md5:f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "md5:9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "md5:8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "md5:15d484375f8d13e6eb1aabb0c3f46965",
}


class LabelledImages(NamedTuple):
    """Images (N, 1, 28, 28) in [0, 1] with labels (N,), in two parts."""

    train: torch.Tensor
    train_labels: torch.Tensor
    test: torch.Tensor
    test_labels: torch.Tensor


def fashion_mnist(full=False, quiet=False) -> LabelledImages:
    """Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017) as tensors on the CPU.

    full: False for the 10,000 + 2,000 images that ship with the course, True
    for all 60,000 + 10,000. If the full set cannot be had, the reason is
    printed and the small one is returned.
    """
    images = _full_fashion_mnist() if full else None
    where = "the full set" if images else "ships with the course"
    images = images or _shipped_fashion_mnist()
    if not quiet:
        print(
            f"Fashion-MNIST: {len(images.train):,} training and "
            f"{len(images.test):,} test images ({where})"
        )
    return images


def _shipped_fashion_mnist():
    problem = problem_with(SHIPPED, SHIPPED_DIGEST)
    if problem:
        raise DataError(
            f"{SHIPPED} is missing or damaged ({problem}). It is part of the "
            "course: restore it with 'git checkout data', upload the folder "
            "data again or install the course again."
        )
    with np.load(SHIPPED) as parts:
        return _to_tensors(*(parts[name] for name in LabelledImages._fields))


def _to_tensors(train, train_labels, test, test_labels):
    def images(pixels):
        pixels = torch.from_numpy(pixels.reshape(-1, 1, 28, 28).copy())
        return pixels.float().div_(255)

    def labels(numbers):
        return torch.from_numpy(numbers.astype(np.int64))

    return LabelledImages(
        images(train), labels(train_labels), images(test), labels(test_labels)
    )


def _full_fashion_mnist():
    """Return all images, or None with the reason printed."""
    try:
        return _to_tensors(*map(_read_idx, FASHION_FILES))
    except (OSError, DataError) as error:
        print(
            f"The full Fashion-MNIST is not here: {reason(error)}. "
            "Going on with the part that ships."
        )
        return None


def _read_idx(name):
    """Return what is in one of the four files: bytes, without the header."""
    plain = data_folder() / FOLDER / name
    path = find_or_download(
        f"{FOLDER}/{name}.gz",
        FASHION_FILES[name],
        [f"{mirror}{name}.gz" for mirror in MIRRORS],
        also=(plain, DEBIAN_FOLDER / f"{name}.gz"),
    )
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        header = 16 if "images" in name else 8  # the IDX format's first bytes
        return np.frombuffer(file.read(), np.uint8, offset=header)
