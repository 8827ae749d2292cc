"""Checks of lesson 23."""

from math import inf

import numpy as np
import torch

from course_utils.checks.core import check, mutants, outcome


def _distances(z, metric=torch.cdist, own=True):
    apart = metric(z, z)
    if own:
        apart = apart + torch.diag(torch.full((len(z),), torch.inf))
    return apart


def _nearest(z, i, k, own=True, largest=False, row=True, metric=torch.cdist,
             view=lambda found: found.indices):  # fmt: skip
    """Return the search, with some knobs turned."""
    apart = _distances(z, metric, own)
    apart = apart[i] if row else apart[:, 0]
    if largest:
        apart = apart.nan_to_num(posinf=-1.0)
    return view(apart.topk(k, largest=largest))


def _by_sum(z, other):
    return (z[:, None] - other[None]).sum(dim=2).abs()


def _signed(z, other):
    return (other[None] - z[:, None]).sum(dim=2)


def _by_product(z, other):
    return -(z @ other.T)


def _by_angle(z, other):
    return _by_product(*(v / v.norm(dim=1, keepdim=True) for v in (z, other)))


def _by_length(z, other):
    return (z.norm(dim=1)[:, None] - other.norm(dim=1)).abs()


def _first_number(z, other):
    return (z[:, None, 0] - other[:, 0]).abs()


def _count_problem(found, z, i, k):
    """Say that too many rows came back, too few, `i` itself, or far ones."""
    if not torch.is_tensor(found) or found.ndim != 1:
        return None
    if len(found) != k:
        return f"k = {k} rows are wanted; {len(found)} came back."
    if i in found:
        return f"Row i = {i} itself is among the rows."
    near, apart = search(z, i, k), (z - z[i]).norm(dim=1)
    missing = near[~torch.isin(near, found)]
    wrong = found[~torch.isin(found, near)]
    if found.is_floating_point() or not len(missing) or not len(wrong):
        return None
    if not torch.isin(wrong, torch.arange(len(z))).all():
        return None
    m, w = missing[0], wrong[0]
    return (
        f"Row {w} came back, {apart[w]:.2f} away from row i = {i}. Row {m} is "
        f"nearer, {apart[m]:.2f}."
    )


def _moved_up(rows, i):
    return rows - (rows > i).long()


@check(
    cases=lambda: [
        (torch.randn(9, 3) + 2, 4, 3),
        (torch.randn(30, 5) + 2, 7, 6),
        (torch.randn(12, 2), 0, 11),
    ],
    slips=mutants(
        _nearest,
        {
            "The image itself is among its neighbours: it is always nearest. "
            "Leave it out.": {"own": False},
            "These are the images farthest away.": {"largest": True},
            "The distances themselves came back; the rows are wanted.": {
                "view": lambda found: found.values
            },
            "These are distances to row 0; the query is row i.": {
                "row": False
            },
            "The differences were added before they were squared, so that "
            "they cancel.": {"metric": _by_sum},
            "Codes were multiplied, not compared: a large code then is near "
            "everything.": {"metric": _by_product},
            "The right rows, the farthest first; the nearest comes first.": {
                "view": lambda found: found.indices.flip(0)
            },
            "The differences were added with their signs: square them "
            "first.": {"metric": _signed},
            "Angles between codes were compared, not distances.": {
                "metric": _by_angle
            },
            "Lengths were subtracted; subtract the codes, then take the "
            "length.": {"metric": _by_length},
            "Only the first number of each code was compared.": {
                "metric": _first_number
            },
            "Differences were added without squares; `norm` squares them "
            "first.": {"metric": lambda z, other: torch.cdist(z, other, p=1)},
            "Only the largest difference of each code was kept; `norm` takes "
            "all.": {"metric": lambda z, other: torch.cdist(z, other, p=inf)},
        },
    )
    | {
        "The codes themselves came back; the rows are wanted.": (
            lambda z, i, k: z[_nearest(z, i, k)]
        ),
        "Row i was taken out before the rows were counted, so the later rows "
        "moved up by one.": lambda z, i, k: _moved_up(_nearest(z, i, k), i),
        "These are the codes nearest to 0: subtract z[i] first.": (
            lambda z, i, k: z.norm(dim=1).argsort()[:k]
        ),
        "These are ranks, not rows: one `argsort` is enough.": (
            lambda z, i, k: torch.cdist(z, z)[i].argsort().argsort()[1 : k + 1]
        ),
        "The nearest row is missing: only row i is left out.": (
            lambda z, i, k: torch.cdist(z, z)[i].argsort()[2 : k + 2]
        ),
        "The length was taken over all images (dim=0); each image has its "
        "own, along dim=1.": (
            lambda z, i, k: (z - z[i]).norm(dim=0).argsort()[:k]
        ),
    },
    why=_count_problem,
    skip=("one", "far"),
)
def search(z, i, k):
    """Rows of the k codes nearest to row i: (N, Z), i, k -> (k,)."""
    apart = (z - z[i]).norm(dim=1)
    apart[i] = torch.inf
    return apart.argsort()[:k]


def _rows(groups, chosen, turned=False, masks=False, first=False):
    """Return the two sides of a split, with some knobs turned."""
    test = torch.isin(groups, chosen)
    if first:
        test = torch.zeros_like(test)
        for group in chosen:
            test[(groups == group).nonzero()[0]] = True
    sides = ~test, test
    if turned:
        sides = sides[::-1]
    return sides if masks else tuple(s.nonzero().flatten() for s in sides)


def _by_place(groups, chosen):
    """Take the chosen numbers for rows."""
    keep = torch.ones(len(groups), dtype=torch.bool)
    keep[chosen] = False
    return keep.nonzero().flatten(), chosen


def _sorted(sides):
    """Return both sides in order: which row comes first is free."""
    if not isinstance(sides, tuple | list) or len(sides) != 2:
        return sides
    as_array = isinstance(sides[0], np.ndarray)
    sides = map(torch.as_tensor, sides) if as_array else sides
    return tuple(
        side.sort(dim=0).values
        if torch.is_tensor(side) and side.ndim
        else side
        for side in sides
    )


def _side_problem(sides, groups, chosen):
    """Say which group is on the wrong side, on both, or lost."""
    if not isinstance(sides, tuple) or any(
        not torch.is_tensor(side) or side.ndim != 1 for side in sides
    ):
        return None
    train, test = (side.long() for side in sides)
    if any(not torch.isin(s, torch.arange(len(groups))).all() for s in sides):
        return None
    if not len(test):
        return "No row is in the test."
    both = groups[train][torch.isin(groups[train], groups[test])]
    if len(both):
        return f"Images of group {both[0]} are on both sides."
    missing = chosen[~torch.isin(chosen, groups[test])]
    if len(missing):
        return f"Group {missing[0]} was chosen, and is not in the test."
    if len(groups) > len(train) + len(test):
        return (
            f"Of {len(groups)} images, {len(train)} are in training and "
            f"{len(test)} in the test; the others are lost."
        )
    extra = groups[test][~torch.isin(groups[test], chosen)]
    if len(extra):
        return f"Group {extra[0]} is in the test, and was not chosen."
    return None


def _numbers(groups, chosen):
    """Return the groups' numbers in place of rows."""
    return tuple(groups[side] for side in _rows(groups, chosen))


def _groups(count, each, picked):
    groups = torch.randperm(count).repeat_interleave(each)
    return groups[torch.randperm(len(groups))], torch.randperm(count)[:picked]


@check(
    cases=lambda: [_groups(6, 3, 2), _groups(11, 2, 4), _groups(5, 4, 1)],
    slips=mutants(
        _rows,
        {
            "Training and test have changed places.": {"turned": True},
            "Only one image of each chosen group is in the test; its others "
            "are a leak.": {"first": True},
            "These are masks of True and False; row numbers are wanted: "
            "`nonzero().flatten()`.": {"masks": True},
        },
    )
    | {
        "The chosen numbers are groups, not rows: look for them in "
        "`groups`.": _by_place,
        "The numbers of the groups came back; the rows of the images are "
        "wanted.": _numbers,
        "Only the first of the chosen groups is in the test.": (
            lambda groups, chosen: _rows(groups, chosen[:1])
        ),
        "Only the last of the chosen groups is in the test.": (
            lambda groups, chosen: _rows(groups, chosen[-1:])
        ),
        "The training rows still hold the test.": lambda groups, chosen: (
            torch.arange(len(groups)),
            _rows(groups, chosen)[1],
        ),
    },
    view=_sorted,
    why=_side_problem,
    skip=("one", "far", "device"),
)
def split_by_group(groups, chosen):
    """Groups (N,), chosen ones (K,) -> rows of training, rows of the test."""
    test = torch.isin(groups, chosen)
    return (~test).nonzero().flatten(), test.nonzero().flatten()


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
    try:
        results = results[["network", "baseline"]].astype(float)
    except (TypeError, ValueError):
        return "A table of numbers is wanted; it holds something else."
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
