"""Figures of discrete codes: a map of tiles, how often each code is used."""

import matplotlib
import torch
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from course_utils.figures import words
from course_utils.figures.style import COLORS, STYLE, plain, show_figure, wrap


def show_tiles(panels, codes=None):
    """Show images under a grid of tiles; see `tiles_figure`."""
    show_figure(tiles_figure(panels, codes))


def tiles_figure(panels, codes=None):
    """Draw images {title: (1, H, W)} cut in tiles, their codes written in.

    codes: maps {title: (R, C)} of whole numbers, for some of the panels or
    all; a code that differs from the first map's carries a frame.
    """
    codes = {name: _map(c) for name, c in (codes or {}).items()}
    if not panels:
        raise ValueError("there is no image to show")
    if strangers := set(codes) - set(panels):
        raise ValueError(f"codes of images that are not there: {strangers}")
    panels = {name: plain(x).squeeze() for name, x in panels.items()}
    if any((c < 0).any() for c in codes.values()):
        raise ValueError("codes must be 0 or more")
    if any(x.ndim != 2 for x in panels.values()):
        raise ValueError("each image must have shape (1, H, W)")
    with matplotlib.rc_context(STYLE):
        figure = Figure((3.4 * len(panels), 3.7), layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
    first = next(iter(codes.values()), None)
    for axis, (name, image) in zip(axes, panels.items(), strict=True):
        axis.imshow(image, vmin=0, vmax=1, cmap="gray")
        axis.set(title=wrap(name, 30), xticks=[], yticks=[])
        axis.grid(False)
        if name in codes:
            _write(axis, image, codes[name], first)
    figure.set_label(_of_tiles(panels, codes, first))
    return figure


def _write(axis, image, codes, first):
    """Write codes into the tiles; frame those that are not as in `first`."""
    tall, wide = (a / b for a, b in zip(image.shape, codes.shape, strict=True))
    changed = codes != first if codes.shape == first.shape else codes < 0
    for row, col in torch.cartesian_prod(
        *map(torch.arange, codes.shape)
    ).tolist():
        x, y = col * wide - 0.5, row * tall - 0.5
        edge = COLORS[1] if changed[row, col] else "0.5"
        width = 2.5 if changed[row, col] else 0.5
        axis.add_patch(
            matplotlib.patches.Rectangle(
                (x, y), wide, tall, fill=False, ec=edge, lw=width,
                zorder=2 + int(changed[row, col]),
            )
        )  # fmt: skip
        tile = image[int(row * tall) : int((row + 1) * tall),
                     int(col * wide) : int((col + 1) * wide)]  # fmt: skip
        inks = ["white", "black"]
        ink = inks.pop(int(tile.mean() > 0.5))
        rim = [withStroke(linewidth=1.5, foreground=inks[0])]
        axis.text(x + wide / 2, y + tall / 2, str(codes[row, col].item()),
                  ha="center", va="center", fontsize=8, color=ink,
                  path_effects=rim)  # fmt: skip


def _of_tiles(panels, codes, first):
    said = []
    for name, image in panels.items():
        said.append(f"{name}: mean brightness {words.number(image.mean())}")
        if name in codes:
            most = codes[name].flatten().bincount()
            said[-1] += (
                f", {' by '.join(map(str, codes[name].shape))} tiles, "
                f"{(most > 0).sum()} different codes, code {most.argmax()} "
                f"{most.max()} times"
            )
            if codes[name].shape == first.shape and (
                changed := int((codes[name] != first).sum())
            ):
                said[-1] += f", {changed} changed"
    return f"{words.count(len(panels), 'image')}. {'; '.join(said)}."


def show_usage(counts):
    """Show how often each code is used; see `usage_figure`."""
    show_figure(usage_figure(counts))


def usage_figure(counts):
    """Draw a bar for each code, {name: how often it was chosen (K,)}.

    The most used code stands first. A code that is never used has no bar. The
    shares are on a logarithmic axis, so that a rare code can be seen.
    """
    counts = {name: plain(c) for name, c in counts.items()}
    if not counts or any(
        c.ndim != 1 or not len(c) or c.min() < 0 for c in counts.values()
    ):
        raise ValueError("counts {name: (K,)} of 0 or more are wanted")
    with matplotlib.rc_context(STYLE):
        size = (6.4, 0.6 + 1.5 * len(counts))
        figure = Figure(size, layout="constrained")
        shared = {"squeeze": False, "sharex": True, "sharey": True}
        axes = figure.subplots(len(counts), 1, **shared)
    said = []
    for axis, (name, count) in zip(axes[:, 0], counts.items(), strict=True):
        ordered = count.sort(descending=True).values
        shares = ordered / ordered.sum().clamp(min=1)
        axis.bar(range(len(shares)), shares.tolist(), 1, color=COLORS[0])
        axis.set(title=wrap(name, 60), ylabel="share")
        if shares.any():
            axis.set(yscale="log")
        axis.grid(axis="x", visible=False)
        used = int((count > 0).sum())
        said.append(
            f"{name}: {used} of {len(count)} codes are used, the most used "
            f"one by {words.number(100 * shares[0])} % of the tiles"
        )
    axes[-1, 0].set(xlabel="codes, the most used first")
    figure.set_label(
        f"A bar for each code: its share of all tiles. {'; '.join(said)}."
    )
    return figure


def _map(codes):
    codes = plain(codes).squeeze()
    if codes.ndim != 2:
        raise ValueError(
            f"a code map must have shape (R, C); got {tuple(codes.shape)}"
        )
    return codes.round().long()
