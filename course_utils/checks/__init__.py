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
from course_utils.checks.lesson_06 import (
    denoising_loss,
    kl_sparsity,
    salt_and_pepper,
)
from course_utils.checks.lesson_08 import (
    elbo,
    kl_divergence,
)
from course_utils.checks.lesson_08_draws import (
    reconstruct,
    reparameterize,
)
from course_utils.checks.lesson_11 import (
    free_bits,
    mig,
    unit_kl,
)
from course_utils.checks.lesson_11_samples import (
    sample_classes,
)
from course_utils.checks.lesson_12 import (
    features,
    joint_loss,
    probe,
    with_head,
)
from course_utils.checks.lesson_13 import (
    anomaly_score,
    choose_threshold,
)
from course_utils.checks.lesson_13_blame import (
    blame,
)
from course_utils.checks.lesson_14 import (
    between,
    masked_mean,
    sentence_loss,
)
from course_utils.checks.lesson_14_words import (
    decode_numbers,
    encode_words,
)
from course_utils.checks.lesson_16 import (
    masked_loss,
    negative_sampling_loss,
)
from course_utils.checks.lesson_16_attention import (
    attention,
    average,
)
from course_utils.checks.scorecard import show_scorecard

__all__ = [
    "anomaly_score",
    "attention",
    "average",
    "between",
    "blame",
    "brightness",
    "choose_threshold",
    "compression_ratio",
    "decode_numbers",
    "denoising_loss",
    "elbo",
    "encode_words",
    "features",
    "free_bits",
    "interpolate",
    "joint_loss",
    "kl_divergence",
    "kl_sparsity",
    "make_encoder",
    "masked_loss",
    "masked_mean",
    "mended_decode",
    "mig",
    "negative_sampling_loss",
    "pca",
    "pca_reconstruct",
    "principal_angle",
    "probe",
    "quantize",
    "reconstruct",
    "reparameterize",
    "salt_and_pepper",
    "sample_classes",
    "sentence_loss",
    "show_scorecard",
    "smallest_latent_dim",
    "train_step",
    "unit_kl",
    "with_head",
]
