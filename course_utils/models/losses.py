"""Losses per example: each returns (B,); one place, `fit`, averages them.

Sums run over pixels and latents, the mean over the batch.
"""

from torch.nn.functional import binary_cross_entropy_with_logits


def reconstruction_loss(x_hat, x):
    """Squared error summed over everything but the batch: (B, ...) -> (B,).

    Up to a constant this is the negative log-likelihood of a Gaussian with
    variance 1/2 around each pixel. Raises ValueError if the shapes differ.
    """
    if x_hat.shape != x.shape:
        raise ValueError(
            "x_hat and x must have the same shape; got "
            f"{tuple(x_hat.shape)} and {tuple(x.shape)}"
        )
    return (x_hat - x).square().flatten(1).sum(dim=1)


def denoising_loss(model, x, corrupt):
    """Error of cleaning what `corrupt` made of x (Vincent et al., 2008).

    corrupt: images -> images, new damage at each call. Returns (B,).
    """
    return reconstruction_loss(model(corrupt(x)), x)


def kl_sparsity(z, rho=0.05):
    """KL between rho and each unit's mean activity, summed over units.

    z: activities in (0, 1), (B, Z). One number for the batch (Ng, 2011).
    """
    rate = z.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    on = rho * (rho / rate).log()
    off = (1 - rho) * ((1 - rho) / (1 - rate)).log()
    return (on + off).sum()


def bernoulli_nll(logits, x):
    """-log p(x|z) for pixels that are Bernoulli: (B, ...) -> (B,), in nats.

    logits: before the sigmoid. Grey pixels are taken as probabilities of
    white, which leaves a floor above zero: the entropy of the pixels.
    """
    nll = binary_cross_entropy_with_logits(logits, x, reduction="none")
    return nll.flatten(1).sum(dim=1)


def kl_divergence(mu, log_var):
    """KL[q(z|x) || p(z)] for q = N(mu, exp(log_var)), p = N(0, I).

    mu, log_var: (B, Z). Returns (B,), in nats, summed over the latents
    (Kingma and Welling, 2014, appendix B).
    """
    return unit_kl(mu, log_var).sum(dim=1)


def unit_kl(mu, log_var):
    """KL of each latent from N(0, 1), in nats: (B, Z), (B, Z) -> (B, Z)."""
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def negative_elbo(model, x, beta=1.0):
    """Loss of a VAE: reconstruction in nats plus beta times the KL, (B,).

    model: x -> (logits, mu, log_var). beta = 1 is the evidence lower bound
    (Kingma and Welling, 2014), other values Higgins et al. (2017).
    """
    logits, mu, log_var = model(x)
    return bernoulli_nll(logits, x) + beta * kl_divergence(mu, log_var)
