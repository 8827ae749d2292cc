"""Figures of images: grids, reconstructions, paths, decoded maps."""

import io

import matplotlib
import torch
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from PIL import Image
from torch import nn

from course_utils.figures import words
from course_utils.figures.style import DPI, STYLE, show_figure, wrap


def show_images(images, titles=None, row_labels=None, columns=10, **options):
    """Show images; see `images_figure`."""
    show_figure(images_figure(images, titles, row_labels, columns, **options))


def show_reconstructions(x, x_hat, titles=None):
    """Show originals (N, C, H, W) above their reconstructions."""
    labels = ["original", "reconstruction"]
    figure = images_figure([x, x_hat], titles, labels)
    if len(x) == len(x_hat):
        errors = (_picture(x) - _picture(x_hat)).square().flatten(1).mean(1)
        figure.set_label(
            f"{figure.get_label()} Mean squared error per pixel "
            f"{words.number(errors.mean())}, most in column "
            f"{errors.argmax() + 1}: {words.number(errors.max())}."
        )
    show_figure(figure)


def show_interpolation(rows):
    """Show paths from one image to another: {label: images (N, 1, H, W)}."""
    first = next(iter(rows.values()), ())
    steps = torch.linspace(0, 1, len(first)).tolist()
    show_images(rows, titles=[f"{step:.0%}" for step in steps])


def show_decoded_grid(
    decode, low, high, n=9, *, xlabel="first number", ylabel="second number",
):  # fmt: skip
    """Decode an n x n grid of two-dimensional codes between two corners.

    decode: codes (B, 2) -> images (B, 1, H, W), on any device. low, high:
    the corners (2,). The first number runs to the right, the second upwards.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more; got {n}")
    (left, bottom), (right, top) = _corner(low), _corner(high)
    across = torch.linspace(left, right, n).repeat(n)
    up = torch.linspace(top, bottom, n).repeat_interleave(n)
    images = _picture(decode_codes(decode, torch.stack([across, up], 1)))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.2, 5), layout="constrained")
        axes = figure.subplots()
        axes.imshow(
            mosaic(images.split(n), n), vmin=0, vmax=1,
            extent=(left, right, bottom, top), aspect="auto",
        )  # fmt: skip
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.grid(False)
    bright = images.flatten(1).mean(1)
    corners = {"lower left": -n, "lower right": -1, "upper left": 0,
               "upper right": n - 1}  # fmt: skip
    said = (f"{k} {words.number(bright[i])}" for k, i in corners.items())
    figure.set_label(
        f"A grid of {n} by {n} decoded images: {xlabel} {words.number(left)} "
        f"to {words.number(right)} to the right, {ylabel} "
        f"{words.number(bottom)} to {words.number(top)} upwards. Mean "
        f"brightness in the corners: {', '.join(said)}."
    )
    show_figure(figure)


def images_figure(
    images, titles=None, row_labels=None, columns=10, *, diverging=False
):
    """Draw images (N, C, H, W), a list of such rows, or {label: row}.

    C is 1 (grey) or 3 (red, green, blue). titles: one text per column.
    row_labels: one text per row. columns: how many stand in a row. Values
    are drawn from 0 (black) to 1 (white); with `diverging`, for weights and
    directions, from blue (negative) over white (zero) to red (positive), all
    on one scale.
    """
    if isinstance(images, dict):
        images, row_labels = list(images.values()), list(images)
    rows = images.split(columns) if torch.is_tensor(images) else images
    rows = _rows(rows, diverging)
    columns = max(map(len, rows))
    if len(titles or ()) > columns:
        raise ValueError(f"{len(titles)} titles for {columns} columns")
    if row_labels is not None and len(row_labels) != len(rows):
        raise ValueError(f"{len(row_labels)} row labels for {len(rows)} rows")
    gap = _gap(rows)
    tall, wide = (side + gap for side in rows[0].shape[1:3])
    # Each pixel of an image is drawn as a square of whole pixels.
    inches = max(1, min(100, 900 // columns) // wide) / DPI
    letters = max(6, int(14 * inches * wide))
    above = [wrap(title, letters) for title in titles or ()]
    beside = [wrap(label, 24) for label in row_labels or [""] * len(rows)]
    size = (columns * wide - gap) * inches, (len(rows) * tall - gap) * inches
    figure, axes, bar = _frame(*size, above, beside, diverging)
    if diverging:
        _shade_around_zero(figure, axes, bar, rows, columns)
    else:
        axes.imshow(mosaic(rows, columns), vmin=0, vmax=1, cmap="gray",
                    aspect="auto", interpolation="nearest")  # fmt: skip
    half = (gap + 1) / 2
    axes.set_xticks([(i + 0.5) * wide - half for i in range(columns)])
    axes.set_yticks([(i + 0.5) * tall - half for i in range(len(rows))])
    axes.set_xticklabels((above + [""] * columns)[:columns])
    axes.set_yticklabels(beside)
    axes.tick_params(
        length=0, labelsize=9, top=True, labeltop=True, labelbottom=False
    )
    axes.spines[:].set_visible(False)
    axes.grid(False)
    figure.set_label(words.of_images(rows, titles, row_labels, diverging))
    return figure


def tiles_png(images):
    """Draw images (N, 1, H, W) in a row: the bytes of a PNG file, its alt."""
    rows = _rows([images], diverging=False)
    pixels = (255 * mosaic(rows, len(images))).round().clip(0, 255)
    picture = Image.fromarray(pixels.astype("uint8"))
    times = max(1, min(8, 800 // picture.width))
    size = (times * picture.width, times * picture.height)
    file = io.BytesIO()
    picture.resize(size, Image.Resampling.NEAREST).save(file, format="png")
    return file.getvalue(), words.of_images(rows, None, None, False)


def mosaic(rows, columns, between=1.0):
    """Put rows of (N, H, W) or (N, H, W, 3) into one array, with gaps."""
    height, width, *colours = rows[0].shape[1:]
    gap = _gap(rows)
    size = (len(rows), columns, height + gap, width + gap, *colours)
    tiles = torch.full(size, between)
    for tile_row, row in zip(tiles, rows, strict=True):
        tile_row[: len(row), :-gap, :-gap] = row
    joined = tiles.transpose(1, 2).flatten(0, 1).flatten(1, 2)
    return joined[:-gap, :-gap].numpy()


def decode_codes(decode, codes):
    """Decode codes where the decoder's weights are, without a gradient.

    decode: a module, a module's method, or any function of codes.
    """
    owner = getattr(decode, "__self__", decode)
    if isinstance(owner, nn.Module):
        weights = next(owner.parameters(), codes)
        codes = codes.to(weights.device)
    with torch.no_grad():
        return decode(codes)


def _rows(rows, diverging):
    """Check rows of images of one size, each ready to draw."""
    rows = [_picture(row, diverging) for row in rows]
    sizes = {tuple(row.shape[1:]) for row in rows}
    if not rows:
        raise ValueError("there is no image to show")
    if len(sizes) > 1:
        raise ValueError(f"rows must hold images of one size; got {sizes}")
    return rows


def _gap(rows):
    """Return the pixels between two images: 2 of 28."""
    return max(1, rows[0].shape[2] // 14)


def _frame(width, height, above, beside, with_bar):
    """Return a figure with axes of this size, in inches, and room for text.

    Measured rather than laid out by matplotlib, which takes ten times as
    long: a widget draws these while a slider moves.
    """
    left = round(0.12 + max(map(_inches, beside)), 2)
    lines = max((title.count("\n") + 1 for title in above), default=0)
    top = 0.06 + 0.17 * lines
    right = 0.75 if with_bar else 0.06
    size = (left + width + right, top + height + 0.06)
    with matplotlib.rc_context(STYLE):
        figure = Figure(size)
        place = (left / size[0], 0.06 / size[1])
        shape = (width / size[0], height / size[1])
        axes = figure.add_axes((*place, *shape))
        bar = None
        if with_bar:
            edge = (left + width + 0.1) / size[0]
            bar = figure.add_axes((edge, place[1], 0.12 / size[0], shape[1]))
    return figure, axes, bar


def _inches(label):
    """Return how wide a label of 9 points is drawn, in inches."""
    lines = filter(str.strip, label.split("\n"))
    paths = (TextPath((0, 0), line, size=9) for line in lines)
    return max((path.get_extents().x1 / 72 for path in paths), default=0)


def _shade_around_zero(figure, axes, bar, rows, columns):
    largest = max(row.abs().max().item() for row in rows) or 1.0
    shades = matplotlib.colormaps["RdBu_r"].with_extremes(bad="0.75")
    shown = axes.imshow(
        mosaic(rows, columns, between=torch.nan),
        vmin=-largest, vmax=largest, cmap=shades, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    ends = (-largest, 0, largest)
    figure.colorbar(shown, cax=bar, ticks=ends).set_ticklabels(
        [words.number(end) for end in ends]
    )


def _picture(images, diverging=False):
    """Images (N, C, H, W) -> (N, H, W), in colour (N, H, W, 3), to draw."""
    is_tensor = torch.is_tensor(images)
    known = (1,) if diverging else (1, 3)
    if not is_tensor or images.ndim != 4 or images.shape[1] not in known:
        got = tuple(images.shape) if is_tensor else type(images).__name__
        raise ValueError(
            f"images must be a tensor of shape (N, 1, H, W); got {got}. In "
            "colour it is (N, 3, H, W)."
        )
    if not len(images):
        raise ValueError("there is no image to show")
    images = images.detach().cpu().float()
    if not images.isfinite().all():
        raise ValueError("images hold values that are not finite numbers")
    if images.max() > 10 and not diverging:
        raise ValueError(
            f"images reach {images.max().item():g}, but [0, 1] is expected: "
            "divide pixels in 0..255 by 255"
        )
    if images.shape[1] == 1:
        return images[:, 0]
    return images.permute(0, 2, 3, 1).clamp(0, 1)


def _corner(values):
    corner = [float(value) for value in values]
    if len(corner) != 2:
        raise ValueError(f"a corner is two numbers; got {len(corner)}")
    return corner
