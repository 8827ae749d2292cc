"""Discrete codes: quantisers and the autoencoder around them.

The code of an image is a map (B, 7, 7) of whole numbers. Each stands for a
tile of 4 x 4 pixels and says which vector of the codebook (K, D) belongs
there. Lesson 18 writes the steps; a prior over such maps: `code_prior`.
"""

from typing import NamedTuple

import torch
from torch import nn

from course_utils.models.images import _check_dims, _check_images
from course_utils.models.losses import reconstruction_loss

GRID = 7  # tiles along a side
BETA = 0.25  # weight of the commitment (van den Oord and others, 2017)


def nearest_code(z, codebook):
    """Which code is nearest: vectors (N, D), codebook (K, D) -> (N,).

    Raises ValueError where the two do not have vectors of one length.
    """
    if z.ndim != 2 or codebook.ndim != 2 or z.shape[1] != codebook.shape[1]:
        raise ValueError(
            "z (N, D) and codebook (K, D) are wanted; got "
            f"{tuple(z.shape)} and {tuple(codebook.shape)}"
        )
    # |z - e|² without |z|², which is the same for all codes
    return (codebook.square().sum(1) - 2 * z @ codebook.T).argmin(dim=1)


def straight_through(z, z_q):
    """The value of z_q with the gradient of z: two of one shape -> same."""
    _check_alike(z, z_q)
    return z + (z_q - z).detach()


def commitment(z, z_q):
    """How far vectors are from their codes: (B, T, D) twice -> (B,).

    Squared distances, summed. The gradient moves z, not z_q.
    """
    _check_alike(z, z_q)
    return (z - z_q.detach()).square().flatten(1).sum(dim=1)


class Quantized(NamedTuple):
    """What a quantiser makes of vectors z (B, D, H, W)."""

    z_q: torch.Tensor  # (B, D, H, W); its gradient reaches z
    codes: torch.Tensor  # (B, H, W), whole numbers
    price: torch.Tensor  # (B,), to be added to the loss


class Quantizer(nn.Module):
    """Replace each vector by the nearest of a learnt codebook (K, D).

    by: "averages", each code follows the mean of the vectors that chose it
    (exponential moving averages with `decay`), or "gradient", the codebook
    learns as weights do. Either way the codes begin as random vectors of the
    first batch in training. restart: a code chosen less often than this share
    of its fair part moves to a random vector of the batch (averages only; 0:
    never). nearest, through, commit: the three steps, to exchange.
    """

    def __init__(
        self,
        size=128,
        dim=8,
        by="averages",
        decay=0.95,
        restart=0.1,
        nearest=nearest_code,
        through=straight_through,
        commit=commitment,
    ):
        super().__init__()
        _check_dims(size=size, dim=dim)
        if by not in ("averages", "gradient"):
            raise ValueError(f"by is 'averages' or 'gradient'; got {by!r}")
        if not 0 <= decay < 1 or not 0 <= restart < 1:
            raise ValueError(
                "decay and restart must lie in [0, 1); got "
                f"{decay} and {restart}"
            )
        self.decay, self.restart = decay, restart
        self.nearest, self.through, self.commit = nearest, through, commit
        self.follows = by == "averages"
        first = 0.1 * torch.randn(size, dim)
        self.register_buffer("counts", torch.zeros(size))  # 0: not begun
        if self.follows:
            self.register_buffer("codebook", first)
        else:
            self.codebook = nn.Parameter(first)

    def forward(self, z):
        """Vectors (B, D, H, W) -> `Quantized`; in training it learns, too."""
        _check_vectors(z, self.codebook.shape[1])
        rows = z.flatten(2).transpose(1, 2)  # (B, T, D)
        flat = rows.detach().flatten(0, 1)
        if self.training and not self.counts.any():
            self._begin(flat)
        codes = self.nearest(flat, self.codebook.detach())
        z_q = self.codebook[codes].view_as(rows)
        price = BETA * self.commit(rows, z_q)
        if not self.follows:
            price = price + commitment(z_q, rows)  # moves the codes
        elif self.training:
            self._follow(flat, codes)
        z_q = self.through(rows, z_q).transpose(1, 2).reshape(z.shape)
        return Quantized(z_q, codes.view(len(z), *z.shape[2:]), price)

    def look_up(self, codes):
        """Code maps (B, H, W) -> their vectors (B, D, H, W)."""
        _check_codes(codes, len(self.codebook))
        return self.codebook[codes].movedim(-1, 1)

    @property
    def size(self):
        """How many codes there are."""
        return len(self.codebook)

    @torch.no_grad()
    def _begin(self, flat):
        """Let the codes begin as vectors of the first batch."""
        self.codebook.copy_(self._some(flat, self.size))
        self.counts.fill_(len(flat) / self.size)

    @torch.no_grad()
    def _follow(self, flat, codes):
        """Move each code towards the mean of those that chose it."""
        chosen = torch.bincount(codes, minlength=self.size).to(flat)
        total = torch.zeros_like(self.codebook).index_add_(0, codes, flat)
        past = self.decay * self.counts
        sums = past[:, None] * self.codebook + (1 - self.decay) * total
        self.counts.copy_(past + (1 - self.decay) * chosen)
        moved = chosen > 0  # the others stay
        self.codebook[moved] = (sums / self.counts[:, None])[moved]
        fair = len(flat) / self.size
        dead = self.counts < self.restart * fair
        self.codebook[dead] = self._some(flat, int(dead.sum()))
        self.counts[dead] = fair

    @staticmethod
    def _some(flat, count):
        """Draw vectors from (N, D) at random: -> (count, D)."""
        return flat[torch.randint(len(flat), (count,), device=flat.device)]


class FiniteQuantizer(nn.Module):
    """Round each number to a few levels (FSQ, Mentzer and others, 2024).

    levels: how many for each of D numbers; a code is their combination, so
    (8, 4, 4) has 128 codes. There is no codebook to learn, and no price.
    """

    def __init__(self, levels=(8, 4, 4), through=straight_through):
        super().__init__()
        if not levels or any(type(n) is not int or n < 2 for n in levels):
            raise ValueError(
                f"levels must be whole numbers of 2 or more; got {levels}"
            )
        self.through = through
        levels = torch.tensor(levels)
        steps = torch.cat([levels.new_ones(1), levels[:-1].cumprod(0)])
        self.register_buffer("levels", levels)
        self.register_buffer("steps", steps)

    def forward(self, z):
        """Vectors (B, D, H, W) -> `Quantized`, in [-1, 1]."""
        _check_vectors(z, len(self.levels))
        top = (self.levels - 1).view(-1, 1, 1)
        z = z.sigmoid() * top  # 0 to the last level
        level = self.through(z, z.round())
        numbers = level.detach().round().long()
        codes = (numbers * self.steps.view(-1, 1, 1)).sum(dim=1)
        return Quantized(2 * level / top - 1, codes, z.new_zeros(len(z)))

    def look_up(self, codes):
        """Code maps (B, H, W) -> their vectors (B, D, H, W)."""
        _check_codes(codes, self.size)
        level = codes[:, None] // self.steps.view(-1, 1, 1)
        level = level % self.levels.view(-1, 1, 1)
        return 2 * level / (self.levels - 1).view(-1, 1, 1) - 1

    @property
    def size(self):
        """How many codes there are."""
        return int(self.levels.prod())


def _check_alike(z, z_q):
    if z.shape != z_q.shape:
        raise ValueError(
            "z and z_q must have one shape; got "
            f"{tuple(z.shape)} and {tuple(z_q.shape)}"
        )


def _check_vectors(z, size):
    if z.ndim != 4 or z.shape[1] != size or not len(z):
        raise ValueError(
            f"vectors (B, {size}, H, W) are wanted, at least one image; got "
            f"{tuple(z.shape)}"
        )


class VQAutoencoder(nn.Module):
    """An autoencoder whose code is a map of whole numbers (VQ-VAE).

    encoder: images -> (B, D, 7, 7); quantizer: see `Quantizer`; decoder:
    (B, D, 7, 7) -> logits (van den Oord and others, 2017).
    """

    def __init__(self, encoder, quantizer, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.quantizer = quantizer

    def encode(self, x):
        """Images (B, 1, 28, 28) -> code maps (B, 7, 7)."""
        return self.quantizer(self.encoder(_check_images(x))).codes

    def decode(self, codes):
        """Code maps (B, 7, 7) -> images (B, 1, 28, 28) in [0, 1]."""
        if codes.shape[1:] != (GRID, GRID):
            raise ValueError(
                f"code maps must have shape (B, {GRID}, {GRID}); got "
                f"{tuple(codes.shape)}. One map is a batch of one: codes[None]"
            )
        return self.decoder(self.quantizer.look_up(codes)).sigmoid()

    def forward(self, x):
        """Images -> reconstructions, and the quantiser's price (B,)."""
        z_q, _, price = self.quantizer(self.encoder(_check_images(x)))
        return self.decoder(z_q).sigmoid(), price


def vq_autoencoder(quantizer, dim=8, channels=32):
    """Return a `VQAutoencoder` with two stride-2 steps on either side.

    dim: numbers that the quantiser is given at each place of the 7 x 7.
    """
    _check_dims(dim=dim, channels=channels)
    encoder = nn.Sequential(
        nn.Conv2d(1, channels, 3, stride=2, padding=1),  # 14 x 14
        nn.SiLU(),
        nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),  # 7 x 7
        nn.SiLU(),
        nn.Conv2d(2 * channels, dim, 1),
    )
    double = {"stride": 2, "padding": 1, "output_padding": 1}
    decoder = nn.Sequential(
        nn.Conv2d(dim, 2 * channels, 3, padding=1),
        nn.SiLU(),
        nn.ConvTranspose2d(2 * channels, channels, 3, **double),
        nn.SiLU(),
        nn.ConvTranspose2d(channels, 1, 3, **double),
    )
    return VQAutoencoder(encoder, quantizer, decoder)


def vq_loss(model, x):
    """Squared error summed over pixels, and the quantiser's price: (B,)."""
    x_hat, price = model(x)
    return reconstruction_loss(x_hat, x) + price


def _check_codes(codes, size):
    """Refuse what is no map of whole numbers below `size`."""
    if not torch.is_tensor(codes) or codes.ndim != 3:
        got = tuple(getattr(codes, "shape", ())) or type(codes).__name__
        raise ValueError(f"code maps (B, H, W) are wanted; got {got}")
    if codes.is_floating_point() or codes.dtype == torch.bool:
        raise TypeError(f"codes must be whole numbers; got {codes.dtype}")
    if codes.numel() and not 0 <= codes.min() <= codes.max() < size:
        raise ValueError(
            f"codes must lie in 0 to {size - 1}; got {codes.min()} to "
            f"{codes.max()}"
        )
