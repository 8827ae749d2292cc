"""Data sets as tensors that stay in memory; all work without a network."""

from course_utils.datasets.damage import erase_patch, salt_and_pepper
from course_utils.datasets.digits import digits
from course_utils.datasets.download import DataError, data_folder
from course_utils.datasets.fashion import (
    FASHION_CLASSES,
    SHIPPED,
    fashion_mnist,
)
from course_utils.datasets.folder import OwnData, folder, upload
from course_utils.datasets.leaves import draw_leaves
from course_utils.datasets.moons import two_moons
from course_utils.datasets.shapes import (
    draw_shapes,
    line_world,
    made_world,
    tagged_world,
)

__all__ = [
    "DataError",
    "FASHION_CLASSES",
    "OwnData",
    "SHIPPED",
    "data_folder",
    "digits",
    "draw_leaves",
    "draw_shapes",
    "erase_patch",
    "fashion_mnist",
    "folder",
    "line_world",
    "made_world",
    "salt_and_pepper",
    "tagged_world",
    "two_moons",
    "upload",
]
