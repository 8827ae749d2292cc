"""Checks of lesson 08."""

import torch
from torch.nn.functional import cross_entropy

from course_utils.checks.core import judge, same_as
from course_utils.text_models import masked_mean as _masked_mean
from course_utils.text_models import sentence_loss as _sentence_loss

PAD, START, END, UNKNOWN = range(4)
WORDS = ["<pad>", "<start>", "<end>", "<unknown>", "a", "dog", "man", "bites"]
INDEX = {word: i for i, word in enumerate(WORDS)}


def _encode_words(words, index, length):
    numbers = [START, *(index.get(word, UNKNOWN) for word in words), END]
    return numbers + [PAD] * (length - len(numbers))


def _as_numbers(function, *arguments):
    """Let lists count as tensors; anything else is left for the answer."""
    got = function(*arguments)
    if isinstance(got, list | tuple) and all(
        isinstance(number, int) or torch.is_tensor(number) for number in got
    ):
        return torch.tensor([int(number) for number in got])
    return got


def _trimmed(start=True, end=True, fill=PAD, front=False, skip=False):
    """Return an encoder with a slip."""

    def encode(words, index, length):
        known = [w for w in words if w in index] if skip else words
        numbers = [START] * start + [index.get(w, UNKNOWN) for w in known]
        numbers += [END] * end
        rest = [fill] * (length - len(numbers))
        return rest + numbers if front else numbers + rest

    return encode


def _end_last(words, index, length):
    numbers = _trimmed(end=False)(words, index, length)
    return [*numbers[: length - 1], END]


ENCODE_CASES = [
    (["a", "dog", "bites", "a", "man"], INDEX, 9),
    (["a", "zebra", "bites"], INDEX, 5),
    (["dog"], INDEX, 6),
]
ENCODE_SLIPS = {
    "The start token (1) is missing in front.": _trimmed(start=False),
    "The end token (2) is missing after the last word.": _trimmed(end=False),
    "Start (1) and end (2) are missing.": _trimmed(start=False, end=False),
    "Padding stands in front; it belongs after the end token.": _trimmed(
        front=True
    ),
    "You filled up with the end token; fill up with padding (0).": _trimmed(
        fill=END
    ),
    "Words that are not in `index` were dropped; each becomes 3, unknown.": (
        _trimmed(skip=True)
    ),
    "The end token stands in the last place; it belongs straight after the "
    "last word.": _end_last,
    "There is no padding: the list must have `length` numbers.": (
        lambda words, index, length: _encode_words(words, index, 0)
    ),
}


def encode_words(attempt):
    """Judge `encode_words(words, index, length)` -> list of numbers."""
    compare = same_as(
        lambda *case: torch.tensor(_encode_words(*case)),
        ENCODE_CASES, ENCODE_SLIPS, call=_as_numbers,
    )  # fmt: skip
    return judge("encode_words", attempt, _encode_words, compare)


def _decode_numbers(numbers, words):
    end = numbers.index(END) if END in numbers else len(numbers)
    return [words[i] for i in numbers[:end] if i not in (PAD, START)]


DECODE_CASES = [
    [1, 4, 5, 7, 4, 6, 2, 0, 0],
    [1, 4, 6, 2, 6, 6, 2],
    [1, 5, 3, 7, 2],
    [1, 2, 0, 0],
    [1, 4, 4, 5],
]
DECODE_SLIPS = {
    "Nothing after the first end token counts: stop there.": (
        lambda numbers, words: [words[i] for i in numbers if i > END]
    ),
    "The end token itself is no word: leave it out.": (
        lambda numbers, words: [
            *_decode_numbers(numbers, words), *["<end>"] * (END in numbers),
        ]
    ),
    "The start token is no word: leave it out.": lambda numbers, words: [
        "<start>", *_decode_numbers(numbers, words),
    ],
    "The special tokens are no words: leave them out.": (
        lambda numbers, words: [words[i] for i in numbers]
    ),
    "An unknown word (3) is still a word: keep \"<unknown>\".": (
        lambda numbers, words: [
            w for w in _decode_numbers(numbers, words) if w != "<unknown>"
        ]
    ),
    "That is one text; a list of words is wanted.": (
        lambda numbers, words: " ".join(_decode_numbers(numbers, words))
    ),
    "The last word is cut off where no end token stands.": (
        lambda numbers, words: _decode_numbers(
            numbers if END in numbers else numbers[:-1], words
        )
    ),
}  # fmt: skip


def _decode_problem(attempt):
    got = [attempt(list(numbers), list(WORDS)) for numbers in DECODE_CASES]
    if None in got:
        return "It returned None. Is there a `return`?"
    got = [list(g) if isinstance(g, tuple) else g for g in got]
    if got == [_decode_numbers(n, WORDS) for n in DECODE_CASES]:
        return None
    for message, wrong in DECODE_SLIPS.items():
        if got == [wrong(numbers, WORDS) for numbers in DECODE_CASES]:
            return message
    pairs = zip(DECODE_CASES, got, strict=True)
    numbers, answer = next(
        (n, g) for n, g in pairs if g != _decode_numbers(n, WORDS)
    )
    return (
        f"{numbers} should become {_decode_numbers(numbers, WORDS)}; got "
        f"{str(answer)[:80]}."
    )


def decode_numbers(attempt):
    """Judge `decode_numbers(numbers, words)` -> list of words."""
    return judge("decode_numbers", attempt, _decode_numbers, _decode_problem)


def _slow_loss(scores, x):
    """Nats of each sentence, by a loop over words."""
    chances = scores.log_softmax(dim=2)
    rows = []
    for row, sentence in zip(chances, x.tolist(), strict=True):
        told = enumerate(sentence[1:])
        rows.append(-sum(row[t, word] for t, word in told if word != PAD))
    return torch.stack(rows)


def _nats(scores, y):
    return cross_entropy(scores.transpose(1, 2), y, reduction="none")


def _loss_cases():
    generator = torch.Generator().manual_seed(0)
    cases = []
    for lengths, places, size in (([3, 1, 5], 8, 9), ([2, 4], 7, 7)):
        x = torch.full((len(lengths), places), PAD)
        for row, n in zip(x, lengths, strict=True):
            row[1 : n + 1] = torch.randint(3, size, (n,), generator=generator)
            row[0], row[n + 1] = START, END
        shape = (len(x), places - 1, size)
        cases.append((torch.randn(shape, generator=generator), x))
    return cases


def _kept(x):
    return (x[:, 1:] != PAD).float()


LOSS_CASES = _loss_cases()
LOSS_SLIPS = {
    "Padding is counted: a short sentence pays for places where nothing "
    "stands.": lambda s, x: _nats(s, x[:, 1:]).sum(dim=1),
    "Off by one: the scores speak of places 1 to T - 1, so the target is "
    "x[:, 1:]. As it is, the start token is predicted.": (
        lambda s, x: (
            _nats(s, x[:, :-1]) * (x[:, :-1] != PAD)
        ).sum(dim=1)
    ),
    "Off by one, and padding is counted: the target is x[:, 1:].": (
        lambda s, x: _nats(s, x[:, :-1]).sum(dim=1)
    ),
    "That is the mean over the words; the sum is wanted.": lambda s, x: (
        _slow_loss(s, x) / _kept(x).sum(dim=1)
    ),
    "That is the mean over all places, padding included; the sum over the "
    "real ones is wanted.": lambda s, x: _nats(s, x[:, 1:]).mean(dim=1),
    "The sum is over the real words, but it is divided by the number of all "
    "places.": lambda s, x: _slow_loss(s, x) / (x.shape[1] - 1),
    "One value for each sentence is wanted, not one for the batch: sum over "
    "places only.": lambda s, x: _slow_loss(s, x).sum(),
    "One value for each sentence is wanted, not the mean of the batch.": (
        lambda s, x: _slow_loss(s, x).mean()
    ),
    "One value for each sentence is wanted; that is one for each word.": (
        lambda s, x: _nats(s, x[:, 1:]) * _kept(x)
    ),
    "The end token counts too: without it the model never learns to stop.": (
        lambda s, x: (
            _nats(s, x[:, 1:]) * (x[:, 1:] > END)
        ).sum(dim=1)
    ),
}  # fmt: skip


def sentence_loss(attempt):
    """Judge `sentence_loss(scores, x)`: (B, T-1, V), (B, T) -> (B,)."""
    compare = same_as(_slow_loss, LOSS_CASES, LOSS_SLIPS)
    return judge("sentence_loss", attempt, _sentence_loss, compare)


def _slow_mean(h, x):
    pairs = zip(h, x, strict=True)
    return torch.stack([rows[row != PAD].mean(dim=0) for rows, row in pairs])


MEAN_CASES = [
    (torch.randn(*x.shape, 4, generator=torch.Generator().manual_seed(1)), x)
    for _, x in LOSS_CASES
]
MEAN_SLIPS = {
    "The mean is over all places: padding is counted.": lambda h, x: h.mean(
        dim=1
    ),
    "Padding is set to zero but still counted in the division: divide by "
    "the number of real places.": lambda h, x: (
        h * (x != PAD)[:, :, None]
    ).mean(dim=1),
    "The sum is right; divide it by the number of real places.": (
        lambda h, x: (h * (x != PAD)[:, :, None]).sum(dim=1)
    ),
    "The mask is the wrong way round: that is the mean of the padding.": (
        lambda h, x: (
            (h * (x == PAD)[:, :, None]).sum(dim=1)
            / (x == PAD).sum(dim=1, keepdim=True)
        )
    ),
    "The sum runs over all places, padding included; only the division "
    "leaves it out.": lambda h, x: (
        h.sum(dim=1) / (x != PAD).sum(dim=1, keepdim=True)
    ),
    "That is the mean over the width of each place (dim 2); the mean over "
    "places (dim 1) is wanted.": lambda h, x: h.mean(dim=2),
    "Divide by each sentence's own number of places, not by that of the "
    "whole batch.": lambda h, x: (
        (h * (x != PAD)[:, :, None]).sum(dim=1) / (x != PAD).sum()
    ),
}


def masked_mean(attempt):
    """Judge `masked_mean(h, x)`: (B, T, D), (B, T) -> (B, D)."""
    compare = same_as(_slow_mean, MEAN_CASES, MEAN_SLIPS)
    return judge("masked_mean", attempt, _masked_mean, compare)


def _between(one, other, steps):
    share = torch.linspace(0, 1, steps, device=one.device)[:, None]
    return (1 - share) * one + share * other


BETWEEN_CASES = [
    (torch.tensor([0.0, 2.0, 5.0]), torch.tensor([4.0, -2.0, 1.0]), 5),
    (torch.tensor([1.0, 1.0]), torch.tensor([0.5, 3.0]), 3),
]
BETWEEN_SLIPS = {
    "It runs from the second code to the first.": lambda a, b, n: _between(
        b, a, n
    ),
    "The last step stops short of the second code: both ends belong to the "
    "path.": lambda a, b, n: _between(a, b, n + 1)[:-1],
    "The ends are missing: the first row is `one`, the last is `other`.": (
        lambda a, b, n: _between(a, b, n + 2)[1:-1]
    ),
    "It starts one step late: the first row is `one` itself.": (
        lambda a, b, n: _between(a, b, n + 1)[1:]
    ),
    "There is one row too many: `steps` counts both ends.": (
        lambda a, b, n: _between(a, b, n + 1)
    ),
    "That adds a share of `other` and takes nothing off `one`.": (
        lambda a, b, n: a + torch.linspace(0, 1, n)[:, None] * b
    ),
    "That is transposed: one code in each row, (steps, Z).": (
        lambda a, b, n: _between(a, b, n).T
    ),
}


def between(attempt):
    """Judge `between(one, other, steps)`: (Z,), (Z,) -> (steps, Z)."""
    compare = same_as(_between, BETWEEN_CASES, BETWEEN_SLIPS)
    return judge("between", attempt, _between, compare)
