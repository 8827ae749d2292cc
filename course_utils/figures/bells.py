"""Figures of distributions: bell curves, clouds on a map, a lower bound."""

import matplotlib
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse

from course_utils.figures import words
from course_utils.figures.style import (
    COLORS,
    DASHES,
    MARKERS,
    STYLE,
    plain,
    show_figure,
    wrap,
)

POINTS = 401  # of a curve
WIDE = 2  # standard deviations from the middle of a cloud to its edge


def show_bells(bells, xlabel="z", **options):
    """Show densities as curves; see `bells_figure`."""
    show_figure(bells_figure(bells, xlabel, **options))


def bells_figure(bells, xlabel="z", *, ends=(-4, 4), title="", top=None):
    """Draw densities over one number: {name: distribution or (xs, ys)}.

    A distribution is anything with `log_prob`, such as Normal(0.0, 1.0).
    ends: the part of the axis that is drawn. top: the height of the figure,
    so that two such figures compare.
    """
    if not bells:
        raise ValueError("there is no distribution to show")
    if not ends[0] < ends[1]:
        raise ValueError(f"ends must be (low, high); got {ends}")
    lines = {name: _density(bell, ends) for name, bell in bells.items()}
    with matplotlib.rc_context(STYLE):
        figure = Figure((6.4, 3.2), layout="constrained")
        axes = figure.subplots()
    for i, (name, (xs, ys)) in enumerate(lines.items()):
        style = {"color": COLORS[i % len(COLORS)], "ls": DASHES[i % 4]}
        axes.plot(xs.numpy(), ys.numpy(), label=wrap(name, 28), lw=2, **style)
        axes.fill_between(xs.numpy(), ys.numpy(), alpha=0.12, lw=0,
                          color=style["color"])  # fmt: skip
    axes.set(xlabel=xlabel, ylabel="density", title=title, xlim=ends,
             ylim=(0, top))  # fmt: skip
    axes.legend()
    peaks = (
        f"{name} is highest, {words.number(ys.max())}, at "
        f"{words.number(xs[ys.argmax()].round(decimals=2))}"
        for name, (xs, ys) in lines.items()
    )
    figure.set_label(
        f"{words.count(len(lines), 'density').replace('ys', 'ies')} over "
        f"{xlabel}, {words.span(ends)}{': ' * bool(title)}{title}. "
        f"{'; '.join(peaks)}."
    )
    return figure


def show_bounds(bounds, evidence, **options):
    """Show lower bounds under what they bound; see `bounds_figure`."""
    show_figure(bounds_figure(bounds, evidence, **options))


def bounds_figure(bounds, evidence, *, low=None):
    """Draw each ELBO {name: nats} and its gap up to the evidence, log p(x).

    All bars end at the evidence. low: where the axis begins, so that two
    such figures compare. Raises ValueError for an ELBO above the evidence.
    """
    if not bounds:
        raise ValueError("there is no bound to show")
    values = torch.stack([plain(v) for v in bounds.values()]).tolist()
    evidence = float(evidence)
    if max(values) > evidence + 1e-3:
        raise ValueError(
            f"an ELBO of {max(values):.4g} lies above the evidence, "
            f"{evidence:.4g}"
        )
    low = min(values) - 1.5 if low is None else low
    with matplotlib.rc_context(STYLE):
        size = (6.4, 1.2 + 0.5 * len(bounds))
        figure = Figure(size, layout="constrained")
        axes = figure.subplots()
    for row, value in enumerate(values):
        value, first = max(value, low), row == 0
        axes.barh(row, value - low, left=low, color=COLORS[0], height=0.6,
                  label="ELBO" if first else None)  # fmt: skip
        axes.barh(row, evidence - value, left=value, color=COLORS[1],
                  height=0.6, hatch="//", alpha=0.55,
                  label="gap" if first else None)  # fmt: skip
        axes.annotate(
            f"{values[row]:.2f} + {evidence - values[row]:.2f}",
            (evidence, row), (8, 0), textcoords="offset points", va="center",
        )  # fmt: skip
    axes.axvline(evidence, color="black", lw=2, label="log p(x)")
    axes.set(xlabel="nats", xlim=(low, evidence + 0.3 * (evidence - low)))
    axes.set_yticks(range(len(bounds)), [wrap(n, 28) for n in bounds])
    axes.set_ylim(len(bounds) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    figure.legend(loc="outside lower center", ncols=3)
    said = (
        f"{name} {words.number(value)} and a gap of "
        f"{words.number(evidence - value)}"
        for name, value in zip(bounds, values, strict=True)
    )
    figure.set_label(
        f"{words.count(len(bounds), 'bar')} of ELBO and gap, which all end "
        f"at log p(x), {words.number(evidence)} nats: {'; '.join(said)}."
    )
    return figure


def show_posteriors(posterior, labels, classes, **options):
    """Show codes as clouds over the prior; see `posteriors_figure`."""
    figure = posteriors_figure(posterior, labels, classes, **options)
    show_figure(figure)


def posteriors_figure(posterior, labels, classes, *, images=None):
    """Draw each q(z|x) as an ellipse over the disk of the prior N(0, I).

    posterior: a Normal over codes of two numbers (N, 2). labels: (N,), the
    class of each. Edges lie two standard deviations from the middle; of the
    prior one and two. images: (N, 1, H, W), drawn beside the ellipses where
    there is room.
    """
    if not hasattr(posterior, "stddev"):
        raise ValueError(f"a Normal is wanted; got {type(posterior).__name__}")
    mu, sigma = plain(posterior.mean), plain(posterior.stddev)
    if mu.ndim != 2 or mu.shape[1] != 2 or not len(mu):
        raise ValueError(
            f"a posterior over (N, 2) codes is wanted; got {tuple(mu.shape)}"
        )
    labels = torch.as_tensor(labels).cpu()
    if len(labels) != len(mu):
        raise ValueError(f"{len(labels)} labels for {len(mu)} codes")
    if not 0 <= labels.min() <= labels.max() < len(classes):
        raise ValueError(
            f"labels must be 0 to {len(classes) - 1}; got {labels.min()} to "
            f"{labels.max()}"
        )
    with matplotlib.rc_context(STYLE):
        figure = Figure((7.8, 5.8), layout="constrained")
        axes = figure.subplots()
    for at in (WIDE, 1):
        axes.add_patch(Circle((0, 0), at, fc="0.6", alpha=0.16, ec="none"))
        axes.add_patch(Circle((0, 0), at, fill=False, ec="0.4", ls="--"))
        axes.annotate(f"{at}", (0, at), (0, 3), ha="center",
                      textcoords="offset points")  # fmt: skip
    for c, name in enumerate(classes):
        mine, colour = labels == c, matplotlib.colormaps["tab10"](c % 10)
        for middle, spread in zip(mu[mine], sigma[mine], strict=True):
            axes.add_patch(
                Ellipse(middle.tolist(), *(2 * WIDE * spread).tolist(),
                        fc=(*colour[:3], 0.45), ec=colour, lw=1.2)
            )  # fmt: skip
        if mine.any():
            axes.scatter(*mu[mine].T.numpy(), s=16, color=colour,
                         marker=f"${c}$" if len(classes) > 7 else MARKERS[c],
                         label=wrap(name, 24))  # fmt: skip
    far = max((mu.abs() + WIDE * sigma).max().item(), WIDE) + 0.3
    if images is not None:
        _beside(axes, mu, sigma, plain(images), far)
    axes.set(xlabel="first number", ylabel="second number", xlim=(-far, far),
             ylim=(-far, far), aspect="equal")  # fmt: skip
    figure.legend(loc="outside right center")
    figure.set_label(
        f"{words.count(len(mu), 'ellipse')}, one for each image, over the "
        f"prior's disk. Middles: first number {words.span(mu[:, 0])}, second "
        f"number {words.span(mu[:, 1])}. Standard deviations "
        f"{words.span(sigma.flatten())}, median "
        f"{words.number(sigma.median())}; the prior's is 1. An ellipse "
        f"covers {words.number(sigma.prod(1).mean())} of the disk on average."
    )
    return figure


def _beside(axes, mu, sigma, images, far):
    """Draw images beside their ellipses where nothing else is drawn."""
    if len(images) != len(mu):
        raise ValueError(f"{len(images)} images for {len(mu)} codes")
    side, taken = far / 9, mu.clone()
    ways = torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]]).double()
    for middle, spread, image in zip(mu, sigma, images, strict=True):
        steps = ways * (WIDE * spread + 0.6 * side)
        free = [
            at
            for at in middle + steps
            if (taken - at).abs().max(1).values.min() > 0.75 * side
            and (at.abs() < far).all()
        ]
        if not free:
            continue
        at = free[0]
        taken = torch.cat([taken, at[None]])
        (left, bottom), (right, top) = (
            (at + step).tolist() for step in (-side / 2, side / 2)
        )
        axes.imshow(image[0].numpy(), cmap="gray", vmin=0, vmax=1, zorder=3,
                    extent=(left, right, bottom, top))  # fmt: skip


def _density(bell, ends):
    """Return xs and ys of a density, given as either or to be asked."""
    if isinstance(bell, tuple):
        xs, ys = map(plain, bell)
        if xs.ndim != 1 or xs.shape != ys.shape:
            raise ValueError(
                "a density must be (xs, ys) of one length; got "
                f"{tuple(xs.shape)} and {tuple(ys.shape)}"
            )
        return xs, ys
    if not hasattr(bell, "log_prob"):
        raise ValueError(
            f"a distribution or (xs, ys) is wanted; got {type(bell).__name__}"
        )
    xs = torch.linspace(*ends, POINTS)
    return plain(xs), plain(bell.log_prob(xs).exp())
