"""PCA's encoder, and the clinic of lesson 03."""

import pytest
import torch

from course_utils.datasets import fashion_mnist
from course_utils.measures import mse
from course_utils.rivals.pca import ILLS, clinic, pca_encoder, pca_errors


def test_the_clinic():
    images = fashion_mnist(False)
    patients = clinic(images.train, images.train_labels)
    assert set(patients) == set(ILLS) and sorted(ILLS.values()) == [
        "data", "mean", "order", "right"
    ]  # fmt: skip
    x, errors = images.test.flatten(1), {}
    for letter, (mean, components) in patients.items():
        assert mean.shape == (784,) and components.shape == (8, 784)
        gram = components @ components.T
        assert (gram - torch.eye(8)).abs().max() < 1e-4
        x_hat = mean + (x - mean) @ components.T @ components
        errors[ILLS[letter]] = mse(x_hat, x)
        assert bool(mean.any()) == (ILLS[letter] != "mean")
    assert min(errors, key=errors.get) == "right"
    assert errors["order"] > errors["data"] > 2 * errors["right"]


def test_the_clinic_says_what_it_cannot_treat():
    x, boots = torch.rand(20, 1, 4, 4), torch.full((20,), 9)
    for labels, k, words in (
        (boots, 0, "k must lie in 1 to 16; got 0"),
        (boots, 17, "k must lie in 1 to 16; got 17"),
        (boots[:5], 2, "20 images, but 5 labels"),
        (torch.zeros(20), 8, "k must lie in 1 to 0"),
    ):
        with pytest.raises(ValueError, match=words):
            clinic(x, labels, k)


def test_codes_keep_distances_along_the_largest_directions():
    x = torch.randn(40, 2, 3).double() * torch.tensor([5.0, 2.0, 0.0]) + 7
    z = pca_encoder(x, 4)(x)
    assert z.shape == (40, 4) and z.mean(dim=0).abs().max() < 1e-4
    flat = x.flatten(1)
    gap = torch.cdist(z, z) - torch.cdist(flat, flat)
    assert gap.abs().max() < 1e-3  # two of six pixels never change
    spread = z.var(dim=0)
    assert (spread.diff() < 1e-4).all()
    for k in (0, 7):
        with pytest.raises(ValueError, match="k must lie in 1 to 6"):
            pca_encoder(x, k)


def test_bad_input_of_the_encoder_gets_a_clear_error():
    for k in ("2", 2.5):
        with pytest.raises(ValueError, match="k must lie in 1 to 5"):
            pca_encoder(torch.randn(8, 5), k)
    with pytest.raises(ValueError, match="NaN"):
        pca_encoder(torch.full((8, 5), torch.nan), 2)


def test_errors_of_images_of_another_width():
    with pytest.raises(ValueError, match="got 5 and 4 numbers each"):
        pca_errors(torch.zeros(8, 5), torch.zeros(8, 4), [1])
