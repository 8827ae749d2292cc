"""Compare tensors that a network has to learn through."""

import copy

import torch

from course_utils.checks.core import difference, in_turn, same_as

GENERIC = ("The largest error", "Its answer should have shape", "It raised")
SIZES = (
    "It is right for the first sizes tried and not for others: is a size "
    "written out as a number?"
)


def marked(function, *arguments):
    """Return an answer whose NaN are marked, to be compared like numbers."""
    got = function(*arguments)
    is_tensor = torch.is_tensor(got) and got.is_floating_point()
    return got.nan_to_num(nan=1e3, neginf=-2e3) if is_tensor else got


def named(reference, cases, slips):
    """Like `same_as`, and names one dimension too many and fixed sizes."""
    every = same_as(reference, cases, slips, marked)
    first = same_as(reference, cases[:1], None, marked)

    def find_problem(attempt):
        try:
            problem = every(attempt)
        except NotImplementedError:
            raise
        except Exception:
            if _passes(first, attempt):
                return SIZES
            raise
        if problem and problem.startswith(GENERIC):
            return _in_words(attempt, reference, cases[0]) or (
                SIZES if _passes(first, attempt) else problem
            )
        return problem or _is_tensor(attempt(*copy.deepcopy(cases[0])))

    return find_problem


def learnable(reference, cases, slips):
    """Like `named`, and a gradient has to reach every float argument."""
    return in_turn(
        named(reference, cases, slips), lambda f: _gradient(f, cases[0])
    )


def _passes(find, attempt):
    try:
        return not find(attempt)
    except Exception:
        return False


def _is_tensor(got):
    if torch.is_tensor(got):
        return None
    return (
        f"The numbers are right, but they are a {type(got).__name__}; stay in "
        "torch and return a tensor."
    )


def _in_words(attempt, reference, case):
    got = attempt(*copy.deepcopy(case))
    if not torch.is_tensor(got):
        return None
    expected = reference(*copy.deepcopy(case))
    if got.is_floating_point() and not got.isfinite().all():
        return "Its answer holds NaN or infinity."
    more = got.ndim > expected.ndim and got.numel() == expected.numel()
    if more and not difference(got.reshape(expected.shape), expected):
        return (
            "The numbers are right, with one dimension too many: shape "
            f"{tuple(got.shape)} instead of {tuple(expected.shape)}."
        )
    return None


def _gradient(attempt, case):
    """Say whether a gradient reaches every float argument, and is finite."""
    case = [
        a.clone().requires_grad_() if a.is_floating_point() else a.clone()
        for a in case
    ]
    floats = [a for a in case if a.requires_grad]
    try:
        # A copy in between: a leaf must not be written to, a copy may.
        got = attempt(*(a * 1 if a.requires_grad else a for a in case))
        found = torch.autograd.grad(got.sum(), floats, allow_unused=True)
    except RuntimeError:
        found = [None]
    if any(gradient is None for gradient in found):
        return (
            "The numbers are right, but no gradient gets through, so nothing "
            "could be learnt: no .detach(), .numpy(), .item() or no_grad."
        )
    if not all(gradient.isfinite().all() for gradient in found):
        return "The numbers are right, but the gradient holds NaN."
    return None
