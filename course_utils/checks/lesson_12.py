"""Checks of lesson 12."""

import copy
import functools
import re

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import digits
from course_utils.measures import few_labels_contest, paired_leads


def _codes(count, new):
    """Return a classifier that minds every scale, and codes of 4 classes."""
    from sklearn.linear_model import RidgeClassifier  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    scale, shift = torch.tensor([3.0, 1.0, 0.3]), torch.tensor([2.0, 0, -1])
    labels, others = torch.arange(count) % 4, torch.arange(new) % 3
    z = torch.randn(count, 3) * scale + shift + labels[:, None]
    z_new = 1.4 * torch.randn(new, 3) * scale + others[:, None] - 1
    ridge = RidgeClassifier(alpha=10, solver="svd")
    classifier = make_pipeline(PolynomialFeatures(2), ridge)
    return classifier, z, labels, z_new


def _scaled(codes, by):
    """Return codes with the mean and the deviation of others."""
    return (codes - by.mean(dim=0)) / by.std()


def _probed(
    classifier,
    z,
    labels,
    z_test,
    scale=lambda codes, z, new: _scaled(codes, z),
    scale_new=None,
):
    """Return guesses, with some knobs turned.

    scale: turns (codes, z, z_test) into scaled codes; scale_new: for z_test.
    """
    fitted = scale(z, z, z_test)
    new = (scale_new or scale)(z_test, z, z_test)
    classifier = copy.deepcopy(classifier)  # each case begins unfitted
    classifier.fit(fitted.numpy(), labels.numpy())
    return torch.tensor(classifier.predict(new.numpy()))


@check(
    cases=lambda: [_codes(300, 300), _codes(240, 210), _codes(60, 1)],
    skip=("one",),
    slips=mutants(
        _probed,
        {
            "The test codes were scaled by their own mean and deviation; use "
            "those of z for both.": {
                "scale_new": lambda codes, z, new: _scaled(codes, new)
            },
            "Mean and deviation are those of z and the test codes together: a "
            "leak. Take those of z alone.": {
                "scale": lambda codes, z, new: _scaled(
                    codes, torch.cat([z, new])
                )
            },
            "Each column was divided by its own deviation; divide all by one "
            "number, `z.std()`.": {
                "scale": lambda codes, z, new: (
                    (codes - z.mean(dim=0)) / z.std(dim=0)
                )
            },
            "The codes were not scaled: subtract the mean, divide by the "
            "deviation.": {"scale": lambda codes, z, new: codes},
            "The test codes were not scaled.": {
                "scale_new": lambda codes, z, new: codes
            },
            "The mean was not subtracted.": {
                "scale": lambda codes, z, new: codes / z.std()
            },
            "z was overwritten before its mean and deviation served z_test: "
            "keep them first.": {
                "scale_new": lambda codes, z, new: _scaled(
                    codes, _scaled(z, z)
                )
            },
            "Only the mean was divided; brackets: (z − mean) / deviation.": {
                "scale": lambda codes, z, new: codes - z.mean(dim=0) / z.std()
            },
            "The division by the deviation is missing.": {
                "scale": lambda codes, z, new: codes - z.mean(dim=0)
            },
            "The mean is that of all entries; each column has its own, "
            "`z.mean(dim=0)`.": {
                "scale": lambda codes, z, new: (codes - z.mean()) / z.std()
            },
            "The deviation was taken after the mean was subtracted; take "
            "`z.std()` of the codes as they are.": {
                "scale": lambda codes, z, new: (
                    (codes - z.mean(dim=0)) / (z - z.mean(dim=0)).std()
                )
            },
        },
    ),
)
def probe(classifier, z, labels, z_test):
    """Codes (N, Z), labels (N,), new codes (M, Z) -> guesses (M,)."""
    return _probed(classifier, z, labels, z_test)


LEAKS = {
    "A": "What does `fit_transform` learn from, and are test images among "
    "them?",
    "B": "From which images may `rows` be drawn? Compare with which are the "
    "test.",
    "F": "Whose accuracy chose C?",
}
INNOCENT = {
    "C": "C uses the mean of the labelled rows for all, as a probe must.",
    "D": "D fits on labelled rows only. (Which rows these are is another "
    "line's fault.)",
    "E": "E looks at the test, but only to report. (What is done with the "
    "report is another line's fault.)",
}


LINES = {*LEAKS, *INNOCENT}
LETTERS = 'The letters of the lines are wanted, such as ("C", "D").'


def _leaks_problem(lines):
    """Say which accusation is wrong, or how many are missing, or None."""
    if isinstance(lines, dict):
        lines = [line for line, leaks in lines.items() if leaks]
    if not hasattr(lines, "__iter__"):
        return LETTERS
    words = re.findall(r"\w+", " ".join([*map(str, lines)]))
    if isinstance(lines, str):
        words = re.findall(r"\w+", lines.replace(" and ", " "))
    if any(len(set(w.upper()) - LINES) > 1 for w in words):
        return LETTERS
    named = set("".join(words).upper())
    if strangers := sorted(named - LINES):
        return f"There is no line {', '.join(strangers)}."
    if wrong := sorted(named & set(INNOCENT)):
        return INNOCENT[wrong[0]]
    if missing := [line for line in LEAKS if line not in named]:
        found = len(LEAKS) - len(missing)
        return f"{found} of 3 are found. {LEAKS[missing[0]]}"
    return None


outcome("leaks", _leaks_problem, course=lambda: ("A", "B", "F"))

NEEDED = {"technique", "labels", "draw", "accuracy"}
TEST = 360


def _digits_problem(answer):
    """Say what is wrong with (results, verdict), or None."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return 'Hand in two things: `results, {20: "...", 200: "..."}`.'
    results, verdict = answer
    if not NEEDED <= set(getattr(results, "columns", ())):
        return (
            "The first is the table that `few_labels_contest` returns, with "
            "a row for each draw."
        )
    if not {"raw", "code"} <= set(results.technique):
        names = ", ".join(map(str, sorted(set(results.technique))))
        return f'Two techniques, named "raw" and "code"; yours: {names}.'
    results = results[results.technique.isin(["raw", "code"])]
    if not {20, 200} <= set(results.labels):
        return "Contests with 20 and with 200 labels are wanted."
    results = results[results.labels.isin([20, 200])]
    if results.groupby(["technique", "labels"]).draw.nunique().min() < 10:
        return "At least ten draws for each: few draws, wide bars."
    if results.accuracy.max() > 1:
        return "Accuracies are shares, from 0 to 1, as the contest gives them."
    right = TEST * results.accuracy
    if (right - right.round()).abs().max() > 1e-2:
        return "The test is the 360 digits of `data.test`, all of them."
    return _odd_results(results) or _verdict_problem(
        paired_leads(results, over="raw"), verdict
    )


def _odd_results(results):
    """Name accuracies that no honest contest has, or None."""
    table = results.pivot_table(
        index=["labels", "draw"], columns="technique", values="accuracy"
    )
    if table.isna().any(axis=None):
        return "Both techniques get the same draws: hold one contest of both."
    if (table["raw"] == table["code"]).all():
        return (
            "raw and code agree in every draw. Does the code say anything "
            "less, or other, than the pixels?"
        )
    for name in ("raw", "code"):
        if (table[name].groupby("labels").nunique() == 1).any():
            return (
                f"{name} is as accurate in every draw. Is it fitted on "
                "`rows` and `labels`, and on nothing else?"
            )
    means = results.groupby(["technique", "labels"]).accuracy.mean()
    if means.min() < 0.3:
        where = means.idxmin()
        return (
            f"An accuracy of {means.min():.2f} for {where[0]} with {where[1]} "
            "labels: is the test scaled as the labelled digits are?"
        )
    return None


def _verdict_problem(leads, verdict):
    """Compare the verdict with the learner's own numbers."""
    if not isinstance(verdict, dict) or set(verdict) != {20, 200}:
        return 'The verdict is a dictionary, {20: "...", 200: "..."}.'
    for count, said in verdict.items():
        if said not in ("raw", "code", "tie"):
            return f'{count}: "raw", "code" or "tie"; got {said!r}.'
        lead, error = leads.loc[(count, "code"), ["lead", "error"]]
        if said != _winner(lead, error):
            return (
                f"With {count} labels the lead of code is {lead:+.3f}, its "
                f"standard error {error:.3f}. Is that more than two, and "
                "whose lead is it?"
            )
    return None


def _winner(lead, error):
    if abs(lead) <= 2 * error:
        return "tie"
    return "code" if lead > 0 else "raw"


@functools.cache
def _digit_contest():
    """Hold the contest with PCA's code, and judge it."""
    from sklearn.svm import SVC  # slow to import

    data = digits()
    z, new = data.train.flatten(1), data.test.flatten(1)
    axes = torch.linalg.svd(z - z.mean(0), full_matrices=False).Vh[:16].T

    def on(z, new):
        return lambda rows, labels, seed: probe(SVC(), z[rows], labels, new)

    results = few_labels_contest(
        {"raw": on(z, new), "code": on(z @ axes, new @ axes)},
        data.train_labels,
        data.test_labels,
        counts=[20, 200],
        draws=10,
        progress=False,
    )
    leads = paired_leads(results, over="raw").xs("code", level="technique")
    verdict = {n: _winner(*leads.loc[n]) for n in (20, 200)}
    return results, verdict


outcome("digit_contest", _digits_problem, course=_digit_contest)
