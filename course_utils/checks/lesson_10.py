"""Checks of lesson 10."""

import functools
import math

import torch
from torch.nn.functional import one_hot

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import made_world
from course_utils.measures import lettered, shape_of
from course_utils.models import (
    ConditionalVAE,
    bernoulli_nll,
    kl_divergence,
)
from course_utils.training import fit, predict, set_seed

CLASSES = 10


def _beside(z, y):
    """Stand in for a decoder: images that show z and y as they came."""
    return torch.cat([z, y.to(z)], dim=1)[:, None, None]


def _spy(calls):
    """Return a decoder that remembers what it was given."""

    def decode(z, y=None, *more):
        calls.append([part for part in (z, y, *more) if part is not None])
        return torch.full((len(z), 1, 28, 28), 0.25)

    return decode


def _call(attempt, labels, latent_dim):
    """Return z and y of one call, or what is wrong with the call."""
    calls = []
    answer = attempt(_spy(calls), labels, latent_dim)
    if not calls:
        return "`decode` was never called."
    if len(calls) > 1:
        return "Call `decode` once, with the whole batch."
    if len(calls[0]) == 1:
        return (
            "`decode` got 1 argument; it wants two, z and y: the label was "
            "forgotten."
        )
    if len(calls[0]) > 2:
        return f"`decode` wants two arguments, z and y; got {len(calls[0])}."
    if not all(map(torch.is_tensor, calls[0])):
        return "`decode` wants two tensors, z and y."
    if answer is None:
        return "It returned None. Is there a `return`?"
    return [part.detach().cpu() for part in calls[0]]


def _order_problem(attempt):
    """Say what is wrong with the z and y that reach the decoder."""
    labels = torch.tensor([5, 5, 2, 0, 2, 5])
    got = _call(attempt, labels, 4)
    if isinstance(got, str):
        return got
    problem = _label_problem(*got, labels) or _code_problem(got[0], labels, 4)
    if problem:
        return problem
    again = _call(attempt, labels, 4)
    if again[0].equal(got[0]):
        return "The same z comes at every call: do not set a seed inside."
    one = _call(attempt, labels[:1], 4)
    if isinstance(one, str) or len(one[0]) != 1 or len(one[1]) != 1:
        return "An order of one image does not work: keep the batch axis."
    return _prior_problem(attempt)


def _label_problem(z, y, labels):
    truth = one_hot(labels, CLASSES)
    if z.shape == truth.shape and z.equal(truth.to(z.dtype)):
        return "z and y are swapped: `decode(z, y)`."
    if y.shape == labels.shape:
        return (
            "y holds class numbers; the decoder wants one-hot rows (B, 10): "
            "`one_hot(labels, 10)`."
        )
    if y.shape == truth.T.shape and y.shape[1] != CLASSES:
        return "The one-hot table lies on its side: rows are images."
    if y.ndim != 2 or y.shape[1] != CLASSES:
        return (
            f"y has shape {tuple(y.shape)}, a one-hot of the wrong width: "
            "the classes are 10, whichever labels are asked. Say so: "
            "`one_hot(labels, 10)`."
        )
    if len(y) != len(labels):
        return f"{len(y)} rows of y for {len(labels)} labels."
    if not y.double().equal(truth.double()):
        return "y is not the one-hot of the labels that were asked."
    return None


def _code_problem(z, labels, latent_dim):
    count = len(labels)
    if z.shape == (1, latent_dim):
        return "One z for all images: draw one for each label."
    if z.shape != (count, latent_dim):
        return f"z should be ({count}, {latent_dim}); got {tuple(z.shape)}."
    if not z.any():
        return "z is zero: every image of a class would be the same. Draw it."
    if (z == z[:1]).all():
        return "Every image got the same z: draw one for each label."
    if (z == z[:, :1]).all():
        return "All numbers of a code are the same: draw (B, latent_dim)."
    if any((z[labels == c] == z[labels == c][:1]).all() for c in (2, 5)):
        return (
            "Images of one class share their z, so they would be one image. "
            "Draw a z for each entry of `labels`, not for each class."
        )
    return None


def _prior_problem(attempt):
    z, _ = _call(attempt, torch.arange(6000) % CLASSES, 5)
    mean, std = z.mean().item(), z.double().std().item()
    if z.min() >= 0 and z.max() <= 1:
        return "`rand` is uniform; the prior is a bell curve: `randn`."
    if abs(mean) < 0.05 and abs(std - 1) < 0.03:
        return None
    hint = ""
    if abs(std - math.exp(0.5)) < 0.05:
        hint = (
            " That is sqrt(e): log_var = 0, not 1, gives a standard "
            "deviation of 1."
        )
    return (
        "z must come from the prior, with mean 0 and standard deviation 1; "
        f"yours has {mean:.2f} and {std:.2f}.{hint}"
    )


def _seen_order(images, decode, labels, latent_dim):
    """Say what reached the stand-in: the labels, and z in the large."""
    z, y = images.flatten(1).split([latent_dim, CLASSES], dim=1)
    right = y.argmax(dim=1) == labels
    return {
        "Each row of y should be that of its label; share of right rows.": (
            right.float().mean()
        ),
        "z should be 0 on average.": z.mean(),
        "z should have the standard deviation 1.": z.std(),
    }


@check(
    cases=lambda: [
        (_beside, torch.randint(CLASSES, (3000,)), 4),
        (_beside, torch.randint(3, (2000,)), 7),
    ],
    find=_order_problem,
    skip=("device",),  # the decoder takes what comes
    see=_seen_order,
)
def order_classes(decode, labels, latent_dim):
    """Samples of the classes asked for: (B,) -> images (B, 1, 28, 28)."""
    z = torch.randn(len(labels), latent_dim, device=labels.device)
    return decode(z, one_hot(labels, CLASSES).float())


def _halves(latent_dim, classes):
    """Return stand-ins for encode and decode that tell all they are given."""
    set_seed(latent_dim)
    into = torch.randn(16 + classes, latent_dim) / 4
    out = torch.randn(latent_dim + classes, 16) / 2

    def encode(x, y):
        return torch.cat([x.flatten(1), y], dim=1) @ into.to(x)

    def decode(z, y):
        told = torch.cat([z, y], dim=1) @ out.to(z)
        return told.sigmoid().view(-1, 1, 4, 4)

    return encode, decode


def _restyle_case(count, latent_dim, classes):
    encode, decode = _halves(latent_dim, classes)
    y = torch.eye(classes)[torch.arange(count) % classes]
    new_y = torch.eye(classes)[(2 * torch.arange(count) + 1) % classes]
    return encode, decode, torch.rand(count, 1, 4, 4), y, new_y


def _restyled(encode, decode, x, y, new_y, told="y", wished="new_y", **knobs):
    """Return restyled images, with some knobs turned.

    told, wished: which label the encoder and the decoder are given. Also
    code, end and twice.
    """
    labels = {"y": y, "new_y": new_y, "none": 0 * y, "both": y + new_y}
    labels["difference"] = new_y - y
    z = knobs.get("code", lambda z: z)(encode(x, labels[told]))
    images = decode(z, labels[wished])
    return knobs.get("end", lambda images, x: images)(images, x)


@check(
    cases=lambda: [_restyle_case(5, 3, 10), _restyle_case(7, 2, 4)],
    slips=mutants(
        _restyled,
        {
            "That gives the image back as it was: the decoder wants the new "
            "label.": {"wished": "y"},
            "The encoder was told the new label, which is not true of the "
            "image; the style is then read wrongly.": {"told": "new_y"},
            "The labels have changed places: the encoder wants y, the decoder "
            "new_y.": {"told": "new_y", "wished": "y"},
            "The encoder was told no label (zeros).": {"told": "none"},
            "The decoder was told no label (zeros).": {"wished": "none"},
            "The decoder was told both labels at once: only new_y.": {
                "wished": "both"
            },
            "The decoder was told new_y - y; it knows one-hot rows only.": {
                "wished": "difference"
            },
            "z is drawn anew: that is an order, not this image's style.": {
                "code": torch.randn_like
            },
            "z is zero: the style is lost.": {"code": torch.zeros_like},
            "All images got the style of the first.": {
                "code": lambda z: z[:1].expand_as(z)
            },
            "All images got one style, the mean.": {
                "code": lambda z: z.mean(dim=0).expand_as(z)
            },
            "Noise was added to the code; encode returns the mean, which is "
            "wanted.": {"code": lambda z: z + torch.randn_like(z)},
            "The answer is blended with the image that was given; the "
            "decoder's image alone is wanted.": {
                "end": lambda images, x: (images + x) / 2
            },
        },
    )
    | {
        "Those are codes; decode them.": lambda encode, decode, x, y, new_y: (
            encode(x, y)
        ),
        "That is the code of the finished image; return the image.": (
            lambda encode, decode, x, y, new_y: encode(
                decode(encode(x, y), new_y), new_y
            )
        ),
        "It went through both halves twice; once is enough.": (
            lambda encode, decode, x, y, new_y: decode(
                encode(decode(encode(x, y), new_y), new_y), new_y
            )
        ),
    },
)
def restyle(encode, decode, x, y, new_y):
    """Images x of classes y as classes new_y, in their own style."""
    return _restyled(encode, decode, x, y, new_y)


FAULTS = "untold", "shuffled", "averages"
LETTERS = 1  # the seed that gives the three their letters


def _complaints_problem(complaints):
    """Say what does not hold in a diagnosis of three models, or None."""
    right = lettered(FAULTS, seed=LETTERS)
    if not isinstance(complaints, dict):
        return (
            'It must be a dictionary such as {"A": "untold", …}; got a '
            f"{type(complaints).__name__}."
        )
    given = {
        str(k).strip().upper(): str(v).strip().lower()
        for k, v in complaints.items()
    }
    if set(given) & {fault.upper() for fault in FAULTS}:
        return "The other way round: letters to the left, faults to the right."
    if missing := sorted(set(right) - set(given)):
        return f"No fault is given for {', '.join(missing)}."
    if more := sorted(set(given) - set(right)):
        return f"There is no model {', '.join(more)}; there are A, B and C."
    if strange := sorted(set(given.values()) - set(FAULTS)):
        return f"{', '.join(strange)} is none of {', '.join(FAULTS)}."
    if len(set(given.values())) < len(right):
        return "Each of the three faults stands for one model only."
    wrong = {right[c] for c in right if given[c] != right[c]}
    if not wrong:
        return None
    told = f"{len(right) - len(wrong)} of 3 right. "
    if "averages" in wrong:
        return told + (
            "Whose orders does the judge recognise nearly always? Averages "
            "please it."
        )
    return told + (
        "Keep z and change the label: if the label never arrives, not one "
        "pixel can change."
    )


outcome(
    "complaints",
    _complaints_problem,
    course=lambda: lettered(FAULTS, seed=LETTERS),
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
    images = order(kinds.clone(), sizes.clone())
    if images is None:
        return "It returned None. Is there a `return`?"
    if not torch.is_tensor(images) or images.shape != (300, 1, 28, 28):
        got = tuple(getattr(images, "shape", ())) or type(images).__name__
        return f"300 orders should give images (300, 1, 28, 28); got {got}."
    images = images.detach().cpu().float()
    if not images.isfinite().all() or images.min() < 0 or images.max() > 1:
        return (
            "Pixels must lie in [0, 1]; yours reach from "
            f"{images.min():.3g} to {images.max():.3g}. A decoder's logits "
            "want a sigmoid."
        )
    return _delivery_problem(images, kinds, sizes)


def _delivery_problem(images, kinds, sizes):
    """Compare what was delivered with what was ordered."""
    found, measured, distances = shape_of(images)
    right = (found == kinds).float().mean().item()
    off = (measured - sizes).abs().mean().item()
    blur = distances.mean().item()
    if right >= KIND and off <= SIZE and blur <= BLUR:
        if _scatter(images) < PLACES:
            return (
                "Kinds and sizes are right, but all shapes stand at nearly "
                "one place: draw a z for each order."
            )
        return None
    told = (
        f"Right kinds: {right:.2f} (wanted: {KIND}). Sizes are off by "
        f"{off:.2f} pixels (at most {SIZE}). Distance to a clean shape: "
        f"{blur:.1f} (at most {BLUR:.0f}). "
    )
    return told + _shapes_advice(right, off, measured, sizes)


def _scatter(images):
    """Standard deviation of where the shapes stand, in pixels."""
    columns = images[:, 0].sum(dim=1)
    mass = columns.sum(dim=1).clamp_min(1e-6)
    return (columns @ torch.arange(28.0) / mass).std().item()


def _shapes_advice(right, off, measured, sizes):
    """Return where to look first."""
    if right < 0.6:
        return (
            "The kind is not heard: does it reach the decoder, as one-hot "
            "rows, and loud enough?"
        )
    follows = torch.corrcoef(torch.stack([measured, sizes]))[0, 1]
    if off > SIZE and not follows > 0.5:
        return (
            "The size is not heard: does it reach the decoder, on a scale "
            "like that of the kind?"
        )
    return "Nearly: train longer, or say the wishes louder."


outcome("order_shapes", _shapes_problem, course=_course_shapes)
