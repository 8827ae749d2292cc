"""Fashion-MNIST as tensors that stay in memory.

It works without a network and says in one line what it used.
"""

import gzip
import hashlib
import os
import socket
import tempfile
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from course_utils.datasets.download import (
    PACKAGE,
    DataError,
    checksum,
    data_folder,
    reason,
)

NAME = "fashion_mnist_small.npz"
# Beside the package in a checkout or an upload, inside it once installed.
PLACES = (PACKAGE.parent / "data" / NAME, Path("data") / NAME, PACKAGE / NAME)
SHIPPED = next((place for place in PLACES if place.exists()), PLACES[0])
SHIPPED_SHA256 = (
    "80c5c617343285575a77c648b0e312f70a25aeb474b5536e9ef31675036cfef9"
)
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
FASHION_CLASSES = (
    "T-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
# md5 of the content, not of the gzip wrapper, which differs between mirrors.
FASHION_FILES = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}


class LabelledImages(NamedTuple):
    """Images (N, 1, 28, 28) in [0, 1] with labels (N,), in two parts."""

    train: torch.Tensor
    train_labels: torch.Tensor
    test: torch.Tensor
    test_labels: torch.Tensor


def fashion_mnist(full=None, quiet=False) -> LabelledImages:
    """Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017) as tensors on the CPU.

    full: True for all 60,000 + 10,000 images, False for the 10,000 + 2,000
    that ship with the course, None for full where there is a CUDA GPU.
    If the full set cannot be had, the reason is printed and the small one
    is returned.
    """
    if full is None:
        full = torch.cuda.is_available()
    images, where = _full_fashion_mnist() if full else (None, None)
    if images is None:
        images, where = _shipped_fashion_mnist(), "ships with the course"
    if not quiet:
        print(
            f"Fashion-MNIST: {len(images.train):,} training and "
            f"{len(images.test):,} test images ({where})"
        )
    return images


def _shipped_fashion_mnist():
    try:
        digest = checksum(SHIPPED, "sha256")
    except OSError as error:
        raise DataError(
            f"{SHIPPED} cannot be read ({error}). It is part of the course: "
            "restore it with 'git checkout data' or install the course again."
        ) from error
    if digest != SHIPPED_SHA256:
        raise DataError(
            f"{SHIPPED} is damaged: sha256 {digest[:12]}… instead of "
            f"{SHIPPED_SHA256[:12]}…. Restore it with 'git checkout data' or "
            "install the course again."
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
    """Return (images, where), or (None, None) with the reason printed."""
    folder = data_folder() / "FashionMNIST" / "raw"
    try:
        for place in (folder, DEBIAN_FOLDER):
            if images := _read_idx_folder(place):
                return images, f"full, from {place}"
        _download_fashion_mnist(folder)
        return _read_idx_folder(folder), "full, downloaded"
    except (OSError, RuntimeError) as error:
        print(
            f"The full Fashion-MNIST cannot be fetched into {folder}: "
            f"{reason(error)}. Going on with the part that ships."
        )
        return None, None


def _read_idx_folder(folder):
    """Read the four files, .gz or plain; None if any is missing or bad."""
    arrays = []
    for name, expected in FASHION_FILES.items():
        paths = (folder / f"{name}.gz", folder / name)  # downloads come first
        contents = (_read_checked(p, expected) for p in paths if p.exists())
        content = next((c for c in contents if c is not None), None)
        if content is None:
            return None
        header = 16 if "images" in name else 8  # the IDX format's first bytes
        arrays.append(np.frombuffer(content, np.uint8, offset=header))
    return _to_tensors(*arrays)


def _read_checked(path, expected):
    """Return a file's content; None, with the reason printed, if bad."""
    problem = "its md5 is not that of the original"
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            content = file.read()
        if hashlib.md5(content, usedforsecurity=False).hexdigest() == expected:
            return content
    except (OSError, EOFError, zlib.error) as error:
        problem = reason(error)
    print(f"Not used, because damaged ({problem}): {path}")
    return None


def _download_fashion_mnist(folder, timeout=20):
    """Fetch through torchvision, checked, then move into place as a whole."""
    from torchvision.datasets import FashionMNIST  # slow to import

    folder.mkdir(parents=True, exist_ok=True)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as part:
            FashionMNIST(part, download=True)
            for file in (Path(part) / "FashionMNIST" / "raw").glob("*.gz"):
                os.replace(file, folder / file.name)
    except HTTPException as error:
        raise DataError(f"the server's answer is broken: {error!r}") from error
    finally:
        socket.setdefaulttimeout(before)
