"""A VAE whose decoder may look at the pixels that it has drawn already."""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from course_utils.models.images import LOG_VAR, VAE, reparameterize

HALF = 14  # pixels a side


def halved(images):
    """Images (N, 1, 28, 28) -> (N, 1, 14, 14): means of 2 x 2 pixels."""
    if images.ndim != 4 or images.shape[1:] != (1, 2 * HALF, 2 * HALF):
        raise ValueError(
            f"images must have shape (N, 1, 28, 28); got {tuple(images.shape)}"
        )
    return avg_pool2d(images, 2)


class PeekingVAE(VAE):
    """Its decoder sees z and all pixels that come before the drawn one.

    Images are (B, 1, 14, 14). Each pixel's logit is what a dense decoder
    makes of z, plus a weighted sum of the pixels above it and to its left, as
    models do that write a text word by word.
    """

    def __init__(self, latent_dim=8, hidden_dim=128):
        size = HALF * HALF
        encoder = nn.Sequential(
            nn.Flatten(),
            nn.Linear(size, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, 2 * latent_dim),
        )
        decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, size),
            nn.Unflatten(1, (1, HALF, HALF)),
        )
        super().__init__(encoder, decoder)
        self.weight = nn.Parameter(torch.zeros(size, size))
        self.register_buffer("earlier", torch.ones(size, size).tril(-1))

    def encode(self, x):
        """Images -> mu and log_var of q(z|x), each (B, latent_dim)."""
        if x.ndim != 4 or x.shape[1:] != (1, HALF, HALF):
            raise ValueError(
                f"images must have shape (B, 1, {HALF}, {HALF}); got "
                f"{tuple(x.shape)}. `halved` makes them."
            )
        mu, log_var = self.encoder(x).chunk(2, dim=1)
        return mu, log_var.clamp(*LOG_VAR)

    def logits(self, z, x):
        """Codes (B, Z) and images to peek at -> logits (B, 1, 14, 14)."""
        peek = x.flatten(1) @ (self.weight * self.earlier).T
        return self.decoder(z) + peek.view_as(x)

    def forward(self, x):
        """Images -> (logits, mu, log_var), one draw of z for each image."""
        mu, log_var = self.encode(x)
        return self.logits(reparameterize(mu, log_var), x), mu, log_var
