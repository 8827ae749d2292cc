"""Checks of lesson 21."""

import functools

import torch

from course_utils.checks.comparing import short
from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets.captions import Vocabulary, captions
from course_utils.datasets.grammar import PLACES, PLURAL
from course_utils.measures.splicing import hide_first
from course_utils.models.dictionary import sparse_code as _sparse_code


def _few(a, k, dim=1, largest=True, more=0, by=None):
    """Keep the k largest of each row, 0 elsewhere, with some knobs turned."""
    places = (by(a) if by else a).topk(k + more, dim, largest).indices
    return torch.zeros_like(a).scatter(dim, places, a.gather(dim, places))


def _coded(
    h,
    encoder,
    bias,
    k,
    center=lambda h, bias: h - bias,
    rows=lambda encoder: encoder,
    turn=torch.relu,
    keep=_few,
):
    """Return the code of some states, with some knobs turned."""
    return keep(turn(center(h, bias) @ rows(encoder).T), k)


def _batch_edge(a, k, each=True):
    edge = a.flatten().topk(k * len(a) if each else k).values.min()
    return a * (a >= edge)


def _dictionary(count, width, latents, k, low=0.0):
    """Return states, an encoder and a bias; low: fewer latents above 0."""
    bias, encoder = torch.randn(width), torch.randn(latents, width)
    h = torch.randn(count, width)
    if low:  # most latents look away from all states
        h[:, 0], encoder[:, 0] = 3, encoder[:, 0] - low
    return h + bias, encoder, bias, k


@check(
    cases=lambda: [
        _dictionary(5, 6, 12, 3),
        _dictionary(7, 4, 9, 2),
        _dictionary(6, 5, 8, 4, low=3.0),
    ],
    learns=("h", "encoder", "bias"),
    slips=mutants(
        _coded,
        {
            "The bias is not used: take it off the states first.": {
                "center": lambda h, bias: h
            },
            "The bias is added; take it off the states.": {
                "center": lambda h, bias: h + bias
            },
            "The states' own mean was taken off; the bias is wanted.": {
                "center": lambda h, bias: h - h.mean(dim=0)
            },
            "Each state lost the mean of its own numbers; the bias is "
            "wanted.": {
                "center": lambda h, bias: h - h.mean(dim=1, keepdim=True)
            },
            "The ReLU was put on the states; it belongs to the code, after "
            "the product.": {
                "center": lambda h, bias: (h - bias).relu(),
                "turn": lambda a: a,
            },
            "The ReLU is missing: no latent may be below 0.": {
                "turn": lambda a: a
            },
            "The ReLU became an absolute value: a latent below 0 is off.": {
                "turn": torch.abs
            },
            "It keeps the largest without their signs: a latent below 0 is "
            "off.": {
                "turn": lambda a: a,
                "keep": lambda a, k: _few(a, k, by=torch.abs),
            },
            "The rows of the encoder were brought to length 1; use them as "
            "they are.": {"rows": lambda e: e / e.norm(dim=1, keepdim=True)},
            "All latents above 0 are kept; only the k largest of each state "
            "stay.": {"keep": lambda a, k: a},
            "These are the k smallest of each state.": {
                "keep": lambda a, k: _few(a, k, largest=False)
            },
            "One more than k is kept.": {
                "keep": lambda a, k: _few(a, k, more=1)
            },
            "The k-th itself is lost: `>=`, not `>`.": {
                "keep": lambda a, k: a * (a > a.topk(k, 1).values[:, -1:])
            },
            "That keeps the k largest of each latent, over the states; look "
            "along `dim=1`.": {"keep": lambda a, k: _few(a, k, dim=0)},
            "Only k of the whole batch are kept; every state keeps its own "
            "k.": {"keep": lambda a, k: _batch_edge(a, k, each=False)},
            "It looks for the largest of the whole batch: every state keeps "
            "its own k.": {"keep": _batch_edge},
            "Keep the values as they are: do not subtract the edge.": {
                "keep": lambda a, k: (a - a.topk(k, 1).values[:, -1:]).relu()
            },
            "The values are lost: keep them, not ones.": {
                "keep": lambda a, k: (_few(a, k) > 0).float()
            },
            "The k values came back alone; the code keeps its shape, with 0 "
            "elsewhere.": {"keep": lambda a, k: a.topk(k, 1).values},
            "The places came back; the code holds the values there.": {
                "keep": lambda a, k: a.topk(k, 1).indices
            },
            "k is written out as 3: use the argument.": {
                "keep": lambda a, k: _few(a, 3)
            },
        },
    )
    | {
        "The encoder must be transposed: it has a row for each latent, so "
        "`@ encoder.T`.": lambda h, encoder, bias, k: _few(
            ((h - bias) @ encoder).relu(), k
        ),
        "The bias is a state, not a code: take it off before the product.": (
            lambda h, encoder, bias, k: _few((h @ encoder.T - bias).relu(), k)
        ),
        "That is the copy: stop at the code.": (
            lambda h, encoder, bias, k: (
                _coded(h, encoder, bias, k) @ encoder + bias
            )
        ),
    },
)
def sparse_code(h, encoder, bias, k):
    """States (B, W), encoder (M, W), bias (W,) -> code (B, M), k active."""
    return _sparse_code(h, encoder, bias, k)


def _codes(count, latents, dead, rare=(), weak=()):
    """Return codes: some latents never fire, some once, some weakly."""
    codes = torch.rand(count, latents) * (torch.rand(count, latents) < 0.4)
    codes[:, list(rare)] = 0
    codes[:, list(weak)] *= 0.1
    codes[torch.arange(latents) % count, torch.arange(latents)] = 0.1
    codes[:, list(dead)] = 0
    return (codes,)


def _where(mask):
    return mask.nonzero().flatten()


def _listed(answer):
    """Return a list, set or range of numbers as a tensor, if it is one."""
    if isinstance(answer, set | range):
        answer = sorted(answer)
    try:
        return torch.as_tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        return answer


def _living_or_missed(answer, codes):
    """Name a latent that is wrongly in a list of the dead, or not in it."""
    if isinstance(answer, tuple):
        return (
            "A tuple came back: `torch.where` and `nonzero(as_tuple=True)` "
            "give one tensor for each axis. Take the first, `[0]`."
        )
    if not torch.is_tensor(answer) or answer.ndim != 1:
        return None
    dead, named = _where((codes == 0).all(dim=0)).tolist(), answer.tolist()
    if strange := [n for n in named if not 0 <= n < codes.shape[1]]:
        return (
            f"{strange[0]} is no latent: they go from 0 to "
            f"{codes.shape[1] - 1}."
        )
    if alive := [int(n) for n in named if n not in dead]:
        times = int((codes[:, alive[0]] > 0).sum())
        return f"Latent {alive[0]} is in your list, but it fires ({times} ×)."
    if missed := [n for n in dead if n not in named]:
        return f"Latent {missed[0]} never fires; it is not in your list."
    return "A latent stands in your list more than once, or in another order."


@check(
    cases=lambda: [
        _codes(6, 9, (2, 7), (4,)),
        _codes(20, 8, (0, 3, 7), (1, 5), (2,)),
        _codes(5, 6, ()),
    ],
    view=_listed,
    why=_living_or_missed,
    slips={
        "Those are the latents that fire; the others are wanted.": (
            lambda codes: _where((codes > 0).any(dim=0))
        ),
        "Those are off for some state; dead is off for all.": lambda codes: (
            _where((codes == 0).any(dim=0))
        ),
        "You return how many; which ones is wanted.": lambda codes: (
            (codes == 0).all(dim=0).sum()
        ),
        "You return how many fire; which ones do not is wanted.": (
            lambda codes: (codes > 0).any(dim=0).sum()
        ),
        "You return a True or False for each latent; the numbers of the dead "
        "are wanted: `nonzero`.": lambda codes: (codes == 0).all(dim=0),
        "You return how often each latent fires; the numbers of those that "
        "never do are wanted.": lambda codes: (codes > 0).sum(dim=0),
        "A column came back, (…, 1): `nonzero` gives a row for each number "
        "found. Flatten it.": lambda codes: (codes == 0).all(dim=0).nonzero(),
        "That runs along the latents: it finds states in which nothing "
        "fires. Look over the states, `dim=0`.": lambda codes: _where(
            (codes == 0).all(dim=1)
        ),
        "Only the first state is looked at: a latent may wait for another.": (
            lambda codes: _where(codes[0] == 0)
        ),
        "Only the last state is looked at: a latent may wait for another.": (
            lambda codes: _where(codes[-1] == 0)
        ),
        "A latent that fires once is alive.": lambda codes: _where(
            (codes > 0).sum(dim=0) <= 1
        ),
        "A latent that fires weakly is alive: compare with 0.": (
            lambda codes: _where(codes.amax(dim=0) <= 0.1)
        ),
        "The places of all zeros came back; dead is 0 for every state.": (
            lambda codes: (codes == 0).nonzero()
        ),
        "Only one is named: there may be several, or none.": lambda codes: (
            codes.sum(dim=0).argmin()
        ),
    },
)
def dead_latents(codes):
    """Codes of many states (N, M) -> numbers of latents that never fire."""
    return _where((codes <= 0).all(dim=0))


def _counts(fires, fact):
    """Right alarms, false alarms and what is missed, for each latent."""
    fires, fact = fires.float(), fact.float()
    right = fact @ fires
    return right, fires.sum(dim=0) - right, fact.sum() - right


def _f1(
    fires,
    fact,
    twice=2,
    false=1,
    missed=1,
    top=2,
    floor=1.0,
    which=lambda fires: fires,
):
    """Return F1 from the counts, with some knobs turned."""
    right, wrong, lost = _counts(which(fires), fact)
    below = twice * right + false * wrong + missed * lost
    return top * right / below.clamp(min=floor)


def _parts(fires, fact, join):
    """Join precision and recall to one number."""
    right, wrong, lost = _counts(fires, fact)
    precision = right / (right + wrong).clamp(min=1)
    return join(precision, right / (right + lost).clamp(min=1))


def _unguarded(fires, fact):
    right, wrong, lost = _counts(fires, fact)
    precision, recall = right / (right + wrong), right / (right + lost)
    return 2 * precision * recall / (precision + recall)


def _agree(fires, fact):
    return (fires == fact[:, None]).float().mean(dim=0)


def _facts(count, latents):
    """Return latents of which one never fires and one never fires right."""
    fact = torch.rand(count) < 0.3
    fact[:3] = torch.tensor([True, True, False])
    noise = torch.rand(count, latents)
    fires = torch.where(fact[:, None], noise < 0.7, noise < 0.2)
    fires[0, :], fires[2, :] = True, True
    fires[:, 1] = False
    fires[:, 3] &= ~fact
    fires[:, 0] = fact
    return fires, fact


@check(
    cases=lambda: [_facts(40, 5), _facts(60, 7)],
    skip=("one",),
    slips={
        "That is the precision: of the sentences where it fires, how many "
        "have the fact. F1 wants the recall, too.": (
            lambda fires, fact: _parts(fires, fact, lambda p, r: p)
        ),
        "That is the recall: of the sentences with the fact, where it fires. "
        "F1 wants the precision, too.": (
            lambda fires, fact: _parts(fires, fact, lambda p, r: r)
        ),
        "That is the accuracy. A latent that never fires is right wherever "
        "the fact is missing.": _agree,
        "That is the mean of precision and recall; F1 is 2PR / (P + R).": (
            lambda fires, fact: _parts(fires, fact, lambda p, r: (p + r) / 2)
        ),
        "That is the root of precision times recall; F1 is 2PR / (P + R).": (
            lambda fires, fact: _parts(
                fires, fact, lambda p, r: (p * r).sqrt()
            )
        ),
        "That is precision times recall; F1 is 2PR / (P + R).": (
            lambda fires, fact: _parts(fires, fact, lambda p, r: p * r)
        ),
        "The factor 2 is missing on top: a perfect latent has F1 = 1.": (
            lambda fires, fact: _f1(fires, fact, top=1)
        ),
        "Precision and recall were added below, and only one stands on top: "
        "2PR / (P + R).": lambda fires, fact: _parts(
            fires, fact, lambda p, r: 2 * p / (p + r).clamp(min=1e-9)
        ),
        "That counts the right ones once (the overlap by the union); F1 "
        "counts them twice, above and below.": lambda fires, fact: _f1(
            fires, fact, twice=1, top=1
        ),
        "The false alarms are not counted.": lambda fires, fact: _f1(
            fires, fact, false=0
        ),
        "What is missed is not counted.": lambda fires, fact: _f1(
            fires, fact, missed=0
        ),
        "That is the number of right ones; a share is wanted.": (
            lambda fires, fact: _counts(fires, fact)[0]
        ),
        "That is the share of all sentences in which both are true; F1 does "
        "not count the sentences in which neither is.": lambda fires, fact: (
            _counts(fires, fact)[0] / len(fact)
        ),
        "Silence was scored: that is the F1 of not firing.": (
            lambda fires, fact: _f1(fires, fact, which=torch.logical_not)
        ),
        "It holds NaN, 0 / 0: a latent that never fires, or never rightly, "
        "has F1 = 0.": _unguarded,
        "One number for all latents: each has its own F1.": (
            lambda fires, fact: _f1(fires, fact).mean()
        ),
        "The best alone came back: each latent has its own F1.": (
            lambda fires, fact: _f1(fires, fact).max()
        ),
        "The counts run over the latents of each sentence; a latent's run "
        "over the sentences, `dim=0`.": lambda fires, fact: (
            2
            * (fires & fact[:, None]).sum(dim=1)
            / (fires.sum(dim=1) + fact).clamp(min=1)
        ),
    },
)
def name_scores(fires, fact):
    """Where latents fire (N, M), where a fact is true (N,) -> F1 (M,)."""
    return _f1(fires, fact)


def _seen(found, direction):
    """See a random direction's length, where it points, how it is spread."""
    found, direction = found.double(), direction.double()
    length = found.norm()
    return {
        "Its length should be that of `direction` (in units of it).": (
            length / direction.norm()
        ),
        "It should stand at a right angle to `direction`, nearly (the "
        "cosine).": found @ direction / length / direction.norm(),
        "Its numbers should be as often below 0 as above it (mean by "
        "standard deviation).": found.mean() / found.std(unbiased=False),
        "Its numbers should be spread as those of a bell (mean absolute "
        "value by standard deviation).": (
            found.abs().mean() / found.std(unbiased=False)
        ),
    }


def _random(
    direction,
    draw=torch.randn_like,
    unit=lambda r: r / r.norm(),
    size=torch.norm,
):
    """Return a random direction, with some knobs turned."""
    return unit(draw(direction)) * size(direction)


def _one(direction):
    return torch.ones((), device=direction.device)


@check(
    cases=lambda: [
        (0.4 * torch.randn(20_000) + 0.2,),
        (torch.randn(30_000) ** 3,),
    ],
    see=_seen,
    skip=("one", "far"),
    slips=mutants(
        _random,
        {
            "That is the colleague's: its length is the root of W, whatever "
            "`direction` is.": {"unit": lambda r: r, "size": _one},
            "It is multiplied by the length, but was not brought to length 1 "
            "before.": {"unit": lambda r: r},
            "It has length 1; it needs the length of `direction`.": {
                "size": _one
            },
            "It has the squared length: multiply by the norm itself.": {
                "size": lambda d: d.square().sum()
            },
            "`rand` is never below 0, so all directions look the same way: "
            "`randn`.": {"draw": torch.rand_like},
            "Only signs were drawn; `randn` has all directions.": {
                "draw": lambda d: torch.randn_like(d).sign()
            },
            "Numbers were divided by their sum; the length is the root of "
            "the sum of squares, `norm()`.": {"unit": lambda r: r / r.sum()},
            "The length was taken from absolute values; it is the root of "
            "the sum of squares, `norm()`.": {
                "unit": lambda r: r / r.abs().sum(),
                "size": lambda d: d.abs().sum(),
            },
        },
    )
    | {
        "That is `direction` itself; nothing was drawn.": (
            lambda direction: direction.clone()
        ),
        "That is `direction` turned round; a random one is wanted.": (
            lambda direction: -direction
        ),
        "A random number was added to each of `direction`; draw a direction "
        "that knows nothing of it.": lambda direction: (
            direction + torch.randn_like(direction)
        ),
        "That is `direction` times random numbers.": lambda direction: (
            direction * torch.randn_like(direction)
        ),
    },
)
def random_like(direction):
    """A direction (W,) -> a random direction (W,) of the same length."""
    return _random(direction)


PLURALS_AT_LEAST, PLACES_AT_LEAST = 0.15, 0.25
FORM = (
    "`plural` takes sentences (B, 12) and returns the filler's scores for "
    "them, (B, 12, {size}), with the states pushed on the way."
)


@functools.cache
def _hidden_words():
    """Return the vocabulary, and held-out sentences with one word hidden.

    {"being" or "place": (sentences (N, 12), places (N,), words (N,))}; all
    sentences are about one being.
    """
    sentences = captions(real=False, quiet=True)
    vocabulary = Vocabulary(sentences.train, min_count=2)
    known = zip(sentences.test, sentences.test_facts, strict=True)
    rows = vocabulary.encode([w for w, f in known if f["number"] == "one"], 12)
    hidden = {}
    for name, words in (("being", PLURAL), ("place", set(PLACES) - {"river"})):
        numbers = [vocabulary.index[word] for word in words]
        hidden[name] = hide_first(rows, numbers)
    return vocabulary, hidden


def _scores_at(function, x, places):
    """Return a function's scores at one place of each sentence: (N, V)."""
    with torch.no_grad():
        scores = torch.as_tensor(function(x.clone())).detach().cpu()
    if scores.ndim != 3 or len(scores) != len(x):
        return scores
    return scores[torch.arange(len(x)), places].float()


def _plural_problem(function):
    """Say what a filler pushed towards plurals gets wrong, or nothing."""
    vocabulary, hidden = _hidden_words()
    size = len(vocabulary)
    if not callable(function):
        return FORM.format(size=size) + (
            f" Hand in the function; got {short(function)}."
        )
    scores = {}
    for name, (x, places, _) in hidden.items():
        scores[name] = _scores_at(function, x, places)
        if scores[name].shape != (len(x), size):
            return FORM.format(size=size) + (
                f" For {len(x)} sentences it returned another shape."
            )
        if not scores[name].isfinite().all():
            return "The scores hold NaN or infinity."
    chances = scores["being"]
    if chances.min() >= 0 and (chances.sum(dim=1) - 1).abs().max() < 1e-3:
        return "Those are probabilities; return the scores, before softmax."
    means = chances.softmax(dim=1).mean(dim=0)
    one, many = (
        means[[vocabulary.index[word] for word in words]].sum().item()
        for words in (PLURAL, PLURAL.values())
    )
    named = scores["place"].argmax(dim=1) == hidden["place"][2]
    return _too_weak_or_strong(
        one,
        many,
        named.float().mean().item(),
        vocabulary.words[means.argmax()],
    )


def _too_weak_or_strong(one, many, named, word):
    """Name the way in which a push misses: one, many, named are shares."""
    found = (
        f"At the blank of a being a plural has a probability of {many:.2f}; "
        f"at least {PLURALS_AT_LEAST} is wanted. "
    )
    others = (
        f"Hidden places are named right in {named:.2f} of the sentences; at "
        f"least {PLACES_AT_LEAST} is wanted. "
    )
    if many < PLURALS_AT_LEAST and named < PLACES_AT_LEAST:
        most = f"The blank reads “{word}” most often: "
        return f"{found}{others}{most}" + (
            "look for a better direction. Or is its sign wrong, or the push "
            "far too strong?"
        )
    if many < 0.01:
        return found + (
            "Nothing has moved that way: is the state pushed at all, in the "
            "right direction, with the right sign?"
        )
    if many < PLURALS_AT_LEAST:
        return found + "The way is right: push more."
    if named < PLACES_AT_LEAST:
        return others + "The push breaks other words, too: push less."
    return None


outcome("plural", _plural_problem)
