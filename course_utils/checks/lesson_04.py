"""Checks of lesson 04."""

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import tagged_world
from course_utils.measures import factor_r2


def _codes():
    """Return codes of three labels that lie near each other, labels, n."""
    labels = torch.arange(60) % 3
    z = torch.randn(60, 4) + 1.5 * labels[:, None]
    return z, labels, 25


def _last_counts():
    """Return codes of which the last given one is the only one of label 9."""
    z, labels = torch.randn(90, 2), torch.randint(0, 9, (90,))
    z[29:31], labels[29:31] = z[29].clone(), 9
    return z, labels, 30


def _first(n):
    return slice(n)


def _rest(n):
    return slice(n, None)


def _all(n):
    return slice(None)


def _score(z, labels, n, neighbours=1, known=_first, judged=_rest, of=None):
    """Return the accuracy of the nearest neighbour, with some knobs turned.

    of: (right, z) -> what to divide the number of right guesses by.
    """
    near = torch.cdist(z[judged(n)], z[known(n)])
    near = near.topk(neighbours, largest=False).indices
    votes = labels[known(n)][near].mode(dim=1).values
    right = (votes == labels[judged(n)]).float()
    return (right.sum() / (of(right, z) if of else len(right))).item()


@check(
    cases=lambda: [_codes(), _last_counts()],
    slips=mutants(
        _score,
        {
            "The images with a given label are still among those that are "
            "judged: each is its own nearest neighbour.": {"judged": _all},
            "The judged images are those whose labels were given, so that "
            "the accuracy is 1 whatever the code.": {"judged": _first},
            "The two parts have changed places: the first n are given, the "
            "rest is judged.": {
                "known": _rest,
                "judged": _first,
            },
            "The last of the n is not among the known ones.": {
                "known": lambda n: slice(n - 1)
            },
            "The slice of the judged ones starts too early: [n:].": {
                "judged": lambda n: slice(n - 1, None)
            },
            "Only n others are judged; judge all that follow.": {
                "judged": lambda n: slice(n, 2 * n)
            },
            "You asked three neighbours; ask one.": {"neighbours": 3},
            "You asked five neighbours, scikit-learn's default; ask one.": {
                "neighbours": 5
            },
            "You divided by the number of all images; divide by the number "
            "of those that are judged.": {"of": lambda right, z: len(z)},
            "That is how many are right; divide by how many are judged.": {
                "of": lambda right, z: 1
            },
        },
    )
    | {
        "That is the share of wrong guesses; return the share of right "
        "ones.": lambda z, labels, n: 1 - _score(z, labels, n),
        "Those are the guesses; return the share that is right.": (
            lambda z, labels, n: labels[_near(z[n:], z[:n], how="argmin")]
        ),
        "You asked n neighbours; ask one.": (
            lambda z, labels, n: _score(z, labels, n, neighbours=n)
        ),
        "Only the first number of each code is used; use all.": (
            lambda z, labels, n: _score(z[:, :1], labels, n)
        ),
    },
    skip=("one", "far"),
)
def few_labels(z, labels, n):
    """Accuracy of the nearest neighbour with n labels: a float.

    z: codes (N, Z). labels: (N,). The labels of the first n are given; the
    others are guessed, each from its one nearest neighbour among the n.
    """
    near = torch.cdist(z[n:], z[:n]).argmin(dim=1)
    return (labels[:n][near] == labels[n:]).float().mean().item()


def _near(images, training, power=2.0, how="amin", square=False, dim=1):
    """Return distances to training images, with some knobs turned."""
    apart = torch.cdist(images.flatten(1), training.flatten(1), p=power)
    apart = apart.square() if square else apart
    return getattr(apart, how)(dim)


@check(
    cases=lambda: [
        (torch.rand(5, 1, 6, 6), torch.rand(9, 1, 6, 6)),
        (torch.rand(3, 1, 4, 5), torch.rand(2, 1, 4, 5)),
    ],
    slips=mutants(
        _near,
        {
            "That is the distance to the training image that is furthest "
            "away; take the nearest.": {"how": "amax"},
            "That is the average distance to all training images; take the "
            "smallest.": {"how": "mean"},
            "The minimum runs over the images; for each image, run it over "
            "the training images.": {"dim": 0},
            "That is the squared distance; take the root.": {"square": True},
            "You added up absolute differences; the distance is the root of "
            "the summed squares.": {"power": 1.0},
        },
    )
    | {
        "That says which training image is nearest; say how far it is.": (
            lambda images, training: (
                torch.cdist(images.flatten(1), training.flatten(1))
                .argmin(dim=1)
                .float()
            )
        ),
        "`min` gave values and places; return the values.": (
            lambda images, training: tuple(
                torch.cdist(images.flatten(1), training.flatten(1)).min(dim=1)
            )
        ),
        "That is the smallest of all distances; take it for each image.": (
            lambda images, training: _near(images, training).min()
        ),
        "The images are compared with themselves; compare them with the "
        "training images.": lambda images, training: _near(images, images),
        "You averaged over the pixels; the distance is the root of their "
        "sum.": lambda images, training: (
            _near(images, training) / images[0].numel() ** 0.5
        ),
        "All distances came back; keep the smallest for each image.": (
            lambda images, training: torch.cdist(
                images.flatten(1), training.flatten(1)
            )
        ),
        "One number for all images came back; one for each is wanted.": (
            lambda images, training: _near(images, training).mean()
        ),
        "Image i is compared with training image i only; compare it with "
        "all.": lambda images, training: (
            (images - training[torch.arange(len(images)) % len(training)])
            .flatten(1)
            .norm(dim=1)
        ),
    },
)
def novelty(images, training):
    """Distance to the nearest training image: (B, …), (N, …) -> (B,)."""
    apart = torch.cdist(images.flatten(1), training.flatten(1))
    return apart.min(dim=1).values


def _tag_problem(encode):
    """Say what is wrong with a code of tagged disks, or return None."""
    if not callable(encode):
        return (
            f"It must be a function that turns images into codes, such as "
            f"model.encode; got a {type(encode).__name__}."
        )
    world, new = tagged_world(1000, seed=501), tagged_world(500, seed=502)
    if encode(new.images[:2]) is None:
        return "It returned None. Is there a `return`?"
    with torch.no_grad():
        z, new_z = (
            torch.as_tensor(encode(w.images)).cpu() for w in (world, new)
        )
    if z.shape == world.images.shape:
        return "Images came back, not codes; give model.encode."
    if z.ndim == 2 and len(z) == 5000:
        return "Encode the images that it is given, not always your own."
    if z.ndim != 2 or len(z) != len(world.images):
        return f"Codes must have shape (B, 3); got {tuple(z.shape)}."
    if z.shape[1] > 3:
        return f"A code may hold 3 numbers; yours holds {z.shape[1]}."
    if not (z.isfinite().all() and new_z.isfinite().all()):
        return "The codes hold NaN or infinity."
    known, asked = world.causes, new.causes
    place = factor_r2(z, known[:, :2], new_z, asked[:, :2])
    tag = factor_r2(z, known[:, 2], new_z, asked[:, 2])
    if place < 0.95:
        return f"The place is lost: R² of x and y is {place:.2f}, below 0.95."
    if tag < 0.95:
        return (
            f"The tag is lost: its R² is {tag:.2f}, below 0.95. Nothing in "
            "your loss says that it matters, or not enough."
        )
    return None


def _place_and_tag(x):
    """Codes by hand: the centre of the disk, and the brightness of the tag."""
    disk = x[:, 0].clone()
    disk[:, :2, :2] = 0
    pixel = torch.arange(28.0, device=x.device)
    share = disk / disk.sum(dim=(1, 2), keepdim=True)
    across, down = (share.sum(dim=d) @ pixel for d in (1, 2))
    tag = 100 * x[:, 0, :2, :2].mean(dim=(1, 2))
    return torch.stack([across, down, tag], dim=1)


outcome("encode_with_tag", _tag_problem, course=lambda: _place_and_tag)
