"""Checks of lesson 05."""

import torch
from torch import nn

from course_utils.checks.core import check, mutants


def _decoder(size):
    """Return a small decoder whose weights are large, so that slips show."""
    layers = nn.Linear(3, size**2), nn.Unflatten(1, (1, size, size))
    for weight in layers[0].requires_grad_(False).parameters():
        weight.mul_(8)
    return nn.Sequential(*layers)


@check(
    cases=lambda: [
        (_decoder(6), torch.randn(5, 3)),
        (_decoder(4), torch.randn(2, 3)),
    ],
    slips={
        "The garments stand, but pixels still leave [0, 1].": (
            lambda decoder, z: decoder(z)
        ),
        "The pixels are in [0, 1] now, but height and width are still "
        "swapped.": lambda decoder, z: decoder(z).sigmoid().mT,
        "Both bugs are still there.": lambda decoder, z: decoder(z).mT,
        "Cutting pixels off at 0 and 1 is not what the model was trained "
        "with; use the sigmoid.": lambda decoder, z: decoder(z).clamp(0, 1),
        "The sigmoid was applied twice.": lambda decoder, z: (
            decoder(z).sigmoid().sigmoid()
        ),
        "tanh gives (-1, 1); the sigmoid gives (0, 1).": lambda decoder, z: (
            decoder(z).tanh()
        ),
        "A softmax makes the pixels compete; each is bent by itself, with "
        "the sigmoid.": lambda decoder, z: decoder(z).softmax(dim=-1),
        "Stretching from the darkest to the brightest is not what the model "
        "was trained with; use the sigmoid.": lambda decoder, z: (
            (decoder(z) - decoder(z).min())
            / (decoder(z).max() - decoder(z).min())
        ),
        "The sigmoid belongs to the pixels, not to the code.": (
            lambda decoder, z: decoder(z.sigmoid())
        ),
    },
)
def mended_decode(decoder, z):
    """Decode codes to pixels in [0, 1]: (B, Z) -> (B, 1, H, W)."""
    return decoder(z).sigmoid()


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


def _turned(**knobs):
    return {"more": lambda z, low, high, levels: knobs}


@check(
    cases=lambda: [_case(20, 4, 256), _case(40, 1, 3), _case(9, 2, 16)],
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
            "Subtract low first, so that low becomes level 0.": _turned(
                start=0
            ),
            "Divide by high - low, the width of the range.": {
                "more": lambda z, low, high, n: {"width": high}
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
