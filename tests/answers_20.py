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


def cut_by_windows(images, size):
    tiles = images[:, 0].unfold(1, size, size).unfold(2, size, size)
    return tiles.flatten(3).flatten(1, 2)


def cut_by_einsum(images, size):
    tiles = images[:, 0].unflatten(2, (-1, size)).unflatten(1, (-1, size))
    return torch.einsum("brics->brcis", tiles).flatten(3).flatten(1, 2)


def cut_by_numpy(images, size):
    b, _, h, w = images.shape
    tiles = images.numpy().reshape(b, h // size, size, w // size, size)
    tiles = tiles.transpose(0, 1, 3, 2, 4).reshape(b, -1, size**2)
    return torch.from_numpy(tiles)


def cut_by_convolution(images, size):
    one_hot = torch.eye(size**2, dtype=torch.float64)
    kernels = one_hot.view(-1, 1, size, size)
    tiles = nn.functional.conv2d(images.double(), kernels, stride=size)
    return tiles.flatten(2).mT


def other_axes(images, size, a, b):
    tiles = images[:, 0].unflatten(2, (-1, size)).unflatten(1, (-1, size))
    return tiles.transpose(a, b).flatten(3).flatten(1, 2)


def by_argsort(batch, patches, visible):
    return torch.rand(batch, patches).argsort(dim=1) >= visible


def by_two_sorts(batch, patches, visible):
    noise = torch.rand(batch, patches)
    return noise.argsort(dim=1).argsort(dim=1) >= visible


def by_topk(batch, patches, visible):
    noise = torch.randn(batch, patches)
    hidden = torch.ones(batch, patches, dtype=torch.bool)
    return hidden.scatter(1, noise.topk(visible, dim=1).indices, False)


def by_randperm(batch, patches, visible):
    rows = [torch.randperm(patches) < patches - visible for _ in range(batch)]
    return torch.stack(rows)


def by_threshold(batch, patches, visible):
    noise = torch.rand(batch, patches)
    return noise >= noise.sort(dim=1).values[:, visible, None]


def by_multinomial(batch, patches, visible):
    places = torch.multinomial(torch.ones(batch, patches), patches - visible)
    return torch.zeros(batch, patches).scatter(1, places, 1).bool()


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


def loss_by_where(patches_hat, patches, hidden):
    errors = nn.functional.mse_loss(patches_hat, patches, reduction="none")
    errors = torch.where(hidden, errors.mean(-1), 0.0)
    return errors.sum(-1) / hidden.float().sum(-1)


def loss_by_nanmean(patches_hat, patches, hidden):
    errors = (patches_hat - patches).pow(2).mean(dim=2)
    return errors.masked_fill(~hidden, torch.nan).nanmean(dim=1)


def errors_of(patches_hat, patches):
    return ((patches_hat - patches) ** 2).mean(dim=2)


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


def fill_ridged_first(x, hidden, mean, covariance, ridge):
    both = covariance + ridge * torch.eye(len(mean))
    return fill_by_solve(x, hidden, mean, both, 0.0)


def fill_by_double(x, hidden, mean, covariance, ridge):
    parts = (part.double() for part in (mean, covariance))
    v, (mean, covariance) = ~hidden, parts
    s_vv = covariance[v][:, v].clone()
    s_vv.diagonal().add_(ridge)
    factor = torch.linalg.cholesky(s_vv)
    weights = torch.cholesky_solve(covariance[v][:, hidden], factor)
    return mean[hidden] + (x.double()[:, v] - mean[v]) @ weights


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


def seen_by_reshape(states, positions, hidden):
    kept = (states + positions[None])[~hidden]
    return kept.reshape(states.shape[0], -1, states.shape[-1])


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


def kernel(top):
    known, low = halves()
    return (-8 * torch.cdist(top, known) ** 2).softmax(dim=1) @ low


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
        [
            cut_by_loops,
            cut_by_unfold,
            cut_by_reshape,
            cut_by_windows,
            cut_by_einsum,
            cut_by_numpy,
            cut_by_convolution,
        ],
        {
            "rows of the images again": lambda x, size: (
                (x[:, 0].unflatten(2, (-1, size)).unflatten(1, (-1, size)))
                .flatten(3)
                .flatten(1, 2)
            ),
            "cut into pieces": lambda x, size: x.reshape(
                len(x), -1, size * size
            ),
            "counted column by column": lambda x, size: (
                (x[:, 0].unfold(2, size, size).unfold(1, size, size))
                .transpose(1, 2)
                .mT.flatten(3)
                .flatten(1, 2)
            ),
            "have changed places, of the patches": lambda x, size: (
                cut_by_loops(x.mT, size)
            ),
            "read column by column": lambda x, size: (
                cut_by_loops(x, size).unflatten(2, (size, size)).mT.flatten(2)
            ),
            "`unfold` gives": lambda x, size: nn.functional.unfold(
                x, size, stride=size
            ),
            "overlap": lambda x, size: nn.functional.unfold(x, size).mT,
            "still squares": lambda x, size: cut_by_loops(x, size).unflatten(
                2, (size, size)
            ),
            "one long list": lambda x, size: cut_by_loops(x, size).flatten(
                0, 1
            ),
            "axis of the channel": lambda x, size: cut_by_loops(x, size)[
                :, None
            ],
            "lie apart": lambda x, size: torch.stack(
                [
                    x[
                        :, 0, i :: x.shape[2] // size, j :: x.shape[3] // size
                    ].flatten(1)
                    for i in range(x.shape[2] // size)
                    for j in range(x.shape[3] // size)
                ],
                dim=1,
            ),
            "Other axes must": lambda x, size: other_axes(x, size, 1, 2),
            "A reshape does not swap": lambda x, size: nn.functional.unfold(
                x, size, stride=size
            ).reshape(len(x), -1, size * size),
            "not at pixel i": lambda x, size: torch.stack(
                [
                    x[:, 0, i : i + size, j : j + size].flatten(1)
                    for i in range(x.shape[2] // size)
                    for j in range(x.shape[3] // size)
                ],
                dim=1,
            ),
            "Height and width differ": lambda x, size: x.view(
                -1, x.shape[3] // size, size, x.shape[3] // size, size
            ).transpose(2, 3),
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
        [
            by_argsort,
            by_two_sorts,
            by_topk,
            by_randperm,
            by_threshold,
            by_multinomial,
            ones_and_zeros,
        ],
        {
            "True means hidden": lambda b, n, v: ~by_argsort(b, n, v),
            "differs from row to row": lambda b, n, v: (
                torch.rand(b, n) < (n - v) / n
            ),
            "All images hide the same": lambda b, n, v: by_argsort(
                1, n, v
            ).repeat(b, 1),
            "at each call the same": lambda b, n, v: (
                torch.arange(n) >= v
            ).repeat(b, 1),
            "too many is seen": lambda b, n, v: by_topk(b, n, v + 1),
            "drawn twice": lambda b, n, v: (
                torch.zeros(b, n)
                .scatter(1, torch.randint(n, (b, n - v)), 1)
                .bool()
            ),
            "random order itself": lambda b, n, v: torch.rand(b, n).argsort(1),
            "True or False for each": lambda b, n, v: torch.rand(b, n).argsort(
                1
            )[:, v:],
            "mask of one image": lambda b, n, v: torch.randperm(n) >= v,
            "runs over the batch": lambda b, n, v: (
                torch.rand(b, n).argsort(dim=0) >= v
            ),
            "set no seed": with_a_seed,
            "fewer are seen": lambda b, n, v: torch.ones(b, n).scatter(
                1, torch.randint(n, (b, v)), 0
            ),
            "the wrong way round": lambda b, n, v: (
                torch.rand(b, n).argsort(1) <= v
            ),
            "Too few choices": lambda b, n, v: torch.stack(
                [
                    (torch.arange(n) >= v).roll(int(torch.randint(n, (1,))))[
                        torch.tensor([*range(0, n, 2), *range(1, n, 2)])
                    ]
                    for _ in range(b)
                ]
            ),
            "more often than others": lambda b, n, v: torch.cat(
                [by_argsort(b, n - 1, v), torch.ones(b, 1) > 0], dim=1
            ),
            "one patch too few is taken": lambda b, n, v: by_topk(
                b, n, n - v + 1
            ),
            "Was a random number": lambda b, n, v: (
                torch.rand(b, n).sort(1).values >= v
            ),
        },
    ),
    "hidden_loss": (
        [loss_by_loop, loss_by_sums, loss_by_where, loss_by_nanmean],
        {
            "seen patches count, too": lambda p, q, h: ((p - q) ** 2).mean(
                dim=(1, 2)
            ),
            "Those are the seen": lambda p, q, h: loss_by_loop(p, q, ~h),
            "divided by all of them": lambda p, q, h: (
                ((p - q) * h[:, :, None]).square().mean(dim=(1, 2))
            ),
            "patches are added up": lambda p, q, h: (errors_of(p, q) * h).sum(
                1
            ),
            "pixels are added up; take their": lambda p, q, h: (
                loss_by_loop(p, q, h) * p.shape[2]
            ),
            "over all hidden patches of the batch": lambda p, q, h: (
                (p[h] - q[h]) ** 2
            ).mean(),
            "for the whole batch": lambda p, q, h: loss_by_loop(
                p, q, h
            ).mean(),
            "for each patch": lambda p, q, h: errors_of(p, q) * h,
            "errors of two signs": lambda p, q, h: (
                ((p - q).mean(2) ** 2 * h).sum(1) / h.sum(1)
            ),
            "absolute": lambda p, q, h: (
                ((p - q).abs().mean(2) * h).sum(1) / h.sum(1)
            ),
            "unequally many": lambda p, q, h: (
                (p - q)[h].square().view(len(h), -1).mean(dim=1)
            ),
            "no gradient": lambda p, q, h: loss_by_loop(p, q, h).detach(),
            "The root": lambda p, q, h: loss_by_loop(p, q, h).sqrt(),
            "an axis less": lambda p, q, h: (
                ((p - q).square() * h).sum((1, 2)) / h.sum(1)
            ),
            "the first image's": lambda p, q, h: (
                (errors_of(p, q) * h).sum(1) / h[0].sum()
            ),
            "in the whole batch": lambda p, q, h: (
                (errors_of(p, q) * h).sum(1) / h.sum()
            ),
            "guess alone is masked": lambda p, q, h: (
                errors_of(p * h[:, :, None], q).sum(1) / h.sum(1)
            ),
        },
    ),
    "fill_gaussian": (
        [
            fill_by_solve,
            fill_by_numpy,
            fill_by_loop,
            fill_ridged_first,
            fill_by_double,
        ],
        {
            "mean is not taken": lambda x, h, m, c, r: fill_by_solve(
                x, h, m * h, c, r
            ),
            "not added at the end": lambda x, h, m, c, r: fill_by_solve(
                x, h, m * ~h, c, r
            ),
            "mean image alone": lambda x, h, m, c, r: m[h].expand(len(x), -1),
            "ridge is missing": lambda x, h, m, c, r: fill_by_solve(
                x, h, m, c, 0
            ),
            "added to every entry": lambda x, h, m, c, r: filled(
                x, h, m, (seen_part(c, h) + r).inverse(), c
            ),
            "not inverted": lambda x, h, m, c, r: filled(
                x, h, m, seen_part(c, h) + r * eye_of(h), c
            ),
            "one by one": lambda x, h, m, c, r: (
                m[h] + (x[:, ~h] - m[~h]) @ c[~h, h]
            ),
            "for each *seen*": lambda x, h, m, c, r: filled(
                x, h, m, (seen_part(c, h) + r * torch.eye(len(m))).inverse(), c
            ),
            "These images' own mean": lambda x, h, m, c, r: fill_by_solve(
                x, h, x.mean(0), c, r
            ),
            "S_vv⁻¹ is missing": lambda x, h, m, c, r: filled(
                x, h, m, eye_of(h), c
            ),
            "was inverted, then cut": lambda x, h, m, c, r: filled(
                x, h, m, seen_part((c + r * torch.eye(len(m))).inverse(), h), c
            ),
            "0.001 was added": lambda x, h, m, c, r: fill_by_solve(
                x, h, m, c, 1e-3
            ),
            "stands transposed": lambda x, h, m, c, r: (
                m[h]
                + (x[:, ~h] - m[~h])
                @ (seen_part(c, h) + r * eye_of(h)).inverse()
                @ c[h][:, ~h]
            ),
            "from the hidden ones": lambda x, h, m, c, r: fill_by_loop(
                x, ~h, m, c, r
            ),
            "cut to [0, 1]": lambda x, h, m, c, r: fill_by_loop(
                x, h, m, c, r
            ).clamp(0, 1),
            "mean of these images": lambda x, h, m, c, r: fill_by_loop(
                x, h, torch.where(h, m, x.mean(0)), c, r
            ),
            "added to the inverse": lambda x, h, m, c, r: filled(
                x, h, m, seen_part(c, h).inverse() + r * eye_of(h), c
            ),
            "Those are correlations": lambda x, h, m, c, r: fill_by_solve(
                x, h, m, c / c.diagonal().outer(c.diagonal()).sqrt(), r
            ),
            "and the ridge is missing": lambda x, h, m, c, r: (
                m[h] + (x[:, ~h] - m[~h]) @ (c[h][:, ~h] / c.diagonal()[~h]).T
            ),
            "the diagonal of S_vv was used": lambda x, h, m, c, r: filled(
                x,
                h,
                m,
                torch.diag(1 / (seen_part(c, h).diagonal() + r)),
                c,
            ),
        },
    ),
    "mended_visible": (
        [seen_by_loop, seen_by_gather, seen_by_reshape, seen_each_indexed],
        {
            "colleague's way": colleague,
            "No positions": lambda s, p, h: drop(s, h),
            "Those are the hidden": lambda s, p, h: (s + p)[h].view(
                len(s), -1, s.shape[2]
            ),
            "Nothing is dropped": lambda s, p, h: s + p,
            "zeros now": lambda s, p, h: (s + p).masked_fill(h[:, :, None], 0),
            "in one list": lambda s, p, h: (s + p)[~h],
            "first image's mask": lambda s, p, h: (s + p)[:, ~h[0]],
            "positions of the first image's": lambda s, p, h: (
                drop(s, h) + p[~h[0]]
            ),
            "does not reach positions": lambda s, p, h: drop(
                s + p.detach(), h
            ),
            "multiplied": lambda s, p, h: drop(s * p, h),
            "no axis of images": lambda s, p, h: drop(s, h) + p[~h],
            "without the colon": lambda s, p, h: (s + p)[:, ~h],
            "no `[:, None]`": lambda s, p, h: drop(s + p[:, None], h),
            "wants an axis more": lambda s, p, h: (s + p).masked_select(~h),
            "once more": lambda s, p, h: colleague(s + p, p, h),
            "A size is written out": lambda s, p, h: (s + p)[~h].view(
                len(s), 4, -1
            ),
            "numbers of the places": lambda s, p, h: (
                drop(s, h) + (~h).nonzero()[:, 1].view(len(s), -1, 1)
            ),
        },
    ),
    "fill_digits": (
        [neighbours, kernel, Later(trained), nearest_by_numpy],
        {
            "alike": lambda top: halves()[1].mean(0).expand(len(top), -1),
            "upper half again": lambda top: top.clone(),
            "as a line does": Later(trained, layers=1, epochs=20),
            "Nobody can know": cheat,
            "another batch": with_the_batch,
            "Two calls": lambda top: (
                neighbours(top) + 0.05 * torch.randn(len(top), 32)
            ),
            "`predict` is one": KNeighborsRegressor(8),
            "in place": in_place,
            "Whole digits": lambda top: torch.cat([top, neighbours(top)], 1),
            "should have shape": lambda top: neighbours(top).view(-1, 4, 8),
            "upside down": lambda top: (
                neighbours(top).view(-1, 4, 8).flip(1).flatten(1)
            ),
            "It must be a function": torch.zeros(360, 32),
            "reach 1": lambda top: 16 * neighbours(top),
            "another number": lambda top: neighbours(top, 1).roll(1, 1),
            "It returned None": lambda top: None,
            "as blurred as": lambda top: neighbours(top, 150),
            "*least* alike": lambda top: halves()[1][
                torch.cdist(top, halves()[0]).topk(5).indices
            ].mean(1),
            "fills in one digit": lambda top: halves()[1][
                (halves()[0] - top).square().sum(1).argsort()[:10]
            ].mean(0),
            "`.indices` say": lambda top: halves()[1][
                torch.cdist(top, halves()[0])
                .topk(5, largest=False)
                .values.long()
            ].mean(1),
        },
    ),
}
