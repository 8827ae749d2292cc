"""How seconds and memory grow with the images: 6,000, 18,000 and 60,000.

Usage: uv run python benchmarks/growth.py [IMAGES ...]

Each job runs in a process of its own. Memory is the job's peak less what lay
in memory before it (torch, the images); Linux counts it. The images are a part
of all of Fashion-MNIST, or, where only 10,000 are to be had, of those.
"""

import subprocess
import sys
import time
from pathlib import Path

import torch

from course_utils.datasets import fashion_mnist
from course_utils.measures import sample_quality
from course_utils.models import (
    conv_autoencoder,
    dense_autoencoder,
    reconstruction_loss,
)
from course_utils.rivals import detectors
from course_utils.rivals.pca import pca_encoder
from course_utils.training import fit, predict

SIZES = 6_000, 18_000, 60_000


def loss(model, x):
    """Squared error of a copy, one an image."""
    return reconstruction_loss(model(x), x)


def dense_epoch(x):
    """One epoch of the dense autoencoder."""
    fit(dense_autoencoder(32), x, loss, epochs=1, progress=False)


def conv_epoch(x):
    """One epoch of the convolutional autoencoder."""
    fit(conv_autoencoder(32), x, loss, epochs=1, progress=False)


def encode(x):
    """All images through an encoder."""
    predict(conv_autoencoder(32).encode, x)


def pca(x):
    """PCA with 32 components."""
    pca_encoder(x, 32)


def quality(x):
    """1,000 samples judged beside all images, in 64 features."""
    points = x.flatten(1)[:, ::12][:, :64]
    sample_quality(points, points[:1000] + 0.01)


def nearest(x):
    """The nearest of all images for 1,000 new ones, pixel by pixel."""
    x = x.flatten(1)
    detectors.nearest(x[:1000], x, n=len(x))


JOBS = {
    job.__name__: job
    for job in (dense_epoch, conv_epoch, encode, pca, quality, nearest)
}


def peak():
    """Return the most megabytes in use since the count began anew."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = dict(line.split(":", 1) for line in lines)["VmHWM"]
    return int(kilobytes.split()[0]) / 1024


def alone(name, size):
    """Run one job in this process and print its seconds and megabytes."""
    x = fashion_mnist(full=True, quiet=True).train[:size].clone()
    fit(dense_autoencoder(2), x[:64], loss, epochs=1, progress=False)
    Path("/proc/self/clear_refs").write_text("5")  # count the peak anew
    before, start = peak(), time.perf_counter()
    JOBS[name](x)
    print(time.perf_counter() - start, peak() - before)


def main():
    sizes = [int(a) for a in sys.argv[1:]] or SIZES
    titles = "".join(f"{size:>14,} images" for size in sizes)
    print(f"{'':12}{titles}   seconds | MB more")
    for name in JOBS:
        print(f"{name:12}", end="")
        for size in sizes:
            run = sys.executable, __file__, name, str(size)
            text = subprocess.run(run, capture_output=True, text=True)
            if text.returncode:
                print(f"{f'ended by {text.returncode}':>21}", end="")
                continue
            seconds, memory = map(float, text.stdout.split())
            print(f"{seconds:12.1f} | {memory:6,.0f}", end="", flush=True)
        print()


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in JOBS:
        torch.manual_seed(0)
        alone(sys.argv[1], int(sys.argv[2]))
    else:
        main()
