"""Seconds from a fresh Python to the first step of training, two ways.

Usage: uv run python benchmarks/first_step.py [ROUNDS]

The course's way, as lesson 02 goes it, and the usual one (torchvision's
transforms, a DataLoader, `torch.optim.Adam`), in fresh processes, taking
turns; the images that ship. What is printed are medians of ROUNDS (5).
"""

import statistics
import subprocess
import sys

COURSE = """\
import torch
mark("import torch")
from course_utils import checks
from course_utils.datasets import fashion_mnist
from course_utils.figures import show_images
from course_utils.lessons import claim, guess, reveal
from course_utils.models import dense_autoencoder, reconstruction_loss
from course_utils.training import fit
mark("other imports")
images = fashion_mnist(quiet=True)
mark("images")
loss = lambda model, x: reconstruction_loss(model(x), x)
fit(dense_autoencoder(32), images.train[:128], loss, epochs=1, progress=False)
mark("first step")"""
USUAL = """\
import torch
mark("import torch")
import matplotlib.pyplot
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor
from course_utils.models import dense_autoencoder
mark("other imports")
from course_utils.datasets import fashion_mnist
pixels = fashion_mnist(quiet=True).train[:, 0].numpy()
mark("images")
images = [ToTensor()(image) for image in pixels[:128]]
model = dense_autoencoder(32)
adam = torch.optim.Adam(model.parameters())
for x in DataLoader(images, 128):
    torch.nn.functional.mse_loss(model(x), x).backward()
    adam.step()
mark("first step")"""
CLOCK = """\
import time
start = time.perf_counter()
def mark(name):
    print(name, time.perf_counter() - start, sep=":")
"""


def seconds(code):
    """Run code in a fresh process; return {part: seconds until its end}."""
    run = sys.executable, "-c", CLOCK + code
    text = subprocess.run(run, capture_output=True, text=True, check=True)
    lines = [line.split(":") for line in text.stdout.splitlines()]
    return {name: float(spent) for name, spent in lines}


def main():
    rounds = int(sys.argv[1]) if sys.argv[1:] else 5
    ways = {"course": COURSE, "usual": USUAL}
    spent = {name: [] for name in ways}
    for _ in range(rounds):
        for name, code in ways.items():
            spent[name].append(seconds(code))
    parts = list(spent["course"][0])
    print("seconds until the end of" + "".join(f"{p:>15}" for p in parts))
    for name, runs in spent.items():
        middle = (
            statistics.median(run[part] for run in runs) for part in parts
        )
        print(f"{name:24}" + "".join(f"{s:15.1f}" for s in middle))


if __name__ == "__main__":
    main()
