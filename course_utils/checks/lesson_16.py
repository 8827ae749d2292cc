"""Checks of lesson 16."""

import collections
import contextlib
import functools
import io

import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    logsigmoid,
    normalize,
)

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


def _by_cross_entropy(centre, near, far):
    """The same by another road: coins for which the truth is 1, 0, ..., 0."""
    true, strange = _scores(centre, near, far)
    scores = torch.cat([true[:, None], strange], dim=1)
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1
    nats = binary_cross_entropy_with_logits(scores, truth, reduction="none")
    return nats.sum(1)


def _of_scores(loss):
    """Return a slip that is made of both kinds of scores."""
    return lambda centre, near, far: loss(*_scores(centre, near, far))


def _pair_cases():
    sizes = (6, 5, 3), (2, 2, 4), (1, 3, 2), (4, 1, 3)  # B, K, D
    return [
        (torch.randn(b, d), torch.randn(b, d), torch.randn(b, k, d))
        for b, k, d in sizes
    ]


PAIR_SLIPS = {
    "The strangers' scores lack their minus sign: a stranger should score "
    "low, so it is logsigmoid(-score).": (
        lambda t, s: -logsigmoid(t) - logsigmoid(s).sum(1)
    ),
    "The sign is the wrong way round: a loss is small when all is well.": (
        lambda t, s: logsigmoid(t) + logsigmoid(-s).sum(1)
    ),
    "You averaged over the strangers; sum over them.": (
        lambda t, s: -logsigmoid(t) - logsigmoid(-s).mean(1)
    ),
    "These are scores without logsigmoid: the loss would fall for ever.": (
        lambda t, s: -t + s.sum(1)
    ),
    "These are scores without logsigmoid, and with their signs exchanged.": (
        lambda t, s: t - s.sum(1)
    ),
    "The strangers of all pairs were summed; sum(dim=1) keeps each pair's "
    "own.": lambda t, s: -logsigmoid(t) - logsigmoid(-s).sum(),
    "Only the neighbours' losses were averaged over the batch; one loss for "
    "each pair is wanted.": (
        lambda t, s: -logsigmoid(t).mean() - logsigmoid(-s).sum(1)
    ),
    "You divided by the number of scores; it is a sum.": (
        lambda t, s: (-logsigmoid(t) - logsigmoid(-s).sum(1)) / (1 + s.size(1))
    ),
    "That is a squared error; the loss is -logsigmoid.": (
        lambda t, s: (1 - t.sigmoid()) ** 2 + (s.sigmoid() ** 2).sum(1)
    ),
    "The logarithm is missing: take logsigmoid, not sigmoid.": (
        lambda t, s: -t.sigmoid() - (-s).sigmoid().sum(1)
    ),
    "That is a softmax over neighbour and strangers. Here each is judged by "
    "itself, with a sigmoid.": (
        lambda t, s: -torch.cat([t[:, None], s], 1).log_softmax(1)[:, 0]
    ),
    "The strangers are missing: without them all vectors become alike.": (
        lambda t, s: -logsigmoid(t)
    ),
    "The true neighbour is missing.": lambda t, s: -logsigmoid(-s).sum(1),
    "You averaged over the batch; one loss for each pair is wanted.": (
        lambda t, s: (-logsigmoid(t) - logsigmoid(-s).sum(1)).mean()
    ),
    "You summed over the batch; one loss for each pair is wanted.": (
        lambda t, s: (-logsigmoid(t) - logsigmoid(-s).sum(1)).sum()
    ),
    "The signs of both scores are exchanged: the neighbour's score should be "
    "high, logsigmoid(score); each stranger's low, logsigmoid(-score).": (
        lambda t, s: -logsigmoid(-t) - logsigmoid(s).sum(1)
    ),
    "The neighbour's score has a minus: it should be high, so it is "
    "-logsigmoid(score).": (
        lambda t, s: -logsigmoid(-t) - logsigmoid(-s).sum(1)
    ),
    "The strangers' part is added with a plus; its -log is a loss as well: "
    "- logsigmoid(-score).": (
        lambda t, s: -logsigmoid(t) + logsigmoid(-s).sum(1)
    ),
    "The minus of the strangers belongs inside, and one stays outside: "
    "- logsigmoid(-score).": (
        lambda t, s: -logsigmoid(t) + logsigmoid(s).sum(1)
    ),
    "The neighbour's part lacks its minus sign: -logsigmoid(score).": (
        lambda t, s: logsigmoid(t) - logsigmoid(-s).sum(1)
    ),
    "The strangers' scores were summed before logsigmoid; each is judged by "
    "itself.": lambda t, s: -logsigmoid(t) - logsigmoid(-s.sum(1)),
    "The strangers were averaged before logsigmoid; each is judged by "
    "itself.": lambda t, s: -logsigmoid(t) - logsigmoid(-s.mean(1)),
    "1 - logsigmoid is not the log of 1 - sigmoid; that is "
    "logsigmoid(-score).": (
        lambda t, s: -logsigmoid(t) - (1 - logsigmoid(s)).sum(1)
    ),
    "The neighbours' scores were summed over the whole batch: sum(dim=1).": (
        lambda t, s: -logsigmoid(t.sum()) - logsigmoid(-s).sum(1)
    ),
    "That is one value for each stranger: sum over them.": (
        lambda t, s: -logsigmoid(t)[:, None] - logsigmoid(-s)
    ),
    "Only the first of the strangers was judged: sum over all.": (
        lambda t, s: -logsigmoid(t) - logsigmoid(-s[:, 0])
    ),
}


def _loss_of(t, s):
    return -logsigmoid(t) - logsigmoid(-s).sum(1)


VECTOR_SLIPS = {
    "The strangers were compared with the neighbour; compare them with the "
    "centre.": lambda c, n, f: (
        -logsigmoid((c * n).sum(1)) - logsigmoid(-_scores(n, n, f)[1]).sum(1)
    ),
    "logsigmoid came before the dot product was summed: sum over D first.": (
        lambda c, n, f: (
            -logsigmoid(c * n).sum(1)
            - logsigmoid(-c[:, None] * f).sum(dim=(1, 2))
        )
    ),
    "Each centre was compared with every neighbour of the batch; it has one "
    "of its own.": lambda c, n, f: (
        -logsigmoid(c @ n.T).sum(1) - logsigmoid(-_scores(c, n, f)[1]).sum(1)
    ),
    "Each stranger was compared with every centre of the batch; it belongs "
    "to one.": lambda c, n, f: (
        -logsigmoid((c * n).sum(1)) - logsigmoid(-(f @ c.T).sum(2)).sum(1)
    ),
    "That is the cosine; the score is the dot product itself.": (
        lambda c, n, f: _loss_of(
            *_scores(*(normalize(part, dim=-1) for part in (c, n, f)))
        )
    ),
    "A dot product is a sum, not a mean, of the products.": lambda c, n, f: (
        -logsigmoid((c * n).mean(1))
        - logsigmoid(-(c[:, None] * f).mean(2)).sum(1)
    ),
}


@check(
    cases=_pair_cases,
    oracle=_by_cross_entropy,
    learns=("centre", "near", "far"),
    slips={text: _of_scores(loss) for text, loss in PAIR_SLIPS.items()}
    | VECTOR_SLIPS,
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
    sides=(True, True),
    wrap=False,
    centre_only=False,
    near_only=False,
    low=UNKNOWN,
    joined=False,
    columns=False,
    packed=False,
    padded=False,
    only=None,
    either=False,
    same=False,
    unequal=False,
    once=False,
):
    """Return centres (P,) and neighbours (P,), with some knobs turned."""
    if packed:
        rows = [row[row > low] for row in x]
        rows = [torch.cat(rows)] if joined else rows
        x = torch.nn.utils.rnn.pad_sequence(rows, True)
    elif joined:
        x = x.flatten()[None]
    if padded:
        x = torch.nn.functional.pad(x, (0, window))
    if columns:
        x = x.T
    found = []
    steps = range(first, window + 1 + extra)
    for step in steps if only is None else steps[only : only + 1 or None]:
        if wrap:
            left, right = x, x.roll(-step, dims=1)
        else:
            left, right = x[:, : x.shape[1] - step], x[:, step:]
        left, right = left.flatten(), right.flatten()
        kept = (left > low) | near_only
        kept &= (right > low) | centre_only
        if either:
            kept = (left > low) | (right > low)
        if unequal:
            kept &= left != right
        pair = left[kept], right[kept]
        if same:
            found += [(word, word) for word in pair]
            continue
        found += [pair] * sides[0] + [pair[::-1]] * sides[1]
    centre, near = map(torch.cat, zip(*found, strict=True))
    if once:
        return torch.stack([centre, near]).unique(dim=1).unbind()
    return centre, near


def _pairs_one_by_one(x, window=4):
    """The same with a loop over words."""
    places = range(x.shape[1])
    found = [
        (row[i], row[j])
        for row in x.tolist()
        for i in places
        for j in places
        if 0 < abs(i - j) <= window and min(row[i], row[j]) > UNKNOWN
    ]
    return torch.tensor(found, dtype=torch.long).view(-1, 2).T.unbind()


def _how_often(pairs):
    """Turn pairs into how often each occurs: (V, V), whatever their order."""
    if pairs is None:
        return None
    if not isinstance(pairs, (tuple, list)) or len(pairs) != 2:
        if not (torch.is_tensor(pairs) and len(pairs) == 2):
            raise ValueError(
                "Return two tensors: the centres and their neighbours."
            )
    if any(isinstance(part, (tuple, list)) and len(part) for part in pairs):
        if torch.is_tensor(pairs[0][0]) and pairs[0][0].ndim:
            raise ValueError("Join each list of tensors: torch.cat.")
    centre, near = (torch.as_tensor(part) for part in pairs)
    if centre.shape != near.shape or centre.ndim != 1:
        raise ValueError(
            "Centres and neighbours must have one shape, (P,); got "
            f"{tuple(centre.shape)} and {tuple(near.shape)}."
        )
    if centre.is_floating_point() or near.is_floating_point():
        raise ValueError("Words are whole numbers; these have decimals.")
    size = WORDS + 4
    table = torch.zeros(size * size)
    place = (centre * size + near).cpu()
    return table.index_add(0, place, torch.ones(len(place))).view(size, size)


@check(
    cases=lambda: [
        (_sentences(6, 3, 1, 5, width=8),),
        (_sentences(4, 6, 2, width=8), 2),
        (_sentences(7, width=9), 3),
    ],
    oracle=_pairs_one_by_one,
    view=_how_often,
    skip=("far", "device"),  # the lesson's table stays on the CPU
    slips=mutants(
        _list_pairs,
        {
            "The colleague's pairs, all three faults: wrapped round, with "
            "padding, to one side.": {
                "wrap": True,
                "centre_only": True,
                "sides": (True, False),
            },
            "Only neighbours to the right are listed: add each pair the "
            "other way round.": {"sides": (True, False)},
            "Only neighbours to the left are listed: add each pair the other "
            "way round.": {"sides": (False, True)},
            "A neighbour may still be start, end or padding: both words must "
            "be above UNKNOWN.": {"centre_only": True},
            "A centre may still be start, end or padding: both words must be "
            "above UNKNOWN.": {"near_only": True},
            "`roll` still carries the end of a sentence round to its start: "
            "take slices.": {"wrap": True},
            "Roll is still there, and only one side is listed.": {
                "wrap": True,
                "sides": (True, False),
            },
            "Roll and padding are still there.": {
                "wrap": True,
                "centre_only": True,
            },
            "Padding is still there, and only one side is listed.": {
                "centre_only": True,
                "sides": (True, False),
            },
            "Each word is listed as its own neighbour: begin with step 1.": {
                "first": 0
            },
            "The window is one too small: `range` leaves its end out.": {
                "extra": -1
            },
            "The window is one too large.": {"extra": 1},
            "The unknown word is no word of the table: above UNKNOWN, not "
            "UNKNOWN itself.": {"low": UNKNOWN - 1},
            "Start, end and padding are counted as words.": {"low": -1},
            "Sentences were laid end to end, so the last word of one meets "
            "the first of the next: shift along dim=1.": {"joined": True},
            "You shifted over the sentences; shift over the places, dim=1.": {
                "columns": True
            },
            "Each pair is listed twice on one side.": {"sides": (2, False)},
            "Only words side by side are paired: go on to `window`. Does a "
            "`return` stand in the loop?": {"only": 0},
            "Only words `window` places apart are paired: take each step from "
            "1 on.": {"only": -1},
            "One of the two may still be no word: join the conditions by & "
            "(and), not | (or).": {"either": True},
            "Each word is listed beside itself: where is its neighbour?": {
                "same": True
            },
            "A pair of equal words is a pair, too, as both *a* of a dog "
            "bites a man: keep it.": {"unequal": True},
            "A pair that occurs twice is listed twice; you keep it once.": {
                "once": True
            },
            "Padding was put behind the sentences, and it is a neighbour "
            "now: both words must be above UNKNOWN.": {
                "padded": True,
                "centre_only": True,
            },
            "Start and end are counted as words: above UNKNOWN, not above "
            "0.": {"low": PAD},
            "The words were laid end to end, so the last word of a sentence "
            "meets the first of the next.": {"packed": True, "joined": True},
            "Unknown words were taken out first, so their neighbours moved "
            "together: shift first.": {"packed": True},
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


def _minus_distance(vectors, word):
    return -(vectors - vectors[word]).norm(dim=1)


def _by_column(vectors, word):
    unit = vectors / vectors.norm(dim=0)
    return unit @ unit[word]


def _squared_length(vectors, word):
    unit = vectors / vectors.square().sum(1, keepdim=True)
    return unit @ unit[word]


def _sum_of_sizes(vectors, word):
    unit = vectors / vectors.abs().sum(1, keepdim=True)
    return unit @ unit[word]


def _no_sign(vectors, word):
    return _cosine(vectors, word).abs()


def _centred(vectors, word):
    return _cosine(vectors - vectors.mean(0), word)


def _own_is_zero(vectors, word):
    like = _cosine(vectors, word)
    like[word] = 0
    return like


def _place(vectors, word, twin):
    return _cosine(vectors, word).argsort(descending=True)


# {message: similarity}
MEASURES = {
    "The columns were divided, not the rows: the norm takes dim=1.": (
        _by_column
    ),
    "You divided by the square of the length: its root is missing.": (
        _squared_length
    ),
    "You divided by the sum of the sizes; the length is the root of the sum "
    "of squares: norm.": _sum_of_sizes,
    "The sign was dropped: a word on the opposite side is not similar.": (
        _no_sign
    ),
    "The mean vector was taken away first; the cosine is that of the rows as "
    "they are.": _centred,
}


def _rank(vectors, word, twin, like=_cosine, sign=1, count=1, itself=False):
    """Return the rank, with some knobs turned."""
    score = sign * like(vectors, word)
    better = score > score[twin]
    if not itself:
        better[word] = False
    return int(better.sum()) + count


def _rank_by_sorting(vectors, word, twin):
    order = _cosine(vectors, word).argsort(descending=True).tolist()
    order.remove(word)
    return order.index(twin) + 1


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
    oracle=_rank_by_sorting,
    skip=("one", "far"),
    slips=mutants(
        _rank,
        {
            "That is the dot product: long vectors win. Divide by the "
            "lengths: the cosine.": {"like": _dot},
            "That is the distance; take the cosine of the angle.": {
                "like": _minus_distance
            },
            "The order is the wrong way round: the least similar word is "
            "first.": {"sign": -1},
            "One too many: the word itself is counted among its neighbours.": {
                "itself": True
            },
            "One too few: the nearest neighbour has rank 1, not 0.": {
                "count": 0
            },
            "Dot product, and the word itself is counted.": {
                "like": _dot,
                "itself": True,
            },
            "Dot product: long vectors win. Only by the cosine is a word "
            "always most similar to itself.": {
                "like": _dot,
                "itself": True,
                "count": 0,
            },
            "The columns were divided, not the rows: norm(dim=1). Only by the "
            "cosine is a word always most similar to itself.": {
                "like": _by_column,
                "itself": True,
                "count": 0,
            },
            "The word's own similarity was set to 0, but a twin may lie below "
            "0: take -2.": {"like": _own_is_zero, "itself": True},
            "You counted the words that are less similar than the twin.": {
                "sign": -1,
                "count": 0,
            },
            "Two too many: the word itself is counted, and ranks begin with "
            "2.": {"itself": True, "count": 2},
        },
    )
    | mutants(_rank, {k: {"like": like} for k, like in MEASURES.items()})
    | {
        "That is a similarity; the place of the twin is wanted.": (
            lambda v, word, twin: float(_cosine(v, word)[twin])
        ),
        "That is the number of the most similar word; the place of the twin "
        "is wanted.": lambda v, word, twin: int(_place(v, word, twin)[1]),
        "argsort says which word is at a place; at which place is the twin?": (
            lambda v, word, twin: int(_place(v, word, twin)[twin])
        ),
        "That says whether the twin is first; its place is wanted.": (
            lambda v, word, twin: float(_rank(v, word, twin) == 1)
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
    if not isinstance(mine, (tuple, list)) or len(mine) != 3:
        return "Hand in three things: (word, twin, new_sentences)."
    word, twin, sentences = mine
    if not isinstance(word, str) or not isinstance(twin, str):
        return "First the word, then its twin, then the sentences."
    if not isinstance(sentences, (list, tuple)) or not all(
        isinstance(words, (list, tuple))
        and all(isinstance(w, str) for w in words)
        for words in sentences
    ):
        return "The sentences are a list, each of them a list of words."
    new = [list(words) for words in sentences]
    given = _given(len(new))
    if len(new) != len(given):
        return f"All {len(given):,} sentences are wanted; got {len(new):,}."
    lengths = [[len(s) for s in part] for part in (new, given)]
    if lengths[0] != lengths[1]:
        if sorted(lengths[0]) == sorted(lengths[1]):
            return "The sentences stand in another order: leave it."
        return "A sentence has another length: exchange one word for one."
    changed = collections.Counter(
        (old, now)
        for before, after in zip(given, new, strict=True)
        for old, now in zip(before, after, strict=True)
        if old != now
    )
    count = sum(words.count(word) for words in given)
    if not count:
        return (
            f"{word!r} stands in no sentence of `words`. (First the word, "
            "then its twin.)"
        )
    if any(twin in words for words in given):
        return f"{twin!r} is a word already: invent a new one."
    if word in TWINS or word in TWINS.values():
        return f"{word!r} has a twin already; choose another word."
    if count < ENOUGH:
        return (
            f"{word!r} stands in {count} places, too few for two words to be "
            f"learnt: choose one with {ENOUGH} or more."
        )
    if not changed:
        return "Nothing has changed: no place has the twin."
    if others := set(changed) - {(word, twin)}:
        a, b = min(others)
        return f"Only {word!r} may change; {a!r} has become {b!r}."
    share = changed[word, twin] / count
    if share == 1:
        return (
            f"Every {word!r} has become {twin!r}: that only renames it. Throw "
            "a coin at each place."
        )
    if not LEAST <= share <= MOST:
        return (
            f"{share:.0%} of the places have the twin; with a fair coin it is "
            "about half."
        )
    places = [
        now == twin
        for before, after in zip(given, new, strict=True)
        for old, now in zip(before, after, strict=True)
        if old == word
    ]
    halves = places[: count // 2], places[-(count // 2) :]
    if abs(sum(halves[0]) - sum(halves[1])) > 0.4 * len(halves[0]):
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
