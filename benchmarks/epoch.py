"""One epoch over Fashion-MNIST: `fit` against the usual recipe.

The usual recipe is a DataLoader over torchvision's data set with `ToTensor`
on each image and no worker processes. Same model, batch size and optimizer,
in one run, taking turns. Usage: uv run python benchmarks/epoch.py
"""

import statistics
import tempfile
import time

import torch
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor

from course_utils.datasets import fashion as data
from course_utils.models import (
    conv_autoencoder,
    dense_autoencoder,
    reconstruction_loss,
)
from course_utils.training import fit

ROUNDS = 3


def torchvision_set(images):
    """The same images as torchvision serves them, without its files."""
    with tempfile.TemporaryDirectory() as folder:
        FashionMNIST._check_exists = lambda self: True
        FashionMNIST._load_data = lambda self: (
            images.train[:, 0].mul(255).round().byte(),
            images.train_labels,
        )
        return FashionMNIST(folder, train=True, transform=ToTensor())


def loss(model, x):
    return reconstruction_loss(model(x), x)


def usual_epoch(model, loader):
    """Seconds of one epoch of the loop that most tutorials show."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    start = time.time()
    for x, _ in loader:
        optimizer.zero_grad()
        loss(model, x).mean().backward()
        optimizer.step()
    return time.time() - start


def main():
    images = data.fashion_mnist(full=True)
    loader = DataLoader(torchvision_set(images), batch_size=128, shuffle=True)
    print(f"{'model':14} {'usual, s':>9} {'fit, s':>7} {'times as fast':>14}")
    for make in (dense_autoencoder, conv_autoencoder):
        usual, ours = [], []
        for _ in range(ROUNDS):
            usual.append(usual_epoch(make(32), loader))
            model, options = make(32), {"epochs": 1, "progress": False}
            ours.append(fit(model, images.train, loss, **options).seconds)
        a, b = statistics.median(usual), statistics.median(ours)
        print(f"{make.__name__[:14]:14} {a:9.1f} {b:7.1f} {a / b:14.1f}")


if __name__ == "__main__":
    main()
