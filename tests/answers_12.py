"""Answers to lesson 12's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch

from course_utils.checks.lesson_12 import _digit_contest


def probed(classifier, z, labels, z_test):
    mean, deviation = z.mean(dim=0), z.std()
    classifier.fit((z - mean) / deviation, labels)
    return torch.tensor(classifier.predict((z_test - mean) / deviation))


def probed_by_function(classifier, z, labels, z_test):
    def scale(codes):
        return ((codes - z.mean(0, keepdim=True)) / z.flatten().std()).numpy()

    return classifier.fit(scale(z), labels.numpy()).predict(scale(z_test))


def probed_by_parts(classifier, z, labels, z_test):
    both = torch.cat([z, z_test]).double()
    both = (both - z.double().mean(0)) / z.double().std()
    classifier.fit(both[: len(z)].tolist(), labels.tolist())
    return torch.tensor(classifier.predict(both[len(z) :].tolist()))


def probe_with(scale):
    """Return a probe that scales both as `scale(z, z_test)` says."""

    def probe(classifier, z, labels, z_test):
        train, test = scale(z, z_test)
        return classifier.fit(train, labels).predict(test)

    return probe


def scaled(z, by):
    return (z - by.mean(0)) / by.std()


def seen_together(z, new):
    both = torch.cat([z, new])
    return scaled(z, both), scaled(new, both)


def by_columns(z, new):
    mean, deviation = z.mean(0), z.std(0)
    return (z - mean) / deviation, (new - mean) / deviation


def each(change):
    """Return a scale that changes both alike, by what z says."""
    return lambda z, new: (change(z, z), change(new, z))


def without_return(classifier, z, labels, z_test):
    classifier.fit(scaled(z, z), labels).predict(scaled(z_test, z))


def squeezed(classifier, z, labels, z_test):
    return probed(classifier, z, labels, z_test).squeeze()


def deviation_of_all(classifier, z, labels, z_test):
    z, z_test = z.numpy(), z_test.numpy()
    mean, deviation = z.mean(axis=0), z.std()  # divides by N, not by N - 1
    classifier.fit((z - mean) / deviation, labels)
    return classifier.predict((z_test - mean) / deviation)


TABLE, VERDICT = _digit_contest()
UPSIDE_DOWN = {"raw": "code", "code": "raw", "tie": "raw"}
SWAPPED = TABLE.assign(technique=TABLE.technique.map(UPSIDE_DOWN))
SWAPPED_VERDICT = {
    n: said if said == "tie" else UPSIDE_DOWN[said]
    for n, said in VERDICT.items()
}
WRONG = {n: UPSIDE_DOWN[said] for n, said in VERDICT.items()}
COPIED = TABLE.assign(accuracy=TABLE.draw.map(lambda draw: (200 + draw) / 360))
WORSE = TABLE.assign(accuracy=(36 + TABLE.index % 7) / 360)

ANSWERS = {
    "probe": (
        [probed, probed_by_function, probed_by_parts, deviation_of_all],
        {
            "scaled by their own": probe_with(
                lambda z, new: (scaled(z, z), scaled(new, new))
            ),
            "together: a leak": probe_with(seen_together),
            "Each column was divided": probe_with(by_columns),
            "test codes were not scaled": probe_with(
                lambda z, new: (scaled(z, z), new)
            ),
            "mean is that of all entries": probe_with(
                each(lambda z, by: (z - by.mean()) / by.std())
            ),
            "overwritten": probe_with(
                lambda z, new: (scaled(z, z), scaled(new, scaled(z, z)))
            ),
            "right for the first case": squeezed,
            "returned None": without_return,
        },
    ),
    "leaks": (
        [
            ("A", "B", "F"),
            "A, B and F",
            {"A": True, "B": True, "C": False, "F": 1},
        ],
        {
            "2 of 3 are found. What does": ["B", "F"],
            "1 of 3": "B",
            "as a probe must": "ABCF",
            "only to report": ("A", "B", "E"),
            "no line G": "AG",
            "lines are wanted": [True, True, False],
        },
    ),
    "digit_contest": (
        [
            (TABLE, VERDICT),
            [TABLE.sample(frac=1, random_state=0), dict(VERDICT)],
            (SWAPPED, SWAPPED_VERDICT),
        ],
        {
            "two things": TABLE,
            "named": (TABLE.replace("code", "PCA"), VERDICT),
            "with 200 labels are": (TABLE.replace(200, 100), VERDICT),
            "ten draws": (TABLE[TABLE.draw < 5], VERDICT),
            "all of them": (TABLE.assign(accuracy=0.8341), VERDICT),
            "agree in every draw": (COPIED, VERDICT),
            "An accuracy of 0.1": (WORSE, VERDICT),
            "With 20 labels the lead": (TABLE, VERDICT | {20: WRONG[20]}),
        },
    ),
}
