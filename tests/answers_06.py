"""Answers to lesson 06's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import random

import torch
from torch import nn

from course_utils.datasets import erase_patch
from course_utils.models import reconstruction_loss
from course_utils.rivals.filters import gaussian_blur, median


def loss_by_loop(model, x, corrupt):
    errors = (model(corrupt(x)) - x) ** 2
    return torch.stack([error.sum() for error in errors])


def loss_by_torch(model, x, corrupt):
    mse = nn.MSELoss(reduction="none")
    return mse(model(corrupt(x)), x).flatten(1).sum(1)


def loss_on_a_copy(model, x, corrupt):
    noisy = corrupt(x.clone())
    cleaned = model(noisy)
    return reconstruction_loss(x, cleaned)


def level_in_two_steps(x):
    noise = torch.randn_like(x)
    sigma = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(0.1, 0.6)
    return x + noise * sigma


def level_by_loop(x):
    noisy = []
    for image in x:
        sigma = torch.rand(1, device=x.device) * 0.5 + 0.1
        noisy.append(image + sigma * torch.randn_like(image))
    return torch.stack(noisy)


def level_by_view(x):
    sigma = 0.1 + 0.5 * torch.rand(x.shape[0], device=x.device)
    return torch.normal(x, sigma[:, None, None, None].expand_as(x))


def level_in_place(x):
    x += level_in_two_steps(x) - x
    return x


def lines(x):
    """Every fourth row is white."""
    x = x.clone()
    x[:, :, ::4] = 1
    return x


def in_place(x):
    x[:, :, ::4] = 1
    return x


def dots(x):
    return torch.where(torch.rand_like(x) < 0.1, torch.ones_like(x), x)


def noisy(x):
    return x + 0.3 * torch.randn_like(x)


CURES = {
    "median": lambda x: median(x, 3),
    "blur": lambda x: gaussian_blur(x, 1.0),
    "nothing": lambda x: x,
}


ANSWERS = {
    "denoising_loss": (
        [loss_by_loop, loss_by_torch, loss_on_a_copy],
        {
            "fed the clean": lambda model, x, corrupt: reconstruction_loss(
                model(x), x
            ),
            "called twice": lambda model, x, corrupt: reconstruction_loss(
                model(corrupt(x)), corrupt(x)
            ),
            "Averaged, not summed": lambda model, x, corrupt: (
                (model(corrupt(x)) - x).square().mean(dim=(1, 2, 3))
            ),
            "One number": lambda *case: loss_by_loop(*case).mean(),
            "no gradient": lambda *case: loss_by_loop(*case).detach(),
            "None": lambda *case: print(loss_by_loop(*case)),
        },
    ),
    "any_level": (
        [level_in_two_steps, level_by_loop, level_by_view],
        {
            "levels of their own": lambda x: (
                x + random.uniform(0.1, 0.6) * torch.randn_like(x)
            ),
            "The mean level should be 0.35": lambda x: (
                x + 0.5 * torch.rand(len(x), 1, 1, 1) * torch.randn_like(x)
            ),
            "place in the batch": lambda x: (
                x
                + torch.linspace(0.1, 0.6, len(x)).view(-1, 1, 1, 1)
                * torch.randn_like(x)
            ),
            "cut off": lambda x: level_in_two_steps(x).clamp(0, 1),
            "in place": level_in_place,
            "device": lambda x: (
                x
                + (0.1 + 0.5 * torch.rand(len(x), 1, 1, 1))
                * torch.randn_like(x)
            ),
        },
    ),
    "own_damage": (
        [
            (dots, "median", CURES),
            [noisy, " Blur", CURES],
            (lines, "none", {"nothing": CURES["nothing"]}),
            (erase_patch, "none", CURES),
        ],
        {
            "it was 'median'": (dots, "blur", CURES),
            "it was 'none'": (lambda x: 1 - x, "median", CURES),
            "must be one of": (dots, "U-Net", CURES),
            "without brackets": (torch.zeros(5), "median", CURES),
            "got a tuple of 2": (dots, "median"),
            "returned None": (lambda x: None, "none", CURES),
            "in place": (in_place, "none", CURES),
            "hardly a damage": (lambda x: x.clone(), "none", CURES),
            "nothing is left": (torch.zeros_like, "none", CURES),
        },
    ),
}
