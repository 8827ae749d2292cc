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


@check(
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


def _shares(words, scores):
    """How often each word was drawn for either half of the rows."""
    half = len(scores) // 2
    words = torch.as_tensor(words).flatten().long()
    sentences = {}
    for part, rows in (("first", words[:half]), ("second", words[half:])):
        for word in range(scores.shape[1]):
            share = (rows == word).float().mean().item()
            sentences[
                f"Word {word} should come as often as its probability says, "
                f"in the {part} half of the rows."
            ] = share
    return sentences


def _two_kinds():
    first = torch.tensor([3.0, 0.0, -0.5, 1.5, -torch.inf])
    second = torch.tensor([-1.0, 0.6, 2.8, -torch.inf, 0.3])
    return torch.stack([first, second]).repeat_interleave(2000, dim=0)


def _one_for_all(scores):
    word = torch.multinomial(scores.softmax(dim=1)[:1], 1)[:, 0]
    return word.expand(len(scores))


@check(
    cases=lambda: [(_two_kinds(),)],
    see=_shares,
    skip=("far", "one"),
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
            "probability.": {
                "turn": lambda s: s.masked_fill(
                    s < s.topk(2, dim=1).values[:, 1:], -torch.inf
                ).softmax(dim=1)
            },
        },
    )
    | {
        "One word was drawn for the whole batch; each row draws its own.": (
            _one_for_all
        ),
    },
)
def choose(scores):
    """Scores (B, V), logits -> one drawn word for each row (B,)."""
    return _draw(scores)


WANTED = 0.8  # of the edits must succeed


def _recoloured_problem(edit):
    """Say what came out of an edit of red into blue."""
    if not isinstance(edit, dict) or {"before", "after"} - set(edit):
        return 'It must be a dictionary {"before": texts, "after": texts}.'
    texts = edit["before"], edit["after"]
    if not all(
        isinstance(part, list) and all(isinstance(t, str) for t in part)
        for part in texts
    ):
        return "Texts are wanted, as `say` returns them: two lists of str."
    before, after = texts
    if not before or len(before) != len(after):
        return (
            f"One text after for each text before is wanted; got "
            f"{len(after)} for {len(before)}."
        )
    if not all(" in red " in f"{text} " for text in before):
        return (
            "`before` must be the sentences of `red`: in each somebody is "
            "dressed in red. Are before and after exchanged?"
        )
    want = [f"{t} ".replace(" in red ", " in blue ")[:-1] for t in before]
    pairs = list(zip(before, after, want, strict=True))
    done = sum(a == w for _, a, w in pairs) / len(pairs)
    if done >= WANTED:
        return None
    share = f"{done:.0%} of the edits succeed; 80 % are wanted. "
    count = len(pairs) / 2
    if sum(b == a for b, a, _ in pairs) > count:
        return share + (
            "Most sentences are unchanged: go further along the direction, "
            "or find a better one."
        )
    if sum(" in red " in f"{a} " for _, a, _ in pairs) > count:
        return share + (
            "Most still say red: is the direction the mean of blue minus the "
            "mean of red, not the reverse?"
        )
    if sum(" in blue " in f"{a} " for _, a, _ in pairs) > count:
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
