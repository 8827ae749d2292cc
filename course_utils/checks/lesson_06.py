"""Checks of lesson 06."""

import math

import torch

from course_utils.checks.legacy import in_turn, judge, same_as
from course_utils.models import denoising_loss as _denoising_loss
from course_utils.models import kl_sparsity as _kl_sparsity
from course_utils.models import reconstruction_loss


def _salt_and_pepper(x, share=0.2):
    hit = torch.rand_like(x) < share
    return torch.where(hit, torch.rand_like(x).round(), x)


def _salt_problem(attempt):
    """Look at what became of grey images, in which 0 and 1 are unknown."""
    for count, share in ((64, 0.2), (16, 0.5), (64, 0.05)):
        torch.manual_seed(count)
        x = 0.2 + 0.6 * torch.rand(count, 1, 28, 28)
        before = x.clone()
        got = attempt(x, share)
        problem = _kind_problem(got, before)
        if problem is None and not x.equal(before):
            problem = "It changes its input: work on a copy (`x.clone()`)."
        if problem is None:
            problem = _noise_problem(got, before, share)
        if problem:
            return problem
    return None


def _seed_problem(attempt):
    """See whether new draws damage new pixels."""
    x, places = torch.full((1, 1, 28, 28), 0.5), []
    for seed in (0, 1):
        torch.manual_seed(seed)
        places.append(attempt(x.clone(), 0.2) != x)
    if places[0].equal(places[1]):
        return (
            "The same pixels are damaged at every call: set no seed inside "
            "the function."
        )
    return None


def _kind_problem(got, x):
    if got is None:
        return "It returned None. Is there a `return`?"
    if not torch.is_tensor(got) or got.shape != x.shape:
        shape = tuple(getattr(got, "shape", ())) or type(got).__name__
        return f"Images of shape {tuple(x.shape)} are wanted; got {shape}."
    if not got.is_floating_point():
        return f"Pixels are decimal numbers; it returned {got.dtype}."
    return None if got.isfinite().all() else "It returned NaN or infinity."


def _noise_problem(got, x, share):
    hit = got != x
    rate, white = hit.float().mean().item(), got[hit].mean().item()
    if not hit.any():
        return "Nothing was damaged: all pixels are as before."
    if ((got != 0) & (got != 1) & hit).any():
        return "A damaged pixel must become 0 or 1, nothing between."
    return (
        _rate_problem(rate, share)
        or _colour_problem(got, hit, white)
        or _place_problem(hit)
    )


def _rate_problem(rate, share):
    bell = 0.5 * (1 + math.erf(share / math.sqrt(2)))
    if abs(rate - share) < 0.02:
        return None
    if abs(rate - bell) < 0.02:
        return "`randn_like` draws from a bell curve; use `rand_like`."
    if abs(rate - (1 - share)) < 0.02:
        return "You damaged the pixels that should stay, and kept the others."
    if abs(rate - share / 2) < 0.02:
        return (
            f"Only half as many pixels as asked are damaged: {rate:.0%} for "
            f"share={share}."
        )
    return f"{rate:.0%} of the pixels are damaged; {share:.0%} is asked."


def _colour_problem(got, hit, white):
    if white > 0.99:
        return "Only salt: every damaged pixel is 1, none is 0."
    if white < 0.01:
        return "Only pepper: every damaged pixel is 0, none is 1."
    each = (got * hit).flatten(1).sum(1) / hit.flatten(1).sum(1)
    if ((each < 0.01) | (each > 0.99)).float().mean() > 0.5:
        return "One coin for a whole image: toss one for each pixel."
    if abs(white - 0.5) > 0.06:
        return f"{white:.0%} of the damaged pixels are 1; 50% is asked."
    return None


def _place_problem(hit):
    if (hit == hit[:1]).all():
        return "The same pixels are damaged in every image of the batch."
    return None


def salt_and_pepper(attempt):
    """Judge `salt_and_pepper(x, share)`: (B, 1, H, W) -> (B, 1, H, W)."""
    find = in_turn(_salt_problem, _seed_problem)
    return judge("salt_and_pepper", attempt, _salt_and_pepper, find)


def _model(x):
    return 0.2 + 0.5 * x.square()


def _corrupt(x):
    return x + torch.randn_like(x)


LOSS_CASES = [
    (_model, torch.rand(*shape), _corrupt)
    for shape in ((5, 1, 28, 28), (1, 1, 28, 28), (3, 1, 8, 6))
]


def _twice(model, x, corrupt):
    return reconstruction_loss(model(corrupt(x)), corrupt(x))


def _against_damaged(model, x, corrupt):
    damaged = corrupt(x)
    return reconstruction_loss(model(damaged), damaged)


LOSS_SLIPS = {
    "The model is fed the clean images, so there is nothing to clean.": (
        lambda model, x, corrupt: reconstruction_loss(model(x), x)
    ),
    "Compare with the clean x: a damaged target teaches to keep the "
    "damage.": _against_damaged,
    "`corrupt` is called twice; the target is the clean x.": _twice,
    "The model gets the clean images and aims for damaged ones: swap "
    "them.": lambda model, x, corrupt: reconstruction_loss(
        model(x), corrupt(x)
    ),
    "The damage comes before the model, not after it.": (
        lambda model, x, corrupt: reconstruction_loss(corrupt(model(x)), x)
    ),
    "The model was not asked: this compares damaged with clean images.": (
        lambda model, x, corrupt: reconstruction_loss(corrupt(x), x)
    ),
    "You averaged over the pixels; the course sums over them.": (
        lambda model, x, corrupt: (
            (model(corrupt(x)) - x).square().flatten(1).mean(1)
        )
    ),
    "One number for the batch came back; `fit` wants one for each image.": (
        lambda model, x, corrupt: _denoising_loss(model, x, corrupt).mean()
    ),
    "One summed number came back; `fit` wants one for each image.": (
        lambda model, x, corrupt: _denoising_loss(model, x, corrupt).sum()
    ),
}


def denoising_loss(attempt):
    """Judge `denoising_loss(model, x, corrupt)`: -> (B,)."""

    def gradient(function):
        weight = torch.ones(1, requires_grad=True)
        x = LOSS_CASES[0][1]
        return _needs_gradient(function(lambda x: weight * x, x, _corrupt))

    compare = same_as(_denoising_loss, LOSS_CASES, LOSS_SLIPS)
    find = in_turn(compare, gradient)
    return judge("denoising_loss", attempt, _denoising_loss, find)


def _needs_gradient(answer):
    if not torch.is_tensor(answer) or not answer.requires_grad:
        return (
            "The numbers are right, but the answer carries no gradient, so "
            "nothing could be trained with it: no .item(), .detach() or math."
        )
    return None


def _kl(z, rho, dim=0, reverse=False, on=1, off=1):
    rate = z.mean(dim=dim)
    p, q = (rate, rho) if reverse else (rho, rate)
    first = p * torch.as_tensor(p / q).log()
    second = (1 - p) * torch.as_tensor((1 - p) / (1 - q)).log()
    return on * first + off * second


KL_CASES = [
    (0.02 + 0.96 * torch.rand(*shape) ** power, rho)
    for shape, power, rho in (((9, 6), 1, 0.05), ((4, 16), 3, 0.2))
]
KL_SLIPS = {
    "The direction is swapped: rho stands first in KL(rho || rate).": (
        lambda z, rho: _kl(z, rho, reverse=True).sum()
    ),
    "The second half, for (1 - rho), is missing.": (
        lambda z, rho: _kl(z, rho, off=0).sum()
    ),
    "The first half, for rho, is missing.": (
        lambda z, rho: _kl(z, rho, on=0).sum()
    ),
    "You averaged over the units; the course sums over them.": (
        lambda z, rho: _kl(z, rho).mean()
    ),
    "One number for each unit came back; sum them.": _kl,
    "A unit's rate is its mean over the batch (dim=0), not over the "
    "units.": lambda z, rho: _kl(z, rho, dim=1).sum(),
    "Each unit has its own rate; you took one mean over everything.": (
        lambda z, rho: _kl(z.reshape(-1, 1), rho).sum()
    ),
    "Use the natural logarithm, `log`.": lambda z, rho: (
        _kl(z, rho).sum() / math.log(10)
    ),
    "The sign is wrong: a KL is never negative.": (
        lambda z, rho: -_kl(z, rho).sum()
    ),
    "The KL of every single activity was taken; take each unit's mean "
    "first.": lambda z, rho: _kl(z[None], rho).sum(),
}


def kl_sparsity(attempt):
    """Judge `kl_sparsity(z, rho)`: activities (B, Z) -> one number."""

    def gradient(function):
        z = KL_CASES[0][0].clone().requires_grad_()
        return _needs_gradient(function(z, 0.05))

    compare = same_as(_kl_sparsity, KL_CASES, KL_SLIPS)
    find = in_turn(compare, gradient)
    return judge("kl_sparsity", attempt, _kl_sparsity, find)
