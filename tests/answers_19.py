"""Answers to lesson 19's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from later import Later

from course_utils.checks.lesson_19 import _course_change


def path_in_steps(x, eps, t):
    velocity = x - eps
    return eps + t.unsqueeze(1) * velocity, velocity


def path_by_lerp(x, eps, t):
    return torch.lerp(eps, x, t[:, None]), x - eps


def path_by_rows(x, eps, t):
    rows = [(1 - s) * e + s * d for d, e, s in zip(x, eps, t, strict=True)]
    return torch.stack(rows), -(eps - x)


def step_named(velocity, x, t, dt):
    v = velocity(x=x, t=t)
    return torch.add(x, v, alpha=dt)


def step_in_place(velocity, x, t, dt):
    x += dt * velocity(x, t)
    return x


def guided_by_lerp(net, y, w):
    def velocity(x, t):
        return torch.lerp(net(x, t), net(x, t, y), float(w))

    return velocity


def guided_by_classes(net, y, w):
    @torch.no_grad()
    def velocity(x, t):
        free = net(x, t, torch.ones_like(y) * net.classes)
        return free + (net(x, t, y) - free) * w

    return velocity


def guided_in_one_call(net, y, w):
    def velocity(x, t):
        classes = torch.cat([torch.full_like(y, 10), y])
        both = net(x.repeat(2, 1), t.repeat(2), classes)
        none, told = both.chunk(2)
        return none + w * (told - none)

    return velocity


def answer(weigh, none=10):
    """Return an answer that weighs the two velocities in its own way."""

    def guided(net, y, w):
        free = torch.full_like(y, none)
        return lambda x, t: weigh(net(x, t, y), net(x, t, free), w)

    return guided


def sample_by_clock(velocity, x, steps=20, start=0.0):
    t, dt = torch.full((len(x),), start), (1 - start) / steps
    for _ in range(steps):
        x = x + dt * velocity(x, t)
        t = t + dt
    return x


def sample_by_ticks(velocity, x, steps=20, start=0.0):
    ticks = torch.linspace(start, 1, steps + 1)
    for now, then in zip(ticks, ticks[1:], strict=False):
        x = x + (then - now) * velocity(x, now.expand(len(x)))
    return x


def sample_with_ones(velocity, x, steps=20, start=0.0):
    length = 1 - start
    for i in range(steps):
        t = (start + length * i / steps) * torch.ones(x.shape[0])
        x = x + velocity(x, t) * length / steps
    return x


def float_times(velocity, x, steps=20, start=0.0):
    dt = (1 - start) / steps
    for i in range(steps):
        x = x + dt * velocity(x, start + i * dt)
    return x


def change_in_two(x, new_y):
    halves = zip(x.split(75), new_y.split(75), strict=True)
    return torch.cat([_course_change()(*half) for half in halves])


def change_with_gradient(x, new_y):
    return _course_change()(x, new_y).requires_grad_()


def sampler(time, lasts, count=lambda steps: steps):
    """Return a sampler with a clock and a length of step of its own."""

    def sample(velocity, x, steps=20, start=0.0):
        dt = lasts(steps, start)
        for i in range(count(steps)):
            t = torch.full((len(x),), float(time(i / steps, start)))
            x = x + dt * velocity(x, t)
        return x

    return sample


def whole(steps, start):
    return (1 - start) / steps


def change(**options):
    return lambda x, new_y: _course_change()(x, new_y, **options)


ANSWERS = {
    "straight_path": (
        [path_in_steps, path_by_lerp, path_by_rows],
        {
            "`x` and `eps` have changed": lambda x, eps, t: path_by_lerp(
                eps, x, t
            ),
            "velocity points the wrong way": lambda x, eps, t: (
                torch.lerp(eps, x, t[:, None]),
                eps - x,
            ),
            "another order": lambda x, eps, t: path_by_lerp(x, eps, t)[::-1],
            "do not fit": lambda x, eps, t: ((1 - t) * eps + t * x, x - eps),
            "no gradient": lambda x, eps, t: tuple(
                part.detach() for part in path_by_lerp(x, eps, t)
            ),
        },
    ),
    "euler_step": (
        [
            step_named,
            lambda velocity, x, t, dt: velocity(x, t) * dt + x,
            lambda velocity, x, t, dt: x.add(velocity(x, t).mul(dt)),
        ],
        {
            "one whole unit": lambda velocity, x, t, dt: x + velocity(x, t),
            "change alone": lambda velocity, x, t, dt: dt * velocity(x, t),
            "backwards": lambda velocity, x, t, dt: x - dt * velocity(x, t),
            "in place": step_in_place,
            "times (B,)": lambda velocity, x, t, dt: (
                x + dt * velocity(x, t[:, None])
            ),
            "None": lambda velocity, x, t, dt: None,
        },
    ),
    "guided": (
        [guided_by_lerp, guided_by_classes, guided_in_one_call],
        {
            "Begin from the one without": answer(
                lambda a, b, w: a + w * (a - b)
            ),
            "T-shirt": answer(lambda a, b, w: b + w * (a - b), none=0),
            "changed places": answer(lambda a, b, w: a + w * (b - a)),
            "w is not used": answer(lambda a, b, w: a),
            "batch of one": answer(
                lambda a, b, w: (b + w * (a - b)).squeeze()
            ),
        },
    ),
    "sample": (
        [sample_by_clock, sample_by_ticks, sample_with_ones],
        {
            "noise is at t = 0": sampler(lambda i, start: 1 - i, whole),
            "together last 0.25": sampler(
                lambda i, start: 1 - i, lambda steps, start: 1 / 20
            ),
            "together last 1;": sampler(
                lambda i, start: i, lambda steps, start: 1 / steps
            ),
            "`return` inside the loop": sampler(
                lambda i, start: start, whole, lambda steps: 1
            ),
            "times (B,)": float_times,
            "None": lambda velocity, x, steps=20, start=0.0: None,
        },
    ),
    "change_class": (
        [Later(_course_change), change_in_two, change_with_gradient],
        {
            "nothing of the shirts": change(start=0.0),
            "begin earlier": change(start=0.9, w=1),
            "makes none": lambda x, new_y: _course_change()(
                x, torch.full_like(new_y, 8)
            ),
            "decode them": lambda x, new_y: torch.randn(len(x), 32),
            "between 0 and 1": lambda x, new_y: (
                _course_change()(x, new_y) * 255
            ),
            "None": lambda x, new_y: None,
        },
    ),
}
