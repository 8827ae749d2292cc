"""Checks of lesson 13."""

import copy
import functools
import itertools
import operator

import torch

from course_utils.checks.comparing import short
from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import digits
from course_utils.measures import alarm_cost
from course_utils.rivals.detectors import pca_error

SIZES = 2, 8, 32
ENOUGH = 1.01  # times the least cost
PARTS = ("train", "valid", "test", "known", "attacks")


def _scores(normal, rate):
    """Return scores of five parts, and a rate; no two parts are alike.

    normal: how many held-out flows there are, more in the other parts; one
    flow more or less above the threshold must not matter.
    """
    ups = (0.0, 0.5, 0.9, 2.5, 3.0)
    sizes = (1.9, 1, 1.3, 1.2, 1.6)
    return {
        name: (torch.randn(int(normal * size)) + up).exp()
        for name, up, size in zip(PARTS, ups, sizes, strict=True)
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


def _quantile(scores, rate, of="valid", share=lambda rate: 1 - rate):
    joined = torch.cat([scores[name] for name in of.split()])
    return joined.quantile(share(rate))


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
            '`scores["valid"]`.': {"of": "train"},
            "These are test flows. Whoever reads the threshold off the test "
            'has no honest test left: take `scores["valid"]`.': {"of": "test"},
            "These are all normal flows; only those of `valid` are held out "
            "and not for the test.": {"of": "train valid test"},
            "These are attacks. False alarms are made by normal flows: take "
            '`scores["valid"]`.': {"of": "known"},
            "Too low: a share `rate` lies below it, and the rest would raise "
            "an alarm. Take the quantile of 1 - rate.": {
                "share": lambda rate: rate
            },
        },
    ),
)
def choose_threshold(scores, rate):
    """Scores {part: (N,)} -> the threshold that a share `rate` exceeds."""
    return scores["valid"].quantile(1 - rate)


def _customer(price, share):
    """Return scores of normal flows and attacks that overlap; prices."""
    normal, attacks = torch.randn(201), 1.5 * torch.randn(83) + 1.8
    return normal.exp(), attacks.exp(), price, share


def _over_the_least(choose, *case):
    """Return how many times the least cost the chosen threshold costs.

    With it go the shares of false alarms and of misses, which tell slips
    apart; of a threshold that is cheap enough nothing more is asked.
    """
    threshold = float(choose(*copy.deepcopy(case)))
    ratio = alarm_cost(threshold, *case) / alarm_cost(_chosen(*case), *case)
    if ratio <= ENOUGH:
        return torch.tensor([1.0, 0, 0])
    normal, attacks, *_ = case
    false_alarms = (normal > threshold).float().mean()
    missed = (attacks <= threshold).float().mean()
    return torch.tensor([ratio, false_alarms, missed])


def _too_expensive(found, *case):
    return (
        f"Its cost is {found[0]:.2f} times the least. Try many thresholds, "
        "and keep the one whose cost is least."
    )


def _chosen(normal, *case, pick=min, cost=alarm_cost):
    return pick(normal.tolist(), key=lambda t: cost(t, normal, *case))


@check(
    cases=lambda: [
        _customer(60, 0.02),
        _customer(12, 0.02),
        _customer(3, 0.2),
    ],
    call=_over_the_least,
    why=_too_expensive,
    tolerance=1e-3,
    slips=mutants(
        _chosen,
        {
            "That is the most expensive threshold; `min` finds the least.": {
                "pick": max
            },
            "Normal flows and attacks have changed places.": {
                "cost": lambda t, n, a, *rest: alarm_cost(t, a, n, *rest)
            },
        },
    )
    | {
        "That is the least cost itself; the threshold that has it is "
        "wanted: `min(..., key=...)`.": (
            lambda *case: alarm_cost(_chosen(*case), *case)
        ),
        "That is the place of the threshold in the list, not the threshold.": (
            lambda normal, *case: normal.tolist().index(_chosen(normal, *case))
        ),
        "That is the lowest score: nearly everything raises an alarm.": (
            lambda normal, *case: normal.min()
        ),
        "That is the first of the candidates: look at all of them before "
        "you return.": lambda normal, *case: normal[0],
    },
)
def cheapest(normal, attacks, price, share):
    """Scores of normal flows (N,) and attacks (M,) -> the best threshold."""
    return _chosen(normal, attacks, price, share)


def _tables(known, attacks, test):
    """Return five small tables in which every leak changes the answer.

    known, attacks, test: how much wider than normal they are in the three
    blocks of directions that only 2, 8 and 32 components leave over.
    """
    wide = torch.tensor([6.0, 5, *6 * [3], *24 * [1], *8 * [0.25]])
    turn = torch.linalg.qr(torch.randn(40, 40)).Q

    def rows(n, factors=(1, 1, 1), all_over=1.0):
        blocks = torch.tensor([1.0, *factors])
        more = blocks.repeat_interleave(torch.tensor([2, 6, 24, 8]))
        return (all_over * wide * more * torch.randn(n, 40)) @ turn

    # Of 101 flows the quantile 0.99 is one of the scores, however computed.
    normal = rows(120, all_over=0.9), rows(101)
    return *normal, rows(83, known), rows(119, test, 1.05), rows(87, attacks)


CASES = (
    ((2.2, 1.3, 1), (1.3, 1.6, 1.3), (1.8, 1, 1)),
    ((1, 1.5, 1.3), (1.3, 1.2, 2.5), (1, 1, 1)),
    ((1.3, 1, 2.5), (2.2, 1.2, 1.4), (1, 1, 1.2)),
)


def _detector(
    train,
    valid,
    known,
    test,
    attacks,
    fitted="train",
    calm="valid",
    chosen="known",
    judged="test",
    order=(1, 2),
    pick=max,
):
    """Return recall and false alarms of PCA, with some knobs turned.

    fitted, calm, chosen, judged: which flows PCA and the threshold come from,
    which choose the size, which give the false alarms.
    """
    tables = {"train": train, "valid": valid, "test": test}
    tables |= {"known": known, "attacks": attacks}
    on = torch.cat([tables[name] for name in fitted.split()])
    lines = []
    for size in SIZES:
        parts = calm, chosen, "attacks", judged
        errors = [pca_error(tables[part], on, size) for part in parts]
        limit = errors[0].quantile(0.99)
        lines.append([(e > limit).float().mean().item() for e in errors[1:]])
    best = pick(lines, key=lambda line: line[0])
    return tuple(best[i] for i in order)


LEAKS = {
    "PCA is fitted on test flows": {"fitted": "train valid test"},
    "the threshold is read off the test flows": {"calm": "test"},
    "the size is chosen by the attacks of the test": {"chosen": "attacks"},
}
STILL_THERE = {  # one, two or three of them
    f"Still a leak: {'; '.join(names)}.": functools.reduce(
        operator.or_, map(LEAKS.get, names)
    )
    for count in (1, 2, 3)
    for names in itertools.combinations(LEAKS, count)
}


def _each_best(lines, key):
    _, recall, false = zip(*lines, strict=True)
    return 0, max(recall), min(false)


def _as_two(answer, *case):
    """Call an answer; a tensor or an array of two is as good as a tuple."""
    numbers = answer(*case)
    if hasattr(numbers, "tolist") and numbers.shape == (2,):
        return tuple(numbers.tolist())
    return numbers


@check(
    cases=lambda: [_tables(*case) for case in CASES],
    call=_as_two,
    skip=("one",),
    slips=mutants(
        _detector,
        STILL_THERE
        | {
            "PCA is fitted on the flows that set the threshold: fit it on the "
            "training flows alone.": {"fitted": "train valid"},
            "The threshold comes from training flows, on which PCA was "
            "fitted: take the held-out ones.": {"calm": "train"},
            "The false alarms are those of `valid`, which set the threshold; "
            "report those of the test.": {"judged": "valid"},
            "The first number is the recall of the known attacks; report the "
            "attacks of the test.": {"order": (0, 2)},
            "Each number is the best of all sizes. Choose one size, and "
            "report its two numbers.": {"pick": _each_best},
            "That is the last size, 32, whatever the known attacks say.": {
                "pick": lambda lines, key: lines[-1]
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
    try:
        alarms = torch.as_tensor(alarms).cpu().squeeze()
    except (TypeError, ValueError, RuntimeError):
        return f"A tensor of True and False is wanted; got {short(alarms)}."
    if alarms.shape != labels.shape:
        return (
            f"One answer for each of the {len(labels)} test digits is wanted; "
            f"got shape {tuple(alarms.shape)}."
        )
    if not ((alarms == 0) | (alarms == 1)).all():
        return (
            "Those are scores; an alarm is True or False: compare them with a "
            "threshold."
        )
    alarms = alarms.bool()
    is_normal = labels == NORMAL
    found = alarms[~is_normal].float().mean().item()
    false = alarms[is_normal].float().mean().item()
    if found == 1 and false == 0:
        return "Right about every digit: were the test labels looked up?"
    if found >= LEAST_FOUND and false <= MOST_FALSE:
        return None
    if found <= 1 - LEAST_FOUND and false >= 1 - MOST_FALSE:
        return "The wrong way round: your 2s raise the alarm."
    counts = f"{found:.0%} of the others and {false:.0%} of the 2s raise one."
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
