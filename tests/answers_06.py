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


def loss_against_damaged(model, x, corrupt):
    damaged = corrupt(x)
    return reconstruction_loss(model(damaged), damaged)


def loss_seeded(model, x, corrupt):
    torch.manual_seed(0)
    return loss_by_torch(model, x, corrupt)


def loss_with_sigmoid(model, x, corrupt):
    return reconstruction_loss(model(corrupt(x)).sigmoid(), x)


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


def level(x, low=0.1, width=0.5, shape=(1, 1, 1), rows=None, draw=torch.rand):
    rows = len(x) if rows is None else rows
    return low + width * draw(rows, *shape)


def level_seeded(x):
    torch.manual_seed(0)
    return level_in_two_steps(x)


def level_in_place(x):
    x += level(x) * torch.randn_like(x)
    return x


def lines(x):
    """Every fourth row is white."""
    x = x.clone()
    x[:, :, ::4] = 1
    return x


def weak_lines(x):
    x = x.clone()
    x[:, :, 0, 0] = 0.1
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
        [
            loss_by_loop,
            loss_by_torch,
            loss_on_a_copy,
            lambda model, x, corrupt: (
                (x - model(corrupt(x))).square().sum(dim=(1, 2, 3))
            ),
            lambda model, x, corrupt: (
                (model(corrupt(x)) - x).pow(2).view(len(x), -1).sum(-1)
            ),
            lambda model, x, corrupt: reconstruction_loss(
                model(corrupt(x)), x
            ).view(-1),
        ],
        {
            "fed the clean": lambda model, x, corrupt: reconstruction_loss(
                model(x), x
            ),
            "keep the damage": loss_against_damaged,
            "no gradient": lambda model, x, corrupt: loss_by_loop(
                model, x, corrupt
            ).detach(),
            "called twice": lambda model, x, corrupt: reconstruction_loss(
                model(corrupt(x)), corrupt(x)
            ),
            "twice before the model": lambda model, x, corrupt: (
                reconstruction_loss(model(corrupt(corrupt(x))), x)
            ),
            "before the model and after it": lambda model, x, corrupt: (
                reconstruction_loss(corrupt(model(corrupt(x))), x)
            ),
            "comes before": lambda model, x, corrupt: reconstruction_loss(
                corrupt(model(x)), x
            ),
            "not asked": lambda model, x, corrupt: reconstruction_loss(
                corrupt(x), x
            ),
            "averaged over the pixels": lambda model, x, corrupt: (
                (model(corrupt(x)) - x).square().mean(dim=(1, 2, 3))
            ),
            "absolute": lambda model, x, corrupt: (
                (model(corrupt(x)) - x).abs().sum(dim=(1, 2, 3))
            ),
            "root": lambda model, x, corrupt: (
                (model(corrupt(x)) - x).flatten(1).norm(dim=1)
            ),
            "One number": lambda model, x, corrupt: loss_by_loop(
                model, x, corrupt
            ).mean(),
            "One summed number": lambda model, x, corrupt: loss_by_loop(
                model, x, corrupt
            ).sum(),
            "before the sum": lambda model, x, corrupt: (
                (model(corrupt(x)) - x).sum(dim=(1, 2, 3)) ** 2
            ),
            "averaged over everything": lambda model, x, corrupt: (
                nn.functional.mse_loss(model(corrupt(x)), x)
            ),
            "was not called": lambda model, x, corrupt: reconstruction_loss(
                model(x + 0.3 * torch.randn_like(x)), x
            ),
            "no seed inside": loss_seeded,
            "None": lambda model, x, corrupt: print(
                loss_by_loop(model, x, corrupt)
            ),
        },
    ),
    "any_level": (
        [
            level_in_two_steps,
            level_by_loop,
            level_by_view,
            lambda x: (
                torch.randn_like(x).mul(
                    torch.rand(len(x), 1, 1, 1, device=x.device) / 2 + 0.1
                )
                + x
            ),
            lambda x: (
                x
                + torch.randn_like(x)
                * (0.6 - 0.5 * torch.rand_like(x[:, :1, :1, :1]))
            ),
            lambda x: torch.distributions.Normal(
                x, 0.1 + torch.rand_like(x[:, :1, :1, :1]) / 2
            ).sample(),
        ],
        {
            "one level": lambda x: (
                x + (level(x, rows=1) * torch.randn_like(x))
            ),
            "Each pixel": lambda x: (
                x + (level(x, shape=x.shape[1:]) * torch.randn_like(x))
            ),
            "too wide": lambda x: (
                x + (level(x, width=0.6) * torch.randn_like(x))
            ),
            "should be 0.1": lambda x: (
                x + (level(x, 0, 0.6) * torch.randn_like(x))
            ),
            "shift them": lambda x: x + level(x, 0) * torch.randn_like(x),
            "level 0.35": lambda x: x + 0.35 * torch.randn_like(x),
            "bell curve": lambda x: (
                x + (level(x, draw=torch.randn) * torch.randn_like(x))
            ),
            "even, between": lambda x: x + level(x) * torch.rand_like(x),
            "Only the noise": lambda x: level(x) * torch.randn_like(x),
            "same noise": lambda x: (
                x + (level(x) * torch.randn(1, *x.shape[1:]))
            ),
            "standard deviation is": lambda x: (
                x + (level(x).square() * torch.randn_like(x))
            ),
            "multiplied by the noise": lambda x: (
                x * (level(x) * torch.randn_like(x))
            ),
            "cut off": lambda x: level_in_two_steps(x).clamp(0, 1),
            "of their own": lambda x: (
                x + random.uniform(0.1, 0.6) * torch.randn_like(x)
            ),
            "use the same levels": lambda x: (
                x
                + torch.randn_like(x)
                * torch.linspace(0.1, 0.6, len(x), device=x.device).view(
                    -1, 1, 1, 1
                )
            ),
            "to the columns": lambda x: (
                x + level(x, shape=()) * torch.randn_like(x)
            ),
            "to the rows": lambda x: (
                x + level(x, shape=(1,)) * torch.randn_like(x)
            ),
            "from 0 to 1": lambda x: x + level(x, 0, 1) * torch.randn_like(x),
            "two ends": lambda x: x + level(x, 0.6, 0.1) * torch.randn_like(x),
            "by the image": lambda x: x * (1 + level(x) * torch.randn_like(x)),
            "level itself": lambda x: x + level(x),
            "set no seed": level_seeded,
            "in place": level_in_place,
            "device": lambda x: (
                x + (level(x).expand_as(x) * torch.randn_like(x))
            ),
            "None": lambda x: print(level_in_two_steps(x)),
        },
    ),
    "own_damage": (
        [
            (dots, "median", CURES),
            [noisy, "blur", CURES],
            (lines, "none", {"nothing": CURES["nothing"]}),
            (lambda x: 1 - x, "none", CURES),
            (erase_patch, "none", CURES),
            (lambda x: noisy(x).double(), " Blur", CURES),
        ],
        {
            "it was 'median'": (dots, "blur", CURES),
            "it was 'none'": (lambda x: 1 - x, "median", CURES),
            "it was 'blur'": (noisy, "none", CURES),
            "must be one of": (dots, "U-Net", CURES),
            "without brackets": (torch.zeros(5), "median", CURES),
            "must be (your_damage": {"damage": dots},
            "dictionary from above": (dots, "median", ["median", "blur"]),
            "returned None": (lambda x: None, "none", CURES),
            "must return a tensor of images": (
                lambda x: x[:1],
                "none",
                CURES,
            ),
            "got a tuple of 2": (dots, "median"),
            "got a ndarray": (lambda x: x.numpy() / 2, "none", CURES),
            "decimal": (lambda x: x.round().long(), "none", CURES),
            "in place": (in_place, "none", CURES),
            "Nothing was damaged": (lambda x: x.clone(), "none", CURES),
            "hardly a damage": (weak_lines, "none", CURES),
            "nothing is left": (torch.zeros_like, "none", CURES),
        },
    ),
}
