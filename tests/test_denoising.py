"""Damage does what it says, cures stay in range, measures agree."""

import pytest
import torch

from course_utils.datasets import erase_patch
from course_utils.measures import psnr, ssim
from course_utils.models import Denoiser
from course_utils.rivals.filters import (
    FILTERS,
    add_gaussian,
    salt_and_pepper,
    tuned,
)


@pytest.fixture
def grey():
    torch.manual_seed(0)
    return 0.25 + 0.5 * torch.rand(40, 1, 28, 28)


def test_gaussian_noise_has_the_spread_asked_for(grey):
    assert (add_gaussian(grey, 0.3) - grey).std().item() == pytest.approx(
        0.3, abs=0.01
    )
    levels = torch.linspace(0, 1, 40)[:, None, None, None]
    assert (add_gaussian(grey, levels)[0] == grey[0]).all()


def test_salt_and_pepper_hits_a_share_with_both_colours(grey):
    damaged = salt_and_pepper(grey, 0.2)
    hit = damaged != grey
    assert hit.float().mean().item() == pytest.approx(0.2, abs=0.02)
    assert damaged[hit].mean().item() == pytest.approx(0.5, abs=0.05)


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


def test_denoiser_keeps_the_shape(grey):
    cleaned = Denoiser()(add_gaussian(grey, 2.0))
    assert cleaned.shape == grey.shape
    assert 0 <= cleaned.min() and cleaned.max() <= 1
