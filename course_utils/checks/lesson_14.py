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


def _loss(
    scores,
    x,
    keep=lambda x: x[:, 1:] != PAD,
    over=lambda nats, keep: (nats * keep).sum(dim=1),
):
    return over(_nats(scores, x[:, 1:]), keep(x))


@check(
    cases=lambda: [
        (torch.randn(3, 7, 9), _sentences([3, 1, 4], 8, 9)),
        (2 * torch.randn(2, 6, 7), _sentences([2, 4], 7, 7)),
    ],
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
            "The ids were used as weights; use `x[:, 1:] != 0`.": {
                "keep": lambda x: x[:, 1:]
            },
            "That is the mean over the words; the sum is wanted.": {
                "over": lambda n, keep: (n * keep).sum(1) / keep.sum(1)
            },
            "That is one mean over all words of the batch; a sum for each "
            "sentence is wanted.": {"over": lambda n, keep: n[keep].mean()},
            "That is one long row of real words: it no longer knows the "
            "sentences. Multiply by the mask, then sum over dim=1.": {
                "over": lambda n, keep: n[keep]
            },
        },
    )
    | {
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
    total=lambda h, keep: (h * keep).sum(dim=1),
    count=lambda keep: keep.sum(dim=1),
):
    keep = (x != PAD)[:, :, None]
    return total(h, keep) / count(keep)


@check(
    cases=lambda: [
        (torch.randn(3, 8, 4) + 0.5, _sentences([3, 1, 5], 8, 9)),
        (2 * torch.randn(2, 7, 5), _sentences([2, 4], 7, 7)),
    ],
    learns=("h",),
    slips=mutants(
        _mean,
        {
            "Padding is set to zero but still counted: divide by the number "
            "of real positions.": {"count": lambda keep: keep.shape[1]},
            "The sum is right; divide it by the number of real positions.": {
                "count": lambda keep: 1
            },
            "The sum runs over padding, too; only the division leaves it "
            "out.": {"total": lambda h, keep: h.sum(dim=1)},
            "Divide by each sentence's own number of positions, not by that "
            "of the whole batch.": {"count": lambda keep: keep.sum()},
            "The sum runs over the numbers of a vector; positions are "
            "dim=1.": {"total": lambda h, keep: (h * keep).sum(dim=2)},
        },
    )
    | {
        "The mean is over all positions: padding is counted.": (
            lambda h, x: h.mean(dim=1)
        ),
        "That is one mean for the batch; one for each sentence is wanted.": (
            lambda h, x: h[x != PAD].mean(dim=0)
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
    end=last_state,
    mean=lambda states, x, h: _mean(states, x),
    join=lambda end, mean: torch.cat([end, mean], dim=1),
):
    states = lstm(h)[0]
    return to_code(join(end(states, x), mean(states, x, h)))


def _coded(width, latent_dim, x):
    """Vectors and states are equally wide, so that they can be mixed up."""
    lstm = remembering_lstm(width, width)
    to_code = nn.Linear(2 * width, latent_dim)
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
            "The mean counts padding; `masked_mean` does not.": {
                "mean": lambda states, x, h: states.mean(dim=1)
            },
            "The state at the last position has read padding, too, and the "
            "mean counts padding.": {
                "end": lambda states, x: states[:, -1],
                "mean": lambda states, x, h: states.mean(dim=1),
            },
            "The mean is of the vectors h; the mean of the states is "
            "wanted.": {"mean": lambda states, x, h: _mean(h, x)},
            "The mean comes second: first the state after the end.": {
                "join": lambda end, mean: torch.cat([mean, end], dim=1)
            },
        },
    )
    | {
        "That is what goes into `to_code`, not the code.": (
            lambda lstm, to_code, h, x: _code(lstm, nn.Identity(), h, x)
        ),
    },
)
def lstm_code(lstm, to_code, h, x):
    """Vectors h (B, T, W) of sentences x (B, T) -> codes (B, Z)."""
    return _code(lstm, to_code, h, x)


WANTED, WANTED_REAL = 0.8, 0.3  # of the sentences must be right
MANY = 1000  # ids: then they are captions of people, which are harder


def turned_round(x, first=1, more=0):
    """Sentences (N, T) with their words from last to first.

    first, more: 0 turns the start, too; 1 the end.
    """
    turned = x.clone()
    for row in turned:
        n = 1 + (row > END).sum() + more
        row[first:n] = row[first:n].flip(0)
    return turned


def _backwards_problem(pair):
    """Say what is wrong with (sentences, what was written), or None."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        kind = type(pair).__name__
        return f"A pair is wanted, (x_test, what is written); got a {kind}."
    try:
        x, written = (torch.as_tensor(part).cpu() for part in pair)
    except (TypeError, ValueError, RuntimeError):
        return "Both must be tables of ids, (N, T), not words."
    if x.shape != written.shape or x.ndim != 2 or not len(x):
        return (
            "Both must be tables of ids, (N, T); got "
            f"{tuple(x.shape)} and {tuple(written.shape)}."
        )
    if not (x[:, 0] == START).all() or not _held_out(x):
        return (
            "The first of the two must be `x_test` as it is: all held-out "
            "sentences, not turned."
        )
    real, wanted = x != PAD, turned_round(x)

    def share(right):
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
    too_much = (
        x.flip(1),
        torch.cat([x[:, :1], x[:, 1:].flip(1)], dim=1),
        turned_round(x, 0, 1),
        turned_round(x, 1, 1),
    )
    if any(share(turned) > max(0.3, done) for turned in too_much):
        return (
            "More than the words is turned: start, words from last to first, "
            "end, padding."
        )
    words = (written == wanted)[x > END].float().mean().item()
    return (
        f"{done:.0%} of the sentences are right, {goal:.0%} are wanted "
        f"({words:.0%} of the words). Does the encoder know the order of the "
        "words? One pass may be too short."
    )


def _held_out(x):
    """Whether x are the grammar's held-out sentences, or real captions."""
    if x.max() >= MANY:
        return True
    sentences = captions(real=False, quiet=True)
    words = Vocabulary(sentences.train, min_count=3)
    known = words.encode(sentences.test, x.shape[1])
    return torch.equal(x.long(), known)


outcome("backwards", _backwards_problem)
