"""Follow what a learner's probe does with the data it is given."""

import copy

import torch

from course_utils.checks.legacy import difference


class NearestMean:
    """A classifier by the nearest mean that remembers what it was given."""

    def __init__(self):
        self.fitted, self.asked, self.codes = [], [], {}

    def fit(self, z, labels):
        """Keep the mean code of each class."""
        z, labels = torch.as_tensor(z), torch.as_tensor(labels)
        self.fitted.append((z.double(), labels))
        kinds = labels.unique().tolist()
        self.codes = {k: z[labels == k].double().mean(0) for k in kinds}
        return self

    def predict(self, z):
        """Name the class whose mean is nearest."""
        z = torch.as_tensor(z).double()
        self.asked.append(z)
        if not self.codes:
            raise ValueError("fit the classifier before you ask it")
        means = torch.stack(list(self.codes.values()))
        names = torch.tensor(list(self.codes))
        return names[torch.cdist(z, means).argmin(dim=1)].numpy()

    def score(self, z, labels):
        """Return the share of labels named rightly."""
        right = self.predict(z) == torch.as_tensor(labels).numpy()
        return float(right.mean())


def right_probe(classifier, z, labels, z_test, test_labels):
    """Return the accuracy; the reference."""
    mean, spread = z.mean(dim=0), z.std()
    classifier.fit((z - mean) / spread, labels)
    return classifier.score((z_test - mean) / spread, test_labels)


def _probe_case():
    torch.manual_seed(16)
    scale, shift = torch.tensor([3.0, 1.0, 0.1]), torch.tensor([5.0, 0, 1])
    labels, test_labels = torch.arange(40) % 4, torch.arange(24) % 3
    z = torch.randn(40, 3) * scale + shift + labels[:, None]
    z_test = torch.randn(24, 3) * scale * 0.7 + shift + test_labels[:, None]
    return z, labels, z_test - 1, test_labels


PROBE_FITS = {
    "Each column was divided by its own spread, which blows up dead units: "
    "divide all by one number, `z.std()`.": lambda z, test: (
        (z - z.mean(0)) / z.std(0)
    ),
    "The scaler was fitted on the test data: take mean and spread of z.": (
        lambda z, test: (z - test.mean(0)) / test.std()
    ),
    "The scaler saw the test data: take mean and spread of z alone.": (
        lambda z, test: (
            (z - torch.cat([z, test]).mean(0)) / torch.cat([z, test]).std()
        )
    ),
    "The mean was taken over everything; each column has its own, "
    "`z.mean(dim=0)`.": lambda z, test: (z - z.mean()) / z.std(),
    "The codes were not scaled: take off the mean, divide by the spread.": (
        lambda z, test: z
    ),
    "The mean is off, the division by the spread is missing.": (
        lambda z, test: z - z.mean(0)
    ),
    "The mean was not taken off.": lambda z, test: z / z.std(),
}
PROBE_ASKS = {
    "The classifier was asked about the training codes: that says how well "
    "it learnt them by heart. Score z_test.": lambda z, test: (
        (z - z.mean(0)) / z.std()
    ),
    "The test codes were scaled by their own mean and spread; use those of "
    "z for both.": lambda z, test: (test - test.mean(0)) / test.std(),
    "The test codes were not scaled.": lambda z, test: test,
}


def probe_problem(attempt):
    """Follow what the classifier was fitted on and asked about."""
    case, classifier = _probe_case(), NearestMean()
    z, labels, z_test, _ = case
    given = copy.deepcopy(case)
    got = attempt(classifier, *given)
    problem = _fit_problem(classifier, z, labels, z_test)
    problem = problem or _ask_problem(classifier, z, z_test)
    if not problem and (
        problem := difference(got, right_probe(NearestMean(), *case))
    ):
        return problem + " Return the share of test labels named rightly."
    same = all(a.equal(b) for a, b in zip(given, case, strict=True))
    return problem or "It changes its input." * (not same)


def _ok(z):
    """Return the spreads that may be used: of z, and of z less its means."""
    return z.std(), (z - z.mean(0)).std()


def _fit_problem(classifier, z, labels, z_test):
    if not classifier.fitted:
        return "The classifier was never fitted: call `classifier.fit`."
    if any(len(given) == len(z_test) for given, _ in classifier.fitted):
        return "It was fitted on the test data: the test labels leak."
    given, names = classifier.fitted[-1]
    if len(given) > len(z):
        return "It was fitted on test data as well: the test labels leak."
    right = (z - z.mean(0)) / z.std()
    if any(not difference(given, (z - z.mean(0)) / s, 0.02) for s in _ok(z)):
        if not names.equal(labels):
            return "It was fitted on other labels than those of z."
        return None
    return _named(PROBE_FITS, given, z, z_test) or (
        "The classifier was fitted on something else than the scaled z: "
        + difference(given, right)
    )


def _ask_problem(classifier, z, z_test):
    if not classifier.asked:
        return "The fitted classifier was never asked about z_test."
    asked, given = classifier.asked[-1], classifier.fitted[-1][0]
    right = (z_test - z.mean(0)) / z.std()
    for spread in _ok(z):  # the one that z was divided by
        scaled = not difference(given, (z - z.mean(0)) / spread, 0.02)
        wanted = (z_test - z.mean(0)) / spread
        if scaled and not difference(asked, wanted, 0.02):
            return None
        if not difference(asked, wanted, 0.02):
            return "The test codes were divided by another number than z was."
    return _named(PROBE_ASKS, asked, z, z_test) or (
        "The test codes are not scaled as z was: " + difference(asked, right)
    )


def _named(slips, given, z, z_test):
    """Return the message of the slip that would have given this."""
    made = ((message, f(z, z_test)) for message, f in slips.items())
    return next((m for m, a in made if not difference(given, a, 2e-3)), None)
