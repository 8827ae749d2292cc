"""A sparse autoencoder: states as sums of a few directions of a dictionary."""

import torch
from torch import nn


def sparse_code(h, encoder, bias, k):
    """States (B, W), encoder (M, W), bias (W,) -> code (B, M), k active.

    Of the products with the encoder's rows the k largest of each state stay,
    if they are above 0 (Makhzani and Frey, 2013; Gao and others, 2024).
    """
    z = ((h - bias) @ encoder.T).relu()
    values, places = z.topk(k, dim=1)
    return torch.zeros_like(z).scatter(1, places, values)


class SparseAutoencoder(nn.Module):
    """States (..., W) -> code (..., M) with few active latents -> copy.

    k: so many latents may be active, by default all; l1: the price of an
    activity in `dictionary_loss`. code: the function (h, encoder, bias, k)
    that makes a code. The decoder's directions have length 1, so that no
    latent can hide from the price by a longer direction.
    """

    def __init__(self, width, latents, k=None, l1=0.0, code=sparse_code):
        super().__init__()
        if k is not None and not 1 <= k <= latents:
            raise ValueError(f"k must lie in 1 to {latents}; got {k}")
        self.k, self.l1, self.code = k or latents, l1, code
        start = torch.randn(latents, width)
        self.decoder = nn.Parameter(start / start.norm(dim=1, keepdim=True))
        self.encoder = nn.Parameter(self.decoder.detach().clone())
        self.bias = nn.Parameter(torch.zeros(width))

    def directions(self):
        """The decoder's directions, of length 1: (M, W)."""
        return self.decoder / self.decoder.norm(dim=1, keepdim=True)

    def encode(self, h):
        """States (..., W) -> code (..., M)."""
        rows = h.reshape(-1, h.shape[-1])
        z = self.code(rows, self.encoder, self.bias, self.k)
        return z.view(*h.shape[:-1], -1)

    def decode(self, z):
        """Code (..., M) -> states (..., W)."""
        return z @ self.directions() + self.bias

    def forward(self, h):
        """States (..., W) -> their copies (..., W)."""
        return self.decode(self.encode(h))


def dictionary_loss(model, h):
    """Squared error of the copies, and the price: (B, W) -> (B,)."""
    z = model.encode(h)
    error = (model.decode(z) - h).square().sum(dim=1)
    return error + model.l1 * z.sum(dim=1)
