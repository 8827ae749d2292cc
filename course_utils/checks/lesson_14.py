"""Checks of lesson 14: the loss, the mean, a code, sentences turned round."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets.captions import Vocabulary, captions
from course_utils.models.sentences import last_state, remembering_lstm

PAD, START, END, UNKNOWN = range(4)


def _sentences(lengths, places, size):
    """Rows of ids: start, words, end, padding; some words are unknown."""
    x = torch.full((len(lengths), places), PAD)
    for row, n in zip(x, lengths, strict=True):
        row[1 : n + 1] = torch.randint(UNKNOWN, size, (n,))
        row[0], row[1], row[n + 1] = START, UNKNOWN, END
    return x


def _nats(scores, y):
    return cross_entropy(scores.transpose(1, 2), y, reduction="none")


def _chosen(values, x):
    """Sum of what stands at the right words, without padding."""
    y = x[:, 1:]
    return (values.gather(2, y[:, :, None])[:, :, 0] * (y != PAD)).sum(dim=1)


def _loss(
    scores,
    x,
    target=lambda x: x[:, 1:],
    keep=lambda x: x[:, 1:] != PAD,
    turn=lambda scores: scores,
    over=lambda nats, keep: (nats * keep).sum(dim=1),
    sign=1,
):
    return sign * over(_nats(turn(scores), target(x)), keep(x).float())


def _loop_loss(scores, x):
    """Nats of each sentence, by a loop over words."""
    rows = []
    for row, sentence in zip(
        scores.log_softmax(dim=2), x.tolist(), strict=True
    ):
        words = enumerate(sentence[1:])
        rows.append(-sum(row[t, word] for t, word in words if word != PAD))
    return torch.stack(rows)


@check(
    cases=lambda: [
        (torch.randn(3, 7, 9), _sentences([3, 1, 4], 8, 9)),
        (2 * torch.randn(2, 6, 7), _sentences([2, 4], 7, 7)),
    ],
    oracle=_loop_loss,
    learns=("scores",),
    slips=mutants(
        _loss,
        {
            "Padding is still counted: a short sentence pays for positions "
            "where nothing stands.": {"keep": lambda x: x[:, 1:] > -1},
            "The mask is the wrong way round: only padding is counted.": {
                "keep": lambda x: x[:, 1:] == PAD
            },
            "The mask is off by one: it must belong to the target x[:, 1:], "
            "too.": {"keep": lambda x: x[:, :-1] != PAD},
            "The end counts too: without it the model never learns to stop.": {
                "keep": lambda x: x[:, 1:] > END
            },
            "Unknown words (3) and the end (2) count too; only padding does "
            "not.": {"keep": lambda x: x[:, 1:] > UNKNOWN},
            "Unknown words (3) count too; only padding does not.": {
                "keep": lambda x: (x[:, 1:] != PAD) & (x[:, 1:] != UNKNOWN)
            },
            "Off by one: the scores speak of positions 1 to T - 1, so the "
            "target is x[:, 1:]. Now the start is predicted.": {
                "target": lambda x: x[:, :-1],
                "keep": lambda x: x[:, :-1] != PAD,
            },
            "That is the mean over the words; the sum is wanted.": {
                "over": lambda n, keep: (n * keep).sum(1) / keep.sum(1)
            },
            "That is the mean over all positions; the sum is wanted.": {
                "over": lambda n, keep: (n * keep).mean(dim=1)
            },
            "One number for each sentence is wanted; that is one for each "
            "word.": {"over": lambda n, keep: n * keep},
            "One number for each sentence is wanted, not a sum of the "
            "batch.": {"over": lambda n, keep: (n * keep).sum()},
            "One number for each sentence is wanted, not a mean of the "
            "batch.": {"over": lambda n, keep: (n * keep).sum(1).mean()},
            "That is one mean over all words of the batch; a sum for each "
            "sentence is wanted.": {
                "over": lambda n, keep: (n * keep).sum() / keep.sum()
            },
            "The sum runs over the sentences; sum over positions, dim=1.": {
                "over": lambda n, keep: (n * keep).sum(dim=0)
            },
            "The sign is wrong: a loss is -log, so it is positive.": {
                "sign": -1
            },
            "`cross_entropy` takes the softmax itself: give it the scores.": {
                "turn": lambda scores: scores.softmax(dim=2)
            },
            "The ids were used as weights; use `x[:, 1:] != 0`.": {
                "keep": lambda x: x[:, 1:]
            },
            "Padding is 0; that leaves out 2, the end.": {
                "keep": lambda x: x[:, 1:] != END
            },
            "That is one long row of real words: it no longer knows the "
            "sentences. Multiply by the mask, then sum over dim=1.": {
                "over": lambda n, keep: n[keep > 0]
            },
            "That is one long row of positions: `.view(y.shape)`, then sum "
            "over dim=1.": {"over": lambda n, keep: (n * keep).flatten()},
            "All were cut at one length; each sentence has its own.": {
                "over": lambda n, keep: n[:, : int(keep.sum(1).max())].sum(1)
            },
            "All were cut at the length of the first; each sentence has its "
            "own.": {
                "over": lambda n, keep: n[:, : int(keep[0].sum())].sum(1)
            },
            "Three positions were real in the test; each sentence has a "
            "length of its own.": {"over": lambda n, keep: n[:, :3].sum(1)},
            "That is the perplexity, exp of the mean; the sum of the nats is "
            "wanted.": {
                "over": lambda n, keep: ((n * keep).sum(1) / keep.sum(1)).exp()
            },
            "The sum was multiplied by the number of words, too.": {
                "over": lambda n, keep: (n * keep).sum(1) * keep.sum(1)
            },
            "The score of padding was taken out. It stays one of the words; "
            "only nats at padding are left out.": {
                "turn": lambda scores: scores.index_fill(
                    2, torch.tensor(PAD), -1e9
                )
            },
            "A `reshape` mixes positions and words; `transpose(1, 2)` swaps "
            "the two.": {
                "turn": lambda scores: scores.reshape(
                    len(scores), scores.shape[2], -1
                ).transpose(1, 2)
            },
        },
    )
    | {
        "That is the probability with a minus; its log is wanted.": (
            lambda scores, x: -_chosen(scores.softmax(dim=2), x)
        ),
        "Those are scores with a minus: the softmax is missing, and the "
        "log.": lambda scores, x: -_chosen(scores, x),
        "That softmax runs over the positions; the words are dim=2.": (
            lambda scores, x: -_chosen(scores.log_softmax(dim=1), x)
        ),
        "The scores of padding were set to zero; that still costs log V. "
        "Mask the nats instead.": lambda scores, x: _nats(
            scores * (x[:, 1:] != PAD)[:, :, None], x[:, 1:]
        ).sum(dim=1),
    },
)
def sentence_loss(scores, x):
    """Scores (B, T - 1, V), sentences (B, T) -> nats per sentence (B,)."""
    return _loss(scores, x)


def _mean(
    h,
    x,
    keep=lambda x: x != PAD,
    count=lambda keep: keep.sum(dim=1),
    total=lambda h, keep: (h * keep).sum(dim=1),
):
    kept = keep(x)[:, :, None]
    return total(h, kept) / count(kept)


@check(
    cases=lambda: [
        (torch.randn(3, 8, 4) + 0.5, _sentences([3, 1, 5], 8, 9)),
        (2 * torch.randn(2, 7, 5), _sentences([2, 4], 7, 7)),
    ],
    learns=("h",),
    slips=mutants(
        _mean,
        {
            "The mean is over all positions: padding is counted.": {
                "keep": lambda x: x > -1
            },
            "Padding is set to zero but still counted: divide by the number "
            "of real positions.": {"count": lambda keep: keep.shape[1]},
            "The sum is right; divide it by the number of real positions.": {
                "count": lambda keep: 1
            },
            "The sum runs over padding, too; only the division leaves it "
            "out.": {"total": lambda h, keep: h.sum(dim=1)},
            "Divide by each sentence's own number of positions, not by that "
            "of the whole batch.": {"count": lambda keep: keep.sum()},
            "The mask is the wrong way round: padding was summed.": {
                "total": lambda h, keep: (h * ~keep).sum(dim=1)
            },
            "The mask is the wrong way round: that is the mean of the "
            "padding.": {"keep": lambda x: x == PAD},
            "Start and end are positions too; only padding is left out.": {
                "keep": lambda x: x > END
            },
            "The start is a position too; only padding is left out.": {
                "keep": lambda x: x > START
            },
            "The end is a position too; only padding is left out.": {
                "keep": lambda x: (x != PAD) & (x != END)
            },
            "The strongest was kept; the mean is wanted.": {
                "total": lambda h, keep: h.masked_fill(~keep, -torch.inf).amax(
                    dim=1
                ),
                "count": lambda keep: 1,
            },
            "The strongest was taken, then divided; the mean is wanted.": {
                "total": lambda h, keep: (h * keep).amax(dim=1)
            },
            "The strongest was taken, and padding counted as 0; the mean is "
            "wanted.": {
                "total": lambda h, keep: (h * keep).amax(dim=1),
                "count": lambda keep: 1,
            },
            "The middle one was taken; the mean is wanted.": {
                "total": lambda h, keep: (h * keep).median(dim=1).values,
                "count": lambda keep: 1,
            },
            "That divides by the number of sentences; divide by the number "
            "of real positions.": {"count": len},
            "Divide by each sentence's own number of positions, not by the "
            "first one's.": {"count": lambda keep: keep[0].sum()},
            "Divide by each sentence's own number of positions, not by the "
            "longest.": {"count": lambda keep: keep.sum(dim=1).max()},
            "All were cut at the shortest length; each sentence has its "
            "own.": {
                "total": lambda h, keep: h[:, : keep.sum(dim=1).min()].mean(1),
                "count": lambda keep: 1,
            },
            "The sum is right, the number one too small: the start counts.": {
                "count": lambda keep: keep.sum(dim=1) - 1
            },
            "The sum is right, the number two too small: start and end "
            "count.": {"count": lambda keep: keep.sum(dim=1) - 2},
            "The sum is right, the number one too large.": {
                "count": lambda keep: keep.sum(dim=1) + 1
            },
            "The sum is divided by a root of the number.": {
                "count": lambda keep: keep.sum(dim=1).sqrt()
            },
            "The sum runs over the numbers of a vector; positions are "
            "dim=1.": {"total": lambda h, keep: (h * keep).sum(dim=2)},
            "The sum runs over the sentences; positions are dim=1.": {
                "total": lambda h, keep: (h * keep).sum(dim=0),
                "count": lambda keep: keep.sum(dim=0),
            },
            "That is one number; say over which dimension to sum: dim=1.": {
                "total": lambda h, keep: (h * keep).sum(),
                "count": lambda keep: keep.sum(),
            },
        },
    )
    | {
        "That is one number for all; one vector for each sentence is "
        "wanted.": lambda h, x: h[x != PAD].mean(),
        "`//` rounds down; `/` divides.": lambda h, x: (
            (h * (x != PAD)[:, :, None]).sum(1)
            // (x != PAD).sum(1, keepdim=True)
        ),
        "The vectors were divided by the sum of the ids; count with "
        "`keep`.": lambda h, x: (
            (h * (x != PAD)[:, :, None]).sum(1) / x.sum(1, keepdim=True)
        ),
        "The vectors were multiplied by the ids; use `keep`.": lambda h, x: (
            (h * x[:, :, None]).sum(1) / (x != PAD).sum(1, keepdim=True)
        ),
        "That is one mean for the batch; one for each sentence is wanted.": (
            lambda h, x: h[x != PAD].mean(dim=0)
        ),
        "The ids were used as weights; use `x != 0`.": lambda h, x: (
            (h * x[:, :, None]).sum(1) / x.sum(1, keepdim=True)
        ),
    },
)
def masked_mean(h, x):
    """Mean over real positions: (B, T, D), sentences (B, T) -> (B, D)."""
    return _mean(h, x)


def _at(shift):
    """Pick the state some positions behind the end."""
    return lambda states, x: states[
        torch.arange(len(x)), (x != PAD).sum(dim=1) - 1 + shift
    ]


def _code(
    lstm,
    to_code,
    h,
    x,
    read=lambda lstm, h: lstm(h)[0],
    end=last_state,
    mean=_mean,
    join=lambda end, mean: torch.cat([end, mean], dim=1),
    done=lambda to_code, both: to_code(both),
):
    states = read(lstm, h)
    return done(to_code, join(end(states, x), mean(states, x)))


class _ToCode(nn.Linear):
    """A linear layer that says what it is given if that does not fit."""

    def forward(self, both):
        if both.shape[-1] != self.in_features:
            raise ValueError(
                "`to_code` wants two vectors side by side, torch.cat([end, "
                f"mean], dim=1): (B, {self.in_features}); it got "
                f"{tuple(both.shape)}."
            )
        return super().forward(both)


def _coded(width, latent_dim, x):
    """Vectors and states are equally wide, so that they can be mixed up."""
    lstm, to_code = (
        remembering_lstm(width, width),
        _ToCode(2 * width, latent_dim),
    )
    return lstm, to_code, torch.randn(*x.shape, width), x


@check(
    cases=lambda: [
        _coded(6, 5, _sentences([3, 1, 5], 9, 9)),
        _coded(7, 2, _sentences([2, 4], 8, 7)),
    ],
    learns=("lstm", "to_code", "h"),
    skip=("far", "device"),
    slips=mutants(
        _code,
        {
            "That is the state at the last position: it has read padding, "
            "too. Each sentence has an end of its own.": {
                "end": lambda states, x: states[:, -1]
            },
            "That is the state before the end; count from 0 and take the "
            "end itself.": {"end": _at(-1)},
            "One too far: the state after the first padding. Positions begin "
            "at 0.": {"end": _at(1)},
            "That is the first state: only the start has been read.": {
                "end": lambda states, x: states[:, 0]
            },
            "The end of the first sentence was taken in all of them.": {
                "end": lambda states, x: states[:, (x[0] != PAD).sum() - 1]
            },
            "That is the cell's inner state; the first thing that `lstm(h)` "
            "returns holds the states.": {
                "read": lambda lstm, h: (lstm(h)[0], lstm(h)[1][1][0]),
                "end": lambda both, x: both[1],
                "mean": lambda both, x: _mean(both[0], x),
            },
            "The mean counts padding; `masked_mean` does not.": {
                "mean": lambda states, x: states.mean(dim=1)
            },
            "The state at the last position has read padding, too, and the "
            "mean counts padding.": {
                "end": lambda states, x: states[:, -1],
                "mean": lambda states, x: states.mean(dim=1),
            },
            "The mean comes second: first the state after the end.": {
                "join": lambda end, mean: torch.cat([mean, end], dim=1)
            },
            "The state after the end stands there twice; the second is the "
            "mean.": {"mean": last_state},
            "The mean stands there twice; the first is the state after the "
            "end.": {"end": _mean},
            "That is what goes into `to_code`, not the code.": {
                "done": lambda to_code, both: both
            },
            "The LSTM reads from right to left here.": {
                "read": lambda lstm, h: lstm(h.flip(1))[0],
                "end": lambda states, x: states[:, -1],
            },
            "The LSTM reads from right to left here; h is right as it is.": {
                "read": lambda lstm, h: lstm(h.flip(1))[0]
            },
            "The LSTM reads across the sentences: it wants h as it is, "
            "(B, T, W).": {
                "read": lambda lstm, h: lstm(h.transpose(0, 1))[0].transpose(
                    0, 1
                )
            },
            "The mean is a sum here: divide by the number of positions.": {
                "mean": lambda states, x: (
                    states * (x != PAD)[:, :, None]
                ).sum(1)
            },
            "The sum leaves padding out, but it is divided by T: "
            "`masked_mean` counts real positions.": {
                "mean": lambda states, x: (
                    states * (x != PAD)[:, :, None]
                ).mean(1)
            },
            "The second is the strongest of the states; the mean is wanted.": {
                "mean": lambda states, x: states.amax(1)
            },
            "The second is the last state, after padding; the mean is "
            "wanted.": {"mean": lambda states, x: states[:, -1]},
            "The mean leaves out the start; only padding is left out.": {
                "mean": lambda states, x: _mean(states[:, 1:], x[:, 1:])
            },
            "The mean leaves out start and end; only padding is left out.": {
                "mean": lambda states, x: _mean(
                    states, x, keep=lambda x: x > END
                )
            },
            "The mean leaves out the start and counts padding.": {
                "mean": lambda states, x: states[:, 1:].mean(1)
            },
            "That is the place of the largest id, not of the end.": {
                "end": lambda states, x: states[
                    torch.arange(len(x)), x.argmax(dim=1)
                ]
            },
            "The states of padding are zeros here; take the state where the "
            "end stands.": {
                "end": lambda states, x: torch.zeros_like(states[:, 0])
            },
            "A relu too many: the states go into `to_code` as they are.": {
                "end": lambda states, x: last_state(states, x).relu()
            },
            "A relu too many: what `to_code` gives is the code.": {
                "done": lambda to_code, both: to_code(both).relu()
            },
            "The mean is of the vectors h; the mean of the states is "
            "wanted.": {
                "read": lambda lstm, h: (lstm(h)[0], h),
                "end": lambda both, x: last_state(both[0], x),
                "mean": lambda both, x: _mean(both[1], x),
            },
            "The first is the vector of the end token; its state is wanted.": {
                "read": lambda lstm, h: (lstm(h)[0], h),
                "end": lambda both, x: last_state(both[1], x),
                "mean": lambda both, x: _mean(both[0], x),
            },
            "Those are the vectors h; the states are wanted, `lstm(h)[0]`.": {
                "read": lambda lstm, h: h
            },
            "h_n and c_n both speak of the last position, after padding. "
            "Use the states, which `lstm(h)` returns first.": {
                "read": lambda lstm, h: [part[0] for part in lstm(h)[1]],
                "end": lambda both, x: both[0],
                "mean": lambda both, x: both[1],
            },
        },
    ),
)
def lstm_code(lstm, to_code, h, x):
    """Vectors h (B, T, W) of sentences x (B, T) -> codes (B, Z)."""
    return _code(lstm, to_code, h, x)


WANTED, WANTED_REAL = 0.8, 0.3  # of the sentences must be right
MANY = 1000  # ids: then they are captions of people, which are harder


def turned_round(x):
    """Sentences (N, T) with their words from last to first."""
    turned = x.clone()
    for row in turned:
        words = row[row > END]
        row[1 : len(words) + 1] = words.flip(0)
    return turned


def _backwards_problem(pair):
    """Say what is wrong with (sentences, what was written), or None."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        kind = type(pair).__name__
        return f"A pair is wanted, (x_test, what is written); got a {kind}."
    try:
        x, written = (torch.as_tensor(part).cpu() for part in pair)
    except (TypeError, ValueError, RuntimeError):
        return (
            "Both must be tables of ids, (N, T), not words or something else."
        )
    if x.shape != written.shape or x.ndim != 2 or not len(x):
        return (
            "Both must be tables of ids, (N, T); got "
            f"{tuple(x.shape)} and {tuple(written.shape)}."
        )
    if (written % 1).any():
        return "Those are scores or codes; ids are wanted: `decode`."
    if not (x[:, 0] == START).all() or not _held_out(x):
        return (
            "The first of the two must be `x_test` as it is: all held-out "
            "sentences, not turned."
        )
    real, wanted = x != PAD, turned_round(x)

    def share(right, real=real):
        """How many rows of `written` are right."""
        return ((written == right) | ~real).all(dim=1).float().mean().item()

    goal = WANTED if x.max() < MANY else WANTED_REAL
    if (done := share(wanted)) >= goal:
        return None
    if share(x) > max(0.3, done):
        return (
            f"{share(x):.0%} are plain copies: the target of the loss must "
            "be the turned sentences, not x."
        )
    everywhere = torch.ones_like(real)
    if share(x.flip(1), everywhere) > 0.3:
        return (
            "Whole rows are turned, padding and all. Turn the words only: "
            "start, words from last to first, end, padding."
        )
    if share(_but_start(x), everywhere) > 0.3:
        return (
            "End and padding are turned, too: start, words from last to "
            "first, end, padding."
        )
    if share(_all_but_padding(x)) > 0.3:
        return "Start and end are turned, too; only the words should be."
    if share(_all_but_padding(x, first=1)) > 0.3:
        return "The end is turned, too; only the words should be."
    if share(wanted, real & (wanted != END)) >= goal:
        return "The words are right, but no end (2) stands behind them."
    words = (written == wanted)[x > END].float().mean().item()
    return (
        f"{done:.0%} of the sentences are right, {goal:.0%} are wanted "
        f"({words:.0%} of the words). Does the encoder know the order of the "
        "words? One pass may be too short."
    )


def _all_but_padding(x, first=0):
    """Turn words and end round, and the start with them if first is 0."""
    turned = x.clone()
    for row in turned:
        n = (row != PAD).sum()
        row[first:n] = row[first:n].flip(0)
    return turned


def _but_start(x):
    """Turn everything behind the start round, padding and all."""
    return torch.cat([x[:, :1], x[:, 1:].flip(1)], dim=1)


def _held_out(x):
    """Whether x are the grammar's held-out sentences, or real captions."""
    if x.max() >= MANY:
        return True
    sentences = captions(real=False, quiet=True)
    words = Vocabulary(sentences.train, min_count=3)
    known = words.encode(sentences.test, x.shape[1])
    return torch.equal(x.long(), known)


outcome("backwards", _backwards_problem)
