"""Image formats as rivals of a code: bits an image, and the error they make.

Images (N, 1, H, W) in [0, 1] go into one file, side by side, so that the
file's header hardly counts.
"""

import io
import math
from typing import NamedTuple

import numpy as np
import torch

# Each format with the options that make its files small. AVIF has slower
# ones still: speed 0 takes three times as long for a tenth less error.
OPTIONS = {
    "PNG": {"optimize": True},
    "JPEG": {"optimize": True},
    "WebP": {"method": 6},
    "AVIF": {"speed": 3},
}
LOSSLESS = ("PNG",)
LOWEST = {"AVIF": 3}  # below that its files grow again


class Coded(NamedTuple):
    """What became of images: bits for each, and squared error per pixel."""

    bits: float
    mse: float
    quality: int | None


def available() -> list[str]:
    """Return the formats that this Pillow can write, and name the others."""
    from PIL import features

    known = features.get_supported()  # older ones have no AVIF
    missing = [name for name in ("WebP", "AVIF") if name.lower() not in known]
    if missing:
        print(f"This Pillow cannot write {' and '.join(missing)}: left out.")
    return [name for name in OPTIONS if name not in missing]


def coded(images, name, quality=None) -> Coded:
    """Write images as one file of a format, and read it back.

    quality: 0 (smallest file) to 100; no matter for PNG, which is exact.
    Raises ValueError for an unknown format or something that is no image.
    """
    from PIL import Image

    if name not in OPTIONS:
        raise ValueError(f"no format {name!r}; there are {list(OPTIONS)}")
    _check_images(images)
    options = OPTIONS[name] | ({} if quality is None else {"quality": quality})
    pixels = (images * 255).round()
    file = io.BytesIO()
    page = sheet(pixels).to(torch.uint8).numpy()
    Image.fromarray(page).save(file, format=name, **options)
    read_back = np.array(Image.open(file).convert("L"))
    error = torch.from_numpy(read_back).float() - sheet(pixels)
    bits = 8 * file.tell() / len(images)
    return Coded(bits, (error / 255).square().mean().item(), quality)


def smallest(images, name, mse) -> Coded:
    """Return the smallest file of a format with an error of at most `mse`.

    Qualities are tried by halving the range. Where the best quality is not
    good enough, it is what comes back. Raises ValueError as `coded` does.
    """
    if not mse >= 0:
        raise ValueError(f"mse must be at least 0; got {mse}")
    if name in LOSSLESS:
        return coded(images, name)
    low, high, best = LOWEST.get(name, 0), 100, None
    if (first := coded(images, name, low)).mse <= mse:
        return first
    while high - low > 1:
        middle = (low + high) // 2
        tried = coded(images, name, middle)
        if tried.mse <= mse:
            high, best = middle, tried
        else:
            low = middle
    return best or coded(images, name, high)


def _check_images(images):
    shape = getattr(images, "shape", None)
    if shape is None or len(shape) != 4 or shape[1] != 1 or not len(images):
        got = type(images).__name__ if shape is None else tuple(shape)
        raise ValueError(f"images must have shape (N, 1, H, W); got {got}")
    if not (images.min() >= 0 and images.max() <= 1):  # NaN is neither
        raise ValueError("the pixels of images must lie in [0, 1]")


def sheet(images):
    """Lay images (N, 1, H, W) side by side, nearly square: -> (H', W').

    Empty places at the end repeat the last image, which costs few bits.
    """
    count, _, height, width = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    more = images[-1:].expand(rows * columns - count, -1, -1, -1)
    grid = torch.cat([images, more]).view(rows, columns, height, width)
    return grid.transpose(1, 2).reshape(rows * height, columns * width)
