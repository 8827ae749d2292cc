"""Rivals for anomaly detection: what a network must beat to earn its keep.

Each takes x (N, D) and known, normal examples (M, D), one setting and a
seed, and returns a score (N,): the larger, the stranger.
"""

import torch


def pca_error(x, known, size, seed=0):
    """Squared error of a reconstruction from `size` principal components."""
    mean = known.mean(dim=0)
    axes = torch.linalg.svd(known - mean, full_matrices=False).Vh[:size]
    away = x - mean
    return (away - away @ axes.T @ axes).square().sum(dim=1)


def mahalanobis(x, known, ridge, seed=0):
    """Squared distance from the mean, in standard deviations, all ways.

    ridge: what is added to each variance, so that none is zero.
    """
    away = x - known.mean(dim=0)
    covariance = known.T.cov() + ridge * torch.eye(x.shape[1])
    return (away @ torch.linalg.inv(covariance) * away).sum(dim=1)


def isolation_forest(x, known, n, seed=0):
    """How few random cuts set x apart (Liu, Ting and Zhou, 2008).

    n: how many known examples each of the 100 trees is grown from.
    """
    from sklearn.ensemble import IsolationForest  # slow to import

    forest = IsolationForest(max_samples=min(n, len(known)), random_state=seed)
    forest.fit(known.numpy())
    return torch.from_numpy(-forest.score_samples(x.numpy())).float()


def one_class_svm(x, known, nu, seed=0):
    """How far x lies outside a boundary (Schölkopf and others, 2001).

    nu: the share of 3,000 known examples that may lie outside.
    """
    from sklearn.svm import OneClassSVM  # slow to import

    svm = OneClassSVM(nu=nu).fit(_sample(known, 3000, seed).numpy())
    return torch.from_numpy(-svm.score_samples(x.numpy())).float()


def nearest(x, known, n, seed=0):
    """Distance to the closest of n known examples, drawn at random."""
    known = _sample(known, n, seed)
    return torch.cat([torch.cdist(b, known).amin(1) for b in x.split(2000)])


def _sample(known, n, seed):
    draws = torch.Generator().manual_seed(seed)
    return known[torch.randperm(len(known), generator=draws)[:n]]
