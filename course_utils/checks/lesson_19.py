"""Checks of lesson 19."""

import functools

import torch

from course_utils.checks.comparing import difference, same
from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import fashion_mnist
from course_utils.models import (
    VelocityNet,
    dense_autoencoder,
    flow_matching_loss,
    reconstruction_loss,
)
from course_utils.training import fit, predict, set_seed


def _path_case(count, size):
    return (
        torch.randn(count, size),
        torch.randn(count, size),
        torch.rand(count),
    )


def _told(x, eps, t, velocity):
    return straight_path(x, eps, t)[0], velocity(x, eps, t[:, None])


VELOCITIES = {
    "The velocity points the wrong way: the walk leads from noise to data, so "
    "it is x - eps.": lambda x, eps, t: eps - x,
    "The velocity does not grow with t: on a straight line it is the same all "
    "the way.": lambda x, eps, t: t * (x - eps),
    "The second is x; the velocity is how x_t changes with t. What is left of "
    "ε when you take the derivative?": lambda x, eps, t: x,
    "The second is the noise, as older diffusion models learn it; here the "
    "velocity is wanted.": lambda x, eps, t: eps,
}


@check(
    cases=lambda: [_path_case(5, 3), _path_case(4, 7)],
    learns=("x", "eps"),
    slips=mutants(_told, {m: {"velocity": v} for m, v in VELOCITIES.items()})
    | {
        "The clock runs the wrong way: t = 0 is noise, t = 1 is data.": (
            lambda x, eps, t: (straight_path(eps, x, t)[0], x - eps)
        ),
        "The noise keeps its full size in x_t: it shrinks by (1 - t).": (
            lambda x, eps, t: (eps + t[:, None] * x, x - eps)
        ),
    },
)
def straight_path(x, eps, t):
    """Data, noise (B, D), times (B,) -> x_t and velocity, each (B, D)."""
    t = t[:, None]
    return (1 - t) * eps + t * x, x - eps


def _swirl(x, t):
    """Stand in for a velocity: it depends on the place and on the time."""
    if not torch.is_tensor(t) or t.shape != x.shape[:1]:
        got = tuple(t.shape) if torch.is_tensor(t) else type(t).__name__
        raise ValueError(
            f"velocity wants points (B, D) and times (B,); the times are {got}"
        )
    t = t[:, None]
    return 0.7 * x.roll(1, dims=1) * (1 + t) - (2 * t - 0.3) ** 2


def _step_case(count, size, dt):
    return _swirl, torch.randn(count, size), torch.rand(count) / 2, dt


@check(
    cases=lambda: [_step_case(5, 2, 0.1), _step_case(3, 4, 0.25)],
    skip=("far",),
    slips={
        "The velocity is the change in one whole unit of time; the step "
        "lasts dt.": lambda velocity, x, t, dt: x + velocity(x, t),
        "That is the change alone: add it to where the points are.": (
            lambda velocity, x, t, dt: dt * velocity(x, t)
        ),
        "The step leads backwards: add it.": lambda velocity, x, t, dt: (
            x - dt * velocity(x, t)
        ),
        "The arrow was asked for at t + dt; Euler's step takes that at its "
        "start, t.": lambda velocity, x, t, dt: x + dt * velocity(x, t + dt),
        "The change was multiplied by t instead of dt.": (
            lambda velocity, x, t, dt: x + t[:, None] * velocity(x, t)
        ),
    },
)
def euler_step(velocity, x, t, dt):
    """Points (B, D) at times t (B,) -> points (B, D) at times t + dt."""
    return x + dt * velocity(x, t)


def _guided_case(count, size, w):
    net = VelocityNet(size, 10, 8)
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(3)  # large weights, so that slips show
    x, t = torch.randn(count, size), torch.rand(count)
    return net, (3 * torch.arange(count) + 1) % 10, w, x, t


def _steered(net, y, w, weigh, none=10):
    """Return a velocity that weighs told and untold in its own way."""

    def velocity(x, t):
        return weigh(net(x, t, y), net(x, t, torch.full_like(y, none)), w)

    return velocity


def _overdone(told, free, w):
    return free + w * (told - free)


WEIGHED = {
    "w = 0 obeys here and w = 1 does not: the two velocities have changed "
    "places.": lambda told, free, w: told + w * (free - told),
    "That begins from the velocity with the class, so w = 0 is what w = 1 "
    "should be. Begin from the one without.": lambda told, free, w: (
        told + w * (told - free)
    ),
    "The difference points the wrong way: with the class minus without.": (
        lambda told, free, w: free - w * (told - free)
    ),
    "w is not used: that is the velocity with the class.": (
        lambda told, free, w: told
    ),
    "That is the velocity without a class.": lambda told, free, w: free,
    "The velocity without a class is missing; w would only make the walk "
    "faster.": lambda told, free, w: w * told,
    "Only the difference came back: add it to the velocity without a class.": (
        lambda told, free, w: w * (told - free)
    ),
    "Both were added: guidance goes from one towards the other and beyond.": (
        lambda told, free, w: free + w * told
    ),
}


@check(
    cases=lambda: [
        _guided_case(5, 3, 2.5),
        _guided_case(4, 2, 0.5),
        _guided_case(1, 4, 3),
    ],
    call=lambda function, net, y, w, x, t: function(net, y, w)(x, t).detach(),
    slips=mutants(_steered, {m: {"weigh": f} for m, f in WEIGHED.items()})
    | {
        "Number 0 is a T-shirt; no class is number 10.": (
            lambda net, y, w: _steered(net, y, w, _overdone, none=0)
        ),
    },
)
def guided(net, y, w):
    """Return velocity(x, t), guided to the classes y (B,) by a factor w."""
    return _steered(net, y, w, _overdone)


def _sample_case(count, size, steps, start):
    return _swirl, torch.randn(count, size), steps, start


STEPS, START = 5, 0.4  # one walk, looked at step by step
TIMES = [0.4, 0.52, 0.64, 0.76, 0.88]


def _stray_walk(attempt):
    """Say which times a wrong walk asks for, and how long it lasts."""
    clock = []

    def velocity(x, t):
        _swirl(x, t)  # it refuses times of another shape
        clock.append(t[0].item())
        return torch.ones_like(x)  # so the way is as long as the time

    end = attempt(velocity, torch.zeros(4, 3), STEPS, START)
    if not clock or not torch.is_tensor(end) or end.unique().numel() != 1:
        return None
    if len(clock) == 1:
        return "It ends after one step: is the `return` inside the loop?"
    told, lasts = "", end.mean().item()
    if not same(torch.tensor(clock), torch.tensor(TIMES)):
        asked, right = (
            ", ".join(f"{t:.3g}" for t in c) for c in (clock, TIMES)
        )
        if clock[0] > clock[-1]:
            told = "The clock still runs down, and noise is at t = 0. "
        told += (
            f"With start={START} and steps={STEPS} arrows are asked for at t "
            f"= {asked}; the steps begin at {right}. "
        )
    if not same(lasts, 1 - START):
        told += (
            f"All steps together last {lasts:.3g}; the clock runs from "
            f"{START} to 1."
        )
    return told.strip() or None


@check(
    cases=lambda: [
        _sample_case(5, 2, 7, 0.0),
        _sample_case(4, 3, 5, 0.4),
        _sample_case(3, 2, 1, 0.25),
    ],
    find=_stray_walk,
    skip=("far", "device"),  # the lesson walks on the CPU
)
def sample(velocity, x, steps=20, start=0.0):
    """Points (B, D) at t = start -> points at t = 1, in equal steps."""
    dt = (1 - start) / steps
    for i in range(steps):
        t = torch.full((len(x),), start + i * dt, device=x.device)
        x = x + dt * velocity(x, t)
    return x


OLD, NEW, THIRD = 6, 8, 9  # shirts become bags, and some of them boots
RECOGNISED, KEPT = 0.8, 0.35


@functools.cache
def _shirts():
    """Return shirts, with 4,000 training images and labels for comparison."""
    images = fashion_mnist(quiet=True)
    shirts = images.test[images.test_labels == OLD][:150]
    return shirts, images.train[:4000], images.train_labels[:4000]


def _taken_for(x, label):
    """Return the share of images whose five nearest say this class."""
    _, known, labels = _shirts()
    apart = torch.cdist(x.flatten(1), known.flatten(1))
    near = labels[apart.topk(5, largest=False).indices]
    return (near.mode(dim=1).values == label).float().mean().item()


def _change_problem(change):
    """Say what is wrong with garments whose class was changed, or nothing."""
    shirts = _shirts()[0]
    given = shirts.clone()
    got = change(given, torch.full((len(shirts),), NEW))
    if torch.is_tensor(got) and got.shape == (len(shirts), 32):
        return "Those are codes; decode them."
    if problem := difference(got, shirts, float("inf")):
        return problem
    if got.min() < -1e-3 or got.max() > 1.001:
        return "Pixels lie between 0 and 1: are these decoded images?"
    if not given.equal(shirts):
        return "It changes x in place: work on a copy."
    got = got.detach().float()
    if (new := _taken_for(got, NEW)) < RECOGNISED:
        return (
            f"Of shirts that should be bags, {new:.0%} are: guide more, or "
            "begin earlier. If that is not enough: is x_t mixed of the code "
            "and new noise, does the walk start at that t, and is its end "
            "what you decode?"
        )
    bright = torch.stack([x.mean(dim=(1, 2, 3)) for x in (got, shirts)])
    kept = torch.corrcoef(bright)[0, 1].item()
    if not kept >= KEPT:
        return (
            f"They are bags, but nothing of the shirts is left: brightness "
            f"correlates at {kept:.2f}, {KEPT} is wanted. Leave more of the "
            "image."
        )
    boots = change(shirts[:40].clone(), torch.full((40,), THIRD))
    if _taken_for(boots, THIRD) < 0.5:
        return "Asked for boots, it makes none: does new_y reach `guided`?"
    return None


@functools.cache
def _course_change():
    """Return the course's own, with networks trained in a hurry."""
    images = fashion_mnist(quiet=True)
    set_seed(0)
    model, net = dense_autoencoder(32), VelocityNet(32, classes=10)

    def copying(model, x):
        return reconstruction_loss(model(x), x)

    fit(model, images.train, copying, epochs=3, progress=False)
    codes = predict(model.encode, images.train)
    mean, std = codes.mean(dim=0), codes.std(dim=0)
    told = (codes - mean) / std, images.train_labels
    options = {"epochs": 8, "batch_size": 256, "progress": False}
    fit(net, told, flow_matching_loss, **options)
    net.cpu()

    def change_class(x, new_y, start=0.4, w=3):
        z = (predict(model.encode, x) - mean) / std
        z = torch.lerp(torch.randn_like(z), z, start)
        with torch.no_grad():
            z = sample(guided(net, new_y, w), z, 20, start)
        return predict(model.decode, z * std + mean)

    return change_class


outcome("change_class", _change_problem, course=_course_change)
