"""Answers to lesson 18's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from torch.nn.functional import avg_pool2d

from course_utils.datasets import fashion_mnist


def by_loop(z, book):
    return torch.tensor(
        [
            min(range(len(book)), key=lambda k: float((v - book[k]).norm()))
            for v in z
        ]
    )


def by_table(z, codebook):
    table = (z[:, None] - codebook[None]).square().sum(2)
    return table.min(dim=1).indices


def by_products(z, codebook):
    return (2 * z @ codebook.T - codebook.square().sum(1)).argmax(dim=1)


class Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, z_q):
        return z_q.clone()

    @staticmethod
    def backward(ctx, slope):
        return slope, None


def without_grad(z, z_q):
    with torch.no_grad():
        step = z_q - z
    return z + step


def by_images(z, z_q):
    return torch.stack(
        [((a - b.detach()) ** 2).sum() for a, b in zip(z, z_q, strict=True)]
    )


def by_counts(codes, size):
    counts = codes.flatten().bincount(minlength=size)
    return (counts == 0).nonzero().flatten().tolist()


def by_sets(codes, size):
    return sorted(set(range(size)) - set(codes.unique().tolist()))


def in_place(z, z_q):
    z.data = z_q.data
    return z


def seldom(codes, size):
    counts = codes.flatten().bincount(minlength=size)
    return (counts < 0.1 * counts.float().mean()).nonzero()[:, 0].tolist()


def shorts(rows, columns=slice(0, 28), dark=0.02, image=2):
    """An image, less sharp, before and after some pixels were made dark."""
    x = fashion_mnist(quiet=True).test[image]
    before = avg_pool2d(x, 3, stride=1, padding=1).clamp(min=0.02)
    after = before.clone()
    after[:, rows, columns] = dark
    return torch.stack([before, after])


ANSWERS = {
    "nearest_code": (
        [
            by_loop,
            by_table,
            by_products,
            lambda z, book: torch.cdist(z, book).argmin(-1),
            lambda z, book: (-torch.cdist(z, book)).topk(1).indices[:, 0],
        ],
        {
            "farthest": lambda z, book: torch.cdist(z, book).argmax(1),
            "other way round": lambda z, book: torch.cdist(z, book).argmin(0),
            "absolute differences": lambda z, book: torch.cdist(
                z, book, p=1
            ).argmin(1),
            "first number": lambda z, book: (
                (z[:, :1] - book[:, 0]).abs().argmin(1)
            ),
            "return the distances": lambda z, book: (
                torch.cdist(z, book).min(1).values
            ),
            "vectors of the codes": lambda z, book: book[
                torch.cdist(z, book).argmin(1)
            ],
            "counted from 1": lambda z, book: (
                torch.cdist(z, book).argmin(1) + 1
            ),
            "largest product": lambda z, book: (z @ book.T).argmax(1),
            "smallest angle": lambda z, book: torch.cosine_similarity(
                z[:, None], book[None], dim=2
            ).argmax(1),
            "table came back": torch.cdist,
            "One number came back": lambda z, book: torch.cdist(
                z, book
            ).argmin(),
            "cancel": lambda z, book: (z[:, None] - book).sum(2).argmin(1),
            "None": lambda z, book: None,
        },
    ),
    "straight_through": (
        [
            Through.apply,
            without_grad,
            lambda z, z_q: z + (z_q - z).detach(),
            lambda z, z_q: z - z.detach() + z_q.detach(),
        ],
        {
            "colleague": lambda z, z_q: z_q + (z - z_q).detach(),
            "z itself": lambda z, z_q: z,
            "goes to z_q": lambda z, z_q: z_q,
            "no gradient gets through": lambda z, z_q: z_q.detach(),
            "as well": lambda z, z_q: z_q + (z - z.detach()),
            "sign in the bracket": lambda z, z_q: z + (z - z_q).detach(),
            "added whole": lambda z, z_q: z + z_q.detach(),
            "wrong sign": lambda z, z_q: z.detach() + (z_q - z),
            "not z_q": lambda z, z_q: (z + z_q) / 2,
            "times 1": lambda z, z_q: z * (z_q / z).detach(),
            "in place": in_place,
            "difference alone": lambda z, z_q: (z_q - z).detach(),
            "None": lambda z, z_q: None,
        },
    ),
    "commitment": (
        [
            by_images,
            lambda z, z_q: (z - z_q.detach()).pow(2).flatten(1).sum(1),
            lambda z, z_q: ((z_q.detach() - z) ** 2).sum((-1, -2)),
        ],
        {
            "codes as well": lambda z, z_q: (z - z_q).square().sum((1, 2)),
            "not z": lambda z, z_q: (z.detach() - z_q).square().sum((1, 2)),
            "averaged": lambda z, z_q: (
                (z - z_q.detach()).square().mean((1, 2))
            ),
            "whole batch": lambda z, z_q: (z - z_q.detach()).square().sum(),
            "each vector": lambda z, z_q: (z - z_q.detach()).square().sum(2),
            "vectors only": lambda z, z_q: (z - z_q.detach()).square().sum(1),
            "absolute": lambda z, z_q: (z - z_q.detach()).abs().sum((1, 2)),
            "root": lambda z, z_q: (z - z_q.detach()).flatten(1).norm(dim=1),
            "averaged over the vectors": lambda z, z_q: (
                (z - z_q.detach()).square().sum(2).mean(1)
            ),
            "Nothing is summed": lambda z, z_q: (z - z_q.detach()).square(),
            "square is missing": lambda z, z_q: (z - z_q.detach()).sum((1, 2)),
            "comes later": lambda z, z_q: (
                0.25 * (z - z_q.detach()).square().sum((1, 2))
            ),
            "gradient": lambda z, z_q: (z - z_q).square().sum((1, 2)).detach(),
            "None": lambda z, z_q: None,
        },
    ),
    "dead_codes": (
        [
            by_counts,
            by_sets,
            lambda codes, size: torch.arange(size).flip(0)[
                codes.flatten().bincount(minlength=size).flip(0) == 0
            ],
            lambda codes, size: [
                c for c in torch.arange(size) if not torch.isin(c, codes)
            ],
        ],
        {
            "in your list, but it occurs": seldom,
            "All codes": lambda codes, size: [
                c for c in range(size) if c not in set(codes.flatten())
            ],
            "one dimension too many": lambda codes, size: (
                codes.flatten().bincount(minlength=size) == 0
            ).nonzero(),
            "codes that live": lambda codes, size: codes.unique().tolist(),
            "Code 0": lambda codes, size: [
                c for c in by_sets(codes, size) if c
            ],
            "one too far": lambda codes, size: by_sets(codes, size + 1),
            "left out": lambda codes, size: by_sets(codes, size - 1),
            "how many; which": lambda codes, size: len(by_sets(codes, size)),
            "first map": lambda codes, size: by_sets(codes[0], size),
            "as far as": lambda codes, size: by_sets(
                codes, int(codes.max()) + 1
            ),
            "how often": lambda codes, size: codes.flatten().bincount(
                minlength=size
            ),
            "None": lambda codes, size: None,
        },
    ),
    "shorts": (
        [
            shorts(slice(20, 28)),
            shorts(slice(16, 28)),
            shorts(slice(18, 28), dark=0.1).requires_grad_(),
        ],
        {
            "Nothing is changed": shorts(slice(0)),
            "not dark": shorts(slice(24, 28)),
            "upper third is gone": shorts(slice(0, 28)),
            "upper third has changed": shorts(slice(6, 28)),
            "comes first": shorts(slice(20, 28)).flip(0),
            "blackened": shorts(slice(20, 28), dark=0.0),
            "Two images": shorts(slice(20, 28))[1],
            "The first image is not": shorts(slice(20, 28), image=3),
            "itself": fashion_mnist(quiet=True)
            .test[[2, 2]]
            .mul(torch.tensor([1, 0.5]).view(2, 1, 1, 1)),
        },
    ),
}
