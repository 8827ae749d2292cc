"""Checks of lesson 06."""

import torch
from torch import nn

from course_utils.checks.comparing import same, short
from course_utils.checks.core import check, mutants, outcome
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


def _denoising(
    model, x, corrupt, clean_in=False, clean_goal=True, error=None, after=None
):
    """Return the denoising loss, with some knobs turned."""
    damaged = None if clean_in and clean_goal else corrupt(x)
    x_hat = model(x if clean_in else damaged)
    x_hat = after(x_hat, corrupt) if after else x_hat
    return (error or reconstruction_loss)(x_hat, x if clean_goal else damaged)


def _corrupted(x_hat, corrupt):
    return corrupt(x_hat)


def _mean_over_pixels(x_hat, x):
    return (x_hat - x).square().flatten(1).mean(1)


def _absolute(x_hat, x):
    return (x_hat - x).abs().flatten(1).sum(1)


def _root(x_hat, x):
    return reconstruction_loss(x_hat, x).sqrt()


def _square_of_sum(x_hat, x):
    return (x_hat - x).flatten(1).sum(1).square()


def _mean_of_all(x_hat, x):
    return (x_hat - x).square().mean()


def _not_from_corrupt(attempt):
    """Say whether the damage is not what `corrupt` draws, or is fixed."""
    model, x, corrupt = _case(4, 1, 6, 6)
    asked, seen = [], []

    def watched_corrupt(x):
        asked.append(x)
        return corrupt(x)

    def watched_model(x):
        seen.append(x)
        return model(x)

    try:
        losses = [
            attempt(watched_model, x.clone(), watched_corrupt)
            for _ in range(2)
        ]
    except Exception:
        return None  # told by the cases
    if not seen or any(image.equal(x) for image in seen):
        return None
    if not asked:
        return "`corrupt` was not called: the damage has to come from it."
    if torch.is_tensor(losses[0]) and same(*losses):
        return "Two calls draw the same damage: set no seed inside."
    return None


LOSS_SLIPS = {
    "The model is fed the clean images, so there is nothing to clean.": {
        "clean_in": True
    },
    "Compare with the clean x: a damaged target teaches to keep the damage.": {
        "clean_goal": False
    },
    "The model gets the clean images and aims for damaged ones: swap them.": {
        "clean_in": True,
        "clean_goal": False,
    },
    "The damage comes before the model, not after it.": {
        "clean_in": True,
        "after": _corrupted,
    },
    "The images are damaged twice, before the model and after it.": {
        "after": _corrupted
    },
    "You averaged over the pixels; the course sums over them.": {
        "error": _mean_over_pixels
    },
    "You summed absolute differences; the course sums squared ones.": {
        "error": _absolute
    },
    "That is the root of the summed squares; leave them squared.": {
        "error": _root
    },
    "Square each difference before the sum: plus and minus cancel.": {
        "error": _square_of_sum
    },
    "You averaged over everything; sum over the pixels of each image.": {
        "error": _mean_of_all
    },
}


@check(
    cases=lambda: [
        _case(5, 1, 8, 6),
        _case(1, 1, 28, 28),
        _case(3, 1, 28, 28),
    ],
    find=_not_from_corrupt,
    learns=("model",),
    slips=mutants(_denoising, LOSS_SLIPS)
    | {
        "The target is damaged anew: `corrupt` is called twice, but the "
        "goal is the clean x.": lambda model, x, corrupt: reconstruction_loss(
            model(corrupt(x)), corrupt(x)
        ),
        "The model was not asked: this compares damaged with clean "
        "images.": lambda model, x, corrupt: reconstruction_loss(
            corrupt(x), x
        ),
        "The target is the damage alone; compare the answer with the clean "
        "x.": lambda model, x, corrupt: (
            lambda damaged: reconstruction_loss(model(damaged), damaged - x)
        )(corrupt(x)),
        "The images are damaged twice before the model sees them.": (
            lambda model, x, corrupt: reconstruction_loss(
                model(corrupt(corrupt(x))), x
            )
        ),
        "One number for the batch came back; `fit` wants one for each "
        "image.": lambda model, x, corrupt: _denoising(
            model, x, corrupt
        ).mean(),
        "One summed number came back; `fit` wants one for each image.": (
            lambda model, x, corrupt: _denoising(model, x, corrupt).sum()
        ),
    },
)
def denoising_loss(model, x, corrupt):
    """Error of cleaning what `corrupt` made of x: -> (B,)."""
    return reconstruction_loss(model(corrupt(x)), x)


def _levels(x, low=0.1, width=0.5, one=(1, 1, 1), rows=True, **knobs):
    """Add noise of a level for each image, with some knobs turned.

    one: the shape of an image's levels. rows: a level for each image, not
    one for all. Also draw (of the levels), bell (of the noise), start and
    power.
    """
    draw, bell = knobs.get("draw", torch.rand), knobs.get("bell")
    one = x.shape[1:] if one is None else one
    sigma = low + width * draw(len(x) if rows else 1, *one, device=x.device)
    sigma = sigma ** knobs.get("power", 1)
    noise = bell(x) if bell else torch.randn_like(x)
    return knobs.get("start", lambda x: x)(x) + sigma * noise


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
        "Each image should have noise of its own; the noise of neighbours "
        "should not be alike.": across,
    }


def _levels_of_places(attempt):
    """Say whether levels belong to rows or columns, or were drawn once."""
    x = torch.rand(28, 1, 28, 28)
    try:
        got = [torch.as_tensor(attempt(x.clone())) for _ in range(2)]
    except Exception:
        return None  # told by the cases
    if any(g.shape != x.shape for g in got) or same(*got):
        return None
    first, second = (g - x for g in got)
    own = first.std(dim=(1, 2, 3))
    for name, others in {"rows": (0, 1, 3), "columns": (0, 1, 2)}.items():
        if first.std(dim=others).std() > 0.08 and own.std() < 0.05:
            return (
                f"The levels belong to the {name}; for each image they need "
                "the shape (B, 1, 1, 1)."
            )
    both = torch.stack([own, second.std(dim=(1, 2, 3))])
    if own.std() > 0.05 and both.corrcoef()[0, 1] > 0.9:
        return "Two calls use the same levels: draw new ones at each call."
    return None


@check(
    cases=lambda: [
        (torch.rand(2000, 1, 12, 12),),
        (torch.rand(1500, 1, 9, 16),),
    ],
    find=_levels_of_places,
    see=_seen_noise,
    tolerance=0.02,
    slips=mutants(
        _levels,
        {
            "All images of the batch have one level; draw one for each "
            "image.": {"rows": False},
            "Each pixel has a level of its own; draw one for each image.": {
                "one": None
            },
            "The levels reach from 0.1 to 0.7: `0.1 + 0.6 * rand` is too "
            "wide.": {"width": 0.6},
            "The levels reach from 0 to 0.6; the lowest should be 0.1.": {
                "low": 0,
                "width": 0.6,
            },
            "The levels reach from 0 to 0.5; shift them by 0.1.": {"low": 0},
            "The levels reach from 0 to 1; shrink `rand` to 0.1 to 0.6.": {
                "low": 0,
                "width": 1,
            },
            "The levels reach from 0.6 to 0.7: 0.1 and 0.6 are the two ends, "
            "so the width is 0.5.": {"low": 0.6, "width": 0.1},
            "All images have the level 0.35; draw the levels.": {
                "low": 0.35,
                "width": 0,
            },
            "The levels follow a bell curve (`randn`); `rand` draws them "
            "evenly.": {"draw": torch.randn},
            "The noise is even, between 0 and 1 (`rand`); Gaussian noise is "
            "`randn`.": {"bell": torch.rand_like},
            "Only the noise came back; add it to x.": {
                "start": torch.zeros_like
            },
            "All images got the same noise; draw it for each of them.": {
                "bell": lambda x: torch.randn_like(x[:1])
            },
            "You multiplied by sigma²; the standard deviation is sigma.": {
                "power": 2
            },
            "You multiplied by the root of sigma; the standard deviation is "
            "sigma.": {"power": 0.5},
        },
    )
    | {
        "The images were multiplied by the noise; add it.": lambda x: (
            x * (_levels(x) - x)
        ),
        "The noise is multiplied by the image; add it as it is.": lambda x: (
            x + x * (_levels(x) - x)
        ),
        "The level itself was added; it only says how strong noise of "
        "`randn` is.": lambda x: _levels(x, bell=torch.ones_like),
        "The pixels were cut off at 0 and 1; leave them as they fall.": (
            lambda x: _levels(x).clamp(0, 1)
        ),
        "The noise was taken as a level only: it is one number for all "
        "pixels of an image.": lambda x: _levels(
            x, bell=lambda x: torch.randn_like(x[:, :1, :1, :1])
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
    if not isinstance(cures, dict) or not all(map(callable, cures.values())):
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
    if damaged.equal(x):
        return "Nothing was damaged: all images are as before."
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
