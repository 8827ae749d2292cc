"""Models: shapes, sizes, gradients, and clear words for wrong input."""

import pytest
import torch

from course_utils.models import bernoulli_nll, kl_divergence, negative_elbo
from course_utils.models import images as models

MAKERS = (models.dense_autoencoder, models.conv_autoencoder)
both = pytest.mark.parametrize("maker", MAKERS)


@both
@pytest.mark.parametrize("latent_dim", [1, 2, 32])
def test_shapes(maker, latent_dim):
    model, x = maker(latent_dim), torch.rand(3, 1, 28, 28)
    z = model.encode(x)
    assert z.shape == (3, latent_dim)
    assert model.decode(z).shape == x.shape
    assert model(x).equal(model.decode(z))


@both
def test_images_lie_between_black_and_white(maker):
    images = maker(2).decode(100 * torch.randn(20, 2))
    assert 0 <= images.min() and images.max() <= 1


@both
def test_decoder_returns_logits(maker):
    model, z = maker(2), torch.randn(3, 2)
    assert model.decoder(z).sigmoid().equal(model.decode(z))


@both
def test_gradients_reach_every_parameter(maker):
    model = maker(2)
    model(torch.rand(3, 1, 28, 28)).square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


HALVES = (
    models.dense_encoder, models.dense_decoder,
    models.conv_encoder, models.conv_decoder,
)  # fmt: skip


@pytest.mark.parametrize("half", HALVES)
def test_halves_can_be_sliced(half):
    network = half(2)
    assert [type(p) for p in network[:2]] == [type(p) for p in network][:2]
    start = torch.randn(3, 2) if "decoder" in half.__name__ else None
    x = torch.rand(3, 1, 28, 28) if start is None else start
    assert network[2:](network[:2](x)).equal(network(x))


def test_vae_gives_logits_mean_and_log_variance():
    vae, x = models.dense_vae(3), torch.rand(4, 1, 28, 28)
    logits, mu, log_var = vae(x)
    assert logits.shape == x.shape and mu.shape == log_var.shape == (4, 3)
    assert torch.cat(vae.encode(x)).equal(torch.cat([mu, log_var]))
    assert vae.decode(mu).equal(vae.decoder(mu).sigmoid())
    assert not vae(x)[0].equal(logits)
    sum(part.square().sum() for part in vae(x)).backward()
    assert all(p.grad.abs().sum() > 0 for p in vae.parameters())


@pytest.mark.parametrize("extreme", [300.0, -300.0])
def test_vae_survives_an_extreme_variance(extreme):
    vae = models.dense_vae(2)
    with torch.no_grad():
        vae.encoder[-1].bias[2:] = extreme
    loss = negative_elbo(vae, torch.rand(3, 1, 28, 28)).mean()
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in vae.parameters())


def test_reparameterized_draws_have_the_right_spread():
    mu = torch.tensor([[2.0, -1.0]]).expand(100_000, 2)
    log_var = torch.tensor([[0.0, -4.0]]).expand(100_000, 2)
    z = models.reparameterize(mu, log_var)
    assert z.mean(0).allclose(mu[0], atol=0.02)
    assert z.std(0).allclose(torch.tensor([1.0, 0.1353]), rtol=0.02)
    assert len(z[:, 0].unique()) > 90_000  # new noise for each example


def test_count_parameters():
    dense = models.dense_encoder(2, hidden_dim=10)
    assert models.count_parameters(dense) == 784 * 10 + 10 + 10 * 2 + 2
    conv = models.conv_encoder(2, channels=4)
    expected = (9 * 4 + 4) + (9 * 4 * 8 + 8) + (8 * 49 * 2 + 2)
    assert models.count_parameters(conv) == expected


def test_frozen_parameters_do_not_count():
    model = models.dense_autoencoder(2, hidden_dim=10)
    model.decoder.requires_grad_(False)
    frozen = models.count_parameters(model)
    assert frozen == models.count_parameters(model.encoder)


@both
def test_width_can_be_chosen(maker):
    small, large = maker(2, 4), maker(2, 8)
    assert models.count_parameters(small) < models.count_parameters(large)


@both
@pytest.mark.parametrize("latent_dim", [0, -1, 2.5, "2", None, True])
def test_impossible_latent_dim(maker, latent_dim):
    with pytest.raises(ValueError, match=f"latent_dim must .*{latent_dim!r}"):
        maker(latent_dim)


@pytest.mark.parametrize(
    ("maker", "name"),
    [(MAKERS[0], "hidden_dim"), (MAKERS[1], "channels")],
)
def test_impossible_width(maker, name):
    with pytest.raises(ValueError, match=f"{name} must .* got 0"):
        maker(2, 0)


@both
@pytest.mark.parametrize("shape", [(3, 1, 32, 32), (3, 3, 28, 28), (3, 784)])
def test_wrong_image_shape(maker, shape):
    with pytest.raises(ValueError) as error:
        maker(2)(torch.rand(shape))
    assert "(B, 1, 28, 28)" in str(error.value)
    assert str(shape) in str(error.value)


@both
def test_missing_batch_dimension(maker):
    with pytest.raises(ValueError, match=r"x\[None\]"):
        maker(2).encode(torch.rand(1, 28, 28))


@both
def test_images_that_are_no_floats(maker):
    x = torch.zeros(3, 1, 28, 28, dtype=torch.uint8)
    with pytest.raises(TypeError, match=r"float tensor .*uint8"):
        maker(2).encode(x)
    with pytest.raises(TypeError, match=r"float tensor .*ndarray"):
        maker(2).encode(x.numpy())


@both
@pytest.mark.parametrize("shape", [(3, 5), (2,), (3, 2, 1)])
def test_wrong_code_shape(maker, shape):
    with pytest.raises(ValueError) as error:
        maker(2).decode(torch.rand(shape))
    assert "(B, 2)" in str(error.value) and str(shape) in str(error.value)


def test_distributions_of_a_vae():
    vae, x = models.dense_vae(3), torch.rand(4, 1, 28, 28)
    q, p = vae.posterior(x), vae.likelihood(torch.zeros(4, 3))
    mu, log_var = vae.encode(x)
    assert q.mean.equal(mu) and q.variance.log().allclose(log_var, atol=1e-5)
    by_torch = torch.distributions.kl_divergence(q, vae.prior()).sum(dim=1)
    assert by_torch.allclose(kl_divergence(mu, log_var), atol=1e-4)
    nll = -p.log_prob(x).flatten(1).sum(dim=1)
    assert nll.allclose(bernoulli_nll(vae.decoder(torch.zeros(4, 3)), x))
    assert vae.prior().sample((5, 3)).shape == (5, 3)


def test_conditional_vae_is_told_in_both_halves():
    model, x = models.ConditionalVAE(3, conditions=4), torch.rand(5, 1, 28, 28)
    y = torch.eye(4)[torch.arange(5) % 4]
    logits, mu, log_var = model(x, y)
    assert logits.shape == x.shape and mu.shape == log_var.shape == (5, 3)
    assert not model.encode(x, y)[0].equal(model.encode(x, 0 * y)[0])
    images = model.decode(mu, y)
    assert not images.equal(model.decode(mu, 0 * y))
    assert 0 <= images.min() and images.max() <= 1


def test_conditional_vae_refuses_what_does_not_fit():
    model, y = models.ConditionalVAE(3, conditions=4), torch.eye(4)
    with pytest.raises(ValueError, match="images must have shape"):
        model.encode(torch.rand(4, 784), y)
    with pytest.raises(ValueError, match=r"codes must have shape \(B, 7\)"):
        model.decode(torch.randn(4, 3), y[:, :2])
    with pytest.raises(ValueError, match="conditions must be a whole"):
        models.ConditionalVAE(3, conditions=0)
    with pytest.raises(ValueError, match="latent_dim must be a whole"):
        models.ConditionalVAE(-2)
    for wrong in (torch.arange(4), y[:3], y[:, :2], [0, 1, 2, 3]):
        with pytest.raises(ValueError, match=r"y must have shape \(4, 4\)"):
            model.encode(torch.rand(4, 1, 28, 28), wrong)


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 16, 32)])
@pytest.mark.parametrize("maker", [*MAKERS, models.dense_vae])
def test_images_of_other_sizes_and_in_colour(maker, shape):
    model, x = maker(5, shape=shape), torch.rand(4, *shape)
    assert model.decode(torch.zeros(2, 5)).shape == (2, *shape)
    outputs = model(x)
    first = outputs[0] if isinstance(outputs, tuple) else outputs
    assert first.shape == x.shape
    with pytest.raises(ValueError, match=rf"\(B, {shape[0]}, {shape[1]}"):
        model.encode(torch.rand(4, 1, 28, 28))


def test_convolutions_need_sides_that_four_divides():
    with pytest.raises(ValueError, match="4 divides; got 30 x 28"):
        models.conv_autoencoder(5, shape=(1, 30, 28))
