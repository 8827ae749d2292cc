"""Answers to "is mine right?": one check for each exercise.

A check is given the learner's function, says *not attempted*, *not yet* (with
the likely slip) or *correct*, and returns the function to go on with: the
learner's when it is correct, the course's otherwise. It never raises. The
files lesson_NN.py are imported when a check is first asked for.
"""

import functools
import importlib
import inspect
import pkgutil

from course_utils.checks.scorecard import show_scorecard

__all__ = ["show_scorecard"]


def __getattr__(name):
    if not name.startswith("_") and name in (found := _checks()):
        return found[name]
    raise AttributeError(f"there is no check named {name!r}")


def __dir__():
    return sorted([*__all__, *_checks()])


@functools.cache
def _checks():
    """Return {name: check} from all lessons' files."""
    from course_utils.checks.core import CHECKS
    from course_utils.checks.judging import same_random_numbers

    old = {}
    with same_random_numbers():
        for module in pkgutil.iter_modules(__path__, f"{__name__}."):
            if module.name.removeprefix(f"{__name__}.").startswith("lesson_"):
                found = importlib.import_module(module.name)
                old |= _old_checks(found)
    return old | CHECKS


def _old_checks(module):
    """Return the functions of a file that judge an attempt themselves."""
    functions = inspect.getmembers(module, inspect.isfunction)
    return {
        name: function
        for name, function in functions
        if not name.startswith("_")
        and function.__module__ == module.__name__
        and list(inspect.signature(function).parameters) == ["attempt"]
    }
