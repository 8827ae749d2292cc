"""Sentences: real captions or ones that we write, and their vocabulary.

The captions are those of Multi30k in English (Elliott, Frank, Sima'an and
Specia, 2016). Without them `course_utils.datasets.grammar` writes its own.
"""

import gzip
import re
from collections import Counter
from typing import NamedTuple

import torch

from course_utils.datasets.download import DataError, find_or_download, reason
from course_utils.datasets.grammar import FACTS, RULES, write

ADDRESS = (
    "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
)
# Of the content, not of the gzip wrapper.
CAPTION_FILES = {
    "train": (
        "sha256:"
        "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6"
    ),
    "val": (
        "sha256:"
        "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227"
    ),
    "test_2016_flickr": (
        "sha256:"
        "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182"
    ),
}
PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")


class Sentences(NamedTuple):
    """Sentences as lists of words, in two parts, with facts about each.

    train_facts, test_facts: one dict a sentence with the keys who, what,
    where, colour and number ("" where the sentence does not say). real:
    True for captions by people, False for sentences from the grammar.
    """

    train: list[list[str]]
    test: list[list[str]]
    train_facts: list[dict[str, str]]
    test_facts: list[dict[str, str]]
    real: bool


def captions(max_words=10, real=None, quiet=False) -> Sentences:
    """Return captions of 1 to `max_words` words, the grammar's if need be.

    real: False for the grammar's in any case. None and True look in
    `multi30k/` in the data folder, then download there; if neither works
    the reason is printed and the grammar writes the sentences. Held-out
    captions are those of the files val and test_2016_flickr; none of them
    is among the training captions.
    """
    if max_words < 1:
        raise ValueError(f"max_words must be at least 1; got {max_words}")
    lines = None if real is False else _read_captions()
    if lines is None:
        sentences = _from_grammar(max_words)
        where = "written by the course's grammar"
    else:
        sentences = _from_lines(lines, max_words)
        where = "Multi30k, real captions"
    if not quiet:
        print(
            f"Sentences: {len(sentences.train):,} training and "
            f"{len(sentences.test):,} held-out, at most {max_words} words "
            f"({where})"
        )
    return sentences


def tokenize(text) -> list[str]:
    """Split a text into lower-case words; punctuation is dropped."""
    return re.findall(r"[a-z0-9]+(?:[-'][a-z0-9]+)*", text.lower())


class Vocabulary:
    """Words and their numbers; 0 to 3 are padding, start, end, unknown.

    min_count: rarer words of `sentences` become unknown. Frequent words
    come first.
    """

    def __init__(self, sentences, min_count=2):
        counts = Counter(word for words in sentences for word in words)
        kept = [w for w, count in counts.items() if count >= min_count]
        self.words = [*SPECIAL, *sorted(kept, key=lambda w: (-counts[w], w))]
        self.index = {word: i for i, word in enumerate(self.words)}

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return self.index.get(word, UNKNOWN) > UNKNOWN

    def encode(self, sentences, length=None) -> torch.Tensor:
        """Lists of words -> numbers (N, T): start, words, end, padding.

        length: T, by default the longest sentence plus two. Raises
        ValueError if a sentence does not fit.
        """
        longest = max((len(words) for words in sentences), default=0) + 2
        length = length or longest
        if longest > length:
            raise ValueError(
                f"a sentence of {longest - 2} words does not fit into "
                f"{length} places: start and end take two"
            )
        ids = torch.full((len(sentences), length), PAD)
        for row, words in zip(ids, sentences, strict=True):
            numbers = [self.index.get(word, UNKNOWN) for word in words]
            row[: len(words) + 2] = torch.tensor([START, *numbers, END])
        return ids

    def decode(self, ids) -> list[list[str]]:
        """Numbers (N, T) -> lists of words, up to each row's first end."""
        rows = torch.as_tensor(ids).tolist()
        ends = [row.index(END) if END in row else len(row) for row in rows]
        return [
            [self.words[i] for i in row[:end] if i not in (PAD, START)]
            for row, end in zip(rows, ends, strict=True)
        ]


def facts(words) -> dict[str, str]:
    """Read who, what, where, colour and number off a caption, by rules."""
    found = {key: "" for key in FACTS}
    for key, table in RULES.items():
        said = (table[word] for word in words if word in table)
        found[key] = next(said, "")
    return found


def _from_grammar(max_words):
    written = write(max_words=max_words)
    cut = len(written) // 10
    (test, test_facts), (train, train_facts) = (
        map(list, zip(*part, strict=True))
        for part in (written[:cut], written[cut:])
    )
    return Sentences(train, test, train_facts, test_facts, real=False)


def _from_lines(lines, max_words):
    parts = [list(map(tokenize, part)) for part in lines]
    train, *held_out = (
        [words for words in part if 0 < len(words) <= max_words]
        for part in parts
    )
    seen = {tuple(words) for words in train}
    test = [w for part in held_out for w in part if tuple(w) not in seen]
    return Sentences(
        train, test, list(map(facts, train)), list(map(facts, test)), real=True
    )


def _read_captions():
    """Return the files' lines, or None with the reason printed."""
    try:
        return [_read(name) for name in CAPTION_FILES]
    except (OSError, DataError) as error:
        print(f"No real captions: {reason(error)}. The grammar steps in.")
        return None


def _read(name):
    file = f"{name}.en.gz"
    digest, urls = CAPTION_FILES[name], [ADDRESS + file]
    path = find_or_download(f"multi30k/{file}", digest, urls)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return lines.read().splitlines()
