"""Checks of lesson 14: from words to numbers and back."""

from operator import index as whole

import torch

from course_utils.checks.legacy import judge, same_as

PAD, START, END, UNKNOWN = range(4)
WORDS = ["<pad>", "<start>", "<end>", "<unknown>", "a", "dog", "man", "bites"]
INDEX = {word: i for i, word in enumerate(WORDS)}


def _encode_words(words, index, length):
    numbers = [START, *(index.get(word, UNKNOWN) for word in words), END]
    return numbers + [PAD] * (length - len(numbers))


def _as_numbers(function, *arguments):
    """Let lists count as tensors; anything else is left for the answer."""
    got = function(*arguments)
    try:
        return torch.tensor([whole(number) for number in got])
    except (TypeError, ValueError):
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
    "Start (1) and end (2) are exchanged.": lambda words, index, length: [
        {START: END, END: START}.get(number, number)
        for number in _encode_words(words, index, length)
    ],
    "A word that is not in `index` became 0, padding; it becomes 3.": (
        lambda words, index, length: [
            PAD if n == UNKNOWN else n
            for n in _encode_words(words, index, length)
        ]
    ),
    "There is no padding: the list must have `length` numbers.": (
        lambda words, index, length: _encode_words(words, index, 0)
    ),
}


COMPARE = same_as(
    lambda *case: torch.tensor(_encode_words(*case)),
    ENCODE_CASES, ENCODE_SLIPS, call=_as_numbers,
)  # fmt: skip


def _encode_problem(attempt):
    try:
        problem = COMPARE(attempt)
    except KeyError as error:
        return (
            f"KeyError: {error} is not in `index`. Such a word becomes 3: "
            "`index.get(word, 3)`."
        )
    if not problem or problem.startswith(("Its answer should", "It must")):
        return _of_wrong_form(attempt) or problem
    return problem


def _of_wrong_form(attempt):
    """Say what is wrong with a list that is too long, short or nested."""
    for words, index, length in ENCODE_CASES:
        got = attempt(words, index, length)
        try:
            numbers = [whole(got[i]) for i in range(len(got))]
        except (TypeError, ValueError):
            return f"A list of whole numbers is wanted; got {str(got)[:60]}."
        if len(numbers) != length:
            return (
                f"The list has {len(numbers)} numbers where `length` is "
                f"{length}: add `length - len(numbers)` zeros."
            )
    return None


def encode_words(attempt):
    """Judge `encode_words(words, index, length)` -> list of numbers."""
    return judge("encode_words", attempt, _encode_words, _encode_problem)


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
    "These are numbers; a list of words is wanted: `words[i]`.": (
        lambda numbers, words: [
            words.index(w) for w in _decode_numbers(numbers, words)
        ]
    ),
    "Off by one: word number i is `words[i]`.": lambda numbers, words: [
        words[words.index(w) - 1] for w in _decode_numbers(numbers, words)
    ],
    "Only start and padding are left out; the end is no word, and nothing "
    "after it counts.": lambda numbers, words: [
        words[i] for i in numbers if i not in (PAD, START)
    ],
    "You stop at the first 0; stop at the first 2, the end.": (
        lambda numbers, words: [
            words[i]
            for i in numbers[: (numbers + [PAD]).index(PAD)] if i > START
        ]
    ),
    "Cutting off the first and the last number leaves end and padding in.": (
        lambda numbers, words: [words[i] for i in numbers[1:-1]]
    ),
    "The last word is cut off where no end token stands.": (
        lambda numbers, words: _decode_numbers(
            numbers if END in numbers else numbers[:-1], words
        )
    ),
}  # fmt: skip


def _decode_problem(attempt):
    try:
        got = [attempt(list(n), list(WORDS)) for n in DECODE_CASES]
    except ValueError as error:
        if "not in list" not in str(error):
            raise
        return (
            "Not every list holds a 2, and `numbers.index(2)` raises an error "
            "then: ask `2 in numbers` first."
        )
    if any(g is None for g in got):
        return "It returned None. Is there a `return`?"
    got = [g if isinstance(g, str) else list(g) for g in got]
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
