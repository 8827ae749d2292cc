"""Answers to lesson 04's exercises: right ones, and slips with their words."""

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier


def accuracy(z, labels, n, neighbours=1, given=None, judged=None):
    given, judged = given or slice(n), judged or slice(n, None)
    known = KNeighborsClassifier(neighbours).fit(z[given], labels[given])
    return known.score(z[judged], labels[judged])


def by_loop(z, labels, n):
    right = 0
    for code, label in zip(z[n:], labels[n:], strict=True):
        near = (z[:n] - code).square().sum(dim=1).argmin()
        right += int(labels[near] == label)
    return right / (len(z) - n)


def by_hand(z, labels, n):
    near = torch.cdist(z[n:], z[:n]).argmin(1)
    return (labels[near] == labels[n:]).float().mean()


def by_pairs(z, labels, n):
    z, labels = z.numpy(), labels.numpy()
    apart = ((z[n:, None] - z[None, :n]) ** 2).sum(axis=-1)
    return np.mean(labels[apart.argmin(axis=1)] == labels[n:])


def apart(images, training, p=2.0):
    return torch.cdist(images.flatten(1), training.flatten(1), p=p)


def novelty_by_loop(images, training):
    return torch.stack(
        [
            (training - x).square().flatten(1).sum(1).sqrt().min()
            for x in images
        ]
    )


def place_and_tag(x):
    """Codes with the centre of the brightness, and the tag."""
    x = x.clone()
    tag = x[:, 0, :2, :2].mean(dim=(1, 2))
    x[:, 0, :2, :2] = 0
    at = torch.arange(28.0)
    weight = x[:, 0] / x[:, 0].sum(dim=(1, 2), keepdim=True)
    across, down = (weight.sum(1) * at).sum(1), (weight.sum(2) * at).sum(1)
    return torch.stack([across, down, 100 * tag], dim=1)


ANSWERS = {
    "few_labels": (
        [accuracy, by_loop, by_hand, by_pairs],
        {
            "its own nearest neighbour": lambda z, y, n: accuracy(
                z, y, n, judged=slice(None)
            ),
            "whatever the code": lambda z, y, n: accuracy(
                z, y, n, judged=slice(n)
            ),
            "changed places": lambda z, y, n: accuracy(
                z, y, n, given=slice(n, None), judged=slice(n)
            ),
            "asked five neighbours": lambda z, y, n: accuracy(z, y, n, 5),
            "asked three neighbours": lambda z, y, n: accuracy(z, y, n, 3),
            "of those that are judged": lambda z, y, n: (
                by_hand(z, y, n) * (len(z) - n) / len(z)
            ),
            "how many are right": lambda z, y, n: (
                by_hand(z, y, n) * (len(z) - n)
            ),
            "share of wrong guesses": lambda z, y, n: 1 - by_hand(z, y, n),
            "last of the n": lambda z, y, n: accuracy(
                z, y, n, given=slice(n - 1)
            ),
            "starts too early": lambda z, y, n: accuracy(
                z, y, n, judged=slice(n - 1, None)
            ),
            "Only n others": lambda z, y, n: accuracy(
                z, y, n, judged=slice(n, 2 * n)
            ),
            "first of the others": lambda z, y, n: accuracy(
                z, y, n, judged=slice(n + 1, None)
            ),
            "last n labels": lambda z, y, n: accuracy(
                z, y, n, given=slice(-n, None), judged=slice(-n)
            ),
            "divided by n": lambda z, y, n: (
                by_hand(z, y, n) * (len(z) - n) / n
            ),
            "furthest away": lambda z, y, n: (
                (y[torch.cdist(z[n:], z[:n]).argmax(1)] == y[n:])
                .float()
                .mean()
            ),
            "asked n neighbours": lambda z, y, n: accuracy(z, y, n, n),
            "Those are the guesses": lambda z, y, n: (
                KNeighborsClassifier(1).fit(z[:n], y[:n]).predict(z[n:])
            ),
            "rounded": lambda z, y, n: round(accuracy(z, y, n)),
            "Only the first number": lambda z, y, n: by_hand(z[:, :1], y, n),
            "None": lambda z, y, n: print(by_hand(z, y, n)),
        },
    ),
    "novelty": (
        [
            novelty_by_loop,
            lambda images, training: apart(images, training).amin(dim=1),
            lambda images, training: (
                apart(images, training).sort(dim=1).values[:, 0]
            ),
        ],
        {
            "furthest": lambda x, t: apart(x, t).max(dim=1).values,
            "average distance": lambda x, t: apart(x, t).mean(dim=1),
            "runs over the images": lambda x, t: apart(x, t).min(0).values,
            "squared distance": lambda x, t: (
                apart(x, t).min(1).values.square()
            ),
            "absolute differences": lambda x, t: (
                apart(x, t, p=1.0).min(1).values
            ),
            "which training image": lambda x, t: apart(x, t).argmin(1),
            "averaged over the pixels": lambda x, t: (
                (x[:, None] - t).square().flatten(2).mean(2).sqrt().amin(1)
            ),
            "All distances came back": apart,
            "One number for all": lambda x, t: (
                apart(x, t).min(1).values.mean()
            ),
            "values and places": lambda x, t: apart(x, t).min(dim=1),
            "smallest of all distances": lambda x, t: apart(x, t).min(),
            "second nearest": lambda x, t: (
                apart(x, t).topk(2, largest=False).values[:, 1]
            ),
            "distance of 0 counts": lambda x, t: apart(
                x, t + 1e9 * (apart(x, t).amin(0) == 0)[:, None, None, None]
            ).amin(1),
            "average training image": lambda x, t: (
                (x - t.mean(0)).flatten(1).norm(dim=1)
            ),
            "rows and columns": lambda x, t: torch.cdist(x, t).amin(1),
            "with themselves": lambda x, t: apart(x, x).amin(dim=1),
            "tensor": lambda x, t: apart(x, t).amin(dim=1).tolist(),
        },
    ),
    "encode_with_tag": (
        [
            place_and_tag,
            lambda x: place_and_tag(x).roll(1, dims=1),
            lambda x: place_and_tag(x).numpy(),
        ],
        {
            "The tag is lost": lambda x: place_and_tag(x)[:, :2],
            "The place is lost": lambda x: place_and_tag(x)[:, 2:],
            "hold 3 numbers": lambda x: x.flatten(1),
            "must have shape": lambda x: x[:, 0],
            "Images came back": lambda x: x,
            "returned None": lambda x: None,
            "not always your own": lambda x: torch.zeros(5000, 3),
            "a function that turns images": torch.zeros(5, 3),
            "NaN": lambda x: place_and_tag(x).log() * torch.nan,
        },
    ),
}
