"""Answers to lesson 08's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from torch import distributions
from torch.nn.functional import binary_cross_entropy_with_logits as bce


def kl_by_sigma(mu, log_var):
    sigma = torch.exp(log_var / 2)
    return (-torch.log(sigma) + (sigma**2 + mu**2) / 2 - 0.5).sum(-1)


def kl_by_library(mu, log_var):
    q = distributions.Normal(mu, log_var.exp().sqrt())
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


def draw_by_std(mu, log_var):
    std = log_var.exp().sqrt()
    return mu + std * torch.randn(mu.shape)


def draw_by_rsample(mu, log_var):
    return distributions.Normal(mu, torch.exp(0.5 * log_var)).rsample()


def draw_minus(mu, log_var):
    return torch.addcmul(mu, torch.randn_like(mu), -torch.exp(log_var / 2))


def draw_by_sample(mu, log_var):
    return distributions.Normal(mu, torch.exp(0.5 * log_var)).sample()


def draw_and_detach(mu, log_var):
    return (mu + (0.5 * log_var).exp() * torch.randn_like(mu)).detach()


def draw_detached_sigma(mu, log_var):
    return mu + (0.5 * log_var).exp().detach() * torch.randn_like(mu)


def draw_by_normal(mu, log_var):
    return torch.normal(mu.detach(), (0.5 * log_var.detach()).exp())


def draw_without_grad(mu, log_var):
    with torch.no_grad():
        return mu + (0.5 * log_var).exp() * torch.randn_like(mu)


def draw_fixed(mu, log_var):
    torch.manual_seed(1)
    return mu + (0.5 * log_var).exp() * torch.randn_like(mu)


def log_p(logits, x):
    return -bce(logits, x, reduction="none").flatten(1).sum(1)


def elbo_in_two(logits, x, mu, log_var):
    return log_p(logits, x) - terms(mu, log_var).sum(dim=1)


def elbo_by_library(logits, x, mu, log_var):
    pixel = distributions.Bernoulli(logits=logits, validate_args=False)
    likelihood = pixel.log_prob(x).sum(dim=(1, 2, 3))
    return likelihood - kl_by_library(mu, log_var)


def elbo_by_pixels(logits, x, mu, log_var):
    p = logits.sigmoid()
    log = x * p.log() + (1 - x) * (1 - p).log()
    return log.sum((1, 2, 3)) - kl_by_sigma(mu, log_var)


def elbo_with(log_p, kl):
    """Return an ELBO made of two other parts."""
    return lambda logits, x, m, v: log_p(logits, x) - kl(m, v)


def elbo_squared(logits, x):
    return -((logits.sigmoid() - x) ** 2).flatten(1).sum(1)


def kl(mu, log_var):
    return terms(mu, log_var).sum(dim=1)


def rebuild(model, x):
    mu, _ = model.encode(x)
    return model.decode(mu)


def rebuild_by_parts(model, x):
    mu = model.encoder(x).chunk(2, dim=1)[0]
    return torch.sigmoid(model.decoder(mu))


def rebuild_without_grad(model, x):
    with torch.no_grad():
        return model.decode(model.encode(x)[0])


def rebuild_drawn(model, x):
    mu, log_var = model.encode(x)
    return model.decode(draw_by_std(mu, log_var))


ANSWERS = {
    "kl_divergence": (
        [kl_by_sigma, kl_by_library, kl_as_in_papers, kl_by_loop],
        {
            "averaged over the latents": lambda m, v: terms(m, v).mean(1),
            "factor 1/2 is missing": lambda m, v: 2 * kl(m, v),
            "The sign is wrong": lambda m, v: -kl(m, v),
            "sign and the factor": lambda m, v: -2 * kl(m, v),
            "for sigma. It": lambda m, v: (
                0.5 * (m**2 + v**2 - 1 - (v**2).log()).sum(1)
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
            "mu is squared": lambda m, v: 0.5 * (m + v.exp() - 1 - v).sum(1),
            "- 1 is missing": lambda m, v: 0.5 * (m**2 + v.exp() - v).sum(1),
            "once for each image": lambda m, v: (
                0.5 * ((m**2 + v.exp() - v).sum(1) - 1)
            ),
            "must be subtracted": lambda m, v: (
                0.5 * (m**2 + v.exp() - 1 + v).sum(1)
            ),
            "direction is swapped": lambda m, v: (
                0.5 * (v + (1 + m**2) / v.exp() - 1).sum(1)
            ),
            "each latent came back": terms,
            "summed over the batch": lambda m, v: terms(m, v).sum(0),
            "whole batch came back; `fit`": lambda m, v: kl(m, v).mean(),
            "summed number": lambda m, v: terms(m, v).sum(),
            "no gradient": lambda m, v: kl(m, v).detach(),
            "not reach mu": lambda m, v: kl(m.detach(), v),
            "not reach log_var": lambda m, v: kl(m, v.detach()),
            "gradient of log_var is not": lambda m, v: (
                0.5 * (m**2 + v.exp().detach() - 1 - v).sum(1)
            ),
            "math or torch.no_grad": lambda m, v: torch.from_numpy(
                kl(m, v).numpy()
            ),
            "None": lambda m, v: None,
        },
    ),
    "reparameterize": (
        [draw_by_std, draw_by_rsample, draw_minus],
        {
            "shared across the batch": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn(m.shape[1])
            ),
            "shared across the latents": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn(len(m), 1)
            ),
            "back to mu and log_var": draw_by_sample,
            "no .detach()": draw_and_detach,
            "back to log_var.": draw_detached_sigma,
            ".sample()": draw_by_normal,
            "The gradient is cut": draw_without_grad,
            "by the variance": lambda m, v: m + v.exp() * torch.randn_like(m),
            "by log_var;": lambda m, v: m + v * torch.randn_like(m),
            "spread 1": lambda m, v: m + torch.randn_like(m),
            "halve log_var once": lambda m, v: (
                m + (0.5 * v).exp().sqrt() * torch.randn_like(m)
            ),
            "a sign in front": lambda m, v: (
                m + torch.randn_like(m) / (0.5 * v).exp()
            ),
            "nothing was drawn": lambda m, v: m,
            "mu is missing": lambda m, v: (
                (0.5 * v).exp() * torch.randn_like(m)
            ),
            "not centred on 0": lambda m, v: (
                m + (0.5 * v).exp() * torch.rand_like(m)
            ),
            "new noise at each call": draw_fixed,
            "changed places": lambda m, v: (
                m * torch.randn_like(m) + (0.5 * v).exp()
            ),
            "multiplied by mu;": lambda m, v: (
                m * torch.randn_like(m) + v.exp()
            ),
            "multiplied by mu + sigma": lambda m, v: (
                (m + (0.5 * v).exp()) * torch.randn_like(m)
            ),
            "sigma was added": lambda m, v: (
                m + (0.5 * v).exp() + torch.randn_like(m)
            ),
            "keep its sign": lambda m, v: (
                m + (0.5 * v).exp() * torch.randn_like(m).abs()
            ),
            "its mean is 0.5": lambda m, v: (
                m + (0.5 * v).exp() * (0.5 + torch.randn_like(m))
            ),
            "it grows by 2.0": lambda m, v: draw_by_std(2 * m, v),
            "NaN": lambda m, v: m + v.sqrt() * torch.randn_like(m),
            "None": lambda m, v: None,
            "shape of mu": lambda m, v: m.sum(1),
        },
    ),
    "elbo": (
        [elbo_in_two, elbo_by_library, elbo_by_pixels],
        {
            "That is the loss": lambda *parts: -elbo_in_two(*parts),
            "KL must be subtracted": lambda logits, x, m, v: (
                log_p(logits, x) + kl(m, v)
            ),
            "The KL is missing": lambda logits, x, m, v: log_p(logits, x),
            "KL is averaged": elbo_with(
                log_p, lambda m, v: terms(m, v).mean(1)
            ),
            "averaged over pixels": elbo_with(
                lambda logits, x: (
                    -bce(logits, x, reduction="none").flatten(1).mean(1)
                ),
                kl,
            ),
            "wrong sign": elbo_with(lambda a, x: -log_p(a, x), kl),
            "applied twice": elbo_with(lambda a, x: log_p(a.sigmoid(), x), kl),
            "squared error, a": elbo_with(elbo_squared, kl),
            "reduction='none'": elbo_with(lambda a, x: -bce(a, x), kl),
            "summed into one number": elbo_with(
                lambda a, x: -bce(a, x, reduction="sum"), kl
            ),
            "One number for the batch": lambda *p: elbo_in_two(*p).mean(),
            "One summed number": lambda *p: elbo_in_two(*p).sum(),
            "no gradient": lambda *p: elbo_in_two(*p).detach(),
            "KL was averaged over the batch": lambda a, x, m, v: (
                log_p(a, x) - kl(m, v).mean()
            ),
            "KL was summed over the batch": lambda a, x, m, v: (
                log_p(a, x) - kl(m, v).sum()
            ),
            "mu and log_var are swapped": lambda a, x, m, v: (
                log_p(a, x) - kl(v, m)
            ),
            "cross-entropy are swapped": lambda a, x, m, v: (
                log_p(x, a) - kl(m, v)
            ),
            "a fixed 784": lambda a, x, m, v: (
                784 * log_p(a, x) / x[0].numel() - kl(m, v)
            ),
            "784 is written": lambda a, x, m, v: (
                log_p(a.view(-1, 784), x.view(-1, 784)) - kl(m, v)
            ),
            "does not reach log_var": lambda a, x, m, v: (
                log_p(a, x) - kl(m, v.detach())
            ),
            "does not reach logits": lambda a, x, m, v: elbo_in_two(
                a.detach(), x, m, v
            ),
            "None": lambda *parts: None,
        },
    ),
    "reconstruct": (
        [
            rebuild,
            rebuild_by_parts,
            rebuild_without_grad,
            lambda model, x: model.decode(model.mean(x)),
        ],
        {
            "sampled at test time": rebuild_drawn,
            "Logits": lambda model, x: model.decoder(model.encode(x)[0]),
            "the code; decode it": lambda model, x: model.encode(x)[0],
            "decode mu.": lambda model, x: model.decode(model.encode(x)[1]),
            "returns three things": lambda model, x: model(x),
            "sampled at test": lambda model, x: model.decode(
                torch.randn(len(x), model.encode(x)[0].shape[1])
            ),
            "applied twice": lambda model, x: rebuild(model, x).sigmoid(),
            "decode one of them": lambda model, x: model.decode(
                model.encode(x)
            ),
            "gives mu and log_var": lambda model, x: model.decode(
                *model.encode(x)
            ),
            "None": lambda model, x: None,
        },
    ),
}
