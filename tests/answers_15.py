"""Answers to lesson 15's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import numpy as np
import pandas
import torch
from torch.nn.functional import cosine_similarity, normalize


def by_normalize(z, library, k=1):
    return (normalize(z) @ normalize(library).T).topk(k).indices


def by_loop(z, library, k=1):
    rows = []
    for code in z:
        similar = cosine_similarity(code[None], library)
        rows.append(similar.topk(k).indices)
    return torch.stack(rows)


def by_distance(z, library, k=1):
    apart = torch.cdist(normalize(z), normalize(library))
    return apart.topk(k, largest=False).indices


def by_sorting(z, library, k=1):
    similar = np.asarray(normalize(z) @ normalize(library).T)
    return np.argsort(-similar, axis=1)[:, :k].copy()


def by_categorical(scores):
    return torch.distributions.Categorical(logits=scores).sample()


def by_gumbel(scores):
    noise = -torch.empty_like(scores).exponential_().log()
    return (scores + noise).argmax(dim=1)


def by_exp(scores):
    p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    return torch.multinomial(p, 1)[:, 0]


def one_random_number(scores):
    sums = scores.softmax(dim=1).cumsum(dim=1)
    return (sums < torch.rand(1, device=scores.device)).sum(dim=1)


def by_cumsum(scores):
    sums = scores.softmax(dim=1).cumsum(dim=1)
    u = torch.rand(len(scores), 1, device=scores.device)
    return (sums < u).sum(dim=1).clamp(max=scores.shape[1] - 1)


BEFORE = [f"a {who} in red {does}" for who in ("man", "boy", "girl", "woman")
          for does in ("runs", "waits", "sings")]  # fmt: skip
BLUE = [text.replace("red", "blue") for text in BEFORE]


def edit(after, before=BEFORE):
    return {"before": before, "after": after}


ANSWERS = {
    "nearest": (
        [by_normalize, by_loop, by_distance, by_sorting],
        {
            "long codes win": lambda z, a, k=1: (z @ a.T).topk(k).indices,
            "not the largest cosine": lambda z, a, k=1: (
                torch.cdist(z, a).topk(k, largest=False).indices
            ),
            "least similar": lambda z, a, k=1: cosine_similarity(
                z[:, None], a[None], dim=2
            ).argsort(dim=1)[:, :k],
            "`.indices`": lambda z, a, k=1: (
                (normalize(z) @ normalize(a).T).topk(k).values
            ),
            "have changed places": lambda z, a, k=1: by_normalize(a, z, k),
        },
    ),
    "choose": (
        [by_categorical, by_gumbel, by_cumsum],
        {
            "still the likeliest": lambda s: s.argmax(dim=1),
            "exp overflows": by_exp,
            "each row draws its own": one_random_number,
            "`squeeze` drop it": lambda s: torch.multinomial(
                s.softmax(1), 1
            ).squeeze(),
            "take its [:, 0]": lambda s: torch.multinomial(s.softmax(1), 1),
            "sigmoids": lambda s: torch.multinomial(s.sigmoid(), 1)[:, 0],
        },
    ),
    "recoloured": (
        [
            edit(BLUE),
            edit([*BEFORE[:2], *BLUE[2:]]),
            edit(
                [*BLUE, "a man in a blue coat runs"],
                [*BEFORE, "a man in a red coat runs"],
            ),
            pandas.DataFrame(edit(BLUE)),
        ],
        {
            "Most sentences are unchanged": edit([*BEFORE[:9], *BLUE[9:]]),
            "other words changed": edit(
                [t.replace("a ", "the ") for t in BLUE]
            ),
            "the same position": edit([*BEFORE[:4], *BLUE[4:]]),
            "All sentences of `red`": edit(BLUE[:5], BEFORE[:5]),
            "It must be a dictionary": BLUE,
        },
    ),
}
