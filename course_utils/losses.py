"""Losses per example: each returns (B,); one place, `fit`, averages them.

Sums run over pixels and latents, the mean over the batch.
"""


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
