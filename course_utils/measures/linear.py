"""A linear VAE: the model whose nats can be told on paper."""

import torch
from torch import nn

from course_utils.models import (
    kl_divergence,
    reconstruction_loss,
    reparameterize,
)
from course_utils.training import fit, set_seed

EXAMPLES = 4000


class _LinearVAE(nn.Module):
    """n numbers, each with a unit of its own, nothing bent.

    A full matrix finds the same units, but turns towards them slowly.
    """

    def __init__(self, n):
        super().__init__()
        self.encoder = nn.Parameter(torch.full((n,), 0.5))
        self.decoder = nn.Parameter(torch.full((n,), 0.5))
        self.log_var = nn.Parameter(torch.zeros(n))

    def forward(self, x):
        mu, log_var = self.encoder * x, self.log_var.expand_as(x)
        return self.decoder * reparameterize(mu, log_var), mu, log_var


def linear_vae_nats(variances, beta, seed=0):
    """Train a linear VAE on independent numbers; return its units' KL.

    variances: of the numbers, (n,), which are drawn as bell curves around 0.
    The likelihood is N(x_hat, 1). Returns (n,) nats, largest first. In theory
    half of log(variance / beta) or 0 (Lucas et al., 2019).
    """
    variances = torch.as_tensor(variances).float()
    if variances.ndim != 1 or not (variances > 0).all() or not beta > 0:
        raise ValueError(
            "linear_vae_nats wants variances (n,) above 0 and a beta above "
            f"0; got {variances.tolist()} and {beta}"
        )

    def loss(model, x):
        x_hat, mu, log_var = model(x)
        price = beta * kl_divergence(mu, log_var)
        return reconstruction_loss(x_hat, x) / 2 + price

    set_seed(seed)
    model = _LinearVAE(len(variances))
    x = torch.randn(EXAMPLES, len(variances)) * variances.sqrt()
    options = {"batch_size": 64, "lr": 0.03, "seed": seed}
    fit(model, x, loss, epochs=10, progress=False, **options)
    with torch.no_grad():
        _, mu, log_var = model.cpu()(x)
        nats = 0.5 * (mu**2 + log_var.exp() - 1 - log_var).mean(dim=0)
    return nats.sort(descending=True).values
