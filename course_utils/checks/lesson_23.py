"""Checks of lesson 23."""

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


def _by_product(z, other):
    return -(z @ other.T)


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
        },
    ),
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
    },
    skip=("one", "far"),
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
    results = results[["network", "baseline"]]
    if len(results) < 3:
        return f"Three seeds or more are wanted; the table has {len(results)}."
    if results.isna().any(axis=None) or (results <= 0).any(axis=None):
        return "Errors are numbers above 0; one of yours is not."
    if results.network.nunique() == 1:
        return "The network has one error for all seeds: was it trained anew?"
    if (results.network == results.baseline).any():
        return "Network and baseline agree in all digits: are they the same?"
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
