"""Answers to "is mine right?": one function per exercise.

A check is given the learner's function, says *not attempted*, *not yet* (with
the likely slip) or *correct*, and returns the function to go on with: the
learner's when it is correct, the course's otherwise. It never raises.
"""

from course_utils.checks.lesson_00 import brightness
from course_utils.checks.lesson_04 import (
    denoising_loss,
    kl_sparsity,
    salt_and_pepper,
)
from course_utils.checks.scorecard import show_scorecard

__all__ = [
    "brightness",
    "denoising_loss",
    "kl_sparsity",
    "salt_and_pepper",
    "show_scorecard",
]
