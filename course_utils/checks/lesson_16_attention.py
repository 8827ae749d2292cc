"""Checks of lesson 16: the average and attention, padding left out."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from course_utils.checks.legacy import judge, learnable


def _random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _kept(*lengths):
    """Return (B, T): true at the first places of each row."""
    places = torch.arange(max(lengths) + 1)
    return places < torch.tensor(lengths)[:, None]


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
    "Kept places may have gaps: use the mask, not the first few places.": (
        lambda h, keep: torch.stack(
            [
                row[:n].mean(0)
                for row, n in zip(h, keep.sum(1).tolist(), strict=True)
            ]
        )
    ),
    "The mask is the wrong way round: what is not kept was summed.": (
        lambda h, keep: (h * ~keep[..., None]).sum(1) / keep.sum(1)[:, None]
    ),
    "Minus infinity belongs before a softmax; in a sum, padding is 0.": (
        lambda h, keep: h.masked_fill(~keep[..., None], -torch.inf).mean(1)
    ),
    "The sum is divided by the width D; divide by how many are kept.": (
        lambda h, keep: (h * keep[..., None]).sum(1) / h.shape[2]
    ),
    "That is one average for the whole batch; each sentence has its own.": (
        lambda h, keep: h[keep].mean(0)
    ),
    "You averaged over the numbers of a vector (dim=2); average over the "
    "places (dim=1).": lambda h, keep: h.mean(2),
    "You averaged over the numbers of a vector; average over the places "
    "(dim=1).": lambda h, keep: (h * keep[..., None]).mean(2),
}


def average(attempt):
    """Judge `average(h, keep)`: (B, T, D), (B, T) -> (B, D)."""
    compare = learnable(_average_by_rows, AVERAGE_CASES, AVERAGE_SLIPS)
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


def _softmax_over_questions(q, k, v, keep, fill=-torch.inf):
    scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    scores = scores.masked_fill(~keep[:, None, :], fill)
    return scores.softmax(dim=1) @ v


def _masked_after(q, k, v, keep):
    scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    return (scores.softmax(dim=2) * keep[:, None, :]) @ v


def _scaled(q, k, v, keep, scale):
    """Attention whose scores are multiplied by `scale`."""
    return _attention(q * scale * q.shape[-1] ** 0.5, k, v, keep)


def _no_softmax(q, k, v, keep):
    scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    return scores.masked_fill(~keep[:, None, :], 0) @ v


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
    "NaN everywhere: the softmax must run over the keys (dim=2), and padding "
    "needs minus infinity, not plus.": _softmax_over_questions,
    "The softmax must run over the keys, the last dimension.": (
        lambda q, k, v, keep: _softmax_over_questions(q, k, v, keep, -1e9)
    ),
    "You divided by D; divide by its square root.": lambda q, k, v, keep: (
        _attend(q / q.shape[-1] ** 0.5, k, v, keep[:, None, :])
    ),
    "You divided by the root of T; divide by that of D, the last dimension.": (
        lambda q, k, v, keep: _scaled(q, k, v, keep, q.shape[1] ** -0.5)
    ),
    "You multiplied by the square root of D; divide by it.": (
        lambda q, k, v, keep: _scaled(q, k, v, keep, q.shape[2] ** 0.5)
    ),
    "These are the weights; multiply them with v.": lambda q, k, v, keep: (
        _attention(q, k, torch.eye(q.shape[1]).expand(len(q), -1, -1), keep)
    ),
    "The weights average the keys; they should average v.": (
        lambda q, k, v, keep: _attention(q, k, k, keep)
    ),
    "The questions were compared with themselves, not with the keys k.": (
        lambda q, k, v, keep: _attention(q, q, v, keep)
    ),
    "Questions and keys are exchanged: rows are questions, q @ k^T.": (
        lambda q, k, v, keep: _attention(k, q, v, keep)
    ),
    "Questions at padding were silenced too; only keys are masked.": (
        lambda q, k, v, keep: _attention(q, k, v, keep) * keep[..., None]
    ),
    "Questions and keys were masked, and a row of minus infinities gives "
    "NaN. Mask the keys alone: keep[:, None, :].": lambda q, k, v, keep: (
        _attend(q, k, v, keep[:, None, :] & keep[:, :, None])
    ),
    "Questions and keys were masked; mask the keys alone: keep[:, None, :].": (
        lambda q, k, v, keep: _attend(
            q, k, v, keep[:, None, :] & keep[:, :, None], fill=-1e9
        )
    ),
    "The scores of padding were set to -1, and exp(-1) still counts. Use "
    "-torch.inf.": lambda q, k, v, keep: _attend(
        q, k, v, keep[:, None, :], fill=-1.0
    ),
    "The softmax is missing: scores are no weights.": _no_softmax,
    "The mask is the wrong way round, and 0 is not enough: fill where "
    "`~keep`, with -torch.inf.": lambda q, k, v, keep: _attend(
        q, k, v, ~keep[:, None, :], fill=0.0
    ),
}


def attention(attempt):
    """Judge `attention(q, k, v, keep)`: (B, T, D) -> (B, T, D)."""
    compare = learnable(_attention_by_torch, ATTENTION_CASES, ATTENTION_SLIPS)
    return judge("attention", attempt, _attention, compare)
