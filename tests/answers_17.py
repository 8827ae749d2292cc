"""Answers to lesson 17's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from torch.nn.functional import scaled_dot_product_attention, softmax


def by_einsum(q, k, v):
    scores = torch.einsum("bqd,bkd->bqk", q, k) / q.size(-1) ** 0.5
    return torch.einsum("bqk,bkd->bqd", softmax(scores, dim=2), v)


def by_loops(q, k, v):
    rows = []
    for b in range(len(q)):
        heard = []
        for one in q[b]:
            weights = (k[b] @ one / q.shape[2] ** 0.5).softmax(dim=0)
            heard.append((weights[:, None] * v[b]).sum(dim=0))
        rows.append(torch.stack(heard))
    return torch.stack(rows)


def scores_of(q, k):
    return q @ k.transpose(1, 2) / q.shape[-1] ** 0.5


def masked_by_torch(q, k, v, keep):
    mask = keep[:, None, :].expand(-1, q.shape[1], -1)
    return scaled_dot_product_attention(q, k, v, attn_mask=mask)


def masked_by_where(q, k, v, keep):
    scores = torch.where(keep.unsqueeze(1), scores_of(q, k), -torch.inf)
    return torch.softmax(scores, -1).matmul(v)


def masked_by_large(q, k, v, keep):
    return (scores_of(q, k) - 1e9 * ~keep[:, None]).softmax(2) @ v


def masked(q, k, v, mask, fill=-torch.inf):
    return scores_of(q, k).masked_fill(mask, fill).softmax(dim=2) @ v


def two_lines(block, x, keep):
    x = x + block.hear(block.norm1(x), keep)
    return x + block.feed_forward(block.norm2(x))


def by_parts(block, x, keep):
    for norm, part in (
        (block.norm1, lambda h: block.hear(h, keep)),
        (block.norm2, block.feed_forward),
    ):
        x = x + part(norm(x))
    return x


def by_one_sum(block, x, keep):
    heard = block.hear(block.norm1(x), keep)
    return sum([x, heard, block.feed_forward(block.norm2(heard + x))])


def two_residuals(block, h):
    return h + block.feed_forward(block.norm2(h))


def head(q, k):
    return {"q": q, "k": k}


EYE = torch.eye(12)
SIX = torch.eye(6).repeat(2, 1)  # i and i + 6 agree


def marked():
    """Positions modulo 6, and a last number that tells signs from blanks."""
    is_sign = (torch.arange(12) < 6).float()[:, None]
    q = torch.cat([6 * SIX, 6 * torch.ones(12, 1)], dim=1)
    return head(q, torch.cat([6 * SIX, 6 * is_sign], dim=1))


ANSWERS = {
    "attend": (
        [
            lambda q, k, v: scaled_dot_product_attention(q, k, v),
            by_einsum,
            by_loops,
        ],
        {
            "runs over the batch": lambda q, k, v: (
                softmax(scores_of(q, k), dim=0) @ v
            ),
            "softmax is missing": lambda q, k, v: scores_of(q, k) @ v,
            "multiply them with `v`": lambda q, k, v: scores_of(q, k).softmax(
                -1
            ),
            "`k` and `v` have changed places": lambda q, k, v: (
                scores_of(q, v).softmax(-1) @ k
            ),
            "`q` and `k` have changed places": lambda q, k, v: (
                scores_of(k, q).softmax(-1) @ v
            ),
        },
    ),
    "attend_masked": (
        [masked_by_torch, masked_by_where, masked_by_large],
        {
            "wrong way round": lambda q, k, v, keep: masked(
                q, k, v, keep[:, None]
            ),
            "exp(0) = 1": lambda q, k, v, keep: (
                (scores_of(q, k) * keep[:, None]).softmax(dim=2) @ v
            ),
            "near -40": lambda q, k, v, keep: masked(
                q, k, v, ~keep[:, None], -12
            ),
            "It holds NaN": lambda q, k, v, keep: (
                (e := scores_of(q, k).exp() * keep[:, None])
                / e.sum(-1, keepdim=True)
                @ v
            ),
            "NaN: the mask lies on the queries": lambda q, k, v, keep: masked(
                q, k, v, ~keep[..., None]
            ),
        },
    ),
    "mended_block": (
        [two_lines, by_one_sum, by_parts],
        {
            "the colleague's": lambda b, x, keep: b(x, keep),
            "first residual is missing": lambda b, x, keep: two_residuals(
                b, b.hear(b.norm1(x), keep)
            ),
            "second residual is missing": lambda b, x, keep: b.feed_forward(
                b.norm2(x + b.hear(b.norm1(x), keep))
            ),
            "the residual is `x` itself": lambda b, x, keep: two_residuals(
                b, b.norm1(x) + b.hear(b.norm1(x), keep)
            ),
            "`hear` did not get `keep`": lambda b, x, keep: two_residuals(
                b, x + b.hear(b.norm1(x), keep | True)
            ),
        },
    ),
    "copying_head": (
        [
            head(EYE.roll(6, 1) * 5, EYE * 5),
            head((EYE.roll(6, 1) * 40).tolist(), EYE.tolist()),
            marked(),
        ],
        {
            "listens to others too": head(EYE.roll(6, 1), EYE),
            "looks at itself": head(EYE * 5, EYE * 5),
            "look at [1, 2, 3, 4, 5, 6]": head(EYE.roll(7, 1) * 5, EYE * 5),
            "hears all alike": head(torch.ones(12, 3), torch.ones(12, 3)),
            "It must be a dictionary": EYE,
            "a row for each": head(EYE[:6], EYE[:6]),
        },
    ),
}
