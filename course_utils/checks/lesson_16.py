"""Checks of lesson 16: the losses of pairs and of blanks."""

import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    logsigmoid,
)

from course_utils.checks.legacy import judge, learnable


def _random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _scores(centre, near, far):
    return (centre * near).sum(1), torch.einsum("bd,bkd->bk", centre, far)


def _negative_sampling_loss(centre, near, far):
    true, strange = _scores(centre, near, far)
    return -logsigmoid(true) - logsigmoid(-strange).sum(1)


def _by_cross_entropy(centre, near, far):
    """The same by another road: coins for which the truth is 1, 0, ..., 0."""
    true, strange = _scores(centre, near, far)
    scores = torch.cat([true[:, None], strange], dim=1)
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1
    nats = binary_cross_entropy_with_logits(scores, truth, reduction="none")
    return nats.sum(1)


def _changed(loss):
    """Return a slip that is made of both kinds of scores."""
    return lambda centre, near, far: loss(*_scores(centre, near, far))


PAIR_CASES = [
    (_random(6, 3), _random(6, 3, seed=1), _random(6, 5, 3, seed=2)),
    (_random(2, 4, seed=3), _random(2, 4, seed=4), _random(2, 2, 4, seed=5)),
]
PAIR_SLIPS = {
    "The strangers' scores lack their minus sign: a stranger should score "
    "low, so it is logsigmoid(-score).": _changed(
        lambda t, s: -logsigmoid(t) - logsigmoid(s).sum(1)
    ),
    "The sign is the wrong way round: a loss is small when all is well.": (
        _changed(lambda t, s: logsigmoid(t) + logsigmoid(-s).sum(1))
    ),
    "You averaged over the strangers; sum over them.": _changed(
        lambda t, s: -logsigmoid(t) - logsigmoid(-s).mean(1)
    ),
    "These are scores without logsigmoid: the loss would fall for ever.": (
        _changed(lambda t, s: -t + s.sum(1))
    ),
    "The logarithm is missing: take logsigmoid, not sigmoid.": _changed(
        lambda t, s: -t.sigmoid() - (-s).sigmoid().sum(1)
    ),
    "That is a softmax over neighbour and strangers. Here each is judged by "
    "itself, with a sigmoid.": _changed(
        lambda t, s: -torch.cat([t[:, None], s], 1).log_softmax(1)[:, 0]
    ),
    "The strangers are missing: without them all vectors become alike.": (
        _changed(lambda t, s: -logsigmoid(t))
    ),
    "The true neighbour is missing.": _changed(
        lambda t, s: -logsigmoid(-s).sum(1)
    ),
    "You averaged over the batch; one loss for each pair is wanted.": (
        _changed(lambda t, s: (-logsigmoid(t) - logsigmoid(-s).sum(1)).mean())
    ),
    "You summed over the batch; one loss for each pair is wanted.": _changed(
        lambda t, s: (-logsigmoid(t) - logsigmoid(-s).sum(1)).sum()
    ),
    "The strangers were compared with the neighbour; compare them with the "
    "centre.": lambda c, n, f: (
        -logsigmoid((c * n).sum(1)) - logsigmoid(-_scores(n, n, f)[1]).sum(1)
    ),
    "The signs of both scores are exchanged: the neighbour's score should be "
    "high, logsigmoid(score); each stranger's low, logsigmoid(-score).": (
        _changed(lambda t, s: -logsigmoid(-t) - logsigmoid(s).sum(1))
    ),
    "The neighbour's score has a minus: it should be high, so it is "
    "-logsigmoid(score).": _changed(
        lambda t, s: -logsigmoid(-t) - logsigmoid(-s).sum(1)
    ),
    "The strangers' part is added with a plus; its -log is a loss as well: "
    "- logsigmoid(-score).": _changed(
        lambda t, s: -logsigmoid(t) + logsigmoid(-s).sum(1)
    ),
    "The minus of the strangers belongs inside, and one stays outside: "
    "- logsigmoid(-score).": _changed(
        lambda t, s: -logsigmoid(t) + logsigmoid(s).sum(1)
    ),
    "The neighbour's part lacks its minus sign: -logsigmoid(score).": (
        _changed(lambda t, s: logsigmoid(t) - logsigmoid(-s).sum(1))
    ),
    "The strangers' scores were summed before logsigmoid; each is judged by "
    "itself.": _changed(lambda t, s: -logsigmoid(t) - logsigmoid(-s.sum(1))),
    "The strangers were averaged before logsigmoid; each is judged by "
    "itself.": _changed(lambda t, s: -logsigmoid(t) - logsigmoid(-s.mean(1))),
    "1 - logsigmoid is not the log of 1 - sigmoid; that is "
    "logsigmoid(-score).": _changed(
        lambda t, s: -logsigmoid(t) - (1 - logsigmoid(s)).sum(1)
    ),
    "logsigmoid came before the dot product was summed: sum over D first.": (
        lambda c, n, f: (
            -logsigmoid(c * n).sum(1)
            - logsigmoid(-c[:, None] * f).sum(dim=(1, 2))
        )
    ),
    "The neighbours' scores were summed over the whole batch: sum(dim=1).": (
        _changed(lambda t, s: -logsigmoid(t.sum()) - logsigmoid(-s).sum(1))
    ),
    "Each centre was compared with every neighbour of the batch; it has one "
    "of its own.": lambda c, n, f: (
        -logsigmoid(c @ n.T).sum(1) - logsigmoid(-_scores(c, n, f)[1]).sum(1)
    ),
    "That is one value for each stranger: sum over them.": _changed(
        lambda t, s: -logsigmoid(t)[:, None] - logsigmoid(-s)
    ),
    "Only the strangers are here, one value for each: sum over them, and the "
    "neighbour's shape is (B,).": _changed(lambda t, s: -logsigmoid(-s)),
}


def negative_sampling_loss(attempt):
    """Judge the loss (B, D), (B, D), (B, K, D) -> (B,)."""
    compare = learnable(_by_cross_entropy, PAIR_CASES, PAIR_SLIPS)
    name = "negative_sampling_loss"
    return judge(name, attempt, _negative_sampling_loss, compare)


def _nats(scores, x):
    return cross_entropy(scores.transpose(1, 2), x, reduction="none")


def _masked_loss(scores, x, hidden):
    return (_nats(scores, x) * hidden).sum(dim=1)


def _masked_loss_by_rows(scores, x, hidden):
    """Pick each true word's log-probability, sentence by sentence."""
    losses = []
    for row, words, blank in zip(scores.double(), x, hidden, strict=True):
        picked = row.log_softmax(1)[torch.arange(len(words)), words]
        losses.append(-picked[blank].sum())
    return torch.stack(losses).float()


def _words(*shape, seed):
    """Sentences with padding (0) at the end of each but the first."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.randint(4, 9, shape, generator=draw)
    x[1:, -2:] = 0
    return x


MASKED_CASES = [
    (
        _random(4, 6, 9),
        _words(4, 6, seed=1),
        torch.tensor([1, 0, 0, 1, 0, 0] * 3 + [0] * 6).view(4, 6).bool(),
    ),
    (
        _random(2, 5, 9, seed=2),
        _words(2, 5, seed=3),
        torch.tensor([1, 1, 1, 0, 0, 0, 0, 1, 0, 0]).view(2, 5).bool(),
    ),
]
MASKED_SLIPS = {
    "All places count, padding too; only hidden words may.": (
        lambda scores, x, hidden: _nats(scores, x).sum(1)
    ),
    "All words count; only the hidden ones may. The others stand in the "
    "input and need no guess.": lambda scores, x, hidden: (
        _nats(scores, x) * (x != 0)
    ).sum(1),
    "The mask is the wrong way round: you counted what was not hidden.": (
        lambda scores, x, hidden: (_nats(scores, x) * ~hidden).sum(1)
    ),
    "You averaged over all places; sum over the hidden ones.": (
        lambda scores, x, hidden: (_nats(scores, x) * hidden).mean(1)
    ),
    "You averaged over the hidden words; sum over them (and a sentence with "
    "none gives 0).": lambda scores, x, hidden: (
        (_nats(scores, x) * hidden).sum(1) / hidden.sum(1).clamp(min=1)
    ),
    "One number for the batch; one for each sentence is wanted, (B,).": (
        lambda scores, x, hidden: _nats(scores, x)[hidden].mean()
    ),
    "One sum for the batch; one for each sentence is wanted, (B,).": (
        lambda scores, x, hidden: _nats(scores, x)[hidden].sum()
    ),
    "That is one loss for each hidden word; sum them for each sentence.": (
        lambda scores, x, hidden: _nats(scores, x)[hidden]
    ),
    "That is one loss for each place; sum over the places.": (
        lambda scores, x, hidden: _nats(scores, x) * hidden
    ),
    "NaN: you divided by the number of hidden words, which may be 0. Sum "
    "over them.": lambda scores, x, hidden: (
        (_nats(scores, x) * hidden).sum(1) / hidden.sum(1)
    ).nan_to_num(nan=1e3),
    "The sign is the wrong way round: a loss is positive.": (
        lambda scores, x, hidden: -_masked_loss(scores, x, hidden)
    ),
    "Shifted by one: here a score speaks of its own place.": (
        lambda scores, x, hidden: _masked_loss(
            scores[:, :-1], x[:, 1:], hidden[:, 1:]
        )
    ),
    "You summed over the sentences; sum over the places (dim=1).": (
        lambda scores, x, hidden: (_nats(scores, x) * hidden).sum(0)
    ),
    "You averaged over the batch; one loss for each sentence is wanted.": (
        lambda scores, x, hidden: _masked_loss(scores, x, hidden).mean()
    ),
    "You averaged over batch and places; sum over the places (dim=1).": (
        lambda scores, x, hidden: (_nats(scores, x) * hidden).mean()
    ),
    "The scores were set to zero, which still costs log V; mask the "
    "cross-entropies.": lambda scores, x, hidden: _nats(
        scores * hidden[:, :, None], x
    ).sum(1),
    "The words were set to 0, but 0 is a target like any other; mask the "
    "cross-entropies.": lambda scores, x, hidden: _nats(
        scores, x * hidden
    ).sum(1),
}


def masked_loss(attempt):
    """Judge `masked_loss(scores, x, hidden)`: (B, T, V) -> (B,)."""
    compare = learnable(_masked_loss_by_rows, MASKED_CASES, MASKED_SLIPS)
    return judge("masked_loss", attempt, _masked_loss, compare)
