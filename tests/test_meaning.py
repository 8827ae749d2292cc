"""Measures of what vectors of words and sentences know."""

import pandas
import pytest
import torch

from course_utils.measures import (
    analogy_places,
    counted_neighbours,
    distance_moved,
    linear_accuracy,
    nearest_words,
    subject_search,
    winners,
    words_named,
)

CORNERS = torch.tensor(
    [[1.0, 0], [0, 0], [0.9, 0.1], [0, 1.0], [0.1, 0.8], [-1, 0]]
)
WORDS = ["a", "b", "c", "d"]


def count(sentences):
    rows = [[float(s.count(w)) for w in WORDS] for s in sentences]
    return torch.tensor(rows)


def first(sentences):
    """A vector that sees only the first word."""
    return count([s[:1] for s in sentences])


def test_counts_do_not_move_with_order_and_first_words_do():
    some = [["a", "b"], ["c", "d"], ["b", "a"]]
    turned = dict(sentences=some, change=lambda s: s[::-1])
    assert distance_moved(count, **turned) == 0
    assert distance_moved(first, **turned) == pytest.approx(1)
    assert distance_moved(count, some, list) == 0


def test_nearest_words_leave_out_itself_and_rows_of_zeros():
    names = list("abcdef")
    assert nearest_words(CORNERS, names, "a") == list("cedf")
    longer = CORNERS * torch.arange(1, 7)[:, None]
    assert nearest_words(longer, names, "a", 1) == ["c"]


def test_an_analogy_beside_its_baseline():
    table = torch.tensor([[1.0, 0], [1, 1], [5, 0], [5, 1], [5, -0.1]])
    assert analogy_places(table, 0, 1, 2, 3) == (1, 2)
    assert analogy_places(table, 1, 0, 3, 2) == (1, 1)


def test_counted_neighbours_are_roots_of_counts():
    centre, near = torch.tensor([0, 0, 0, 0, 2]), torch.tensor([1, 1, 1, 1, 0])
    table = counted_neighbours(centre, near, 3)
    assert table.tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]


def test_subject_search_takes_the_most_similar():
    z = torch.tensor([[1.0, 0], [0, 9], [-1, 0], [0, -9]]) + 3
    q = torch.tensor([[5.0, 0.1], [0.1, 1], [-1, 0]]) + 3
    assert subject_search(z, list("abcd"), q, list("abc")) == 1
    assert subject_search(z, list("abcd"), q, list("bbb")) == 1 / 3


def test_linear_accuracy_is_that_of_guessing_where_nothing_is_known():
    labels = ["x", "y"] * 50
    z = torch.tensor([[0.0, 1], [1, 0]]).repeat(50, 1)
    assert linear_accuracy(z, labels, 10, draws=3) == 1
    assert linear_accuracy(torch.ones(100, 2), labels, 10) == 0.5


def test_linear_accuracy_averages_over_classes():
    labels = ["x"] * 90 + ["y"] * 10
    assert linear_accuracy(torch.ones(100, 2), labels, 50) == 0.5


def test_a_readout_names_the_words_of_counts():
    words = (torch.rand(300, 6) < 0.4).float()
    words[:, 0] = 1
    named = words_named(words[:200], words[:200], words[200:], words[200:])
    assert named > 0.99
    nothing = torch.zeros(300, 2)
    blind = words_named(nothing[:200], words[:200], nothing[200:], words[200:])
    assert blind < 0.9


def test_winners_are_all_who_are_close():
    table = pandas.DataFrame({"a": [1, 0.5], "b": [0.98, 0.9]})
    assert winners(table, within=0.03) == ["a, b", "b"]
    assert winners(table) == ["a", "b"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: distance_moved(count, [["a"]], list), "two sentences"),
        (lambda: distance_moved(count, [["a"]] * 2, list), "same vector"),
        (lambda: nearest_words(CORNERS, list("abcdef"), "b"), "all zeros"),
        (lambda: nearest_words(CORNERS, list("abcdef"), "z"), "one of these"),
        (lambda: nearest_words(CORNERS, WORDS, "a"), "6 vectors for 4"),
        (lambda: winners(pandas.DataFrame(index=[0])), "no columns"),
        (lambda: analogy_places(CORNERS, 0, 2, 0, 3), "four different"),
        (
            lambda: counted_neighbours(torch.ones(2), torch.ones(3), 3),
            "needs its neighbour",
        ),
        (
            lambda: subject_search(CORNERS, [0], CORNERS, [0] * 6),
            "subject for each",
        ),
        (lambda: linear_accuracy(CORNERS, [0, 1], 1), "label for each"),
        (lambda: linear_accuracy(CORNERS, [0, 1] * 3, 6), "label for each"),
        (
            lambda: words_named(CORNERS, CORNERS[:2], CORNERS, CORNERS),
            "row of words",
        ),
    ],
)
def test_bad_input_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()
