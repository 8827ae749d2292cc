"""Planted words: what is known of them is true."""

import random

import pytest

from course_utils.datasets import planted
from course_utils.datasets.captions import Sentences, captions


@pytest.fixture(scope="module")
def parts():
    return planted.plant(captions(real=False, quiet=True))


def test_nothing_is_in_both_parts(parts):
    train, held = parts
    assert len(train) > 5000 and len(held) > 2000
    plain = [
        {tuple(planted.TWINS.get(w, w) for w in s.words) for s in part}
        for part in parts
    ]
    assert not plain[0] & plain[1]


def test_each_twin_is_drawn_by_a_coin(parts):
    words = [word for s in parts[0] for word in s.words]
    for word, twin in planted.TWINS.items():
        assert 0.8 < words.count(word) / words.count(twin) < 1.25


def test_meanings_are_known_and_both_there(parts):
    for word in ("bank", "orange"):
        known = [s for s in parts[0] if word in s.meanings]
        assert all(word in s.words for s in known)
        assert len({s.meanings[word] for s in known}) == 2


def test_real_captions_get_homonyms():
    words = ["a", "dog", "on", "the", "beach", "with", "a", "ball"]
    facts = {"where": "beach", "what": "", "colour": ""}
    given = Sentences([words], [words], [facts], [facts], real=True)
    _, held = planted.plant(given, hold_out=1)
    assert held[0].meanings == {"bank": "water", "orange": "thing"}
    assert held[0].words[4] == "bank" and held[0].words[7] == "orange"
    assert held[0].who == "dog"


def test_two_meanings_in_one_sentence_are_left_out():
    words = ["a", "street", "by", "a", "beach"]
    facts = {"where": "", "what": "", "colour": ""}
    given = Sentences([words], [words], [facts], [facts], real=True)
    assert planted.plant(given, hold_out=1)[1][0].meanings == {}


def test_rewriting():
    words = "a dog chases a man".split()
    assert planted.swap_names(words) == "a man chases a dog".split()
    assert planted.swap_names("a man sits".split()) is None
    assert planted.swap_names("a man and a fellow".split()) is None
    blank = planted.BLANK
    assert planted.hide_who(words) == ["a", blank, "chases", "a", blank]
    mixed = planted.swap_neighbours(words, random.Random(0))
    assert mixed != words and sorted(mixed) == sorted(words)
    assert planted.swap_neighbours(["a", "a"], random.Random(0)) == ["a", "a"]


def test_every_second_sentence_is_swapped():
    some = ["a dog chases a man".split(), "a man sits".split()] * 3
    swapped, labels = planted.half_swapped(some)
    assert labels == [0, 1] * 3
    for old, new, label in zip(some, swapped, labels, strict=True):
        assert sorted(old) == sorted(new) and (old != new) == bool(label)
    assert planted.half_swapped(some)[0] == swapped
