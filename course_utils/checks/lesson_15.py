"""Checks of lesson 15."""

import torch

from course_utils.checks.core import check, mutants, outcome


def _rows(
    z,
    library,
    k=1,
    scale=lambda a: a / a.norm(dim=1, keepdim=True),
    of=None,
    product=lambda a, b: a @ b.T,
    pick=lambda s, k: s.topk(k, dim=1).indices,
):
    """Return the nearest rows, with some knobs turned; of: for the library."""
    return pick(product(scale(z), (of or scale)(library)), k)


def _same(a):
    return a


def _by_cosine(z, library):
    from sklearn.metrics.pairwise import cosine_similarity  # slow to import

    return torch.as_tensor(cosine_similarity(z, library))


def _by_sklearn(z, library, k=1):
    return _by_cosine(z, library).topk(k).indices


def _wrong_rows(rows, z, library, k=1):
    """Say what the first rows that are wrong have in common, or nothing."""
    wanted = _rows(z, library, k)
    try:
        rows = torch.as_tensor(rows).long()
    except (TypeError, ValueError, RuntimeError):
        return None
    if rows.shape in (wanted.shape, wanted.T.shape):
        alike = rows.shape == wanted.shape
        return _wrong_order(rows, wanted, z, library) if alike else None
    count = f"{len(wanted)} codes in `z`, and k is {k}: "
    if rows.ndim == 1:
        return f"{count}a table (B, k) is wanted, one row for each code."
    if rows.ndim > 2:
        return f"{count}numbers of rows are wanted, (B, k), not codes."
    if len(rows) != len(wanted):
        return (
            f"{count}one row for each code is wanted; got {len(rows)} rows. "
            "Does the search run over the wrong dim?"
        )
    return f"{count}k columns are wanted, not {rows.shape[1]}."


def _wrong_order(rows, wanted, z, library):
    if (rows == wanted).all():
        return None
    if rows.min() < 0 or rows.max() >= len(library):
        return "There is no such row in `library`."
    if any(len(row.unique()) < len(row) for row in rows):
        return "A row comes back more than once; k different ones are wanted."
    if (rows.sort(dim=1).values == wanted.sort(dim=1).values).all():
        return "The right rows, in another order: most similar first."
    i, j = (rows != wanted).nonzero()[0].tolist()
    cosines = _by_cosine(z[i : i + 1], library)[0]
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
            "The least similar of the k comes first: turn the order round.": {
                "pick": lambda s, k: s.topk(k, dim=1).indices.flip(1)
            },
            "The lengths run over the batch: each code has a length of its "
            "own, dim=1.": {"scale": lambda a: a / a.norm(dim=0)},
            "That is the smallest distance, not the largest cosine: long "
            "codes are far from short ones.": {
                "scale": _same,
                "product": lambda a, b: -torch.cdist(a, b),
            },
            "The mean is taken off first: that is a correlation, not the "
            "cosine.": {
                "scale": lambda a: (
                    (a - a.mean(1, keepdim=True))
                    / (a - a.mean(1, keepdim=True)).norm(dim=1, keepdim=True)
                )
            },
            "Opposite codes are not similar: take no absolute value of the "
            "cosine.": {"product": lambda a, b: (a @ b.T).abs()},
            "That is divided by the squared length. The length is the root.": {
                "scale": lambda a: a / a.square().sum(dim=1, keepdim=True)
            },
            "That is divided by the sum of absolute values. The length is the "
            "root of the summed squares.": {
                "scale": lambda a: a / a.abs().sum(dim=1, keepdim=True)
            },
            "That is the smallest sum of absolute differences, not the "
            "largest cosine.": {
                "scale": _same,
                "product": lambda a, b: -torch.cdist(a, b, p=1),
            },
            "Only the nearest came back; k of them are wanted.": {
                "pick": lambda s, k: s.topk(1, dim=1).indices
            },
            "The nearest one is left out, as if it were the code itself.": {
                "pick": lambda s, k: s.topk(k + 1, dim=1).indices[:, 1:]
            },
            "You search among `z` for each row of `library`; it is the other "
            "way round.": {
                "pick": lambda s, k: s.T.topk(min(k, s.shape[0]), 1).indices
            },
        },
    ),
)
def nearest(z, library, k=1):
    """Codes (B, Z) among codes (N, Z) -> rows (B, k), by cosine."""
    return _rows(z, library, k)


def _draw(
    scores,
    turn=lambda s: s.softmax(dim=1),
    pick=lambda p: torch.multinomial(p, 1)[:, 0],
):
    return pick(turn(scores))


def _top(scores, k):
    least = scores.topk(k, dim=1).values[:, -1:]
    return scores.masked_fill(scores < least, -torch.inf).softmax(dim=1)


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
    """Say what shows with large scores, or with scores that are all alike."""
    scores = torch.tensor([[0.5, -1.0, 0.2]]).repeat(50, 1)
    try:
        words = torch.as_tensor(attempt(scores.clone()))
        flat = [torch.zeros(50, 9) for _ in range(6)]
        several = [torch.as_tensor(attempt(row)) for row in flat]
    except Exception:
        return None  # the cases tell
    if words.shape == (50, 1):
        return "A column (B, 1) came back; (B,) is wanted: take its [:, 0]."
    if words.shape == (50, 3):
        return "A number for each word came back; draw one word a row, (B,)."
    if words.shape != (50,):
        return None
    if words.is_floating_point() and (words != words.round()).any():
        return "Those are no words: the number of the drawn column is wanted."
    try:
        large = torch.as_tensor(attempt(scores + 1000))
    except Exception:
        large = words[:1]
    if len(words.unique()) > 1 and len(large.unique()) == 1:
        return (
            "With scores near 1000 exp overflows: softmax(dim=1) has a "
            "stable form."
        )
    firsts = {int(draw[0]) for draw in several}
    if all(len(draw.unique()) == 1 for draw in several) and len(firsts) > 1:
        return ONE_FOR_ALL
    return None


ONE_FOR_ALL = "One word was drawn for the whole batch; each row draws its own."


def _one_for_all(scores):
    word = torch.multinomial(scores.softmax(dim=1)[:1], 1)[:, 0]
    return word.expand(len(scores))


@check(
    cases=lambda: [(_two_kinds(),)],
    see=_shares,
    find=_odd_draws,
    tolerance=0.04,
    skip=("far",),
    slips=mutants(
        _draw,
        {
            "That is still the likeliest word, each time: draw from the "
            "probabilities.": {"pick": lambda p: p.argmax(dim=1)},
            "That is the least likely word.": {
                "pick": lambda p: p.argmin(dim=1)
            },
            "All words are equally likely here: the scores are not used.": {
                "turn": lambda s: s.isfinite().float()
            },
            "All columns are equally likely here, even what is no word: the "
            "scores are not used.": {"turn": torch.ones_like},
            "The scores are sharpened: a softmax of twice the scores.": {
                "turn": lambda s: (2 * s).softmax(dim=1)
            },
            "The scores are flattened: a softmax of half the scores.": {
                "turn": lambda s: (s / 2).softmax(dim=1)
            },
            "Those are sigmoids: each word for itself. A softmax makes one "
            "choice of all.": {"turn": torch.sigmoid},
            "The softmax is taken twice.": {
                "turn": lambda s: s.softmax(dim=1).softmax(dim=1)
            },
            "The softmax runs over the batch: each row has its own choice, "
            "dim=1.": {"turn": lambda s: s.softmax(dim=0)},
            "The signs are turned: likely words became unlikely.": {
                "turn": lambda s: (
                    (-s).masked_fill(s.isinf(), -torch.inf).softmax(dim=1)
                )
            },
            "Negative scores became 0: a word with a low score still has a "
            "probability. Take a softmax.": {"turn": lambda s: s.relu()},
            "One of the two likeliest is drawn; all words have a "
            "probability.": {"turn": lambda s: _top(s, 2)},
            "One of the three likeliest is drawn; all words have a "
            "probability.": {"turn": lambda s: _top(s, 3)},
            "The probabilities are multiplied by noise, and the largest is "
            "taken. That is no draw by the probabilities.": {
                "turn": lambda s: s.softmax(dim=1) * torch.rand_like(s),
                "pick": lambda p: p.argmax(dim=1),
            },
        },
    )
    | {
        ONE_FOR_ALL: _one_for_all,
    },
)
def choose(scores):
    """Scores (B, V), logits -> one drawn word for each row (B,)."""
    return _draw(scores)


WANTED = 0.8  # of the edits must succeed
FEWEST = 10  # edits to judge by


def _recoloured_problem(edit):
    """Say what came out of an edit of red into blue."""
    try:  # a dictionary or a table
        texts = edit["before"], edit["after"]
    except (KeyError, TypeError, IndexError):
        return 'It must be a dictionary {"before": texts, "after": texts}.'
    listed = [not isinstance(p, str) and hasattr(p, "__len__") for p in texts]
    texts = [
        list(p) if fits else [p] for p, fits in zip(texts, listed, strict=True)
    ]
    words = all(isinstance(text, str) for part in texts for text in part)
    if not all(listed) or not words:
        return "Texts are wanted, as `say` returns them: two lists of str."
    before, after = texts
    if 0 < len(before) < FEWEST:
        return f"All sentences of `red` are wanted; got {len(before)}."
    if not before or len(before) != len(after):
        return (
            f"One text after for each text before is wanted; got "
            f"{len(after)} for {len(before)}."
        )
    if not all(" red " in f"{text} " for text in before):
        return (
            "`before` must be the sentences of `red`: in each somebody is "
            "dressed in red. Are before and after exchanged?"
        )
    want = [f"{t} ".replace(" red ", " blue ")[:-1] for t in before]
    pairs = list(zip(before, after, want, strict=True))
    done = sum(a == w for _, a, w in pairs) / len(pairs)
    if done >= WANTED:
        return None
    share = f"{done:.0%} of the edits succeed; 80 % are wanted. "
    if len(set(after) & set(want)) >= WANTED * len(set(want)):
        return share + "The texts after stand in another order than before."
    if done > 0.5:
        return share + (
            "Look at those that fail: does *red* stand at the same position "
            "in them?"
        )
    count = len(pairs) / 2
    if sum(b == a for b, a, _ in pairs) > count:
        return share + (
            "Most sentences are unchanged: does the direction lead from red "
            "to blue, not the reverse? If so, go further along it."
        )
    if sum(" red " in f"{a} " for _, a, _ in pairs) > count:
        return share + (
            "Most still say red: is the direction the mean of blue minus the "
            "mean of red, not the reverse?"
        )
    if sum(" blue " in f"{a} " for _, a, _ in pairs) > count:
        return share + (
            "Most say blue, but other words changed too: take two groups "
            "that differ in the colour only, and no longer a step than "
            "needed."
        )
    return share + (
        "Most say neither red nor blue: is it the difference of two means, "
        "added to the codes of `red`?"
    )


outcome("recoloured", _recoloured_problem)
