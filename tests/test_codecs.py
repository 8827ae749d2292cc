"""Image formats as rivals: bits, errors, and what is asked of them."""

import pytest
import torch

from course_utils.datasets import fashion_mnist
from course_utils.rivals import codecs


@pytest.fixture(scope="module")
def images():
    return fashion_mnist(False, quiet=True).test[:25]


def test_sheet_keeps_every_image_whole():
    x = torch.arange(7 * 4).view(7, 1, 2, 2)
    page = codecs.sheet(x)
    assert page.shape == (6, 6)
    assert (page[:2, 2:4] == x[1, 0]).all()
    assert (page[4:, 0:2] == x[6, 0]).all()
    assert (page[4:, 4:] == x[6, 0]).all()  # filled up with the last


def test_png_is_exact_and_smaller_than_pixels(images):
    png = codecs.coded(images, "PNG")
    assert png.mse == 0 and 1000 < png.bits < 8 * 784
    assert codecs.smallest(images, "PNG", 0.01) == png


@pytest.mark.parametrize("name", ["JPEG", "WebP"])
def test_more_quality_costs_bits_and_lowers_the_error(images, name):
    rough, fine = (codecs.coded(images, name, q) for q in (5, 60))
    assert rough.bits < fine.bits and rough.mse > fine.mse


@pytest.mark.parametrize("name", codecs.available())
def test_smallest_keeps_the_error_asked_for(images, name):
    found = codecs.smallest(images, name, 0.012)
    assert found.mse <= 0.012
    if (found.quality or 0) > 3:  # one step less is not good enough
        assert codecs.coded(images, name, found.quality - 1).mse > 0.012


def test_best_quality_where_none_is_good_enough(images):
    assert codecs.smallest(images, "JPEG", 0.0).quality == 100


def test_unknown_format_is_named(images):
    with pytest.raises(ValueError, match="no format 'TIFF'"):
        codecs.coded(images, "TIFF")


def test_a_pillow_without_avif_says_so_in_one_line(monkeypatch, capsys):
    from PIL import features

    monkeypatch.setattr(features, "get_supported", lambda: ["webp"])
    assert codecs.available() == ["PNG", "JPEG", "WebP"]
    assert capsys.readouterr().out == (
        "This Pillow cannot write AVIF: left out.\n"
    )


@pytest.mark.parametrize(
    "wrong",
    [torch.rand(0, 1, 8, 8), torch.rand(8, 8), "images", None,
     torch.full((2, 1, 8, 8), 255.0), torch.full((2, 1, 8, 8), float("nan"))],
)  # fmt: skip
def test_only_images_are_coded(wrong):
    with pytest.raises(ValueError, match="images must have|must lie in"):
        codecs.smallest(wrong, "JPEG", 0.01)


@pytest.mark.parametrize("mse", [-1, float("nan")])
def test_an_error_that_cannot_be(images, mse):
    with pytest.raises(ValueError, match="at least 0"):
        codecs.smallest(images, "JPEG", mse)
