"""Answers to lesson 02's exercises: right ones, and slips with their words."""

import functools
from types import SimpleNamespace

import torch
from later import Later
from torch import nn
from torch.nn import functional as F

from course_utils.datasets import digits
from course_utils.training import fit


class Encoder(nn.Module):
    def __init__(self, latent_dim, hidden_dim, last=None):
        super().__init__()
        self.wide = nn.Linear(784, hidden_dim)
        self.narrow = nn.Linear(hidden_dim, latent_dim)
        self.last = last or nn.Identity()

    def forward(self, x):
        hidden = F.silu(self.wide(x.reshape(len(x), -1)))
        return self.last(self.narrow(hidden))


def layers(*between, flatten=True, swap=False):
    """A make_encoder with other things between its two linear layers."""

    def make(latent_dim, hidden_dim):
        middle, end = (latent_dim, hidden_dim) if swap else (
            hidden_dim, latent_dim)  # fmt: skip
        start = [nn.Flatten()] if flatten else []
        return nn.Sequential(
            *start, nn.Linear(784, middle), *between, nn.Linear(middle, end)
        )

    return make


def encoder_in_steps(latent_dim, hidden_dim):
    encoder = nn.Sequential(nn.Flatten(1))
    encoder.append(nn.LazyLinear(hidden_dim))
    encoder.append(nn.SiLU()).append(nn.LazyLinear(latent_dim))
    encoder(torch.zeros(2, 1, 28, 28))
    return encoder


def step(model, optimizer, x):
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), x, reduction="sum") / len(x)
    loss.backward()
    optimizer.step()
    return loss.detach()


def step_with_graph(model, optimizer, x):
    loss = mean_loss(model(x), x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def step_grad_none(model, optimizer, x):
    for p in model.parameters():
        p.grad = None
    error = (model(x) - x) ** 2
    loss = error.sum(dim=(1, 2, 3)).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_by_functional(model, optimizer, x):
    optimizer.zero_grad()
    error = F.mse_loss(model(x), x, reduction="none")
    loss = error.flatten(1).sum(dim=1).mean()
    loss.backward()
    optimizer.step()
    return float(loss)


def wrong_step(loss_of, zero=True, back=True, move=True):
    def step(model, optimizer, x):
        loss = loss_of(model(x), x)
        if zero:
            optimizer.zero_grad()
        if back:
            loss.backward()
        if move:
            optimizer.step()
        return loss.item()

    return step


def step_cleared(model, optimizer, x):
    loss = mean_loss(model(x), x)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def mean_loss(x_hat, x):
    return (x_hat - x).square().flatten(1).sum(1).mean()


class Digits(nn.Module):
    """An autoencoder for digits."""

    def __init__(self, size=8, epochs=1, pixels=torch.sigmoid):
        super().__init__()
        torch.manual_seed(0)
        self.pixels = torch.sigmoid
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, size)
        )
        self.decoder = nn.Sequential(
            nn.Linear(size, 128), nn.ReLU(), nn.Linear(128, 64)
        )
        options = {"batch_size": 32, "lr": 5e-3, "progress": False}
        fit(self, digits().train, digit_loss, epochs=epochs, **options)
        self.pixels = pixels

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.pixels(self.decoder(z)).view(-1, 1, 8, 8)

    def forward(self, x):
        return self.decode(self.encode(x))


def digit_loss(model, x):
    return (model(x) - x).square().flatten(1).sum(dim=1)


def with_parts(encode, decode):
    """A Module that is made of functions."""
    model = nn.Module()
    model.encode, model.decode = encode, decode
    return model


@functools.cache
def trained():
    return Digits(epochs=12)


def of_trained(make):
    """Return an answer that is made of the trained model."""
    return Later(lambda: make(trained()))


ANSWERS = {
    "digit_model": (
        [
            Later(trained),
            of_trained(lambda t: with_parts(t.encode, t.decode)),
            of_trained(
                lambda t: SimpleNamespace(encode=t.encode, decode=t.decode)
            ),
        ],
        {
            "(360, 8)": Later(Digits, size=32),
            "has it been trained": Later(
                Digits, pixels=lambda h: h.sigmoid().sigmoid()
            ),
            "more epochs": Later(Digits, epochs=2),
            "come first": of_trained(
                lambda t: with_parts(nn.Linear(784, 8), t.decode)
            ),
            "no `encode`": nn.Sequential(nn.Flatten(), nn.Linear(64, 64)),
            "leave [0, 1]": Later(Digits, pixels=lambda h: h),
        },
    ),
    "make_encoder": (
        [Encoder, layers(nn.SiLU()), encoder_in_steps],
        {
            "flatten each image": layers(nn.SiLU(), flatten=False),
            "activation after the last": lambda z, h: Encoder(z, h, nn.ReLU()),
            "is linear": layers(),
            "activation is ReLU": layers(nn.ReLU()),
            "changed places": layers(nn.SiLU(), swap=True),
            "parameters": lambda z, h: Encoder(z, 2 * h),
        },
    ),
    "train_step": (
        [step, step_grad_none, step_by_functional],
        {
            "pile up": wrong_step(mean_loss, zero=False),
            "never moves": wrong_step(mean_loss, move=False),
            "loss.backward() missing": wrong_step(mean_loss, back=False),
            "loss.item()": step_with_graph,
            "take the mean": wrong_step(lambda a, b: ((a - b) ** 2).sum()),
            "clears the gradients": step_cleared,
            "sigmoid is applied twice": wrong_step(
                lambda a, b: mean_loss(a.sigmoid(), b)
            ),
            "over the pixels too": wrong_step(F.mse_loss),
        },
    ),
}
