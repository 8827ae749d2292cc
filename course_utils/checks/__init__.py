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
from course_utils.checks.lesson_08 import (
    between,
    decode_numbers,
    encode_words,
    masked_mean,
    sentence_loss,
)
from course_utils.checks.lesson_09 import (
    attention,
    average,
    masked_loss,
    negative_sampling_loss,
)
from course_utils.checks.scorecard import show_scorecard

__all__ = [
    "attention",
    "average",
    "between",
    "brightness",
    "compression_ratio",
    "decode_numbers",
    "denoising_loss",
    "encode_words",
    "interpolate",
    "kl_sparsity",
    "make_encoder",
    "masked_loss",
    "masked_mean",
    "mended_decode",
    "negative_sampling_loss",
    "pca",
    "pca_reconstruct",
    "principal_angle",
    "quantize",
    "salt_and_pepper",
    "sentence_loss",
    "show_scorecard",
    "smallest_latent_dim",
    "train_step",
]
