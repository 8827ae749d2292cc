"""Checks of lesson 21."""

import functools

import torch

from course_utils.checks.comparing import short
from course_utils.checks.core import CHECKS, check, mutants, outcome
from course_utils.checks.handing import listed
from course_utils.datasets.captions import Vocabulary, captions
from course_utils.datasets.grammar import PLACES, PLURAL
from course_utils.measures.splicing import hide_first
from course_utils.models.attention import Block
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


def _in_front(a, k):
    code = torch.zeros_like(a)
    code[:, :k] = a.topk(k, dim=1).values
    return code


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
    skip=("device",),  # the lesson's states are on the CPU
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
            "Ones were written into the code; the values themselves belong "
            "there.": {
                "keep": lambda a, k: torch.zeros_like(a).scatter(
                    1, a.topk(k, 1).indices, 1.0
                )
            },
            "The k were chosen without their signs: put the ReLU before "
            "`topk`.": {
                "turn": lambda a: a,
                "keep": lambda a, k: _few(a, k, by=torch.abs).relu(),
            },
            "A sigmoid stands where a ReLU belongs.": {"turn": torch.sigmoid},
            "These are the first k latents, not the k largest.": {
                "keep": lambda a, k: a * (torch.arange(a.shape[1]) < k)
            },
            "Only the largest is kept: use the argument k.": {
                "keep": lambda a, k: _few(a, 1)
            },
            "The k values came back alone; the code keeps its shape, with 0 "
            "elsewhere.": {"keep": lambda a, k: a.topk(k, 1).values},
            "The places came back; the code holds the values there.": {
                "keep": lambda a, k: a.topk(k, 1).indices
            },
            "k is written out as 3: use the argument.": {
                "keep": lambda a, k: _few(a, 3)
            },
            "k is written out as 4: use the argument.": {
                "keep": lambda a, k: _few(a, 4)
            },
            "The k values stand in the first k places; each belongs in its "
            "own.": {"keep": _in_front},
            "The k largest were thrown away; they are to be kept.": {
                "keep": lambda a, k: a - _few(a, k)
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
        "The bias was summed up: it is a state, take it off before the "
        "product.": lambda h, encoder, bias, k: _few(
            (h @ encoder.T - bias.sum()).relu(), k
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
        "Only the first 20 states are looked at, as the colleague did: look "
        "at all.": lambda codes: _where((codes[:20] == 0).all(dim=0)),
        "These are one too high: latents are counted from 0.": lambda codes: (
            _where((codes == 0).all(dim=0)) + 1
        ),
        "That is the share of the dead; which ones is wanted.": (
            lambda codes: (codes == 0).all(dim=0).float().mean()
        ),
        "A latent that fires once is alive.": lambda codes: _where(
            (codes > 0).sum(dim=0) <= 1
        ),
        "A latent that fires seldom is alive: compare its count with 0, not "
        "its share with a small number.": lambda codes: _where(
            (codes > 0).float().mean(dim=0) < 0.01
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


def _no_facts():
    fires, fact = _facts(20, 6)
    return fires, fact & False


def _by_what_is_there(answer, fires, fact):
    """Name a slip whose numbers agree in one case, where there is no NaN."""
    if not torch.is_tensor(answer):
        return None
    if answer.shape == fact.shape:
        return (
            "A number for each sentence came back: count over the sentences, "
            "`dim=0`."
        )
    if answer.ndim == 0:
        return "One number for all latents: each has its own F1."
    there = ~answer.isnan()
    for message, slip in CHECKS["name_scores"].slips.items():
        guess = slip(fires, fact)
        same_form = guess.shape == answer.shape and there.sum() > 2
        if same_form and torch.allclose(
            guess[there].double(), answer[there].double(), atol=1e-4
        ):
            return message
    return None


@check(
    cases=lambda: [_facts(40, 5), _facts(60, 7), _no_facts()],
    skip=("one",),
    view=listed,
    why=_by_what_is_there,
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
        "It holds NaN, 0 / 0: where a fact is never true and a latent never "
        "fires, F1 is 0.": lambda fires, fact: _f1(fires, fact, floor=0.0),
        "A latent that never fires has F1 = 0, not 1.": lambda fires, fact: (
            torch.where(fires.any(dim=0), _f1(fires, fact), 1.0)
        ),
        "`|` is true where one of both is; the right ones are where both "
        "are, `&`.": lambda fires, fact: (
            2
            * (fires | fact[:, None]).sum(dim=0)
            / (fires.sum(dim=0) + fact.sum()).clamp(min=1)
        ),
        "`==` also counts where both are False; the right ones are where "
        "both are True, `&`.": lambda fires, fact: (
            2
            * (fires == fact[:, None]).sum(dim=0)
            / (fires.sum(dim=0) + fact.sum()).clamp(min=1)
        ),
        "All sentences were counted below; count those in which the fact is "
        "true.": lambda fires, fact: (
            2 * _counts(fires, fact)[0] / (fires.sum(dim=0) + len(fact))
        ),
        "Below stand the alarms of all latents; each has its own: "
        "`sum(dim=0)`.": lambda fires, fact: (
            2
            * _counts(fires, fact)[0]
            / (fires.sum() + fact.sum()).clamp(min=1)
        ),
        "Brackets are missing below: the true ones are added to the quotient, "
        "not to the alarms.": lambda fires, fact: (
            2 * _counts(fires, fact)[0] / fires.sum(dim=0).clamp(min=1)
            + fact.sum()
        ),
        "Those are percent; a perfect latent has F1 = 1.": (
            lambda fires, fact: 100 * _f1(fires, fact)
        ),
        "Below, the true ones are missing: alarms + true ones.": (
            lambda fires, fact: (
                2 * _counts(fires, fact)[0] / fires.sum(dim=0).clamp(min=1)
            )
        ),
        "The 1 below is added to all; it should only stand where there would "
        "be 0.": lambda fires, fact: (
            2 * _counts(fires, fact)[0] / (fires.sum(dim=0) + fact.sum() + 1)
        ),
        "The number of the best latent came back; the F1 of each is wanted.": (
            lambda fires, fact: _f1(fires, fact).argmax()
        ),
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


SMALL = 100  # a direction so short says nothing of how numbers are spread
# A long one has some hundreds of numbers, so that a table of W x W may be
# drawn, too (a rotation). Chance alone stays within these bounds.
BY_CHANCE, SPREAD_BY_CHANCE = 0.2, 0.1


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
        "length of what was drawn (in units of the right one).": (
            length / direction.norm()
        ),
    }
    if len(direction) < SMALL:
        return seen
    deviation = found.std(unbiased=False)
    cosine = found @ direction / length / direction.norm()
    return seen | {
        "It should stand at a right angle to `direction`, nearly (the "
        "cosine).": _beyond(cosine, 0.0, BY_CHANCE),
        "Its numbers should be as often below 0 as above it (mean by "
        "standard deviation).": _beyond(
            found.mean() / deviation, 0.0, BY_CHANCE
        ),
        "Its numbers should be those of `randn` (mean absolute value by "
        "standard deviation).": _beyond(
            found.abs().mean() / deviation, 0.8, SPREAD_BY_CHANCE
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


def _alone(direction):
    """Return the one number of a direction that was drawn, else 0."""
    place = torch.randint(len(direction), (1,))
    return torch.zeros_like(direction).index_fill(0, place, 1.0)


def _directions():
    """Return long directions, and short ones; seed 0 draws none of them."""
    draw = torch.Generator().manual_seed(54321)

    def randn(count):
        return torch.randn(count, generator=draw)

    long = [0.35 * randn(600) + 0.35, randn(800) ** 3]
    return [(d,) for d in (*long, randn(8), 3 * randn(5), randn(13) + 2)]


def _one(direction):
    return torch.ones((), device=direction.device)


@check(
    cases=_directions,
    see=_seen,
    skip=("one", "far", "device"),  # the lesson's directions: on the CPU
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
            "The length is right on average only: divide by the length of "
            "what was drawn, not by the root of W.": {
                "unit": lambda r: r / len(r) ** 0.5
            },
            "Two vectors were drawn: divide by the length of the same one.": {
                "unit": lambda r: r / torch.randn_like(r).norm()
            },
            "Numbers with the standard deviation of `direction` have its "
            "length only about, and if its mean is 0: use `norm()`.": {
                "unit": lambda r: r,
                "size": torch.std,
            },
            "The ratio is upside down: times the length of `direction`, "
            "divided by that of what was drawn.": {
                "unit": lambda r: r * r.norm(),
                "size": lambda d: 1 / d.norm(),
            },
            "Squares were summed up without the root: `norm()`.": {
                "unit": lambda r: r / r.square().sum(),
                "size": lambda d: d.square().sum(),
            },
            "The largest number is not the length: `norm()`.": {
                "unit": lambda r: r / r.abs().max(),
                "size": lambda d: d.abs().max(),
            },
            "It has half the length.": {"unit": lambda r: r / r.norm() / 2},
            "It was divided by the length of `direction`: divide by its own, "
            "times that of `direction`.": {
                "unit": lambda r: r,
                "size": lambda d: 1 / d.norm(),
            },
            "It has length 1, about; it needs the length of `direction`.": {
                "unit": lambda r: r / len(r) ** 0.5,
                "size": _one,
            },
            "Only one of its numbers is not 0; `randn` has all directions.": {
                "draw": _alone
            },
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
        "That is `direction` itself, or nearly: draw one that knows nothing "
        "of it.": lambda direction: direction.clone(),
        "Those are the numbers of `direction` in another order; draw new "
        "ones.": lambda direction: direction.flip(0),
        "Those are the numbers of `direction` with random signs; draw new "
        "ones.": lambda direction: (
            direction * torch.randn_like(direction).sign()
        ),
        "Numbers with the mean and the standard deviation of `direction` are "
        "not at a right angle to it: draw with mean 0.": lambda direction: (
            torch.randn_like(direction) * direction.std() + direction.mean()
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


class _Seen:
    """Notes what goes into embeddings and blocks while it is entered."""

    def __enter__(self):
        self.words, self.blocks = [], []
        hook = torch.nn.modules.module.register_module_forward_hook
        self.hook = hook(self.note)
        return self

    def __exit__(self, *error):
        self.hook.remove()

    def note(self, module, given, result):
        """Keep copies: what is there may be written to afterwards."""
        if isinstance(module, torch.nn.Embedding):
            self.words.append(given[0].cpu().clone())
        elif isinstance(module, Block):
            copies = (t.detach().cpu().clone() for t in (given[0], result))
            self.blocks.append((id(module), *copies))

    def problem(self, x):
        """Say where states were not pushed, if a filler was asked at all."""
        rows = [w for w in self.words if w.shape == x.shape]
        if rows and not any(torch.equal(row, x) for row in rows):
            return (
                "The filler read other words than those given. Leave the "
                "sentences as they are, and push the states."
            )
        if not self.blocks:
            return None
        if not self.words:
            return (
                "The filler never read the sentences: push their own states, "
                "`filler.states(x, 1)`."
            )
        first, last = self.blocks[0][0], self.blocks[-1]
        if last[0] == first:
            return (
                "The second block did not run last: go on from the states "
                "between the blocks, `filler.finish(h, x, 1)`."
            )
        before = [out for name, _, out in self.blocks if name == first]
        pushed = not any(
            out.shape == last[1].shape and torch.allclose(out, last[1])
            for out in before
        )
        if pushed:
            return None
        twice = [out for out in before if out.shape == last[1].shape]
        if len(twice) > 1:
            return (
                "The first block ran twice: `filler.finish(h, x, 1)` goes on "
                "behind it."
            )
        return (
            "The second block got the states as the first one left them. "
            "Push between the two: `filler.finish(h, x, 1)` goes on from "
            "there."
        )


def _scores_at(function, x, places):
    """Return scores at one place of each sentence (N, V), or a problem."""
    with torch.no_grad(), _Seen() as seen:
        scores = function(x.clone())
    if scores is None:
        return "It returned None: is the `return` missing?"
    scores = torch.as_tensor(scores).detach().cpu()
    if scores.ndim != 3 or scores.shape[:2] != x.shape:
        return (
            f" For sentences {tuple(x.shape)} it returned "
            f"{tuple(scores.shape)}."
        )
    if problem := seen.problem(x):
        return problem
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
        found = scores[name] = _scores_at(function, x, places)
        if isinstance(found, str):
            is_form = found.startswith(" ")
            return FORM.format(size=size) * is_form + found
        if found.shape[1] != size:
            return FORM.format(size=size) + (
                f" It returned {found.shape[1]} numbers for each word."
            )
        if not found.isfinite().all():
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
        f"At the blank of a being a plural has a probability of {many:.3f}; "
        f"at least {PLURALS_AT_LEAST} is wanted. "
    )
    others = (
        f"Hidden words for places are named right in {named:.3f} of the "
        f"sentences; at least {PLACES_AT_LEAST} is wanted. "
    )
    if many < PLURALS_AT_LEAST and named < PLACES_AT_LEAST:
        most = f"The blank reads “{word}” most often: "
        return f"{found}{others}{most}" + (
            "look for a better direction. Or is its sign wrong, or the push "
            "far too strong?"
        )
    if many < 0.01:
        return found + (
            "Hardly anything has moved that way. Are direction and sign "
            "right? Then push more."
        )
    if many < AS_RANDOM:
        return found + (
            "A random push brings as much. Is the direction right? Then push "
            "more."
        )
    if many < PLURALS_AT_LEAST:
        return found + "The way is right: push more."
    if named < PLACES_AT_LEAST:
        return others + "The push breaks other words, too: push less."
    return None


outcome("plural", _plural_problem)
