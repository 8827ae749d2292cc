"""Damage does what it says, cures stay in range, measures agree."""

import pytest
import torch

from course_utils.datasets import erase_patch, salt_and_pepper
from course_utils.measures import psnr, ssim
from course_utils.rivals.filters import FILTERS, pca_filters, tuned


@pytest.fixture
def grey():
    torch.manual_seed(0)
    return 0.25 + 0.5 * torch.rand(40, 1, 28, 28)


NAMES = {"gaussian blur", "median", "total variation", "non local means"}


def add_gaussian(x, sigma):
    return x + sigma * torch.randn_like(x)


def test_patch_is_one_square_in_each_image(grey):
    hit = erase_patch(grey, 10) == 0
    assert (hit.flatten(1).sum(1) == 100).all()
    assert hit.any(dim=2).sum() == hit.any(dim=3).sum() == 40 * 10
    assert not (hit == hit[:1]).all()


def test_dots_are_black_or_white_and_as_many_as_asked(grey):
    before = grey.clone()
    dotted = salt_and_pepper(grey, 0.3)
    hit = dotted != grey
    assert hit.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert dotted[hit].mean().item() == pytest.approx(0.5, abs=0.03)
    assert set(dotted[hit].tolist()) == {0.0, 1.0} and grey.equal(before)


def test_measures_know_perfect_and_worse(grey):
    noisy = add_gaussian(grey, 0.1)
    assert psnr(noisy, grey).mean().item() == pytest.approx(20, abs=0.5)
    assert ssim(grey, grey).min() > 0.999 > ssim(noisy, grey).max()


def test_filters_are_tuned_and_stay_in_range(grey):
    noisy = add_gaussian(grey[:4], 0.5)
    cures = tuned(FILTERS, noisy, grey[:4], 0.5)
    assert set(cures) == NAMES
    for cure in cures.values():
        cured = cure(noisy)
        assert cured.shape == noisy.shape and cured.dtype == noisy.dtype
        assert 0 <= cured.min() and cured.max() <= 1
        assert psnr(cured, grey[:4]).mean() > psnr(noisy, grey[:4]).mean()


def flat_images(count):
    """Images on a plane of two patterns in 784 dimensions."""
    patterns = torch.rand(2, 1, 28, 28)
    weights = 0.5 * torch.rand(count, 2)
    return torch.einsum("np,pchw->nchw", weights, patterns)


def test_pca_filters_keep_the_plane_of_the_images():
    torch.manual_seed(0)
    train, new = flat_images(500).split([400, 100])
    noisy = add_gaussian(new, 0.1)
    (project, sizes), (wiener, scales) = pca_filters(train).items()
    assert torch.allclose(project(new, 2), new, atol=1e-4)
    for cure, setting in ((project, 2), (wiener, 1.0)):
        cured = cure(noisy, setting, 0.1)
        assert cured.shape == noisy.shape and cured.dtype == noisy.dtype
        assert psnr(cured, new).mean() > psnr(noisy, new).mean() + 10
    assert all(size <= 784 for size in sizes) and 1.0 in scales


def test_wiener_is_the_best_of_its_kind():
    """With the true variances no other scale of sigma has less error."""
    torch.manual_seed(0)
    train, new = flat_images(2000).split([1500, 500])
    noisy = add_gaussian(new, 0.5)
    wiener = list(pca_filters(train))[1]
    errors = {s: (wiener(noisy, s, 0.5) - new).square().mean() for s in
              (0.5, 1.0, 2.0)}  # fmt: skip
    assert errors[1.0] == min(errors.values())


def test_filters_refuse_what_does_not_fit(grey):
    with pytest.raises(ValueError, match="two images"):
        pca_filters(grey[:1])
    with pytest.raises(ValueError, match="one shape"):
        tuned(FILTERS, grey[:4], grey[:5], 0.5)
    with pytest.raises(ValueError, match="settings to try"):
        tuned({list(FILTERS)[0]: ()}, grey, grey, 0.5)
    rivals = FILTERS | pca_filters(grey)
    for cure, settings in rivals.items():
        for bad in (
            grey[:, 0],
            grey[:0],
            grey.numpy(),
            grey.repeat(1, 3, 1, 1),
        ):
            with pytest.raises(ValueError, match="are wanted"):
                cure(bad, settings[0], 0.3)
        with pytest.raises(ValueError, match="finite"):
            cure(grey * float("nan"), settings[0], 0.3)
        with pytest.raises(ValueError, match="above 0"):
            cure(grey, -1, 0.3)
    for cure in list(rivals)[2:4] + list(rivals)[-1:]:
        with pytest.raises(ValueError, match="above 0"):
            cure(grey, 1.0, 0)


def test_damage_and_measures_refuse_what_does_not_fit(grey):
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="share"):
            salt_and_pepper(grey, share)
    for side in (0, -3, 29, 2.5, "ten"):
        with pytest.raises(ValueError, match="whole number"):
            erase_patch(grey, side)
    with pytest.raises(ValueError, match="are wanted"):
        erase_patch(grey[:, 0])
    for measure in (psnr, ssim):
        with pytest.raises(ValueError, match="one shape"):
            measure(grey[:1], grey)
        with pytest.raises(ValueError, match="two tensors"):
            measure(grey.numpy(), grey)
