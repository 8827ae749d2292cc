"""Answers to lesson 02's exercises: right ones, and slips with their words."""

import torch
from torch import nn
from torch.nn import functional as F


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


def wrong_step(loss_of, zero=True, back=True, move=True, value=True):
    def step(model, optimizer, x):
        loss = loss_of(model(x), x)
        if zero:
            optimizer.zero_grad()
        if back:
            loss.backward()
        if move:
            optimizer.step()
        return loss.item() if value else None

    return step


def mean_loss(x_hat, x):
    return (x_hat - x).square().flatten(1).sum(1).mean()


def levels_by_loop(z, low, high, levels):
    out = torch.empty_like(z)
    for b in range(z.shape[0]):
        for i in range(z.shape[1]):
            share = (z[b, i] - low[i]) / (high[i] - low[i])
            level = torch.round(share * (levels - 1))
            out[b, i] = min(max(level, torch.tensor(0.0)), levels - 1)
    return out


def inside(z, low, high):
    return (z.clamp(low, high) - low) / (high - low)


ANSWERS = {
    "make_encoder": (
        [Encoder, layers(nn.SiLU()), encoder_in_steps],
        {
            "flatten first": layers(nn.SiLU(), flatten=False),
            "activation after the last": lambda z, h: Encoder(z, h, nn.ReLU()),
            "below -0.2": lambda z, h: Encoder(z, h, nn.SiLU()),
            "[-1, 1]": lambda z, h: Encoder(z, h, nn.Tanh()),
            "is linear": layers(),
            "activation is ReLU": layers(nn.ReLU()),
            "changed places": layers(nn.SiLU(), swap=True),
            "a network": lambda z, h: Encoder,
            "parameters": lambda z, h: Encoder(z, 2 * h),
        },
    ),
    "train_step": (
        [step, step_grad_none, step_by_functional],
        {
            "pile up": wrong_step(mean_loss, zero=False),
            "never move": wrong_step(mean_loss, move=False),
            "is one missing": wrong_step(mean_loss, back=False),
            "loss.item()": step_with_graph,
            "take the mean": wrong_step(lambda a, b: ((a - b) ** 2).sum()),
            "over the pixels too": wrong_step(F.mse_loss),
            "None": wrong_step(mean_loss, value=False),
        },
    ),
    "mended_decode": (
        [
            lambda decoder, z: torch.sigmoid(decoder(z)),
            lambda decoder, z: 1 / (1 + (-decoder(z)).exp()),
            lambda decoder, z: nn.Sigmoid()(decoder(z)),
        ],
        {
            "leave [0, 1]": lambda decoder, z: decoder(z),
            "still swapped": lambda decoder, z: torch.sigmoid(
                decoder(z).transpose(2, 3)
            ),
            "Both bugs": lambda decoder, z: decoder(z).transpose(2, 3),
            "Cutting": lambda decoder, z: decoder(z).clip(0, 1),
            "tanh": lambda decoder, z: decoder(z).tanh(),
        },
    ),
    "quantize": (
        [
            levels_by_loop,
            lambda z, low, high, n: (inside(z, low, high) * (n - 1)).round(),
            lambda z, low, high, n: torch.floor(
                (z.minimum(high).maximum(low) - low) * ((n - 1) / (high - low))
                + 0.5
            ),
        ],
        {
            "cut off": lambda z, low, high, n: (
                inside(z, low, high) * (n - 1)
            ).floor(),
            "multiply by that": lambda z, low, high, n: (
                (inside(z, low, high) * n).round().clamp(max=n - 1)
            ),
            "up to levels": lambda z, low, high, n: (
                inside(z, low, high) * n
            ).round(),
            "nearest end": lambda z, low, high, n: (
                (z - low) / (high - low) * (n - 1)
            ).round(),
            "whole levels": lambda z, low, high, n: (
                inside(z, low, high) * (n - 1)
            ),
            "You wrote 255": lambda z, low, high, n: (
                inside(z, low, high) * 255
            ).round(),
            "codes again": lambda z, low, high, n: (
                low + levels_by_loop(z, low, high, n) / (n - 1) * (high - low)
            ),
            "Subtract low": lambda z, low, high, n: (
                (z / (high - low) * (n - 1)).round().clamp(0, n - 1)
            ),
        },
    ),
}
