"""Copying over a distance, and the time of a step."""

import time

import torch
from torch.nn.functional import cross_entropy

from course_utils.models.attention import Copier
from course_utils.training import fit, predict, set_seed


def signs_copied(kind, length, count=6400, seed=0):
    """Share of signs that a trained `Copier` copies: a float.

    kind: "LSTM" or "attention". It reads `length` signs of 8 kinds, then as
    many blanks, where it writes the signs. It is trained on `count` random
    sequences and asked about 1,000 new ones; guessing gives 1 in 8.
    """
    if length < 1 or count < 1:
        raise ValueError(
            f"length and count must be at least 1; got {length} and {count}"
        )
    set_seed(seed)
    model, x = Copier(kind, length), torch.randint(8, (count, length))
    options = {"epochs": 1, "batch_size": 32, "lr": 1e-2, "progress": False}
    fit(model, x, _nats, seed=seed, **options)
    new = torch.randint(8, (1000, length))
    return (predict(model, new).argmax(dim=2) == new).float().mean().item()


def step_milliseconds(layer, length, width=64, batch=16):
    """Time of one training step, forward and back, the best of three.

    layer: called with numbers (batch, length, width), returns a tensor.
    """
    x, took = torch.randn(batch, length, width), []
    for _ in range(3):
        start = time.perf_counter()
        layer(x).sum().backward()
        took.append(1000 * (time.perf_counter() - start))
    return min(took)


def _nats(model, x):
    scores = model(x).transpose(1, 2)
    return cross_entropy(scores, x, reduction="none").mean(dim=1)
