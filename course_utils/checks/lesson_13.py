"""Checks of lesson 13."""

import torch

from course_utils.checks.legacy import difference, in_turn, judge, same_as


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
    in_order = in_turn(compare, _score_gradient_problem)

    def find(attempt):
        with torch.enable_grad():  # whatever the attempt does, it ends here
            return in_order(attempt)

    return judge("anomaly_score", attempt, _score, find)


def _score_gradient_problem(attempt):
    """Say whether a network could be trained with this score."""
    x_hat, x = (v.clone() for v in SCORE_CASES[0])
    if not torch.is_grad_enabled():
        return "Gradients are now off for all that follows: leave them on."
    if not torch.is_tensor(attempt(x_hat, x)):
        return (
            "The numbers are right, but a tensor is wanted, since the score "
            "is the loss, too: no `.numpy()`."
        )
    score = attempt(x_hat.requires_grad_(), x)
    if score.requires_grad:
        score.sum().backward()
    wanted = 2 * (x_hat - x).detach()
    if x_hat.grad is None or difference(x_hat.grad, wanted):
        return (
            "The numbers are right, but the gradient is cut off, and the "
            "score is the loss, too: no `.detach()`, no `no_grad`."
        )
    return None


def _threshold(score, part, attack, rate):
    calm = score[(part == 1) & ~attack]
    return calm.quantile(1 - rate)


def _threshold_case(n, rate, seed, calmest=1):
    """Return scores that differ by part, and are higher for attacks.

    calmest: the first part that holds attacks.
    """
    draws = _draws(seed)
    part = torch.randint(3, (n,), generator=draws)
    attack = (torch.rand(n, generator=draws) < 0.3) & (part >= calmest)
    score = torch.randn(n, generator=draws) + 0.7 * part + 3.0 * attack
    return score.exp(), part, attack, rate


THRESHOLD_CASES = [
    _threshold_case(2000, 0.05, 0),
    _threshold_case(900, 0.1, 1, calmest=0),
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
    ),
    "These are all normal flows, not the validation ones: take part == VALID "
    "as well.": (_on(lambda p, a: ~a),),
    "`&` binds before `==`: put brackets, `(part == VALID) & ~attack`.": (
        _on(lambda p, a: p == (1 & ~a)),
    ),
    "That is the quantile 0.99 whatever `rate` says: take 1 - rate.": (
        _on(lambda p, a: (p == 1) & ~a, lambda rate: 0.99),
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
        try:
            got = attempt(*(v.clone() for v in case[:3]), rate)
        except (RuntimeError, ValueError) as error:
            if "ambiguous" not in str(error):
                raise
            return (
                "`and`, `or` and `not` want a single truth value; between "
                "masks write `&`, `|` and `~`, with brackets."
            )
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
