"""Answers to lesson 16's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import random

import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cosine_similarity,
    cross_entropy,
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
    truth[:, 0] = 1.0
    return binary_cross_entropy_with_logits(
        scores, truth, reduction="none"
    ).sum(1)


def pair_slip(loss):
    def answer(centre, near, far):
        scores = (centre * near).sum(1), (centre[:, None] * far).sum(2)
        return loss(*scores)

    return answer


def pairs_by_rows(x, window=4):
    centres, nears = [], []
    for row in x.tolist():
        words = [w for w in row if w > 3]
        places = [i for i, w in enumerate(row) if w > 3]
        for a, i in zip(words, places, strict=True):
            for b, j in zip(words, places, strict=True):
                if i != j and abs(i - j) <= window:
                    centres.append(a)
                    nears.append(b)
    return torch.tensor(centres).long(), torch.tensor(nears).long()


def pairs_of(
    wrap=False,
    both=True,
    right_kept=True,
    left_kept=True,
    more=1,
    first=1,
    low=3,
):
    """An answer made of rolls or slices."""

    def answer(x, window=4):
        found = []
        for step in range(first, window + more):
            a = x if wrap else x[:, : x.shape[1] - step]
            b = x.roll(-step, 1) if wrap else x[:, step:]
            keep = torch.ones_like(a, dtype=torch.bool)
            if left_kept:
                keep &= a > low
            if right_kept:
                keep &= b > low
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


def rank_of(score, descending=True, start=1, drop=True):
    def answer(vectors, word, twin):
        order = score(vectors, word).argsort(descending=descending).tolist()
        if drop:
            order.remove(word)
        return order.index(twin) + start

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


def loss_of_pairs(t, s):
    return -logsigmoid(t) - logsigmoid(-s).sum(1)


ANSWERS = {
    "negative_sampling_loss": (
        [pair_by_bmm, pair_by_softplus, pair_by_coins],
        {
            "minus sign": pair_slip(
                lambda t, s: -logsigmoid(t) - logsigmoid(s).sum(1)
            ),
            "wrong way round": pair_slip(lambda t, s: -loss_of_pairs(t, s)),
            "averaged over the strangers": pair_slip(
                lambda t, s: -logsigmoid(t) - logsigmoid(-s).mean(1)
            ),
            "without logsigmoid": pair_slip(lambda t, s: -t + s.sum(1)),
            "logarithm is missing": pair_slip(
                lambda t, s: -t.sigmoid() - (-s).sigmoid().sum(1)
            ),
            "softmax": pair_slip(
                lambda t, s: cross_entropy(
                    torch.cat([t[:, None], s], 1),
                    torch.zeros(len(t), dtype=torch.long),
                    reduction="none",
                )
            ),
            "strangers are missing": pair_slip(lambda t, s: -logsigmoid(t)),
            "one loss for each pair": pair_slip(
                lambda t, s: loss_of_pairs(t, s).mean()
            ),
            "signs of both": pair_slip(
                lambda t, s: -logsigmoid(-t) - logsigmoid(s).sum(1)
            ),
            "has a minus": pair_slip(
                lambda t, s: -logsigmoid(-t) - logsigmoid(-s).sum(1)
            ),
            "added with a plus": pair_slip(
                lambda t, s: -logsigmoid(t) + logsigmoid(-s).sum(1)
            ),
            "belongs inside": pair_slip(
                lambda t, s: -logsigmoid(t) + logsigmoid(s).sum(1)
            ),
            "summed before": pair_slip(
                lambda t, s: -logsigmoid(t) - logsigmoid(-s.sum(1))
            ),
            "1 - logsigmoid": pair_slip(
                lambda t, s: -logsigmoid(t) - (1 - logsigmoid(s)).sum(1)
            ),
            "for each stranger": pair_slip(
                lambda t, s: -logsigmoid(t)[:, None] - logsigmoid(-s)
            ),
            "of all pairs": pair_slip(
                lambda t, s: -logsigmoid(t) - logsigmoid(-s).sum()
            ),
            "That is the cosine": lambda c, n, f: loss_of_pairs(
                cosine_similarity(c, n),
                cosine_similarity(f, c[:, None], dim=2),
            ),
            "right for the first case": pair_slip(  # not with one stranger
                lambda t, s: -logsigmoid(t) - logsigmoid(-s).squeeze().sum(-1)
            ),
            "not a mean": lambda c, n, f: loss_of_pairs(
                (c * n).mean(1), (c[:, None] * f).mean(2)
            ),
            "stable forms": pair_slip(
                lambda t, s: -t.sigmoid().log() - (-s).sigmoid().log().sum(1)
            ),
            "no gradient": pair_slip(
                lambda t, s: loss_of_pairs(t, s).detach()
            ),
            "None": lambda centre, near, far: None,
        },
    ),
    "table_of_pairs": (
        [pairs_by_rows, pairs_of(), pairs_both_rolls],
        {
            "all three faults": pairs_of(
                wrap=True, both=False, right_kept=False
            ),
            "to the right are listed": pairs_of(both=False),
            "neighbour may still be start": pairs_of(right_kept=False),
            "centre may still be start": pairs_of(left_kept=False),
            "carries the end": pairs_of(wrap=True),
            "Roll is still there, and": pairs_of(wrap=True, both=False),
            "Padding is still there, and": pairs_of(
                both=False, right_kept=False
            ),
            "own neighbour": pairs_of(first=0),
            "one too small": pairs_of(more=0),
            "one too large": pairs_of(more=2),
            "The unknown word": pairs_of(low=2),
            "are counted as words": pairs_of(low=-1),
            "two tensors": lambda x, window=4: pairs_of()(x, window)[0],
            "side by side": lambda x, window=4: pairs_of()(x, 1),
            "listed twice; you": lambda x, window=4: torch.stack(
                pairs_of()(x, window)
            ).unique(dim=1),
            "torch.cat": lambda x, window=4: ([x[0], x[1]], [x[1], x[0]]),
            "end to end": lambda x, window=4: pairs_of()(
                x[x > 3][None], window
            ),
            "one shape": lambda x, window=4: (
                pairs_of()(x, window)[0],
                pairs_of()(x, window)[1][1:],
            ),
            "None": lambda x, window=4: None,
        },
    ),
    "twin_rank": (
        [rank_by_sorting, rank_by_counting, rank_by_loop],
        {
            "dot product": rank_of(lambda v, i: v @ v[i]),
            "distance": rank_of(
                lambda v, i: (v - v[i]).norm(dim=1), descending=False
            ),
            "least similar": rank_of(cosine, descending=False),
            "One too many": rank_of(cosine, drop=False),
            "sign was dropped": rank_of(lambda v, i: cosine(v, i).abs()),
            "taken away first": rank_of(lambda v, i: cosine(v - v.mean(0), i)),
            "a similarity": lambda v, i, j: cosine(v, i)[j].item(),
            "which word is at a place": lambda v, i, j: (
                cosine(v, i).argsort(descending=True)[j].item()
            ),
            "One too few": rank_of(cosine, start=0),
            "None": lambda vectors, word, twin: None,
        },
    ),
    "own_twins": (
        [
            planted("woman", "dame"),
            every_second("horse", "steed"),
            planted("blue", "azure", 0.45),
        ],
        {
            "Nothing has changed": ("woman", "dame", GIVEN),
            "only renames it": planted("woman", "dame", 1.0),
            "with a fair coin": planted("woman", "dame", 0.1),
            "has a twin already": planted("man", "chap"),
            "is a word already": planted("woman", "girl"),
            "too few for two": planted("tie", "cravat"),
            "in no sentence": ("wolf", "dog", GIVEN),
            "may change": (
                "woman",
                "dame",
                [
                    ["dame" if w in ("woman", "horse") else w for w in s]
                    for s in GIVEN
                ],
            ),
            "All 5,700 sentences": (*planted("woman", "dame")[:2], GIVEN[1:]),
            "another length": ("woman", "dame", [s + ["x"] for s in GIVEN]),
            "three things": planted("woman", "dame")[2],
            "First the word": planted("woman", "dame")[::-1],
            "each of them a list": ("woman", "dame", [5, 6]),
            "them a list of words": ("woman", "dame", map(list, GIVEN)),
            "another order": ("woman", "dame", GIVEN[::-1]),
            "one part": (
                "woman",
                "dame",
                [
                    ["dame" if w == "woman" and i < 2850 else w for w in s]
                    for i, s in enumerate(GIVEN)
                ],
            ),
        },
    ),
}
