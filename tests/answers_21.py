"""Answers to lesson 21's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import functools

import torch
from later import Later
from torch import nn
from torch.nn import functional as F

from course_utils.datasets.captions import Vocabulary, captions
from course_utils.datasets.grammar import PLURAL
from course_utils.models.attention import BlankFiller


def code_by_mask(h, encoder, bias, k):
    a = F.linear(h - bias, encoder).relu()
    edge = a.topk(k, dim=1).values[:, -1:]
    return a * (a >= edge)


def code_by_loop(h, encoder, bias, k):
    rows = []
    for state in h:
        a = encoder @ (state - bias)
        kept = torch.zeros_like(a)
        for place in a.argsort(descending=True)[:k]:
            kept[place] = a[place].clamp(min=0)
        rows.append(kept)
    return torch.stack(rows)


class CodeModule(nn.Module):
    """The code as a module."""

    def forward(self, h, encoder, bias, k):
        a = torch.relu((h - bias) @ encoder.mT)
        values, places = a.topk(k, dim=-1)
        return torch.zeros_like(a).scatter(-1, places, values)


def code_without(h, encoder, bias, k):
    return code_by_mask(h, encoder, 0 * bias, k)


def all_positive(h, encoder, bias, k):
    return torch.relu((h - bias) @ encoder.T)


def code_of_columns(h, encoder, bias, k):
    a = torch.relu((h - bias) @ encoder.T)
    return a * (a >= a.topk(k, dim=0).values[-1:])


def code_signed(h, encoder, bias, k):
    a = (h - bias) @ encoder.T
    return a * (a >= a.topk(k, dim=1).values[:, -1:])


def code_untransposed(h, encoder, bias, k):
    return code_by_mask(h, encoder.T, bias, k)


def dead_by_loop(codes):
    return [i for i in range(codes.shape[1]) if not codes[:, i].any()]


def dead_by_where(codes):
    return torch.where(codes.amax(dim=0) == 0)[0]


def dead_by_sets(codes):
    fired = set(codes.nonzero()[:, 1].tolist())
    return set(range(codes.shape[1])) - fired


def dead_by_numpy(codes):
    import numpy as np

    return np.flatnonzero(codes.numpy().max(axis=0) == 0)


def f1_by_loop(fires, fact):
    scores = []
    for column in fires.T:
        both = (column & fact).sum().item()
        scores.append(2 * both / max(int(column.sum() + fact.sum()), 1))
    return torch.tensor(scores)


def f1_by_parts(fires, fact):
    both = (fires & fact[:, None]).sum(dim=0).double()
    precision = both / (fires.sum(dim=0) + 1e-9)
    recall = both / (fact.sum() + 1e-9)
    return 2 * precision * recall / (precision + recall + 1e-9)


def f1_by_nan(fires, fact):
    both = (fires * fact.unsqueeze(1)).sum(0)
    precision, recall = both / fires.sum(0), both / fact.sum()
    f1 = 2 * precision * recall / (precision + recall)
    return f1.nan_to_num()


def f1_by_sklearn(fires, fact):
    from sklearn.metrics import f1_score

    found = [f1_score(fact, c, zero_division=0) for c in fires.numpy().T]
    return torch.tensor(found)


def f1_bare(fires, fact):
    both = (fires & fact[:, None]).sum(dim=0)
    precision, recall = both / fires.sum(dim=0), both / fact.sum()
    return 2 * precision * recall / (precision + recall)


def share_of(fires, fact, whole):
    return (fires & fact[:, None]).sum(dim=0) / whole.clamp(min=1)


def random_by_ratio(direction):
    other = torch.randn_like(direction)
    return other * (direction.norm() / other.norm())


def random_at_right_angle(direction):
    unit = direction / direction.norm()
    other = torch.randn_like(unit)
    other = other - (other @ unit) * unit
    return other / other.norm() * direction.norm()


def random_by_numpy(direction):
    import numpy as np

    other = np.random.randn(len(direction))
    length = np.linalg.norm(direction.numpy()) / np.linalg.norm(other)
    return torch.from_numpy(other * length)


def random_rotation(direction):
    size = len(direction)
    return torch.linalg.qr(torch.randn(size, size)).Q @ direction


def random_seeded(direction):
    torch.manual_seed(0)
    return random_by_ratio(direction)


@functools.cache
def neighbours():
    """Return the lesson's vocabulary; how often each word stood in a place."""
    train = captions(real=False, quiet=True).train
    vocabulary = Vocabulary(train, min_count=2)
    counts = {}
    for row in vocabulary.encode(train, 12).tolist():
        row = [0, *row]
        for t, word in enumerate(row[2:-1], start=2):
            for key in (row[t - 2], row[t - 1], row[t + 1]), row[t - 1]:
                found = counts.setdefault(key, torch.zeros(len(vocabulary)))
                found[word] += 1
    return vocabulary, counts


def push(share, spoilt=0.0, end=torch.log):
    """Return a filler that counts neighbours, pushed towards plurals.

    share: how much of each being's probability goes to its plural; spoilt:
    how much of all goes to the word "a".
    """
    vocabulary, counts = neighbours()
    one = [vocabulary.index[word] for word in PLURAL]
    many = [vocabulary.index[word] for word in PLURAL.values()]

    def plural(x):
        p = torch.full((*x.shape, len(vocabulary)), 1e-6)
        for n, t in (x == 3).nonzero().tolist():
            far, left, _, right = [0, 0, *x[n].tolist()][t : t + 4]
            p[n, t] += counts.get((far, left, right), counts[left])
        p = p / p.sum(dim=2, keepdim=True)
        p[..., many] += share * p[..., one]
        p[..., one] *= 1 - share
        p = (1 - spoilt) * p
        p[..., vocabulary.index["a"]] += spoilt
        return end(p)

    return plural


class Pushed(nn.Module):
    """A filler whose states are pushed; what it says is counted."""

    def __init__(self):
        super().__init__()
        self.plural, self.filler = push(0.9), filler()

    def forward(self, x):
        h = self.filler.states(x, 1)
        self.filler.finish(h + 1, x, 1)
        return self.plural(x).double()


def row_by_row():
    """Return the same, a sentence at a time."""
    pushed = Pushed()
    return lambda x: torch.cat([pushed(row[None]) for row in x])


@functools.cache
def filler():
    """Return a blank filler that has learnt nothing."""
    return BlankFiller(len(neighbours()[0]), 12, width=8, heads=2)


def passed_on(change=lambda h: h, first=1, then=1, end=lambda scores: scores):
    """Return a filler with its states changed somewhere."""

    def plural(x):
        net = filler()
        return end(net.finish(change(net.states(x, first)), x, then))

    return plural


def other_words():
    vocabulary = neighbours()[0]

    def plural(x):
        x[x == vocabulary.index["a"]] = vocabulary.index["two"]
        return filler()(x)

    return plural


ANSWERS = {
    "sparse_code": (
        [
            code_by_mask,
            code_by_loop,
            CodeModule(),
        ],
        {
            "bias is not used": code_without,
            "All latents above 0": all_positive,
            "over the states": code_of_columns,
            "ReLU is missing": code_signed,
            "must be transposed": code_untransposed,
        },
    ),
    "dead_latents": (
        [
            dead_by_loop,
            dead_by_where,
            dead_by_sets,
            dead_by_numpy,
        ],
        {
            "colleague did": lambda codes: (
                (codes[:20] == 0).all(dim=0).nonzero().flatten()
            ),
            "but it fires (1": lambda codes: (
                ((codes > 0).float().mean(dim=0) < 0.1).nonzero().flatten()
            ),
            "for some state": lambda codes: (
                (codes == 0).any(dim=0).nonzero().flatten()
            ),
            "one tensor for each axis": lambda codes: torch.where(
                codes.sum(0) == 0
            ),
            "True or False": lambda codes: codes.sum(dim=0) == 0,
            "nothing fires": lambda codes: [
                i for i, row in enumerate(codes) if not row.any()
            ],
        },
    ),
    "name_scores": (
        [f1_by_loop, f1_by_parts, f1_by_nan, f1_by_sklearn],
        {
            "precision": lambda fires, fact: share_of(
                fires, fact, fires.sum(dim=0)
            ),
            "recall: of the sentences": lambda fires, fact: share_of(
                fires, fact, fact.sum()
            ),
            "accuracy": lambda fires, fact: (
                (fires == fact.unsqueeze(1)).double().mean(0)
            ),
            "NaN": f1_bare,
            "The factor 2 is": lambda fires, fact: (
                (fires & fact[:, None]).sum(dim=0)
                / (fires.sum(dim=0) + fact.sum())
            ),
            "for each sentence": lambda fires, fact: (
                2
                * (fires & fact[:, None]).sum(dim=1)
                / (fires.sum(dim=1) + fact.sum())
            ),
        },
    ),
    "random_like": (
        [
            random_by_ratio,
            random_at_right_angle,
            random_by_numpy,
            random_rotation,
        ],
        {
            "colleague's": torch.randn_like,
            "was not brought to length 1": lambda d: (
                torch.randn_like(d) * d.norm()
            ),
            "`rand` is never below 0": lambda d: (
                F.normalize(torch.rand_like(d), dim=0) * d.norm()
            ),
            "on average only": lambda d: (
                torch.randn_like(d) * d.norm() / len(d) ** 0.5
            ),
            "Two calls give the same": random_seeded,
        },
    ),
    "plural": (
        [
            Later(push, 0.3),
            Later(push, 0.6, end=lambda p: p.log() + 3),
            Later(Pushed),
            Later(row_by_row),
        ],
        {
            "The way is right": Later(push, 0.1),
            "A random push": Later(push, 0.03),
            "not pushed between the two": Later(
                passed_on, lambda h: h + 4, 2, 2
            ),
            "other words": Later(other_words),
            "push less": Later(push, 0.9, spoilt=0.7),
            "a better direction": Later(push, 0.1, spoilt=0.9),
            "before softmax": Later(push, 0.5, end=lambda p: p),
            "Hand in the function": torch.zeros(64),
            "NaN": Later(push, 0.5, end=lambda p: p * torch.nan),
        },
    ),
}
