"""Checks of lesson 19."""

import functools

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import fashion_mnist
from course_utils.models import (
    VelocityNet,
    dense_autoencoder,
    flow_along,
    flow_matching_loss,
    reconstruction_loss,
)
from course_utils.models.generation import guided as course_guided
from course_utils.training import fit, predict, set_seed


def _column(t):
    return t[:, None]


def _path(
    x, eps, t, share=_column, target=lambda x, eps, t: x - eps, swap=False
):
    """Return x_t and the velocity, with some knobs turned."""
    share = share(t)
    parts = (1 - share) * eps + share * x, target(x, eps, t)
    return parts[::-1] if swap else parts


def _shares(got, *parts):
    """Return how much of each part an answer holds, None if it is no sum."""
    if not torch.is_tensor(got) or got.shape != parts[0].shape:
        return None
    columns = torch.stack([part.flatten() for part in parts], dim=1).double()
    wanted = got.detach().flatten().double()
    shares = torch.linalg.lstsq(columns, wanted[:, None]).solution[:, 0]
    fits = torch.allclose(columns @ shares, wanted, atol=1e-3)
    return [round(s, 3) + 0.0 for s in shares.tolist()] if fits else None


def _wrong_shares(got, x, eps, t):
    """Say how much noise and data the first wrong row holds."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        return None
    rights, names = _path(x, eps, t), ("x_t", "the velocity")
    for part, right, name in zip(got, rights, names, strict=True):
        if getattr(part, "shape", None) != right.shape:
            return None
        if part.allclose(right, atol=1e-4):
            continue
        i = (part - right).abs().amax(dim=1).argmax()
        found = _shares(part[i], eps[i], x[i])
        noise, data = _shares(right[i], eps[i], x[i])
        return found and (
            f"Where t = {t[i]:.2f}, {name} is {found[0]:.2f} ε "
            f"{found[1]:+.2f} x; it should be {noise:.2f} ε {data:+.2f} x."
        )
    return None


def _path_case(count, size):
    return (
        torch.randn(count, size),
        torch.randn(count, size),
        torch.rand(count),
    )


@check(
    cases=lambda: [_path_case(5, 3), _path_case(4, 7)],
    learns=("x", "eps"),
    why=_wrong_shares,
    slips=mutants(
        _path,
        {
            "The clock runs the wrong way: t = 0 is noise, t = 1 is data.": {
                "share": lambda t: 1 - _column(t)
            },
            "The velocity points the wrong way: the walk leads from noise to "
            "data, so it is x - eps.": {"target": lambda x, eps, t: eps - x},
            "Both are turned round: here t = 0 is noise and t = 1 is data.": {
                "share": lambda t: 1 - _column(t),
                "target": lambda x, eps, t: eps - x,
            },
            "The velocity does not shrink with t: on a straight line it is "
            "the same all the way.": {
                "target": lambda x, eps, t: (1 - _column(t)) * (x - eps)
            },
            "The velocity does not grow with t: on a straight line it is the "
            "same all the way.": {
                "target": lambda x, eps, t: _column(t) * (x - eps)
            },
            "The second is x; the velocity is how x_t changes with t. What is "
            "left of ε when you take the derivative?": {
                "target": lambda x, eps, t: x
            },
            "The second is the noise, as older diffusion models learn it; "
            "here the velocity is wanted.": {"target": lambda x, eps, t: eps},
            "The second is x + eps: which sign has ε in the derivative?": {
                "target": lambda x, eps, t: x + eps
            },
            "The two have changed places: first x_t, then the velocity.": {
                "swap": True
            },
            "One time served for the whole batch: each row has its own.": {
                "share": lambda t: t[0]
            },
            "The mean of the times served for the whole batch: each row has "
            "its own.": {"share": lambda t: t.mean()},
        },
    )
    | {
        "The noise keeps its full size in x_t: it shrinks by (1 - t).": (
            lambda x, eps, t: (eps + _column(t) * x, x - eps)
        ),
        "That is the way of older diffusion models, on an arc (square "
        "roots); here the line is straight.": lambda x, eps, t: (
            (1 - _column(t)).sqrt() * eps + _column(t).sqrt() * x,
            x - eps,
        ),
    },
)
def straight_path(x, eps, t):
    """Data, noise (B, D), times (B,) -> x_t and velocity, each (B, D)."""
    return _path(x, eps, t)


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


def _middle(velocity, x, t, dt):
    half = x + dt / 2 * velocity(x, t)
    return x + dt * velocity(half, t + dt / 2)


def _step_share(got, velocity, x, t, dt):
    """Say how long a step lasted that leads along the velocity."""
    found = _shares(got, x, velocity(x, t))
    return found and (
        f"It is {found[0]:.2f} x {found[1]:+.2f} times the velocity; for dt = "
        f"{dt} it should be x + {dt} times it."
    )


@check(
    cases=lambda: [_step_case(5, 2, 0.1), _step_case(3, 4, 0.25)],
    skip=("far",),
    why=_step_share,
    slips={
        "The velocity is the change in one whole unit of time; the step "
        "lasts dt.": lambda velocity, x, t, dt: x + velocity(x, t),
        "That is the change alone: add it to where the points are.": (
            lambda velocity, x, t, dt: dt * velocity(x, t)
        ),
        "That is the velocity itself; a step changes the place.": (
            lambda velocity, x, t, dt: velocity(x, t)
        ),
        "The step leads backwards: add it.": lambda velocity, x, t, dt: (
            x - dt * velocity(x, t)
        ),
        "The arrow was asked for at t + dt; Euler's step takes that at its "
        "start, t.": lambda velocity, x, t, dt: x + dt * velocity(x, t + dt),
        "The change was multiplied by t instead of dt.": (
            lambda velocity, x, t, dt: x + t[:, None] * velocity(x, t)
        ),
        "The change was multiplied by t + dt: the step lasts dt.": (
            lambda velocity, x, t, dt: x + (t[:, None] + dt) * velocity(x, t)
        ),
        "It is divided by dt: a short step is a small one.": (
            lambda velocity, x, t, dt: x + velocity(x, t) / dt
        ),
        "The time dt was added to the place; what changes it is the "
        "velocity.": lambda velocity, x, t, dt: x + dt,
        "The points did not move.": lambda velocity, x, t, dt: x * 1,
        "The whole sum was multiplied by dt: only the velocity is.": (
            lambda velocity, x, t, dt: dt * (x + velocity(x, t))
        ),
        "That is the midpoint method, which asks twice; Euler's step holds "
        "the arrow of its start.": _middle,
        "That is Heun's method, which asks twice; Euler's step holds the "
        "arrow of its start.": lambda velocity, x, t, dt: (
            x
            + dt / 2 * velocity(x, t)
            + dt / 2 * velocity(x + dt * velocity(x, t), t + dt)
        ),
        "The first row's time served for the whole batch: hand on t.": (
            lambda velocity, x, t, dt: (
                x + dt * velocity(x, t[:1].expand(len(x)))
            )
        ),
        "The arrows of t = 0 were taken; the times are t.": (
            lambda velocity, x, t, dt: x + dt * velocity(x, 0 * t)
        ),
        "It jumps all the way to t = 1: the step lasts dt.": (
            lambda velocity, x, t, dt: x + (1 - t[:, None]) * velocity(x, t)
        ),
        "The arrows were averaged over the batch: each point has its own.": (
            lambda velocity, x, t, dt: x + dt * velocity(x, t).mean(dim=0)
        ),
        "The velocity was asked for where the times are dt; they are t.": (
            lambda velocity, x, t, dt: (
                x + dt * velocity(x, torch.full_like(t, dt))
            )
        ),
    },
)
def euler_step(velocity, x, t, dt):
    """Points (B, D) at times t (B,) -> points (B, D) at times t + dt."""
    return x + dt * velocity(x, t)


NUMBERS = {*range(11)}  # ten classes, and 10 for none


class _Strict(VelocityNet):
    """A network that says what it wants to be told."""

    def forward(self, x, t, y=None):
        told = torch.is_tensor(y) and y.shape == x.shape[:1]
        if y is not None and not (
            told and not y.is_floating_point() and set(y.tolist()) <= NUMBERS
        ):
            got = type(y).__name__ if not torch.is_tensor(y) else y.tolist()
            raise ValueError(
                "the network wants x, t and the classes (B,), whole numbers "
                f"from 0 to 9, or 10 for no class; the classes are {got}"
            )
        return super().forward(x, t, y)


def _net(size, hidden_dim):
    """Return a small network with large weights, so that slips show."""
    net = _Strict(size, 10, hidden_dim)
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(3)
    return net


def _guided_case(count, size, w):
    x, t = torch.randn(count, size), torch.rand(count)
    y = (3 * torch.arange(count) + 1) % 10
    return _net(size, 8), y, w, x, t


def _steered(net, y, w, none=10, weigh=None):
    """Return a guided velocity, with some knobs turned."""
    weigh = weigh or (lambda told, free, w: free + w * (told - free))

    def velocity(x, t):
        return weigh(net(x, t, y), net(x, t, torch.full_like(y, none)), w)

    return velocity


def _wrong_weights(got, net, y, w, x, t):
    """Say how much of either velocity, and of x, an answer holds."""
    found = _shares(got, net(x, t, y), net(x, t), x)
    return found and (
        f"For w = {w} it is {found[0]:.2f} times the velocity with the class "
        f"{found[1]:+.2f} times the one without"
        + f" {found[2]:+.2f} x" * (abs(found[2]) > 0.01)
        + f"; it should be {w} and {1 - w} times."
    )


@check(
    cases=lambda: [
        _guided_case(5, 3, 2.5),
        _guided_case(4, 2, 0.5),
        _guided_case(1, 4, 3),
    ],
    why=_wrong_weights,
    call=lambda function, net, y, w, x, t: function(net, y, w)(x, t).detach(),
    slips=mutants(
        _steered,
        {
            "w = 0 obeys here and w = 1 does not: the two velocities have "
            "changed places.": {
                "weigh": lambda told, free, w: told + w * (free - told)
            },
            "That begins from the velocity with the class, so w = 0 is what "
            "w = 1 should be. Begin from the one without.": {
                "weigh": lambda told, free, w: told + w * (told - free)
            },
            "The difference points the wrong way: with the class minus "
            "without.": {
                "weigh": lambda told, free, w: free - w * (told - free)
            },
            "w is not used: that is the velocity with the class.": {
                "weigh": lambda told, free, w: told
            },
            "That is the velocity without a class.": {
                "weigh": lambda told, free, w: free
            },
            "The velocity without a class is missing; w would only make the "
            "walk faster.": {"weigh": lambda told, free, w: w * told},
            "Only the difference came back: add it to the velocity without a "
            "class.": {"weigh": lambda told, free, w: w * (told - free)},
            "The difference is not multiplied by w.": {
                "weigh": lambda told, free, w: free + w + told - free
            },
            "Both were added: guidance goes from one towards the other and "
            "beyond.": {"weigh": lambda told, free, w: free + w * told},
            "Number 0 is a T-shirt; no class is number 10.": {"none": 0},
            "Number 9 is an ankle boot; no class is number 10.": {"none": 9},
            "w stands twice: (1 + w) is another convention.": {
                "weigh": lambda told, free, w: (1 + w) * told + w * free
            },
            "w is kept between 1 and 2: take it as it comes.": {
                "weigh": lambda told, free, w: (
                    free + min(max(w, 1), 2) * (told - free)
                )
            },
        },
    ),
)
def guided(net, y, w):
    """Return velocity(x, t), guided to the classes y (B,) by a factor w."""
    return _steered(net, y, w)


def _sample_case(count, size, steps, start):
    return _swirl, torch.randn(count, size), steps, start


STEPS, START, LENGTH = 5, 0.4, 0.12  # one walk, looked at step by step
TIMES = [0.4, 0.52, 0.64, 0.76, 0.88]


def _stray_walk(attempt):
    """Say where a wrong walk leaves the right one, from what it asks for."""
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    way, clock = [], []

    def velocity(x, t):
        arrows = _swirl(x, t)
        way.append(x.detach().clone())
        clock.append(t[0].item())
        return arrows

    end = attempt(velocity, x.clone(), STEPS, START)
    if not torch.is_tensor(end) or end.shape != x.shape:
        return None
    if torch.allclose(end, sample(_swirl, x, STEPS, START), atol=1e-4):
        return None
    if len(way) == 1:
        return "It ends after one step: is the `return` inside the loop?"
    if len(way) != STEPS:
        return (
            f"For steps={STEPS} the velocity was asked {len(way)} times; it "
            "should be once a step."
        )
    if not way[0].allclose(x):
        return "The walk should begin at x."
    if way[1].allclose(x):
        return (
            "The points do not move on: the next step begins where the last "
            "one ended."
        )
    arrow = _swirl(x, torch.full((4,), clock[0]))
    lasts = _shares(way[1], x, arrow)
    told = _clock_problem(clock) + _length_problem(lasts)
    return told.strip() or None


def _clock_problem(clock):
    """Say what is wrong with the times the arrows were asked for."""
    if max(abs(a - b) for a, b in zip(clock, TIMES, strict=True)) < 1e-4:
        return ""
    asked, right = (", ".join(f"{t:.3g}" for t in c) for c in (clock, TIMES))
    if clock[0] > clock[-1]:
        said = "The clock still runs down, and noise is at t = 0. "
    elif clock[0] == clock[-1]:
        said = "The clock stands still. "
    elif clock[0] == 0:
        said = "The clock begins at 0, although the walk starts later. "
    elif clock[-1] >= 1:
        said = "The last arrow is asked for at t = 1 or later. "
    else:
        said = ""
    return (
        f"{said}With start={START} the {STEPS} arrows are asked for at t = "
        f"{asked}; the steps begin at {right}. "
    )


def _length_problem(lasts):
    """Say what is wrong with the length of a step."""
    if not lasts or abs(lasts[0] - 1) > 1e-3:
        return ""
    if abs(lasts[1] - LENGTH) < 1e-4:
        return ""
    still = "still " * (abs(lasts[1] - 1 / 20) < 1e-4)
    return (
        f"A step {still}lasts {lasts[1]:.3g}; {STEPS} equal ones from "
        f"{START} to 1 last {LENGTH} each."
    )


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


def _taken_for(x):
    """Classes (N,) by the five nearest training images."""
    _, known, labels = _shirts()
    apart = torch.cdist(x.flatten(1), known.flatten(1))
    near = labels[apart.topk(5, largest=False).indices]
    return near.mode(dim=1).values


def _change_problem(change):
    """Say what is wrong with garments whose class was changed, or nothing."""
    if not callable(change):
        return (
            "It must be a function, change_class(x, new_y); got a "
            f"{type(change).__name__}."
        )
    shirts = _shirts()[0]
    new_y = torch.full((len(shirts),), NEW)
    given = shirts.clone(), new_y.clone()
    got = change(*given)
    if problem := _form_problem(got, shirts):
        return problem
    if not given[0].equal(shirts) or not given[1].equal(new_y):
        return "It changes x or new_y in place: work on a copy."
    got = got.detach().float()
    if got.std(dim=0).max() < 0.02:
        return "All images that come out are alike."
    found = _taken_for(got)
    new = (found == NEW).float().mean().item()
    bright = torch.stack([x.mean(dim=(1, 2, 3)) for x in (got, shirts)])
    kept = torch.corrcoef(bright)[0, 1].item()
    if new < 0.3:
        return (
            f"Of shirts that should be bags, {new:.0%} are. Does the walk use "
            "new_y and guidance, does it begin early enough, and is its end "
            "what you decode?"
        )
    if new < RECOGNISED:
        return (
            f"Of shirts that should be bags, {new:.0%} are: guide more, or "
            "begin earlier. If that is not enough: is x_t mixed of the code "
            "and new noise, and does the walk start at that t?"
        )
    if not kept >= KEPT:
        return (
            f"They are bags, but nothing of the shirts is left: brightness "
            f"correlates at {kept:.2f}, {KEPT} is wanted. Leave more of the "
            "image."
        )
    few = shirts[:40].clone()
    others = _taken_for(change(few, torch.full((len(few),), THIRD)))
    if (others == THIRD).float().mean() < 0.5:
        return "Asked for boots, it makes none: does new_y reach `guided`?"
    return None


def _form_problem(got, shirts):
    """Say what is wrong with the form of the images, or nothing."""
    if got is None:
        return "It returned None. Is there a `return`?"
    if not torch.is_tensor(got):
        return f"It must return images; got a {type(got).__name__}."
    if got.shape == (len(shirts), 32):
        return "Those are codes; decode them."
    if got.shape != shirts.shape:
        return (
            f"The images should have shape {tuple(shirts.shape)}; got "
            f"{tuple(got.shape)}."
        )
    if not got.isfinite().all():
        return "The images hold NaN or infinity."
    if got.min() < -1e-3 or got.max() > 1.001:
        return "Pixels lie between 0 and 1: are these decoded images?"
    return None


@functools.cache
def _course_change():
    """Return the course's own, with networks trained in a hurry."""
    images = fashion_mnist(quiet=True)
    set_seed(0)
    model, net = dense_autoencoder(32), VelocityNet(32, classes=10)
    fit(
        model,
        images.train,
        lambda m, x: reconstruction_loss(m(x), x),
        epochs=3,
        progress=False,
    )
    codes = predict(model.encode, images.train)
    mean, std = codes.mean(dim=0), codes.std(dim=0)
    fit(
        net,
        ((codes - mean) / std, images.train_labels),
        flow_matching_loss,
        epochs=8,
        batch_size=256,
        progress=False,
    )
    net.cpu()

    def change_class(x, new_y, start=0.4, w=3):
        z = (predict(model.encode, x) - mean) / std
        z = torch.lerp(torch.randn_like(z), z, start)
        z = flow_along(course_guided(net, new_y, w), z, 20, start)
        return predict(model.decode, z * std + mean)

    return change_class


outcome("change_class", _change_problem, course=_course_change)
