"""Lesson 03's clinic: each patient has the ill that it is listed with."""

import torch

from course_utils.datasets import fashion_mnist
from course_utils.measures import mse
from course_utils.rivals.pca import ILLS, clinic


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
