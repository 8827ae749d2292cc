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


def order_all_named(decode, labels, latent_dim):
    z = torch.randn(len(labels), latent_dim)
    return decode(y=torch.eye(10)[labels], z=z)


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


def order_seeded(decode, labels, latent_dim):
    torch.manual_seed(0)
    return order_by_eye(decode, labels, latent_dim)


def order_one_by_one(decode, labels, latent_dim):
    images = [order_by_eye(decode, y[None], latent_dim) for y in labels]
    return torch.cat(images)


def order_by_class(decode, labels, latent_dim):
    images = torch.zeros(len(labels), 1, 28, 28)
    for c in labels.unique():
        rows = labels == c
        images[rows] = order_by_eye(decode, labels[rows], latent_dim)
    return images


def order_sorted(decode, labels, latent_dim):
    return order_by_eye(decode, labels.sort().values, latent_dim)


def order_without_return(decode, labels, latent_dim):
    order_by_eye(decode, labels, latent_dim)


def restyle_in_steps(encode, decode, x, y, new_y):
    z = encode(x, y)
    return decode(z, new_y)


def restyle_named(encode, decode, x, y, new_y):
    return decode(z=encode(x=x, y=y), y=new_y)


def restyle_one_by_one(encode, decode, x, y, new_y):
    rows = zip(x.split(1), y.split(1), new_y.split(1), strict=True)
    return torch.cat([decode(encode(a, b), c) for a, b, c in rows])


def restyle_to_width(encode, decode, x, y, new_y):
    return decode(encode(x, y).detach(), new_y).view(-1, 1, 28, 28)


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


def shapes_near_one_place(kinds, sizes):
    x, y = 13 + torch.rand(2, len(kinds))
    return draw_shapes(x, y, sizes, kind=kinds)


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


def shapes_of_guessed_width(kinds, sizes):
    return drawn_shapes((one_hot(kinds) @ torch.arange(3)).long(), sizes)


def averaged_shapes(kinds, sizes):
    mean = drawn_shapes(kinds, sizes).mean(dim=0)
    return mean.expand(len(kinds), -1, -1, -1)


def shapes_of_chance(kinds, sizes):
    """What comes when z says all itself, and the wishes next to nothing."""
    other = 2 * (torch.rand(len(kinds)) < 0.5).long()
    images = drawn_shapes(other, 2.5 + 2.5 * torch.rand(len(kinds)))
    faint = 0.001 * (kinds + sizes).view(-1, 1, 1, 1)
    return (images + faint).clamp(0, 1)


RIGHT = {"A": "shuffled", "B": "averages", "C": "untold"}

ANSWERS = {
    "order_classes": (
        [
            order_in_steps,
            order_by_eye,
            order_named,
            order_all_named,
            order_one_by_one,
            order_by_class,
        ],
        {
            "label was forgotten": lambda decode, labels, n: decode(
                torch.randn(len(labels), n)
            ),
            "wrong width": with_label(one_hot),
            "class numbers": with_label(lambda labels: labels),
            "not the one-hot": with_label(
                lambda labels: torch.eye(10)[(labels + 1) % 10]
            ),
            "same z: draw one": with_code(
                lambda count, n: torch.randn(1, n).expand(count, n)
            ),
            "One z for all": with_code(lambda count, n: torch.randn(1, n)),
            "z is zero": with_code(lambda count, n: torch.zeros(count, n)),
            "rand` is uniform": with_code(
                lambda count, n: torch.rand(count, n)
            ),
            "must come from the prior": with_code(
                lambda count, n: 0.5 + 0.5 * torch.randn(count, n)
            ),
            "Images of one class": order_one_per_class,
            "That is sqrt(e)": with_code(
                lambda count, n: torch.randn(count, n) * 2.718**0.5
            ),
            "All numbers of a code": with_code(
                lambda count, n: torch.randn(count, 1).expand(count, n)
            ),
            "swapped": lambda decode, labels, n: decode(
                torch.eye(10)[labels], torch.randn(len(labels), n)
            ),
            "do not set a seed": order_seeded,
            "another order": order_sorted,
            "each row has a 1": with_label(lambda labels: torch.ones(6, 10)),
            "stands 10 instead": with_label(
                lambda labels: 10 * torch.eye(10)[labels]
            ),
            "were changed": lambda decode, labels, n: order_by_eye(
                decode, labels, n
            ).sigmoid(),
            "float64": with_code(
                lambda count, n: torch.randn(count, n).double()
            ),
            "Some images share": with_code(
                lambda count, n: torch.randn(3, n).repeat(count // 3, 1)
            ),
            "got a list": lambda decode, labels, n: [
                order_by_eye(decode, y[None], n) for y in labels
            ],
            "keep the batch axis": with_label(
                lambda labels: torch.eye(10)[labels].squeeze()
            ),
            "lies on its side": with_label(
                lambda labels: torch.eye(10)[labels].T
            ),
            "rows of y for": with_label(lambda labels: torch.eye(10)),
            "None": order_without_return,
        },
    ),
    "restyle": (
        [
            restyle_in_steps,
            restyle_named,
            restyle_one_by_one,
            with_style(lambda z: z.clone()),
            restyle_to_width,
        ],
        {
            "gives the image back": lambda e, d, x, y, new_y: d(e(x, y), y),
            "told the new label": lambda e, d, x, y, new_y: d(
                e(x, new_y), new_y
            ),
            "changed places": lambda e, d, x, y, new_y: d(e(x, new_y), y),
            "The encoder was told no label": lambda e, d, x, y, new_y: d(
                e(x, torch.zeros_like(y)), new_y
            ),
            "The decoder was told no label": lambda e, d, x, y, new_y: d(
                e(x, y), torch.zeros_like(y)
            ),
            "both labels at once": lambda e, d, x, y, new_y: d(
                e(x, y), y + new_y
            ),
            "that is an order": with_style(torch.randn_like),
            "style is lost": with_style(lambda z: 0 * z),
            "style of the first": with_style(
                lambda z: z[:1].repeat(len(z), 1)
            ),
            "codes changed places": with_style(lambda z: z.flip(0)),
            "hand it on": with_style(lambda z: z.clamp(-1, 1)),
            "one style, such as": with_style(
                lambda z: z.mean(dim=0).expand_as(z)
            ),
            "Noise was added": with_style(
                lambda z: z + 0.3 * torch.randn_like(z)
            ),
            "10 times": lambda e, d, x, y, new_y: d(e(x, y), 10 * new_y),
            "told another": lambda e, d, x, y, new_y: d(
                e(x, y), (y + new_y) / 2
            ),
            "encoder's arguments": lambda e, d, x, y, new_y: d(e(y, x), new_y),
            "decoder's arguments": lambda e, d, x, y, new_y: d(new_y, e(x, y)),
            "given other images": lambda e, d, x, y, new_y: d(
                e(x.flip(0), y), new_y
            ),
            "not class numbers": lambda e, d, x, y, new_y: d(
                e(x, y.argmax(1)), new_y
            ),
            "wants codes": lambda e, d, x, y, new_y: d(x, new_y),
            "Those are codes": lambda e, d, x, y, new_y: e(x, y),
            "through both halves twice": lambda e, d, x, y, new_y: d(
                e(d(e(x, y), new_y), new_y), new_y
            ),
            "None": lambda e, d, x, y, new_y: None,
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
            "1 of 3 are right. Who": RIGHT
            | {"A": "averages", "B": "shuffled"},
            "0 of 3": {"A": "averages", "B": "untold", "C": "shuffled"},
            "one model only": dict.fromkeys("ABC", "untold"),
            "No fault is given for C": {c: RIGHT[c] for c in "AB"},
            "no model D": RIGHT | {"D": "untold"},
            "is none of": RIGHT | {"A": "deaf"},
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
            "from the prior (`randn`)": shapes_near_one_place,
            "set no seed inside": shapes_seeded,
            "in place": shapes_in_place,
            "order of five disks does not": three_hundred_shapes,
            "guess its width": shapes_of_guessed_width,
            "nearly alike": averaged_shapes,
            "hardly heard": shapes_of_chance,
            "no shapes at all": lambda kinds, sizes: (
                0.5 + 0.01 * drawn_shapes(kinds, sizes)
            ),
            "no clean shapes": lambda kinds, sizes: (
                0.6 * drawn_shapes(kinds, sizes).roll(5, dims=0)
                + 0.4 * drawn_shapes(kinds, sizes)
            ),
            "rounded": lambda kinds, sizes: drawn_shapes(
                kinds, 2 * (sizes / 2).floor()
            ),
            "kind never reaches": lambda kinds, sizes: drawn_shapes(
                torch.zeros_like(kinds), sizes
            ),
            "size never reaches": lambda kinds, sizes: drawn_shapes(
                kinds, 2.5 + 2.5 * torch.rand(len(kinds))
            ),
            "kinds are swapped": lambda kinds, sizes: drawn_shapes(
                2 - kinds, sizes
            ),
            "Large and small": lambda kinds, sizes: drawn_shapes(
                kinds, 7.5 - sizes
            ),
            "scaled in orders": lambda kinds, sizes: drawn_shapes(
                kinds, sizes - 1
            ),
            "Nearly": lambda kinds, sizes: drawn_shapes(
                kinds.where(torch.rand(len(kinds)) < 0.7, 0 * kinds), sizes
            ),
            "want a sigmoid": of_course(
                lambda shapes, kinds, sizes: 20 * shapes(kinds, sizes) - 10
            ),
            "(300, 1, 28, 28); got (300, 784)": of_course(
                lambda shapes, kinds, sizes: shapes(kinds, sizes).flatten(1)
            ),
            "It must be a function": torch.zeros(300, 1, 28, 28),
            "returned None": lambda kinds, sizes: None,
            "It raised": lambda kinds: drawn_shapes(kinds, kinds),
        },
    ),
}
