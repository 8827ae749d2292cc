"""Answers to lesson 14's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence

from course_utils.datasets import captions as sentences


def loss_ignore(scores, x):
    nats = cross_entropy(
        scores.transpose(1, 2), x[:, 1:], ignore_index=0, reduction="none"
    )
    return nats.sum(1)


def loss_gather(scores, x):
    y = x[:, 1:]
    chosen = scores.log_softmax(-1).gather(2, y[..., None]).squeeze(2)
    return -(chosen * (y != 0)).sum(dim=1)


def loss_module(scores, x):
    loss = nn.CrossEntropyLoss(ignore_index=0, reduction="sum")
    rows = zip(scores, x[:, 1:], strict=True)
    return torch.stack([loss(s, y) for s, y in rows])


def nats(scores, y):
    return cross_entropy(scores.transpose(1, 2), y, reduction="none")


def loss_colleague(scores, x):
    y = x[:, 1:]
    each = cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="none")
    return each.view(y.shape).sum(dim=1)


def mean_weights(h, x):
    share = (x != 0).float()
    share = share / share.sum(dim=1, keepdim=True)
    return torch.einsum("bt,btd->bd", share, h)


def mean_fill(h, x):
    gone = (x == 0).unsqueeze(-1)
    return h.masked_fill(gone, 0).sum(1) / (x != 0).sum(1, keepdim=True)


def mean_loop(h, x):
    return torch.stack([h[i][x[i] > 0].mean(0) for i in range(len(x))])


def code_gather(lstm, to_code, h, x):
    states = lstm(h)[0]
    last = (x == 2).int().argmax(dim=1)
    where = last[:, None, None].expand(-1, 1, states.shape[2])
    end = states.gather(1, where)[:, 0]
    return to_code(torch.cat((end, mean_fill(states, x)), dim=-1))


def code_packed(lstm, to_code, h, x):
    packed = pack_padded_sequence(h, (x != 0).sum(1), True, False)
    end = lstm(packed)[1][0][-1]
    return to_code(torch.hstack([end, mean_weights(lstm(h)[0], x)]))


def code_loop(lstm, to_code, h, x):
    states, _ = lstm(h)
    real = [s[row > 0] for s, row in zip(states, x, strict=True)]
    ends, means = [s[-1] for s in real], [s.mean(dim=0) for s in real]
    return to_code(torch.cat([torch.stack(ends), torch.stack(means)], dim=1))


def code_of(end, mean=mean_fill):
    """Make an answer of two ways to sum up the states."""

    def code(lstm, to_code, h, x):
        states, _ = lstm(h)
        return to_code(torch.cat([end(states, x), mean(states, x)], dim=1))

    return code


def at_end(states, x):
    return states[x == 2]


GIVEN = sentences.captions(real=False, quiet=True)
X = sentences.Vocabulary(GIVEN.train, min_count=3).encode(GIVEN.test, 12)


def turn(x):
    turned = x.clone()
    for row in turned:
        n = (row > 2).sum()
        row[1 : n + 1] = row[1 : n + 1].flip(0)
    return turned


def mistaken(tenths):
    written = turn(X)
    written[: tenths * len(X) // 10, 1] = 3
    return written


def captions(tenths):
    """Write captions, of ids up to 2,000, with some mistakes."""
    x = torch.where(X > 2, X + 1990, X)
    return x, torch.where(X > 2, mistaken(tenths) + 1990, turn(X))


ANSWERS = {
    "sentence_loss": (
        [loss_ignore, loss_gather, loss_module],
        {
            "Padding is still counted": loss_colleague,
            "Averaged, not summed": lambda s, x: (
                nats(s, x[:, 1:]) * (x[:, 1:] != 0)
            ).mean(dim=1),
            "One number came back": lambda s, x: loss_ignore(s, x).sum(),
            "one mean over all words": lambda s, x: cross_entropy(
                s.transpose(1, 2), x[:, 1:], ignore_index=0
            ),
            "never learns to stop": lambda s, x: (
                nats(s, x[:, 1:]) * (x[:, 1:] > 2)
            ).sum(dim=1),
            "The sign is wrong": lambda s, x: -loss_ignore(s, x),
            "no gradient": lambda s, x: loss_ignore(s, x).detach(),
        },
    ),
    "masked_mean": (
        [mean_weights, mean_fill, mean_loop],
        {
            "padding is counted": lambda h, x: h.mean(1),
            "but still counted": lambda h, x: (
                h * (x != 0).unsqueeze(-1)
            ).mean(dim=1),
            "divide it by the number": lambda h, x: (
                h * (x != 0).unsqueeze(-1)
            ).sum(dim=1),
            "only the division": lambda h, x: (
                h.sum(1) / (x != 0).sum(1, keepdim=True)
            ),
            "no gradient": lambda h, x: mean_fill(h, x).detach(),
        },
    ),
    "lstm_code": (
        [code_gather, code_packed, code_loop],
        {
            "it has read padding": code_of(lambda s, x: s[:, -1]),
            "counts padding;": code_of(at_end, lambda s, x: s.mean(1)),
            "and the mean": code_of(
                lambda s, x: s[:, -1], lambda s, x: s.mean(1)
            ),
            "comes second": code_of(mean_fill, at_end),
            "not the code": lambda lstm, to_code, h, x: code_loop(
                lstm, nn.Identity(), h, x
            ),
            "of the vectors h": lambda lstm, to_code, h, x: to_code(
                torch.cat([lstm(h)[0][x == 2], mean_fill(h, x)], dim=1)
            ),
            "no gradient": lambda lstm, to_code, h, x: code_loop(
                lstm, to_code, h, x
            ).detach(),
        },
    ),
    "backwards": (
        [[X, turn(X)], (X, mistaken(2)), captions(6)]
        + [(X.numpy(), turn(X).float())],
        {
            "plain copies": (X, X),
            "More than the words": (X, X.flip(1)),
            "70% of the sentences": (X, mistaken(3)),
            "30% are wanted": captions(8),
            "A pair is wanted": turn(X),
            "Both must be tables": (X, turn(X)[:, 1:]),
            "all held-out sentences": (turn(X), X),
        },
    ),
}
