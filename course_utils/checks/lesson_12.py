"""Checks of lesson 12."""

import copy
import functools

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import digits
from course_utils.measures import few_labels_contest, paired_leads


def _codes(count, new):
    """Return a classifier that minds every scale, and codes of 4 classes."""
    from sklearn.svm import SVC  # slow to import

    scale, shift = torch.tensor([3.0, 1.0, 0.3]), torch.tensor([2.0, 0, -1])
    labels, others = torch.arange(count) % 4, torch.arange(new) % 3
    z = torch.randn(count, 3) * scale + shift + labels[:, None]
    z_new = 1.4 * torch.randn(new, 3) * scale + others[:, None] - 1
    classifier = SVC(kernel="poly", coef0=1, gamma=1)
    return classifier, z, labels, z_new


def _scaled(z, by, mean=True, deviation=True):
    """Return z with the mean and deviation of other codes."""
    z = z - by.mean(dim=0) if mean else z
    return z / by.std() if deviation else z


def _by_column(z, by):
    return (z - by.mean(dim=0)) / by.std(dim=0)


def _probed(
    classifier,
    z,
    labels,
    z_test,
    learnt=lambda z, new: z,
    own=lambda z, new: z,
    scale=_scaled,
    scale_new=None,
    asked=lambda z, new: new,
    end=lambda guesses: guesses,
):
    """Return guesses, with some knobs turned.

    learnt: whose mean and deviation z gets; own: whose z_test gets.
    """
    fitted = scale(z, learnt(z, z_test))
    new = (scale_new or scale)(z_test, own(z, z_test))
    classifier = copy.deepcopy(classifier)  # each case begins unfitted
    classifier.fit(fitted.numpy(), labels.numpy())
    guesses = classifier.predict(asked(fitted, new).numpy())
    return end(torch.tensor(guesses))


def _joined(z, new):
    return torch.cat([z, new])


def _test(z, new):
    return new


@check(
    cases=lambda: [_codes(60, 300), _codes(80, 210)],
    skip=("one",),
    slips=mutants(
        _probed,
        {
            "The test codes were scaled by their own mean and deviation; use "
            "those of z for both.": {"own": _test},
            "Mean and deviation are those of the test codes: a leak. Take "
            "those of z.": {"learnt": _test, "own": _test},
            "Mean and deviation are those of z and the test codes together: a "
            "leak. Take those of z alone.": {
                "learnt": _joined,
                "own": _joined,
            },
            "Each column was divided by its own deviation; divide all by one "
            "number, `z.std()`.": {"scale": _by_column},
            "The codes were not scaled: subtract the mean, divide by the "
            "deviation.": {"scale": lambda z, by: z},
            "The test codes were not scaled.": {"scale_new": lambda z, by: z},
            "The mean was not subtracted.": {
                "scale": lambda z, by: _scaled(z, by, mean=False)
            },
            "The mean was not subtracted from the test codes.": {
                "scale_new": lambda z, by: _scaled(z, by, mean=False)
            },
            "The division by the deviation is missing.": {
                "scale": lambda z, by: _scaled(z, by, deviation=False)
            },
            "The test codes were not divided by the deviation.": {
                "scale_new": lambda z, by: _scaled(z, by, deviation=False)
            },
            "The mean is that of all entries; each column has its own, "
            "`z.mean(dim=0)`.": {
                "scale": lambda z, by: (z - by.mean()) / by.std()
            },
            "The deviation was taken after the mean was subtracted; take "
            "`z.std()` of the codes as they are.": {
                "scale": lambda z, by: (
                    (z - by.mean(0)) / (by - by.mean(0)).std()
                )
            },
            "It is divided by the variance; take the standard deviation.": {
                "scale": lambda z, by: (z - by.mean(dim=0)) / by.var()
            },
            "It is multiplied by the deviation; divide by it.": {
                "scale": lambda z, by: (z - by.mean(dim=0)) * by.std()
            },
            "These are guesses for the labelled codes; give those for "
            "z_test.": {"asked": lambda z, new: z},
            "Their mean came back; return the guesses, one for "
            "each test code.": {"end": lambda guesses: guesses.float().mean()},
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


def _leaks_problem(lines):
    """Say which accusation is wrong, or how many are missing, or None."""
    if isinstance(lines, dict):
        lines = [line for line, leaks in lines.items() if leaks]
    if not isinstance(lines, str | list | tuple | set | frozenset):
        return 'The letters of the lines are wanted, such as ("C", "D").'
    text = "".join(map(str, lines)) if not isinstance(lines, str) else lines
    named = {c for c in text.upper() if c.isalnum()}
    if strangers := sorted(named - set(LEAKS) - set(INNOCENT)):
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
    if set(results.technique) != {"raw", "code"}:
        names = ", ".join(map(str, sorted(set(results.technique))))
        return f'Two techniques, named "raw" and "code"; yours: {names}.'
    if set(results.labels) != {20, 200}:
        return "Contests with 20 and with 200 labels are wanted."
    if results.groupby(["technique", "labels"]).draw.nunique().min() < 10:
        return "At least ten draws for each: few draws, wide bars."
    right = TEST * results.accuracy
    if (right - right.round()).abs().max() > 1e-2:
        return "The test is the 360 digits of `data.test`, all of them."
    means = results.groupby(["technique", "labels"]).accuracy.mean()
    if means.min() < 0.3:
        where = means.idxmin()
        return (
            f"An accuracy of {means.min():.2f} for {where[0]} with {where[1]} "
            "labels: is the test scaled as the labelled digits are?"
        )
    return _verdict_problem(paired_leads(results, over="raw"), verdict)


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
