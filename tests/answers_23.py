"""Answers to lesson 23's exercises: right ones, and slips with their words."""

import numpy as np
import pandas
import torch
from sklearn.neighbors import NearestNeighbors


def by_sort(z, i, k):
    order = torch.cdist(z[i : i + 1], z)[0].argsort()
    return order[order != i][:k]


def by_list(z, i, k):
    apart = [(float((z[i] - other).norm()), j) for j, other in enumerate(z)]
    return torch.tensor([j for _, j in sorted(apart) if j != i][:k])


def by_sklearn(z, i, k):
    found = NearestNeighbors(n_neighbors=k + 1).fit(z)
    rows = torch.from_numpy(found.kneighbors(z[i : i + 1])[1][0])
    return rows[rows != i]


def with_itself(z, i, k):
    return torch.cdist(z[i : i + 1], z)[0].argsort()[:k]


def farthest(z, i, k):
    return (z - z[i]).norm(dim=1).argsort(descending=True)[:k]


def apart(z, i, k):
    return (z - z[i]).norm(dim=1).sort().values[1 : k + 1]


def by_mask(groups, chosen):
    test = (groups[:, None] == chosen).any(dim=1)
    rows = torch.arange(len(groups), device=groups.device)
    return rows[~test], rows[test]


def by_loop(groups, chosen):
    chosen = chosen.tolist()
    sides = [], []
    for row, group in enumerate(groups.tolist()):
        sides[group in chosen].append(row)
    return torch.tensor(sides[0]), torch.tensor(sides[1])


def by_numpy(groups, chosen):
    test = np.isin(groups.numpy(), chosen.numpy())
    return torch.tensor(np.where(~test)[0]), torch.tensor(np.where(test)[0])


def masks(groups, chosen):
    test = torch.isin(groups, chosen)
    return ~test, test


def by_place(groups, chosen):
    rows = torch.arange(len(groups), device=groups.device)
    return rows[~torch.isin(rows, chosen)], chosen


def table(network, baseline):
    return pandas.DataFrame({"network": network, "baseline": baseline})


AHEAD = table([2.0, 2.1, 2.05], [3.0, 3.2, 3.1])
BEHIND = table([4.0, 4.1, 4.2], [3.0, 3.2, 3.1])
LEVEL = table([3.0, 3.2, 2.9], [3.1, 3.0, 3.1])

ANSWERS = {
    "search": (
        [by_sort, by_list, by_sklearn],
        {
            "itself is among": with_itself,
            "farthest away": farthest,
            "distances themselves": apart,
            "reversed": lambda z, i, k: by_sort(z, i, k).flip(0),
            "should have shape": lambda z, i, k: by_sort(z, i, k)[:-1],
            "is nearer": lambda z, i, k: (z - z[i]).mean(1).argsort()[:k],
        },
    ),
    "split_by_group": (
        [by_mask, by_loop, by_numpy],
        {
            "changed places": lambda *case: by_mask(*case)[::-1],
            "masks of True": masks,
            "not rows": by_place,
            "on both sides": lambda groups, chosen: (
                torch.arange(len(groups)),
                by_mask(groups, chosen)[1],
            ),
            "is not in the test": lambda groups, chosen: by_mask(
                groups, chosen[:1]
            ),
        },
    ),
    "evidence": (
        [(AHEAD, "network"), (BEHIND, "baseline"), [LEVEL, "tie"]],
        {
            "two things": AHEAD,
            "columns network": (AHEAD[["network"]], "network"),
            "Three seeds": (AHEAD[:2], "network"),
            "trained anew": (table([2.0] * 3, [3.0, 3.1, 3.2]), "network"),
            '"network", "baseline" or "tie"': (AHEAD, "we won"),
            "whose lead": (BEHIND, "network"),
            "more than two": (LEVEL, "network"),
        },
    ),
}
