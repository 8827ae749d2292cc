"""Losses, each against a slow loop."""

import pytest
import torch

from course_utils.losses import reconstruction_loss


@pytest.mark.parametrize("shape", [(4, 1, 5, 6), (3, 7), (1, 2)])
def test_reconstruction_loss_is_the_summed_squared_error(shape):
    x, x_hat = torch.rand(2, *shape)
    pairs = zip(x_hat.flatten(1), x.flatten(1), strict=True)
    slow = [
        sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) for pair in pairs
    ]
    assert reconstruction_loss(x_hat, x).allclose(torch.stack(slow))


def test_a_perfect_reconstruction_costs_nothing():
    x = torch.rand(3, 1, 28, 28)
    assert reconstruction_loss(x, x).tolist() == [0, 0, 0]


def test_shapes_must_agree():
    x = torch.rand(3, 1, 28, 28)
    words = r"same shape; got \(3, 784\) and \(3, 1, 28, 28\)"
    with pytest.raises(ValueError, match=words):
        reconstruction_loss(x.flatten(1), x)
