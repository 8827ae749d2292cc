"""Captions with planted words, so that we know what the words mean.

Twins are one word under two names, drawn by a coin at each place: perfect
synonyms. "bank" and "orange" are two words under one name. And a caption can
be rewritten so that its meaning stays (twins exchanged) or changes (who does
what to whom).
"""

import random
from typing import NamedTuple

TWINS = {"man": "fellow", "girl": "lass", "dog": "hound", "red": "scarlet"}
WHO = {
    form: form
    for form in ("man", "woman", "boy", "girl", "dog", "child", "horse",
                 "cat", "baby", "player", "person", "lady")
} | {"fellow": "man", "lass": "girl", "hound": "dog"}  # fmt: skip
PLURALS = {
    "men", "women", "boys", "girls", "dogs", "children", "horses", "cats",
    "guy", "guys", "ladies", "kid", "kids", "bird", "birds", "males", "male",
    "female", "females", "people", "gentleman", "toddler", "puppy",
}  # fmt: skip
BLANK = "<unknown>"
HOMONYMS = {
    "beach": ("bank", "water"), "street": ("bank", "city"),
    "ball": ("orange", "thing"), "orange": ("orange", "colour"),
}  # fmt: skip


class Planted(NamedTuple):
    """A sentence after planting, and what we know of it.

    who: man, woman, boy, girl or dog where it is about one, else "".
    meanings: which meaning bank and orange have in it, where it is plain.
    """

    words: list[str]
    who: str
    meanings: dict[str, str]


def plant(sentences, hold_out=1500, seed=0):
    """Return training and held-out sentences with twins and homonyms.

    sentences: from `text.captions`. Real captions hardly ever say bank, so
    each beach and street becomes one there, and each ball an orange; the
    grammar's sentences have both meanings already. hold_out: so many of the
    training sentences are held out too.
    """
    rng = random.Random(seed)
    make = _from_caption if sentences.real else _from_grammar
    known = zip(
        [*sentences.test, *sentences.train],
        [*sentences.test_facts, *sentences.train_facts],
        strict=True,
    )
    planted = [_with_twins(*make(words, facts), rng) for words, facts in known]
    cut = len(sentences.test) + min(hold_out, len(sentences.train) // 3)
    return planted[cut:], planted[:cut]


def _from_caption(words, facts):
    found, given = [], {}
    for word in words:
        name, meaning = HOMONYMS.get(word, (word, None))
        given.setdefault(name, set()).add(meaning)
        found.append(name)
    known = {w: s for w, s in given.items() if w in ("bank", "orange")}
    return found, _who(words), _one_each(known)


def _from_grammar(words, facts):
    given = {"bank": set(), "orange": set()}
    if "bank" in words:
        given["bank"].add("water" if facts["where"] == "river" else "city")
    if "orange" in facts["what"]:
        given["orange"].add("thing")
    if facts["colour"] == "orange":
        given["orange"].add("colour")
    return words, _who(words), _one_each(given)


def _one_each(given):
    """Keep the words that have one meaning in it, and a known one."""
    return {
        word: next(iter(meanings))
        for word, meanings in given.items()
        if len(meanings) == 1 and None not in meanings
    }


def _who(words):
    named = [w for w in words if w in WHO or w in PLURALS]
    about = {WHO.get(word, "") for word in named}
    one = about.pop() if len(about) == 1 else ""
    return one if one in ("man", "woman", "boy", "girl", "dog") else ""


def _with_twins(words, who, meanings, rng):
    back = {twin: word for word, twin in TWINS.items()}
    words = [back.get(word, word) for word in words]
    words = [
        TWINS[w] if w in TWINS and rng.random() < 0.5 else w for w in words
    ]
    return Planted(words, who, meanings)


def swap_names(words):
    """Exchange the first two different beings: the same words, a new meaning.

    Returns None where a sentence does not name two.
    """
    places = {}
    for i, word in enumerate(words):
        if word in WHO:
            places.setdefault(WHO[word], i)
    if len(places) < 2:
        return None
    i, j = list(places.values())[:2]
    swapped = list(words)
    swapped[i], swapped[j] = words[j], words[i]
    return swapped


def swap_neighbours(words, rng):
    """Exchange two different words that stand side by side, if there are."""
    places = [i for i in range(len(words) - 1) if words[i] != words[i + 1]]
    swapped = list(words)
    if places:
        i = rng.choice(places)
        swapped[i], swapped[i + 1] = words[i + 1], words[i]
    return swapped


def half_swapped(sentences, seed=0):
    """Swap two neighbouring words in every second sentence.

    Returns the sentences, and for each whether it was swapped, 0 or 1.
    """
    rng = random.Random(seed)
    labels = [i % 2 for i in range(len(sentences))]
    swapped = [
        swap_neighbours(words, rng) if label else list(words)
        for words, label in zip(sentences, labels, strict=True)
    ]
    return swapped, labels


def hide_who(words):
    """Put a blank for each being, one or many: who is it about?"""
    known = set(WHO) | PLURALS
    return [BLANK if word in known else word for word in words]
