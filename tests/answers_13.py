"""Answers to lesson 13's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import numpy as np
import torch
from sklearn.decomposition import PCA

from course_utils.checks.lesson_13 import _odd_digits
from course_utils.datasets import digits
from course_utils.rivals.detectors import nearest, pca_error


def by_sorting(scores, rate):
    calm = scores["valid"].sort(descending=True).values
    return calm[int(rate * len(calm))]


def by_numpy(scores, rate):
    return float(np.quantile(scores["valid"].numpy(), 1 - rate))


def by_topk(scores, rate):
    calm = scores["valid"]
    return calm.topk(round(rate * len(calm))).values.min()


def of(*names, at=lambda rate: 1 - rate):
    """An answer that takes the quantile of some parts together."""
    return lambda scores, rate: torch.cat([scores[n] for n in names]).quantile(
        at(rate)
    )


def cost(threshold, normal, attacks, price, share):
    false_alarms = (normal > threshold).float().mean()
    missed = (attacks <= threshold).float().mean()
    return (1 - share) * false_alarms + share * price * missed


def cheapest_by_loop(normal, attacks, price, share):
    best, least = None, float("inf")
    for t in normal:
        if (bill := cost(t, normal, attacks, price, share)) < least:
            best, least = t, bill
    return best


def cheapest_by_argmin(normal, attacks, price, share):
    tried = torch.cat([normal, attacks]).sort().values
    bills = [cost(t, normal, attacks, price, share) for t in tried]
    return tried[torch.stack(bills).argmin()]


def cheapest_by_table(normal, attacks, price, share):
    tried = normal.sort().values[:, None]
    bills = (1 - share) * (normal > tried).float().mean(1)
    bills += share * price * (attacks <= tried).float().mean(1)
    return tried[bills.argmin()].item()


def least_cost(*case):
    return min(cost(t, *case) for t in case[0])


def place_of_least(normal, *case):
    bills = [cost(t, normal, *case) for t in normal]
    return torch.stack(bills).argmin()


def hunted(
    fit_on="train",
    calm="valid",
    by="known",
    judged="test",
    pick=lambda lines: max(lines, key=lambda line: line[0]),
):
    """An answer to the leak hunt; the words say what is used for what."""

    def answer(train, valid, known, test, attacks):
        parts = dict(train=train, valid=valid, known=known, test=test)
        parts["attacks"] = attacks
        fitted = torch.cat([parts[name] for name in fit_on.split()])
        results = []
        for size in (2, 8, 32):
            limit = pca_error(parts[calm], fitted, size).quantile(0.99)
            errors = [
                pca_error(parts[name], fitted, size)
                for name in (by, "attacks", judged)
            ]
            results.append([(e > limit).float().mean() for e in errors])
        return tuple(float(share) for share in pick(results)[1:])

    return answer


def hunted_by_sklearn(train, valid, known, test, attacks):
    def away(x, pca):
        x = x.numpy()
        copy = pca.inverse_transform(pca.transform(x))
        return np.square(copy - x).sum(1)

    best = (-1,)
    for size in (2, 8, 32):
        pca = PCA(size).fit(train.numpy())
        limit = np.quantile(away(valid, pca), 0.99)
        shares = [
            (away(x, pca) > limit).mean() for x in (known, attacks, test)
        ]
        best = max(best, tuple(shares))
    return best[1:]


def hunted_in_two_steps(train, valid, known, test, attacks):
    def shares(size, *parts):
        limit = pca_error(valid, train, size).quantile(0.99)
        return [
            (pca_error(x, train, size) > limit).float().mean() for x in parts
        ]

    size = max((2, 8, 32), key=lambda size: shares(size, known)[0])
    return tuple(shares(size, attacks, test))


DIGITS = digits()
ODD = DIGITS.test_labels != 2
TWOS = DIGITS.train[DIGITS.train_labels == 2].flatten(1)
NEAR = nearest(DIGITS.test.flatten(1), TWOS[:80], 80)
LIMIT = nearest(TWOS[80:], TWOS[:80], 80).quantile(0.95)


ANSWERS = {
    "choose_threshold": (
        [by_sorting, by_numpy, by_topk],
        {
            "These are training flows": of("train"),
            "no honest test left": of("test"),
            "These are attacks": of("known"),
            "all normal flows": of("train", "valid", "test"),
            "Too low": of("valid", at=lambda r: r),
            "0.010 of the held-out": of("valid", at=lambda r: 0.99),
            "of the held-out normal flows lies above": lambda scores, rate: (
                scores["valid"][int((1 - rate) * len(scores["valid"]))]
            ),
            "None": lambda scores, rate: None,
        },
    ),
    "cheapest": (
        [cheapest_by_loop, cheapest_by_argmin, cheapest_by_table],
        {
            "least cost itself": least_cost,
            "place of the threshold": place_of_least,
            "That is the lowest score": lambda n, *case: min(n.tolist()),
            "times the least": lambda n, *case: n.quantile(0.99),
            "Try many": lambda n, a, price, share: a.quantile(0.1),
        },
    ),
    "honest_recall": (
        [
            hunted(),
            hunted_by_sklearn,
            hunted_in_two_steps,
            lambda *tables: torch.tensor(hunted()(*tables)),
        ],
        {
            "leak: PCA is fitted on test flows.": hunted("train valid test"),
            "leak: the threshold is read off the test flows.": hunted(
                calm="test"
            ),
            "leak: the size is chosen by": hunted(by="attacks"),
            "test flows; the threshold": hunted(
                "train valid test", calm="test"
            ),
            "fitted on the flows that set": hunted("train valid"),
            "take the held-out ones": hunted(calm="train"),
            "those of `valid`": hunted(judged="valid"),
            "the last size, 32": hunted(pick=lambda lines: lines[2]),
            "2 values": lambda *tables: hunted()(*tables)[0],
        },
    ),
    "odd_digits": (
        [
            _odd_digits(),
            _odd_digits().int().tolist(),
            (NEAR > LIMIT).numpy(),
        ],
        {
            "wrong way round": ~_odd_digits(),
            "360 test digits": torch.ones(1437, dtype=torch.bool),
            "Those are scores": NEAR,
            "Too many false": torch.ones(360, dtype=torch.bool),
            "looked up": ODD,
            "Too few": NEAR > NEAR.quantile(0.3),
        },
    ),
}
