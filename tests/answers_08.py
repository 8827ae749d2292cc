"""Answers to lesson 08's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import functools

import torch
from later import Later
from torch import distributions, nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from course_utils.datasets import fashion_mnist
from course_utils.models import VAE, dense_decoder, dense_encoder
from course_utils.training import fit


def kl_by_sigma(mu, log_var):
    sigma = torch.exp(log_var / 2)
    return (-log_var / 2 + (sigma**2 + mu**2) / 2 - 0.5).sum(-1)


def kl_by_library(mu, log_var):
    q = distributions.Normal(mu, (log_var / 2).exp())
    prior = distributions.Normal(0.0, 1.0)
    return distributions.kl_divergence(q, prior).sum(dim=1)


def kl_as_in_papers(mu, log_var):
    return -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp(), dim=1)


def kl_by_loop(mu, log_var):
    rows = []
    for m, v in zip(mu, log_var, strict=True):
        total = 0.0
        for a, b in zip(m, v, strict=True):
            total = total + (a**2 + torch.exp(b) - 1 - b) / 2
        rows.append(total)
    return torch.stack(rows)


def terms(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def kl(mu, log_var):
    return terms(mu, log_var).sum(dim=1)


def draw_by_std(mu, log_var):
    std = log_var.exp().sqrt()
    return mu + std * torch.randn_like(std)


def draw_by_rsample(mu, log_var):
    return distributions.Normal(mu, torch.exp(0.5 * log_var)).rsample()


def draw_minus(mu, log_var):
    return torch.addcmul(mu, torch.randn_like(mu), -torch.exp(log_var / 2))


def draw_on_device(mu, log_var):
    eps = torch.randn(mu.shape, device=mu.device)
    return eps * torch.exp(log_var / 2) + mu


def draw_by_sample(mu, log_var):
    return distributions.Normal(mu, torch.exp(0.5 * log_var)).sample()


def draw_fixed(mu, log_var):
    torch.manual_seed(1)
    return draw_by_std(mu, log_var)


def log_p(likelihood, x):
    return likelihood.log_prob(x).flatten(1).sum(1)


def elbo_in_two(likelihood, x, mu, log_var):
    return log_p(likelihood, x) - kl(mu, log_var)


def elbo_by_axes(likelihood, x, mu, log_var):
    pixels = likelihood.log_prob(x)
    return pixels.sum(dim=(1, 2, 3)) - kl_by_library(mu, log_var)


def elbo_by_logits(likelihood, x, mu, log_var):
    nll = bce(likelihood.logits, x, reduction="none")
    return -(nll.flatten(1).sum(1) + kl(mu, log_var))


def elbo_by_independent(likelihood, x, mu, log_var):
    whole = distributions.Independent(likelihood, 3)
    return whole.log_prob(x) - kl(mu, log_var)


def elbo_with(log_p, kl):
    """Return an ELBO made of two other parts."""
    return lambda likelihood, x, m, v: log_p(likelihood, x) - kl(m, v)


def loss_in_parts(model, x):
    mu, log_var = model.encode(x)
    z = mu + (log_var / 2).exp() * torch.randn_like(mu)
    return kl(mu, log_var) - log_p(model.likelihood(z), x)


def loss_by_objects(model, x):
    q = model.posterior(x)
    z = q.rsample()
    far = distributions.kl_divergence(q, model.prior()).sum(dim=1)
    return far - log_p(model.likelihood(z), x)


def loss_by_logits(model, x):
    mu, log_var = model.encode(x)
    logits = model.decoder(draw_by_std(mu, log_var))
    return bce(logits, x, reduction="none").flatten(1).sum(1) + kl(mu, log_var)


def loss_with(code=draw_by_std, fit=log_p, far=kl):
    """Return a loss made of other parts."""

    def loss(model, x):
        mu, log_var = model.encode(x)
        return far(mu, log_var) - fit(model.likelihood(code(mu, log_var)), x)

    return loss


def loss_one_noise(model, x):
    mu, log_var = model.encode(x)
    z = mu + (log_var / 2).exp() * torch.randn_like(mu[:1])
    return elbo_in_two(model.likelihood(z), x, mu, log_var).neg()


class Bells(VAE):
    """A VAE whose pixels are Gaussian, with a learned width."""

    def __init__(self, latent_dim=16):
        super().__init__(dense_encoder(2 * latent_dim), dense_decoder(16))
        self.log_s = nn.Parameter(torch.tensor(-2.0))

    def likelihood(self, z):
        return distributions.Normal(self.decoder(z).sigmoid(), self.width())

    def width(self):
        return self.log_s.exp()


class FixedBells(Bells):
    """The same weights; the width is written down."""

    def __init__(self, s):
        super().__init__()
        self.load_state_dict(trained_bells().state_dict())
        self.s = s

    def width(self):
        return self.s


class WholeImages(FixedBells):
    """Its likelihood is one distribution for the whole image."""

    def likelihood(self, z):
        return distributions.Independent(super().likelihood(z), 3)


@functools.cache
def trained_bells():
    torch.manual_seed(0)
    model = Bells()
    images = fashion_mnist(quiet=True)
    fit(model, images.train, loss_in_parts, epochs=5, batch_size=64,
        progress=False)  # fmt: skip
    return model


def with_(**methods):
    """Return a model that differs from the trained one in some methods."""
    return Later(type("Other", (FixedBells,), methods), 0.13)


def single_bells():
    """Return a model whose pixels have widths of their own."""
    model = FixedBells(0.13)
    model.width = lambda: torch.linspace(0.1, 0.2, 28)
    return model


def coins(self, z):
    return VAE.likelihood(self, z)


ANSWERS = {
    "kl_divergence": (
        [kl_by_sigma, kl_by_library, kl_as_in_papers, kl_by_loop],
        {
            "Averaged, not summed": lambda m, v: terms(m, v).mean(1),
            "twice the right answer": lambda m, v: 2 * kl(m, v),
            "A step is missing": terms,
            "runs over the batch": lambda m, v: terms(m, v).sum(0),
            "takes it twice": lambda m, v: (
                0.5 * (m**2 + v.exp() - 1 - v.log()).sum(1)
            ),
            "for log sigma": lambda m, v: terms(m, 2 * v).sum(1),
            "mu is squared": lambda m, v: 0.5 * (m + v.exp() - 1 - v).sum(1),
            "once for each image": lambda m, v: (
                0.5 * ((m**2 + v.exp() - v).sum(1) - 1)
            ),
            "batch of one": lambda m, v: kl(m, v).squeeze(0),
            "not reach log_var": lambda m, v: kl(m, v.detach()),
        },
    ),
    "reparameterize": (
        [draw_by_std, draw_by_rsample, draw_minus, draw_on_device],
        {
            "noise of its own": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn_like(m[0])
            ),
            "on the CPU only": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn(m.shape)
            ),
            "no gradient gets through": draw_by_sample,
            "not reach log_var": lambda m, v: draw_by_std(m, v.detach()),
            "by log_var;": lambda m, v: m + v * torch.randn_like(m),
            "nothing was drawn: multiply": lambda m, v: m + (0.5 * v).exp(),
            "outside exp": lambda m, v: (
                m + 0.5 * v.exp() * torch.randn_like(m)
            ),
            "should be centred on 0": lambda m, v: (
                m + (0.5 * v).exp() * torch.rand_like(m)
            ),
            "new numbers at each call": draw_fixed,
            "NaN": lambda m, v: m + v.sqrt() * torch.randn_like(m),
        },
    ),
    "elbo": (
        [elbo_in_two, elbo_by_axes, elbo_by_logits, elbo_by_independent],
        {
            "The sign is wrong": lambda *parts: -elbo_in_two(*parts),
            "KL must be subtracted": elbo_with(log_p, lambda m, v: -kl(m, v)),
            "over pixels while": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).mean(1), kl
            ),
            "One number came back": lambda *p: elbo_in_two(*p).mean(),
            "have changed places": elbo_with(log_p, lambda m, v: kl(v, m)),
            "column met": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).sum(1, True), kl
            ),
            "logs were multiplied": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).prod(1), kl
            ),
            "reaches the decoder": elbo_with(
                lambda p, x: log_p(p, x).detach(), kl
            ),
            "does not reach log_var": elbo_with(
                log_p, lambda m, v: kl(m, v.detach())
            ),
        },
    ),
    "vae_loss": (
        [loss_in_parts, loss_by_objects, loss_by_logits],
        {
            "That is the ELBO": lambda model, x: -loss_in_parts(model, x),
            "z is not drawn": loss_with(code=lambda m, v: m),
            "wider than q": loss_with(code=lambda m, v: draw_by_std(m, 2 + v)),
            "or are shared": loss_one_noise,
            "wants log_var, and got sigma": loss_with(
                code=lambda m, v: draw_by_std(m, (v / 2).exp())
            ),
            "draw cuts the gradient": loss_with(draw_by_sample),
            "counts twice": loss_with(far=lambda m, v: 2 * kl(m, v)),
            "does a tensor stand": lambda model, x: log_p(
                model.decoder(model.encode(x)[0]), x
            ),
            "One number came back": lambda *p: loss_in_parts(*p).mean(),
            "It raised": lambda model, x: model.elbo(x),
        },
    ),
    "gaussian_vae": (
        [
            Later(trained_bells),
            Later(FixedBells, 0.12),
            Later(WholeImages, 0.14),
        ],
        {
            "got a float": 900.0,
            "is it trained": Bells(),
            "Your s is 1, and": Later(FixedBells, 1.0),
            "must be a Normal": with_(likelihood=coins),
            "Codes of 16 numbers": Bells(8),
            "no method `posterior`": nn.Linear(2, 2),
            "share one standard deviation": Later(single_bells),
        },
    ),
}
