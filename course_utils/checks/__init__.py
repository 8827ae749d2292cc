"""Answers to "is mine right?": one check for each exercise.

A check is given the learner's function, says *not attempted*, *not yet* (with
the likely slip) or *correct*, and returns the function to go on with: the
learner's when it is correct, the course's otherwise. It never raises. The
files lesson_NN.py are imported when a check is first asked for.
"""

import functools
import importlib
import pkgutil


def __getattr__(name):
    if not name.startswith("_") and name in (found := _checks()):
        return found[name]
    raise AttributeError(f"there is no check named {name!r}")


def __dir__():
    return sorted(_checks())


@functools.cache
def _checks():
    """Return {name: check} from all lessons' files."""
    from course_utils.checks.core import CHECKS
    from course_utils.checks.judging import same_random_numbers

    with same_random_numbers():
        for module in pkgutil.iter_modules(__path__, f"{__name__}."):
            if module.name.removeprefix(f"{__name__}.").startswith("lesson_"):
                importlib.import_module(module.name)
    return CHECKS
