"""Checks of lesson 09."""

import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    logsigmoid,
    scaled_dot_product_attention,
)

from course_utils.checks.core import judge, same_as


def _random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _kept(*lengths):
    """Return (B, T): true at the first places of each row."""
    places = torch.arange(max(lengths) + 1)
    return places < torch.tensor(lengths)[:, None]


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
    (_random(6, 5), _random(6, 5, seed=1), _random(6, 4, 5, seed=2)),
    (_random(1, 3, seed=3), _random(1, 3, seed=4), _random(1, 2, 3, seed=5)),
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
}


def negative_sampling_loss(attempt):
    """Judge the loss (B, D), (B, D), (B, K, D) -> (B,)."""
    compare = same_as(_by_cross_entropy, PAIR_CASES, PAIR_SLIPS)
    name = "negative_sampling_loss"
    return judge(name, attempt, _negative_sampling_loss, compare)


def _average(h, keep):
    keep = keep[:, :, None].to(h.dtype)
    return (h * keep).sum(dim=1) / keep.sum(dim=1)


def _average_by_rows(h, keep):
    return torch.stack([a[b].mean(0) for a, b in zip(h, keep, strict=True)])


AVERAGE_CASES = [
    (_random(4, 6, 3), _kept(5, 2, 1, 3)),
    (_random(2, 4, 5, seed=1), _kept(3, 1)),
    (_random(1, 4, 2, seed=2), torch.tensor([[True, False, True, False]])),
]
AVERAGE_SLIPS = {
    "Padding was averaged in. Set it to zero, and divide by the number of "
    "words.": lambda h, keep: h.mean(1),
    "Padding is zero now, but you divided by all T places: divide by how "
    "many are kept.": lambda h, keep: (h * keep[..., None]).mean(1),
    "That is the sum; divide by how many are kept.": lambda h, keep: (
        h * keep[..., None]
    ).sum(1),
    "The mask is the wrong way round: you averaged what is not kept.": (
        lambda h, keep: _average(h, ~keep)
    ),
    "You divided by all kept places of the batch; each sentence has its own "
    "number.": lambda h, keep: (h * keep[..., None]).sum(1) / keep.sum(),
    "You averaged over the sentences; average over the places (dim=1).": (
        lambda h, keep: (
            (h * keep[..., None]).sum(0) / keep.sum(0)[:, None].clamp(min=1)
        )
    ),
    "Padding must be left out of both: it is still in the sum.": (
        lambda h, keep: h.sum(1) / keep.sum(1)[:, None]
    ),
}


def average(attempt):
    """Judge `average(h, keep)`: (B, T, D), (B, T) -> (B, D)."""
    compare = same_as(_average_by_rows, AVERAGE_CASES, AVERAGE_SLIPS)
    return judge("average", attempt, _average, compare)


def _attend(q, k, v, mask=None, fill=-torch.inf, scale=True):
    scores = q @ k.transpose(1, 2) / (q.shape[-1] ** 0.5 if scale else 1)
    if mask is not None:
        scores = scores.masked_fill(~mask, fill)
    return scores.softmax(dim=2) @ v


def _attention(q, k, v, keep):
    return _attend(q, k, v, keep[:, None, :])


def _attention_by_torch(q, k, v, keep):
    return scaled_dot_product_attention(q, k, v, attn_mask=keep[:, None, :])


def _softmax_over_questions(q, k, v, keep):
    scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    scores = scores.masked_fill(~keep[:, None, :], -torch.inf)
    return scores.softmax(dim=1) @ v


def _masked_after(q, k, v, keep):
    scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    return (scores.softmax(dim=2) * keep[:, None, :]) @ v


ATTENTION_CASES = [
    (*(_random(3, 5, 8, seed=i) for i in range(3)), _kept(4, 2, 3)),
    (*(_random(2, 3, 4, seed=i) for i in range(3, 6)), _kept(1, 2)),
]
ATTENTION_SLIPS = {
    "Padding is heard: `keep` is not used.": lambda q, k, v, keep: _attend(
        q, k, v
    ),
    "The mask is the wrong way round: only padding is heard. Fill where "
    "`~keep`.": lambda q, k, v, keep: _attend(q, k, v, ~keep[:, None, :]),
    "The scores of padding were set to 0, and exp(0) = 1 still counts. Use "
    "-torch.inf.": lambda q, k, v, keep: _attend(
        q, k, v, keep[:, None, :], fill=0.0
    ),
    "The mask lies on the questions (rows); padding must not be heard, so "
    "mask the keys (the last dimension): keep[:, None, :].": (
        lambda q, k, v, keep: _attend(q, k, v, keep[:, :, None], fill=-1e9)
    ),
    "NaN: some rows of scores are all minus infinity, since the mask lies on "
    "the questions. Mask the keys: keep[:, None, :].": lambda q, k, v, keep: (
        _attend(q, k, v, keep[:, :, None])
    ),
    "The scores are not divided by the square root of D.": (
        lambda q, k, v, keep: _attend(q, k, v, keep[:, None, :], scale=False)
    ),
    "Padding was removed after the softmax, so the weights no longer add up "
    "to 1. Mask before it.": _masked_after,
    "The softmax must run over the keys, the last dimension.": (
        _softmax_over_questions
    ),
    "You divided by D; divide by its square root.": lambda q, k, v, keep: (
        _attend(q / q.shape[-1] ** 0.5, k, v, keep[:, None, :])
    ),
}


def _marked(attempt, q, k, v, keep):
    """Return an answer whose NaN are marked, to be compared like numbers."""
    got = attempt(q, k, v, keep)
    is_tensor = torch.is_tensor(got) and got.is_floating_point()
    return got.nan_to_num(nan=1e3) if is_tensor else got


def attention(attempt):
    """Judge `attention(q, k, v, keep)`: (B, T, D) -> (B, T, D)."""
    compare = same_as(
        _attention_by_torch, ATTENTION_CASES, ATTENTION_SLIPS, _marked
    )
    return judge("attention", attempt, _attention, compare)


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
}


def masked_loss(attempt):
    """Judge `masked_loss(scores, x, hidden)`: (B, T, V) -> (B,)."""
    compare = same_as(_masked_loss_by_rows, MASKED_CASES, MASKED_SLIPS)
    return judge("masked_loss", attempt, _masked_loss, compare)
