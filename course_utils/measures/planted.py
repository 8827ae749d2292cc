"""Four questions about planted sentences, asked of any vector of a sentence.

The answers are known, since the words were planted (datasets.planted): whom
a sentence is about when all beings are blanked out, what "bank" and what
"orange" means in it, and whether two neighbouring words were exchanged.
"""

from typing import NamedTuple

import torch

from course_utils.datasets.planted import half_swapped, hide_who
from course_utils.measures.codes import ridge_accuracy
from course_utils.training import predict


class Question(NamedTuple):
    """Sentences x (N, T) with classes y (N,), and new ones to be asked."""

    x: torch.Tensor
    y: torch.Tensor
    x_new: torch.Tensor
    y_new: torch.Tensor


def planted_questions(train, held, vocabulary, length=12, seed=0):
    """Return {"who", "bank", "orange", "order": a Question}.

    train, held: from `plant`. "who" and "order" are asked about held-out
    sentences: 300 and 1,000 have labels, or half of them where there are
    fewer. The meanings are asked about all sentences that have the word,
    half of them with labels. length: T. seed: of the exchanged words.
    """
    about = [s for s in held if s.who]
    asked = {
        "who": ([hide_who(s.words) for s in about], [s.who for s in about])
    }
    for word in "bank", "orange":
        known = [s for s in [*train, *held] if word in s.meanings]
        asked[word] = (
            [s.words for s in known],
            [s.meanings[word] for s in known],
        )
    asked["order"] = half_swapped([s.words for s in held], seed)
    most = {"who": 300, "order": 1000}
    return {
        name: _split(vocabulary.encode(words, length), labels, most.get(name))
        for name, (words, labels) in asked.items()
    }


def answer_questions(encode, questions):
    """Share of new sentences that a linear read-out answers: {name: share}.

    encode: sentences (B, T) -> vectors (B, D); it is called by `predict`.
    The read-out is ridge regression, its strength chosen by
    cross-validation. The share is the mean over the classes, so that guessing
    gives 1 / classes.
    """
    shares, strengths = {}, (1, 10, 100, 1e3, 1e4)
    for name, asked in questions.items():
        z, z_new = (
            predict(encode, x).double().numpy() for x in (asked.x, asked.x_new)
        )
        if z.ndim != 2:
            raise ValueError(
                f"encode must return vectors (B, D); got {tuple(z.shape)}"
            )
        y, y_new = asked.y.numpy(), asked.y_new.numpy()
        shares[name] = ridge_accuracy(z, y, z_new, y_new, strengths)
    return shares


def _split(x, labels, most):
    """Split into those with labels, at most half, and those asked about."""
    count = min(most or len(labels), len(labels) // 2)
    if not 1 < len(set(labels[:count])):
        raise ValueError(
            f"{len(labels)} sentences are too few for a question: there must "
            "be two different answers to learn from"
        )
    classes = sorted(set(labels))
    y = torch.tensor([classes.index(label) for label in labels])
    return Question(x[:count], y[:count], x[count:], y[count:])
