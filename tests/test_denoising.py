"""Damage does what it says, cures stay in range, measures agree."""

import pytest
import torch

from course_utils.datasets import erase_patch
from course_utils.measures import psnr, ssim
from course_utils.rivals.filters import FILTERS, tuned


@pytest.fixture
def grey():
    torch.manual_seed(0)
    return 0.25 + 0.5 * torch.rand(40, 1, 28, 28)


def add_gaussian(x, sigma):
    return x + sigma * torch.randn_like(x)


def test_patch_is_one_square_in_each_image(grey):
    hit = erase_patch(grey, 10) == 0
    assert (hit.flatten(1).sum(1) == 100).all()
    assert hit.any(dim=2).sum() == hit.any(dim=3).sum() == 40 * 10
    assert not (hit == hit[:1]).all()


def test_measures_know_perfect_and_worse(grey):
    noisy = add_gaussian(grey, 0.1)
    assert psnr(noisy, grey).mean().item() == pytest.approx(20, abs=0.5)
    assert ssim(grey, grey).min() > 0.999 > ssim(noisy, grey).max()


def test_filters_are_tuned_and_stay_in_range(grey):
    noisy = add_gaussian(grey[:4], 0.5)
    cures = tuned(FILTERS, noisy, grey[:4], 0.5)
    assert set(cures) == {rival.__name__ for rival in FILTERS}
    for cure in cures.values():
        cured = cure(noisy)
        assert cured.shape == noisy.shape and cured.dtype == noisy.dtype
        assert 0 <= cured.min() and cured.max() <= 1
        assert psnr(cured, grey[:4]).mean() > psnr(noisy, grey[:4]).mean()
