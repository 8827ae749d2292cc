"""Figures of points: codes on a map, clouds in the plane and in space."""

import matplotlib
import torch
from matplotlib.figure import Figure

from course_utils.figures import words
from course_utils.figures.images import _picture
from course_utils.figures.style import (
    COLORS,
    MARKERS,
    STYLE,
    plain,
    show_figure,
    wrap,
)

SIDE = 0.075  # of a thumbnail, as a share of the map's width
SPACE = ("x", "y", "z")


def show_latent_space(maps, classes=None, images=None, **labels):
    """Show codes on maps; see `latent_space_figure`."""
    figure = latent_space_figure(maps, classes, images, **labels)
    show_figure(figure)


def latent_space_figure(
    maps, classes=None, images=None, *, xlabel="first number",
    ylabel="second number",
):  # fmt: skip
    """Draw codes as coloured points: {title: (z (N, 2), colour (N,))}.

    classes: names of the labels when the colour is a class number; without
    it the colour is a quantity with a scale beside it. images: (N, 1, H, W),
    the images themselves, drawn at their codes where they do not overlap.
    xlabel, ylabel: what the axes are; those of t-SNE are no codes.
    """
    if not maps:
        raise ValueError("there are no codes to show")
    maps = {k: (_codes(z), _values(c, len(z))) for k, (z, c) in maps.items()}
    with matplotlib.rc_context(STYLE):
        width = 4 if len(maps) > 1 else 5.8
        width, height = (width, 3.8) if images is None else (width + 0.8, 5)
        figure = Figure((width * len(maps), height), layout="constrained")
        panels = figure.subplots(1, len(maps), squeeze=False)[0]
    drawn = zip(panels, maps.items(), strict=True)
    for axes, (title, (z, colour)) in drawn:
        _scatter(figure, axes, z, colour, classes)
        if images is not None:
            _thumbnails(axes, z, images)
        axes.set(title=wrap(title, 34), xlabel=xlabel, ylabel=ylabel)
    if classes:
        handles = panels[-1].get_legend_handles_labels()
        figure.legend(*handles, loc="outside right center")
    said = (
        f"{title}{': ' * bool(title)}"
        f"{words.of_map(z, colour, classes, xlabel, ylabel)}"
        for title, (z, colour) in maps.items()
    )
    points = " and ".join({f"{len(z):,}" for z, _ in maps.values()})
    figure.set_label(
        f"{words.count(len(maps), 'map')} of {points} codes"
        f"{' with images at them' if images is not None else ''}. "
        f"{'. '.join(said)}."
    )
    return figure


def show_cloud(points, colour=None, axes=None, surface=None, **options):
    """Show a cloud of points; see `cloud_figure`."""
    show_figure(cloud_figure(points, colour, axes, surface, **options))


def cloud_figure(
    points, colour=None, axes=None, surface=None, *, feet=None,
    labels=SPACE, colour_label="", view=(22, -60),
):  # fmt: skip
    """Draw a cloud of points (N, 2) or (N, 3), or several {name: points}.

    colour: (N,), a quantity that colours one cloud; colour_label names it.
    axes: arrows from the middle of the cloud, {name: vector (D,)} or (K, D).
    surface: {name: grid}; a grid (R, C, 3) is a bent sheet, (R, 2) a line,
    and two vectors (2, 3) span a flat board through the middle.
    feet: (N, D), joined to the points by thin lines (their projections).
    labels: what the axes are. view: height and turn in degrees, in space.
    """
    clouds = points if isinstance(points, dict) else {"points": points}
    if not clouds:
        raise ValueError("there are no points to show")
    clouds = {name: _cloud(cloud) for name, cloud in clouds.items()}
    first = next(iter(clouds.values()))
    size = first.shape[1]
    arrows = _arrows(axes, size)
    with matplotlib.rc_context(STYLE):
        figure = Figure((6, 4.6), layout="constrained")
        space = {"projection": "3d"} if size == 3 else {}
        panel = figure.add_subplot(**space)
    for i, (name, grid) in enumerate((surface or {}).items()):
        _surface(panel, name, plain(grid), first, i)
    for i, (name, cloud) in enumerate(clouds.items()):
        style = {"color": COLORS[i], "edgecolors": "none"}
        if colour is not None:
            style = {
                "c": _values(colour, len(cloud)).numpy(),
                "cmap": "viridis",
            }
        dots = panel.scatter(
            *cloud.T.numpy(), s=14, marker=MARKERS[i], alpha=0.75,
            label=wrap(name, 24), zorder=3, **style,
        )  # fmt: skip
    if colour is not None:
        figure.colorbar(dots, ax=panel, label=colour_label, shrink=0.8,
                        pad=0.12 if size == 3 else 0.02)  # fmt: skip
    if feet is not None:
        for pair in zip(first, _cloud(feet), strict=True):
            panel.plot(*torch.stack(pair).T.numpy(), color="0.3", lw=0.8)
    for i, (name, arrow) in enumerate(arrows.items()):
        _arrow(panel, name, first.mean(0), arrow, i)
    panel.set(xlabel=labels[0], ylabel=labels[1])
    if size == 3:
        panel.set_zlabel(labels[2])
        panel.view_init(*view)
        panel.locator_params(nbins=4)
    panel.set_aspect("equal", adjustable="datalim" if size == 2 else "box")
    if len(clouds) > 1 or surface:
        if size == 3:  # an axis' numbers reach beyond it, to the right
            figure.legend(loc="outside upper center", ncols=3)
        else:
            figure.legend(loc="outside right center")
    figure.set_label(_of_clouds(clouds, arrows, surface or {}, labels, feet))
    return figure


def _of_clouds(clouds, arrows, surface, labels, feet):
    """Say where each cloud is, how it is spread and what is drawn in it."""
    parts = []
    for name, cloud in clouds.items():
        ends = (
            f"{label} {words.span(column)}"
            for label, column in zip(labels, cloud.T, strict=False)
        )
        parts.append(f"{len(cloud):,} {name}: {', '.join(ends)}")
    parts += [f"arrow {name} {words.place(a)}" for name, a in arrows.items()]
    for name, grid in surface.items():
        flat = len(grid) == 2 and grid.ndim == 2
        kind = "flat" if flat else "bent" if grid.ndim == 3 else "a line"
        parts.append(f"{name} ({kind})")
    if feet is not None:
        parts.append("a thin line from each point to its foot")
    size = next(iter(clouds.values())).shape[1]
    where = "space" if size == 3 else "the plane"
    what = "A cloud" if len(clouds) == 1 else "Clouds"
    return f"{what} of points in {where}. {'; '.join(parts)}."


def _surface(panel, name, grid, cloud, i):
    """Draw a sheet (R, C, 3), a line (R, 2) or a flat board (2, 3)."""
    name, colour = wrap(name, 24), COLORS[1 + i % 6]
    if grid.shape[-1] != cloud.shape[1]:
        raise ValueError(
            f"the surface has {grid.shape[-1]} numbers a point, the cloud "
            f"{cloud.shape[1]}"
        )
    if grid.shape[-1] == 2:
        panel.plot(
            *grid.T.numpy(), color=colour, lw=2, label=name, ls=("-", "--")[i]
        )
        return
    if grid.ndim == 2:
        grid = _board(grid, cloud)
    panel.plot_surface(
        *grid.permute(2, 0, 1).numpy(), color=colour, alpha=0.3,
        edgecolor=colour, lw=0.6, ls=("-", ":")[i % 2], label=name,
        rcount=14, ccount=14,
    )  # fmt: skip


def _board(directions, cloud):
    """Span a flat board (5, 5, 3) that reaches as far as the cloud does."""
    across, up = torch.linalg.qr(directions.T)[0].T
    middle, steps = cloud.mean(0), []
    for axis in (across, up):
        far = (cloud - middle) @ axis
        ends = far.min().item(), far.max().item()
        steps.append(torch.linspace(*ends, 5, dtype=torch.float64))
    u, v = torch.meshgrid(*steps, indexing="ij")
    return middle + u[..., None] * across + v[..., None] * up


def _arrow(panel, name, start, arrow, i):
    if len(arrow) == 3:
        panel.quiver(*start.tolist(), *arrow.tolist(), color="black", lw=2)
        panel.text(*(start + 1.12 * arrow).tolist(), name, fontweight="bold")
        return
    end = (start + arrow).tolist()
    shape = {"arrowstyle": "-|>", "lw": 2, "color": "black",
             "shrinkA": 0, "shrinkB": 0}  # fmt: skip
    panel.annotate("", end, start.tolist(), arrowprops=shape)
    panel.annotate(name, end, (6, 6), textcoords="offset points",
                   fontweight="bold")  # fmt: skip
    panel.update_datalim([end])
    panel.autoscale_view()


def _arrows(axes, size):
    if axes is None:
        return {}
    if not isinstance(axes, dict):
        axes = {f"axis {i + 1}": arrow for i, arrow in enumerate(axes)}
    axes = {name: plain(arrow) for name, arrow in axes.items()}
    for name, arrow in axes.items():
        if arrow.shape != (size,):
            raise ValueError(
                f"arrow {name!r} must be {size} numbers; got "
                f"{tuple(arrow.shape)}"
            )
    return axes


def _scatter(figure, axes, z, colour, classes):
    if classes is None:
        points = axes.scatter(
            *z.T.numpy(), c=colour.numpy(), s=8, cmap="viridis"
        )
        figure.colorbar(points, ax=axes)
        return
    many = len(classes) > len(MARKERS)
    for c, name in enumerate(classes):
        axes.scatter(
            *z[colour == c].T.numpy(), s=20, alpha=0.8, lw=0.6,
            label=wrap(name, 24),
            marker=f"${c}$" if many else MARKERS[c],
            color=matplotlib.colormaps["tab10"](c % 10)
            if many else COLORS[c],
        )  # fmt: skip


def _thumbnails(axes, z, images):
    """Draw images at their codes, but none over another."""
    images = _picture(images)
    if len(images) != len(z):
        raise ValueError(f"{len(images)} images for {len(z)} codes")
    low, high = z.min(0).values, z.max(0).values
    side = SIDE * (high - low).clamp(min=1e-9)
    taken = torch.empty(0, 2).double()
    for code, image in zip(z, images, strict=True):
        gap = ((taken - code).abs() / side).max(1).values
        if len(taken) and gap.min() < 1:
            continue
        taken = torch.cat([taken, code[None]])
        corners = code - side / 2, code + side / 2
        (left, bottom), (right, top) = (c.tolist() for c in corners)
        axes.imshow(image.numpy(), cmap="gray", vmin=0, vmax=1, zorder=3,
                    extent=(left, right, bottom, top))  # fmt: skip
    corners = low - side, high + side
    (left, bottom), (right, top) = (c.tolist() for c in corners)
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="auto")


def _codes(z):
    if not torch.is_tensor(z) or z.ndim != 2 or z.shape[1] != 2:
        got = tuple(z.shape) if torch.is_tensor(z) else type(z).__name__
        raise ValueError(f"codes must be a tensor of shape (N, 2); got {got}")
    if not len(z):
        raise ValueError("there are no codes to show")
    return plain(z)


def _cloud(points):
    points = plain(points)
    if points.ndim != 2 or points.shape[1] not in (2, 3) or not len(points):
        raise ValueError(
            "a cloud must have shape (N, 2) or (N, 3); got "
            f"{tuple(points.shape)}"
        )
    return points


def _values(colour, count):
    given = 0 if colour is None else len(colour)
    if given != count:
        raise ValueError(
            "each code needs one label or value to be coloured by; got "
            f"{given} for {count} codes"
        )
    return plain(colour)
