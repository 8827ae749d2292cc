"""Colours that everybody can tell apart, and never colour alone.

Alt texts: tests/test_figures.py. Headings: tests/test_lessons.py.
Widgets by keyboard: tests/test_browser.py.
"""

import itertools

import numpy as np
import pytest

from course_utils.figures.style import COLORS, DASHES, MARKERS

# How the world looks without one kind of cone (Machado, Oliveira and
# Fernandes, 2009, severity 1), on linear red, green and blue.
VISION = {
    "all cones": np.eye(3),
    "no long": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no medium": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no short": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
)
WHITE = TO_XYZ.sum(axis=1)


def linear(color):
    """Turn "#rrggbb" into linear light, each part in [0, 1]."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return np.array(
        [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
         for c in parts]
    )  # fmt: skip


def lab(light):
    """Turn linear light into CIELAB, where distance is difference seen."""
    ratio = TO_XYZ @ np.clip(light, 0, 1) / WHITE
    small = 7.787 * ratio + 16 / 116
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), small)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("color", COLORS)
def test_colours_stand_out_on_white(color):
    """WCAG 2.2, 1.4.11 asks for 3 to 1."""
    luminance = TO_XYZ[1] @ linear(color)
    assert 1.05 / (luminance + 0.05) >= 3


@pytest.mark.parametrize("eyes", VISION)
def test_colours_can_be_told_apart(eyes):
    seen = {c: lab(np.array(VISION[eyes]) @ linear(c)) for c in COLORS}
    for a, b in itertools.combinations(COLORS, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 10, (a, b)


def test_lines_differ_without_colour():
    looks = {
        (MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i in range(len(COLORS))
    }
    assert len(looks) == len(COLORS) == len(set(MARKERS))
