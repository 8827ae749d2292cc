"""What a code holds, and how near what it decodes to comes to the world."""

import numpy as np
import torch

from course_utils.datasets.shapes import CAUSES, KINDS, draw_shapes


def factor_r2(z, causes, new_z, new_causes, neighbours=5) -> float:
    """R² of causes read off codes by their nearest neighbours.

    z, new_z: codes (N, Z) and (M, Z). causes, new_causes: (N,) or (N, K),
    given for z, guessed for new_z and averaged over K. 1 is perfect, 0 what
    guessing the average gives; it may be negative.
    """
    from sklearn.neighbors import KNeighborsRegressor  # slow to import

    # As arrays: scikit-learn 1.5 takes two tensors for two devices.
    z, causes, new_z, new_causes = (
        np.asarray(part) for part in (z, causes, new_z, new_causes)
    )
    known = KNeighborsRegressor(neighbours).fit(z, causes)
    return float(known.score(new_z, new_causes))


def distance_to_world(images):
    """Distance to the nearest disk at any (x, y): (B, 1, 28, 28) -> (B,).

    The made world's other causes stay at their defaults. Disks stand a
    quarter of a pixel apart, which leaves up to 0.25 for a perfect one.
    Raises ValueError for other shapes, and for NaN.
    """
    if not torch.is_tensor(images) or images.shape[1:] != (1, 28, 28):
        got = tuple(getattr(images, "shape", ())) or type(images).__name__
        raise ValueError(f"images must have shape (B, 1, 28, 28); got {got}")
    if images.isnan().any():
        raise ValueError("images hold NaN")
    places = torch.linspace(*CAUSES["x"], 61)
    world = draw_shapes(*torch.cartesian_prod(places, places).T)
    apart = torch.cdist(images.flatten(1), world.flatten(1))
    return apart.min(dim=1).values


def shape_of(images):
    """Kind, size and distance of the made world's shape nearest to images.

    images (N, 1, S, S) -> kinds (N,), whole numbers that count through
    `KINDS`; sizes (N,), half the width in pixels, to a quarter, from 2 to
    5.5; distances (N,), 0 for a perfect shape. Shapes are compared at the
    middle of what is bright, unturned. Raises ValueError for other shapes
    of `images`, for no images, and for NaN.
    """
    if not torch.is_tensor(images) or images.ndim != 4 or images.shape[1] != 1:
        got = tuple(getattr(images, "shape", ())) or type(images).__name__
        raise ValueError(f"images must have shape (N, 1, S, S); got {got}")
    if not len(images) or images.isnan().any():
        raise ValueError("images are none, or hold NaN")
    kinds = torch.arange(len(KINDS)).float()
    table = torch.cartesian_prod(kinds, torch.arange(2, 5.6, 0.25))
    found = [_nearest_shape(part, *table.T) for part in images.split(50)]
    nearest, distances = map(torch.cat, zip(*found, strict=True))
    return table[nearest, 0].long(), table[nearest, 1], distances


def _nearest_shape(images, kinds, sizes):
    """Place in the table and distance of each image's nearest shape."""
    x, count = images[:, 0], len(kinds)
    mass = x.sum(dim=(1, 2)).clamp_min(1e-6)
    across = x.sum(dim=1) @ torch.arange(x.shape[2]).float() / mass
    down = x.sum(dim=2) @ torch.arange(x.shape[1]).float() / mass
    world = draw_shapes(
        across.repeat_interleave(count),
        down.repeat_interleave(count),
        sizes.repeat(len(x)),
        kind=kinds.repeat(len(x)),
        image_size=x.shape[-1],
    )
    world = world.view(len(x), count, -1)
    nearest = (world - x.flatten(1)[:, None]).norm(dim=2).min(dim=1)
    return nearest.indices, nearest.values


def neighbour_accuracy(z, labels, new_z, new_labels, neighbours=5) -> float:
    """Share of the labels that the nearest codes' labels guess rightly.

    z, new_z: codes (N, Z) and (M, Z). labels, new_labels: (N,) and (M,).
    """
    from sklearn.neighbors import KNeighborsClassifier  # slow to import

    known = KNeighborsClassifier(neighbours).fit(z, labels)
    return float(known.score(new_z, new_labels))


def linear_probe(z, labels, new_z, new_labels) -> float | list[float]:
    """Accuracy of logistic regression on codes, scaled as z asks for.

    z, new_z: codes (N, Z) and (M, Z). labels, new_labels: (N,) and (M,).
    new_z may be a list of such codes of the same M things: then one probe
    is trained and a list of its accuracies comes back. A linear probe of
    features (Alain and Bengio, 2017).
    """
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    probe.fit(z, labels)
    if isinstance(new_z, list):
        return [float(probe.score(new, new_labels)) for new in new_z]
    return float(probe.score(new_z, new_labels))


def ridge_accuracy(z, labels, new_z, new_labels, strengths) -> float:
    """Accuracy of ridge regression on codes, the mean over the classes.

    z, new_z: codes (N, Z) and (M, Z), as arrays. strengths: of the ridge;
    cross-validation chooses. Guessing gives 1 / classes.
    """
    from sklearn.linear_model import RidgeClassifierCV  # slow to import
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    ridge = RidgeClassifierCV(strengths, class_weight="balanced")
    probe = make_pipeline(StandardScaler(), ridge).fit(z, labels)
    return float(balanced_accuracy_score(new_labels, probe.predict(new_z)))


def group_silhouette(z, groups=10, seed=0) -> float:
    """Silhouette (Rousseeuw, 1987) of the groups that k-means finds.

    z: codes (N, Z). From -1 to 1: how much nearer codes are to their own
    group than to the next one.
    """
    from sklearn.cluster import KMeans  # slow to import
    from sklearn.metrics import silhouette_score

    found = KMeans(groups, n_init=3, random_state=seed).fit_predict(z)
    return float(silhouette_score(z, found))


def active_units(z, share=0.1) -> float:
    """Mean number of an image's units above a share of their own largest.

    z: codes (N, Z) of many images; a unit's largest value is taken over
    these. Scale-free: multiplying a unit by a number changes nothing. Signs
    do not count. Raises ValueError for anything but a table of numbers.
    """
    if z.ndim != 2 or not z.numel() or not z.isfinite().all():
        raise ValueError(
            "active_units needs codes (N, Z), all finite numbers; got shape "
            f"{tuple(z.shape)}"
        )
    largest = z.abs().amax(dim=0)
    return (z.abs() > share * largest).float().sum(dim=1).mean().item()


def mutual_information(z, causes, bins=20):
    """Nats that each unit tells about each cause: (N, Z), (N, K) -> (Z, K).

    Both are sorted into bins of equal counts; scikit-learn compares how often
    two bins meet with chance. With few examples even noise tells something:
    about (bins - 1)² / 2N nats.
    """
    from sklearn.metrics import mutual_info_score  # slow to import

    if z.ndim != 2 or causes.ndim != 2 or len(z) != len(causes):
        raise ValueError(
            "mutual_information wants codes (N, Z) and causes (N, K); got "
            f"{tuple(z.shape)} and {tuple(causes.shape)}"
        )
    if not 2 <= bins <= len(z):
        raise ValueError(f"bins must be from 2 to {len(z)}; got {bins}")
    z, causes = _equal_bins(z, bins), _equal_bins(causes, bins)
    table = torch.zeros(z.shape[1], causes.shape[1])
    for i, unit in enumerate(z.T):
        for j, cause in enumerate(causes.T):
            meet = np.bincount(bins * unit + cause, minlength=bins**2)
            meet = meet.reshape(bins, bins)
            table[i, j] = mutual_info_score(None, None, contingency=meet)
    return table


def _equal_bins(values, bins):
    """Replace the numbers of each column (N, K) by their bin, from 0."""
    rank = values.detach().cpu().argsort(dim=0).argsort(dim=0)
    return (rank * bins // len(values)).numpy()
