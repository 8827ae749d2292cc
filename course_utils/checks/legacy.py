"""What the checks of lessons 14 and 16 need until they are rebuilt.

They compare by hand; new checks are data, see `core`.
"""

import copy

import torch

from course_utils.checks.comparing import difference
from course_utils.checks.handing import changed
from course_utils.checks.judging import judge

__all__ = [
    "in_turn",
    "judge",
    "learnable",
    "named",
    "same_as",
]

GENERIC = ("The largest error", "Its answer should have shape", "It raised")
SIZES = (
    "It is right for the first sizes tried and not for others: is a size "
    "written out as a number?"
)


def same_as(reference, cases, slips=None, call=None, tolerance=1e-4):
    """Return a `find_problem` that compares with a reference on cases.

    cases: tuples of arguments. slips: {message: wrong function}; an attempt
    that answers like a wrong function is told its message. call: turns
    (function, *arguments) into what is compared: a number, a tensor, or a
    tuple of them.
    """
    call = call or (lambda function, *arguments: function(*arguments))

    def answer(function, case):
        torch.manual_seed(0)
        return call(function, *case)

    def agree(answers, others):
        pairs = zip(answers, others, strict=True)
        return all(difference(a, b, tolerance) is None for a, b in pairs)

    def find_problem(attempt):
        mine = copy.deepcopy(cases)
        got = [answer(attempt, case) for case in mine]
        expected = [answer(reference, case) for case in copy.deepcopy(cases)]
        if agree(got, expected):
            moved = any(
                changed(*pair) is not None
                for pair in zip(cases, mine, strict=True)
            )
            return "The answer is right, but it changes its input." * moved
        for message, wrong in (slips or {}).items():
            if agree(got, [answer(wrong, c) for c in copy.deepcopy(cases)]):
                return message
        problems = map(difference, got, expected, [tolerance] * len(cases))
        return next(problem for problem in problems if problem)

    return find_problem


def in_turn(*problems):
    """Return a `find_problem` that asks several, and gives the first."""

    def find_problem(attempt):
        answers = (find(attempt) for find in problems)
        return next((problem for problem in answers if problem), None)

    return find_problem


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
