"""Make data/fashion_mnist_small.npz from the official Fashion-MNIST files.

Usage: python tools/make_small_fashion_mnist.py

The first 1,000 training and 200 test images of every class, in the order of
the official files. The same files in give the same bytes out.
"""

import numpy as np

from course_utils.datasets import fashion as data


def first_of_each_class(labels, count):
    """Return the sorted positions of the first `count` of every class."""
    places = [np.flatnonzero(labels == c)[:count] for c in range(10)]
    return np.sort(np.concatenate(places))


def main():
    """Write the file and print its checksum."""
    full = data.fashion_mnist(full=True)
    if len(full.train) != 60_000:
        raise SystemExit("the full data set is needed; see data/README.md")
    parts = {}
    for name, count in (("train", 1_000), ("test", 200)):
        images, labels = getattr(full, name), getattr(full, f"{name}_labels")
        keep = first_of_each_class(labels.numpy(), count)
        pixels = images[keep, 0].mul(255).round().numpy().astype(np.uint8)
        parts[name] = pixels
        parts[f"{name}_labels"] = labels[keep].numpy().astype(np.uint8)
    np.savez_compressed(data.SHIPPED, **parts)
    print(data.SHIPPED.name, "sha256", data.checksum(data.SHIPPED, "sha256"))


if __name__ == "__main__":
    main()
