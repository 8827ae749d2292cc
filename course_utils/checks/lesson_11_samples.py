"""Check of lesson 11 that draws: sample_classes."""

import math

import torch

from course_utils.checks.legacy import difference, judge


def _sample_classes(decode, labels, latent_dim):
    y = torch.nn.functional.one_hot(labels, 10).float()
    return decode(torch.randn(len(labels), latent_dim), y)


def _spy(calls):
    """Return a decoder that remembers what it was given."""

    def decode(z, y=None, *more):
        calls.append([part for part in (z, y, *more) if part is not None])
        return torch.full((len(z), 1, 28, 28), 0.25)

    return decode


def _call(attempt, labels, latent_dim):
    """Return z, y and the answer of one call, or what is wrong with it."""
    calls = []
    answer = attempt(_spy(calls), labels, latent_dim)
    if not calls:
        return "`decode` was never called."
    if len(calls) > 1:
        return "Call `decode` once, with the whole batch."
    if len(calls[0]) == 1:
        return (
            "`decode` got 1 argument; it wants two, z and y: the label was "
            "forgotten."
        )
    if len(calls[0]) > 2:
        return f"`decode` wants two arguments, z and y; got {len(calls[0])}."
    parts = [torch.as_tensor(part).detach().cpu() for part in calls[0]]
    return *parts, answer


def _sample_problem(attempt):
    labels = torch.tensor([5, 5, 2, 0, 2, 5])
    got = _call(attempt, labels, 4)
    if isinstance(got, str):
        return got
    z, y, answer = got
    problem = _label_problem(z, y, labels) or _code_problem(z, labels, 4)
    if problem:
        return problem
    again = _call(attempt, labels, 4)
    if again[0].equal(z):
        return "The same z comes at every call: do not set a seed inside."
    if answer is None:
        return "It returned None. Is there a `return`?"
    wanted = torch.full((len(labels), 1, 28, 28), 0.25)
    return difference(answer, wanted) or _spread_problem(attempt)


def _label_problem(z, y, labels):
    truth = torch.nn.functional.one_hot(labels, 10)
    if z.shape == truth.shape and z.equal(truth.to(z.dtype)):
        return "z and y are swapped: `decode(z, y)`."
    if y.shape == labels.shape:
        return (
            "y holds class numbers; the decoder wants one-hot rows (B, 10): "
            "`one_hot(labels, 10)`."
        )
    if y.shape == truth.T.shape and y.ndim == 2 and y.shape[1] != 10:
        return "The one-hot table lies on its side: rows are images."
    if y.ndim != 2 or y.shape[1] != 10:
        return (
            f"y has shape {tuple(y.shape)}, a one-hot of the wrong width: "
            "the classes are 10, whichever labels are asked. Say so: "
            "`one_hot(labels, 10)`."
        )
    if len(y) != len(labels):
        return f"{len(y)} rows of y for {len(labels)} labels."
    if not y.double().equal(truth.double()):
        return "y is not the one-hot of the labels that were asked."
    return None


def _code_problem(z, labels, latent_dim):
    count = len(labels)
    if z.shape == (1, latent_dim):
        return "One z for all images: draw one for each label."
    if z.shape != (count, latent_dim):
        return f"z should be ({count}, {latent_dim}); got {tuple(z.shape)}."
    if not z.any():
        return "z is zero: every image of a class would be the same. Draw it."
    if (z == z[:1]).all():
        return "Every image got the same z: draw one for each label."
    if (z == z[:, :1]).all():
        return "All numbers of a code are the same: draw (B, latent_dim)."
    if any((z[labels == c] == z[labels == c][:1]).all() for c in (2, 5)):
        return (
            "Images of one class share their z, so they would be one image. "
            "Draw a z for each entry of `labels`, not for each class."
        )
    return None


def _spread_problem(attempt):
    z, _, _ = _call(attempt, torch.arange(6000) % 10, 5)
    mean, spread = z.mean().item(), z.double().std().item()
    if z.min() >= 0 and z.max() <= 1:
        return "`rand` is uniform; the prior is a bell curve: `randn`."
    if abs(mean) < 0.05 and abs(spread - 1) < 0.03:
        return None
    hint = ""
    if abs(spread - math.exp(0.5)) < 0.05:
        hint = " That is sqrt(e): log_var = 0, not 1, gives spread 1."
    return (
        "z must come from the prior, with mean 0 and standard deviation 1; "
        f"yours has {mean:.2f} and {spread:.2f}.{hint}"
    )


def sample_classes(attempt):
    """Judge `sample_classes(decode, labels, latent_dim)`: -> images."""
    return judge("sample_classes", attempt, _sample_classes, _sample_problem)
