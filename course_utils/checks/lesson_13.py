"""Checks of lesson 13."""

import itertools

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import digits
from course_utils.rivals.detectors import pca_error

SIZES = 2, 8, 32
ENOUGH = 1.01  # times the least cost
PARTS = ("train", "valid", "test", "known", "attacks")


def _no_number(threshold):
    """Say why this is not one threshold, or None."""
    if threshold is None:
        return "It returned None. Is there a `return`?"
    try:
        values = torch.as_tensor(threshold)
    except (TypeError, ValueError, RuntimeError):
        return f"One number is wanted; got a {type(threshold).__name__}."
    if values.numel() != 1:
        return f"One number is wanted; got {values.numel()} of them."
    if values.dtype == torch.bool:
        return "That is True or False, an alarm; the threshold is wanted."
    if isinstance(threshold, list | tuple):
        return "Return the number itself, not in a list."
    return None


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


def _no_threshold(choose):
    """Say what is wrong with the kind of answer, or None."""
    scores, rate = _scores(1001, 0.07)
    found = [choose(dict(scores), share) for share in (rate, 0.2)]
    if problem := _no_number(found[0]):
        return problem
    low, high = map(float, found)
    if abs(low - rate) < 1e-3 and abs(high - 0.2) < 1e-3:
        return (
            "That is the share itself; the threshold is wanted, a score that "
            "this share exceeds."
        )
    if low == high:
        return (
            "The threshold is the same for a rate of 0.07 and of 0.2: use "
            "`rate`."
        )
    return None


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


def _quantile(
    scores,
    rate,
    of=("valid",),
    share=lambda rate: 1 - rate,
    end=torch.Tensor.quantile,
):
    joined = torch.cat([scores[name] for name in of])
    return end(joined, share(rate) if end is torch.Tensor.quantile else rate)


@check(
    cases=lambda: [_scores(2001, 0.05), _scores(1001, 0.2)],
    find=_no_threshold,
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
            "`rate` is a share: 0.01 means 1 %, so take the quantile of "
            "1 - rate.": {"share": lambda rate: 1 - rate / 100},
            "Half of `rate` lies above it. A score is alarming on one side "
            "only: take 1 - rate.": {"share": lambda rate: 1 - rate / 2},
            "All five parts together: only the held-out normal flows say how "
            'many false alarms there will be: take `scores["valid"]`.': {
                "of": PARTS
            },
            "`np.percentile` counts in percent: 100 * (1 - rate).": {
                "share": lambda rate: (1 - rate) / 100
            },
            "The largest score times 1 - rate is no quantile: sort the "
            "scores, or take `.quantile(1 - rate)`.": {
                "end": lambda scores, rate: scores.max() * (1 - rate)
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


def _no_cheapest(choose):
    return _no_number(choose(*_customer(20, 0.05)))


def _cost(threshold, normal, attacks, price, share):
    """Return the expected cost of a flow."""
    false_alarms = (normal > threshold).float().mean()
    missed = (attacks <= threshold).float().mean()
    return (1 - share) * false_alarms + share * price * missed


def _over_the_least(choose, *case):
    """Return how many times the least cost the chosen threshold costs.

    With it go the shares of false alarms and of misses, which tell slips
    apart; of a threshold that is cheap enough nothing more is asked.
    """
    threshold = float(
        choose(*(c.clone() if torch.is_tensor(c) else c for c in case))
    )
    normal, attacks, *_ = case
    ratio = float(_cost(threshold, *case) / _cost(_cheapest(*case), *case))
    if ratio <= ENOUGH:
        return torch.tensor([1.0, 0, 0])
    false_alarms = (normal > threshold).float().mean()
    missed = (attacks <= threshold).float().mean()
    return torch.tensor([ratio, false_alarms, missed])


def _cheapest(normal, attacks, price, share):
    return _chosen(normal, attacks, price, share)


def _too_expensive(found, *case):
    return (
        f"Its cost is {found[0]:.2f} times the least. Try many thresholds, "
        "and keep the one whose cost is least."
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


def _mixed_up(best, normal, *case):
    return normal[normal.sort().values.tolist().index(best)]


def _counts(t, normal, attacks, price, share):
    """Return the cost with counts for shares."""
    missed = (attacks <= t).sum()
    return (1 - share) * (normal > t).sum() + share * price * missed


@check(
    cases=lambda: [
        _customer(60, 0.02),
        _customer(12, 0.02),
        _customer(3, 0.2),
    ],
    find=_no_cheapest,
    call=_over_the_least,
    why=_too_expensive,
    tolerance=1e-3,
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
            "That is the price 10 whatever `price` says.": {
                "cost": lambda t, n, a, price, share: _cost(t, n, a, 10, share)
            },
            "That is the share 0.01 whatever `share` says.": {
                "cost": lambda t, n, a, price, share: _cost(
                    t, n, a, price, 0.01
                )
            },
            "The quantile 1 - share of normal flows knows neither the price "
            "nor the attacks: use `alarm_cost`.": {
                "end": lambda best, normal, attacks, price, share: (
                    normal.quantile(1 - share)
                )
            },
            "That is the lowest score: nearly everything raises an alarm.": {
                "end": lambda best, normal, *case: normal.min()
            },
            "That is the first of the candidates: look at all of them before "
            "you return.": {"end": lambda best, normal, *case: normal[0]},
            "The place is that in the sorted scores, the score from the "
            "unsorted ones: take both from the same.": {"end": _mixed_up},
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
            "That is the most accurate threshold here; use `alarm_cost`.": {
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
    fitted=lambda train, valid, test: train,
    calm=lambda train, valid, test: valid,
    chosen=lambda known, test, attacks: known,
    judged=lambda test, valid: test,
    rate=0.01,
    order=(1, 2),
    pick=max,
    end=lambda share, rows: share,
):
    """Return recall and false alarms of PCA, with some knobs turned."""
    lines = []
    for size in SIZES:
        on = fitted(train, valid, test)
        threshold = pca_error(calm(train, valid, test), on, size)
        threshold = threshold.quantile(1 - rate)
        rows = chosen(known, test, attacks), attacks, judged(test, valid)
        shares = [
            (pca_error(x, on, size) > threshold).float().mean().item()
            for x in rows
        ]
        lines.append(
            [end(share, len(x)) for share, x in zip(shares, rows, strict=True)]
        )
    best = pick(lines, key=lambda line: line[0])
    return tuple(best[i] for i in order)


def _nth(n):
    """Return a stand-in for `max` that keeps the line of one size."""
    return lambda lines, key: lines[n]


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


def _fewest_false(lines, key):
    return min(lines, key=lambda line: line[2])


def _each_best(lines, key):
    recall, false = (column for column in list(zip(*lines, strict=True))[1:])
    return 0, max(recall), min(false)


def _averaged(lines, key):
    return [sum(column) / len(lines) for column in zip(*lines, strict=True)]


def _as_two(answer, *case):
    """Call an answer; a tensor or an array of two is as good as a tuple."""
    numbers = answer(*case)
    if hasattr(numbers, "tolist") and numbers.shape == (2,):
        return tuple(numbers.tolist())
    return numbers


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
    cases=lambda: [_tables(*case) for case in CASES],
    call=_as_two,
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
                "pick": min
            },
            "False alarms come second, recall first.": {"order": (2, 1)},
            "The first number is the recall of the known attacks; report the "
            "attacks of the test.": {"order": (0, 2)},
            "99 % of normal flows would raise an alarm: take the quantile "
            "0.99.": {"rate": 0.99},
            "That is another rate of false alarms; 1 % was asked for: the "
            "quantile 0.99.": {"rate": 0.05},
            "One flow in ten would raise a false alarm; 1 % was asked for: "
            "the quantile 0.99.": {"rate": 0.1},
            "PCA is fitted on the held-out flows; fit it on `train`.": {
                "fitted": lambda train, valid, test: valid
            },
            "PCA is fitted on training and test flows; fit it on `train` "
            "alone.": {
                "fitted": lambda train, valid, test: torch.cat([train, test])
            },
            "Test flows are among those that set the threshold; take `valid` "
            "alone.": {
                "calm": lambda train, valid, test: torch.cat([valid, test])
            },
            "Training flows are among those that set the threshold; take "
            "`valid` alone.": {
                "calm": lambda train, valid, test: torch.cat([train, valid])
            },
            "The false alarms are those of `valid`, which set the threshold; "
            "report those of the test.": {"judged": lambda test, valid: valid},
            "The test helps to choose the size, by its attacks or its false "
            "alarms; the known attacks choose it alone.": {
                "chosen": lambda known, test, attacks: torch.cat(
                    [known, attacks]
                )
            },
            "The size is chosen by the false alarms on the test. The recall "
            "of the known attacks chooses it.": {"pick": _fewest_false},
            "Each number is the best of all sizes. Choose one size, and "
            "report its two numbers.": {"pick": _each_best},
            "That is the average over the sizes. Choose one size, and report "
            "its two numbers.": {"pick": _averaged},
            "That is the size 2, whatever the known attacks say.": {
                "pick": _nth(0)
            },
            "That is the size 8, whatever the known attacks say.": {
                "pick": _nth(1)
            },
            "That is the last size, 32, whatever the known attacks say.": {
                "pick": _nth(2)
            },
            "Those are the recall of the known attacks and that of `attacks`; "
            "return that of `attacks` and the false alarms.": {
                "order": (0, 1)
            },
            "An alarm is a score above the threshold, not below.": {
                "end": lambda share, rows: 1 - share
            },
            "Those are counts; take shares: `.float().mean()`.": {
                "end": lambda share, rows: share * rows
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
        kind = type(alarms).__name__
        return f"A tensor of True and False is wanted; got a {kind}."
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
    if found == 1 and false == 0:
        return "Right about every digit: were the test labels looked up?"
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
