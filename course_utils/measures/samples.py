"""How good invented samples are, beside real ones: four shares of points.

A ball around each point reaches to its k-th nearest neighbour among its own
kind; the balls of a set together say where it has points. What "near" means
is decided by the features: a judge's, not pixels. Lesson 09 writes them.
"""

import torch

from course_utils.measures.judge import check_labels
from course_utils.training import predict

ROWS = 1000  # distances are taken for so many points at a time


def ball_radii(points, k=5):
    """Distance of each point to its k-th nearest other: (N, D) -> (N,).

    Raises ValueError if there are not more than k points.
    """
    _check_points(points=points)
    if not 1 <= k < len(points):
        raise ValueError(
            f"k must be from 1 to {len(points) - 1}, one less than there "
            f"are points; got {k}"
        )
    # The nearest of all is the point itself.
    return torch.cat(
        [
            torch.cdist(rows, points).kthvalue(k + 1, dim=1).values
            for rows in points.split(ROWS)
        ]
    )


def sample_quality(real, fake, k=5):
    """Precision, recall, density and coverage of fake points: a dict.

    real (N, D), fake (M, D): features, such as a judge's.
    precision: share of fakes inside the ball of some real point. recall:
    share of real points inside the ball of some fake (Kynkäänniemi et al.,
    2019). density: in how many real balls a fake lies on average, over k; it
    may be above 1. coverage: share of real balls in which a fake lies (Naeem
    et al., 2020). Real points themselves score about 1, in density and
    coverage with as many fakes as real ones.
    """
    _check_points(real=real, fake=fake)
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            "real and fake must have as many features; got "
            f"{tuple(real.shape)} and {tuple(fake.shape)}"
        )
    real_radii, fake_radii = ball_radii(real, k), ball_radii(fake, k)
    balls, recall, coverage = 0, [], []
    for rows, radii in zip(
        real.split(ROWS), real_radii.split(ROWS), strict=True
    ):
        apart = torch.cdist(rows, fake)
        in_real = apart < radii[:, None]
        balls = balls + in_real.sum(dim=0)  # how many hold each fake
        recall.append((apart < fake_radii).any(dim=1))
        coverage.append(in_real.any(dim=1))
    shares = {
        "precision": balls > 0,
        "recall": torch.cat(recall),
        "density": balls / k,
        "coverage": torch.cat(coverage),
    }
    return {name: s.float().mean().item() for name, s in shares.items()}


def detour(decode, start, end, steps=17):
    """Length of decoded straight lines, over the distance of their ends.

    decode: codes (B, Z) -> images (B, ...). start, end: codes (B, Z). Returns
    (B,): 1 says that the images lie on a straight line, too.
    """
    if start.shape != end.shape or steps < 2:
        raise ValueError(
            "detour wants as many starts as ends and at least 2 steps; got "
            f"{tuple(start.shape)}, {tuple(end.shape)} and {steps}"
        )
    along = torch.linspace(0, 1, steps)
    path = [predict(decode, start.lerp(end, t)).flatten(1) for t in along]
    path = torch.stack(path)  # (steps, B, pixels)
    length = path.diff(dim=0).norm(dim=2).sum(dim=0)
    return length / (path[-1] - path[0]).norm(dim=1)


def share_in_holes(draws, z, new_z) -> float:
    """Share of draws (N, Z) that no code is near.

    z: codes of training images, new_z: of other real images. Near is as near
    as 99 % of new_z are to their nearest z. Raises ValueError when one of the
    three is empty or has other dimensions.
    """
    _check_points(draws=draws, z=z, new_z=new_z)
    shapes = [tuple(points.shape) for points in (draws, z, new_z)]
    if 0 in map(len, (draws, z, new_z)) or len({s[1] for s in shapes}) > 1:
        raise ValueError(
            "draws, z and new_z need codes of as many dimensions; got "
            f"{', '.join(map(str, shapes))}"
        )
    near = torch.cdist(new_z, z).amin(dim=1).quantile(0.99)
    return (torch.cdist(draws, z).amin(dim=1) > near).float().mean().item()


def class_variety(x, labels) -> float:
    """Variance within classes: of each pixel, summed, mean over classes.

    images (N, ...), labels (N,). 0 if all images of a class are one. Of
    classes with one image nothing can be said: they are left out; nan if
    that leaves none. Raises ValueError unless there is a label for each image.
    """
    check_labels(x, labels)
    classes = [x[labels == c] for c in labels.unique()]
    each = [y.var(dim=0).sum() for y in classes if len(y) > 1]
    return torch.stack(each).mean().item() if each else float("nan")


def anonymous(sets, seed=0):
    """Hide where sets come from: {name: images} -> {letter: images}.

    The letters A, B, … are given in an order drawn with the seed. Raises
    ValueError if `sets` is no dictionary.
    """
    if not isinstance(sets, dict):
        raise ValueError(
            f"sets must be a dictionary; got a {type(sets).__name__}"
        )
    names = list(sets)
    return {c: sets[name] for c, name in lettered(names, seed).items()}


def lettered(names, seed=0):
    """Return {letter: name} as `anonymous` gives the letters."""
    order = torch.Generator().manual_seed(seed)
    places = torch.randperm(len(names), generator=order).tolist()
    return {chr(ord("A") + i): names[p] for i, p in enumerate(places)}


def _check_points(**sets):
    for name, points in sets.items():
        if not torch.is_tensor(points) or points.ndim != 2:
            shape = tuple(getattr(points, "shape", ()))
            raise ValueError(
                f"{name} must be features of shape (N, D); got "
                f"{shape or type(points).__name__}"
            )
        if not points.isfinite().all():
            raise ValueError(f"{name} holds values that are not finite")
