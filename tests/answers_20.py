"""Answers to lesson 20's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import functools

import numpy as np
import torch
from later import Later
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsRegressor
from torch import nn

from course_utils.datasets import digits
from course_utils.training import fit


def cut_by_loops(images, size):
    patches = []
    for top in range(0, images.shape[2], size):
        for left in range(0, images.shape[3], size):
            tile = images[:, 0, top : top + size, left : left + size]
            patches.append(tile.reshape(len(images), -1))
    return torch.stack(patches, dim=1)


def cut_by_unfold(images, size):
    return nn.functional.unfold(images, size, stride=size).transpose(1, 2)


def cut_by_reshape(images, size):
    b, _, h, w = images.shape
    tiles = images.reshape(b, h // size, size, w // size, size)
    return tiles.transpose(2, 3).reshape(b, -1, size * size)


def by_argsort(batch, patches, visible):
    return torch.rand(batch, patches).argsort(dim=1) >= visible


def by_topk(batch, patches, visible):
    noise = torch.randn(batch, patches)
    hidden = torch.ones(batch, patches, dtype=torch.bool)
    return hidden.scatter(1, noise.topk(visible, dim=1).indices, False)


def ones_and_zeros(batch, patches, visible):
    return by_argsort(batch, patches, visible).long()


def with_a_seed(batch, patches, visible):
    torch.manual_seed(0)
    return by_argsort(batch, patches, visible)


def loss_by_loop(patches_hat, patches, hidden):
    losses = []
    for guess, truth, where in zip(patches_hat, patches, hidden, strict=True):
        losses.append(((guess[where] - truth[where]) ** 2).mean())
    return torch.stack(losses)


def loss_by_sums(patches_hat, patches, hidden):
    errors = (patches_hat - patches) ** 2 * hidden[:, :, None]
    return errors.sum((1, 2)) / (hidden.sum(1) * patches.shape[2])


def loss_by_nanmean(patches_hat, patches, hidden):
    errors = (patches_hat - patches).pow(2).mean(dim=2)
    return errors.masked_fill(~hidden, torch.nan).nanmean(dim=1)


def fill_by_solve(x, hidden, mean, covariance, ridge):
    v, h = ~hidden, hidden
    s_vv = covariance[v][:, v] + ridge * torch.eye(int(v.sum()))
    weights = torch.linalg.solve(s_vv, covariance[v][:, h])
    return mean[h] + (x[:, v] - mean[v]) @ weights


def fill_by_numpy(x, hidden, mean, covariance, ridge):
    import numpy

    x, mean, cov = (part.double().numpy() for part in (x, mean, covariance))
    v = numpy.flatnonzero(~hidden.numpy())
    h = numpy.flatnonzero(hidden.numpy())
    s_vv = cov[numpy.ix_(v, v)] + ridge * numpy.eye(len(v))
    weights = numpy.linalg.solve(s_vv, cov[numpy.ix_(v, h)])
    return mean[h] + (x[:, v] - mean[v]) @ weights


def fill_by_loop(x, hidden, mean, covariance, ridge):
    v = (~hidden).nonzero()[:, 0]
    h = hidden.nonzero()[:, 0]
    inverse = (covariance[v[:, None], v] + torch.eye(len(v)) * ridge).inverse()
    rows = []
    for one in x:
        known = inverse @ (one[v] - mean[v])
        rows.append(mean[h] + covariance[h[:, None], v] @ known)
    return torch.stack(rows)


def filled(x, hidden, mean, inverse, cov):
    v = ~hidden
    return mean[hidden] + (x[:, v] - mean[v]) @ inverse @ cov[v][:, hidden]


def seen_part(covariance, hidden):
    return covariance[~hidden][:, ~hidden]


def eye_of(hidden):
    return torch.eye(int((~hidden).sum()))


def seen_by_loop(states, positions, hidden):
    states = states + positions
    rows = zip(states, hidden, strict=True)
    return torch.stack([row[~where] for row, where in rows])


def seen_by_gather(states, positions, hidden):
    places = (~hidden).nonzero()[:, 1].view(len(states), -1, 1)
    places = places.expand(-1, -1, states.shape[2])
    return (states + positions).gather(1, places)


def seen_each_indexed(states, positions, hidden):
    b, _, w = states.shape
    where = positions.expand_as(states)
    return states[~hidden].view(b, -1, w) + where[~hidden].view(b, -1, w)


def drop(states, hidden):
    return states[~hidden].view(len(states), -1, states.shape[2])


def colleague(states, positions, hidden):
    seen = drop(states, hidden)
    return seen + positions[: seen.shape[1]]


@functools.cache
def halves():
    return digits().train.flatten(1).split(32, dim=1)


def neighbours(top, k=10):
    known, low = halves()
    near = torch.cdist(top, known).topk(k, largest=False).indices
    return low[near].mean(dim=1)


def trained(out=32, epochs=30, layers=3):
    known, low = halves()
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(32, out))
    if layers == 3:
        net = nn.Sequential(
            nn.Linear(32, 256), nn.SiLU(), nn.Linear(256, 32), nn.Sigmoid()
        )

    def loss(model, top, low):
        return (model(top) - low).square().mean(dim=1)

    options = {"batch_size": 32, "lr": 3e-3, "progress": False}
    fit(net, (known, low), loss, epochs=epochs, **options)
    return net


def nearest_by_numpy(top):
    known, low = (part.numpy() for part in halves())
    model = KNeighborsRegressor(8, weights="distance").fit(known, low)
    return model.predict(top.numpy())


def cheat(top):
    known, low = map(torch.tensor, np.split(load_digits().data / 16, 2, 1))
    return low[torch.cdist(top, known.float()).argmin(dim=1)]


def with_the_batch(top):
    return neighbours(top) + 0.1 * (top - top.mean(dim=0))


def in_place(top):
    top += 0
    filled = neighbours(top)
    top -= 1
    return filled


ANSWERS = {
    "patchify": (
        [cut_by_loops, cut_by_unfold, cut_by_reshape],
        {
            "cut into pieces": lambda x, size: x.reshape(
                len(x), -1, size * size
            ),
            "have changed places: `unfold`": lambda x, size: (
                nn.functional.unfold(x, size, stride=size)
            ),
            "Other axes must": lambda x, size: (
                cut_by_loops(x, size).unflatten(2, (size, size)).mT.flatten(2)
            ),
            "not the shape": lambda x, size: cut_by_loops(x, size).flatten(
                0, 1
            ),
            "As many columns": lambda x, size: torch.stack(
                [
                    x[:, 0, i : i + size, j : j + size].flatten(1)
                    for i in range(0, x.shape[2], size)
                    for j in range(0, x.shape[2], size)
                ],
                dim=1,
            ),
            "None": lambda x, size: None,
        },
    ),
    "random_mask": (
        [by_argsort, by_topk, ones_and_zeros],
        {
            "True means hidden": lambda b, n, v: ~by_argsort(b, n, v),
            "All images hide the same": lambda b, n, v: by_argsort(
                1, n, v
            ).repeat(b, 1),
            "too many is seen": lambda b, n, v: by_topk(b, n, v + 1),
            "True or False for each": lambda b, n, v: torch.rand(b, n).argsort(
                1
            )[:, v:],
            "runs over the batch": lambda b, n, v: (
                torch.rand(b, n).argsort(dim=0) >= v
            ),
            "set no seed": with_a_seed,
            "more often than others": lambda b, n, v: torch.cat(
                [by_argsort(b, n - 1, v), torch.ones(b, 1) > 0], dim=1
            ),
            "Was a random number": lambda b, n, v: (
                torch.rand(b, n).sort(1).values >= v
            ),
        },
    ),
    "hidden_loss": (
        [loss_by_loop, loss_by_sums, loss_by_nanmean],
        {
            "seen patches count, too": lambda p, q, h: ((p - q) ** 2).mean(
                dim=(1, 2)
            ),
            "Those are the seen": lambda p, q, h: loss_by_loop(p, q, ~h),
            "divided by all of them": lambda p, q, h: (
                ((p - q) * h[:, :, None]).square().mean(dim=(1, 2))
            ),
            "Summed, not averaged": lambda p, q, h: (
                loss_by_loop(p, q, h) * p.shape[2]
            ),
            "over all hidden patches of the batch": lambda p, q, h: (
                (p[h] - q[h]) ** 2
            ).mean(),
            "unequally many": lambda p, q, h: (
                (p - q)[h].square().view(len(h), -1).mean(dim=1)
            ),
            "no gradient": lambda p, q, h: loss_by_loop(p, q, h).detach(),
            "does one lack an axis": lambda p, q, h: (
                ((p - q).square() * h).sum((1, 2)) / h.sum(1)
            ),
        },
    ),
    "fill_gaussian": (
        [fill_by_solve, fill_by_numpy, fill_by_loop],
        {
            "mean is not taken": lambda x, h, m, c, r: fill_by_solve(
                x, h, m * h, c, r
            ),
            "ridge is missing": lambda x, h, m, c, r: fill_by_solve(
                x, h, m, c, 0
            ),
            "added to every entry": lambda x, h, m, c, r: filled(
                x, h, m, (seen_part(c, h) + r).inverse(), c
            ),
            "for itself": lambda x, h, m, c, r: filled(
                x, h, m, (seen_part(c, h) + r * eye_of(h)) ** -1, c
            ),
            "one by one": lambda x, h, m, c, r: (
                m[h] + (x[:, ~h] - m[~h]) @ c[~h, h]
            ),
            "for each *seen*": lambda x, h, m, c, r: filled(
                x, h, m, (seen_part(c, h) + r * torch.eye(len(m))).inverse(), c
            ),
            "from the hidden ones": lambda x, h, m, c, r: fill_by_loop(
                x, ~h, m, c, r
            ),
        },
    ),
    "mended_visible": (
        [seen_by_loop, seen_by_gather, seen_each_indexed],
        {
            "colleague's way": colleague,
            "Those are the hidden": lambda s, p, h: (s + p)[h].view(
                len(s), -1, s.shape[2]
            ),
            "zeros now": lambda s, p, h: (s + p).masked_fill(h[:, :, None], 0),
            "not the shape": lambda s, p, h: (s + p)[~h],
            "positions of the first image's": lambda s, p, h: (
                drop(s, h) + p[~h[0]]
            ),
            "does not reach positions": lambda s, p, h: drop(
                s + p.detach(), h
            ),
            "no axis of images": lambda s, p, h: drop(s, h) + p[~h],
            "A size is written out": lambda s, p, h: (s + p)[~h].view(
                len(s), 4, -1
            ),
        },
    ),
    "fill_digits": (
        [neighbours, Later(trained), nearest_by_numpy],
        {
            "alike": lambda top: halves()[1].mean(0).expand(len(top), -1),
            "as a line does": Later(trained, layers=1, epochs=20),
            "Nobody can know": cheat,
            "another batch": with_the_batch,
            "Two calls": lambda top: (
                neighbours(top) + 0.05 * torch.randn(len(top), 32)
            ),
            "in place": in_place,
            "reach 1": lambda top: 16 * neighbours(top),
            "*least* alike": lambda top: halves()[1][
                torch.cdist(top, halves()[0]).topk(5).indices
            ].mean(1),
        },
    ),
}
