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
    return sum(((z - z_q.detach()) ** 2).unbind(1)).sum(1)


def by_counts(codes, size):
    counts = codes.flatten().bincount(minlength=size)
    return (counts == 0).nonzero().flatten().tolist()


def by_sets(codes, size):
    return sorted(set(range(size)) - set(codes.unique().tolist()))


def in_place(z, z_q):
    z.data = z_q.data
    return z


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
            lambda z, book: (-torch.cdist(z, book)).topk(1).indices[:, 0],
        ],
        {
            "other way round": lambda z, book: torch.cdist(z, book).argmin(0),
            "return the distances": lambda z, book: (
                torch.cdist(z, book).min(1).values
            ),
            "same +1": lambda z, book: by_table(z, book) + 1,
            "table came back": torch.cdist,
            "None": lambda z, book: None,
        },
    ),
    "straight_through": (
        [
            Through.apply,
            without_grad,
            lambda z, z_q: z - z.detach() + z_q.detach(),
        ],
        {
            "colleague": lambda z, z_q: z_q + (z - z_q).detach(),
            "goes to z_q": lambda z, z_q: z_q,
            "not z_q": lambda z, z_q: z + z_q.detach(),
            "times 1": lambda z, z_q: z * (z_q / z).detach(),
            "in place": in_place,
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
            "Averaged": lambda z, z_q: (z - z_q).square().mean((1, 2)),
            "over dim=1": lambda z, z_q: (z - z_q).square().sum(2),
            "gradient": lambda z, z_q: (z - z_q).square().sum((1, 2)).detach(),
            "None": lambda z, z_q: None,
        },
    ),
    "dead_codes": (
        [
            by_counts,
            by_sets,
            lambda codes, size: [
                c for c in torch.arange(size) if not torch.isin(c, codes)
            ],
        ],
        {
            "All codes": lambda codes, size: [
                c for c in range(size) if c not in set(codes.flatten())
            ],
            "one dimension too many": lambda codes, size: (
                codes.flatten().bincount(minlength=size) == 0
            ).nonzero(),
            "12 is no code": lambda codes, size: by_sets(codes, size + 1),
            "Code 2 is in your list": lambda codes, size: by_sets(
                codes[0], size
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
            "upper third has changed": shorts(slice(6, 28)),
            "two images is wanted": list(shorts(slice(20, 28))),
            "The first image is not": shorts(slice(20, 28), image=3),
            "blackened": shorts(slice(20, 28), dark=0.0),
        },
    ),
}
