"""Checks of lesson 06."""

import torch
from torch import nn

from course_utils.checks.comparing import short
from course_utils.checks.core import check, outcome
from course_utils.datasets import fashion_mnist
from course_utils.measures import psnr
from course_utils.models import reconstruction_loss


class _Squares(nn.Module):
    """A stand-in for a network, with one weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        """Return something that is not x."""
        return 0.2 + self.weight * x.square()


def _case(*shape):
    """Return a model, clean images and a damage that is drawn anew."""
    x = 0.1 + 0.8 * torch.rand(*shape)
    return _Squares(), x, lambda x: x + torch.randn_like(x)


def _against_damaged(model, x, corrupt):
    damaged = corrupt(x)
    return reconstruction_loss(model(damaged), damaged)


@check(
    cases=lambda: [
        _case(5, 1, 8, 6),
        _case(1, 1, 28, 28),
        _case(3, 1, 28, 28),
    ],
    learns=("model",),
    slips={
        "The model is fed the clean images, so there is nothing to clean.": (
            lambda model, x, corrupt: reconstruction_loss(model(x), x)
        ),
        "Compare with the clean x: a damaged target teaches to keep the "
        "damage.": _against_damaged,
        "The target is damaged anew: `corrupt` is called twice, but the "
        "goal is the clean x.": lambda model, x, corrupt: reconstruction_loss(
            model(corrupt(x)), corrupt(x)
        ),
        "The model gets the clean images and aims for damaged ones: swap "
        "them.": lambda model, x, corrupt: reconstruction_loss(
            model(x), corrupt(x)
        ),
        "The damage comes before the model, not after it.": (
            lambda model, x, corrupt: reconstruction_loss(corrupt(model(x)), x)
        ),
        "The model was not asked: this compares damaged with clean "
        "images.": lambda model, x, corrupt: reconstruction_loss(
            corrupt(x), x
        ),
        "`corrupt` was not called: the damage has to come from it.": (
            lambda model, x, corrupt: reconstruction_loss(
                model(x + 0.3 * torch.randn_like(x)), x
            )
        ),
    },
)
def denoising_loss(model, x, corrupt):
    """Error of cleaning what `corrupt` made of x: -> (B,)."""
    return reconstruction_loss(model(corrupt(x)), x)


def _levels(x, width=0.5, one=(1, 1, 1), level=torch.rand, noise=torch.randn):
    """Return noise of a level for each image, with some knobs turned.

    one: the shape of an image's levels.
    """
    return (0.1 + width * level(len(x), *one)) * noise(x.shape)


def _seen_noise(got, x):
    """Say what is seen of the noise that was added."""
    noise = (torch.as_tensor(got).to(x) - x).flatten(1)
    sigma = noise.std(dim=1)
    unit = noise / sigma[:, None].clamp_min(1e-6)
    across = (unit * unit.roll(1, dims=0)).mean()
    return {
        "The noise should be 0 on average.": noise.mean(),
        "The images of a batch should have levels of their own; their "
        "standard deviation should be at least 0.1.": sigma.std().clamp(
            max=0.1
        ),
        "The mean level should be 0.35.": sigma.mean(),
        "The weakest levels (the lowest twentieth) should end at 0.125.": (
            sigma.quantile(0.05)
        ),
        "The strongest levels (the highest twentieth) should begin at "
        "0.575.": sigma.quantile(0.95),
        "Within an image the noise should be Gaussian with one level; its "
        "fourth moment over 3 should be 1.": unit.pow(4).mean() / 3,
        "Levels should be drawn, not follow from an image's place in the "
        "batch.": (sigma * torch.linspace(-1, 1, len(x))).mean(),
        "Each image should have noise of its own; the noise of neighbours "
        "should not be alike.": across,
    }


@check(
    cases=lambda: [
        (torch.rand(2000, 1, 12, 12),),
        (torch.rand(1500, 1, 9, 16),),
    ],
    see=_seen_noise,
    tolerance=0.02,
    slips={
        "Each pixel has a level of its own; draw one for each image.": (
            lambda x: x + _levels(x, one=x.shape[1:])
        ),
        "The levels reach from 0.1 to 0.7: `0.1 + 0.6 * rand` is too wide.": (
            lambda x: x + _levels(x, width=0.6)
        ),
        "The levels follow a bell curve (`randn`); `rand` draws them "
        "evenly.": lambda x: x + _levels(x, level=torch.randn),
        "The noise is even, between 0 and 1 (`rand`); Gaussian noise is "
        "`randn`.": lambda x: x + _levels(x, noise=torch.rand),
        "Only the noise came back; add it to x.": _levels,
        "The pixels were cut off at 0 and 1; leave them as they fall.": (
            lambda x: (x + _levels(x)).clamp(0, 1)
        ),
    },
)
def any_level(x):
    """Add noise of an own level to each image: (B, 1, H, W), same out."""
    sigma = 0.1 + 0.5 * torch.rand(len(x), 1, 1, 1, device=x.device)
    return x + sigma * torch.randn_like(x)


LEAST_GAIN = 0.5  # dB that count as a cure


def _own_damage_problem(made):
    """Say what is wrong with (damage, guess, cures), or return None."""
    if not isinstance(made, tuple | list) or len(made) != 3:
        return (
            f"It must be (your_damage, your_guess, cures); got {short(made)}."
        )
    damage, guess, cures = made
    if not callable(damage):
        return (
            "First comes your damage, a function from images to images "
            f"(without brackets behind its name); got {type(damage).__name__}."
        )
    if not isinstance(cures, dict):
        return "Last comes `cures`, the dictionary from above."
    if isinstance(guess, str) and guess not in cures:
        guess = guess.strip().lower()
    if guess not in [*cures, "none"]:
        named = ", ".join(map(repr, [*cures, "none"]))
        return f"Your guess must be one of {named}; got {guess!r}."
    x = fashion_mnist(False, quiet=True).test[1000:1500]
    torch.manual_seed(0)
    damaged = damage(given := x.clone())
    problem = _damage_problem(damaged, given, x)
    return problem or _guess_problem(guess, damaged.to(x), cures, x)


def _damage_problem(damaged, given, x):
    """Say why what came back is no damage of x, or return None."""
    if damaged is None:
        return "Your damage returned None. Is there a `return`?"
    if not torch.is_tensor(damaged) or damaged.shape != x.shape:
        return (
            f"Your damage must return a tensor of images {tuple(x.shape)}; "
            f"got {short(damaged)}."
        )
    if not damaged.is_floating_point() or not damaged.isfinite().all():
        return "The damaged images must be decimal numbers, all finite."
    if not given.equal(x):
        return "Your damage changes x in place: begin with `x = x.clone()`."
    before = psnr(damaged.to(x), x).mean().item()
    if before > 30:
        return (
            f"That is hardly a damage: PSNR is {before:.0f} dB; go below 30."
        )
    if damaged.std(dim=0).mean() < 0.02:
        return "All images look alike now: nothing is left to cure."
    return None


def _guess_problem(guess, damaged, cures, x):
    """Say that another cure was the best, or return None."""
    before = psnr(damaged, x).mean()
    gains = {
        name: (psnr(cure(damaged), x).mean() - before).item()
        for name, cure in cures.items()
    }
    best = max(gains, key=gains.get)
    best = best if gains[best] >= LEAST_GAIN else "none"
    if guess == best:
        return None
    told = ", ".join(f"{name} {gain:+.1f}" for name, gain in gains.items())
    return (
        f"You guessed {guess!r}; it was {best!r}. The gains in dB: "
        f"{told}. Say why, then change the damage and guess again."
    )


outcome("own_damage", _own_damage_problem)
