"""Checks of lesson 23."""

from math import inf

import numpy as np
import torch

from course_utils.checks.core import check, outcome


def _apart(z, i):
    return (z - z[i]).norm(dim=1)


def _row_problem(found, z, i, k):
    """Say that `i` itself came back, or a row farther than another."""
    near, apart = search(z, i, k), _apart(z, i)
    if not torch.is_tensor(found) or found.shape != near.shape:
        return None
    if i in found:
        return f"Row i = {i} itself is among the rows."
    missing = near[~torch.isin(near, found)]
    wrong = found[torch.isin(found, torch.arange(len(z)))]
    wrong = wrong[~torch.isin(wrong, near)].long()
    if not len(missing) or not len(wrong):
        return None
    m, w = missing[0], wrong[0]
    return (
        f"Row {w} came back, {apart[w]:.2f} away from row i = {i}. Row {m} is "
        f"nearer, {apart[m]:.2f}."
    )


@check(
    cases=lambda: [
        (torch.randn(9, 3) + 2, 4, 3),
        (torch.randn(30, 5) + 2, 7, 6),
        (torch.randn(12, 2), 0, 11),
    ],
    slips={
        "The image itself is among its neighbours: it is always nearest. "
        "Leave it out.": lambda z, i, k: _apart(z, i).argsort()[:k],
        "The nearest row is missing: only row i is left out.": (
            lambda z, i, k: _apart(z, i).argsort()[2 : k + 2]
        ),
        "These are the images farthest away.": (
            lambda z, i, k: _apart(z, i).argsort(descending=True)[:k]
        ),
        "The distances themselves came back; the rows are wanted.": (
            lambda z, i, k: _apart(z, i).sort().values[1 : k + 1]
        ),
        "The length was taken over all images (dim=0); each image has its "
        "own, along dim=1.": (
            lambda z, i, k: (z - z[i]).norm(dim=0).argsort()[:k]
        ),
    },
    why=_row_problem,
    skip=("one", "far"),
)
def search(z, i, k):
    """Rows of the k codes nearest to row i: (N, Z), i, k -> (k,)."""
    apart = _apart(z, i)
    apart[i] = torch.inf
    return apart.argsort()[:k]


def _rows(test):
    """Return the rows of training and test of a mask (N,)."""
    return (~test).nonzero().flatten(), test.nonzero().flatten()


def _sorted(sides):
    """Return both sides in order: which row comes first is free."""
    if not isinstance(sides, tuple | list) or len(sides) != 2:
        return sides
    if isinstance(sides[0], np.ndarray):
        sides = map(torch.as_tensor, sides)
    return tuple(s.sort().values if torch.is_tensor(s) else s for s in sides)


def _side_problem(sides, groups, chosen):
    """Say which group is on both sides, on the wrong one, or lost."""
    every = torch.arange(len(groups))
    if not isinstance(sides, tuple) or any(
        not torch.is_tensor(side) or not torch.isin(side, every).all()
        for side in sides
    ):
        return None
    train, test = (groups[side.long()] for side in sides)
    if len(both := train[torch.isin(train, test)]):
        return f"Images of group {both[0]} are on both sides."
    if len(missing := chosen[~torch.isin(chosen, test)]):
        return f"Group {missing[0]} was chosen, and is not in the test."
    if len(groups) > len(train) + len(test):
        return (
            f"Of {len(groups)} images, {len(train)} are in training and "
            f"{len(test)} in the test; the others are lost."
        )
    return None


def _groups(count, each, picked):
    groups = torch.randperm(count).repeat_interleave(each)
    return groups[torch.randperm(len(groups))], torch.randperm(count)[:picked]


@check(
    cases=lambda: [_groups(6, 3, 2), _groups(11, 2, 4), _groups(5, 4, 1)],
    slips={
        "Training and test have changed places.": lambda groups, chosen: _rows(
            ~torch.isin(groups, chosen)
        ),
        "These are masks of True and False; row numbers are wanted: "
        "`nonzero().flatten()`.": lambda groups, chosen: (
            ~torch.isin(groups, chosen),
            torch.isin(groups, chosen),
        ),
        "The chosen numbers are groups, not rows: look for them in "
        "`groups`.": lambda groups, chosen: _rows(
            torch.isin(torch.arange(len(groups)), chosen)
        ),
        "The numbers of the groups came back; the rows of the images are "
        "wanted.": lambda groups, chosen: tuple(
            groups[side] for side in _rows(torch.isin(groups, chosen))
        ),
    },
    view=_sorted,
    why=_side_problem,
    skip=("one", "far", "device"),
)
def split_by_group(groups, chosen):
    """Groups (N,), chosen ones (K,) -> rows of training, rows of the test."""
    return _rows(torch.isin(groups, chosen))


def _evidence_problem(answer):
    """Say what is wrong with (results, verdict), or None."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return 'Hand in two things: `results, "..."`.'
    results, verdict = answer
    if not {"network", "baseline"} <= set(getattr(results, "columns", ())):
        return (
            "The first is a table with the columns network and baseline, one "
            "row a seed."
        )
    results = results[["network", "baseline"]].astype(float)
    if len(results) < 3:
        return f"Three seeds or more are wanted; the table has {len(results)}."
    if not ((results > 0) & (results < inf)).all(axis=None):
        return "Errors are numbers above 0; one of yours is not."
    if results.network.nunique() == 1:
        return "The network has one error for all seeds: was it trained anew?"
    if (results.network == results.baseline).all():
        return "Network and baseline agree in all digits: are they the same?"
    verdict = verdict.strip().lower() if isinstance(verdict, str) else verdict
    if verdict not in ("network", "baseline", "tie"):
        return f'"network", "baseline" or "tie"; got {verdict!r}.'
    if verdict != _winner(results):
        lead = results.baseline - results.network
        return (
            f"The network's lead is {lead.mean():+.3g}, its standard error "
            f"{lead.sem():.2g}. Is that more than two, and whose lead is it?"
        )
    return None


def _winner(results):
    lead = results.baseline - results.network
    if abs(lead.mean()) <= 2 * lead.sem():
        return "tie"
    return "network" if lead.mean() > 0 else "baseline"


def _example():
    """Return a table of three seeds and its verdict."""
    import pandas  # slow to import

    table = {"network": [4.0, 4.2, 4.1], "baseline": [3.0, 3.1, 3.0]}
    results = pandas.DataFrame(table)
    return results, _winner(results)


outcome("evidence", _evidence_problem, course=_example)
