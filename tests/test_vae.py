"""The VAE's parts: closed forms against `torch.distributions`."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal
from torch.distributions import kl_divergence as exact_kl

from course_utils import losses, models


@pytest.mark.parametrize("shape", [(5, 3), (1, 1), (2, 16)])
def test_kl_is_the_librarys(shape):
    mu, log_var = torch.randn(shape), torch.randn(shape)
    q, p = Normal(mu, (0.5 * log_var).exp()), Normal(torch.zeros(shape), 1.0)
    expected = exact_kl(q, p).sum(dim=1)
    assert torch.allclose(losses.kl_divergence(mu, log_var), expected, 1e-4)


def test_grey_pixels_have_a_floor():
    x = torch.rand(4, 1, 6, 6).clamp(0.01, 0.99)
    pixels = Bernoulli(logits=x.logit(), validate_args=False)
    floor = losses.bernoulli_nll(x.logit(), x)
    assert torch.allclose(-pixels.log_prob(x).flatten(1).sum(1), floor)
    assert (losses.bernoulli_nll(x.logit() + 0.3, x) > floor).all()


def test_draws_keep_the_gradient():
    mu = torch.zeros(2000, 2, requires_grad=True)
    log_var = torch.full((2000, 2), -2.0, requires_grad=True)
    z = models.reparameterize(mu, log_var)
    z.sum().backward()
    assert mu.grad.eq(1).all() and log_var.grad.any()
    assert abs(z.std().item() - torch.tensor(-1.0).exp().item()) < 0.02


@pytest.mark.parametrize("make", [models.dense_vae, models.conv_vae])
def test_vae_shapes_and_loss(make):
    model, x = make(3, 8), torch.rand(5, 1, 28, 28)
    logits, mu, log_var = model(x)
    assert logits.shape == x.shape and mu.shape == log_var.shape == (5, 3)
    loss = losses.negative_elbo(model, x, beta=2.0)
    assert loss.shape == (5,) and loss.requires_grad
