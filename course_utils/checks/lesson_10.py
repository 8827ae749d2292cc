"""Checks of lesson 10."""

import functools

import torch
from torch.nn.functional import one_hot, pad

from course_utils.checks.core import check, outcome
from course_utils.checks.matching import matching
from course_utils.datasets import made_world
from course_utils.measures import lettered, shape_of
from course_utils.models import (
    ConditionalVAE,
    bernoulli_nll,
    kl_divergence,
)
from course_utils.training import fit, predict, set_seed

CLASSES, PIXELS = 10, 784


def _marked(z, y):
    """Stand in for a decoder: images whose first pixels show z and y."""
    shown = torch.cat([z, y.to(z)], dim=1)
    return pad(shown, (0, PIXELS - shown.shape[1])).view(-1, 1, 28, 28)


class _Told(Exception):
    """What a stand-in for a decoder says of what it was given."""


def _form_problem(attempt):
    """Say what `decode` was given that is no z and y, or nothing."""

    def decode(z, y=None):
        if problem := _not_z_and_y(z, y, 7):
            raise _Told(problem)
        return _marked(z, y)

    try:
        attempt(decode, torch.tensor([5, 5, 2, 3, 2, 5]), 7)
    except _Told as told:
        return str(told)
    return None


def _not_z_and_y(z, y, latent_dim):
    if y is None:
        return (
            "`decode` got 1 argument; it wants two, z and y: the label was "
            "forgotten."
        )
    if z.ndim == 1:
        return "Each call of `decode` wants a batch: z (1, Z) and y (1, 10)."
    if z.shape[1:] == (CLASSES,) and y.shape[1:] == (latent_dim,):
        return "z and y are swapped: `decode(z, y)`."
    if y.ndim == 1 or y.shape[1] == 1:
        return (
            "y holds class numbers; the decoder wants one-hot rows (B, 10): "
            "`one_hot(labels, 10)`."
        )
    if y.shape[1:] != (CLASSES,):
        return (
            f"y has shape {tuple(y.shape)}, a one-hot of the wrong width: "
            "the classes are 10, whichever labels are asked. Say so: "
            "`one_hot(labels, 10)`."
        )
    if len(z) == 1 < len(y):
        return "One z for all images: draw one for each label."
    if z.shape != (len(y), latent_dim):
        return f"z should be ({len(y)}, {latent_dim}); got {tuple(z.shape)}."
    if z.dtype == torch.float64:
        return (
            "z holds float64 numbers, as NumPy does; a network's weights are "
            "float32. Say `z.float()`."
        )
    return None


def _seen_order(images, decode, labels, latent_dim):
    """Say what reached the stand-in: the labels, and z in the large."""
    shown = images.flatten(1)[:, : latent_dim + CLASSES]
    z, y = shown.split([latent_dim, CLASSES], dim=1)
    right = (y == one_hot(labels, CLASSES)).all(dim=1)
    return {
        "Each row of y should have a 1 at the class of its label, else 0; "
        "share of right rows.": right.float().mean(),
        "Each image wants a z of its own; share of different numbers in z.": (
            z.unique().numel() / z.numel()
        ),
        "z should be 0 on average.": z.mean(),
        "z should have the standard deviation 1.": z.std(),
    }


def _with_code(draw):
    """Return an order whose z is draw(labels, latent_dim)."""
    return lambda decode, labels, latent_dim: decode(
        draw(labels, latent_dim), one_hot(labels, CLASSES)
    )


@check(
    cases=lambda: [
        (_marked, torch.randint(CLASSES, (400,)), 24),
        (_marked, torch.randint(3, (300,)), 37),
    ],
    find=_form_problem,
    skip=("device",),  # the decoder takes what comes
    see=_seen_order,
    slips={
        "z is zero: every image of a class would be the same. Draw it.": (
            _with_code(lambda labels, n: torch.zeros(len(labels), n))
        ),
        "Every image got the same z: draw one for each label.": _with_code(
            lambda labels, n: torch.randn(1, n).expand(len(labels), n)
        ),
        "Images of one class share their z, so they would be one image. Draw "
        "a z for each entry of `labels`, not for each class.": _with_code(
            lambda labels, n: torch.randn(CLASSES, n)[labels]
        ),
        "`rand` is uniform; the prior is a bell curve: `randn`.": _with_code(
            lambda labels, n: torch.rand(len(labels), n)
        ),
        "Return the decoder's images as they are: no sigmoid.": (
            lambda *order: order_classes(*order).sigmoid()
        ),
    },
)
def order_classes(decode, labels, latent_dim):
    """Samples of the classes asked for: (B,) -> images (B, 1, 28, 28)."""
    z = torch.randn(len(labels), latent_dim, device=labels.device)
    return decode(z, one_hot(labels, CLASSES).float())


def _halves(latent_dim, classes):
    """Return stand-ins for encode and decode that tell all they are given."""
    set_seed(latent_dim)
    of_x = torch.randn(PIXELS, latent_dim) / 16
    of_y = torch.randn(classes, latent_dim)  # counts as much as the pixels
    from_z, from_y = torch.randn(latent_dim + classes, PIXELS).split(
        [latent_dim, classes]
    )

    def encode(x, y):
        return x.flatten(1) @ of_x.to(x) + y @ of_y.to(x)

    def decode(z, y):
        told = z @ from_z.to(z) + y @ from_y.to(z)
        return (told / 2).sigmoid().view(-1, 1, 28, 28)

    return encode, decode


def _restyle_case(count, latent_dim, classes):
    encode, decode = _halves(latent_dim, classes)
    y = torch.eye(classes)[torch.arange(count) % classes]
    new_y = torch.eye(classes)[(2 * torch.arange(count) + 1) % classes]
    return encode, decode, torch.rand(count, 1, 28, 28), y, new_y


@check(
    cases=lambda: [_restyle_case(5, 3, 10), _restyle_case(7, 2, 4)],
    slips={
        "That gives the image back as it was: the decoder wants the new "
        "label.": lambda encode, decode, x, y, new_y: decode(encode(x, y), y),
        "The encoder was told the new label, which is not true of the image; "
        "the style is then read wrongly.": (
            lambda encode, decode, x, y, new_y: decode(encode(x, new_y), new_y)
        ),
        "z is drawn anew: that is an order, not this image's style.": (
            lambda encode, decode, x, y, new_y: decode(
                torch.randn_like(encode(x, y)), new_y
            )
        ),
        "The encoder's arguments are swapped: `encode(x, y)`.": (
            lambda encode, decode, x, y, new_y: encode(y, x)
        ),
        "The decoder's arguments are swapped: `decode(z, new_y)`.": (
            lambda encode, decode, x, y, new_y: decode(new_y, encode(x, y))
        ),
        "`decode` wants codes: encode the images first.": (
            lambda encode, decode, x, y, new_y: decode(x, new_y)
        ),
    },
)
def restyle(encode, decode, x, y, new_y):
    """Images x of classes y as classes new_y, in their own style."""
    return decode(encode(x, y), new_y)


matching(
    "complaints",
    lettered(("untold", "shuffled", "averages"), seed=1),
    thing="model",
    kind="fault",
    hints={
        "averages": "Whose orders does the judge recognise nearly always? "
        "Averages please it.",
        "untold": "Keep z and change the label: if the label never arrives, "
        "not one pixel can change.",
    },
)

LARGE = 3.75  # the size from which disks were left out of training
KIND, SIZE, BLUR, PLACES = 0.9, 0.5, 2.0, 2.0  # what an order must reach


def _wishes(kinds, sizes):
    """Kind, one-hot, and size from about -1 to 1: (N,), (N,) -> (N, 4)."""
    size = (sizes.float() - LARGE) / 1.25
    return 10 * torch.cat([one_hot(kinds, 3), size[:, None]], dim=1)


def _shape_loss(model, x, y):
    logits, mu, log_var = model(x, y)
    return bernoulli_nll(logits, x) + kl_divergence(mu, log_var)


@functools.cache
def _shape_maker():
    """Train the course's own model of ordered shapes: some seconds."""
    world = made_world(9000, ("x", "y", "size", "kind"))
    size, kind = world.causes[:, 2], world.causes[:, 3].long()
    here = ((kind == 0) & (size <= LARGE)) | (kind == 2)
    set_seed(0)
    model = ConditionalVAE(2, conditions=4)
    data = world.images[here], _wishes(kind[here], size[here])
    options = {"epochs": 12, "batch_size": 64, "progress": False}
    fit(model, data, _shape_loss, **options)
    return model


def _course_shapes():
    """Return the course's own `order_shapes`."""
    model = _shape_maker()

    def order_shapes(kinds, sizes):
        z = torch.randn(len(kinds), 2)
        told = torch.cat([z, _wishes(kinds, sizes)], dim=1)
        return predict(model.decoder, told).sigmoid()

    return order_shapes


def _shapes_problem(order):
    """Say what is wrong with 300 ordered shapes, or return None."""
    if not callable(order):
        return (
            "It must be a function of kinds and sizes; got "
            f"{type(order).__name__}."
        )
    set_seed(0)
    kinds = 2 * (torch.arange(300) % 2)  # disks and bars
    sizes = 2.5 + 2.5 * torch.rand(300)
    sizes[kinds == 0] = 2.5 + (sizes[kinds == 0] - 2.5) / 2  # no large disks
    given = kinds.clone(), sizes.clone()
    images = order(*given)
    if problem := _shapes_form(images, len(kinds)):
        return problem
    if not (given[0].equal(kinds) and given[1].equal(sizes)):
        return (
            "It changes the order that it was given, in place: `sizes = "
            "sizes - 1` makes a new tensor, `sizes -= 1` does not."
        )
    images = images.detach().cpu().float()
    found, measured, distances = shape_of(images)
    right = (found == kinds).float().mean().item()
    off = (measured - sizes).abs().mean().item()
    blur = distances.mean().item()
    if right >= KIND and off <= SIZE and blur <= BLUR:
        return _small_order_problem(order, _scatter(images))
    told = (
        f"Right kinds: {right:.2f} (wanted: {KIND}). Sizes are off by "
        f"{off:.2f} pixels (at most {SIZE}). Distance to a clean shape: "
        f"{blur:.1f} (at most {BLUR:.0f}). "
    )
    if (found == 2 - kinds).float().mean() > 0.8:
        return told + "The kinds are swapped: 0 is a disk, 2 a bar."
    return told + _shapes_advice(right, off, blur, _scatter(images))


def _shapes_form(images, count):
    """Say why these cannot be `count` images."""
    is_tensor = torch.is_tensor(images)
    if not is_tensor or images.shape != (count, 1, 28, 28):
        got = tuple(images.shape) if is_tensor else type(images).__name__
        return (
            f"{count} orders should give images ({count}, 1, 28, 28); got "
            f"{got}."
        )
    if not images.isfinite().all() or images.min() < 0 or images.max() > 1:
        return (
            "Pixels must lie in [0, 1]; yours reach from "
            f"{images.min():.3g} to {images.max():.3g}. A decoder's logits "
            "want a sigmoid."
        )
    return None


def _small_order_problem(order, scatter):
    """Order five disks, twice; scatter: how far 300 shapes were apart."""
    if scatter < PLACES:
        return (
            "Kinds and sizes are right, but all shapes stand at nearly one "
            "place: draw a z for each order, from the prior (`randn`)."
        )
    kinds, sizes = torch.zeros(5).long(), torch.full((5,), 3.0)
    try:
        first, again = (order(kinds.clone(), sizes.clone()) for _ in range(2))
    except (RuntimeError, ValueError, IndexError) as error:
        return (
            "300 orders work, an order of five disks does not: "
            f"{str(error).splitlines()[0]}. Is their number written into the "
            "code? Does `one_hot` guess its width?"
        )
    if problem := _shapes_form(first, 5):
        return problem
    if first.equal(again):
        return (
            "Two calls give the same images: draw z anew, and set no seed "
            "inside."
        )
    return None


def _scatter(images):
    """Standard deviation of where the shapes stand, in pixels."""
    columns = images[:, 0].sum(dim=1)
    mass = columns.sum(dim=1).clamp_min(1e-6)
    return (columns @ torch.arange(28.0) / mass).std().item()


def _shapes_advice(right, off, blur, scatter):
    """Return where to look first."""
    if blur > 10:
        return "These are no shapes at all: is the model trained?"
    if blur > BLUR / 2 and scatter < PLACES:
        return (
            "The images look nearly alike: z says nothing. Is the KL too "
            "expensive, as when the pixels are averaged?"
        )
    if blur > BLUR:
        return (
            "These are no clean shapes. Are z and y given to the decoder just "
            "as in training: in the same order, as loud? If they are: was y "
            "loud in training, has z two numbers only, and was it trained "
            "long enough?"
        )
    if right < 0.6:
        return (
            "The wishes are hardly heard. Does y hold the kind and the size, "
            "is it loud enough, and does each row of y belong to its image? "
            "Has z two numbers only? In spare ones it says both itself."
        )
    if off > SIZE:
        return (
            "The size is heard little, or comes out wrong: is it on a scale "
            "like that of the kind, in orders just as in training, and does "
            "each belong to its image?"
        )
    return (
        "Nearly: train longer, and let the numbers in y lie around 0, from "
        "-1 to 1 before they are made loud."
    )


outcome("order_shapes", _shapes_problem, course=_course_shapes)
