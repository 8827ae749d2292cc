"""Checks of lesson 13."""

import itertools

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import digits
from course_utils.rivals.detectors import pca_error

SIZES = 2, 8, 32


def _scores(normal, rate):
    """Return scores of five parts, and a rate; no two parts are alike.

    normal: how many normal flows each part has; one flow more or less above
    the threshold must not matter.
    """
    kinds = {"train": 0.0, "valid": 0.5, "test": 0.9, "known": 2.5}
    kinds["attacks"] = 3.0
    return {
        k: (torch.randn(normal) + up).exp() for k, up in kinds.items()
    }, rate


def _shares_above(choose, scores, rate):
    """Return which share of each part lies above the chosen threshold."""
    threshold = float(choose(dict(scores), rate))
    return torch.stack(
        [(s > threshold).float().mean() for s in scores.values()]
    )


def _far_off(shares, scores, rate):
    return (
        f"With rate {rate} a share of {shares[1]:.3f} of the held-out normal "
        "flows lies above it."
    )


def _quantile(scores, rate, of=("valid",), share=lambda rate: 1 - rate):
    return torch.cat([scores[name] for name in of]).quantile(share(rate))


@check(
    cases=lambda: [_scores(2001, 0.05), _scores(1001, 0.2)],
    call=_shares_above,
    why=_far_off,
    tolerance=2e-3,
    slips=mutants(
        _quantile,
        {
            "These are training flows. The network has practised on them, so "
            "their errors are too small: take the held-out ones, "
            '`scores["valid"]`.': {"of": ("train",)},
            "Training flows are among them. The network has practised on "
            'those: take `scores["valid"]` alone.': {"of": ("train", "valid")},
            "These are test flows. Whoever reads the threshold off the test "
            'has no honest test left: take `scores["valid"]`.': {
                "of": ("test",)
            },
            "Test flows are among them; they must judge only.": {
                "of": ("valid", "test")
            },
            "These are all normal flows; only those of `valid` are held out "
            "and not for the test.": {"of": ("train", "valid", "test")},
            "These are attacks. False alarms are made by normal flows: take "
            '`scores["valid"]`.': {"of": ("known",)},
            "These are the attacks of the test. False alarms are made by "
            'normal flows: take `scores["valid"]`.': {"of": ("attacks",)},
            "Attacks are among them. Only normal flows say how many false "
            'alarms there will be: take `scores["valid"]` alone.': {
                "of": ("valid", "known")
            },
            "The known attacks alone, at the quantile of `rate`: that says "
            "how many attacks are missed. False alarms are made by normal "
            "flows.": {"of": ("known",), "share": lambda rate: rate},
            "Too low: a share `rate` lies below it, and the rest would raise "
            "an alarm. Take the quantile of 1 - rate.": {
                "share": lambda rate: rate
            },
            "That is the quantile 0.99 whatever `rate` says: take 1 - rate.": {
                "share": lambda rate: 0.99
            },
            "`rate` is a share: 0.01 means 1 %, so take the quantile of "
            "1 - rate.": {"share": lambda rate: 1 - rate / 100},
            "Half of `rate` lies above it. A score is alarming on one side "
            "only: take 1 - rate.": {"share": lambda rate: 1 - rate / 2},
            "That is the largest score: no alarm at all.": {
                "share": lambda rate: 1.0
            },
        },
    ),
)
def choose_threshold(scores, rate):
    """Scores {part: (N,)} -> the threshold that a share `rate` exceeds."""
    return scores["valid"].quantile(1 - rate)


def _customer(price, share):
    """Return scores of normal flows and attacks that overlap; prices."""
    normal, attacks = torch.randn(301), 1.5 * torch.randn(203) + 1.8
    return normal.exp(), attacks.exp(), price, share


def _cost(threshold, normal, attacks, price, share):
    """Return the expected cost of a flow."""
    false_alarms = (normal > threshold).float().mean()
    missed = (attacks <= threshold).float().mean()
    return (1 - share) * false_alarms + share * price * missed


def _over_the_least(choose, *case):
    """Return how many times the least cost the chosen threshold costs."""
    threshold = float(
        choose(*(c.clone() if torch.is_tensor(c) else c for c in case))
    )
    return _cost(threshold, *case) / _cost(cheapest(*case), *case)


def _too_expensive(ratio, *case):
    return (
        f"Its cost is {ratio:.2f} times the least. Try many thresholds, and "
        "keep the one whose cost is least."
    )


def _chosen(
    normal,
    attacks,
    price,
    share,
    cost=_cost,
    pick=min,
    end=lambda best, *case: best,
):
    case = normal, attacks, price, share
    best = pick(normal.tolist(), key=lambda t: cost(t, *case))
    return end(best, *case)


def _place(best, normal, *case):
    return normal.tolist().index(best)


def _counts(t, normal, attacks, price, share):
    """Return the cost with counts for shares."""
    missed = (attacks <= t).sum()
    return (1 - share) * (normal > t).sum() + share * price * missed


@check(
    cases=lambda: [
        _customer(300, 0.02),
        _customer(40, 0.02),
        _customer(9, 0.3),
    ],
    call=_over_the_least,
    why=_too_expensive,
    tolerance=0.01,
    slips=mutants(
        _chosen,
        {
            "That is the most expensive threshold; `min` finds the least.": {
                "pick": max
            },
            "That is the least cost itself; the threshold that has it is "
            "wanted: `min(..., key=...)`.": {"end": _cost},
            "That is the place of the threshold in the list, not the "
            "threshold.": {"end": _place},
            "The price of a miss is left out.": {
                "cost": lambda t, n, a, price, share: _cost(t, n, a, 1, share)
            },
            "The price stands on false alarms; it is a miss that costs it.": {
                "cost": lambda t, n, a, price, share: _cost(
                    t, n, a, 1 / price, share
                )
            },
            "How rare attacks are is left out: use `share`.": {
                "cost": lambda t, n, a, price, share: _cost(
                    t, n, a, price, 0.5
                )
            },
            "`share` and 1 - share have changed places.": {
                "cost": lambda t, n, a, price, share: _cost(
                    t, n, a, price, 1 - share
                )
            },
            "Normal flows and attacks have changed places.": {
                "cost": lambda t, n, a, price, share: _cost(
                    t, a, n, price, share
                )
            },
            "False alarms cost nothing here: then everything raises one.": {
                "cost": lambda t, n, a, price, share: (a <= t).float().mean()
            },
            "No attack is found: a miss is an attack at or below the "
            "threshold, and it costs `price`.": {
                "cost": lambda t, n, a, price, share: (n > t).float().mean()
            },
            "Those are counts, of as many attacks as there happen to be; take "
            "shares: `.float().mean()`.": {"cost": _counts},
            "That is the threshold for 1 % of false alarms, whatever a miss "
            "costs.": {
                "end": lambda best, normal, *case: normal.quantile(0.99)
            },
            "That is the most accurate threshold here; use `cost`.": {
                "cost": lambda t, n, a, price, share: (
                    (n > t).sum() + (a <= t).sum()
                )
            },
        },
    ),
)
def cheapest(normal, attacks, price, share):
    """Scores of normal flows (N,) and attacks (M,) -> the best threshold."""
    return _chosen(normal, attacks, price, share)


def _tables():
    """Return five small tables in which every leak changes the answer.

    The known attacks are best found with few components, those of the test
    with more.
    """
    mix = torch.randn(4, 40)

    def rows(n, noise=0.8, wide=1, away=0):
        moved = torch.cat([away * torch.ones(3), torch.zeros(37)])
        z = wide * torch.randn(n, 4)
        return z @ mix + noise * torch.randn(n, 40) + moved

    parts = rows(60, 0.7), rows(59), rows(43, wide=2.2)
    return *parts, rows(101, 0.85), rows(83, away=2.2)


def _detector(
    train,
    valid,
    known,
    test,
    attacks,
    fitted=lambda train, valid, test: train,
    calm=lambda train, valid, test: valid,
    chosen=lambda known, test, attacks: known,
    rate=0.01,
    order=(1, 2),
    worst=False,
):
    """Return recall and false alarms of PCA, with some knobs turned."""
    lines = []
    for size in SIZES:
        on = fitted(train, valid, test)
        threshold = pca_error(calm(train, valid, test), on, size)
        threshold = threshold.quantile(1 - rate)
        shares = [
            (pca_error(x, on, size) > threshold).float().mean().item()
            for x in (chosen(known, test, attacks), attacks, test)
        ]
        lines.append(shares)
    best = (min if worst else max)(lines, key=lambda line: line[0])
    return tuple(best[i] for i in order)


LEAKS = {
    "PCA is fitted on test flows": {
        "fitted": lambda train, valid, test: torch.cat([train, valid, test])
    },
    "the threshold is read off the test flows": {
        "calm": lambda train, valid, test: test
    },
    "the size is chosen by the attacks of the test": {
        "chosen": lambda known, test, attacks: attacks
    },
}


def _left():
    """Return slips: one, two or three of the leaks are still there."""
    return {
        f"Still a leak: {'; '.join(names)}.": {
            knob: value
            for name in names
            for knob, value in LEAKS[name].items()
        }
        for count in (1, 2, 3)
        for names in itertools.combinations(LEAKS, count)
    }


@check(
    cases=lambda: [_tables(), _tables(), _tables()],
    skip=("one",),
    slips=mutants(
        _detector,
        _left()
        | {
            "PCA is fitted on the flows that set the threshold: fit it on the "
            "training flows alone.": {
                "fitted": lambda train, valid, test: torch.cat([train, valid])
            },
            "The threshold comes from training flows, on which PCA was "
            "fitted: take the held-out ones.": {
                "calm": lambda train, valid, test: train
            },
            "The size with the lowest recall is chosen; take the highest.": {
                "worst": True
            },
            "False alarms come second, recall first.": {"order": (2, 1)},
            "The first number is the recall of the known attacks; report the "
            "attacks of the test.": {"order": (0, 2)},
            "99 % of normal flows would raise an alarm: take the quantile "
            "0.99.": {"rate": 0.99},
            "That is another rate of false alarms; 1 % was asked for.": {
                "rate": 0.05
            },
        },
    ),
)
def honest_recall(train, valid, known, test, attacks):
    """Recall and false alarms of PCA, its size chosen without the test."""
    return _detector(train, valid, known, test, attacks)


NORMAL, LEAST_FOUND, MOST_FALSE = 2, 0.95, 0.15


def _odd_problem(alarms):
    """Say why these alarms for the test digits will not do, or None."""
    labels = digits().test_labels
    alarms = torch.as_tensor(alarms).cpu().squeeze()
    if alarms.shape != labels.shape:
        return (
            f"One answer for each of the {len(labels)} test digits is wanted; "
            f"got shape {tuple(alarms.shape)}."
        )
    if alarms.dtype != torch.bool:
        if not all(value in (0, 1) for value in alarms.tolist()):
            return (
                "Those are scores; an alarm is True or False: compare them "
                "with a threshold."
            )
        alarms = alarms.bool()
    is_normal = labels == NORMAL
    found = alarms[~is_normal].float().mean().item()
    false = alarms[is_normal].float().mean().item()
    if found >= LEAST_FOUND and false <= MOST_FALSE:
        return None
    if found <= 1 - LEAST_FOUND and false >= 1 - MOST_FALSE:
        return "The wrong way round: your 2s raise the alarm."
    counts = f"{found:.0%} of the others and {false:.0%} of the 2s raise one."
    if alarms.all():
        return "Everything raises an alarm: the threshold is too low."
    if not alarms.any():
        return "Nothing raises an alarm: the threshold is too high."
    if false > MOST_FALSE:
        return (
            f"Too many false alarms: {counts} Was the threshold read off "
            "images that the network has practised on, or did it learn them "
            "by heart?"
        )
    return (
        f"Too few are found: {counts} Was the network trained on 2s alone, "
        "and long enough? Is its code small enough?"
    )


def _odd_digits():
    data = digits()
    twos = data.train[data.train_labels == NORMAL].flatten(1)
    threshold = pca_error(twos[100:], twos[:100], 8).quantile(0.95)
    return pca_error(data.test.flatten(1), twos[:100], 8) > threshold


outcome("odd_digits", _odd_problem, course=_odd_digits)
