"""Answers to lesson 06's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch

from course_utils.models import reconstruction_loss


def salt_by_copy(x, share=0.2):
    noisy, dice = x.clone(), torch.rand(x.shape)
    noisy[dice < share / 2] = 0
    noisy[dice > 1 - share / 2] = 1
    return noisy


def salt_by_arithmetic(x, share=0.2):
    hit = (torch.rand_like(x) < share).float()
    coin = torch.randint(0, 2, x.shape).float()
    return (1 - hit) * x + hit * coin


def salt_by_bernoulli(x, share=0.2):
    hit = torch.bernoulli(torch.full_like(x, share)).bool()
    return x.masked_fill(hit, 0) + hit * torch.bernoulli(x * 0 + 0.5)


def salt_seeded(x, share=0.2):
    torch.manual_seed(0)
    return salt_by_copy(x, share)


def salt_in_place(x, share=0.2):
    x[torch.rand_like(x) < share] = 1.0
    return x


def same_pixels(x, share=0.2):
    hit = torch.rand_like(x[:1]) < share
    return torch.where(hit, torch.rand_like(x).round(), x)


def one_coin(x, share=0.2):
    coin = torch.rand(len(x), 1, 1, 1).round()
    return torch.where(torch.rand_like(x) < share, coin, x)


def salt_half(x, share=0.2):
    hit = torch.rand_like(x) < share / 2
    return torch.where(hit, torch.rand_like(x).round(), x)


def put(x, where, value):
    return torch.where(where, torch.as_tensor(value), x)


def loss_by_loop(model, x, corrupt):
    errors = (model(corrupt(x)) - x) ** 2
    return torch.stack([error.sum() for error in errors])


def loss_by_torch(model, x, corrupt):
    mse = torch.nn.MSELoss(reduction="none")
    return mse(model(corrupt(x)), x).flatten(1).sum(1)


def loss_against_damaged(model, x, corrupt):
    damaged = corrupt(x)
    return reconstruction_loss(model(damaged), damaged)


def kl_by_distributions(z, rho=0.05):
    bernoulli = torch.distributions.Bernoulli
    wanted, got = bernoulli(torch.tensor(rho)), bernoulli(z.mean(0))
    return torch.distributions.kl_divergence(wanted, got).sum()


def kl_by_loop(z, rho=0.05):
    total = 0.0
    for unit in z.T:
        r = unit.mean()
        total += rho * torch.log(rho / r)
        total += (1 - rho) * torch.log((1 - rho) / (1 - r))
    return total


def kl_by_entropy(z, rho=0.05):
    rate = z.mean(dim=0)
    wanted = torch.tensor([rho, 1 - rho])[:, None]
    got = torch.stack([rate, 1 - rate])
    return (torch.xlogy(wanted, wanted) - torch.xlogy(wanted, got)).sum()


def kl_terms(rate, rho=0.05):
    on = rho * (rho / rate).log()
    return on, (1 - rho) * ((1 - rho) / (1 - rate)).log()


ANSWERS = {
    "salt_and_pepper": (
        [salt_by_copy, salt_by_arithmetic, salt_by_bernoulli],
        {
            "Only salt": lambda x, share: put(
                x, torch.rand_like(x) < share, 1.0
            ),
            "Only pepper": lambda x, share: put(
                x, torch.rand_like(x) < share, 0.0
            ),
            "bell curve": lambda x, share: put(
                x, torch.randn_like(x) < share, torch.rand_like(x).round()
            ),
            "pixels that should stay": lambda x, share: put(
                x, torch.rand_like(x) > share, torch.rand_like(x).round()
            ),
            "nothing between": lambda x, share: put(
                x, torch.rand_like(x) < share, torch.rand_like(x)
            ),
            "at every call": salt_seeded,
            "changes its input": salt_in_place,
            "same pixels": same_pixels,
            "One coin": one_coin,
            "half as many": salt_half,
            "decimal": lambda x, share: (torch.rand_like(x) < share).long(),
            "Nothing was damaged": lambda x, share: x.clone(),
            "None": lambda x, share: None,
            "shape": lambda x, share: salt_by_copy(x, share).flatten(1),
        },
    ),
    "denoising_loss": (
        [
            loss_by_loop,
            loss_by_torch,
            lambda model, x, corrupt: (
                (x - model(corrupt(x))).square().sum(dim=(1, 2, 3))
            ),
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
            "swap them": lambda model, x, corrupt: reconstruction_loss(
                model(x), corrupt(x)
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
            "One number": lambda model, x, corrupt: loss_by_loop(
                model, x, corrupt
            ).mean(),
            "One summed number": lambda model, x, corrupt: loss_by_loop(
                model, x, corrupt
            ).sum(),
        },
    ),
    "kl_sparsity": (
        [kl_by_distributions, kl_by_loop, kl_by_entropy],
        {
            "no gradient": lambda z, rho: kl_by_loop(z, rho).item(),
            "direction is swapped": lambda z, rho: sum(
                torch.distributions.kl_divergence(
                    torch.distributions.Bernoulli(z.mean(0)),
                    torch.distributions.Bernoulli(torch.tensor(rho)),
                )
            ),
            "second half": lambda z, rho: kl_terms(z.mean(0), rho)[0].sum(),
            "averaged over the units": lambda z, rho: sum(
                kl_terms(z.mean(0), rho)
            ).mean(),
            "One number for each unit": lambda z, rho: sum(
                kl_terms(z.mean(0), rho)
            ),
            "dim=0": lambda z, rho: sum(kl_terms(z.mean(1), rho)).sum(),
            "own rate": lambda z, rho: sum(kl_terms(z.mean(), rho)),
            "natural": lambda z, rho: kl_by_loop(z, rho) / 2.302585,
            "sign": lambda z, rho: -kl_by_loop(z, rho),
            "every single activity": lambda z, rho: sum(
                kl_terms(z, rho)
            ).sum(),
        },
    ),
}
