"""Contests with few labels: by hand, on small made-up cases."""

import pandas
import pytest
import torch

from course_utils.measures import (
    draw_labelled,
    few_labels_contest,
    paired_leads,
)

Y, Y_TEST = torch.arange(60) % 3, torch.arange(12) % 3


def contest(**techniques):
    counts, options = [3, 30], {"draws": 4, "progress": False}
    return few_labels_contest(techniques, Y, Y_TEST, counts, **options)


def test_each_class_gets_as_many_labels():
    rows = draw_labelled(Y, 30, torch.Generator().manual_seed(0))
    assert len(set(rows.tolist())) == 30
    assert Y[rows].bincount().tolist() == [10, 10, 10]


@pytest.mark.parametrize("count", [0, -3, 10, 63, 3.0, "3"])
def test_labels_that_cannot_be_had(count):
    with pytest.raises(ValueError, match="labels|fewer"):
        draw_labelled(Y, count)


@pytest.mark.parametrize("y", [[0, 1], Y.float(), Y[:0], Y[None]])
def test_labels_that_are_no_class_numbers(y):
    with pytest.raises(ValueError, match="class numbers"):
        draw_labelled(y, 2)


def test_all_get_the_same_draws_and_no_label_more():
    seen = []

    def knows(rows, labels, seed):
        assert labels.equal(Y[rows])
        seen.append(rows.tolist())
        return Y_TEST.tolist()

    results = contest(a=knows, b=knows, zero=lambda *_: torch.zeros(12))
    assert seen[::2] == seen[1::2] and seen[0] != seen[2]
    assert list(results.columns) == [
        "technique", "labels", "draw", "accuracy", "seconds",
    ]  # fmt: skip
    mean = results.groupby("technique").accuracy.mean()
    assert mean.to_dict() == pytest.approx({"a": 1, "b": 1, "zero": 1 / 3})
    assert len(results) == 3 * 2 * 4


def test_another_seed_draws_other_examples():
    seen = []
    for seed in (0, 0, 1):
        few_labels_contest(
            {"a": lambda rows, *_: seen.append(rows.tolist()) or Y_TEST},
            Y, Y_TEST, [30], 1, seed, progress=False,
        )  # fmt: skip
    assert seen[0] == seen[1] != seen[2]


def test_guesses_of_another_length():
    with pytest.raises(ValueError, match="a must return 12 guesses"):
        contest(a=lambda *_: torch.zeros(11))


@pytest.mark.parametrize("guesses", [None, ["a"] * 12, [float("nan")] * 12])
def test_guesses_that_are_no_class_numbers(guesses):
    with pytest.raises(ValueError, match="a must return 12 guesses"):
        contest(a=lambda *_: guesses)


@pytest.mark.parametrize(
    "wrong",
    [
        {"techniques": {}},
        {"techniques": {"a": 3}},
        {"y_test": Y_TEST[:0]},
        {"counts": 30},
        {"counts": []},
        {"draws": 0},
        {"draws": "4"},
    ],
    ids=str,
)
def test_nothing_to_contest(wrong):
    right = {"techniques": {"a": lambda *_: Y_TEST}, "y_test": Y_TEST}
    right |= {"y": Y, "counts": [30], "draws": 2, "progress": False}
    name = next(iter(wrong))
    with pytest.raises(ValueError, match=name):
        few_labels_contest(**right | wrong)


def test_leads_are_taken_within_a_draw():
    rows = [
        (name, 100, draw, luck + ahead)
        for draw, luck in enumerate([0.5, 0.7, 0.9])
        for name, ahead in {"base": 0, "same": 0.02, "odd": 0.1 * draw}.items()
    ]
    columns = ["technique", "labels", "draw", "accuracy"]
    leads = paired_leads(pandas.DataFrame(rows, columns=columns), over="base")
    assert leads.lead[100, "same"] == pytest.approx(0.02)
    assert leads.error[100, "same"] == pytest.approx(0, abs=1e-9)
    assert leads.lead[100, "odd"] == pytest.approx(0.1)
    assert leads.error[100, "odd"] == pytest.approx(0.1 / 3**0.5)


def test_leads_need_a_known_baseline():
    results = contest(a=lambda *_: Y_TEST)
    with pytest.raises(ValueError, match="'b' is none of"):
        paired_leads(results, over="b")


def test_leads_of_another_table():
    results = contest(a=lambda *_: Y_TEST)
    with pytest.raises(ValueError, match="few_labels_contest"):
        paired_leads(results.drop(columns="draw"), over="a")
