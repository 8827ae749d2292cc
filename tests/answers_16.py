"""Answers to lesson 16's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import random

import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cosine_similarity,
    logsigmoid,
    softplus,
)

from course_utils.checks.lesson_16 import GRAMMAR, _given


def pair_by_bmm(centre, near, far):
    true = torch.einsum("bd,bd->b", centre, near)
    strange = torch.bmm(far, centre.unsqueeze(2)).squeeze(2)
    return -(logsigmoid(true) + logsigmoid(-strange).sum(dim=1))


def pair_by_softplus(centre, near, far):
    true = (centre * near).sum(1)
    strange = (far @ centre[:, :, None])[:, :, 0]
    return softplus(-true) + softplus(strange).sum(1)


def pair_by_coins(centre, near, far):
    words = torch.cat([near[:, None], far], dim=1)
    scores = (words * centre[:, None]).sum(2)
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1
    loss = binary_cross_entropy_with_logits
    return loss(scores, truth, reduction="none").sum(1)


def pair_slip(loss):
    return lambda centre, near, far: loss(
        (centre * near).sum(1), (centre[:, None] * far).sum(2)
    )


def pairs_by_rows(x, window=4):
    found = [
        (row[i], row[j])
        for row in x.tolist()
        for i in range(len(row))
        for j in range(len(row))
        if 0 < abs(i - j) <= window and min(row[i], row[j]) > 3
    ]
    return tuple(torch.tensor(found).long().T)


def pairs_of(wrap=False, both=True, near_too=True, more=1, first=1, low=3):
    """An answer made of rolls or slices."""

    def answer(x, window=4):
        found = []
        for step in range(first, window + more):
            a = x if wrap else x[:, : x.shape[1] - step]
            b = x.roll(-step, 1) if wrap else x[:, step:]
            keep = (a > low) & (b > low) if near_too else a > low
            found.append(torch.stack([a[keep], b[keep]]))
            if both:
                found.append(torch.stack([b[keep], a[keep]]))
        centre, near = torch.cat(found, dim=1)
        return centre, near

    return answer


def pairs_both_rolls(x, window=4):
    """Padding between the sentences makes rolling harmless."""
    x = torch.nn.functional.pad(x, (0, window))
    centre, near = [], []
    for step in [*range(-window, 0), *range(1, window + 1)]:
        other = x.roll(step, dims=1)
        keep = (x > 3) & (other > 3)
        centre.append(x[keep])
        near.append(other[keep])
    return torch.cat(centre), torch.cat(near)


def rank_by_sorting(vectors, word, twin):
    like = cosine_similarity(vectors, vectors[word][None], dim=1)
    order = [i for i in like.argsort(descending=True).tolist() if i != word]
    return order.index(twin) + 1


def rank_by_counting(vectors, word, twin):
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    like = unit @ unit[word]
    return (like > like[twin]).sum().item()  # itself counts for the 1


def rank_by_loop(vectors, word, twin):
    def like(i):
        return torch.dot(vectors[word], vectors[i]) / vectors[i].norm()

    rank = 1
    for i in range(len(vectors)):
        rank += i != word and bool(like(i) > like(twin))
    return rank


def rank_of(score, descending=True, drop=True):
    def answer(vectors, word, twin):
        order = score(vectors, word).argsort(descending=descending).tolist()
        if drop:
            order.remove(word)
        return order.index(twin) + 1

    return answer


def cosine(vectors, word):
    return cosine_similarity(vectors, vectors[word][None], dim=1)


GIVEN = _given(GRAMMAR)


def planted(word, twin, share=0.5):
    coins = random.Random(1)
    new = [
        [twin if w == word and coins.random() < share else w for w in words]
        for words in GIVEN
    ]
    return word, twin, new


def every_second(word, twin):
    seen, mine = 0, []
    for words in GIVEN:
        words = list(words)
        for i, w in enumerate(words):
            if w == word:
                seen += 1
                words[i] = twin if seen % 2 else w
        mine.append(tuple(words))
    return word, twin, mine


ANSWERS = {
    "negative_sampling_loss": (
        [pair_by_bmm, pair_by_softplus, pair_by_coins],
        {
            "minus sign": pair_slip(
                lambda t, s: -logsigmoid(t) - logsigmoid(s).sum(1)
            ),
            "The sign is wrong": lambda *case: -pair_by_bmm(*case),
            "One number came back": lambda *case: pair_by_bmm(*case).mean(),
            "right for the first case": pair_slip(  # not with one stranger
                lambda t, s: -logsigmoid(t) - logsigmoid(-s).squeeze().sum(-1)
            ),
            "stable forms": pair_slip(
                lambda t, s: -t.sigmoid().log() - (-s).sigmoid().log().sum(1)
            ),
            "no gradient": lambda *case: pair_by_bmm(*case).detach(),
        },
    ),
    "table_of_pairs": (
        [pairs_by_rows, pairs_of(), pairs_both_rolls],
        {
            "slices.": pairs_of(wrap=True),
            "to the right are listed": pairs_of(both=False),
            "neighbour may still be start": pairs_of(near_too=False),
            "round. A neighbour": pairs_of(both=False, near_too=False),
            "round. `roll`": pairs_of(wrap=True, both=False),
            "UNKNOWN. `roll`": pairs_of(wrap=True, near_too=False),
            "own neighbour": pairs_of(first=0),
            "one too small": pairs_of(more=0),
            "two tensors": lambda x, window=4: pairs_of()(x, window)[0],
            "torch.cat": lambda x, window=4: ([x[0], x[1]], [x[1], x[0]]),
        },
    ),
    "twin_rank": (
        [rank_by_sorting, rank_by_counting, rank_by_loop],
        {
            "dot product": rank_of(lambda v, i: v @ v[i]),
            "least similar": rank_of(cosine, descending=False),
            "One too many": rank_of(cosine, drop=False),
            "off by the same -1": lambda *case: rank_by_loop(*case) - 1,
            "which word is at a place": lambda v, i, j: (
                cosine(v, i).argsort(descending=True)[j].item()
            ),
        },
    ),
    "own_twins": (
        [
            planted("woman", "dame"),
            every_second("horse", "steed"),
            planted("blue", "azure", 0.45),
        ],
        {
            "0% of the places": ("woman", "dame", GIVEN),
            "100% of the places": planted("woman", "dame", 1.0),
            "has a twin already": planted("man", "chap"),
            "is a word already": planted("woman", "girl"),
            "too few for two": planted("tie", "cravat"),
            "may change": (
                "woman",
                "dame",
                [["dame" if w == "horse" else w for w in s] for s in GIVEN],
            ),
            "another length": ("woman", "dame", [s + ["x"] for s in GIVEN]),
            "three things": planted("woman", "dame")[2],
            "as text": planted("woman", "dame")[::-1],
            "one part": (
                "woman",
                "dame",
                planted("woman", "dame", 1.0)[2][:2850] + GIVEN[2850:],
            ),
        },
    ),
}
