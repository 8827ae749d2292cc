"""Checks of lesson 10."""

import contextlib
import copy
import functools
import math

import torch
from torch.nn.functional import one_hot, pad

from course_utils.checks.core import check, mutants, outcome
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


def _spy(calls):
    """Return a decoder that remembers what it was given."""

    def decode(z, y=None, *more):
        given = [part for part in (z, y, *more) if part is not None]
        calls.append(given)
        rows = [torch.is_tensor(p) and p.ndim == 2 for p in given]
        if rows == [True, True]:
            if len(z) == len(y) and z.shape[1] + y.shape[1] <= PIXELS:
                return _marked(z.detach().float(), y)
        return torch.full((len(z), 1, 28, 28), 0.25)

    return decode


def _call(attempt, labels, latent_dim):
    """Return z and y of each image, or what is wrong with the call."""
    calls = []
    answer = attempt(_spy(calls), labels, latent_dim)
    for call in calls:
        if len(call) == 1:
            return (
                "`decode` got 1 argument; it wants two, z and y: the label "
                "was forgotten."
            )
        if len(call) > 2:
            return f"`decode` wants two arguments, z and y; got {len(call)}."
        if not all(map(torch.is_tensor, call)):
            return "`decode` wants two tensors, z and y."
        if call[0].dtype == torch.float64:
            return (
                "z holds float64 numbers, as NumPy does; a network's weights "
                "are float32. Say `z.float()`."
            )
    if not calls:
        return "`decode` was never called."
    if answer is None:
        return "It returned None. Is there a `return`?"
    if len(calls) == 1:
        z, y = calls[0]
        problem = _label_form(z, y, labels) or _code_form(
            z, len(labels), latent_dim
        )
        if problem:
            return problem
    return _delivered(answer, calls, len(labels), latent_dim)


def _delivered(answer, calls, count, latent_dim):
    """Read z and y off the images, or say what is wrong with those."""
    if isinstance(answer, (list, tuple)):
        return (
            f"It must return a tensor; got a {type(answer).__name__} of "
            f"{len(answer)}. `torch.cat` joins batches of images."
        )
    images = torch.as_tensor(answer).detach().cpu().double()
    if images.shape != (count, 1, 28, 28):
        return (
            f"{count} labels should give images ({count}, 1, 28, 28); got "
            f"{tuple(images.shape)}."
        )
    if any(z.ndim != 2 or len(z) != len(y) for z, y in calls):
        return "Each call of `decode` wants a batch: z (1, Z) and y (1, 10)."
    widths = {(z.shape[1], y.shape[1]) for z, y in calls}
    if widths != {(latent_dim, CLASSES)}:
        return f"z should have {latent_dim} columns (latent_dim), y 10."
    marks = torch.cat([_marked(z.float(), y) for z, y in calls])
    far = torch.cdist(images.flatten(1), marks.detach().double().flatten(1))
    if far.min(dim=1).values.max() > 1e-4:
        return "Return the decoder's images as they are: they were changed."
    shown = images.flatten(1)[:, : latent_dim + CLASSES].float()
    return list(shown.split([latent_dim, CLASSES], dim=1))


def _order_problem(attempt):
    """Say what is wrong with the z and y that reach the decoder."""
    labels = torch.tensor([5, 5, 2, 3, 2, 5])
    got = _call(attempt, labels.clone(), 7)
    if isinstance(got, str):
        return got
    problem = _label_problem(got[1], labels) or _code_problem(got[0], labels)
    if problem:
        return problem
    again = _call(attempt, labels.clone(), 7)
    if again[0].equal(got[0]):
        return "The same z comes at every call: do not set a seed inside."
    if isinstance(_call(attempt, labels[:1].clone(), 7), str):
        return "An order of one image does not work: keep the batch axis."
    return _prior_problem(attempt)


def _label_form(z, y, labels):
    """Say what is wrong with the shape of y, or with its place."""
    truth = one_hot(labels, CLASSES)
    if z.shape == truth.shape and z.equal(truth.to(z.dtype)):
        return "z and y are swapped: `decode(z, y)`."
    if y.shape in (labels.shape, (*labels.shape, 1)):
        return (
            "y holds class numbers; the decoder wants one-hot rows (B, 10): "
            "`one_hot(labels, 10)`."
        )
    if y.shape == truth.T.shape:
        return "The one-hot table lies on its side: rows are images."
    if y.ndim != 2 or y.shape[1] != CLASSES:
        return (
            f"y has shape {tuple(y.shape)}, a one-hot of the wrong width: "
            "the classes are 10, whichever labels are asked. Say so: "
            "`one_hot(labels, 10)`."
        )
    if len(y) != len(labels):
        return f"{len(y)} rows of y for {len(labels)} labels."
    return None


def _label_problem(y, labels):
    """Say how y differs from the one-hot rows of the labels."""
    truth = one_hot(labels, CLASSES).to(y)
    if y.equal(truth):
        return None
    if sorted(y.tolist()) == sorted(truth.tolist()):
        return "The images stand in another order than the labels."
    if not y.any():
        return "y is zero everywhere: no class is asked."
    if y.equal(truth * y.max()):
        return f"In y stands {y.max():.3g} instead of 1."
    found = "y is not the one-hot of the labels that were asked"
    if not y.sum(dim=1).equal(torch.ones(len(y))) or y.max() < 1:
        return found + ": each row has a 1 at its class, else 0."
    return found + f": {y.argmax(dim=1).tolist()} for {labels.tolist()}."


def _code_form(z, count, latent_dim):
    if z.shape == (1, latent_dim) and count > 1:
        return "One z for all images: draw one for each label."
    if z.shape != (count, latent_dim):
        return f"z should be ({count}, {latent_dim}); got {tuple(z.shape)}."
    return None


def _code_problem(z, labels):
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
    if len(z.unique(dim=0)) < len(z):
        return "Some images share their z: draw one for each label."
    return None


def _prior_problem(attempt):
    got = _call(attempt, torch.arange(1000) % CLASSES, 30)
    if isinstance(got, str):
        return got
    z = got[0]
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
    shown = images.flatten(1)[:, : latent_dim + CLASSES]
    z, y = shown.split([latent_dim, CLASSES], dim=1)
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
        (_marked, torch.randint(CLASSES, (400,)), 24),
        (_marked, torch.randint(3, (300,)), 37),
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
    into = torch.randn(PIXELS + classes, latent_dim) / 16
    into[PIXELS:] *= 16  # the label counts as much as the pixels
    out = torch.randn(latent_dim + classes, PIXELS) / 2

    def encode(x, y):
        return torch.cat([x.flatten(1), y], dim=1) @ into.to(x)

    def decode(z, y):
        told = torch.cat([z, y], dim=1) @ out.to(z)
        return told.sigmoid().view(-1, 1, 28, 28)

    return encode, decode


def _restyle_case(count, latent_dim, classes):
    encode, decode = _halves(latent_dim, classes)
    y = torch.eye(classes)[torch.arange(count) % classes]
    new_y = torch.eye(classes)[(2 * torch.arange(count) + 1) % classes]
    return encode, decode, torch.rand(count, 1, 28, 28), y, new_y


def _restyled(encode, decode, x, y, new_y, told="y", wished="new_y", **knobs):
    """Return restyled images, with some knobs turned.

    told, wished: which label the encoder and the decoder are given. end:
    what is done to the images.
    """
    labels = {"y": y, "new_y": new_y, "none": 0 * y, "both": y + new_y}
    labels["difference"] = new_y - y
    images = decode(encode(x, labels[told]), labels[wished])
    return knobs.get("end", lambda images, x: images)(images, x)


def _restyle_problem(attempt):
    """Say what went wrong between the two halves, if one can see it."""
    case = _restyle_case(40, 3, 10)
    given = [_heard(attempt, case) for _ in range(2)]
    if isinstance(given[0], str):
        return given[0]
    if not given[0] or not given[1] or isinstance(given[1], str):
        return None  # right, or the cases say more
    true = case[0](*case[2:4])
    (z, label), (again, _) = given
    if z.shape == true.shape and not z.allclose(true, atol=1e-4):
        return _style_problem(z, again, true)
    return _wish_problem(label, *case[3:])


def _heard(attempt, case):
    """Return what `decode` was given, what is wrong with it, or None."""
    encode, decode, x, y, new_y = copy.deepcopy(case)
    told, given = [], []

    def spy_encode(x, y):
        told.append((x, y))
        return encode(x, y)

    def spy_decode(z, y):
        given.append((z, y))
        return decode(z, y)

    with contextlib.suppress(ValueError, RuntimeError, IndexError):
        answer = attempt(spy_encode, spy_decode, x, y, new_y)
        if torch.is_tensor(answer) and answer.shape == x.shape:
            if answer.allclose(restyle(*case), atol=1e-4):
                return None
    parts = [part for call in (*told, *given) for part in call]
    if not parts or not all(map(torch.is_tensor, parts)):
        return None
    if problem := _halves_problem(told, given, case):
        return problem
    as_meant = any(b.equal(case[3][: len(b)]) for _, b in told)
    return given[0] if as_meant and len(given) == 1 else None


def _halves_problem(told, given, case):
    """Say which half got the wrong kind of thing."""
    _, _, x, y, _ = case
    if any(part.ndim == 1 for _, part in told + given):
        return "Hand the one-hot rows on as they came, not class numbers."
    if any(a.shape == y.shape and b.shape == x.shape for a, b in told):
        return "The encoder's arguments are swapped: `encode(x, y)`."
    if any(b.shape != y.shape and a.shape == y.shape for a, b in given):
        return "The decoder's arguments are swapped: `decode(z, new_y)`."
    if any(a.ndim == 4 for a, _ in given):
        return "`decode` wants codes: encode the images first."
    if given and not told:
        return "z is drawn anew: that is an order, not this image's style."
    if any(a.shape == x.shape and not a.equal(x) for a, _ in told[:1]):
        return "`encode` was given other images than x, or in another order."
    return None


def _style_problem(z, again, true):
    """Say how a code was changed between encode and decode."""
    if not z.any():
        return "z is zero: the style is lost."
    if z.allclose(true[:1], atol=1e-4):
        return "All images got the style of the first."
    if z.allclose(z[:1], atol=1e-4):
        return "All images got one style, such as the mean."
    if z.sort(dim=0).values.allclose(true.sort(dim=0).values, atol=1e-4):
        return "The codes changed places: each image keeps its own."
    if z.equal(again):
        return (
            "The code was changed between `encode` and `decode`: hand it on "
            "as it came."
        )
    both = torch.stack([z.flatten(), true.flatten()])
    if torch.corrcoef(both)[0, 1] < 0.5:
        return "z is drawn anew: that is an order, not this image's style."
    return (
        "Noise was added to the code; encode returns the mean, which is "
        "wanted."
    )


def _wish_problem(label, y, new_y):
    """Say how the decoder's label was changed; None if a slip knows it."""
    known = new_y, y, 0 * y, y + new_y, new_y - y
    if any(label.equal(k) for k in known):
        return None
    if label.shape == y.shape and label.equal(new_y * label.max()):
        return f"The decoder was told {label.max():.3g} times new_y."
    return "The decoder was told another label: hand new_y on as it came."


@check(
    cases=lambda: [_restyle_case(5, 3, 10), _restyle_case(7, 2, 4)],
    find=_restyle_problem,
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
            "The answer is blended with the image that was given; the "
            "decoder's image alone is wanted.": {
                "end": lambda images, x: (images + x) / 2
            },
            "`decode` gives pixels already: no sigmoid after it.": {
                "end": lambda images, x: images.sigmoid()
            },
        },
    )
    | {
        "x came back untouched: encode it, decode its code.": (
            lambda encode, decode, x, y, new_y: x
        ),
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
    return _delivery_problem(order, images, kinds, sizes)


def _shapes_form(images, count):
    """Say why these cannot be `count` images."""
    if images is None:
        return "It returned None. Is there a `return`?"
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


def _delivery_problem(order, images, kinds, sizes):
    """Compare what was delivered with what was ordered."""
    found, measured, distances = shape_of(images)
    right = (found == kinds).float().mean().item()
    off = (measured - sizes).abs().mean().item()
    blur = distances.mean().item()
    if right >= KIND and off <= SIZE and blur <= BLUR:
        if _scatter(images) < PLACES:
            return (
                "Kinds and sizes are right, but all shapes stand at nearly "
                "one place: draw a z for each order, from the prior (`randn`)."
            )
        return _small_order_problem(order)
    told = (
        f"Right kinds: {right:.2f} (wanted: {KIND}). Sizes are off by "
        f"{off:.2f} pixels (at most {SIZE}). Distance to a clean shape: "
        f"{blur:.1f} (at most {BLUR:.0f}). "
    )
    if (found == 2 - kinds).float().mean() > 0.8:
        return told + "The kinds are swapped: 0 is a disk, 2 a bar."
    follows = torch.corrcoef(torch.stack([measured, sizes]))[0, 1]
    return told + (
        _unheard_advice(order, kinds, sizes)
        or _blurred_advice(images, blur)
        or _shapes_advice(right, off, follows)
    )


def _small_order_problem(order):
    """Order five disks, twice."""
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


def _unheard_advice(order, kinds, sizes):
    """Say which of the wishes changes nothing when it alone is changed."""

    def repeated(kinds, sizes):
        set_seed(1)
        return order(kinds.clone(), sizes.clone())

    images = repeated(kinds, sizes)
    other = {"kind": (2 - kinds, sizes), "size": (kinds, 7.5 - sizes)}
    deaf = [k for k, v in other.items() if repeated(*v).equal(images)]
    if deaf:
        does = "reaches" if len(deaf) == 1 else "reach"
        return (
            f"The {' and the '.join(deaf)} never {does} the decoder: order "
            "another, and not one pixel changes."
        )
    same = repeated(kinds, sizes + 0.01) == images
    if same.flatten(1).all(dim=1).float().mean() > 0.5:
        return "The size reaches the decoder rounded: keep it as a number."
    return None


def _blurred_advice(images, blur):
    """Say why the images may be no shapes."""
    if blur > 10:
        return "These are no shapes at all: is the model trained?"
    if blur > BLUR / 2 and _scatter(images) < PLACES:
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
    return None


def _shapes_advice(right, off, follows):
    """Return where to look first when the shapes are clean."""
    if right < 0.6 or (off > SIZE and right < KIND and follows < 0.5):
        return (
            "The wishes are hardly heard: z says the kind and the size "
            "itself. Has it two numbers only? Is y loud enough, and does each "
            "row of y belong to its image?"
        )
    if off > SIZE and follows < -0.5:
        return "Large and small are swapped."
    if off > SIZE and not follows > 0.5:
        return (
            "The size is hardly heard: is it on a scale like that of the "
            "kind, and does each belong to its image?"
        )
    if off > SIZE:
        return (
            "The size is heard, but comes out wrong: is it scaled in orders "
            "just as in training?"
        )
    return (
        "Nearly: train longer, and let the numbers in y lie around 0, from "
        "-1 to 1 before they are made loud."
    )


outcome("order_shapes", _shapes_problem, course=_course_shapes)
