"""Checks of lesson 16."""

import contextlib
import functools
import io
import itertools
import operator

import torch
from torch.nn.functional import logsigmoid, normalize

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets.captions import (
    END,
    PAD,
    START,
    UNKNOWN,
    captions,
)
from course_utils.datasets.planted import TWINS, plant

# Exercise 1: negative sampling


def _scores(centre, near, far):
    return (centre * near).sum(1), torch.einsum("bd,bkd->bk", centre, far)


def _of_scores(loss):
    """Return a slip that is made of both kinds of scores."""
    return lambda centre, near, far: loss(*_scores(centre, near, far))


def _pair_cases():
    sizes = (6, 5, 3), (2, 2, 4), (1, 3, 2), (4, 1, 3)  # B, K, D
    return [
        (torch.randn(b, d), torch.randn(b, d), torch.randn(b, k, d))
        for b, k, d in sizes
    ]


PAIR_SLIPS = {  # made of both kinds of scores
    "The strangers' scores lack their minus sign: a stranger should score "
    "low, so it is logsigmoid(-score).": (
        lambda t, s: -logsigmoid(t) - logsigmoid(s).sum(1)
    ),
    "The signs of both scores are exchanged: the neighbour's score should be "
    "high, logsigmoid(score); each stranger's low, logsigmoid(-score).": (
        lambda t, s: -logsigmoid(-t) - logsigmoid(s).sum(1)
    ),
    "The strangers' part is added with a plus; its -log is a loss as well: "
    "- logsigmoid(-score).": (
        lambda t, s: -logsigmoid(t) + logsigmoid(-s).sum(1)
    ),
    "The neighbour's part lacks its minus sign: -logsigmoid(score).": (
        lambda t, s: logsigmoid(t) - logsigmoid(-s).sum(1)
    ),
    "You averaged over the strangers; sum over them.": (
        lambda t, s: -logsigmoid(t) - logsigmoid(-s).mean(1)
    ),
    "The strangers' scores were summed before logsigmoid; each is judged by "
    "itself.": lambda t, s: -logsigmoid(t) - logsigmoid(-s.sum(1)),
    "The strangers of all pairs were summed; sum(dim=1) keeps each pair's "
    "own.": lambda t, s: -logsigmoid(t) - logsigmoid(-s).sum(),
    "These are scores without logsigmoid: the loss would fall for ever.": (
        lambda t, s: -t + s.sum(1)
    ),
    "The logarithm is missing: take logsigmoid, not sigmoid.": (
        lambda t, s: -t.sigmoid() - (-s).sigmoid().sum(1)
    ),
    "The strangers are missing: without them all vectors become alike.": (
        lambda t, s: -logsigmoid(t)
    ),
}


def _sum_comes_late(centre, near, far):
    true = logsigmoid(centre * near).sum(1)
    return -true - logsigmoid(-centre[:, None] * far).sum(dim=(1, 2))


@check(
    cases=_pair_cases,
    learns=("centre", "near", "far"),
    slips={text: _of_scores(loss) for text, loss in PAIR_SLIPS.items()}
    | {
        "logsigmoid came before the dot product was summed: sum over D "
        "first.": _sum_comes_late
    },
)
def negative_sampling_loss(centre, near, far):
    """Vectors (B, D), (B, D), (B, K, D) -> loss of each pair (B,)."""
    true, strange = _scores(centre, near, far)
    return -logsigmoid(true) - logsigmoid(-strange).sum(1)


# Exercise 2: the table of pairs

WORDS = 7  # in the vocabulary of the cases


def _sentences(*lengths, width):
    """Draw sentences of these lengths: start, words, end, padding."""
    x = torch.full((len(lengths), width), PAD)
    for row, length in zip(x, lengths, strict=True):
        row[0], row[length + 1] = START, END
        row[1 : length + 1] = torch.randint(UNKNOWN, WORDS + 4, (length,))
    return x


def _list_pairs(
    x,
    window=4,
    first=1,
    extra=0,
    sides=2,
    wrap=False,
    low=UNKNOWN,
    keep=lambda centre, near: centre & near,
):
    """Return centres (P,) and neighbours (P,), with some knobs turned."""
    found = []
    for step in range(first, window + 1 + extra):
        left, right = x[:, : x.shape[1] - step], x[:, step:]
        if wrap:
            left, right = x, x.roll(-step, dims=1)
        kept = keep(left > low, right > low)
        pair = left[kept], right[kept]
        found += [pair, pair[::-1]][:sides]
    return tuple(map(torch.cat, zip(*found, strict=True)))


def _how_often(pairs):
    """Turn pairs into how often each occurs: (V, V), whatever their order."""
    if pairs is None:
        return None
    if not isinstance(pairs, tuple | list | torch.Tensor) or len(pairs) != 2:
        raise ValueError("Return two tensors: the centres and the neighbours.")
    if any(isinstance(p, list) and p and torch.is_tensor(p[0]) for p in pairs):
        raise ValueError("Join each list of tensors: torch.cat.")
    centre, near = map(torch.as_tensor, pairs)
    if centre.shape != near.shape or centre.ndim != 1:
        raise ValueError(
            "Centres and neighbours must have one shape, (P,); got "
            f"{tuple(centre.shape)} and {tuple(near.shape)}."
        )
    size = WORDS + 4
    table = torch.zeros(size * size)
    place = (centre * size + near).cpu()
    return table.index_add(0, place, torch.ones(len(place))).view(size, size)


FAULTS = {  # the colleague's
    "Only neighbours to the right are listed: add each pair the other way "
    "round.": {"sides": 1},
    "A neighbour may still be start, end or padding: both words must be above "
    "UNKNOWN.": {"keep": lambda centre, near: centre},
    "`roll` still carries the end of a sentence round to its start: take "
    "slices.": {"wrap": True},
}
STILL_THERE = {  # one, two or all three of them
    " ".join(some): functools.reduce(operator.or_, map(FAULTS.get, some))
    for count in (1, 2, 3)
    for some in itertools.combinations(FAULTS, count)
}


@check(
    cases=lambda: [
        (_sentences(6, 3, 1, 5, width=8),),
        (_sentences(4, 6, 2, width=8), 2),
        (_sentences(7, width=9), 3),
    ],
    view=_how_often,
    skip=("far", "device"),  # the lesson's table stays on the CPU
    slips=mutants(
        _list_pairs,
        STILL_THERE
        | {
            "Each word is listed as its own neighbour: begin with step 1.": {
                "first": 0
            },
            "The window is one too small: `range` leaves its end out.": {
                "extra": -1
            },
            "The unknown word is no word of the table: above UNKNOWN, not "
            "UNKNOWN itself.": {"low": UNKNOWN - 1},
            "A centre may still be start, end or padding: both words must be "
            "above UNKNOWN.": {"keep": lambda centre, near: near},
            "One of the two may still be no word: join the conditions by & "
            "(and), not | (or).": {"keep": lambda centre, near: centre | near},
        },
    ),
)
def table_of_pairs(x, window=4):
    """Sentences (N, T) -> centre words (P,), neighbours (P,)."""
    return _list_pairs(x, window)


# Exercise 3: the rank of a twin


def _cosine(vectors, word):
    return normalize(vectors, dim=1) @ normalize(vectors[word], dim=0)


def _dot(vectors, word):
    return vectors @ vectors[word]


def _by_column(vectors, word):
    unit = vectors / vectors.norm(dim=0)
    return unit @ unit[word]


def _own_is_zero(vectors, word):
    like = _cosine(vectors, word)
    like[word] = 0
    return like


def _rank(vectors, word, twin, like=_cosine, sign=1, itself=False):
    """Return the rank, with some knobs turned."""
    score = sign * like(vectors, word)
    better = score > score[twin]
    if not itself:
        better[word] = False
    return int(better.sum()) + 1


def _rank_cases():
    tables = torch.randn(9, 3), torch.randn(12, 2), 5 * torch.randn(30, 6)
    sizes = torch.linspace(0.3, 4, 30)
    return [
        (table * sizes[: len(table), None], word, twin)
        for table in tables
        for word, twin in ((1, 6), (7, 2), (4, 8))
    ]


@check(
    cases=_rank_cases,
    skip=("one", "far"),
    slips=mutants(
        _rank,
        {
            "That is the dot product: long vectors win. Divide by the "
            "lengths: the cosine.": {"like": _dot},
            "The columns were divided, not the rows: the norm takes dim=1.": {
                "like": _by_column
            },
            "The order is the wrong way round: the least similar word is "
            "first.": {"sign": -1},
            "One too many: the word itself is counted among its neighbours.": {
                "itself": True
            },
            "The word's own similarity was set to 0, but a twin may lie below "
            "0: take -2.": {"like": _own_is_zero, "itself": True},
        },
    )
    | {
        "argsort says which word is at a place; at which place is the twin?": (
            lambda v, word, twin: int(
                _cosine(v, word).argsort(descending=True)[twin]
            )
        ),
    },
)
def twin_rank(vectors, word, twin):
    """Place of a twin among a word's neighbours (V, D), 1 is first: an int."""
    return _rank(vectors, word, twin)


# Exercise 4: twins of your own

ENOUGH, LEAST, MOST = 100, 0.3, 0.7
GRAMMAR = 5700  # training sentences, where no real captions are


@functools.cache
def _given(count):
    """Return the training sentences as they were handed out."""
    given = plant(captions(real=False, quiet=True))[0]
    if len(given) != count:
        with contextlib.redirect_stdout(io.StringIO()):
            given = plant(captions(quiet=True))[0]
    return [s.words for s in given]


def _twins_problem(mine):
    """Say why (word, twin, sentences) are no planted twins, or None."""
    if (
        not isinstance(mine, tuple | list)
        or [isinstance(part, str) for part in mine] != [True, True, False]
        or not isinstance(mine[2], tuple | list)
        or not all(isinstance(words, tuple | list) for words in mine[2])
    ):
        return (
            "Hand in three things, (word, twin, new_sentences): the word and "
            "its twin as text, the sentences as a list of lists of words."
        )
    word, twin, new = mine
    given = _given(len(new))
    if len(new) != len(given):
        return f"All {len(given):,} sentences are wanted; got {len(new):,}."
    pairs = list(zip(given, new, strict=True))
    if any(len(before) != len(after) for before, after in pairs):
        return (
            "A sentence has another length: exchange one word for one, and "
            "leave the order of the sentences."
        )
    places = [p for pair in pairs for p in zip(*pair, strict=True)]
    has_twin = [now == twin for old, now in places if old == word]
    count = len(has_twin)
    if any(old == twin for old, _ in places):
        return f"{twin!r} is a word already: invent a new one."
    if word in TWINS or word in TWINS.values():
        return f"{word!r} has a twin already; choose another word."
    if count < ENOUGH:
        return (
            f"{word!r} stands in {count} places of `words`, too few for two "
            f"words to be learnt: choose one with {ENOUGH} or more."
        )
    changes = {(old, now) for old, now in places if old != now}
    if others := changes - {(word, twin)}:
        a, b = min(others)
        return f"Only {word!r} may change; {a!r} has become {b!r}."
    share, half = sum(has_twin) / count, count // 2
    if not LEAST <= share <= MOST:
        return (
            f"{share:.0%} of the places have the twin; with a fair coin it is "
            "about half."
        )
    if abs(sum(has_twin[:half]) - sum(has_twin[-half:])) > 0.4 * half:
        return "The twins stand in one part of the sentences: throw a coin."
    return None


def _own_twins():
    given = _given(GRAMMAR)
    coins = torch.rand(len(given), generator=torch.Generator().manual_seed(0))
    new = [
        ["dame" if w == "woman" and coin < 0.5 else w for w in words]
        for words, coin in zip(given, coins.tolist(), strict=True)
    ]
    return "woman", "dame", new


outcome("own_twins", _twins_problem, course=_own_twins)
