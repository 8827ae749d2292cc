"""Judge who is blamed for an alarm, in lesson 13."""

import copy

import torch

from course_utils.checks.legacy import difference, in_turn, judge, same_as


def _flows(n, dim, seed):
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(n, dim, generator=draws)


def _blame(x_hat, x, owner, columns=41):
    error = (x_hat - x) ** 2
    shares = [error[owner == i].sum() for i in range(columns)]
    return torch.stack(shares) / error.sum()


def _owner(sizes):
    return torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))


BLAME_CASES = [
    (_flows(1, 9, 4)[0], _flows(1, 9, 5)[0], _owner([1, 1, 4, 1, 2]), 5),
    (_flows(1, 12, 6)[0], _flows(1, 12, 7)[0], _owner([5, 1, 3, 3]), 4),
    (
        _flows(1, 6, 8)[0],
        _flows(1, 6, 9)[0],
        torch.tensor([2, 0, 1, 0, 2, 1]),
        3,
    ),
]


def _totals(x_hat, x, owner, columns):
    return _blame(x_hat, x, owner, columns) * (x_hat - x).square().sum()


def _means(x_hat, x, owner, columns):
    total = _totals(x_hat, x, owner, columns)
    return total / owner.bincount(minlength=columns)


def _last_only(x_hat, x, owner, columns):
    total = torch.zeros(columns)
    total[owner] = (x_hat - x).square()
    return total


def _share(rule):
    """Return a rule whose answer is divided by its sum."""

    def shares(*arguments):
        total = rule(*arguments)
        return total / total.sum()

    return shares


def _signed(x_hat, x, owner, columns):
    total = torch.zeros(columns).index_add(0, owner, x_hat - x)
    return total / total.sum()


def _by_greatest(x_hat, x, owner, columns):
    total = _totals(x_hat, x, owner, columns)
    return total / total.max()


def _greatest_of_each(x_hat, x, owner, columns):
    error = (x_hat - x).square()
    return torch.stack([error[owner == i].max() for i in range(columns)])


def _by_length(x_hat, x, owner, columns):
    return _totals(x_hat, x, owner, columns) / len(x)


BLAME_SLIPS = {
    "You divided by the greatest; divide by the sum, so that the shares add "
    "up to 1.": _by_greatest,
    "You took the greatest error of each column; its errors add up.": (
        _greatest_of_each
    ),
    "You took the greatest error of each column; its errors add up, then "
    "divide by the whole.": _share(_greatest_of_each),
    "You divided by how many encoded numbers there are; divide by the sum of "
    "errors.": _by_length,
    "The errors are right; divide by their sum, so that the shares add up to "
    "1.": _totals,
    "You averaged over the numbers of a column; its errors add up.": _means,
    "You averaged over the numbers of a column; its errors add up, then "
    "divide by the whole.": _share(_means),
    "`total[owner] = error` overwrites: only the last number of each column "
    "is kept. index_add adds them up.": _last_only,
    "Each column keeps only its last number (`total[owner] = error` "
    "overwrites); index_add adds them up.": _share(_last_only),
    "Errors of different sign cancel: square them first.": _signed,
    "Those are absolute errors; square them.": _share(
        lambda x_hat, x, owner, columns: torch.zeros(columns).index_add(
            0, owner, (x_hat - x).abs()
        )
    ),
    "One share for each encoded number; add up those of one owner.": (
        _share(lambda x_hat, x, owner, columns: (x_hat - x).square())
    ),
    "These are the errors of the encoded numbers; add up those of one owner "
    "and divide by the whole.": lambda x_hat, x, owner, columns: (
        x_hat - x
    ).square(),
    "You divided by the number of columns; divide by the sum of errors.": (
        lambda x_hat, x, owner, columns: (
            _totals(x_hat, x, owner, columns) / columns
        )
    ),
}


def blame(attempt):
    """Judge `blame(x_hat, x, owner, columns)` -> shares (columns,)."""
    compare = same_as(_blame, BLAME_CASES, BLAME_SLIPS)
    find = in_turn(_columns_problem, compare, _idle_problem)
    return judge("blame", attempt, _blame, find)


IDLE_CASE = (
    _flows(1, 6, 10)[0],
    _flows(1, 6, 11)[0],
    _owner([2, 1, 0, 3, 0]),
    5,
)


def _columns_problem(attempt):
    """Say whether the number of columns was written into the function."""
    shape = getattr(attempt(*copy.deepcopy(BLAME_CASES[0])), "shape", ())
    if tuple(shape) == (41,):
        return "There are 41 shares where `columns` was 5: use `columns`."
    return None


def _idle_problem(attempt):
    """Try a middle and a last column that own no number."""
    problem = difference(
        attempt(*copy.deepcopy(IDLE_CASE)), _blame(*IDLE_CASE)
    )
    return problem and (
        "It is right while every column owns a number. One that owns none "
        "has a share of 0: start from `torch.zeros(columns)`."
    )
