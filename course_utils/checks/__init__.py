"""Answers to "is mine right?": one function per exercise.

A check is given the learner's function, says *not attempted*, *not yet* (with
the likely slip) or *correct*, and returns the function to go on with: the
learner's when it is correct, the course's otherwise. It never raises.
"""

from course_utils.checks.lesson_00 import (
    brightness,
)
from course_utils.checks.lesson_01 import (
    compression_ratio,
    interpolate,
    smallest_latent_dim,
)
from course_utils.checks.lesson_02 import (
    make_encoder,
    mended_decode,
    quantize,
    train_step,
)
from course_utils.checks.lesson_03 import (
    pca,
    pca_reconstruct,
    principal_angle,
)
from course_utils.checks.lesson_04 import (
    denoising_loss,
    kl_sparsity,
    salt_and_pepper,
)
from course_utils.checks.lesson_05b import (
    free_bits,
    mig,
    sample_classes,
    unit_kl,
)
from course_utils.checks.scorecard import show_scorecard

__all__ = [
    "brightness",
    "compression_ratio",
    "denoising_loss",
    "free_bits",
    "interpolate",
    "kl_sparsity",
    "make_encoder",
    "mended_decode",
    "mig",
    "pca",
    "pca_reconstruct",
    "principal_angle",
    "quantize",
    "salt_and_pepper",
    "sample_classes",
    "show_scorecard",
    "smallest_latent_dim",
    "train_step",
    "unit_kl",
]
