"""Answers to lesson 10's exercises: right ones, and slips with their words."""

import functools

import torch
from later import Later
from torch.nn.functional import one_hot

from course_utils.checks.lesson_10 import _course_shapes
from course_utils.datasets import draw_shapes


def order_in_steps(decode, labels, latent_dim):
    z = torch.randn(labels.shape[0], latent_dim)
    y = torch.zeros(len(labels), 10)
    y[torch.arange(len(labels)), labels] = 1.0
    return decode(z, y)


def order_by_eye(decode, labels, latent_dim):
    prior = torch.distributions.Normal(0.0, 1.0)
    z = prior.sample((len(labels), latent_dim))
    return decode(z, torch.eye(10)[labels])


def order_named(decode, labels, latent_dim):
    size = (len(labels), latent_dim)
    return decode(torch.normal(0.0, 1.0, size), y=one_hot(labels, 10))


def order_one_per_class(decode, labels, latent_dim):
    styles = torch.randn(10, latent_dim)
    return decode(styles[labels], torch.eye(10)[labels])


def with_code(draw):
    """Return an answer whose code is `draw(count, latent_dim)`."""

    def order(decode, labels, latent_dim):
        return decode(draw(len(labels), latent_dim), torch.eye(10)[labels])

    return order


def with_label(make):
    """Return an answer whose label is `make(labels)`."""

    def order(decode, labels, latent_dim):
        return decode(torch.randn(len(labels), latent_dim), make(labels))

    return order


def order_one_by_one(decode, labels, latent_dim):
    images = [order_by_eye(decode, y[None], latent_dim) for y in labels]
    return torch.cat(images)


def order_by_class(decode, labels, latent_dim):
    images = torch.zeros(len(labels), 1, 28, 28)
    for c in labels.unique():
        rows = labels == c
        images[rows] = order_by_eye(decode, labels[rows], latent_dim)
    return images


def restyle_in_steps(encode, decode, x, y, new_y):
    z = encode(x, y)
    return decode(z, new_y)


def restyle_one_by_one(encode, decode, x, y, new_y):
    rows = zip(x.split(1), y.split(1), new_y.split(1), strict=True)
    return torch.cat([decode(encode(a, b), c) for a, b, c in rows])


def with_style(change):
    """Return an answer that changes z on the way."""

    def restyle(encode, decode, x, y, new_y):
        return decode(change(encode(x, y)), new_y)

    return restyle


@functools.cache
def course_shapes():
    return _course_shapes()


def of_course(change):
    """Return an answer that is made of what the course's own gives."""

    def make():
        return lambda *wishes: change(course_shapes(), *wishes)

    return Later(make)


def drawn_shapes(kinds, sizes):
    """Cheat: draw them, as the made world does."""
    x, y = 6 + 15 * torch.rand(2, len(kinds))
    return draw_shapes(x, y, sizes, kind=kinds)


def shapes_in_two(shapes, kinds, sizes):
    halves = zip(kinds.split(150), sizes.split(150), strict=True)
    return torch.cat([shapes(*half) for half in halves])


def shapes_with_gradient(kinds, sizes):
    return drawn_shapes(kinds, sizes).requires_grad_()


def shapes_at_one_place(kinds, sizes):
    return draw_shapes(13.5, 13.5, sizes, kind=kinds)


def shapes_seeded(kinds, sizes):
    torch.manual_seed(0)
    return drawn_shapes(kinds, sizes)


def shapes_in_place(kinds, sizes):
    images = drawn_shapes(kinds, sizes)
    sizes -= 3.75
    return images


def three_hundred_shapes(kinds, sizes):
    x, y = 6 + 15 * torch.rand(2, 300)
    return draw_shapes(x, y, sizes, kind=kinds)


def averaged_shapes(kinds, sizes):
    mean = drawn_shapes(kinds, sizes).mean(dim=0)
    return mean.expand(len(kinds), -1, -1, -1)


RIGHT = {"A": "shuffled", "B": "averages", "C": "untold"}

ANSWERS = {
    "order_classes": (
        [
            order_in_steps,
            order_named,
            order_one_by_one,
            order_by_class,
        ],
        {
            "label was forgotten": lambda decode, labels, n: decode(
                torch.randn(len(labels), n)
            ),
            "wrong width": with_label(one_hot),
            "class numbers": with_label(lambda labels: labels),
            "same z: draw one": with_code(
                lambda count, n: torch.randn(1, n).expand(count, n)
            ),
            "rand` is uniform": with_code(
                lambda count, n: torch.rand(count, n)
            ),
            "Images of one class": order_one_per_class,
            "swapped": lambda decode, labels, n: decode(
                torch.eye(10)[labels], torch.randn(len(labels), n)
            ),
            "no sigmoid": lambda decode, labels, n: order_by_eye(
                decode, labels, n
            ).sigmoid(),
        },
    ),
    "restyle": (
        [
            restyle_in_steps,
            restyle_one_by_one,
            with_style(lambda z: z.clone()),
        ],
        {
            "gives the image back": lambda e, d, x, y, new_y: d(e(x, y), y),
            "told the new label": lambda e, d, x, y, new_y: d(
                e(x, new_y), new_y
            ),
            "changed places": lambda e, d, x, y, new_y: d(e(x, new_y), y),
            "that is an order": with_style(torch.randn_like),
            "encoder's arguments": lambda e, d, x, y, new_y: d(e(y, x), new_y),
            "decoder's arguments": lambda e, d, x, y, new_y: d(new_y, e(x, y)),
        },
    ),
    "complaints": (
        [
            dict(RIGHT),
            dict(reversed(RIGHT.items())),
            {c.lower(): fault.upper() for c, fault in RIGHT.items()},
        ],
        {
            "1 of 3 are right. Keep": RIGHT | {"A": "untold", "C": "shuffled"},
            "one model only": dict.fromkeys("ABC", "untold"),
            "No fault is given for C": {c: RIGHT[c] for c in "AB"},
            "a dictionary": list(RIGHT.values()),
            "other way round": {fault: c for c, fault in RIGHT.items()},
        },
    ),
    "order_shapes": (
        [
            Later(course_shapes),
            of_course(shapes_in_two),
            drawn_shapes,
            shapes_with_gradient,
        ],
        {
            "draw a z for each": shapes_at_one_place,
            "set no seed inside": shapes_seeded,
            "in place": shapes_in_place,
            "order of five disks does not": three_hundred_shapes,
            "nearly alike": averaged_shapes,
            "no shapes at all": lambda kinds, sizes: (
                0.5 + 0.01 * drawn_shapes(kinds, sizes)
            ),
            "kinds are swapped": lambda kinds, sizes: drawn_shapes(
                2 - kinds, sizes
            ),
            "in orders just as": lambda kinds, sizes: drawn_shapes(
                kinds, sizes - 1
            ),
            "Nearly": lambda kinds, sizes: drawn_shapes(
                kinds.where(torch.rand(len(kinds)) < 0.7, 0 * kinds), sizes
            ),
            "It must be a function": torch.zeros(300, 1, 28, 28),
        },
    ),
}
