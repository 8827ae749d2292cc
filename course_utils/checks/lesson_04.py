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


def _score(
    z,
    labels,
    n,
    neighbours=lambda n: 1,
    known=lambda n: slice(n),
    judged=lambda n: slice(n, None),
    end=torch.mean,
):
    """Return the accuracy of the nearest neighbour, with some knobs turned."""
    near = torch.cdist(z[judged(n)], z[known(n)])
    near = near.topk(neighbours(n), largest=False).indices
    votes = labels[known(n)][near].mode(dim=1).values
    return end((votes == labels[judged(n)]).float()).item()


@check(
    cases=lambda: [_codes(), _last_counts()],
    slips=mutants(
        _score,
        {
            "The images with a given label are still among those that are "
            "judged: each is its own nearest neighbour.": {
                "judged": lambda n: slice(None)
            },
            "The judged images are those whose labels were given, so that "
            "the accuracy is 1 whatever the code.": {
                "judged": lambda n: slice(n)
            },
            "The two parts have changed places: the first n are given, the "
            "rest is judged.": {
                "known": lambda n: slice(n, None),
                "judged": lambda n: slice(n),
            },
            "You asked five neighbours, scikit-learn's default; ask one.": {
                "neighbours": lambda n: 5
            },
            "You asked n neighbours; ask one.": {"neighbours": lambda n: n},
            "That is how many are right; divide by how many are judged.": {
                "end": torch.sum
            },
        },
    ),
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


def _apart(images, training):
    return torch.cdist(images.flatten(1), training.flatten(1))


@check(
    cases=lambda: [
        (torch.rand(5, 1, 6, 6), torch.rand(9, 1, 6, 6)),
        (torch.rand(3, 1, 4, 5), torch.rand(4, 1, 4, 5)),
        _copied(),
    ],
    slips={
        "That is the distance to the training image that is furthest away; "
        "take the nearest.": lambda *both: _apart(*both).amax(dim=1),
        "That is the average distance to all training images; take the "
        "smallest.": lambda *both: _apart(*both).mean(dim=1),
        "The minimum runs over the images; for each image, run it over the "
        "training images.": lambda *both: _apart(*both).amin(dim=0),
        "That is the smallest of all distances; take it for each image.": (
            lambda *both: _apart(*both).min()
        ),
        "That says which training image is nearest; say how far it is.": (
            lambda *both: _apart(*both).argmin(dim=1)
        ),
        "`min` gave values and places; return the values.": (
            lambda *both: tuple(_apart(*both).min(dim=1))
        ),
        "The images have still rows and columns: `flatten(1)` both.": (
            lambda images, training: torch.cdist(images, training).amin(1)
        ),
    },
)
def novelty(images, training):
    """Distance to the nearest training image: (B, …), (N, …) -> (B,)."""
    return _apart(images, training).min(dim=1).values


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
