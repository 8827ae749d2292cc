"""Answers to lesson 16's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    logsigmoid,
    softplus,
)


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


def scores(centre, near, far):
    return (centre * near).sum(1), (centre[:, None] * far).sum(2)


def pair_slip(loss):
    return lambda centre, near, far: loss(*scores(centre, near, far))


def average_by_loop(h, keep):
    rows = [h[i][keep[i]].mean(dim=0) for i in range(len(h))]
    return torch.stack(rows)


def average_by_where(h, keep):
    total = torch.where(keep.unsqueeze(-1), h, torch.zeros_like(h)).sum(1)
    return total / keep.sum(1, keepdim=True)


def average_by_product(h, keep):
    weights = keep.float() / keep.float().sum(dim=1, keepdim=True)
    return (weights[:, None, :] @ h)[:, 0]


def attention_by_where(q, k, v, keep):
    s = torch.einsum("bid,bjd->bij", q, k) / q.size(-1) ** 0.5
    s = torch.where(keep.unsqueeze(1), s, torch.tensor(float("-inf")))
    return torch.softmax(s, dim=-1) @ v


def attention_by_bias(q, k, v, keep):
    bias = (~keep).float()[:, None, :] * -1e9
    return (q @ k.mT * q.shape[2] ** -0.5 + bias).softmax(-1) @ v


def attention_by_loop(q, k, v, keep):
    rows = []
    for one, keys, values, kept in zip(q, k, v, keep, strict=True):
        fit = one @ keys[kept].T / one.shape[1] ** 0.5
        rows.append(fit.softmax(dim=1) @ values[kept])
    return torch.stack(rows)


def attend(q, k, v, change, scale=0.5):
    s = change(q @ k.transpose(1, 2) / q.shape[-1] ** scale)
    return s.softmax(-1) @ v


def heard_then_masked(q, k, v, keep):
    s = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1)
    return s.masked_fill(~keep[:, None, :], 0) @ v


def over_questions(q, k, v, keep):
    s = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    return s.masked_fill(~keep[:, None, :], -torch.inf).softmax(1) @ v


def nats(scores, x):
    return cross_entropy(scores.transpose(1, 2), x, reduction="none")


def blanks_by_log_softmax(scores, x, hidden):
    picked = scores.log_softmax(2).gather(2, x[:, :, None])[:, :, 0]
    return -(picked * hidden).sum(1)


def blanks_flat(scores, x, hidden):
    loss = cross_entropy(scores.flatten(0, 1), x.flatten(), reduction="none")
    return torch.where(hidden, loss.view(x.shape), 0.0).sum(dim=1)


def blanks_by_ignoring(scores, x, hidden):
    target = x.masked_fill(~hidden, -100)
    return cross_entropy(scores.transpose(1, 2), target, reduction="none").sum(
        1
    )


INF = -torch.inf
ANSWERS = {
    "negative_sampling_loss": (
        [pair_by_bmm, pair_by_softplus, pair_by_coins],
        {
            "minus sign": pair_slip(
                lambda t, s: -logsigmoid(t) - logsigmoid(s).sum(1)
            ),
            "wrong way round": pair_slip(
                lambda t, s: logsigmoid(t) + logsigmoid(-s).sum(1)
            ),
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
                lambda t, s: -(logsigmoid(t) + logsigmoid(-s).sum(1)).mean()
            ),
            "Only the strangers": pair_slip(lambda t, s: -logsigmoid(-s)),
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
            "averaged before": pair_slip(
                lambda t, s: -logsigmoid(t) - logsigmoid(-s.mean(1))
            ),
            "1 - logsigmoid": pair_slip(
                lambda t, s: -logsigmoid(t) - (1 - logsigmoid(s)).sum(1)
            ),
            "for each stranger": pair_slip(
                lambda t, s: -logsigmoid(t)[:, None] - logsigmoid(-s)
            ),
            "size written out": pair_slip(
                lambda t, s: -logsigmoid(t) - 5 * logsigmoid(-s).mean(1)
            ),
            "no gradient": pair_slip(
                lambda t, s: (-logsigmoid(t) - logsigmoid(-s).sum(1)).detach()
            ),
            "are a ndarray": lambda c, n, f: pair_by_bmm(c, n, f).numpy(),
            "dimension too many": lambda c, n, f: pair_by_bmm(c, n, f)[None],
            "None": lambda centre, near, far: None,
        },
    ),
    "average": (
        [average_by_loop, average_by_where, average_by_product],
        {
            "Padding was averaged in": lambda h, keep: h.mean(1),
            "divided by all T": lambda h, keep: (h * keep[:, :, None]).mean(1),
            "That is the sum": lambda h, keep: (h * keep[:, :, None]).sum(1),
            "wrong way round": lambda h, keep: average_by_where(h, ~keep),
            "each sentence has its own": lambda h, keep: (
                (h * keep[:, :, None]).sum(1) / keep.sum()
            ),
            "still in the sum": lambda h, keep: (
                h.sum(1) / keep.sum(1, keepdim=True)
            ),
            "for the whole batch": lambda h, keep: h[keep].mean(0),
            "numbers of a vector": lambda h, keep: h.mean(2),
            "may have gaps": lambda h, keep: torch.stack(
                [
                    row[: k.sum()].mean(0)
                    for row, k in zip(h, keep, strict=True)
                ]
            ),
            "what is not kept was summed": lambda h, keep: (
                (h * ~keep[:, :, None]).sum(1) / keep.sum(1, keepdim=True)
            ),
            "before a softmax": lambda h, keep: h.masked_fill(
                ~keep[:, :, None], INF
            ).mean(1),
            "no gradient": lambda h, keep: average_by_loop(h, keep).detach(),
            "are a ndarray": lambda h, keep: average_by_loop(h, keep).numpy(),
            "dimension too many": lambda h, keep: average_by_loop(h, keep)[
                :, None
            ],
            "RuntimeError": lambda h, keep: (h * keep).sum(1) / keep.sum(1),
        },
    ),
    "attention": (
        [attention_by_where, attention_by_bias, attention_by_loop],
        {
            "not used": lambda q, k, v, keep: attend(q, k, v, lambda s: s),
            "only padding is heard": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s.masked_fill(keep[:, None, :], INF)
            ),
            "exp(0)": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s * keep[:, None, :]
            ),
            "all minus infinity": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s.masked_fill(~keep[:, :, None], INF)
            ),
            "mask lies on the questions": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s.masked_fill(~keep[:, :, None], -1e9)
            ),
            "not divided": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s.masked_fill(~keep[:, None, :], INF), 0
            ),
            "divide by its square root": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s.masked_fill(~keep[:, None, :], INF), 1
            ),
            "no longer add up": heard_then_masked,
            "over the keys": over_questions,
            "the last dimension": lambda q, k, v, keep: (
                (
                    (q @ k.mT / q.shape[2] ** 0.5)
                    .masked_fill(~keep[:, None, :], -1e9)
                    .softmax(1)
                )
                @ v
            ),
            "not plus": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s.masked_fill(~keep[:, None, :], -INF)
            ),
            "set to -1": lambda q, k, v, keep: attend(
                q, k, v, lambda s: s.masked_fill(~keep[:, None, :], -1.0)
            ),
            "These are the weights": lambda q, k, v, keep: attend(
                q,
                k,
                torch.eye(q.shape[1]).expand(len(q), -1, -1),
                lambda s: s.masked_fill(~keep[:, None, :], INF),
            ),
            "average the keys": lambda q, k, v, keep: attention_by_where(
                q, k, k, keep
            ),
            "are exchanged": lambda q, k, v, keep: attention_by_where(
                k, q, v, keep
            ),
            "silenced too": lambda q, k, v, keep: (
                attention_by_where(q, k, v, keep) * keep[:, :, None]
            ),
            "keys alone": lambda q, k, v, keep: attend(
                q,
                k,
                v,
                lambda s: s.masked_fill(
                    ~(keep[:, None, :] & keep[:, :, None]), INF
                ),
            ),
            "softmax is missing": lambda q, k, v, keep: (
                ((q @ k.mT / q.shape[2] ** 0.5) * keep[:, None, :]) @ v
            ),
            "size written out": lambda q, k, v, keep: (
                (
                    (q @ k.mT / 8**0.5)
                    .masked_fill(~keep[:, None, :], INF)
                    .softmax(2)
                )
                @ v
            ),
            "no gradient": lambda q, k, v, keep: attention_by_where(
                q.detach(), k, v, keep
            ),
            "dimension too many": lambda q, k, v, keep: attention_by_where(
                q, k, v, keep
            )[None],
        },
    ),
    "masked_loss": (
        [blanks_by_log_softmax, blanks_flat, blanks_by_ignoring],
        {
            "padding too": lambda s, x, hidden: nats(s, x).sum(1),
            "need no guess": lambda s, x, hidden: (nats(s, x) * (x > 0)).sum(
                1
            ),
            "wrong way round": lambda s, x, hidden: (nats(s, x) * ~hidden).sum(
                1
            ),
            "averaged over all places": lambda s, x, hidden: (
                nats(s, x) * hidden
            ).mean(1),
            "averaged over the hidden": lambda s, x, hidden: (
                (nats(s, x) * hidden).sum(1) / hidden.sum(1).clamp(min=1)
            ),
            "One number": lambda s, x, hidden: cross_entropy(
                s[hidden], x[hidden]
            ),
            "each hidden word": lambda s, x, hidden: cross_entropy(
                s[hidden], x[hidden], reduction="none"
            ),
            "each place": lambda s, x, hidden: nats(s, x) * hidden,
            "RuntimeError": lambda s, x, hidden: cross_entropy(s, x),
            "may be 0": lambda s, x, hidden: (
                (nats(s, x) * hidden).sum(1) / hidden.sum(1)
            ),
            "is positive": lambda s, x, hidden: -blanks_flat(s, x, hidden),
            "Shifted by one": lambda s, x, hidden: blanks_flat(
                s[:, :-1], x[:, 1:], hidden[:, 1:]
            ),
            "over the sentences": lambda s, x, hidden: (
                nats(s, x) * hidden
            ).sum(0),
            "still costs log V": lambda s, x, hidden: nats(
                s * hidden[:, :, None], x
            ).sum(1),
            "target like any other": lambda s, x, hidden: nats(
                s, x * hidden
            ).sum(1),
            "no gradient": lambda s, x, hidden: blanks_flat(
                s, x, hidden
            ).detach(),
            "dimension too many": lambda s, x, hidden: blanks_flat(
                s, x, hidden
            )[:, None],
        },
    ),
}
