"""Checks of lesson 14: the loss, the mean, the path between codes."""

import torch
from torch.nn.functional import cross_entropy

from course_utils.checks.legacy import judge, learnable, named
from course_utils.models.sentences import masked_mean as _masked_mean
from course_utils.models.sentences import sentence_loss as _sentence_loss

PAD, START, END = range(3)


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
    "The mask is the wrong way round: only padding is counted.": (
        lambda s, x: (_nats(s, x[:, 1:]) * (x[:, 1:] == PAD)).sum(dim=1)
    ),
    "The mask is off by one: it must belong to the target x[:, 1:] as well.": (
        lambda s, x: (_nats(s, x[:, 1:]) * (x[:, :-1] != PAD)).sum(dim=1)
    ),
    "The sign is the wrong way round: a loss is -log, so it is positive.": (
        lambda s, x: -_slow_loss(s, x)
    ),
    "Unknown words (3) and the end (2) count too; only padding does not.": (
        lambda s, x: (_nats(s, x[:, 1:]) * (x[:, 1:] > 3)).sum(dim=1)
    ),
    "`cross_entropy` takes the softmax itself: give it the scores.": (
        lambda s, x: _slow_loss(s.softmax(dim=2), x)
    ),
    "The scores of padding were set to zero; that still costs log V. Mask "
    "the nats instead.": lambda s, x: (
        _nats(s * _kept(x)[:, :, None], x[:, 1:]).sum(dim=1)
    ),
    "The sum runs over the sentences; sum over places (dim=1).": (
        lambda s, x: (_nats(s, x[:, 1:]) * _kept(x)).sum(dim=0)
    ),
    "That is one mean over all words of the batch; one sum for each sentence "
    "is wanted.": lambda s, x: _slow_loss(s, x).sum() / _kept(x).sum(),
    "Places and words got mixed: reshape does not exchange two dimensions, "
    "transpose(1, 2) does.": lambda s, x: (
        cross_entropy(s.reshape(len(s), s.shape[2], -1), x[:, 1:],
                      reduction="none") * _kept(x)
    ).sum(dim=1),
}  # fmt: skip


def sentence_loss(attempt):
    """Judge `sentence_loss(scores, x)`: (B, T-1, V), (B, T) -> (B,)."""
    compare = learnable(_slow_loss, LOSS_CASES, LOSS_SLIPS)
    return judge("sentence_loss", attempt, _sentence_loss, compare)


def _slow_mean(h, x):
    pairs = zip(h, x, strict=True)
    return torch.stack([rows[row != PAD].mean(dim=0) for rows, row in pairs])


def _mean_where(h, keep):
    count = keep.sum(dim=1, keepdim=True).clamp(min=1)
    return (h * keep[:, :, None]).sum(dim=1) / count


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
    "Start and end are places too; only padding is left out.": (
        lambda h, x: _mean_where(h, x > END)
    ),
    "Start, end and unknown words are places too; only padding is left out.": (
        lambda h, x: _mean_where(h, x > END + 1)
    ),
    "The start is a place too; only padding is left out.": (
        lambda h, x: _mean_where(h, (x != PAD) & (x != START))
    ),
    "The mask is the wrong way round: padding was summed, not the words.": (
        lambda h, x: (
            (h * (x == PAD)[:, :, None]).sum(dim=1)
            / (x != PAD).sum(dim=1, keepdim=True)
        )
    ),
    "That is one mean for the batch; one for each sentence is wanted.": (
        lambda h, x: h[x != PAD].mean(dim=0)
    ),
    "That is the mean over the sentences; the mean over places (dim 1) is "
    "wanted.": lambda h, x: (
        (h * (x != PAD)[:, :, None]).sum(dim=0)
        / (x != PAD).sum(dim=0)[:, None].clamp(min=1)
    ),
    "The numbers of the words were used as weights; use `x != 0`.": (
        lambda h, x: (h * x[:, :, None]).sum(1) / x.sum(1, keepdim=True)
    ),
}


def masked_mean(attempt):
    """Judge `masked_mean(h, x)`: (B, T, D), (B, T) -> (B, D)."""
    compare = learnable(_slow_mean, MEAN_CASES, MEAN_SLIPS)
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
    "A 7 is written out: the number of rows is `steps`.": (
        lambda a, b, n: _between(a, b, 7)
    ),
    "The way from `one` is right, but `one` itself is missing: add it.": (
        lambda a, b, n: _between(a, b, n) - a
    ),
    "It walks away from `other`: the way is `other - one`.": (
        lambda a, b, n: _between(a, 2 * a - b, n)
    ),
    "Every row is the middle; the share must grow from 0 to 1.": (
        lambda a, b, n: ((a + b) / 2).expand(n, -1)
    ),
}


def between(attempt):
    """Judge `between(one, other, steps)`: (Z,), (Z,) -> (steps, Z)."""
    compare = named(_between, BETWEEN_CASES, BETWEEN_SLIPS)
    return judge("between", attempt, _between, compare)
