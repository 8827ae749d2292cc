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


def cheapest_of(bill, pick=min):
    """An answer that is right but for the bill: (t, normal, attacks, ...)."""
    return lambda *case: pick(
        case[0].tolist(), key=lambda t: float(bill(t, *case))
    )


def least_cost(*case):
    return min(cost(t, *case) for t in case[0])


def place_of_least(normal, *case):
    bills = [cost(t, normal, *case) for t in normal]
    return torch.stack(bills).argmin()


def mixed_up(normal, *case):
    bills = [cost(t, normal, *case) for t in normal.sort().values]
    return normal[torch.stack(bills).argmin()]


def hunted(
    fit_on="train",
    calm="valid",
    by="known",
    order=(1, 2),
    q=0.99,
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
            still = torch.cat([parts[name] for name in calm.split()])
            limit = pca_error(still, fitted, size).quantile(q)
            results.append(
                [
                    (pca_error(parts[n], fitted, size) > limit)
                    .float()
                    .mean()
                    .item()
                    for n in (by, "attacks", judged)
                ]
            )
        best = pick(results)
        return tuple(best[i] for i in order)

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


def hunted_by_max(train, valid, known, test, attacks):
    return max(
        hunted(order=(0, 1, 2))(train, valid, known, test, attacks)
        for _ in range(2)
    )[1:]


DIGITS = digits()
ODD = DIGITS.test_labels != 2
TWOS = DIGITS.train[DIGITS.train_labels == 2].flatten(1)
NEAR = nearest(DIGITS.test.flatten(1), TWOS[:80], 80)
LIMIT = nearest(TWOS[80:], TWOS[:80], 80).quantile(0.95)


ANSWERS = {
    "choose_threshold": (
        [
            lambda scores, rate: scores["valid"].quantile(1 - rate),
            by_sorting,
            by_numpy,
            by_topk,
        ],
        {
            "These are training flows": of("train"),
            "Training flows are among": of("train", "valid"),
            "no honest test left": of("test"),
            "they must judge only": of("valid", "test"),
            "all normal flows": of("train", "valid", "test"),
            "These are attacks": of("known"),
            "attacks of the test": of("attacks"),
            "Attacks are among": of("valid", "known"),
            "how many attacks are missed": of("known", at=lambda r: r),
            "Too low": of("valid", at=lambda r: r),
            "the same for a rate": of("valid", at=lambda r: 0.99),
            "All five parts": of("train", "valid", "known", "test", "attacks"),
            "counts in percent": lambda scores, rate: np.percentile(
                scores["valid"].numpy(), 1 - rate
            ),
            "is no quantile": lambda scores, rate: (
                scores["valid"].max() * (1 - rate)
            ),
            "the share itself": lambda scores, rate: (
                (scores["valid"] > scores["valid"].quantile(1 - rate))
                .float()
                .mean()
            ),
            "not in a list": lambda scores, rate: [
                scores["valid"].quantile(1 - rate)
            ],
            "`rate` is a share": of("valid", at=lambda r: 1 - r / 100),
            "one side": of("valid", at=lambda r: 1 - r / 2),
            "of the held-out normal flows lies above": lambda scores, rate: (
                scores["valid"][int((1 - rate) * len(scores["valid"]))]
            ),
            "One number is wanted": lambda scores, rate: (
                scores["valid"] > scores["valid"].quantile(1 - rate)
            ),
            "None": lambda scores, rate: None,
        },
    ),
    "cheapest": (
        [cheapest_by_loop, cheapest_by_argmin, cheapest_by_table],
        {
            "most expensive": cheapest_of(cost, max),
            "least cost itself": least_cost,
            "place of the threshold": place_of_least,
            "price of a miss is left out": cheapest_of(
                lambda t, n, a, price, share: cost(t, n, a, 1, share)
            ),
            "price stands on false alarms": cheapest_of(
                lambda t, n, a, price, share: (
                    (1 - share) * price * (n > t).float().mean()
                    + share * (a <= t).float().mean()
                )
            ),
            "the price 10": cheapest_of(
                lambda t, n, a, price, share: cost(t, n, a, 10, share)
            ),
            "the share 0.01": cheapest_of(
                lambda t, n, a, price, share: cost(t, n, a, price, 0.01)
            ),
            "knows neither the price": lambda n, a, price, share: n.quantile(
                1 - share
            ),
            "That is the lowest score": lambda n, a, price, share: min(
                n.tolist()
            ),
            "first of the candidates": lambda n, a, price, share: n[0],
            "unsorted ones": mixed_up,
            "How rare attacks are": cheapest_of(
                lambda t, n, a, price, share: cost(t, n, a, price, 0.5)
            ),
            "1 - share have changed": cheapest_of(
                lambda t, n, a, price, share: cost(t, n, a, price, 1 - share)
            ),
            "Normal flows and attacks": cheapest_of(
                lambda t, n, a, price, share: cost(t, a, n, price, share)
            ),
            "No attack is found": cheapest_of(
                lambda t, n, a, price, share: (n > t).float().mean()
            ),
            "False alarms cost nothing": cheapest_of(
                lambda t, n, a, price, share: (a <= t).float().mean()
            ),
            "Those are counts": cheapest_of(
                lambda t, n, a, price, share: (
                    (1 - share) * (n > t).sum()
                    + share * price * (a <= t).sum()
                )
            ),
            "1 % of false alarms": lambda n, a, price, share: n.quantile(0.99),
            "most accurate": cheapest_of(
                lambda t, n, a, price, share: (n > t).sum() + (a <= t).sum()
            ),
            "times the least": lambda n, a, price, share: n.mean(),
            "Try many": lambda n, a, price, share: a.quantile(0.1),
            "None": lambda n, a, price, share: None,
        },
    ),
    "honest_recall": (
        [
            hunted(),
            hunted_by_sklearn,
            hunted_in_two_steps,
            hunted_by_max,
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
            "PCA is fitted on test flows; the size": hunted(
                "train valid test", by="attacks"
            ),
            "read off the test flows; the size": hunted(
                calm="test", by="attacks"
            ),
            "fitted on the flows that set": hunted("train valid"),
            "take the held-out ones": hunted(calm="train"),
            "False alarms come second": hunted(order=(2, 1)),
            "recall of the known attacks": hunted(order=(0, 2)),
            "would raise an alarm": hunted(q=0.01),
            "another rate": hunted(q=0.95),
            "fitted on the held-out flows": hunted("valid"),
            "fitted on training and test": hunted("train test"),
            "Test flows are among": hunted(calm="valid test"),
            "Training flows are among": hunted(calm="train valid"),
            "those of `valid`": hunted(judged="valid"),
            "by the false alarms on the test": hunted(
                pick=lambda lines: min(lines, key=lambda line: line[2])
            ),
            "the best of all sizes": hunted(
                pick=lambda lines: (
                    0,
                    max(line[1] for line in lines),
                    min(line[2] for line in lines),
                )
            ),
            "average over the sizes": hunted(
                pick=lambda lines: np.mean(lines, axis=0).tolist()
            ),
            "the size 2,": hunted(pick=lambda lines: lines[0]),
            "the size 8,": hunted(pick=lambda lines: lines[1]),
            "the last size, 32": hunted(pick=lambda lines: lines[2]),
            "that of `attacks`; return": hunted(order=(0, 1)),
            "2 values": hunted(order=(0, 1, 2)),
            "None": lambda train, valid, known, test, attacks: None,
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
            "Everything": torch.ones(360, dtype=torch.bool),
            "Nothing": torch.zeros(360, dtype=torch.bool),
            "360 test digits": torch.ones(1437, dtype=torch.bool),
            "Those are scores": NEAR,
            "got a str": "yes",
            "Too many false": ODD | (NEAR > NEAR.quantile(0.02)),
            "looked up": digits().test_labels != 2,
            "Too few": NEAR > NEAR.quantile(0.3),
        },
    ),
}
