"""Checks of lesson 15."""

import torch

from course_utils.checks.core import check, mutants, outcome


def _rows(
    z,
    library,
    k=1,
    scale=lambda a: a / a.norm(dim=1, keepdim=True),
    product=lambda a, b: a @ b.T,
    pick=lambda s, k: s.topk(k, dim=1).indices,
):
    """Return the nearest rows, with some knobs turned."""
    return pick(product(scale(z), scale(library)), k)


def _same(a):
    return a


def _by_sklearn(z, library, k=1):
    from sklearn.metrics.pairwise import cosine_similarity  # slow to import

    return torch.as_tensor(cosine_similarity(z, library)).topk(k).indices


def _wrong_rows(rows, z, library, k=1):
    """Show the first row that is wrong, with its cosine."""
    wanted = _rows(z, library, k)
    if getattr(rows, "shape", None) != wanted.shape:
        return None
    rows = torch.as_tensor(rows).long()
    if rows.min() < 0 or rows.max() >= len(library):
        return "There is no such row in `library`."
    if (rows.sort(dim=1).values == wanted.sort(dim=1).values).all():
        return "The right rows, in another order: most similar first."
    i, j = (rows != wanted).nonzero()[0].tolist()
    cosines = torch.cosine_similarity(z[i : i + 1], library)
    given, best = int(rows[i, j]), int(wanted[i, j])
    return (
        f"For code {i} you give row {given}, whose cosine is "
        f"{cosines[given]:.2f}; row {best} has {cosines[best]:.2f}. Is each "
        "code divided by its length, the root of its summed squares?"
    )


@check(
    oracle=_by_sklearn,  # also imports it before the clock runs
    why=_wrong_rows,
    cases=lambda: [
        (
            torch.randn(5, 3) + 0.3,
            torch.randn(40, 3) * torch.rand(40, 1) * 4 + 0.3,
            4,
        ),
        (torch.randn(3, 6), 3 * torch.randn(25, 6) * torch.rand(25, 1), 2),
    ],
    skip=("far",),
    slips=mutants(
        _rows,
        {
            "Those are plain products: long codes win. Divide each code by "
            "its length.": {"scale": _same},
            "Those are the least similar; the nearest has the largest "
            "cosine.": {
                "pick": lambda s, k: s.topk(k, dim=1, largest=False).indices
            },
            "Those are the similarities; the rows are wanted: `.indices`.": {
                "pick": lambda s, k: s.topk(k, dim=1).values
            },
            "The lengths run over the batch: each code has a length of its "
            "own, dim=1.": {"scale": lambda a: a / a.norm(dim=0)},
            "That is the smallest distance, not the largest cosine: long "
            "codes are far from short ones.": {
                "scale": _same,
                "product": lambda a, b: -torch.cdist(a, b),
            },
        },
    ),
)
def nearest(z, library, k=1):
    """Codes (B, Z) among codes (N, Z) -> rows (B, k), by cosine."""
    return _rows(z, library, k)


def _drawn(p):
    return torch.multinomial(p, 1)[:, 0]


def _shares(words, scores):
    """How often each word was drawn for either half of the rows.

    A share that chance explains counts as the probability.
    """
    half = len(scores) // 2
    words = torch.as_tensor(words).flatten().long()
    sentences = {}
    for part, rows in (("first", slice(half)), ("second", slice(half, None))):
        for word, p in enumerate(scores[rows][0].softmax(dim=0).tolist()):
            share = (words[rows] == word).float().mean().item()
            chance = 4.5 * (p * (1 - p) / half) ** 0.5
            sentences[
                f"Word {word} should come as often as its probability says, "
                f"in the {part} half of the rows."
            ] = p if abs(share - p) <= chance else share
    return sentences


def _two_kinds():
    first = torch.tensor([2.2, 0.2, -0.8, 1.2, 0.6, -torch.inf, 0.0])
    second = torch.tensor([-0.8, 0.6, 2.2, -torch.inf, 0.2, 0.0, 1.2])
    return torch.stack([first, second]).repeat_interleave(2000, dim=0)


def _odd_draws(attempt):
    """Say what shows with scores that are all alike, or large."""
    alike = torch.ones(50, 9)
    draws = [attempt(alike.clone()) for _ in range(6)]
    if not all(map(torch.is_tensor, draws)):
        return None
    if draws[0].shape == (50, 1):
        return "A column (B, 1) came back; (B,) is wanted: take its [:, 0]."
    if any(draw.shape != (50,) for draw in draws):
        return None
    all_one = all(len(draw.unique()) == 1 for draw in draws)
    if all_one and len({int(draw[0]) for draw in draws}) > 1:
        return (
            "One word was drawn for the whole batch; each row draws its own."
        )
    try:
        large = torch.as_tensor(attempt(alike + 1000))
    except RuntimeError:
        large = draws[0][:1]
    if not all_one and len(large.unique()) == 1:
        return (
            "With scores near 1000 exp overflows: softmax(dim=1) has a "
            "stable form."
        )
    return None


@check(
    cases=lambda: [(_two_kinds(),)],
    see=_shares,
    find=_odd_draws,
    tolerance=0.04,
    skip=("far",),
    slips={
        "That is still the likeliest word, each time: draw from the "
        "probabilities.": lambda scores: scores.argmax(dim=1),
        "Those are sigmoids: each word for itself. A softmax makes one choice "
        "of all.": lambda scores: _drawn(scores.sigmoid()),
        "The softmax is taken twice.": lambda scores: _drawn(
            scores.softmax(dim=1).softmax(dim=1)
        ),
        "The softmax runs over the batch: each row has its own choice, "
        "dim=1.": lambda scores: _drawn(scores.softmax(dim=0)),
        "Negative scores became 0: a word with a low score still has a "
        "probability. Take a softmax.": lambda scores: _drawn(scores.relu()),
    },
)
def choose(scores):
    """Scores (B, V), logits -> one drawn word for each row (B,)."""
    return _drawn(scores.softmax(dim=1))


WANTED = 0.8  # of the edits must succeed
FEWEST = 10  # edits to judge by


def _recoloured_problem(edit):
    """Say what came out of an edit of red into blue."""
    try:  # a dictionary or a table
        before, after = list(edit["before"]), list(edit["after"])
    except (KeyError, TypeError, IndexError):
        return 'It must be a dictionary {"before": texts, "after": texts}.'
    if not all(isinstance(text, str) for text in before + after):
        return "Texts are wanted, as `say` returns them: two lists of str."
    if len(before) < FEWEST or len(before) != len(after):
        return (
            "All sentences of `red` are wanted, and one text after for each "
            f"text before; got {len(after)} for {len(before)}."
        )
    if not all(" red " in f"{text} " for text in before):
        return (
            "`before` must be the sentences of `red`: in each somebody is "
            "dressed in red. Are before and after exchanged?"
        )
    want = [f"{t} ".replace(" red ", " blue ")[:-1] for t in before]
    done = _share(a == w for a, w in zip(after, want, strict=True))
    if done >= WANTED:
        return None
    share = f"{done:.0%} of the edits succeed; 80 % are wanted. "
    if done > 0.5:
        return share + (
            "Look at those that fail: does *red* stand at the same position "
            "in them?"
        )
    if _share(a == b for a, b in zip(after, before, strict=True)) > 0.5:
        return share + (
            "Most sentences are unchanged: does the direction lead from red "
            "to blue, not the reverse? If so, go further along it."
        )
    if _share(" red " in f"{a} " for a in after) > 0.5:
        return share + (
            "Most still say red: is the direction the mean of blue minus the "
            "mean of red, not the reverse?"
        )
    if _share(" blue " in f"{a} " for a in after) > 0.5:
        return share + (
            "Most say blue, but other words changed too: take two groups "
            "that differ in the colour only, and no longer a step than "
            "needed."
        )
    return share + (
        "Most say neither red nor blue: is it the difference of two means, "
        "added to the codes of `red`?"
    )


def _share(truths):
    """Return the share of what is true."""
    truths = list(truths)
    return sum(truths) / len(truths)


outcome("recoloured", _recoloured_problem)
