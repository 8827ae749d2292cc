"""Encoders, decoders and the autoencoder made of the two.

Lesson 02 writes the dense ones in full. Images are (B, 1, 28, 28) in [0, 1],
codes (B, latent_dim). Decoders return logits: what `sigmoid` turns into
pixels. `shape` is for images of another size or in colour: (C, H, W).
"""

import math

import torch
from torch import nn
from torch.distributions import Bernoulli, Normal

SIDE = 28
SHAPE = (1, SIDE, SIDE)  # channels, height, width
LOG_VAR = (-20.0, 10.0)  # a standard deviation from 0.00005 to 148


def dense_encoder(latent_dim, hidden_dim=256, shape=SHAPE):
    """Images (B, *shape) -> codes (B, latent_dim), one hidden layer."""
    _check_dims(latent_dim=latent_dim, hidden_dim=hidden_dim)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(math.prod(shape), hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, latent_dim),
    )


def dense_decoder(latent_dim, hidden_dim=256, shape=SHAPE):
    """Codes (B, latent_dim) -> logits (B, *shape), one hidden layer."""
    _check_dims(latent_dim=latent_dim, hidden_dim=hidden_dim)
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, math.prod(shape)),
        nn.Unflatten(1, tuple(shape)),
    )


def conv_encoder(latent_dim, channels=32, shape=SHAPE):
    """Images (B, *shape) -> codes (B, latent_dim), two stride-2 steps."""
    _check_dims(latent_dim=latent_dim, channels=channels)
    high, wide = _quarter(shape)
    return nn.Sequential(
        nn.Conv2d(shape[0], channels, 3, stride=2, padding=1),  # 14 x 14
        nn.SiLU(),
        nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),  # 7 x 7
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(2 * channels * high * wide, latent_dim),
    )


def conv_decoder(latent_dim, channels=32, shape=SHAPE):
    """Codes (B, latent_dim) -> logits (B, *shape), the way back."""
    _check_dims(latent_dim=latent_dim, channels=channels)
    high, wide = _quarter(shape)
    return nn.Sequential(
        nn.Linear(latent_dim, 2 * channels * high * wide),
        nn.Unflatten(1, (2 * channels, high, wide)),
        nn.SiLU(),
        _double(2 * channels, channels),  # 14 x 14
        nn.SiLU(),
        _double(channels, shape[0]),  # 28 x 28
    )


class Autoencoder(nn.Module):
    """An encoder and a decoder trained to give back their input."""

    def __init__(self, encoder, decoder, shape=SHAPE):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.shape = tuple(shape)

    def encode(self, x):
        """Images (B, *shape) -> codes (B, latent_dim)."""
        return self.encoder(_check_images(x, self.shape))

    def decode(self, z):
        """Codes (B, latent_dim) -> images (B, *shape) in [0, 1]."""
        return self.decoder(_check_codes(z, self.decoder)).sigmoid()

    def forward(self, x):
        """Reconstruct: images in, images of the same shape out."""
        return self.decode(self.encode(x))


class VAE(nn.Module):
    """A variational autoencoder (Kingma and Welling, 2014).

    encoder: images -> (B, 2 * latent_dim), mean and log-variance side by
    side. decoder: codes (B, latent_dim) -> logits. Its three distributions
    are `prior()`, `likelihood(z)` and `posterior(x)`. Lesson 08 writes it.
    """

    def __init__(self, encoder, decoder, shape=SHAPE):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.shape = tuple(shape)

    def encode(self, x):
        """Images -> mu and log_var of q(z|x), each (B, latent_dim).

        log_var is kept in `LOG_VAR`: beyond it one odd image can make
        exp(log_var) infinite and end the training.
        """
        mu, log_var = self.encoder(_check_images(x, self.shape)).chunk(
            2, dim=1
        )
        return mu, log_var.clamp(*LOG_VAR)

    def decode(self, z):
        """Codes (B, latent_dim) -> images (B, *shape) in [0, 1]."""
        return self.decoder(_check_codes(z, self.decoder)).sigmoid()

    def prior(self):
        """p(z) of each number of a code: a Normal(0, 1).

        `prior().sample((n, Z))` draws n codes.
        """
        return Normal(0.0, 1.0)

    def posterior(self, x):
        """q(z|x): images (B, *shape) -> a Normal over codes (B, Z)."""
        mu, log_var = self.encode(x)
        return Normal(mu, (0.5 * log_var).exp())

    def likelihood(self, z):
        """p(x|z): codes (B, Z) -> a Bernoulli for each pixel.

        Grey pixels may be asked for: their log-probability is the average
        over coin flips (minus the cross-entropy).
        """
        logits = self.decoder(_check_codes(z, self.decoder))
        return Bernoulli(logits=logits, validate_args=False)

    def forward(self, x):
        """Images -> (logits, mu, log_var), one draw of z for each image."""
        mu, log_var = self.encode(x)
        return self.decoder(reparameterize(mu, log_var)), mu, log_var


class ConditionalVAE(nn.Module):
    """A VAE whose two halves are told y (Sohn, Lee and Yan, 2015).

    y: (B, conditions), such as one-hot labels, beside the pixels and beside
    the code. Dense halves with one hidden layer. Lesson 10 writes it.
    """

    def __init__(self, latent_dim, conditions=10, hidden_dim=256):
        super().__init__()
        _check_dims(latent_dim=latent_dim, conditions=conditions)
        self.encoder = nn.Sequential(
            nn.Linear(SIDE * SIDE + conditions, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, 2 * latent_dim),
        )
        self.decoder = dense_decoder(latent_dim + conditions, hidden_dim)

    def encode(self, x, y):
        """Images and conditions -> mu and log_var of q(z|x, y): (B, Z)."""
        pixels = _check_images(x).flatten(1)
        wanted = len(x), self.encoder[0].in_features - SIDE * SIDE
        if (got := tuple(getattr(y, "shape", ()))) != wanted:
            raise ValueError(f"y must have shape {wanted}; got {got}")
        told = torch.cat([pixels, y], dim=1)
        mu, log_var = self.encoder(told).chunk(2, dim=1)
        return mu, log_var.clamp(*LOG_VAR)

    def decode(self, z, y):
        """Codes and conditions -> images (B, 1, 28, 28) in [0, 1]."""
        told = torch.cat([z, y], dim=1)
        return self.decoder(_check_codes(told, self.decoder)).sigmoid()

    def forward(self, x, y):
        """Return (logits, mu, log_var), one draw of z for each image."""
        mu, log_var = self.encode(x, y)
        z = reparameterize(mu, log_var)
        return self.decoder(torch.cat([z, y], dim=1)), mu, log_var


def reparameterize(mu, log_var):
    """Draw z ~ N(mu, exp(log_var)), both (B, Z), so that gradients pass."""
    return mu + (0.5 * log_var).exp() * torch.randn_like(mu)


def dense_autoencoder(latent_dim, hidden_dim=256, shape=SHAPE):
    """Return an `Autoencoder` of two dense halves."""
    return Autoencoder(
        dense_encoder(latent_dim, hidden_dim, shape),
        dense_decoder(latent_dim, hidden_dim, shape),
        shape,
    )


def conv_autoencoder(latent_dim, channels=32, shape=SHAPE):
    """Return an `Autoencoder` of two convolutional halves."""
    return Autoencoder(
        conv_encoder(latent_dim, channels, shape),
        conv_decoder(latent_dim, channels, shape),
        shape,
    )


def dense_vae(latent_dim, hidden_dim=256, shape=SHAPE):
    """Return a `VAE` of two dense halves."""
    return VAE(
        dense_encoder(2 * latent_dim, hidden_dim, shape),
        dense_decoder(latent_dim, hidden_dim, shape),
        shape,
    )


def count_parameters(model) -> int:
    """Return how many numbers training may change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def _double(channels_in, channels_out):
    """Return the mirror of a stride-2 convolution: twice as high and wide."""
    return nn.ConvTranspose2d(
        channels_in, channels_out, 3, stride=2, padding=1, output_padding=1
    )


def _check_dims(**sizes):
    for name, size in sizes.items():
        if type(size) is not int or size < 1:
            raise ValueError(
                f"{name} must be a whole number of at least 1; got {size!r}"
            )


def _quarter(shape):
    """Return a quarter of the height and of the width."""
    _, high, wide = shape
    if high % 4 or wide % 4:
        raise ValueError(
            "two stride-2 steps need a height and a width that 4 divides; "
            f"got {high} x {wide}"
        )
    return high // 4, wide // 4


def _check_codes(z, decoder):
    """Refuse codes that do not fit a decoder that begins with a layer."""
    first = decoder[0] if isinstance(decoder, nn.Sequential) else None
    if isinstance(first, nn.Linear):
        wanted = first.in_features
        if z.ndim != 2 or z.shape[1] != wanted:
            raise ValueError(
                f"codes must have shape (B, {wanted}); got {tuple(z.shape)}"
            )
    return z


def _check_images(x, shape=SHAPE):
    if not torch.is_tensor(x) or not x.is_floating_point():
        kind = x.dtype if torch.is_tensor(x) else type(x).__name__
        raise TypeError(f"images must be a float tensor in [0, 1]; got {kind}")
    if x.ndim != 4 or x.shape[1:] != shape:
        raise ValueError(
            f"images must have shape (B, {', '.join(map(str, shape))}); got "
            f"{tuple(x.shape)}. One image is a batch of one: x[None]."
        )
    return x
