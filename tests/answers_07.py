"""Answers to lesson 07's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

from types import SimpleNamespace

import torch
from torch.distributions import Bernoulli
from torch.distributions import kl_divergence as kl

from course_utils.datasets import digits


def rates(z):
    return z.mean(dim=0).clamp(1e-6, 1 - 1e-6)


def kl_by_distributions(z, rho=0.05):
    return kl(Bernoulli(torch.full_like(z[0], rho)), Bernoulli(rates(z))).sum()


def kl_by_loop(z, rho=0.05):
    total = 0
    for rate in rates(z):
        total = total + rho * torch.log(rho / rate)
        total = total + (1 - rho) * torch.log((1 - rho) / (1 - rate))
    return total


def kl_by_entropy(z, rho=0.05):
    got = torch.stack([rates(z), 1 - rates(z)])
    wanted = torch.tensor([rho, 1 - rho], device=z.device)[:, None]
    return (wanted * (wanted.log() - got.log())).sum()


def kept_by_edge(z, k):
    edge = z.topk(k, dim=1).values[:, -1:]
    return torch.where(z >= edge, z, torch.zeros_like(z))


def kept_by_sorting(z, k):
    ranks = z.argsort(dim=1, descending=True).argsort(dim=1)
    return z * (ranks < k)


def kept_by_loop(z, k):
    rows = []
    for row in z:
        values, places = row.topk(k)
        rows.append(torch.zeros_like(row).scatter(0, places, values))
    return torch.stack(rows)


def chosen_by_loop(curve, limit):
    best = None
    for weight, (units, error) in curve.items():
        if error <= limit and (best is None or units < curve[best][0]):
            best = weight
    return best


def chosen_by_sorting(curve, limit):
    rows = sorted((p[0], w) for w, p in curve.items() if p[1] <= limit)
    return rows[0][1] if rows else None


def squares_by_table(z, weight):
    table = (z - z * z)[:, :, None] * weight
    return table.square().flatten(1).sum(1)


def squares_by_einsum(z, weight):
    slope = z * (1 - z)
    return torch.einsum("bu,ud->b", slope**2, weight**2)


def squares_by_loop(z, weight):
    total = 0
    for j in range(len(weight)):
        norm = (weight[j] ** 2).sum()
        total = total + (z[:, j] * (1 - z[:, j])) ** 2 * norm
    return total


def directions():
    x = digits().train.flatten(1)
    mean = x.mean(dim=0)
    return mean, torch.linalg.svd(x - mean, full_matrices=False).Vh


def parted(k, units=128):
    """PCA, each number as two units, one for each sign; the rest empty."""
    mean, vt = directions()

    def encode(x):
        c = (x - mean) @ vt[:k].T
        empty = torch.zeros(len(x), units - 2 * k)
        return torch.cat([c.relu(), (-c).relu(), empty], dim=1)

    def decode(z):
        return (z[:, :k] - z[:, k : 2 * k]) @ vt[:k] + mean

    return SimpleNamespace(encode=encode, decode=decode)


def picked(k, pool=64):
    """The k largest of PCA's numbers, whichever they are."""
    coder = parted(pool)

    def encode(x):
        return kept_by_edge(coder.encode(x), k)

    return SimpleNamespace(encode=encode, decode=coder.decode)


def with_parts(encode, decode):
    return SimpleNamespace(encode=encode, decode=decode)


def slope(z):
    return z * (1 - z)


ANSWERS = {
    "kl_sparsity": (
        [kl_by_distributions, kl_by_loop, kl_by_entropy],
        {
            "no gradient": lambda z, rho=0.05: kl_by_loop(z, rho).detach(),
            "sign": lambda z, rho=0.05: -kl_by_loop(z, rho),
            "other way": lambda z, rho=0.05: kl(
                Bernoulli(rates(z)), Bernoulli(torch.full_like(z[0], rho))
            ).sum(),
            "right for the first": lambda z, rho=0.05: kl_by_loop(z, 0.05),
            "None": lambda z, rho=0.05: print(kl_by_loop(z, rho)),
        },
    ),
    "top_k": (
        [kept_by_edge, kept_by_sorting, kept_by_loop],
        {
            "whole batch": lambda z, k: torch.where(
                z >= z.flatten().topk(k * len(z)).values.min(),
                z,
                torch.zeros_like(z),
            ),
            "without the zeros": lambda z, k: z.topk(k, dim=1)[0],
            ">=": lambda z, k: z * (z > z.topk(k, dim=1).values[:, -1:]),
            "One edge": lambda z, k: z * (z >= z.topk(k).values.min()),
            "no gradient": lambda z, k: kept_by_edge(z, k).detach(),
        },
    ),
    "choose_weight": (
        [
            chosen_by_loop,
            chosen_by_sorting,
            lambda curve, limit: min(
                (w for w in curve if curve[w][1] <= limit),
                key=lambda w: curve[w][0],
                default=None,
            ),
        ],
        {
            "<=": lambda c, limit: chosen_by_loop(c, 0.999 * limit),
            "not used": lambda c, limit: min(c, key=lambda w: c[w][0]),
            "None": lambda c, limit: print(chosen_by_loop(c, limit)),
            "first that is": lambda c, limit: next(
                (w for w in c if c[w][1] <= limit), None
            ),
            "weight of 0": lambda c, limit: chosen_by_loop(c, limit) or None,
        },
    ),
    "jacobian_penalty": (
        [squares_by_table, squares_by_einsum, squares_by_loop],
        {
            "slope is not": lambda z, w: slope(z) @ w.square().sum(1),
            "over the pixels": lambda z, w: slope(z) ** 2 @ (w**2).mean(1),
            "square root": lambda z, w: squares_by_table(z, w).sqrt(),
            "summed first": lambda z, w: (slope(z) @ w).pow(2).sum(1),
            "no gradient": lambda z, w: squares_by_table(z, w).detach(),
        },
    ),
    "digit_code": (
        [
            picked(8),
            picked(7),
            with_parts(picked(8).encode, picked(8).decode),
        ],
        {
            "with `encode`": torch.zeros(5),
            "press harder": picked(40),
            "Copy better": picked(4),
            "rows of 64": with_parts(picked(8).encode, lambda z: z[:, :30]),
            "Overcomplete": parted(8, 16),
            "NaN": with_parts(picked(8).encode, lambda z: z[:, :64] / 0),
        },
    ),
}
