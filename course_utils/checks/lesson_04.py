"""Checks of lesson 04."""

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import tagged_world
from course_utils.measures import factor_r2


def _codes():
    """Return codes of three labels that lie near each other, labels, n."""
    labels = torch.randint(0, 3, (230,))
    z = torch.randn(230, 4) * torch.tensor([1, 1, 3, 1]) + labels[:, None]
    return z, labels, 45


def _last_counts():
    """Return codes of which the last given one is the only one of label 9."""
    z, labels = torch.randn(90, 2), torch.randint(0, 9, (90,))
    z[29:31], labels[29:31] = z[29].clone(), 9
    return z, labels, 30


def _first(n):
    return slice(n)


def _last(n):
    return slice(-n, None)


def _rest(n):
    return slice(n, None)


def _all(n):
    return slice(None)


def _score(z, labels, n, neighbours=1, known=_first, judged=_rest, of=None,
           far=False, p=2.0, named=None):  # fmt: skip
    """Return the accuracy of the nearest neighbour, with some knobs turned.

    of: (right, z, n) -> what to divide the number of right guesses by. named:
    the slice of the labels that the neighbours get.
    """
    near = torch.cdist(z[judged(n)], z[known(n)], p=p)
    near = near.topk(neighbours, largest=far).indices
    votes = labels[(named or known)(n)][near].mode(dim=1).values
    right = (votes == labels[judged(n)]).float()
    return (right.sum() / (of(right, z, n) if of else len(right))).item()


def _share(apart, labels, n):
    """Return the accuracy of the nearest, from a table of distances."""
    near = apart.argmin(dim=1)
    return (labels[near] == labels[-len(near) :]).float().mean().item()


def _one_left_out(z, labels, n):
    apart = torch.cdist(z, z).fill_diagonal_(torch.inf)
    return _share(apart[n:], labels, n)


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
            "of those that are judged.": {"of": lambda right, z, n: len(z)},
            "That is how many are right; divide by how many are judged.": {
                "of": lambda right, z, n: 1
            },
            "You divided by n; divide by how many are judged.": {
                "of": lambda right, z, n: n
            },
            "The first of the others is not judged: [n:].": {
                "judged": lambda n: slice(n + 1, None)
            },
            "The last n labels are taken as given; take the first n.": {
                "known": _last,
                "judged": lambda n: slice(-n),
            },
            "The places are those of the n given ones, but their labels were "
            "looked up among the others.": {"named": _rest},
            "That is the neighbour furthest away; take the nearest.": {
                "far": True
            },
            "You added up absolute differences; take the usual distance.": {
                "p": 1.0
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
        "The others are neighbours too; ask the n with a given label only.": (
            _one_left_out
        ),
        "The numbers of the codes were scaled; compare them as they are.": (
            lambda z, labels, n: _score((z - z.mean(0)) / z.std(0), labels, n)
        ),
        "The largest product is not the smallest distance.": (
            lambda z, labels, n: _share(z[n:] @ -z[:n].T, labels, n)
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


def _copied():
    """Return faint images, of which the second is a training image."""
    training = 0.01 * torch.rand(6, 1, 3, 3)
    return torch.stack([0.01 * torch.rand(1, 3, 3), training[2]]), training


def _near(images, training, power=2.0, how="amin", square=False, dim=1):
    """Return distances to training images, with some knobs turned."""
    apart = torch.cdist(images.flatten(1), training.flatten(1), p=power)
    apart = apart.square() if square else apart
    return getattr(apart, how)(dim)


def _without_zero(images, training):
    apart = torch.cdist(images.flatten(1), training.flatten(1))
    return torch.where(apart == 0, torch.inf, apart).amin(dim=1)


@check(
    cases=lambda: [
        (torch.rand(5, 1, 6, 6), torch.rand(9, 1, 6, 6)),
        (torch.rand(3, 1, 4, 5), torch.rand(4, 1, 4, 5)),
        _copied(),
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
            "That is the largest difference of a pixel; the distance is the "
            "root of the summed squares.": {"power": torch.inf},
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
        "That is the smallest mean squared error; the distance is the root "
        "of the summed squares.": lambda images, training: (
            _near(images, training).square() / images[0].numel()
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
            (images - training[: len(images)]).flatten(1).norm(dim=1)
        ),
        "That is the distance to the average training image; take the "
        "nearest one.": lambda images, training: (
            (images - training.mean(dim=0)).flatten(1).norm(dim=1)
        ),
        "That is the second nearest: no image is its own neighbour here.": (
            lambda images, training: (
                torch.cdist(images.flatten(1), training.flatten(1))
                .kthvalue(2)
                .values
            )
        ),
        "A distance of 0 counts as well: that image is not new at all.": (
            _without_zero
        ),
        "That is the largest product; take the smallest distance.": (
            lambda images, training: (
                images.flatten(1) @ training.flatten(1).T
            ).amax(1)
        ),
        "The images have still rows and columns: `flatten(1)` both.": (
            lambda images, training: torch.cdist(images, training).amin(1)
        ),
        "You summed before you squared: minus cancels plus.": (
            lambda images, training: (
                (images.sum((1, 2, 3))[:, None] - training.sum((1, 2, 3)))
                .abs()
                .amin(1)
            )
        ),
        "The nearest is chosen pixel by pixel; sum over the pixels first.": (
            lambda images, training: (
                (images[:, None] - training)
                .square()
                .amin(1)
                .flatten(1)
                .sum(1)
                .sqrt()
            )
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
