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


def kl_with_ones(mu, log_var):
    ones = torch.ones_like(mu)
    return (mu * mu + log_var.exp() - ones - log_var).mul(0.5).sum(axis=1)


def kl_by_einsum(mu, log_var):
    bracket = mu.square() + log_var.exp() - log_var - 1
    return torch.einsum("bz->b", bracket) / 2


def terms(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def kl(mu, log_var):
    return terms(mu, log_var).sum(dim=1)


def kl_by_one_draw(mu, log_var):
    q = distributions.Normal(mu, (log_var / 2).exp())
    z = q.rsample()
    strays = q.log_prob(z) - distributions.Normal(0.0, 1.0).log_prob(z)
    return strays.sum(dim=1)


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


def draw_stacked(mu, log_var):
    sigma = torch.stack([v.exp().sqrt() for v in log_var.T], dim=1)
    return sigma * torch.randn_like(sigma) + mu


def draw_in_place(mu, log_var):
    eps = torch.empty_like(mu).normal_()
    return mu + eps * log_var.mul(0.5).exp()


def draw_by_sample(mu, log_var):
    return distributions.Normal(mu, torch.exp(0.5 * log_var)).sample()


def draw_without_grad(mu, log_var):
    with torch.no_grad():
        return draw_by_std(mu, log_var)


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


def elbo_by_view(likelihood, x, mu, log_var):
    rows = likelihood.log_prob(x).view(len(x), -1)
    return rows.sum(-1) - kl_by_sigma(mu, log_var)


def elbo_by_independent(likelihood, x, mu, log_var):
    whole = distributions.Independent(likelihood, 3)
    return whole.log_prob(x) - kl(mu, log_var)


def elbo_added(likelihood, x, mu, log_var):
    return log_p(likelihood, x) + kl_as_in_papers(mu, log_var).neg()


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


def loss_by_mean(model, x):
    mu, log_var = model.encode(x)
    pixels = model.likelihood(draw_minus(mu, log_var)).log_prob(x)
    return kl_by_einsum(mu, log_var) - pixels.sum(dim=(1, 2, 3))


def loss_by_one_draw(model, x):
    q = model.posterior(x)
    z = q.mean + q.stddev * torch.randn_like(q.mean)
    strays = q.log_prob(z) - model.prior().log_prob(z)
    return strays.sum(dim=1) - log_p(model.likelihood(z), x)


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


torch.manual_seed(0)
OTHER = VAE(dense_encoder(32), dense_decoder(16))

ANSWERS = {
    "kl_divergence": (
        [
            kl_by_sigma,
            kl_by_library,
            kl_as_in_papers,
            kl_by_loop,
            kl_with_ones,
            kl_by_einsum,
        ],
        {
            "averaged over the latents": lambda m, v: terms(m, v).mean(1),
            "factor 1/2 is missing": lambda m, v: 2 * kl(m, v),
            "The sign is wrong": lambda m, v: -kl(m, v),
            "sign and the factor": lambda m, v: -2 * kl(m, v),
            "for sigma. It": lambda m, v: (
                0.5 * (m**2 + v**2 - 1 - (v**2).log()).sum(1)
            ),
            "log_var**2 is no variance": lambda m, v: (
                0.5 * (m**2 + v**2 - 1 - v).sum(1)
            ),
            "takes it twice": lambda m, v: (
                0.5 * (m**2 + v.exp() - 1 - v.log()).sum(1)
            ),
            "for the variance": lambda m, v: (
                0.5 * (m**2 + v - 1 - v.log()).sum(1)
            ),
            "for log sigma": lambda m, v: terms(m, 2 * v).sum(1),
            "sigma squared already": lambda m, v: (
                0.5 * (m**2 + v.exp() ** 2 - 1 - v).sum(1)
            ),
            "not sigma squared": lambda m, v: (
                0.5 * (m**2 + (v / 2).exp() - 1 - v).sum(1)
            ),
            "not log sigma": lambda m, v: (
                0.5 * (m**2 + v.exp() - 1 - (v / 2).exp().log()).sum(1)
            ),
            "mu is squared": lambda m, v: 0.5 * (m + v.exp() - 1 - v).sum(1),
            "- 1 is missing": lambda m, v: 0.5 * (m**2 + v.exp() - v).sum(1),
            "once for each image": lambda m, v: (
                0.5 * ((m**2 + v.exp() - v).sum(1) - 1)
            ),
            "reaches mu only": lambda m, v: (0.5 * m**2 + v.exp() - 1 - v).sum(
                1
            ),
            "logarithm must be subtracted": lambda m, v: (
                0.5 * (m**2 + v.exp() - 1 + v).sum(1)
            ),
            "1 must be subtracted": lambda m, v: (
                0.5 * (m**2 + v.exp() + 1 - v).sum(1)
            ),
            "at the wrong term": lambda m, v: (
                0.5 * (m**2 + v - 1 - v.exp()).sum(1)
            ),
            "put brackets": lambda m, v: (
                0.5 * m**2 + v.exp() - 1 - v.sum(dim=1)
            ),
            "at one draw": kl_by_one_draw,
            "Only the last of the latents": lambda m, v: terms(m, v)[:, -1],
            "Only the first row's": lambda m, v: kl(m, v)[0],
            "batch of one": lambda m, v: kl(m, v).squeeze(0),
            "direction is swapped": lambda m, v: (
                0.5 * (v + (1 + m**2) / v.exp() - 1).sum(1)
            ),
            "each of the latents came back": terms,
            "runs over the batch": lambda m, v: terms(m, v).sum(0),
            "whole batch came back, a mean": lambda m, v: kl(m, v).mean(),
            "One summed number": lambda m, v: terms(m, v).sum(),
            "no gradient": lambda m, v: kl(m, v).detach(),
            "not reach mu": lambda m, v: kl(m.detach(), v),
            "not reach log_var": lambda m, v: kl(m, v.detach()),
            "gradient of log_var is not": lambda m, v: (
                0.5 * (m**2 + v.exp().detach() - 1 - v).sum(1)
            ),
            "returned None": lambda m, v: None,
        },
    ),
    "reparameterize": (
        [
            draw_by_std,
            draw_by_rsample,
            draw_minus,
            draw_on_device,
            draw_stacked,
            draw_in_place,
        ],
        {
            "shared across the batch": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn_like(m[0])
            ),
            "shared across the latents": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn_like(m[:, :1])
            ),
            "on the CPU only": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn(m.shape)
            ),
            "back to mu and log_var": draw_by_sample,
            "no .detach()": lambda m, v: draw_by_std(m, v).detach(),
            "not reach log_var": lambda m, v: draw_by_std(m, v.detach()),
            "The gradient is cut": draw_without_grad,
            "by the variance": lambda m, v: m + v.exp() * torch.randn_like(m),
            "by log_var;": lambda m, v: m + v * torch.randn_like(m),
            "standard deviation 1": lambda m, v: m + torch.randn_like(m),
            "Halve log_var once": lambda m, v: (
                m + (0.5 * v).exp().sqrt() * torch.randn_like(m)
            ),
            "a sign in front": lambda m, v: (
                m + torch.randn_like(m) / (0.5 * v).exp()
            ),
            "exp is missing": lambda m, v: m + v / 2 * torch.randn_like(m),
            "nothing was drawn": lambda m, v: m,
            "mu is missing": lambda m, v: (
                (0.5 * v).exp() * torch.randn_like(m)
            ),
            "rand draws between": lambda m, v: (
                m + (0.5 * v).exp() * torch.rand_like(m)
            ),
            "new numbers at each call": draw_fixed,
            "changed places": lambda m, v: (
                m * torch.randn_like(m) + (0.5 * v).exp()
            ),
            "by mu + sigma": lambda m, v: (
                (m + (0.5 * v).exp()) * torch.randn_like(m)
            ),
            "nothing was drawn: multiply": lambda m, v: m + (0.5 * v).exp(),
            "drawn for all": lambda m, v: m + (0.5 * v).exp() * torch.randn(1),
            "mu and log_var have": lambda m, v: draw_by_std(v, m),
            "sigma is multiplied by mu;": lambda m, v: (
                m * (0.5 * v).exp() + torch.randn_like(m)
            ),
            "sigma is multiplied by mu, too": lambda m, v: (
                (m + torch.randn_like(m)) * (0.5 * v).exp()
            ),
            "outside exp": lambda m, v: (
                m + 0.5 * v.exp() * torch.randn_like(m)
            ),
            "sigma was added; multiply the": lambda m, v: (
                m + (0.5 * v).exp() + torch.randn_like(m)
            ),
            "keep its sign": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn_like(m).abs()
            ),
            "should be centred on 0. It is 0.": lambda m, v: (
                m + (0.5 * v).exp() * (0.5 + torch.randn_like(m))
            ),
            "z should be larger by 1. It is 1.9": lambda m, v: draw_by_std(
                2 * m, v
            ),
            "NaN": lambda m, v: m + v.sqrt() * torch.randn_like(m),
            "returned None": lambda m, v: None,
            "should have shape": lambda m, v: draw_by_std(m, v).sum(1),
        },
    ),
    "elbo": (
        [
            elbo_in_two,
            elbo_by_axes,
            elbo_by_logits,
            elbo_by_view,
            elbo_by_independent,
            elbo_added,
        ],
        {
            "That is the loss": lambda *parts: -elbo_in_two(*parts),
            "KL must be subtracted": elbo_with(log_p, lambda m, v: -kl(m, v)),
            "KL is missing": elbo_with(log_p, lambda m, v: 0 * kl(m, v)),
            "log-likelihood is missing": elbo_with(lambda p, x: 0, kl),
            "over latents while": elbo_with(
                log_p, lambda m, v: terms(m, v).mean(1)
            ),
            "over pixels while": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).mean(1), kl
            ),
            "Both parts are averaged": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).mean(1),
                lambda m, v: terms(m, v).mean(1),
            ),
            "wrong sign": elbo_with(lambda p, x: -log_p(p, x), kl),
            "squared error": elbo_with(
                lambda p, x: -(p.mean - x).square().flatten(1).sum(1), kl
            ),
            "whole batch were summed": elbo_with(
                lambda p, x: p.log_prob(x).sum(), kl
            ),
            "One mean over all pixels": elbo_with(
                lambda p, x: p.log_prob(x).mean(), kl
            ),
            "One number for the batch": lambda *p: elbo_in_two(*p).mean(),
            "One summed number": lambda *p: elbo_in_two(*p).sum(),
            "KL was averaged over the batch": elbo_with(
                log_p, lambda m, v: kl(m, v).mean()
            ),
            "KL was summed over the batch": elbo_with(
                log_p, lambda m, v: kl(m, v).sum()
            ),
            "mu and log_var are swapped": elbo_with(
                log_p, lambda m, v: kl(v, m)
            ),
            "a fixed 784": elbo_with(
                lambda p, x: 784 * p.log_prob(x).flatten(1).mean(1), kl
            ),
            "KL by -0.5": elbo_with(log_p, lambda m, v: kl(m, v) / 2),
            "at each pixel": lambda p, x, m, v: (
                log_p(p, x) - x[0].numel() * kl(m, v)
            ),
            "before the pixels": lambda p, x, m, v: (
                (p.log_prob(x) - kl(m, v)).flatten(1).sum(1)
            ),
            "over the batch; sum over the pixels": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).sum(0), kl
            ),
            "one axis only": elbo_with(lambda p, x: p.log_prob(x).sum(1), kl),
            "column met": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).sum(1, True), kl
            ),
            "Probabilities were added": elbo_with(
                lambda p, x: p.log_prob(x).exp().flatten(1).sum(1), kl
            ),
            "underflow to 0": elbo_with(
                lambda p, x: p.log_prob(x).exp().flatten(1).prod(1).log(), kl
            ),
            "logs were multiplied": elbo_with(
                lambda p, x: p.log_prob(x).flatten(1).prod(1), kl
            ),
            "white part": elbo_with(
                lambda p, x: (x * p.probs.log()).flatten(1).sum(1), kl
            ),
            "x was rounded": elbo_with(
                lambda p, x: log_p(p, (x > 0.5).float()), kl
            ),
            "drawn from the likelihood": elbo_with(
                lambda p, x: log_p(p, p.sample()), kl
            ),
            "reaches the decoder": elbo_with(
                lambda p, x: log_p(p, x).detach(), kl
            ),
            "no gradient": lambda *p: elbo_in_two(*p).detach(),
            "does not reach log_var": elbo_with(
                log_p, lambda m, v: kl(m, v.detach())
            ),
            "returned None": lambda *parts: None,
            "It raised AttributeError": lambda p, x, m, v: p.logprob(x),
        },
    ),
    "vae_loss": (
        [
            loss_in_parts,
            loss_by_objects,
            loss_by_logits,
            loss_with(),
            loss_with(draw_by_rsample, far=kl_by_library),
            loss_by_mean,
        ],
        {
            "That is the ELBO": lambda model, x: -loss_in_parts(model, x),
            "KL has the wrong sign": loss_with(far=lambda m, v: -kl(m, v)),
            "KL is missing": loss_with(far=lambda m, v: 0 * kl(m, v)),
            "log-likelihood has the wrong sign": loss_with(
                fit=lambda p, x: -log_p(p, x)
            ),
            "Only the KL is left": loss_with(fit=lambda p, x: 0 * log_p(p, x)),
            "over latents; sum": loss_with(
                far=lambda m, v: terms(m, v).mean(1)
            ),
            "over pixels; sum": loss_with(
                fit=lambda p, x: p.log_prob(x).flatten(1).mean(1)
            ),
            "z is not drawn": loss_with(code=lambda m, v: m),
            "wider than q": loss_with(code=lambda m, v: draw_by_std(m, 2 + v)),
            "or are shared": loss_one_noise,
            "places in `elbo`": loss_with(far=lambda m, v: kl(v, m)),
            "changed places in the draw": loss_with(
                code=lambda m, v: draw_by_std(v, m)
            ),
            "wants log_var, and got sigma": loss_with(
                code=lambda m, v: draw_by_std(m, (v / 2).exp())
            ),
            "got its exponential": loss_with(far=lambda m, v: kl(m, v.exp())),
            "half of it": loss_with(far=lambda m, v: kl(m, v / 2)),
            "share one z": loss_with(
                code=lambda m, v: draw_by_std(m, v).mean(0, keepdim=True)
            ),
            "its own mean": loss_with(fit=lambda p, x: log_p(p, p.mean)),
            "squared error plus": loss_with(
                fit=lambda p, x: -(p.mean - x).square().mean()
            ),
            "draw cuts the gradient": loss_with(draw_by_sample),
            "counts twice": loss_with(far=lambda m, v: 2 * kl(m, v)),
            "set no seed": lambda *parts: [
                torch.manual_seed(1),
                loss_in_parts(*parts),
            ][1],
            "another model": lambda model, x: loss_in_parts(OTHER, x),
            "wants the distribution first": lambda model, x: log_p(
                model.decoder(model.encode(x)[0]), x
            ),
            "(model, x)": lambda x, model: loss_in_parts(model, x),
            "right on average": loss_by_one_draw,
            "drawn from the prior": loss_with(
                code=lambda m, v: torch.randn_like(m)
            ),
            "One mean for the batch": lambda *p: loss_in_parts(*p).mean(),
            "One summed number": lambda *p: loss_in_parts(*p).sum(),
            "no gradient": lambda *p: loss_in_parts(*p).detach(),
            "returned None": lambda model, x: None,
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
            "That is the class": Bells,
            "got a float": 900.0,
            "is it trained": Bells(),
            "Your s is 1, and": Later(FixedBells, 1.0),
            "Your s is 0.01": Later(FixedBells, 0.01),
            "Train longer": with_(
                likelihood=lambda self, z: distributions.Normal(
                    0.3 + 0 * self.decoder(z), 0.35
                )
            ),
            "must be a Normal": with_(likelihood=coins),
            "Codes of 16 numbers": Bells(8),
            "no method `posterior`": nn.Linear(2, 2),
            "must be a distribution": with_(
                posterior=lambda self, x: self.encode(x)
            ),
            "over images": with_(
                likelihood=lambda self, z: distributions.Normal(z, 0.1)
            ),
            "share one standard deviation": Later(single_bells),
            "It raised": with_(posterior=lambda self, x: self.guess(x)),
        },
    ),
}
