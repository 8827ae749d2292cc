"""Checks of lesson 05."""

import torch
from torch import nn

from course_utils.checks.comparing import short
from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.networks import (
    cut_off,
    is_linear,
    large_output,
    problem_of_networks,
    unasked,
)
from course_utils.datasets import fashion_mnist
from course_utils.measures import mse
from course_utils.models import (
    count_parameters,
    dense_autoencoder,
    reconstruction_loss,
)
from course_utils.training import fit, predict, set_seed

ERRORS = [  # choices that leave no doubt, that overlap, and a third in between
    {"A": [0.30, 0.31, 0.29], "B": [0.25, 0.26, 0.27]},
    {"A": [0.30, 0.31, 0.29], "B": [0.26, 0.30, 0.22]},
    {"A": [0.20, 0.21], "B": [0.25, 0.19], "C": [0.40, 0.50]},
    {"A": [0.9, 0.8], "B": [0.5, 0.6], "C": [0.31, 0.3], "D": [0.7, 0.7]},
    {"A": [0.20, 0.21, 0.22], "B": [0.28, 0.205, 0.30]},
    {"A": [0.5, 0.5], "B": [0.4, 0.4], "C": [0.39, 0.6]},
    {"A": [0.10, 0.60], "B": [0.40, 0.45]},
    {"A": [0.5, 0.5], "B": [0.3, 0.4], "C": [0.35, 0.36]},
    {"A": [0.3, 0.3], "B": [0.20, 0.21], "C": [0.205, 0.6]},
    {"A": [0.30, 0.31], "B": [0.29, 0.298]},
    {"A": [0.5, 0.25, 0.5], "B": [0.125, 0.125, 0.25]},  # equal in float32
    {"A": [0.3, 0.3, 0.3, 0.3], "B": [0.2, 0.2, 0.2, 0.4]},
]


def _mean(values):
    return sum(values) / len(values)


def _winner(errors, best=_mean, mine=max, theirs=min, of=all, none=None):
    """Return the clear winner, with some knobs turned."""
    name = min(errors, key=lambda choice: best(errors[choice]))
    others = [v for choice, v in errors.items() if choice != name]
    clear = of(mine(errors[name]) < theirs(other) for other in others)
    return name if clear else none


def _first(beats):
    """Return a slip: the first choice that so beats all others wins."""
    return lambda errors: next(
        (a for a in errors if all(
            beats(errors[a], errors[b]) for b in errors if b != a
        )), None,
    )  # fmt: skip


def _part(count, of=len):
    """Return a slip: look at the first few choices or seeds only."""

    def winner(errors):
        if of == "seeds":
            return _winner({n: es[:count] for n, es in errors.items()}, max)
        return _winner(dict(list(errors.items())[:count]), max)

    return winner


def _why_no_winner(got, errors):
    right = _winner(errors)
    if got is None:
        return f"In {errors} {right} wins clearly; you found no winner."
    if not isinstance(got, str) or got not in errors:
        return None
    return f"In {errors} {got} is no clear winner: " + next(
        f"{max(errors[got])} is not below {min(values)}, an error of {name}."
        for name, values in errors.items()
        if name != got and min(values) <= max(errors[got])
    )


@check(
    cases=lambda: [(errors,) for errors in ERRORS],
    why=_why_no_winner,
    skip=("one", "far"),
    slips=mutants(
        _winner,
        {
            "You return the best choice even where the seeds overlap: then "
            "there is no clear winner.": {"of": lambda clear: True},
            "You compare the winner's mean; its worst seed must be better "
            "than every seed of the others.": {"mine": _mean},
            "You compare with the means of the others; the winner's worst "
            "seed must be better than every one of their seeds.": {
                "theirs": _mean
            },
            "You compare the best seed of each choice. Its worst seed must "
            "be better than the others' best.": {"mine": min},
            "You compare the worst seed of each choice. Its worst must be "
            "better than the others' best.": {"theirs": max},
            "It must be ahead of all others; yours is content with one.": {
                "of": any
            },
            "Where no choice wins clearly, return None.": {"none": ""},
            "The smallest worst error alone does not win: it must be below "
            "every error of the others.": {"best": max, "of": list},
            "The smallest error of all may be a lucky seed: the winner's "
            "worst must be below the others' best.": {"best": min, "of": list},
        },
    )
    | {
        "You compare seed by seed; every error of the winner must be below "
        "every error of the others.": _first(
            lambda a, b: all(map(float.__lt__, a, b))
        ),
        "An equal error is not below.": _first(lambda a, b: max(a) <= min(b)),
        "One good seed is not enough: compare the worst of one choice with "
        "the best of another.": _first(lambda a, b: min(a) < max(b)),
        "It is always None. Is there a `return`? Is a choice compared with "
        "itself?": lambda errors: None,
        "That is the choice with the largest error; the smallest is best.": (
            lambda errors: _largest(errors)
        ),
        "Only the first two choices are compared; look at all.": _part(2),
        "Only the first seed is looked at.": _part(1, of="seeds"),
        "Only the first three seeds are looked at.": _part(3, of="seeds"),
        "You return True or False; the name of the choice is wanted, or "
        "None.": lambda errors: _winner(errors) is not None,
        "You return the winner's place; its name is wanted.": (
            lambda errors: _place(errors)
        ),
        "You return a list; the name itself is wanted.": (
            lambda errors: [n for n in errors if n == _winner(errors)]
        ),
        "You return the errors; the name of the choice is wanted.": (
            lambda errors: errors.get(_winner(errors))
        ),
        "You return the smallest error; the name of the choice is wanted.": (
            lambda errors: min(min(values) for values in errors.values())
        ),
    },
)  # fmt: skip
def clear_winner(errors):
    """The choice all of whose errors are below all others', or None.

    errors: {choice: [validation error for each seed]}.
    """
    return _winner(errors)


def _place(errors):
    name = _winner(errors)
    return None if name is None else list(errors).index(name)


def _largest(errors):
    negative = {name: [-v for v in vs] for name, vs in errors.items()}
    return _winner(negative)


def _shape_problem(decoder, latent_dim, hidden_dim):
    try:
        out = decoder(torch.randn(5, latent_dim))
    except RuntimeError as error:
        if "mat1" not in str(error):
            raise
        if f"(1x{5 * latent_dim}" in str(error):
            return "The batch is flattened too; leave its axis as it is."
        return (
            f"With latent_dim = {latent_dim} and hidden_dim = {hidden_dim} "
            "the layers do not fit: the first goes from latent_dim to "
            "hidden_dim, the second to 784."
        )
    got = tuple(out.shape)
    if got == (5, 1, 28, 28):
        z = torch.randn(5, latent_dim)
        if not torch.allclose(decoder(z)[:2], decoder(z[:2]), atol=1e-4):
            return (
                "An image depends on the other codes of the batch: is an "
                "axis moved, or does a size stand in another place?"
            )
        return cut_off(decoder, z)
    hint = {
        (5, 28, 28, 1): " The channel stands last; it belongs behind the "
        "batch.",
        (5, 28, 1, 28): " The channel belongs behind the batch.",
        (5, 28, 28): " The channel is missing.",
        (5, 784): " Is there an nn.Unflatten?",
    }.get(got, "")
    return f"Five codes should give (5, 1, 28, 28); got {got}.{hint}"


def _range_problem(decoder, latent_dim, hidden_dim):
    """Say whether something still bounds or cuts off the logits."""
    out = large_output(decoder, torch.randn(200, latent_dim))
    pixels = decoder(torch.randn(200, latent_dim))
    if ((pixels == 0) | (pixels == 1)).float().mean() > 0.1:
        return (
            "Pixels that are cut off have no gradient and never learn. Return "
            "the logits; the model's `decode` bends them."
        )
    if out.min() >= 0 and out.max() <= 1:
        return (
            "It returns pixels in [0, 1]. Leave the sigmoid out: the model's "
            "`decode` applies it, and twice is once too often."
        )
    low, high = out.min(), out.max()
    at_ends = ((out == low) | (out == high)).float().mean()
    if max(-low, high) <= 1 or at_ends > 0.1:
        return (
            "Logits may be any number; what bounds yours to "
            f"[{low:.3g}, {high:.3g}]?"
        )
    if min(-out.min(), out.max()) < 0.1 * out.abs().max():
        return (
            "Logits may be any number, above and below 0. What bends yours "
            "after the last layer?"
        )
    return None


def _layer_problem(decoder, latent_dim, hidden_dim):
    expected = (latent_dim + 1) * hidden_dim + (hidden_dim + 1) * 784
    count = count_parameters(decoder)
    linear = [m for m in decoder.modules() if isinstance(m, nn.Linear)]
    if len(linear) > 2:
        return f"It has {len(linear)} linear layers; two are wanted."
    if any(layer.bias is None for layer in linear):
        return "The layers have a bias: leave `bias=False` out."
    if count != expected:
        return (
            f"It has {count:,} parameters; two layers, {latent_dim} to "
            f"{hidden_dim} and {hidden_dim} to 784, have {expected:,}. Are "
            "both sizes used?"
        )
    z = torch.randn(5, latent_dim)
    if is_linear(decoder, z):
        return "The activation between the two layers is gone."
    return None


def _decoder_problem(make):
    parts = unasked, _shape_problem, _range_problem, _layer_problem
    return problem_of_networks(make, parts)


@check(find=_decoder_problem)
def mended_decoder(latent_dim, hidden_dim):
    """Return a network from codes (B, latent_dim) to logits (B, 1, 28, 28)."""
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, 784),
        nn.Unflatten(1, (1, 28, 28)),
    )


def _case(rows, size, levels):
    low, high = -1 - torch.rand(size), 1 + 3 * torch.rand(size)
    return 3 * torch.randn(rows, size), low, high, levels


def _levels(z, low, high, levels, more=None):
    """Return levels with some knobs turned."""
    knob = {
        "start": low,
        "width": high - low,
        "top": levels - 1,
        "last": levels - 1,
        "round": torch.round,
    } | (more(z, low, high, levels) if more else {})
    share = (z - knob["start"]) / knob["width"]
    level = knob["round"](share * knob["top"])
    return level.clamp(knob.get("first", 0), knob["last"])


def _why_not_stored(got, z, low, high, levels):
    """Say whether the numbers are of a kind that cannot hold all levels."""
    dtype = getattr(got, "dtype", None)
    small = {torch.uint8: 255, torch.int8: 127, torch.float16: 2048}
    if levels - 1 > small.get(dtype, levels):
        return f"{dtype} cannot hold {levels:,} levels: keep the kind of z."
    return None


def _turned(**knobs):
    return {"more": lambda z, low, high, levels: knobs}


@check(
    cases=lambda: [
        _case(20, 4, 256),
        _case(40, 1, 3),
        _case(9, 2, 16),
        _case(30, 3, 5000),
    ],
    why=_why_not_stored,
    slips=mutants(
        _levels,
        {
            "You cut off the decimals; round to the nearest level.": _turned(
                round=torch.floor
            ),
            "You rounded up; round to the nearest level.": _turned(
                round=torch.ceil
            ),
            "The answer should be whole levels: round it.": _turned(
                round=lambda level: level
            ),
            "With n levels numbered from 0 the last is n - 1; multiply by "
            "that.": {"more": lambda z, low, high, n: {"top": n}},
            "The last level is levels - 1; yours goes up to levels.": {
                "more": lambda z, low, high, n: {"top": n, "last": n}
            },
            "Codes outside must be moved to the last level, which is "
            "levels - 1.": {"more": lambda z, low, high, n: {"last": n}},
            "You wrote 255; use levels - 1.": _turned(top=255, last=255),
            "Codes outside low and high must be moved to the nearest end: "
            "clamp.": _turned(first=-float("inf"), last=float("inf")),
            "Codes below low must be moved to level 0.": _turned(
                first=-float("inf")
            ),
            "Codes above high must be moved to the last level.": _turned(
                last=float("inf")
            ),
            "Subtract low first, so that low becomes level 0.": _turned(
                start=0
            ),
            "Divide by high - low, the width of the range.": {
                "more": lambda z, low, high, n: {"width": high}
            },
            "Divide by high - low; you multiplied.": {
                "more": lambda z, low, high, n: {"width": 1 / (high - low)}
            },
            "Levels are numbered from 0 to levels - 1.": {
                "more": lambda z, low, high, n: {"first": 1, "last": n}
            },
            "Use low and high, not the ends of all z.": {
                "more": lambda z, low, high, n: {
                    "start": z.min(),
                    "width": z.max() - z.min(),
                }
            },
            "Use the low and high that you are given, not those of z.": {
                "more": lambda z, low, high, n: {
                    "start": z.amin(0),
                    "width": z.amax(0) - z.amin(0),
                }
            },
        },
    )
    | {
        "Those are codes again; return the levels.": (
            lambda z, low, high, n: (
                low + _levels(z, low, high, n) / (n - 1) * (high - low)
            )
        ),
        "Those are bins of equal width; round to levels - 1 steps.": (
            lambda z, low, high, n: (
                ((z - low) / (high - low) * n).floor().clamp(0, n - 1)
            )
        ),
        "Brackets: share * (levels - 1).": lambda z, low, high, n: (
            ((z - low) / (high - low) * n - 1).round().clamp(0, n - 1)
        ),
        "Brackets: (z - low) / (high - low).": lambda z, low, high, n: (
            ((z - low / (high - low)) * (n - 1)).round().clamp(0, n - 1)
        ),
        "Brackets: divide by (high - low).": lambda z, low, high, n: (
            (((z - low) / high - low) * (n - 1)).round().clamp(0, n - 1)
        ),
        "That is a share from 0 to 1; the level is wanted.": (
            lambda z, low, high, n: _levels(z, low, high, n) / (n - 1)
        ),
        "Codes outside must be moved to the nearest end; yours wrap round.": (
            lambda z, low, high, n: (
                ((z - low) / (high - low) * (n - 1)).round() % n
            )
        ),
        "Codes outside must be moved to the nearest end, not to 0.": (
            lambda z, low, high, n: (
                _levels(z, low, high, n) * ((z >= low) & (z <= high))
            )
        ),
        "Each number has its own range; yours is the same for all.": (
            lambda z, low, high, n: _levels(z, low.min(), high.max(), n)
        ),
        "Those are shares from 0 to 1; multiply by levels - 1.": (
            lambda z, low, high, n: ((z - low) / (high - low)).clamp(0, 1)
        ),
        "Multiply by levels - 1 before you round.": lambda z, low, high, n: (
            ((z - low) / (high - low)).round().clamp(0, n - 1)
        ),
        "Multiply before you round.": lambda z, low, high, n: (
            ((z - low) / (high - low)).round().clamp(0, 1) * (n - 1)
        ),
    },
)
def quantize(z, low, high, levels):
    """The nearest of `levels` levels, 0 to levels - 1: (B, Z) -> (B, Z).

    low, high: (Z,), the ends of each number's range; codes outside are moved
    to the nearest end.
    """
    share = (z - low) / (high - low)
    return (share * (levels - 1)).round().clamp(0, levels - 1)


USUAL = {"lr": 0.003, "hidden_dim": 128, "batch_size": 64}
ENDS = {"lr": (1e-6, 10.0), "hidden_dim": (1, 256), "batch_size": (16, 4000)}
WITHOUT = 0.0233  # with nothing changed
GOAL = 0.0212  # about a tenth below


def held_back_error(choice, seeds=(101, 102)) -> float:
    """Train with one hyperparameter changed, four epochs; return the error.

    choice: {name: value}, a part of `USUAL`. The mean over the seeds, on
    the last 1,000 test images, which the exercise does not show.
    """
    images = fashion_mnist(False, quiet=True)
    errors = []
    for seed in seeds:
        set_seed(seed)
        options = USUAL | choice
        model = dense_autoencoder(8, options.pop("hidden_dim"))
        fit(
            model, images.train[:4000],
            lambda model, x: reconstruction_loss(model(x), x),
            epochs=4, seed=seed, progress=False, **options,
        )  # fmt: skip
        aside = images.test[-1000:]
        errors.append(mse(predict(model, aside), aside))
    return sum(errors) / len(errors)


def _tuned_problem(choice):
    """Say what is wrong with a choice, or nothing if it reaches the goal."""
    if not isinstance(choice, dict):
        return (
            'A dictionary with one entry is wanted, such as {"lr": 0.003}; '
            f"got {short(choice)}."
        )
    if len(choice) != 1:
        return (
            f"One hyperparameter is to be changed; yours has {len(choice)} "
            "entries."
        )
    [(name, value)] = choice.items()
    if name not in USUAL:
        return f"{name!r} cannot be chosen; there are {', '.join(USUAL)}."
    whole = name != "lr"
    if isinstance(value, bool) or not isinstance(
        value, int if whole else int | float
    ):
        kind = "a whole number" if whole else "a number"
        return f"{name} must be {kind}; got {value!r}."
    low, high = ENDS[name]
    if not low <= value <= high:
        return f"{name} must lie between {low:g} and {high:,g}; got {value}."
    try:
        error = held_back_error(choice)
    except FloatingPointError:
        return f"With {name} = {value:g} the loss is no longer a number."
    if error <= GOAL:
        return None
    side = "as the usual" if error < 1.02 * WITHOUT else "worse than the usual"
    if error < 0.98 * WITHOUT:
        side = "better than the usual, and not enough"
    return (
        f"On the images held back the error is {error:.4f} (mean of two "
        f"seeds), {side}; at most {GOAL} is wanted."
    )


outcome("tuned", _tuned_problem, course=lambda: {"lr": 0.012})
