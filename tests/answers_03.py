"""Answers to lesson 03's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import numpy as np
import torch


def pca_by_svd(x, k):
    mean = x.mean(dim=0)
    _, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
    return mean, vt[:k], s[:k] ** 2 / (len(x) - 1)


def pca_by_covariance(x, k):
    values, vectors = torch.linalg.eigh(x.T.cov())
    return x.mean(0), vectors.T.flip(0)[:k], values.flip(0)[:k]


def pca_by_numpy(x, k):
    centred = x.numpy() - x.numpy().mean(axis=0)
    _, s, vt = np.linalg.svd(centred)
    variances = s[:k] ** 2 / (len(x) - 1)
    return x.mean(0), torch.tensor(vt[:k]), torch.tensor(variances)


def pca_not_centred(x, k):
    _, s, vt = torch.linalg.svd(x, full_matrices=False)
    return x.mean(0), vt[:k], s[:k] ** 2 / (len(x) - 1)


def pca_standardised(x, k):
    _, s, vt = torch.linalg.svd(
        (x - x.mean(0)) / x.std(0), full_matrices=False
    )
    return x.mean(0), vt[:k], s[:k] ** 2 / (len(x) - 1)


def pca_wrong_way_round(x, k):
    _, s, v = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    return x.mean(0), v.T[:k], s[:k] ** 2 / (len(x) - 1)


def pca_over_n(x, k):
    _, s, vt = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    return x.mean(0), vt[:k], s[:k] ** 2 / len(x)


def pca_components_only(x, k):
    return pca_by_svd(x, k)[1]


def rebuild_in_steps(x, mean, components):
    z = (x - mean) @ components.T
    return z @ components + mean


def rebuild_by_sum(x, mean, components):
    x_hat = mean.expand_as(x).clone()
    for row in components:
        x_hat += ((x - mean) @ row)[:, None] * row
    return x_hat


def rebuild_by_numpy(x, mean, components):
    x, mean, components = (v.numpy() for v in (x, mean, components))
    return mean + (x - mean) @ components.T @ components


def k_by_sums(variances, share):
    so_far = variances.cumsum(0)
    return int((so_far < share * so_far[-1]).sum()) + 1


def k_by_place(variances, share):
    so_far = variances.cumsum(0)
    return (so_far >= share * so_far[-1]).nonzero()[0] + 1


def k_by_loop(variances, share):
    held, k = 0.0, 0
    while held < share * variances.sum():
        held, k = held + variances[k], k + 1
    return k


ANSWERS = {
    "pca": (
        [pca_by_svd, pca_by_covariance, pca_by_numpy],
        {
            "not centred": pca_not_centred,
            "deviation of each pixel": pca_standardised,
            "transposed already": pca_wrong_way_round,
            "divide by N - 1": pca_over_n,
            "3 values": pca_components_only,
            "Value 2 of the 3": lambda x, k: pca_by_svd(x, min(x.shape)),
            "returned None": lambda x, k: None,
        },
    ),
    "pca_reconstruct": (
        [rebuild_in_steps, rebuild_by_numpy, rebuild_by_sum],
        {
            "mean off before": lambda x, mean, c: mean + x @ c.T @ c,
            "never put back": lambda x, mean, c: (x - mean) @ c.T @ c,
            "the code z": lambda x, mean, c: (x - mean) @ c.T,
            "You took the mean of x": lambda x, mean, c: rebuild_in_steps(
                x, x.mean(0), c
            ),
            "RuntimeError": lambda x, mean, c: mean + (x - mean) @ c @ c.T,
        },
    ),
    "choose_k": (
        [k_by_sums, k_by_place, k_by_loop],
        {
            "counted from 0": lambda v, share: k_by_sums(v, share) - 1,
            "Exactly the share": lambda v, share: (
                int((v.cumsum(0) <= share * v.sum()).sum()) + 1
            ),
            "each variance by itself": lambda v, share: (
                int((v < share * v.sum()).sum()) + 1
            ),
            "divide by the sum": lambda v, share: (
                int((v.cumsum(0) < share).sum()) + 1
            ),
            "large enough": lambda v, share: int(
                (v.cumsum(0) / v.sum() >= share).sum()
            ),
        },
    ),
    "clinic_verdict": (
        [
            {"A": "order", "B": "mean", "C": "data", "D": "right"},
            dict(D="right", C="data", B="mean", A="order"),
            dict(zip("ABCD", ("order", "mean", "data", "right"), strict=True)),
        ],
        {
            "No verdict is given for B, C, D": {"A": "order"},
            "is none of": dict.fromkeys("ABCD", "bad"),
            "mean image is empty": {
                "A": "order",
                "B": "right",
                "C": "data",
                "D": "mean",
            },
            "one colleague only": dict.fromkeys("ABCD", "right"),
            "a dictionary": ["order", "mean", "data", "right"],
        },
    ),
    "bar_components": (
        [4, 4.0, torch.tensor(4)],
        {
            "too few": 3,
            "One cause": 1,
            "fewer": 20,
            "more": 2,
            "One number": "four",
        },
    ),
}
