"""The rulers of the course."""

from course_utils.measures.codes import (
    distance_to_world,
    factor_r2,
    flatness,
    group_silhouette,
    linear_probe,
    neighbour_accuracy,
)
from course_utils.measures.images import mse, psnr, ssim
from course_utils.measures.judge import accepted, recognised, train_judge
from course_utils.measures.subspaces import subspace_angle

__all__ = [
    "accepted",
    "distance_to_world",
    "factor_r2",
    "flatness",
    "group_silhouette",
    "linear_probe",
    "mse",
    "neighbour_accuracy",
    "psnr",
    "recognised",
    "ssim",
    "subspace_angle",
    "train_judge",
]
