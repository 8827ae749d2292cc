"""Draw .github/picture.png, the picture of the README, as lesson 01 does.

Usage: uv run python tools/make_picture.py
"""

from pathlib import Path

import matplotlib
import torch
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from torch import nn

from course_utils.datasets import made_world
from course_utils.datasets.shapes import KINDS
from course_utils.figures.style import COLORS, MARKERS, STYLE
from course_utils.models import Autoencoder, reconstruction_loss
from course_utils.training import fit, predict

PLACE = Path(__file__).resolve().parent.parent / ".github" / "picture.png"


def train():
    """Return lesson 01's network, trained on shapes, and unseen shapes."""
    causes = ("size", "angle", "kind")
    torch.manual_seed(0)
    model = Autoencoder(
        nn.Sequential(
            nn.Flatten(), nn.Linear(784, 256), nn.SiLU(),
            nn.Linear(256, 64), nn.SiLU(), nn.Linear(64, 2),
        ),
        nn.Sequential(
            nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 256), nn.SiLU(),
            nn.Linear(256, 784), nn.Unflatten(1, (1, 28, 28)),
        ),
    )  # fmt: skip
    fit(
        model, made_world(4000, causes, seed=0).images,
        lambda model, x: reconstruction_loss(model(x), x),
        epochs=20, batch_size=64, lr=5e-3,
    )  # fmt: skip
    return model, made_world(1000, causes, seed=100)


def far_apart(z, candidates, count):
    """Return positions of candidates that are far from each other."""
    chosen = candidates[:1]
    while len(chosen) < count:
        distance = torch.cdist(z[candidates], z[chosen]).amin(dim=1)
        chosen = torch.cat([chosen, candidates[distance.argmax()][None]])
    return chosen.tolist()


def main():
    """Train, draw, save."""
    model, world = train()
    z, kind = predict(model.encode, world.images), world.causes[:, 2]
    z = (z - z.mean(0)) / z.std(0)
    with matplotlib.rc_context(STYLE):
        figure = Figure((9, 4.2), layout="constrained")
        axes = figure.subplots()
        for k, name in enumerate(KINDS):
            points = z[kind == k].T
            axes.scatter(
                *points, s=16, color=COLORS[k], marker=MARKERS[k], label=name
            )
            members = (kind == k).nonzero().flatten()
            for i in far_apart(z, members, (3, 5, 16)[k]):
                image = world.images[i, 0].numpy()
                box = OffsetImage(image, cmap="gray", zoom=1)
                axes.add_artist(AnnotationBbox(box, z[i].tolist(), pad=0.1))
        axes.set(xlabel="first number kept", ylabel="second number kept")
        axes.margins(0.08)
        axes.legend(title="kind, never told", loc="best")
        figure.savefig(PLACE, dpi=110)


if __name__ == "__main__":
    main()
