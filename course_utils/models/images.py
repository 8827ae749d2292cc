"""Encoders, decoders and the autoencoder made of the two.

Lesson 02 writes these in full. Images are (B, 1, 28, 28) in [0, 1], codes
(B, latent_dim). Decoders return logits: what `sigmoid` turns into pixels.
"""

import torch
from torch import nn

SIDE = 28


class DenseEncoder(nn.Sequential):
    """Images (B, 1, 28, 28) -> codes (B, latent_dim), one hidden layer."""

    def __init__(self, latent_dim, hidden_dim=256):
        _check_dims(latent_dim=latent_dim, hidden_dim=hidden_dim)
        super().__init__(
            nn.Flatten(),
            nn.Linear(SIDE * SIDE, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, latent_dim),
        )


class DenseDecoder(nn.Sequential):
    """Codes (B, latent_dim) -> logits (B, 1, 28, 28), one hidden layer."""

    def __init__(self, latent_dim, hidden_dim=256):
        _check_dims(latent_dim=latent_dim, hidden_dim=hidden_dim)
        super().__init__(
            nn.Linear(latent_dim, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, SIDE * SIDE),
            nn.Unflatten(1, (1, SIDE, SIDE)),
        )

    def forward(self, z):
        """Codes (B, latent_dim) -> logits (B, 1, 28, 28)."""
        return super().forward(_check_codes(z, self[0].in_features))


class ConvEncoder(nn.Sequential):
    """Images (B, 1, 28, 28) -> codes (B, latent_dim), two stride-2 steps."""

    def __init__(self, latent_dim, channels=32):
        _check_dims(latent_dim=latent_dim, channels=channels)
        super().__init__(
            nn.Conv2d(1, channels, 3, stride=2, padding=1),  # 14 x 14
            nn.SiLU(),
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),  # 7 x 7
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(2 * channels * 7 * 7, latent_dim),
        )


class ConvDecoder(nn.Sequential):
    """Codes (B, latent_dim) -> logits (B, 1, 28, 28), the way back."""

    def __init__(self, latent_dim, channels=32):
        _check_dims(latent_dim=latent_dim, channels=channels)
        super().__init__(
            nn.Linear(latent_dim, 2 * channels * 7 * 7),
            nn.Unflatten(1, (2 * channels, 7, 7)),
            nn.SiLU(),
            _double(2 * channels, channels),  # 14 x 14
            nn.SiLU(),
            _double(channels, 1),  # 28 x 28
        )

    def forward(self, z):
        """Codes (B, latent_dim) -> logits (B, 1, 28, 28)."""
        return super().forward(_check_codes(z, self[0].in_features))


class Autoencoder(nn.Module):
    """An encoder and a decoder trained to give back their input."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, x):
        """Images (B, 1, 28, 28) -> codes (B, latent_dim)."""
        return self.encoder(_check_images(x))

    def decode(self, z):
        """Codes (B, latent_dim) -> images (B, 1, 28, 28) in [0, 1]."""
        return self.decoder(z).sigmoid()

    def forward(self, x):
        """Reconstruct: images in, images of the same shape out."""
        return self.decode(self.encode(x))


class VAE(nn.Module):
    """A variational autoencoder (Kingma and Welling, 2014).

    encoder: images -> (B, 2 * latent_dim), mean and log-variance side by
    side. decoder: codes (B, latent_dim) -> logits. Lesson 08 writes it.
    """

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, x):
        """Images -> mu and log_var of q(z|x), each (B, latent_dim)."""
        return self.encoder(_check_images(x)).chunk(2, dim=1)

    def decode(self, z):
        """Codes (B, latent_dim) -> images (B, 1, 28, 28) in [0, 1]."""
        return self.decoder(z).sigmoid()

    def forward(self, x):
        """Images -> (logits, mu, log_var), one draw of z for each image."""
        mu, log_var = self.encode(x)
        return self.decoder(reparameterize(mu, log_var)), mu, log_var


def reparameterize(mu, log_var):
    """Draw z ~ N(mu, exp(log_var)), both (B, Z), so that gradients pass."""
    return mu + (0.5 * log_var).exp() * torch.randn_like(mu)


class Denoiser(nn.Module):
    """A small U-Net: damaged images (B, 1, 28, 28) -> clean ones in [0, 1].

    Lesson 06 writes it in full. After Ronneberger, Fischer and Brox (2015).
    """

    def __init__(self, channels=16):
        _check_dims(channels=channels)
        super().__init__()
        self.enter = nn.Sequential(
            nn.PixelUnshuffle(2), _same(4, channels), nn.SiLU()
        )  # 14 x 14
        self.below = nn.Sequential(
            nn.Conv2d(channels, 4 * channels, 3, stride=2, padding=1),  # 7 x 7
            nn.SiLU(),
            _same(4 * channels, 4 * channels),
            nn.SiLU(),
            nn.ConvTranspose2d(4 * channels, channels, 2, stride=2),
        )
        self.leave = nn.Sequential(
            _same(2 * channels, channels), nn.SiLU(),
            _same(channels, 4), nn.PixelShuffle(2),
        )  # fmt: skip

    def forward(self, x):
        """Correct the input's logits by what the two paths propose."""
        h = self.enter(_check_images(x))
        change = self.leave(torch.cat([h, self.below(h)], dim=1))
        return (4 * x - 2 + change).sigmoid()


def dense_autoencoder(latent_dim, hidden_dim=256):
    """Return an `Autoencoder` of two dense halves."""
    return Autoencoder(
        DenseEncoder(latent_dim, hidden_dim),
        DenseDecoder(latent_dim, hidden_dim),
    )


def conv_autoencoder(latent_dim, channels=32):
    """Return an `Autoencoder` of two convolutional halves."""
    return Autoencoder(
        ConvEncoder(latent_dim, channels), ConvDecoder(latent_dim, channels)
    )


def dense_vae(latent_dim, hidden_dim=256):
    """Return a `VAE` of two dense halves."""
    return VAE(
        DenseEncoder(2 * latent_dim, hidden_dim),
        DenseDecoder(latent_dim, hidden_dim),
    )


def conv_vae(latent_dim, channels=32):
    """Return a `VAE` of two convolutional halves."""
    return VAE(
        ConvEncoder(2 * latent_dim, channels),
        ConvDecoder(latent_dim, channels),
    )


def count_parameters(model) -> int:
    """Return how many numbers training may change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def _double(channels_in, channels_out):
    """Return the mirror of a stride-2 convolution: twice as high and wide."""
    return nn.ConvTranspose2d(
        channels_in, channels_out, 3, stride=2, padding=1, output_padding=1
    )


def _same(channels_in, channels_out):
    """Return a convolution that keeps height and width."""
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)


def _check_dims(**sizes):
    for name, size in sizes.items():
        if type(size) is not int or size < 1:
            raise ValueError(
                f"{name} must be a whole number of at least 1; got {size!r}"
            )


def _check_codes(z, latent_dim):
    if z.ndim != 2 or z.shape[1] != latent_dim:
        raise ValueError(
            f"codes must have shape (B, {latent_dim}); got {tuple(z.shape)}"
        )
    return z


def _check_images(x):
    if not torch.is_tensor(x) or not x.is_floating_point():
        kind = x.dtype if torch.is_tensor(x) else type(x).__name__
        raise TypeError(f"images must be a float tensor in [0, 1]; got {kind}")
    if x.ndim != 4 or x.shape[1:] != (1, SIDE, SIDE):
        raise ValueError(
            f"images must have shape (B, 1, {SIDE}, {SIDE}); got "
            f"{tuple(x.shape)}. One image is a batch of one: x[None]."
        )
    return x
