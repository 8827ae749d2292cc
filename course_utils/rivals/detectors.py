"""Rivals for anomaly detection: what a network must beat to earn its keep.

Each takes x (N, D) and known, normal examples (M, D), one setting and a
seed, and returns a score (N,): the larger, the stranger.
"""

import torch

from course_utils.measures import detection


def pca_error(x, known, size, seed=0):
    """Squared error of a reconstruction from `size` principal components."""
    _check(x, known, size=size)
    mean = known.mean(dim=0)
    axes = torch.linalg.svd(known - mean, full_matrices=False).Vh[:size]
    away = x - mean
    return (away - away @ axes.T @ axes).square().sum(dim=1)


def mahalanobis(x, known, ridge, seed=0):
    """Squared distance from the mean, in standard deviations, all ways.

    ridge: what is added to each variance, so that none is zero.
    """
    _check(x, known)
    away = x - known.mean(dim=0)
    covariance = known.T.cov() + ridge * torch.eye(x.shape[1])
    return (away @ torch.linalg.inv(covariance) * away).sum(dim=1)


def isolation_forest(x, known, n, seed=0):
    """How few random cuts set x apart (Liu, Ting and Zhou, 2008).

    n: how many known examples each of the 100 trees is grown from.
    """
    from sklearn.ensemble import IsolationForest  # slow to import

    _check(x, known, n=n)
    forest = IsolationForest(max_samples=min(n, len(known)), random_state=seed)
    forest.fit(known.numpy())
    return torch.from_numpy(-forest.score_samples(x.numpy())).float()


def one_class_svm(x, known, nu, seed=0):
    """How far x lies outside a boundary (Schölkopf and others, 2001).

    nu: the share of 3,000 known examples that may lie outside.
    """
    from sklearn.svm import OneClassSVM  # slow to import

    _check(x, known)
    svm = OneClassSVM(nu=nu).fit(_sample(known, 3000, seed).numpy())
    return torch.from_numpy(-svm.score_samples(x.numpy())).float()


def nearest(x, known, n, seed=0):
    """Distance to the closest of n known examples, drawn at random."""
    _check(x, known, n=n)
    known = _sample(known, n, seed)
    return torch.cat([torch.cdist(b, known).amin(1) for b in x.split(2000)])


def one_column(x, known, place, seed=0):
    """Distance from the mean in one column alone; place: its number."""
    _check(x, known)
    if not 0 <= place < x.shape[1]:
        raise ValueError(
            f"place must be from 0 to {x.shape[1] - 1}; got {place}"
        )
    return (x[:, place] - known[:, place].mean()).abs()


def judge_baselines(settings, tables, choose, families, seed=0, rate=0.01):
    """Judge baselines, each with some settings: {(name, setting): verdict}.

    settings: {name of a function of this module: settings}. tables: the
    flows (N, D) of "train", on which each is fitted, of "valid", "test" and
    "attacks". choose: ({"valid": scores}, rate) -> threshold that a share
    `rate` of normal flows exceeds. families: of each attack. A verdict is a
    dict, from `detection`. Raises ValueError for an unknown name.
    """
    if strangers := set(settings) - set(BASELINES):
        raise ValueError(
            f"no such baseline: {', '.join(sorted(strangers))}; there are "
            f"{', '.join(BASELINES)}"
        )
    verdicts = {}
    for name, values in settings.items():
        for value in values:
            found = {
                part: BASELINES[name](
                    tables[part], tables["train"], value, seed
                )
                for part in ("valid", "test", "attacks")
            }
            threshold = choose({"valid": found["valid"]}, rate)
            verdicts[name, value] = detection(found, threshold, families)
    return verdicts


BASELINES = {
    detect.__name__: detect
    for detect in (
        pca_error,
        mahalanobis,
        isolation_forest,
        one_class_svm,
        nearest,
        one_column,
    )
}


def _check(x, known, **counts):
    """Raise ValueError unless x and known are tables of the same columns."""
    if x.ndim != 2 or known.ndim != 2 or x.shape[1] != known.shape[1]:
        raise ValueError(
            "x and known must be tables of the same columns; got shapes "
            f"{tuple(x.shape)} and {tuple(known.shape)}"
        )
    if len(known) < 2:
        raise ValueError(f"at least 2 known examples; got {len(known)}")
    for name, count in counts.items():
        if not isinstance(count, int) or count < 1:
            raise ValueError(
                f"{name} must be a whole number above 0; got {count!r}"
            )


def _sample(known, n, seed):
    draws = torch.Generator().manual_seed(seed)
    return known[torch.randperm(len(known), generator=draws)[:n]]
