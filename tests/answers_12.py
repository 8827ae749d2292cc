"""Answers to lesson 12's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import pandas
import torch
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

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


def asked_about_training(classifier, z, labels, z_test):
    return classifier.fit(scaled(z, z), labels).predict(scaled(z, z))


def never_fitted(classifier, z, labels, z_test):
    return classifier.predict(scaled(z_test, z))


def without_return(classifier, z, labels, z_test):
    classifier.fit(scaled(z, z), labels).predict(scaled(z_test, z))


def returned_classifier(classifier, z, labels, z_test):
    return classifier.fit(scaled(z, z), labels)


def fitted_twice(classifier, z, labels, z_test):
    guesses = classifier.fit(scaled(z, z), labels).predict(scaled(z_test, z))
    return classifier.fit(scaled(z_test, z), guesses).predict(z_test)


def own_classifier(classifier, z, labels, z_test):
    own = SVC().fit(scaled(z, z), labels)
    return torch.tensor(own.predict(scaled(z_test, z)))


def labels_first(classifier, z, labels, z_test):
    return classifier.fit(labels, scaled(z, z)).predict(scaled(z_test, z))


def own_score(classifier, z, labels, z_test):
    classifier.fit(scaled(z, z), labels)
    return classifier.score(scaled(z_test, z), labels[: len(z_test)])


def squeezed(classifier, z, labels, z_test):
    return probed(classifier, z, labels, z_test).squeeze()


def deviation_of_all(classifier, z, labels, z_test):
    z, z_test = z.numpy(), z_test.numpy()
    mean, deviation = z.mean(axis=0), z.std()  # divides by N, not by N - 1
    classifier.fit((z - mean) / deviation, labels)
    return classifier.predict((z_test - mean) / deviation)


def average_guess(classifier, z, labels, z_test):
    return probed(classifier, z, labels, z_test).float().mean()


TABLE, VERDICT = _digit_contest()
UPSIDE_DOWN = {"raw": "code", "code": "raw", "tie": "raw"}
SWAPPED = TABLE.assign(technique=TABLE.technique.map(UPSIDE_DOWN))
SWAPPED_VERDICT = {
    n: said if said == "tie" else UPSIDE_DOWN[said]
    for n, said in VERDICT.items()
}
WRONG = {n: UPSIDE_DOWN[said] for n, said in VERDICT.items()}
SAME = TABLE.assign(accuracy=0.75)
COPIED = TABLE.assign(accuracy=TABLE.draw.map(lambda draw: (200 + draw) / 360))
WORSE = TABLE.assign(accuracy=(36 + TABLE.index % 7) / 360)

ANSWERS = {
    "probe": (
        [probed, probed_by_function, probed_by_parts, deviation_of_all],
        {
            "scaled by their own": probe_with(
                lambda z, new: (scaled(z, z), scaled(new, new))
            ),
            "those of the test codes: a leak": probe_with(
                lambda z, new: (scaled(z, new), scaled(new, new))
            ),
            "together: a leak": probe_with(seen_together),
            "Each column was divided": probe_with(by_columns),
            "were not scaled: subtract": probe_with(lambda z, new: (z, new)),
            "test codes were not scaled": probe_with(
                lambda z, new: (scaled(z, z), new)
            ),
            "mean was not subtracted.": probe_with(
                each(lambda z, by: z / by.std())
            ),
            "not subtracted from the test": probe_with(
                lambda z, new: (scaled(z, z), new / z.std())
            ),
            "division by the deviation is missing": probe_with(
                each(lambda z, by: z - by.mean(0))
            ),
            "were not divided": probe_with(
                lambda z, new: (scaled(z, z), new - z.mean(0))
            ),
            "mean is that of all entries": probe_with(
                each(lambda z, by: (z - by.mean()) / by.std())
            ),
            "after the mean was subtracted": probe_with(
                each(lambda z, by: (z - by.mean(0)) / (by - by.mean(0)).std())
            ),
            "by the variance": probe_with(
                each(lambda z, by: (z - by.mean(0)) / by.var())
            ),
            "multiplied": probe_with(
                each(lambda z, by: (z - by.mean(0)) * by.std())
            ),
            "for the labelled codes": asked_about_training,
            "Their mean came back": average_guess,
            "never fitted": never_fitted,
            "lost their own mean": probe_with(
                lambda z, new: (scaled(z, z), (new - new.mean(0)) / z.std())
            ),
            "by their own deviation; take": probe_with(
                lambda z, new: (scaled(z, z), (new - z.mean(0)) / new.std())
            ),
            "codes with labels were not scaled": probe_with(
                lambda z, new: (z, scaled(new, z))
            ),
            "overwritten": probe_with(
                lambda z, new: (scaled(z, z), scaled(new, scaled(z, z)))
            ),
            "by itself, and by columns": probe_with(
                lambda *parts: map(StandardScaler().fit_transform, parts)
            ),
            "brackets": probe_with(
                each(lambda z, by: z - by.mean(0) / by.std())
            ),
            "called twice": fitted_twice,
            "that is handed in": own_classifier,
            "codes first": labels_first,
            "which no technique is told": own_score,
            "right for the first case": squeezed,
            "returned None": without_return,
            "numbers; got": returned_classifier,
        },
    ),
    "leaks": (
        [
            ("A", "B", "F"),
            "fab",
            "A, B and F",
            {"A": True, "B": True, "C": False, "F": 1},
        ],
        {
            "2 of 3 are found. What does": ["B", "F"],
            "2 of 3 are found. From which": "A, F",
            "2 of 3 are found. Whose": {"A", "B"},
            "1 of 3": "B",
            "as a probe must": "ABCF",
            "labelled rows only": ["D"],
            "only to report": ("A", "B", "E"),
            "no line G": "AG",
            "letters of the lines": 3,
            "lines are wanted": [True, True, False],
        },
    ),
    "digit_contest": (
        [
            (TABLE, VERDICT),
            [TABLE.sample(frac=1, random_state=0), dict(VERDICT)],
            (SWAPPED, SWAPPED_VERDICT),
            (pandas.concat([TABLE, TABLE.replace(200, 50)]), VERDICT),
        ],
        {
            "two things": TABLE,
            "The first is": (VERDICT, TABLE),
            "named": (TABLE.replace("code", "PCA"), VERDICT),
            "with 200 labels are": (TABLE.replace(200, 100), VERDICT),
            "ten draws": (TABLE[TABLE.draw < 5], VERDICT),
            "all of them": (TABLE.assign(accuracy=0.8341), VERDICT),
            "shares": (TABLE.assign(accuracy=100 * TABLE.accuracy), VERDICT),
            "as accurate in every draw": (
                TABLE.where(TABLE.technique == "raw", SAME),
                VERDICT,
            ),
            "agree in every draw": (COPIED, VERDICT),
            "same draws": (
                TABLE.assign(draw=TABLE.draw + (TABLE.technique == "code")),
                VERDICT,
            ),
            "An accuracy of 0.1": (WORSE, VERDICT),
            "a dictionary": (TABLE, "tie"),
            "got 'PCA'": (TABLE, {20: "PCA", 200: "tie"}),
            "With 20 labels the lead": (TABLE, VERDICT | {20: WRONG[20]}),
            "With 200 labels the lead": (TABLE, VERDICT | {200: WRONG[200]}),
        },
    ),
}
