"""Checks of lesson 17."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from course_utils.checks.core import check, mutants, outcome
from course_utils.models.attention import Block


def _qkv(*shape):
    return torch.randn(3, *shape).unbind()


def _attended(
    q,
    k,
    v,
    scale=lambda s, q: s / q.shape[-1] ** 0.5,
    turn=lambda s: s.softmax(dim=-1),
    end=lambda w, q, k, v: w @ v,
):
    """Return attention, with some knobs turned."""
    return end(turn(scale(q @ k.transpose(-2, -1), q)), q, k, v)


@check(
    cases=lambda: [_qkv(3, 5, 8), _qkv(2, 3, 4), _qkv(4, 4, 4)],
    oracle=scaled_dot_product_attention,
    learns=("q", "k", "v"),
    slips=mutants(
        _attended,
        {
            "The softmax runs over the queries. The weights of one query, a "
            "row, add up to 1: dim=-1.": {"turn": lambda s: s.softmax(dim=1)},
            "The softmax runs over the batch. It belongs over the keys, the "
            "last axis.": {"turn": lambda s: s.softmax(dim=0)},
            "The softmax is missing: scores are no weights.": {
                "turn": lambda s: s
            },
            "These are the weights; multiply them with `v`.": {
                "end": lambda w, q, k, v: w
            },
            "The weights average the keys; they should average `v`.": {
                "end": lambda w, q, k, v: w @ k
            },
            "The weights are transposed: row i of `weights @ v` must hold "
            "what query i hears.": {
                "end": lambda w, q, k, v: w.transpose(1, 2) @ v
            },
            "The scores are not divided by the square root of D.": {
                "scale": lambda s, q: s
            },
            "The scores are divided twice: `scores` were divided before.": {
                "scale": lambda s, q: s / q.shape[-1]
            },
            "The scores were divided by their sum; a softmax takes exp of "
            "each before.": {"turn": lambda s: s / s.sum(-1, keepdim=True)},
            "exp is missing its sum: divide, so that each row adds up to 1.": {
                "turn": torch.exp
            },
            "One sum was taken over all scores; each query's weights, a row, "
            "add up to 1.": {"turn": lambda s: s.exp() / s.exp().sum()},
            "log_softmax gives logarithms of weights; average with softmax.": {
                "turn": lambda s: s.log_softmax(dim=-1)
            },
            "The sign of the scores is wrong: a high score is much heard.": {
                "turn": lambda s: (-s).softmax(dim=-1)
            },
            "The weights average the queries; they should average `v`.": {
                "end": lambda w, q, k, v: w @ q
            },
            "The query is added; return only what it hears.": {
                "end": lambda w, q, k, v: q + w @ v
            },
            "Only the value with the largest weight is heard: average all.": {
                "turn": lambda s: (s == s.amax(-1, keepdim=True)).to(s.dtype)
            },
            "Those are sigmoids: each key for itself. A softmax shares 1 "
            "among the keys.": {"turn": torch.sigmoid},
        },
    ),
)
def attend(q, k, v):
    """Queries, keys, values (B, T, D) -> what each query hears (B, T, D)."""
    return _attended(q, k, v)


def _kept(*lengths):
    """Return (B, T): true at the first places of each row."""
    return torch.arange(max(lengths) + 1) < torch.tensor(lengths)[:, None]


def _keys(keep):
    return keep[:, None, :]


def _queries(keep):
    return keep[:, :, None]


def _masked(
    q,
    k,
    v,
    keep,
    scale=lambda q: q.shape[-1] ** -0.5,
    mask=_keys,
    fill=-torch.inf,
    turn=lambda s: s.softmax(dim=-1),
    after=lambda w, keep: w,
    end=lambda w, k, v: w @ v,
):
    """Return masked attention, with some knobs turned."""
    scores = q @ k.transpose(1, 2) * scale(q)
    if mask:
        scores = scores.masked_fill(~mask(keep), fill)
    return end(after(turn(scores), keep), k, v)


def _by_torch(q, k, v, keep):
    return scaled_dot_product_attention(q, k, v, keep[:, None, :])


def _both(keep):
    return keep[:, :, None] & keep[:, None, :]


FAR = 20.0


def _far_scores():
    """Return a case whose scores lie near 100, and near -40."""
    q, k, v = _qkv(2, 4, 6)
    q[..., 0] = FAR
    k[..., 0] = torch.tensor([[100.0], [-40.0]]) * 6**0.5 / FAR
    return q, k, v, _kept(2, 3)


def _why_masked(got, q, k, v, keep):
    """Say why an answer is NaN, or wrong for far scores alone."""
    if torch.is_tensor(got) and got.isnan().any():
        return (
            "It holds NaN. 0 × infinity and infinity / infinity are NaN: put "
            "-torch.inf into the scores by `masked_fill`, and no other."
        )
    if (q[..., 0] == FAR).all():
        return (
            "For scores near -40 padding is heard. What is filled in must "
            "lie below all scores: -torch.inf."
        )
    return None


@check(
    cases=lambda: [
        (*_qkv(3, 5, 8), _kept(4, 2, 3)),
        (*_qkv(2, 3, 4), _kept(1, 2)),
        _far_scores(),
    ],
    oracle=_by_torch,
    learns=("q", "k", "v"),
    skip=("far",),
    why=_why_masked,
    slips=mutants(
        _masked,
        {
            "Padding is heard: `keep` is not used.": {"mask": None},
            "The mask is the wrong way round: only padding is heard. Fill "
            "where `~keep`.": {"mask": lambda keep: ~keep[:, None, :]},
            "The scores of padding are 0, and exp(0) = 1 is no weight of 0. "
            "Use -torch.inf.": {"fill": 0.0},
            "The scores of padding are -1, and exp(-1) is no weight of 0. "
            "Use -torch.inf.": {"fill": -1.0},
            "Padding was removed after the softmax, so the weights no longer "
            "add up to 1. Mask before it.": {
                "mask": None,
                "after": lambda w, keep: w * keep[:, None, :],
            },
            "NaN: the mask lies on the queries, so whole rows are minus "
            "infinity. Mask the keys: keep[:, None, :].": {"mask": _queries},
            "The mask lies on the queries (rows). Mask the keys, the last "
            "axis: keep[:, None, :].": {"mask": _queries, "fill": -1e9},
            "Queries and keys are both masked, and a row of minus infinities "
            "gives NaN. Mask the keys alone.": {"mask": _both},
            "Queries and keys are both masked. Mask the keys alone: "
            "keep[:, None, :].": {"mask": _both, "fill": -1e9},
            "The queries of padding were silenced too. Mask the keys alone; "
            "nobody hears what padding hears.": {
                "after": lambda w, keep: w * keep[:, :, None]
            },
            "The scores are not divided by the square root of D.": {
                "scale": lambda q: 1
            },
            "You divided by D; divide by its square root.": {
                "scale": lambda q: 1 / q.shape[-1]
            },
            "You divided by the square root of T; divide by that of D, the "
            "last axis.": {"scale": lambda q: q.shape[1] ** -0.5},
            "You multiplied by the square root of D; divide by it.": {
                "scale": lambda q: q.shape[-1] ** 0.5
            },
            "All is NaN: a sum does not run over the keys (dim=-1), or an "
            "infinity comes in that is not -torch.inf by `masked_fill`.": {
                "turn": lambda s: s.softmax(dim=1)
            },
            "Minus infinity belongs to the scores, before the softmax.": {
                "mask": None,
                "after": lambda w, keep: w.masked_fill(
                    ~keep[:, None, :], -torch.inf
                ),
            },
            "exp of a score near 100 overflows. `softmax` takes the largest "
            "score off before.": {
                "turn": lambda s: s.exp() / s.exp().sum(-1, keepdim=True)
            },
            "exp is missing its sum: divide, so that each row adds up to 1.": {
                "turn": torch.exp
            },
            "The softmax runs over the queries; it belongs over the keys: "
            "dim=-1.": {"turn": lambda s: s.softmax(dim=1), "fill": -1e9},
            "The softmax is missing: scores are no weights.": {
                "turn": lambda s: s,
                "fill": 0.0,
            },
            "These are the weights; multiply them with `v`.": {
                "end": lambda w, k, v: w
            },
            "The weights average the keys; they should average `v`.": {
                "end": lambda w, k, v: w @ k
            },
            "The weights are transposed: row i of `weights @ v` must hold "
            "what query i hears.": {
                "end": lambda w, k, v: w.transpose(1, 2) @ v
            },
        },
    ),
)
def attend_masked(q, k, v, keep):
    """What each query hears: (B, T, D) thrice, keep (B, T) -> (B, T, D)."""
    return _masked(q, k, v, keep)


class Colleague(Block):
    """A block without residuals, whatever its parts are."""

    def forward(self, x, keep):
        """Return the colleague's states."""
        x = self.hear(self.norm1(x), keep)
        return self.feed_forward(self.norm2(x))


def _blocks():
    """Return blocks whose two norms differ, with states and masks."""
    cases = []
    for width, heads, lengths in ((8, 2, (4, 2, 3)), (12, 4, (3, 5))):
        block, keep = Colleague(width, heads), _kept(*lengths)
        for norm in block.norm1, block.norm2:
            torch.nn.init.normal_(norm.weight, 1, 0.3)
            torch.nn.init.normal_(norm.bias, 0, 0.3)
        cases.append((block, 2 * torch.randn(*keep.shape, width) + 0.5, keep))
    return cases


def _through(
    block,
    x,
    keep,
    norm1=lambda block: block.norm1,
    norm2=lambda block: block.norm2,
    old=lambda x, normed: x,
    kept=lambda x, h, normed: h,
    last=lambda x, h, thought: h + thought,
    mask=lambda keep: keep,
    heard=lambda h: h,
    again=lambda h, normed: h,
):
    """Return what a block makes of states, with some knobs turned."""
    normed = norm1(block)(x)
    h = old(x, normed) + heard(block.hear(normed, mask(keep)))
    normed = norm2(block)(kept(x, h, normed))
    return last(x, again(h, normed), block.feed_forward(normed))


def _same(x):
    return x


def _no_norm(block):
    return _same


def _thinks_first(block, x, keep):
    x = x + block.feed_forward(block.norm2(x))
    return x + block.hear(block.norm1(x), keep)


def _norms_after(block, x, keep):
    x = x + block.norm1(block.hear(x, keep))
    return x + block.norm2(block.feed_forward(x))


def _norms_last(block, x, keep):
    x = block.norm1(x + block.hear(x, keep))
    return block.norm2(x + block.feed_forward(x))


@check(
    cases=_blocks,
    learns=("block", "x"),
    skip=("far",),
    slips=mutants(
        _through,
        {
            "That is the colleague's: what goes in is lost twice. Add it to "
            "what comes out.": {
                "old": lambda x, normed: 0,
                "last": lambda x, h, thought: thought,
            },
            "The first residual is missing: add `x` to what it hears.": {
                "old": lambda x, normed: 0
            },
            "The second residual is missing: add to the feed-forward part "
            "what went into it.": {"last": lambda x, h, thought: thought},
            "The second residual adds the block's input again; add the state "
            "after attention.": {"last": lambda x, h, thought: x + thought},
            "Both are added at the end: the input and the state after "
            "attention, which holds the input already.": {
                "last": lambda x, h, thought: x + h + thought
            },
            "The first residual is missing: `x` comes in only at the end.": {
                "old": lambda x, normed: 0,
                "last": lambda x, h, thought: x + thought,
            },
            "The normed states are added; the residual is `x` itself.": {
                "old": lambda x, normed: normed
            },
            "The second residual adds the normed states; add the state "
            "before the norm.": {"again": lambda h, normed: normed},
            "Both residuals add normed states; add the states before the "
            "norm.": {
                "old": lambda x, normed: normed,
                "again": lambda h, normed: normed,
            },
            "Attention is missing: no word hears another.": {
                "heard": lambda h: 0
            },
            "`hear` did not get `keep`, so padding is heard.": {
                "mask": torch.ones_like
            },
            "`keep` came the wrong way round: only padding is heard.": {
                "mask": torch.logical_not
            },
            "What is heard is taken away; both residuals are sums.": {
                "heard": torch.neg,
                "last": lambda x, h, thought: h - thought,
            },
            "The feed-forward part reads the block's input; it should read "
            "the state after attention.": {"kept": lambda x, h, normed: x},
            "The norms have changed places.": {
                "norm1": lambda block: block.norm2,
                "norm2": lambda block: block.norm1,
            },
            "`norm1` is missing: `hear` wants normed states.": {
                "norm1": _no_norm
            },
            "`norm2` is missing before `feed_forward`.": {"norm2": _no_norm},
            "Both norms are missing.": {"norm1": _no_norm, "norm2": _no_norm},
            "`norm1` was used twice; the second is `norm2`.": {
                "norm2": lambda block: block.norm1
            },
            "The feed-forward part is missing.": {
                "last": lambda x, h, thought: h
            },
        },
    )
    | {
        "`feed_forward` comes first here; attention does.": _thinks_first,
        "The norms stand after the sums; in this block they come first.": (
            _norms_last
        ),
        "The norms stand after the parts; in this block they come first.": (
            _norms_after
        ),
    },
)
def mended_block(block, x, keep):
    """States (B, T, W), kept positions (B, T) -> new states (B, T, W)."""
    return _through(block, x, keep)


SIGNS, LEAST = 6, 0.9


def _head_problem(head):
    """Say what a head that should copy looks at instead."""
    if not isinstance(head, dict) or {"q", "k"} - set(head):
        return 'It must be a dictionary {"q": queries, "k": keys}.'
    try:
        q, k = (torch.as_tensor(head[name]).double() for name in "qk")
    except (TypeError, ValueError, RuntimeError):
        return "q and k must be tensors of numbers."
    for name, rows in (("q", q), ("k", k)):
        if rows.ndim != 2 or len(rows) != 2 * SIGNS:
            return (
                f"`{name}` must have a row for each of the {2 * SIGNS} "
                f"positions, ({2 * SIGNS}, D); got {tuple(rows.shape)}."
            )
        if not rows.isfinite().all():
            return f"`{name}` holds NaN or infinity."
    if q.shape != k.shape:
        return (
            f"q and k need the same width; got {q.shape[1]} and {k.shape[1]}."
        )
    weights = _looks(q, k)
    least = _on(weights, 0).min()
    return None if least >= LEAST else _where(weights, q, k, least)


def _looks(q, k):
    """Weights of the blanks' queries, (6, 12)."""
    return (q @ k.T / q.shape[1] ** 0.5).softmax(dim=1)[SIGNS:]


def _on(weights, shift):
    """Weights of each blank on the position `shift` from its sign."""
    places = torch.arange(SIGNS)
    return weights[places, (places + shift) % (2 * SIGNS)]


def _where(weights, q, k, least):
    """Name the way in which a head looks at the wrong place."""
    found = f"The least wanted weight is {least:.2f}; {LEAST} is wanted. "
    best, places = weights.argmax(dim=1), torch.arange(SIGNS)
    wanted, own = _on(weights, 0), _on(weights, SIGNS)
    if wanted.min() > 0.3 and torch.allclose(wanted, own, atol=0.01):
        return found + (
            "Each blank hears itself as much as its sign: their keys agree."
        )
    if _on(_looks(-q, k), 0).min() >= LEAST:
        return found + "The sign is wrong: the wanted scores are the lowest."
    # Equal weights have no largest.
    if torch.equal(best, places) and least > 1.01 / (2 * SIGNS):
        return found + (
            "Each blank prefers its sign, but listens to all others too. What "
            "makes a softmax sharper?"
        )
    if weights.std(dim=1).max() < 1e-3:
        return found + "All scores of a blank are alike: it hears all alike."
    if _on(_looks(k, q), 0).min() >= LEAST:
        return found + "q and k have changed places."
    if torch.equal(best, places + SIGNS):
        return found + (
            "Each blank looks at itself. Its query must fit the key of "
            "another position."
        )
    for shift in (1, -1):
        if (best == places + shift).sum() >= SIGNS - 1:
            return found + "Each blank looks one position off."
    if (best >= SIGNS).any():
        return found + (
            "Some blanks look at blanks: positions 0 to 5 hold the signs."
        )
    if torch.equal(best, places.flip(0)):
        return found + "The signs are copied in reverse order."
    if len(best.unique()) == 1:
        return found + "All blanks look at the same sign."
    return found + (
        "The blank at position 6 + i should look at position i; these look "
        f"at {best.tolist()}."
    )


def _one_hot_head():
    k = 5 * torch.eye(2 * SIGNS)
    return {"q": k.roll(SIGNS, dims=1), "k": k}


outcome("copying_head", _head_problem, course=_one_hot_head)
