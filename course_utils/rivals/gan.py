"""A small generative adversarial network (Goodfellow et al., 2014)."""

import os

import torch
from torch import nn
from torch.nn.functional import softplus

from course_utils.adam import OneCycleAdam
from course_utils.models.generation import check_least
from course_utils.training import pick_device, set_seed


def train_gan(
    images, latent_dim=32, *, hidden_dim=128, epochs=5, batch_size=64,
    lr=4e-3, noise=0.3, seed=0,
):  # fmt: skip
    """Return a generator, trained against a discriminator.

    images: (N, 1, H, W) in [0, 1]. The generator turns draws from N(0, I),
    (B, latent_dim), into images. noise: standard deviation of what is added
    to all that the discriminator sees; it shrinks to 0, and keeps it from
    winning at once (Sønderby et al., 2017). With COURSE_SMOKE=1 there is one
    epoch. Raises ValueError for less than two images, pixels outside [0, 1],
    and sizes or rates that cannot be.
    """
    if not torch.is_tensor(images) or images.ndim != 4 or len(images) < 2:
        got = tuple(getattr(images, "shape", ())) or type(images).__name__
        raise ValueError(f"images (N, 1, H, W), N > 1, are wanted; got {got}")
    if not 0 <= images.min() <= images.max() <= 1:
        raise ValueError(
            f"pixels must lie in [0, 1]; got {images.min():.3g} to "
            f"{images.max():.3g}"
        )
    sizes = {"latent_dim": latent_dim, "hidden_dim": hidden_dim}
    check_least(1, **sizes, epochs=epochs)
    check_least(2, batch_size=batch_size)
    if not lr > 0 or not noise >= 0:
        raise ValueError(
            f"lr > 0 and noise >= 0 are wanted; got {lr}, {noise}"
        )
    epochs = 1 if os.environ.get("COURSE_SMOKE") == "1" else epochs
    set_seed(seed)
    device, shape = pick_device(), images.shape[1:]
    generator = _generator(latent_dim, hidden_dim, shape).to(device)
    critic = _discriminator(hidden_dim, shape).to(device)
    steps = epochs * (len(images) // min(batch_size, len(images)))
    takes = [OneCycleAdam(list(part.parameters()), lr, steps, beta1=0.5)
             for part in (generator, critic)]  # fmt: skip
    for step, real in enumerate(_batches(images, batch_size, epochs)):
        z = torch.randn(len(real), latent_dim, device=device)
        fake = generator(z)
        hiss = noise * (1 - step / steps) * torch.randn_like(fake)
        seen = torch.cat([real.to(device) + hiss, fake.detach() + hiss])
        right, wrong = critic(seen).chunk(2)
        takes[1].step(softplus(-right) + softplus(wrong))
        critic.requires_grad_(False)  # the generator's turn
        takes[0].step(softplus(-critic(fake + hiss)))
        critic.requires_grad_(True)
    return generator.eval()


def _batches(images, batch_size, epochs):
    """Yield full batches, in a new order each epoch."""
    size = min(batch_size, len(images))
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for rows in order[: len(order) // size * size].split(size):
            yield images[rows]


def _generator(latent_dim, hidden_dim, shape):
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),
        nn.BatchNorm1d(hidden_dim),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden_dim, hidden_dim),
        nn.BatchNorm1d(hidden_dim),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden_dim, shape.numel()),
        nn.Sigmoid(),
        nn.Unflatten(1, tuple(shape)),
    )


def _discriminator(hidden_dim, shape):
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(shape.numel(), hidden_dim),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(hidden_dim, hidden_dim),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(hidden_dim, 1),
    )
