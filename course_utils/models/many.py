"""Many small VAEs side by side, trained in one go."""

import math

import torch
from torch import nn


class ManyVAEs(nn.Module):
    """`count` small dense VAEs that share nothing but the loop.

    The weights of a layer are (count, inputs, outputs), so that one product
    serves all. In: (B, count, size), an example of its own for each model.
    Out: logits (B, count, size), mu and log_var (B, count, latent_dim).
    A loss that is the sum of their losses trains each as if it were alone.
    """

    def __init__(self, count, size, latent_dim=4, hidden_dim=32):
        super().__init__()
        numbers = {
            "count": count, "size": size, "latent_dim": latent_dim,
            "hidden_dim": hidden_dim,
        }  # fmt: skip
        for name, number in numbers.items():
            if type(number) is not int or number < 1:
                raise ValueError(
                    f"{name} must be a whole number of at least 1; got "
                    f"{number!r}"
                )
        self.shape = count, size
        self.encoder = nn.Sequential(
            _Layers(count, size, hidden_dim),
            nn.SiLU(),
            _Layers(count, hidden_dim, 2 * latent_dim),
        )
        self.decoder = nn.Sequential(
            _Layers(count, latent_dim, hidden_dim),
            nn.SiLU(),
            _Layers(count, hidden_dim, size),
        )

    def encode(self, x):
        """Examples (B, count, size) -> mu, log_var (B, count, latent_dim)."""
        if x.ndim != 3 or x.shape[1:] != self.shape:
            raise ValueError(
                "x must have shape (B, {}, {}), an example for each model; "
                "got {}".format(*self.shape, tuple(x.shape))
            )
        # The models' axis first, as a batch of matrices wants it.
        out = self.encoder(x.transpose(0, 1)).transpose(0, 1)
        mu, log_var = out.chunk(2, dim=2)
        return mu, log_var.clamp(-20, 10)

    def forward(self, x):
        """Return (logits, mu, log_var), one draw of z for each example."""
        mu, log_var = self.encode(x)
        z = mu + (0.5 * log_var).exp() * torch.randn_like(mu)
        return self.decoder(z.transpose(0, 1)).transpose(0, 1), mu, log_var


class _Layers(nn.Module):
    """A linear layer for each model: (count, B, in) -> (count, B, out)."""

    def __init__(self, count, inputs, outputs):
        super().__init__()
        bound = 1 / math.sqrt(inputs)  # as nn.Linear begins
        weight = torch.empty(count, inputs, outputs).uniform_(-bound, bound)
        bias = torch.empty(count, 1, outputs).uniform_(-bound, bound)
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, x):
        return torch.baddbmm(self.bias, x, self.weight)
