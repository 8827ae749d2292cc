"""Answers to lesson 19's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch

from course_utils.checks.lesson_19 import _course_change, _shirts


def path_in_steps(x, eps, t):
    velocity = x - eps
    return eps + t.unsqueeze(1) * velocity, velocity


def path_by_lerp(x, eps, t):
    return torch.lerp(eps, x, t[:, None]), x - eps


def path_by_rows(x, eps, t):
    rows = [(1 - s) * e + s * d for d, e, s in zip(x, eps, t, strict=True)]
    return torch.stack(rows), -(eps - x)


def path_upside_down(x, eps, t):
    t = t.view(-1, 1)
    return (1 - t) * x + t * eps, eps - x


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


def guided_by_weights(net, y, w):
    none = torch.full((len(y),), 10)
    return lambda x, t: w * net(x, t, y) + (1 - w) * net(x, t, none)


def guided_in_one_call(net, y, w):
    def velocity(x, t):
        classes = torch.cat([torch.full_like(y, 10), y])
        both = net(x.repeat(2, 1), t.repeat(2), classes)
        none, told = both.chunk(2)
        return none + w * (told - none)

    return velocity


def guided_by_classes(net, y, w):
    @torch.no_grad()
    def velocity(x, t):
        free = net(x, t, torch.ones_like(y) * net.classes)
        return free + (net(x, t, y) - free) * w

    return velocity


def with_weights(weigh, none=10):
    """Return an answer that weighs the two velocities in its own way."""

    def guided(net, y, w):
        def velocity(x, t):
            free = net(x, t, torch.full_like(y, none))
            return weigh(net(x, t, y), free, w)

        return velocity

    return guided


def guided_at_once(net, y, w):
    return net(torch.zeros(len(y), net.size), torch.zeros(len(y)), y)


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


def sample_without_gradient(velocity, x, steps=20, start=0.0):
    with torch.no_grad():
        return sample_by_clock(velocity, x, steps, start)


def sample_with_ones(velocity, x, steps=20, start=0.0):
    length = 1 - start
    for i in range(steps):
        t = (start + length * i / steps) * torch.ones(x.shape[0])
        x = x + velocity(x, t) * length / steps
    return x


def sampler(times, size, count=lambda steps: steps):
    """Return a sampler with a clock and a length of step of its own."""

    def sample(velocity, x, steps=20, start=0.0):
        dt = size(steps, start)
        for i in range(count(steps)):
            t = torch.full((len(x),), float(times(i, steps, start, dt)))
            x = x + dt * velocity(x, t)
        return x

    return sample


def whole(steps, start):
    return (1 - start) / steps


def clock(i, steps, start, dt):
    return start + i * dt


def float_times(velocity, x, steps=20, start=0.0):
    dt = (1 - start) / steps
    for i in range(steps):
        x = x + dt * velocity(x, start + i * dt)
    return x


def course_change(x, new_y):
    return _course_change()(x, new_y)


def change_in_two(x, new_y):
    halves = zip(x.split(75), new_y.split(75), strict=True)
    return torch.cat([_course_change()(*half) for half in halves])


def change_with_gradient(x, new_y):
    return _course_change()(x, new_y).requires_grad_()


def change_drawn(x, new_y):
    return _course_change()(x, new_y, start=0.0)


def change_hardly(x, new_y):
    return _course_change()(x, new_y, start=0.9, w=1)


def change_gently(x, new_y):
    return _course_change()(x, new_y, start=0.4, w=1.7)


def change_to_bags(x, new_y):
    return _course_change()(x, torch.full_like(new_y, 8))


def change_in_place(x, new_y):
    images = _course_change()(x, new_y)
    x *= 0
    return images


def stains(x, new_y):
    return torch.rand(len(x), 1, 28, 28)


ANSWERS = {
    "straight_path": (
        [path_in_steps, path_by_lerp, path_by_rows],
        {
            "Both are turned round": path_upside_down,
            "clock runs the wrong way": lambda x, eps, t: (
                torch.lerp(x, eps, t[:, None]),
                x - eps,
            ),
            "velocity points the wrong way": lambda x, eps, t: (
                torch.lerp(eps, x, t[:, None]),
                eps - x,
            ),
            "changed places": lambda x, eps, t: path_by_lerp(x, eps, t)[::-1],
            "older diffusion models learn": lambda x, eps, t: (
                path_by_lerp(x, eps, t)[0],
                eps,
            ),
            "What is left of ε": lambda x, eps, t: (
                path_by_lerp(x, eps, t)[0],
                x,
            ),
            "full size": lambda x, eps, t: (eps + t[:, None] * x, x - eps),
            "x_t is 0.00 ε +1.00 x": lambda x, eps, t: path_by_lerp(
                x, eps, t.round()
            ),
            "it should be -1.00 ε": lambda x, eps, t: (
                path_by_lerp(x, eps, t)[0],
                (x - eps) / t[:, None],
            ),
            "on an arc": lambda x, eps, t: (
                (1 - t[:, None]) ** 0.5 * eps + t[:, None] ** 0.5 * x,
                x - eps,
            ),
            "None": lambda x, eps, t: None,
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
            "at its start": lambda velocity, x, t, dt: (
                x + dt * velocity(x, t + dt)
            ),
            "multiplied by t instead": lambda velocity, x, t, dt: (
                x + t[:, None] * velocity(x, t)
            ),
            "+0.32 times the velocity": lambda velocity, x, t, dt: (
                x + dt**0.5 * velocity(x, t)
            ),
            "first row's time": lambda velocity, x, t, dt: (
                x + dt * velocity(x, t[0].expand(len(x)))
            ),
            "divided by dt": lambda velocity, x, t, dt: (
                x + velocity(x, t) / dt
            ),
            "in place": step_in_place,
            "times (B,)": lambda velocity, x, t, dt: (
                x + dt * velocity(x, t[:, None])
            ),
            "None": lambda velocity, x, t, dt: None,
        },
    ),
    "guided": (
        [
            guided_by_lerp,
            guided_by_weights,
            guided_by_classes,
            guided_in_one_call,
        ],
        {
            "changed places": with_weights(lambda a, b, w: a + w * (b - a)),
            "Begin from the one without": with_weights(
                lambda a, b, w: a + w * (a - b)
            ),
            "w is not used": with_weights(lambda a, b, w: a),
            "without a class.": with_weights(lambda a, b, w: b),
            "make the walk faster": with_weights(lambda a, b, w: w * a),
            "Only the difference": with_weights(lambda a, b, w: w * (a - b)),
            "T-shirt": with_weights(lambda a, b, w: b + w * (a - b), none=0),
            "Both were added": with_weights(lambda a, b, w: b + w * a),
            "points the wrong way": with_weights(
                lambda a, b, w: b + w * (b - a)
            ),
            "is not multiplied by w": with_weights(
                lambda a, b, w: b + w + (a - b)
            ),
            "ankle boot": with_weights(
                lambda a, b, w: b + w * (a - b), none=9
            ),
            "another convention": with_weights(
                lambda a, b, w: (1 + w) * a + w * b
            ),
            "1.00 times the velocity with the class -0.60": with_weights(
                lambda a, b, w: b / w + a - b
            ),
            "10 for no class": with_weights(lambda a, b, w: b, none=-1),
            "batch of one": with_weights(
                lambda a, b, w: (b + w * (a - b)).squeeze()
            ),
            "not callable": guided_at_once,
        },
    ),
    "sample": (
        [
            sample_by_clock,
            sample_by_ticks,
            sample_with_ones,
            sample_without_gradient,
        ],
        {
            "A step still lasts 0.05": sampler(
                lambda i, steps, start, dt: 1 - i / steps,
                lambda steps, start: 1 / 20,
            ),
            "noise is at t = 0": sampler(
                lambda i, steps, start, dt: 1 - i / steps, whole
            ),
            "0.4, 0.45, 0.5": sampler(clock, lambda steps, start: 1 / 20),
            "at t = 1 or later": sampler(
                clock, lambda steps, start: 1 / steps
            ),
            "t = 0, 0.12, 0.24": sampler(
                lambda i, steps, start, dt: i * dt, whole
            ),
            "although the walk starts later": sampler(
                lambda i, steps, start, dt: i / steps,
                lambda steps, start: 1 / steps,
            ),
            "t = 0.52, 0.64": sampler(
                lambda i, steps, start, dt: start + (i + 1) * dt, whole
            ),
            "asked 6 times": sampler(clock, whole, lambda n: n + 1),
            "`return` inside the loop": sampler(clock, whole, lambda n: 1),
            "do not move on": sampler(clock, lambda steps, start: 0.0),
            "begin at x": lambda velocity, x, steps=20, start=0.0: (
                sample_by_clock(velocity, torch.randn_like(x), steps, start)
            ),
            "stands still": sampler(lambda i, steps, start, dt: start, whole),
            "times (B,)": float_times,
            "None": lambda velocity, x, steps=20, start=0.0: None,
        },
    ),
    "change_class": (
        [course_change, change_in_two, change_with_gradient],
        {
            "nothing of the shirts": change_drawn,
            "begin early enough": change_hardly,
            "in place": change_in_place,
            "makes none": change_to_bags,
            "guide more": change_gently,
            "guidance": stains,
            "decode them": lambda x, new_y: torch.randn(len(x), 32),
            "should have shape": lambda x, new_y: _shirts()[0][:10],
            "between 0 and 1": lambda x, new_y: course_change(x, new_y) * 255,
            "alike": lambda x, new_y: (
                course_change(x, new_y).mean(dim=0).expand(len(x), -1, -1, -1)
            ),
            "None": lambda x, new_y: None,
            "It must be a function": "bags",
        },
    ),
}
