"""Checks of lesson 17."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from course_utils.checks.core import check, mutants, outcome
from course_utils.models.attention import Block


def _qkv(*shape):
    return torch.randn(3, *shape).unbind()


def _scores(q, k):
    return q @ k.transpose(1, 2) / q.shape[-1] ** 0.5


@check(
    cases=lambda: [_qkv(3, 5, 8), _qkv(2, 3, 4), _qkv(4, 4, 4)],
    oracle=scaled_dot_product_attention,
    learns=("q", "k", "v"),
    slips={
        "The softmax runs over the queries. The weights of one query, a row, "
        "add up to 1: dim=-1.": lambda q, k, v: (
            _scores(q, k).softmax(dim=1) @ v
        ),
        "The softmax runs over the batch. It belongs over the keys, the last "
        "axis.": lambda q, k, v: _scores(q, k).softmax(dim=0) @ v,
        "The softmax is missing: scores are no weights.": (
            lambda q, k, v: _scores(q, k) @ v
        ),
        "These are the weights; multiply them with `v`.": (
            lambda q, k, v: _scores(q, k).softmax(dim=-1)
        ),
        "The scores are divided twice: `scores` were divided before.": (
            lambda q, k, v: attend(q / q.shape[-1] ** 0.5, k, v)
        ),
    },
)
def attend(q, k, v):
    """Queries, keys, values (B, T, D) -> what each query hears (B, T, D)."""
    return _scores(q, k).softmax(dim=-1) @ v


def _kept(*lengths):
    """Return (B, T): true at the first places of each row."""
    return torch.arange(max(lengths) + 1) < torch.tensor(lengths)[:, None]


def _masked(
    q,
    k,
    v,
    keep,
    silent=lambda keep: ~keep[:, None, :],
    fill=-torch.inf,
    dim=-1,
):
    """Return masked attention, with some knobs turned."""
    return _scores(q, k).masked_fill(silent(keep), fill).softmax(dim) @ v


def _unmasked(q, k, v, keep, after):
    return after(_scores(q, k).softmax(dim=-1), keep[:, None, :]) @ v


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
    oracle=lambda q, k, v, keep: scaled_dot_product_attention(
        q, k, v, keep[:, None, :]
    ),
    learns=("q", "k", "v"),
    skip=("far",),
    why=_why_masked,
    slips=mutants(
        _masked,
        {
            "The mask is the wrong way round: only padding is heard. Fill "
            "where `~keep`.": {"silent": lambda keep: keep[:, None, :]},
            "The scores of padding are 0, and exp(0) = 1 is no weight of 0. "
            "Use -torch.inf.": {"fill": 0.0},
            "NaN: the mask lies on the queries, so whole rows are minus "
            "infinity. Mask the keys: keep[:, None, :].": {
                "silent": lambda keep: ~keep[:, :, None]
            },
            "All is NaN: a sum does not run over the keys (dim=-1), or an "
            "infinity comes in that is not -torch.inf by `masked_fill`.": {
                "dim": 1
            },
        },
    )
    | mutants(
        _unmasked,
        {
            "Padding is heard: `keep` is not used.": {
                "after": lambda weights, keep: weights
            },
            "Padding was removed after the softmax, so the weights no longer "
            "add up to 1. Mask before it.": {
                "after": lambda weights, keep: weights * keep
            },
            "Minus infinity belongs to the scores, before the softmax.": {
                "after": lambda weights, keep: weights.masked_fill(
                    ~keep, -torch.inf
                )
            },
        },
    )
    | {
        "The scores are not divided by the square root of D.": (
            lambda q, k, v, keep: _masked(q * q.shape[-1] ** 0.5, k, v, keep)
        ),
    },
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
    first=lambda x, normed: x,
    second=lambda x, h, normed: h,
):
    """Return what a block makes of states, with other residuals."""
    normed = block.norm1(x)
    h = first(x, normed) + block.hear(normed, keep)
    normed = block.norm2(h)
    return second(x, h, normed) + block.feed_forward(normed)


@check(
    cases=_blocks,
    learns=("block", "x"),
    skip=("far",),
    slips=mutants(
        _through,
        {
            "That is the colleague's: what goes in is lost twice. Add it to "
            "what comes out.": {
                "first": lambda x, normed: 0,
                "second": lambda x, h, normed: 0,
            },
            "The first residual is missing: add `x` to what it hears.": {
                "first": lambda x, normed: 0
            },
            "The second residual is missing: add to the feed-forward part "
            "what went into it.": {"second": lambda x, h, normed: 0},
            "The second residual adds the block's input again; add the state "
            "after attention.": {"second": lambda x, h, normed: x},
            "The normed states are added; the residual is `x` itself.": {
                "first": lambda x, normed: normed
            },
            "The second residual adds the normed states; add the state "
            "before the norm.": {"second": lambda x, h, normed: normed},
        },
    )
    | {
        "`hear` did not get `keep`, so padding is heard.": (
            lambda block, x, keep: mended_block(block, x, keep | True)
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
    q, k = (torch.as_tensor(head[name]).double() for name in "qk")
    if q.shape != k.shape or q.ndim != 2 or len(q) != 2 * SIGNS:
        return (
            f"`q` and `k` must have a row for each of the {2 * SIGNS} "
            f"positions, ({2 * SIGNS}, D) both; got {tuple(q.shape)} and "
            f"{tuple(k.shape)}."
        )
    weights = (q @ k.T / q.shape[1] ** 0.5).softmax(dim=1)[SIGNS:]
    best, places = weights.argmax(dim=1), torch.arange(SIGNS)
    least = weights[places, places].min()
    if least >= LEAST:
        return None
    found = f"The least wanted weight is {least:.2f}; {LEAST} is wanted. "
    if weights.std(dim=1).max() < 1e-3:
        return found + "All scores of a blank are alike: it hears all alike."
    if torch.equal(best, places):
        return found + (
            "Each blank prefers its sign, but listens to others too. What "
            "makes a softmax sharper?"
        )
    if torch.equal(best, places + SIGNS):
        return found + (
            "Each blank looks at itself. Its query must fit the key of "
            "another position."
        )
    return found + (
        "The blank at position 6 + i should look at position i; these look "
        f"at {best.tolist()}."
    )


def _one_hot_head():
    k = 5 * torch.eye(2 * SIGNS)
    return {"q": k.roll(SIGNS, dims=1), "k": k}


outcome("copying_head", _head_problem, course=_one_hot_head)
