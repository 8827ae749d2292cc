"""Checks of lesson 20."""

import functools
import itertools

import torch
from torch import nn

from course_utils.checks.comparing import same, short
from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import digits
from course_utils.models.masked_images import (
    hidden_mse,
    hide_patches,
    see_patches,
    to_patches,
)
from course_utils.rivals.conditional import conditional_mean


def _cut(images, size, order=(0, 1, 3, 2, 4)):
    """Cut images into patches, the axes in another order.

    order: of the axes image, row, row within, column, column within.
    """
    tiles = images[:, 0].unflatten(2, (-1, size)).unflatten(1, (-1, size))
    return tiles.permute(order).flatten(3).flatten(1, 2)


def _other_axes(answer, images, size):
    """Say that the right axes were split, but others changed places."""
    orders = itertools.permutations(range(5))
    if any(same(answer, _cut(images, size, order)) for order in orders):
        return (
            "Other axes must change places. Five are there: image, row of "
            "patches, row within, column of patches, column within."
        )
    return None


@check(
    cases=lambda: [
        (torch.randn(5, 1, 6, 12), 3),
        (torch.randn(3, 1, 6, 6), 2),
    ],
    slips={
        "Those are the rows of the images again: after splitting height and "
        "width, two axes must change places.": lambda images, size: _cut(
            images, size, order=(0, 1, 2, 3, 4)
        ),
        "The patches are counted column by column, not row by row.": (
            lambda images, size: _cut(images, size, order=(0, 3, 1, 2, 4))
        ),
        "The pixels stand as they did, cut into pieces: a patch would be a "
        "stretch of a row. Split height and width, then change two axes.": (
            lambda images, size: images.reshape(len(images), -1, size**2)
        ),
        "The axes of patches and pixels have changed places: `unfold` gives "
        "(B, size * size, N).": lambda images, size: nn.functional.unfold(
            images, size, stride=size
        ),
        "A reshape does not swap axes: `unfold` gives (B, size * size, N); "
        "transpose it.": lambda images, size: nn.functional.unfold(
            images, size, stride=size
        ).reshape(len(images), -1, size**2),
        "The patches overlap: the next one begins `size` pixels further.": (
            lambda images, size: nn.functional.unfold(images, size).mT
        ),
        "`size` is the side of a patch in pixels, not how many stand in a "
        "row.": lambda images, size: (
            images[:, 0]
            .unflatten(2, (size, -1))
            .unflatten(1, (size, -1))
            .transpose(2, 3)
            .flatten(3)
            .flatten(1, 2)
        ),
        "As many columns as rows were cut; the width may differ: W // size.": (
            lambda images, size: _cut(images[..., : images.shape[2]], size)
        ),
    },
    why=_other_axes,
    skip=("device",),  # the lesson cuts on the CPU
)
def patchify(images, size):
    """Images (B, 1, H, W), side of a patch -> patches (B, N, size * size)."""
    return to_patches(images, size)


def _seen_mask(hidden, batch, patches, visible):
    """What a mask shows: how many are hidden, where, and how alike."""
    hidden = torch.as_tensor(hidden).double()
    count = hidden.sum(dim=1)
    share = hidden.mean(dim=0)
    pairs = (hidden[:, 1:] == hidden[:, :-1]).double().mean()
    rows = (hidden[1:] == hidden[:-1]).all(dim=1).double().mean()
    other = ((hidden != 0) & (hidden != 1)).double().mean()
    return {
        "It should hold True and False, or 1 and 0; share of other "
        "values.": other,
        f"In each row {patches - visible} of {patches} should be True; their "
        "mean number.": count.mean(),
        "Each row should hide equally many; the standard deviation of their "
        "number should be 0.": count.std(),
        "Too few choices are drawn: any patches may be hidden together. See "
        "how many images hide the same as the one before.": rows,
        "One patch is hidden more often than others; the chance should be "
        "alike. See in which share of the images.": share.max(),
        "One patch is hidden less often than others; the chance should be "
        "alike. See in which share of the images.": share.min(),
        "Patches should be hidden independently of their neighbours; the "
        "share of neighbours that are both hidden or both seen.": pairs,
    }


def _odd_mask(attempt):
    """Say what the shape of a mask tells, or what all its rows share."""
    try:
        got = torch.as_tensor(attempt(50, 10, 3))
    except Exception:
        return None  # told by the cases
    if got.shape in ((50, 7), (50, 3)):
        return (
            "Those are the numbers of some patches. A row holds True or False "
            "for each of the patches."
        )
    if got.shape != (50, 10):
        return None
    if got.unique().numel() > 1 and (got == got[0]).all():
        return "All images hide the same patches: draw for each row."
    if (got.double().sum(dim=0) == 47).all():
        return (
            "The sort runs over the batch: each image has an order of its "
            "own, dim=1."
        )
    return None


def _order(batch, patches):
    return torch.rand(batch, patches).argsort(dim=1)


def _drawn_twice(batch, patches, visible):
    places = torch.randint(patches, (batch, patches - visible))
    return torch.zeros(batch, patches).scatter(1, places, 1) > 0


@check(
    cases=lambda: [(1500, 9, 2), (1200, 7, 3)],
    see=_seen_mask,
    find=_odd_mask,
    tolerance=0.05,
    slips={
        "Only `visible` patches are True: True means hidden, and `visible` "
        "stay seen.": lambda b, n, v: _order(b, n) < v,
        "Each patch is hidden by a chance of its own, so the number hidden "
        "differs from row to row. Hide exactly patches - visible.": (
            lambda b, n, v: torch.rand(b, n) >= v / n
        ),
        "One patch too many is seen: exactly `visible` stay. Is a `>` where "
        "`>=` belongs?": lambda b, n, v: _order(b, n) > v,
        "Some patches were drawn twice, so fewer are hidden: draw without "
        "replacement.": _drawn_twice,
        "Nothing is hidden. Was a random number below 1 compared with "
        "`visible`? Compare its place in the order, `argsort`.": (
            lambda b, n, v: torch.zeros(b, n) > 0
        ),
    },
)
def random_mask(batch, patches, visible):
    """How many images, patches, seen patches -> (B, N), True = hidden."""
    return hide_patches(batch, patches, visible)


def _loss_case(batch, patches, pixels, unequal=0):
    """Return patches twice and a mask; rows may hide unequally many."""
    more = torch.arange(batch)[:, None] % 3 * unequal
    hidden = _order(batch, patches) > 1 + more
    return *torch.randn(2, batch, patches, pixels), hidden


def _equal_rows(attempt):
    """Say whether an answer needs rows that hide equally many."""
    try:
        attempt(*_loss_case(4, 6, 2))
    except Exception:
        return None  # told by the cases
    try:
        attempt(*_loss_case(4, 6, 2, unequal=1))
    except RuntimeError:
        return (
            "It fails where the images hide unequally many patches. Picking "
            "with [hidden] forgets the rows; multiply by `hidden` instead."
        )
    return None


def _mean_hidden(errors, hidden):
    return (errors * hidden).sum(dim=1) / hidden.sum(dim=1)


def _hidden_error(
    patches_hat,
    patches,
    hidden,
    pixels=lambda squares: squares.mean(dim=2),
    end=_mean_hidden,
):
    """Return the error of hidden patches, with some knobs turned."""
    return end(pixels((patches_hat - patches).square()), hidden)


@check(
    cases=lambda: [_loss_case(5, 6, 4), _loss_case(7, 9, 3, unequal=1)],
    find=_equal_rows,
    learns=("patches_hat",),
    slips=mutants(
        _hidden_error,
        {
            "The seen patches count, too: the mean belongs to the hidden "
            "ones.": {"end": lambda e, hidden: e.mean(dim=1)},
            "Those are the seen patches: True means hidden.": {
                "end": lambda e, hidden: _mean_hidden(e, ~hidden)
            },
            "The sum over the hidden patches is divided by all of them; "
            "divide by how many are hidden.": {
                "end": lambda e, hidden: (e * hidden).mean(dim=1)
            },
            "The errors of the hidden patches are added up; take their "
            "mean.": {"end": lambda e, hidden: (e * hidden).sum(dim=1)},
            "The squares of all hidden pixels are added up; take the mean.": {
                "pixels": lambda squares: squares.sum(dim=2),
                "end": lambda e, hidden: (e * hidden).sum(dim=1),
            },
            "The sum of each image is divided by how many are hidden in the "
            "whole batch: hidden.sum(dim=1).": {
                "end": lambda e, hidden: (e * hidden).sum(1) / hidden.sum()
            },
            "One mean over all hidden patches of the batch came back; one for "
            "each image is wanted, (B,).": {
                "end": lambda e, hidden: e[hidden].mean()
            },
            "That runs over the batch; each image takes the mean over its own "
            "patches, dim=1.": {
                "end": lambda e, hidden: _mean_hidden(e.T, hidden.T)
            },
        },
    ),
)
def hidden_loss(patches_hat, patches, hidden):
    """Patches (B, N, P) twice, hidden (B, N) -> mean square error (B,)."""
    return hidden_mse(patches_hat, patches, hidden)


def _gaussian_case(batch, pixels, hide, ridge):
    """Return arguments of `fill_gaussian`; `hide` pixels are hidden."""
    spread = torch.randn(pixels, 2 * pixels)
    covariance = spread @ spread.T / (2 * pixels)
    hidden = torch.randperm(pixels) < hide
    x, mean = torch.randn(batch, pixels), torch.randn(pixels)
    return x, hidden, mean, covariance, ridge


def _eye(matrix):
    return torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)


def _filled(
    x,
    hidden,
    mean,
    covariance,
    ridge,
    less=1,
    plus=1,
    ridged=lambda cov, ridge: cov + ridge * _eye(cov),
    inverse=torch.linalg.inv,
):
    """Return the conditional mean, with some knobs turned."""
    seen = ~hidden
    own = ridged(covariance[seen][:, seen], ridge)
    weights = inverse(own) @ covariance[seen][:, hidden]
    return plus * mean[hidden] + (x[:, seen] - less * mean[seen]) @ weights


@check(
    cases=lambda: [
        _gaussian_case(5, 7, 3, 0.3),
        _gaussian_case(4, 9, 5, 0.05),
    ],
    slips=mutants(
        _filled,
        {
            "The mean is not taken from the seen pixels: x_v - mean_v.": {
                "less": 0
            },
            "The mean of the hidden pixels is not added at the end.": {
                "plus": 0
            },
            "The ridge is missing: add it to the diagonal of S_vv.": {
                "ridged": lambda cov, ridge: cov
            },
            "The ridge was added to every entry; it belongs on the diagonal, "
            "ridge * torch.eye(…).": {
                "ridged": lambda cov, ridge: cov + ridge
            },
            "covariance[v, v] is the diagonal alone; the block of all seen "
            "pixels is covariance[v][:, v].": {
                "ridged": lambda cov, ridge: cov.diagonal() + ridge * _eye(cov)
            },
            "S_vv is not inverted: torch.linalg.solve or torch.linalg.inv.": {
                "inverse": lambda matrix: matrix
            },
            "Each entry was inverted for itself; the inverse of a matrix is "
            "torch.linalg.inv.": {"inverse": torch.reciprocal},
        },
    )
    | {
        "The seen pixels were filled in from the hidden ones: True means "
        "hidden.": lambda x, hidden, *rest: _filled(x, ~hidden, *rest),
        "The diagonal is as long as S_vv, one entry for each *seen* pixel.": (
            lambda x, hidden, mean, cov, ridge: (
                cov[~hidden][:, ~hidden] + ridge * _eye(cov)
            )
        ),
    },
    skip=("device",),  # the lesson fills in on the CPU
)
def fill_gaussian(x, hidden, mean, covariance, ridge):
    """x (B, D), hidden (D,), mean, covariance, ridge -> hidden pixels (B, H).

    H pixels are hidden. They are given their mean under the Gaussian, given
    those that are seen; the ridge stands on the diagonal of S_vv.
    """
    return conditional_mean(x, hidden, mean, covariance, ridge)


def _dropped(states, hidden):
    return states[~hidden].view(len(states), -1, states.shape[2])


def _colleague(states, positions, hidden):
    seen = _dropped(states, hidden)
    return seen + positions[: seen.shape[1]]


def _see_case(batch, patches, visible, width):
    states = torch.randn(batch, patches, width)
    hidden = _order(batch, patches) >= visible
    return states, torch.randn(patches, width), hidden


@check(
    cases=lambda: [_see_case(5, 7, 3, 8), _see_case(3, 11, 5, 6)],
    learns=("states", "positions"),
    slips={
        "That is the colleague's way: the first seen patch gets position 0, "
        "wherever it stands.": _colleague,
        "No positions are added.": lambda s, p, hidden: _dropped(s, hidden),
        "Those are the hidden patches: True means hidden, drop these.": (
            lambda s, p, hidden: _dropped(s + p, ~hidden)
        ),
        "The hidden patches are zeros now, but still there: drop them.": (
            lambda s, p, hidden: (s + p) * ~hidden[:, :, None]
        ),
        "The first image's mask was used for all; each hides patches of its "
        "own.": lambda s, p, hidden: (s + p)[:, ~hidden[0]],
        "The right patches, but with the positions of the first image's; "
        "each image has its own.": lambda s, p, hidden: (
            _dropped(s, hidden) + p[~hidden[0]]
        ),
        "positions (N, W) has no axis of images: `positions.expand_as(states)"
        "[~hidden]`, or add before you drop.": lambda s, p, hidden: p[~hidden],
    },
)
def mended_visible(states, positions, hidden):
    """States (B, N, W), positions (N, W), hidden (B, N) -> (B, visible, W)."""
    return see_patches(states, positions, hidden)


HALF = 32  # pixels
TOO_GOOD = 0.024  # the best of 17 fair ways has 0.031


@functools.cache
def _halves():
    """Return known upper and lower halves, and those of other digits."""
    parts = digits().train, digits().test
    return [half for part in parts for half in part.flatten(1).split(HALF, 1)]


def _mse(a, b):
    return (a - b).square().mean().item()


@functools.cache
def _line():
    """Return what the line through the known digits fills in."""
    top, low, new_top, _ = _halves()
    known = torch.cat([top, low], dim=1)
    hidden = torch.arange(2 * HALF) >= HALF
    new = torch.cat([new_top, torch.zeros_like(new_top)], dim=1)
    return conditional_mean(
        new, hidden, known.mean(dim=0), known.T.cov(), 0.001
    )


def _halves_problem(fill):
    """Say what is wrong with a function that fills in digits, or nothing."""
    if not callable(fill):
        return (
            "It must be a function, or a network, that takes upper halves "
            f"(N, 32); got {short(fill)}."
        )
    top, low, new_top, new_low = _halves()
    given = new_top.clone()
    with torch.no_grad():
        got = fill(given)
        few, again = (fill(new_top[:3].clone()) for _ in range(2))
    if got is None:
        return "It returned None. Is there a `return`?"
    if not given.equal(new_top):
        return "It changes the upper halves in place: work on a copy."
    if problem := _halves_form(got, new_low):
        return problem
    got, few, again = (
        torch.as_tensor(each).float().cpu() for each in (got, few, again)
    )
    if few.shape == again.shape and not same(few, again, 1e-3):
        return (
            "Two calls fill in the same digit differently: is there a random "
            "number in it, or dropout, which needs `eval()`?"
        )
    if few.shape != got[:3].shape or not same(few, got[:3], 1e-3):
        return (
            "A digit is filled in differently in another batch: only its own "
            "upper half may tell. (A network with batch norm needs `eval()`.)"
        )
    return _halves_score(got, new_top, new_low)


def _halves_form(got, like):
    """Say what is wrong with the form of the lower halves, or nothing."""
    if not hasattr(got, "shape"):
        return f"It must return a tensor (N, 32); got {short(got)}."
    if tuple(got.shape) != tuple(like.shape):
        return (
            f"The lower halves should have shape {tuple(like.shape)}; got "
            f"{tuple(got.shape)}. A row of 32 for each digit: do topk and the "
            "mean run along the other axis?"
        )
    if not torch.as_tensor(got).isfinite().all():
        return "It holds NaN or infinity."
    return None


def _near(top, known, low, k=10, largest=False):
    near = torch.cdist(top, known).topk(k, largest=largest)
    return low[near.indices].mean(dim=1)


LIKE = {  # what lower halves resemble: made of (top, known, low)
    "It fills in nearly as a line does. What can a line not do?": (
        lambda *_: _line()
    ),
    "It is as blurred as a mean of 200 neighbours. Too many neighbours, too "
    "few epochs, too large a ridge?": (lambda *parts: _near(*parts, k=200)),
    "One neighbour alone is a rough guess: average some, another number.": (
        lambda *parts: _near(*parts, k=1)
    ),
    "Those are the digits *least* alike: largest=False.": (
        lambda *parts: _near(*parts, largest=True)
    ),
    "Those are upper halves; the lower ones of the neighbours are wanted.": (
        lambda top, known, low: _near(top, known, known)
    ),
    "topk gives values and indices: the values are distances, `.indices` say "
    "which digits.": lambda top, known, low: low[
        torch.cdist(top, known).topk(10, largest=False).values.long()
    ].mean(1),
    "That is the upper half again.": lambda top, *_: top,
}


def _halves_score(got, top, low):
    """Say why lower halves are no better than a line's, or nothing."""
    error, rival = _mse(got, low), _mse(_line(), low)
    score = f"Its error on new digits is {error:.4f}; the line's {rival:.4f}."
    if error < TOO_GOOD:
        return (
            f"Its error is {error:.4f} on new digits. Nobody can know that "
            "much: has it seen them? Use digits().train only."
        )
    if error < rival:
        return None
    if got.max() > 2:
        return (
            f"{score} Pixels lie between 0 and 1; these reach {got.max():.0f}."
        )
    if got.std(dim=0).max() < 1e-3:
        return (
            f"{score} Every digit is filled in alike: is the upper half used?"
        )
    known, known_low, _, _ = _halves()
    far = {
        sentence: _mse(got, make(top, known, known_low))
        for sentence, make in LIKE.items()
    }
    nearest = min(far, key=far.get)
    if far[nearest] < 0.3 * error:
        return f"{score} {nearest}"
    return (
        f"{score} Is each lower half taken from the digit that the upper half "
        "belongs to? A network may need more epochs, neighbours another "
        "number."
    )


def _course_fill(top):
    """Average the lower halves of the digits with the nearest upper ones."""
    known, low, _, _ = _halves()
    return _near(top.to(known), known, low)


outcome("fill_digits", _halves_problem, course=lambda: _course_fill)
