"""Contests of techniques that are told few labels, over many draws."""

import sys
import time
from numbers import Integral

import torch
from tqdm import tqdm

COLUMNS = ["technique", "labels", "draw", "accuracy", "seconds"]


def draw_labelled(y, count, generator=None):
    """Rows of `count` examples, as many of each class: (N,) -> (count,).

    y: class numbers. Raises ValueError for others, and unless that many can
    be had.
    """
    _refuse_labels(y, "y")
    classes = y.unique()
    whole = isinstance(count, Integral)
    if not whole or count < 1 or count % len(classes):
        raise ValueError(
            f"{count!r} labels cannot be shared out among {len(classes)} "
            "classes"
        )
    order = torch.randperm(len(y), generator=generator)
    found = [order[y[order] == c][: count // len(classes)] for c in classes]
    rows = torch.cat(found)
    if len(rows) < count:
        raise ValueError(f"a class has fewer than {count // len(classes)}")
    return rows


def few_labels_contest(
    techniques, y, y_test, counts, draws, seed=0, progress=True
):
    """Hold a contest: a row for each (technique, labels, draw).

    techniques: {name: function of (rows, labels, seed)}. It is told which
    training examples are labelled, with their labels, and returns its guesses
    for the test (M,); the labels of the test never reach it. All techniques
    get the same draws. y, y_test: labels (N,) and (M,). Returns a DataFrame
    with the columns technique, labels, draw, accuracy, seconds. Raises
    ValueError for guesses that are not one for each test example, and where
    there is nothing to contest.
    """
    import pandas  # slow to import

    _refuse_contest(techniques, y_test, counts, draws)
    runs = [
        (count, draw, name)
        for count in counts
        for draw in range(draws)
        for name in techniques
    ]
    results = []
    options = {"file": sys.stdout, "ncols": 79, "disable": not progress}
    for count, draw, name in tqdm(runs, "contest", **options):
        generator = torch.Generator().manual_seed(1000 * seed + draw)
        rows, start = draw_labelled(y, count, generator), time.time()
        guesses = techniques[name](rows, y[rows], draw)
        guesses = _as_guesses(guesses, name, len(y_test))
        accuracy = (guesses == y_test).float().mean().item()
        results.append((name, count, draw, accuracy, time.time() - start))
    return pandas.DataFrame(results, columns=COLUMNS)


def _refuse_labels(y, name):
    """Raise ValueError unless y holds class numbers (N,)."""
    numbers = torch.is_tensor(y) and y.ndim == 1 and len(y)
    if not numbers or y.is_floating_point():
        got = tuple(y.shape) if torch.is_tensor(y) else type(y).__name__
        raise ValueError(f"{name} must be class numbers (N,); got {got}")


def _refuse_contest(techniques, y_test, counts, draws):
    """Raise ValueError where nothing can be contested."""
    if (
        not isinstance(techniques, dict)
        or not techniques
        or not all(map(callable, techniques.values()))
    ):
        raise ValueError(
            "techniques must be {name: function of (rows, labels, seed)}; got "
            f"{techniques!r}"
        )
    _refuse_labels(y_test, "y_test")
    if isinstance(counts, str | Integral) or not len(counts):
        raise ValueError(f"counts must be such as [20, 200]; got {counts!r}")
    if not isinstance(draws, Integral) or draws < 1:
        raise ValueError(f"draws must be at least 1; got {draws!r}")


def _as_guesses(guesses, name, count):
    """Return guesses as a tensor on the CPU, or raise ValueError."""
    wanted = f"{name} must return {count} guesses; got"
    try:
        guesses = torch.as_tensor(guesses).cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{wanted} a {type(guesses).__name__}") from error
    if guesses.shape != (count,):
        raise ValueError(f"{wanted} shape {tuple(guesses.shape)}")
    if guesses.isnan().any():
        raise ValueError(f"{wanted} NaN")
    return guesses


def paired_leads(results, over):
    """How far each technique is ahead of `over`, for each count of labels.

    results: as `few_labels_contest` returns them. The draw is the unit: the
    difference is taken within a draw, `lead` is its mean over draws, `error`
    the standard error of that mean. Returns a DataFrame with the index
    (labels, technique). Raises ValueError if `over` did not take part, and
    for another kind of table.
    """
    import pandas  # slow to import

    if not set(COLUMNS[:4]) <= set(getattr(results, "columns", ())):
        raise ValueError("results must be what `few_labels_contest` returns")
    table = results.pivot_table(
        index=["labels", "draw"], columns="technique", values="accuracy"
    )
    if over not in table:
        raise ValueError(f"{over!r} is none of {list(table)}")
    leads = table.drop(columns=over).sub(table[over], axis=0)
    found = leads.groupby("labels")
    parts = {"lead": found.mean().stack(), "error": found.sem().stack()}
    return pandas.DataFrame(parts)
