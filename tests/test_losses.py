"""Losses, each against a slow loop."""

import pytest
import torch
from torch.distributions import Bernoulli, Independent, Normal
from torch.distributions import kl_divergence as kl

from course_utils.models import (
    bernoulli_nll,
    kl_divergence,
    negative_elbo,
    reconstruction_loss,
)


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


@pytest.mark.parametrize("shape", [(4, 1, 5, 6), (3, 7)])
def test_bernoulli_nll_on_black_and_white_pixels(shape):
    logits, x = torch.randn(shape), torch.rand(shape).round()
    pixels = Independent(Bernoulli(logits=logits), len(shape) - 1)
    assert bernoulli_nll(logits, x).allclose(-pixels.log_prob(x), atol=1e-4)


def test_grey_pixels_leave_a_floor():
    x = torch.rand(3, 1, 4, 4)
    floor = Bernoulli(probs=x).entropy().flatten(1).sum(1)
    assert bernoulli_nll(x.logit(), x).allclose(floor, rtol=1e-3)


@pytest.mark.parametrize("shape", [(4, 3), (1, 1), (2, 20)])
def test_kl_is_that_of_torch(shape):
    mu, log_var = torch.randn(2, *shape)
    q = Normal(mu, (0.5 * log_var).exp())
    expected = kl(q, Normal(0.0, 1.0)).sum(dim=1)
    assert kl_divergence(mu, log_var).allclose(expected, atol=1e-5)


def test_elbo_adds_the_two_in_nats():
    x, logits = torch.rand(3, 1, 4, 4), torch.randn(3, 1, 4, 4)
    mu, log_var = torch.randn(2, 3, 5)

    def model(images):
        return logits, mu, log_var

    nll, rate = bernoulli_nll(logits, x), kl_divergence(mu, log_var)
    assert negative_elbo(model, x).allclose(nll + rate)
    assert negative_elbo(model, x, beta=4).allclose(nll + 4 * rate)
