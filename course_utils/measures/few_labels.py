"""Contests of techniques that are told few labels, over many draws."""

import sys
import time

import torch
from tqdm import tqdm


def draw_labelled(y, count, generator=None):
    """Rows of `count` examples, as many of each class: (N,) -> (count,).

    Raises ValueError unless that many can be had.
    """
    classes = y.unique()
    if count < 1 or count % len(classes):
        raise ValueError(
            f"{count} labels cannot be shared out among {len(classes)} classes"
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
    ValueError for guesses that are not one for each test example.
    """
    import pandas  # slow to import

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
        guesses = torch.as_tensor(techniques[name](rows, y[rows], draw)).cpu()
        if guesses.shape != y_test.shape:
            raise ValueError(
                f"{name} must return {len(y_test)} guesses; got shape "
                f"{tuple(guesses.shape)}"
            )
        accuracy = (guesses == y_test).float().mean().item()
        results.append((name, count, draw, accuracy, time.time() - start))
    columns = ["technique", "labels", "draw", "accuracy", "seconds"]
    return pandas.DataFrame(results, columns=columns)


def paired_leads(results, over):
    """How far each technique is ahead of `over`, for each count of labels.

    results: as `few_labels_contest` returns them. The draw is the unit: the
    difference is taken within a draw, `lead` is its mean over draws, `error`
    the standard error of that mean. Returns a DataFrame with the index
    (labels, technique). Raises ValueError if `over` did not take part.
    """
    import pandas  # slow to import

    table = results.pivot_table(
        index=["labels", "draw"], columns="technique", values="accuracy"
    )
    if over not in table:
        raise ValueError(f"{over!r} is none of {list(table)}")
    leads = table.drop(columns=over).sub(table[over], axis=0)
    found = leads.groupby("labels")
    parts = {"lead": found.mean().stack(), "error": found.sem().stack()}
    return pandas.DataFrame(parts)
