"""Checks of lesson 14: the loss, the mean, a code, sentences turned round."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_utils.checks.core import check, mutants, outcome
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
        },
    )
    | {
        "The scores of padding were set to zero; that still costs log V. "
        "Mask the nats instead.": lambda scores, x: _nats(
            scores * (x[:, 1:] != PAD)[:, :, None], x[:, 1:]
        ).sum(dim=1)
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
            "The strongest was kept; the mean is wanted.": {
                "total": lambda h, keep: h.masked_fill(~keep, -torch.inf).amax(
                    dim=1
                ),
                "count": lambda keep: 1,
            },
        },
    )
    | {
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


def _coded(width, hidden, latent_dim, x):
    lstm = remembering_lstm(width, hidden)
    to_code = nn.Linear(2 * hidden, latent_dim)
    return lstm, to_code, torch.randn(*x.shape, width), x


@check(
    cases=lambda: [
        _coded(4, 6, 5, _sentences([3, 1, 5], 9, 9)),
        _coded(3, 7, 2, _sentences([2, 4], 8, 7)),
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
    x, written = (torch.as_tensor(part).cpu() for part in pair)
    if x.shape != written.shape or x.ndim != 2 or not len(x):
        return (
            "Both must be tables of ids, (N, T); got "
            f"{tuple(x.shape)} and {tuple(written.shape)}."
        )
    if written.is_floating_point():
        return "Those are scores or codes; ids are wanted: `decode`."
    if not (x[:, 0] == START).all():
        return "The first of the two must be `x_test` as it is."
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
    if share(_all_but_padding(x)) > 0.3:
        return "Start and end are turned, too; only the words should be."
    words = (written == wanted)[x > END].float().mean().item()
    return (
        f"{done:.0%} of the sentences are right, {goal:.0%} are wanted "
        f"({words:.0%} of the words). Does the encoder know the order of the "
        "words? One pass may be too short."
    )


def _all_but_padding(x):
    """Turn start, words and end round."""
    turned = x.clone()
    for row in turned:
        n = (row != PAD).sum()
        row[:n] = row[:n].flip(0)
    return turned


outcome("backwards", _backwards_problem)
