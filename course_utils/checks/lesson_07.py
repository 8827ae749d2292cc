"""Checks of lesson 07."""

import torch

from course_utils.checks.core import difference, judge, same_as


def _draws(seed):
    return torch.Generator().manual_seed(seed)


def _flows(n, dim, seed):
    return torch.randn(n, dim, generator=_draws(seed))


def _score(x_hat, x):
    return torch.stack(
        [((a - b) ** 2).sum() for a, b in zip(x_hat, x, strict=True)]
    )


SCORE_CASES = [
    (_flows(5, 7, 0), _flows(5, 7, 1)),
    (_flows(4, 4, 2), _flows(4, 4, 3)),
]
SCORE_SLIPS = {
    "That is one number for the whole batch; each flow needs its own: sum "
    "over dim=1.": lambda x_hat, x: (x_hat - x).square().sum(),
    "That is the mean over the whole batch; each flow needs its own number: "
    "sum over dim=1.": lambda x_hat, x: (x_hat - x).square().mean(),
    "You averaged over the columns; the sum is wanted.": lambda x_hat, x: (
        (x_hat - x).square().mean(dim=1)
    ),
    "You summed over the flows; sum over the columns, dim=1.": (
        lambda x_hat, x: (x_hat - x).square().sum(dim=0)
    ),
    "Errors of different sign cancel: square them first.": lambda x_hat, x: (
        x_hat - x
    ).sum(dim=1),
    "Squared after the sum, so errors of different sign have cancelled: "
    "square first.": lambda x_hat, x: (x_hat - x).sum(dim=1).square(),
    "Those are absolute errors; the squares are wanted.": lambda x_hat, x: (
        (x_hat - x).abs().sum(dim=1)
    ),
    "You took the root of the sum; leave the squared error as it is.": (
        lambda x_hat, x: (x_hat - x).norm(dim=1)
    ),
    "The squared errors are not summed over the columns yet.": (
        lambda x_hat, x: (x_hat - x).square()
    ),
}


def anomaly_score(attempt):
    """Judge `anomaly_score(x_hat, x)`: (B, D), (B, D) -> (B,)."""
    compare = same_as(_score, SCORE_CASES, SCORE_SLIPS)
    return judge("anomaly_score", attempt, _score, compare)


def _threshold(score, part, attack, rate):
    calm = score[(part == 1) & ~attack]
    return calm.quantile(1 - rate)


def _threshold_case(n, rate, seed):
    """Return scores that differ by part, and are higher for attacks."""
    draws = _draws(seed)
    part = torch.randint(3, (n,), generator=draws)
    attack = (torch.rand(n, generator=draws) < 0.3) & (part > 0)
    score = torch.randn(n, generator=draws) + 0.7 * part + 3.0 * attack
    return score.exp(), part, attack, rate


THRESHOLD_CASES = [
    _threshold_case(2000, 0.05, 0),
    _threshold_case(900, 0.1, 1),
]


def _on(mask, share=lambda rate: 1 - rate):
    """Return a rule that takes the quantile of the scores under a mask."""
    return lambda score, part, attack, rate: score[
        mask(part, attack)
    ].quantile(share(rate))


def _best_f1(mask):
    """Return a rule that picks the border with the best F1 under a mask."""

    def rule(score, part, attack, rate):
        score, bad = (v[mask(part, attack)] for v in (score, attack))
        order = score.argsort(descending=True)
        hits = bad[order].cumsum(0)
        f1 = 2 * hits / (torch.arange(1, len(bad) + 1) + bad.sum())
        return score[order[f1.argmax()]]

    return rule


THRESHOLD_SLIPS = {
    "This uses the test flows. Whoever reads the threshold off the test has "
    "no honest test left: take part == VALID.": (
        _on(lambda p, a: (p == 2) & ~a),
        _on(lambda p, a: p == 2),
        _on(lambda p, a: (p == 2) & a),
        _on(lambda p, a: (p == 2) & a, lambda rate: rate),
        _on(lambda p, a: p > 0),
        _on(lambda p, a: (p > 0) & ~a),
        _best_f1(lambda p, a: p == 2),
        _best_f1(lambda p, a: p >= 0),
    ),
    "Attacks are among your validation flows. Only the normal ones, ~attack, "
    "say how many false alarms there will be.": (
        _on(lambda p, a: p == 1),
        _best_f1(lambda p, a: p == 1),
    ),
    "These are the scores of attacks; false alarms are made by normal "
    "flows: ~attack.": (
        _on(lambda p, a: (p == 1) & a),
        _on(lambda p, a: (p == 1) & a, lambda rate: rate),
    ),
    "This uses training flows. The network has practised on them, so their "
    "errors are too small: take part == VALID.": (
        _on(lambda p, a: p == 0),
        _on(lambda p, a: (p < 2) & ~a),
    ),
    "This uses all flows: take part == VALID and ~attack.": (
        _on(lambda p, a: p >= 0),
        _on(lambda p, a: ~a),
    ),
    "Too low: a share `rate` lies below it, and the rest would ring. Take "
    "the quantile of 1 - rate.": (
        _on(lambda p, a: (p == 1) & ~a, lambda rate: rate),
    ),
    "`rate` is a share: 0.01 means 1 %, so take the quantile of 1 - rate.": (
        _on(lambda p, a: (p == 1) & ~a, lambda rate: 1 - rate / 100),
    ),
}


def _threshold_problem(attempt):
    """Say what is wrong; any border with the right share above it is right."""
    verdicts = []
    for case in THRESHOLD_CASES:
        score, part, attack, rate = case
        got = attempt(*(v.clone() for v in case[:3]), rate)
        odd = difference(got, _threshold(*case), tolerance=float("inf"))
        if odd:
            return odd
        got = torch.as_tensor(got).double()
        calm = score[(part == 1) & ~attack]
        share = (calm > got).double().mean().item()
        verdicts.append((case, got, share, 1.5 / len(calm)))
    if all(abs(s - case[3]) <= slack for case, _, s, slack in verdicts):
        return None
    for message, rules in THRESHOLD_SLIPS.items():
        for rule in rules:
            if all(_rings_alike(g, rule(*c), c[0]) for c, g, _, _ in verdicts):
                return message
    case, _, share, _ = verdicts[0]
    return (
        f"With rate {case[3]}, a share of {share:.3f} of the normal "
        "validation flows lies above it."
    )


def _rings_alike(border, other, score):
    """Say whether two borders part the scores in the same way, nearly."""
    between = (score > border) != (score > other)
    return between.sum() <= 2


def choose_threshold(attempt):
    """Judge `choose_threshold(score, part, attack, rate)` -> a number."""
    return judge("choose_threshold", attempt, _threshold, _threshold_problem)


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


BLAME_SLIPS = {
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
    return judge("blame", attempt, _blame, compare)
