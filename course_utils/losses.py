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
