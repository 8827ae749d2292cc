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


def pca_smallest_first(x, k):
    values, vectors = torch.linalg.eigh(x.T.cov())
    return x.mean(0), vectors.T[:k], values[:k]


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


def pca_all_rows(x, k):
    return pca_by_svd(x, min(x.shape))


def pca_singular_values(x, k):
    _, s, vt = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    return x.mean(0), vt[:k], s[:k]


def pca_over_n(x, k):
    _, s, vt = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    return x.mean(0), vt[:k], s[:k] ** 2 / len(x)


def pca_in_columns(x, k):
    mean, components, variances = pca_by_svd(x, k)
    return mean, components.T, variances


def pca_components_only(x, k):
    return pca_by_svd(x, k)[1]


def pca_from_u(x, k):
    u, s, _ = torch.linalg.svd(x - x.mean(0))
    return x.mean(0), u[:, :k], s[:k] ** 2 / (len(x) - 1)


def pca_wrong_axis(x, k):
    return pca_by_svd(x.T, k)


def rebuild_in_steps(x, mean, components):
    z = (x - mean) @ components.T
    return z @ components + mean


def rebuild_by_sum(x, mean, components):
    x_hat = mean.expand_as(x).clone()
    for row in components:
        x_hat += ((x - mean) @ row)[:, None] * row
    return x_hat


def rebuild_by_least_squares(x, mean, components):
    z = torch.linalg.lstsq(components.T, (x - mean).T).solution
    return mean + z.T @ components


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
            "smallest variance first": pca_smallest_first,
            "last k": lambda x, k: (
                x.mean(0),
                *(part[-k:] for part in pca_all_rows(x, k)[1:]),
            ),
            "not centred": pca_not_centred,
            "deviation of each pixel": pca_standardised,
            "transposed already": pca_wrong_way_round,
            "only the first k": pca_all_rows,
            "singular values": pca_singular_values,
            "divide by N - 1": pca_over_n,
            "stand in columns": pca_in_columns,
            "3 values": pca_components_only,
            "The order is": lambda x, k: (
                *(pca_by_svd(x, k)[i] for i in (1, 0, 2)),
            ),
            "variances third": lambda x, k: (
                *(pca_by_svd(x, k)[i] for i in (0, 2, 1)),
            ),
            "u belongs to": pca_from_u,
            "every component short": lambda x, k: (
                x.mean(0),
                pca_all_rows(x, k)[1][:, :k],
                pca_by_svd(x, k)[2],
            ),
            "places are counted from 0": lambda x, k: (
                x.mean(0),
                *(part[1 : k + 1] for part in pca_all_rows(x, k)[1:]),
            ),
            "not all": lambda x, k: (
                *pca_by_svd(x, k)[:2],
                pca_all_rows(x, k)[2],
            ),
            "shares of the whole": lambda x, k: (
                *pca_by_svd(x, k)[:2],
                pca_by_svd(x, k)[2] / x.var(0).sum(),
            ),
            "shape": pca_wrong_axis,
            "returned None": lambda x, k: None,
        },
    ),
    "pca_reconstruct": (
        [
            rebuild_in_steps,
            rebuild_by_numpy,
            rebuild_by_sum,
            rebuild_by_least_squares,
        ],
        {
            "mean off before": lambda x, mean, c: mean + x @ c.T @ c,
            "never put back": lambda x, mean, c: (x - mean) @ c.T @ c,
            "The mean is missing": lambda x, mean, c: x @ c.T @ c,
            "the code z": lambda x, mean, c: (x - mean) @ c.T,
            "You took the mean of x": lambda x, mean, c: rebuild_in_steps(
                x, x.mean(0), c
            ),
            "added twice": lambda x, mean, c: (
                mean + rebuild_in_steps(x, mean, c)
            ),
            "walked backwards": lambda x, mean, c: mean + (mean - x) @ c.T @ c,
            "Only the last component": lambda x, mean, c: rebuild_in_steps(
                x, mean, c[-1:]
            ),
            "is lost": lambda x, mean, c: (x - mean) - (x - mean) @ c.T @ c,
            "other way round": lambda x, mean, c: (x + mean) @ c.T @ c - mean,
            "the `mean` that is given": lambda x, mean, c: (
                (x - x.mean(0)) @ c.T @ c + mean
            ),
            "once per component": lambda x, mean, c: sum(
                mean + ((x - mean) @ row)[:, None] * row for row in c
            ),
            "no ReLU": lambda x, mean, c: (
                mean + torch.relu((x - mean) @ c.T) @ c
            ),
            "Is a size written out": lambda x, mean, c: rebuild_in_steps(
                x, mean, c[:8]
            ),
            "RuntimeError": lambda x, mean, c: mean + (x - mean) @ c @ c.T,
            "None": lambda x, mean, c: None,
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
            "standard deviations": lambda v, share: k_by_sums(v.sqrt(), share),
            "not be squared": lambda v, share: k_by_sums(v**2, share),
            "divide by the sum": lambda v, share: (
                int((v.cumsum(0) < share).sum()) + 1
            ),
            "largest variance": lambda v, share: (
                int((v.cumsum(0) / v.max() < share).sum()) + 1
            ),
            "nearest to the share": lambda v, share: (
                int((v.cumsum(0) / v.sum() - share).abs().argmin()) + 1
            ),
            "share of the components": lambda v, share: round(share * len(v)),
            "turned the comparison": lambda v, share: k_by_sums(v, 1 - share),
            "largest variance added first": lambda v, share: k_by_sums(
                v.flip(0), share
            ),
            "large enough": lambda v, share: int(
                (v.cumsum(0) / v.sum() >= share).sum()
            ),
            "the first sum taken": lambda v, share: (
                int(v.cumsum(0).argmax()) + 1
            ),
            "sum `>=` it": lambda v, share: (
                int((v.cumsum(0) / v.sum() > share).int().argmax()) + 1
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
            "99 %": 8,
            "One cause": 1,
            "fewer": 20,
            "more": 2,
            "One number": "four",
        },
    ),
}
