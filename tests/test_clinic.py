"""Many VAEs at once, one that peeks, and the ward of four."""

import pytest
import torch
from torch import nn

from course_utils.measures import (
    lettered,
    linear_vae_nats,
    treat,
    ward,
)
from course_utils.measures.clinic import LETTERS, PATIENTS
from course_utils.models import (
    ManyVAEs,
    PeekingVAE,
    bernoulli_nll,
    halved,
    kl_divergence,
)
from course_utils.training import fit


def many_loss(model, x):
    logits, mu, log_var = model(x)
    nll = nn.functional.binary_cross_entropy_with_logits(
        logits, x, reduction="none"
    )
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
    return nll.sum((1, 2)) + kl.sum((1, 2))


def test_many_models_have_shapes_and_learn():
    torch.manual_seed(0)
    model, x = (
        ManyVAEs(3, 10, latent_dim=2, hidden_dim=4),
        torch.rand(8, 3, 10),
    )
    logits, mu, log_var = model(x)
    assert logits.shape == x.shape
    assert mu.shape == log_var.shape == (8, 3, 2)
    many_loss(model, x).sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_no_model_of_many_sees_anothers_examples():
    torch.manual_seed(0)
    model, x = ManyVAEs(3, 10), torch.rand(4, 3, 10)
    before = model.encode(x)[0]
    x[:, 1] = 0
    changed = (model.encode(x)[0] - before).abs().sum((0, 2)) > 0
    assert changed.tolist() == [False, True, False]


def test_many_models_begin_as_linear_layers_do():
    model = ManyVAEs(50, 10, hidden_dim=20)
    weight = model.encoder[0].weight.detach()
    assert weight.abs().max() <= 10**-0.5
    assert weight.std() == pytest.approx((10 * 3) ** -0.5, rel=0.05)


def test_many_models_refuse_bad_input():
    with pytest.raises(ValueError, match="count must be a whole number"):
        ManyVAEs(0, 10)
    with pytest.raises(ValueError, match="latent_dim must be a whole"):
        ManyVAEs(2, 10, latent_dim=1.5)
    with pytest.raises(ValueError, match="an example for each model"):
        ManyVAEs(2, 10).encode(torch.rand(4, 3, 10))


def test_halved_takes_means_and_refuses_other_sizes():
    x = torch.rand(3, 1, 28, 28)
    small = halved(x)
    assert small.shape == (3, 1, 14, 14)
    assert small[1, 0, 2, 3].isclose(x[1, 0, 4:6, 6:8].mean())
    with pytest.raises(ValueError, match=r"\(N, 1, 28, 28\)"):
        halved(small)


def test_a_peeking_decoder_sees_earlier_pixels_only():
    torch.manual_seed(0)
    model, x, z = PeekingVAE(2), torch.rand(1, 1, 14, 14), torch.randn(1, 2)
    nn.init.normal_(model.weight)
    other = x.clone()
    other[0, 0, 5, 7] = 1 - other[0, 0, 5, 7]
    same = model.logits(z, x).flatten() == model.logits(z, other).flatten()
    place = 5 * 14 + 7
    assert same[: place + 1].all() and not same[place + 1 :].any()
    assert model(x)[0].shape == x.shape


def test_a_peeking_vae_refuses_large_images():
    with pytest.raises(ValueError, match="`halved` makes them"):
        PeekingVAE().encode(torch.rand(2, 1, 28, 28))


def test_treatment_asks_for_the_weight_of_each_share():
    shares = []

    def weight(done):
        shares.append(done)
        return 1.0

    model = treat(torch.rand(200, 1, 14, 14), weight, epochs=2)
    assert shares[0] == 0 and shares == sorted(shares) and shares[-1] <= 1
    assert not model.training
    with pytest.raises(ValueError, match="must not be negative"):
        treat(torch.rand(9, 1, 14, 14), -1)


def test_a_high_price_shuts_the_code():
    torch.manual_seed(0)
    x = torch.rand(300, 1, 14, 14)
    cheap, expensive = (
        kl_divergence(*treat(x, weight).encode(x)).mean()
        for weight in (0.001, 1000)
    )
    assert expensive < 0.1 < cheap


def test_the_ward_has_four_letters():
    patients = ward(torch.rand(130, 1, 14, 14))
    assert sorted(patients) == list("ABCD")
    assert set(lettered(PATIENTS, LETTERS).values()) == set(PATIENTS)
    x = torch.rand(5, 1, 14, 14)
    assert all(bernoulli_nll(m(x)[0], x).isfinite().all()
               for m in patients.values())  # fmt: skip


def test_many_models_train_as_one_would_alone():
    """Adam looks at each weight alone, so that a sum of losses is fair."""
    torch.manual_seed(0)
    x = torch.rand(64, 1, 6).round()
    one, two = ManyVAEs(1, 6, 1, 3), ManyVAEs(2, 6, 1, 3)
    with torch.no_grad():
        for a, b in zip(one.parameters(), two.parameters(), strict=True):
            b[:1].copy_(a)
    for model, data in ((one, x), (two, torch.cat([x, 1 - x], dim=1))):
        with torch.no_grad():  # without noise, which differs in shape
            model.encoder[2].bias[..., 1:] = -20
            model.encoder[2].weight[..., 1:] = 0
        fit(model, data, lambda m, x: (
            (m.decoder(m.encode(x)[0].transpose(0, 1)).transpose(0, 1) - x)
            .square().sum((1, 2))
        ), epochs=3, batch_size=16, progress=False)  # fmt: skip
    assert two.decoder[0].weight[:1].allclose(one.decoder[0].weight, atol=1e-5)


def test_a_linear_vae_buys_what_theory_says():
    nats = linear_vae_nats((16.0, 0.5), 2)
    assert nats[0] == pytest.approx(1.04, abs=0.06) and nats[1] < 0.02
    for variances, beta in (((1.0, 0.0), 1), (1.0, 1), ((1.0,), 0)):
        with pytest.raises(ValueError, match="linear_vae_nats wants"):
            linear_vae_nats(variances, beta)
