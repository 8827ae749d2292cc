"""Test error after a minute of training, 32 codes, the full Fashion-MNIST.

Usage: uv run python benchmarks/sixty_seconds.py [epochs [seed ...]]
"""

import resource
import sys

import torch

from course_utils.datasets import fashion as data
from course_utils.models import conv_autoencoder, reconstruction_loss
from course_utils.training import fit, predict


def loss(model, x):
    return reconstruction_loss(model(x), x)


def main():
    epochs, *seeds = [int(a) for a in sys.argv[1:]] or [5]
    images = data.fashion_mnist(full=True)
    print("seed  epochs  seconds  test MSE  peak memory, MB")
    for seed in seeds or [0]:
        torch.manual_seed(seed)
        model = conv_autoencoder(32)
        history = fit(
            model, images.train, loss, epochs=epochs, batch_size=64,
            lr=3e-3, seed=seed, progress=False,
        )  # fmt: skip
        error = (predict(model, images.test) - images.test).square().mean()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{seed:4}  {epochs:6}  {history.seconds:7.1f}  {error:.5f}  "
            f"{memory:15,}",
            flush=True,
        )


if __name__ == "__main__":
    main()
