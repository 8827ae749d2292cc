"""Checks of lesson 21."""

import functools

import torch

from course_utils.checks.core import CHECKS, check, outcome
from course_utils.checks.handing import listed
from course_utils.datasets.captions import Vocabulary, captions
from course_utils.datasets.grammar import PLACES, PLURAL
from course_utils.measures.splicing import hide_first
from course_utils.models.attention import Block
from course_utils.models.dictionary import sparse_code as _sparse_code


def _kept(keep, turn=torch.relu):
    """Return a sparse code by another rule of what is kept: keep(a, k)."""
    return lambda h, encoder, bias, k: keep(turn((h - bias) @ encoder.T), k)


def _few(a, k, dim=1, largest=True):
    """Keep the k largest of each row, 0 elsewhere, with some knobs turned."""
    places = a.topk(k, dim, largest).indices
    return torch.zeros_like(a).scatter(dim, places, a.gather(dim, places))


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
    skip=("device",),  # the lesson's states are on the CPU
    slips={
        "The bias is not used: take it off the states first.": (
            lambda h, encoder, bias, k: sparse_code(h, encoder, 0 * bias, k)
        ),
        "The bias is a state, not a code: take it off before the product.": (
            lambda h, encoder, bias, k: _few((h @ encoder.T - bias).relu(), k)
        ),
        "The encoder must be transposed: it has a row for each latent, so "
        "`@ encoder.T`.": lambda h, encoder, bias, k: (h - bias) @ encoder,
        "The ReLU is missing: no latent may be below 0.": _kept(
            _few, turn=lambda a: a
        ),
        "All latents above 0 are kept; only the k largest of each state "
        "stay.": _kept(lambda a, k: a),
        "These are the k smallest of each state.": _kept(
            lambda a, k: _few(a, k, largest=False)
        ),
        "The k-th itself is lost: `>=`, not `>`.": _kept(
            lambda a, k: a * (a > a.topk(k, 1).values[:, -1:])
        ),
        "That keeps the k largest of each latent, over the states; look "
        "along `dim=1`.": _kept(lambda a, k: _few(a, k, dim=0)),
        "Ones were written into the code; the values themselves belong "
        "there.": _kept(
            lambda a, k: torch.zeros_like(a).scatter(
                1, a.topk(k, 1).indices, 1.0
            )
        ),
        "The k values came back alone; the code keeps its shape, with 0 "
        "elsewhere.": _kept(lambda a, k: a.topk(k, 1).values),
    },
)
def sparse_code(h, encoder, bias, k):
    """States (B, W), encoder (M, W), bias (W,) -> code (B, M), k active."""
    return _sparse_code(h, encoder, bias, k)


def _codes(count, latents, dead, rare=(), weak=(), late=()):
    """Return codes: latents that never fire, fire once, weakly, or late.

    Each but the dead fires in one of the last states, for sure.
    """
    codes = torch.rand(count, latents) * (torch.rand(count, latents) < 0.4)
    codes[:, list(rare)] = 0
    codes[:, list(weak)] *= 0.01
    codes[:20, list(late)] = 0
    last = count - 1 - torch.arange(latents) % count
    codes[last, torch.arange(latents)] = 0.01
    codes[:, list(dead)] = 0
    return (codes,)


def _where(mask):
    return mask.nonzero().flatten()


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
    if any(not 0 <= n < codes.shape[1] for n in named):
        return f"The latents go from 0 to {codes.shape[1] - 1}."
    if alive := [int(n) for n in named if n not in dead]:
        times = int((codes[:, alive[0]] > 0).sum())
        return f"Latent {alive[0]} is in your list, but it fires ({times} ×)."
    if missed := [n for n in dead if n not in named]:
        return f"Latent {missed[0]} never fires; it is not in your list."
    return "A latent stands in your list more than once, or in another order."


@check(
    cases=lambda: [
        _codes(6, 9, (2, 7), (4,)),
        _codes(60, 8, (0, 3, 7), (1, 5), (2,), (4,)),
        _codes(5, 6, ()),
        _codes(1200, 6, (3,), (0, 5)),  # some fire in less than 1 of 1,000
    ],
    skip=("device",),  # the lesson's codes are on the CPU
    view=listed,
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
        "You return a True or False for each latent; the numbers of the dead "
        "are wanted: `nonzero`.": lambda codes: (codes == 0).all(dim=0),
        "That runs along the latents: it finds states in which nothing "
        "fires. Look over the states, `dim=0`.": lambda codes: _where(
            (codes == 0).all(dim=1)
        ),
        "Only the first 20 states are looked at, as the colleague did: look "
        "at all.": lambda codes: _where((codes[:20] == 0).all(dim=0)),
    },
)
def dead_latents(codes):
    """Codes of many states (N, M) -> numbers of latents that never fire."""
    return _where((codes <= 0).all(dim=0))


def _right(fires, fact):
    """Count the right alarms of each latent."""
    return (fires & fact[:, None]).sum(dim=0)


def _twice_by(below):
    """Return F1 with something else below: below(alarms of each, fact)."""

    def score(fires, fact):
        return 2 * _right(fires, fact) / below(fires.sum(dim=0), fact)

    return score


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


def _no_facts():
    fires, fact = _facts(20, 6)
    return fires, fact & False


NOTHING_BY_NOTHING = (
    "It holds NaN, 0 / 0: a latent that never fires, or never rightly, has "
    "F1 = 0, also where a fact is never true."
)


def _beside_nan(answer, fires, fact):
    """Name a slip whose numbers agree wherever there is no NaN, 0 / 0."""
    if not torch.is_tensor(answer):
        return None
    if answer.shape == fact.shape:
        return (
            "A number for each sentence came back: count over the sentences, "
            "`dim=0`."
        )
    if answer.shape != fires.shape[1:]:
        return None
    there = ~answer.isnan()
    for message, slip in CHECKS["name_scores"].slips.items():
        mine, its = answer[there].double(), slip(fires, fact)[there].double()
        if mine.any() and torch.allclose(mine, its, atol=1e-4):
            return message
    return None if there.all() else NOTHING_BY_NOTHING


@check(
    cases=lambda: [_facts(40, 5), _facts(60, 7), _no_facts()],
    skip=("one", "device"),  # the lesson's codes are on the CPU
    view=listed,
    why=_beside_nan,
    slips={
        "That is the precision: of the sentences where it fires, how many "
        "have the fact. F1 wants the recall, too.": lambda fires, fact: (
            _right(fires, fact) / fires.sum(dim=0).clamp(min=1)
        ),
        "That is the recall: of the sentences with the fact, where it fires. "
        "F1 wants the precision, too.": lambda fires, fact: (
            _right(fires, fact) / fact.sum().clamp(min=1)
        ),
        "That is the accuracy. A latent that never fires is right wherever "
        "the fact is missing.": lambda fires, fact: (
            (fires == fact[:, None]).float().mean(dim=0)
        ),
        "The factor 2 is missing on top: a perfect latent has F1 = 1.": (
            lambda fires, fact: name_scores(fires, fact) / 2
        ),
        "That counts the right ones once (the overlap by the union); F1 "
        "counts them twice, above and below.": lambda fires, fact: (
            _right(fires, fact)
            / (fires | fact[:, None]).sum(dim=0).clamp(min=1)
        ),
        "All sentences were counted below; count those in which the fact is "
        "true.": _twice_by(lambda alarms, fact: alarms + len(fact)),
        "Below stand the alarms of all latents; each has its own: "
        "`sum(dim=0)`.": _twice_by(
            lambda alarms, fact: (alarms.sum() + fact.sum()).clamp(min=1)
        ),
        "The 1 below is added to all; it should only stand where there would "
        "be 0.": _twice_by(lambda alarms, fact: alarms + fact.sum() + 1),
    },
)
def name_scores(fires, fact):
    """Where latents fire (N, M), where a fact is true (N,) -> F1 (M,)."""
    score = _twice_by(lambda alarms, fact: (alarms + fact.sum()).clamp(min=1))
    return score(fires, fact)


SMALL = 100  # a direction so short says nothing of how numbers are spread


def _beyond(value, middle, chance):
    """Return a value where it is further from the middle than by chance."""
    return value if abs(value - middle) > chance else middle


def _seen(found, direction):
    """See a random direction's length, where it points, how it is spread."""
    found = torch.as_tensor(found).double()
    direction = torch.as_tensor(direction).double()
    length = found.norm()
    seen = {
        "Each draw should have the length of `direction`: divide by the "
        "length of what was drawn. See its length over `direction`'s.": (
            length / direction.norm()
        ),
    }
    if len(direction) < SMALL:
        return seen
    cosine = found @ direction / length / direction.norm()
    spread = found.abs().mean() / found.std(unbiased=False)
    return seen | {
        "It should stand at a right angle to `direction`, nearly (the "
        "cosine).": _beyond(cosine, 0.0, 0.2),
        "Its numbers should be those of `randn` (mean absolute value by "
        "standard deviation).": _beyond(spread, 0.8, 0.1),
    }


def _directions():
    """Return long directions, and short ones; seed 0 draws none of them."""
    draw = torch.Generator().manual_seed(54321)

    def randn(count):
        return torch.randn(count, generator=draw)

    long = [0.35 * randn(600) + 0.35, randn(800) ** 3]
    return [(d,) for d in (*long, randn(8), 3 * randn(5), randn(13) + 2)]


def _unit(direction, draw=torch.randn_like):
    other = draw(direction)
    return other / other.norm()


@check(
    cases=_directions,
    see=_seen,
    skip=("one", "far", "device"),  # the lesson's directions: on the CPU
    slips={
        "That is the colleague's: its length is the root of W, whatever "
        "`direction` is.": torch.randn_like,
        "It is multiplied by the length, but was not brought to length 1 "
        "before.": lambda direction: (
            torch.randn_like(direction) * direction.norm()
        ),
        "It has length 1; it needs the length of `direction`.": _unit,
        "`rand` is never below 0, so all directions look the same way: "
        "`randn`.": lambda direction: (
            _unit(direction, torch.rand_like) * direction.norm()
        ),
        "The length is right on average only: divide by the length of what "
        "was drawn, not by the root of W.": lambda direction: (
            torch.randn_like(direction)
            * direction.norm()
            / len(direction) ** 0.5
        ),
        "Two vectors were drawn: divide by the length of the same one.": (
            lambda direction: (
                torch.randn_like(direction)
                / torch.randn_like(direction).norm()
                * direction.norm()
            )
        ),
    },
)
def random_like(direction):
    """A direction (W,) -> a random direction (W,) of the same length."""
    return _unit(direction) * direction.norm()


PLURALS_AT_LEAST, PLACES_AT_LEAST = 0.15, 0.25
AS_RANDOM = 0.04  # random pushes of 6 bring 0.01 to 0.03
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


def _scores_at(function, x, places, size):
    """Return scores at one place of each sentence (N, V), or a problem."""
    words, blocks = [], []

    def note(module, given, result):
        """Keep copies: what is there may be written to afterwards."""
        if isinstance(module, torch.nn.Embedding):
            words.append(given[0].cpu().clone())
        elif isinstance(module, Block):
            copies = (t.detach().cpu().clone() for t in (given[0], result))
            blocks.append((module, *copies))

    hook = torch.nn.modules.module.register_module_forward_hook(note)
    try:
        with torch.no_grad():
            scores = function(x.clone())
    finally:
        hook.remove()
    scores = None if scores is None else torch.as_tensor(scores).cpu().float()
    if scores is None or scores.shape != (*x.shape, size):
        got = "None" if scores is None else tuple(scores.shape)
        return FORM.format(size=size) + (
            f" For sentences {tuple(x.shape)} it returned {got}."
        )
    if not scores.isfinite().all():
        return "The scores hold NaN or infinity."
    rows = [w for w in words if w.shape == x.shape]
    if rows and not any(torch.equal(row, x) for row in rows):
        return (
            "The filler read other words than those given. Leave the "
            "sentences as they are, and push the states."
        )
    if blocks and not _pushed_between(blocks):
        return (
            "The states were not pushed between the two blocks: "
            "`filler.finish(h, x, 1)` goes on from there."
        )
    return scores[torch.arange(len(x)), places]


def _pushed_between(blocks):
    """Say whether the second block ran last, on other states than it would.

    blocks: each that ran, with what went into it and what came out.
    """
    first, (last, given, _) = blocks[0][0], blocks[-1]
    came_out = [out for block, _, out in blocks if block is first]
    return last is not first and not any(
        out.shape == given.shape and out.allclose(given) for out in came_out
    )


def _plural_problem(function):
    """Say what a filler pushed towards plurals gets wrong, or nothing."""
    vocabulary, hidden = _hidden_words()
    if not callable(function):
        return FORM.format(size=len(vocabulary)) + " Hand in the function."
    scores = {}
    for name, (x, places, _) in hidden.items():
        scores[name] = _scores_at(function, x, places, len(vocabulary))
        if isinstance(scores[name], str):
            return scores[name]
    chances = scores["being"]
    if chances.min() >= 0 and (chances.sum(dim=1) - 1).abs().max() < 1e-3:
        return "Those are probabilities; return the scores, before softmax."
    means = chances.softmax(dim=1).mean(dim=0)
    plurals = [vocabulary.index[word] for word in PLURAL.values()]
    named = scores["place"].argmax(dim=1) == hidden["place"][2]
    return _too_weak_or_strong(
        means[plurals].sum().item(), named.float().mean().item()
    )


def _too_weak_or_strong(many, named):
    """Name the way in which a push misses: many and named are shares."""
    found = (
        f"At the blank of a being a plural has a probability of {many:.3f}; "
        f"at least {PLURALS_AT_LEAST} is wanted. "
    )
    others = (
        f"Hidden words for places are named right in {named:.3f} of the "
        f"sentences; at least {PLACES_AT_LEAST} is wanted. "
    )
    if many < PLURALS_AT_LEAST and named < PLACES_AT_LEAST:
        return f"{found}{others}Look for a better direction. " + (
            "Or is its sign wrong, or the push far too strong?"
        )
    if many < AS_RANDOM:
        return found + (
            "A random push brings as much. Are direction and sign right? Then "
            "push more."
        )
    if many < PLURALS_AT_LEAST:
        return found + "The way is right: push more."
    if named < PLACES_AT_LEAST:
        return others + "The push breaks other words, too: push less."
    return None


outcome("plural", _plural_problem)
