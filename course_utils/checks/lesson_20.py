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


def _cut(
    images,
    size,
    order=(0, 1, 3, 2, 4),
    apart=False,
    end=lambda tiles: tiles.flatten(3).flatten(1, 2),
):
    """Cut images into patches, with some knobs turned.

    order: of the axes image, row, row within, column, column within.
    """
    split = (size, -1) if apart else (-1, size)
    tiles = images[:, 0].unflatten(2, split).unflatten(1, split)
    if apart:
        tiles = tiles.permute(0, 2, 1, 4, 3)
    return end(tiles.permute(order))


def _windows(images, size):
    """Return what `unfold` gives: (B, size * size, N)."""
    return nn.functional.unfold(images, size, stride=size)


def _starts(images, size):
    """Cut patches that begin at pixel 0, 1, 2, ... by mistake."""
    rows, columns = (side // size for side in images.shape[2:])
    tiles = images[:, 0].unfold(1, size, 1).unfold(2, size, 1)
    return tiles[:, :rows, :columns].flatten(3).flatten(1, 2)


def _square(images, size):
    count = images.shape[3] // size
    return images.reshape(len(images), count, size, count, size)


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
    slips=mutants(
        _cut,
        {
            "Those are the rows of the images again: after splitting height "
            "and width, two axes must change places.": {
                "order": (0, 1, 2, 3, 4)
            },
            "The patches are counted column by column, not row by row.": {
                "order": (0, 3, 1, 2, 4)
            },
            "The pixels within a patch are read column by column; row by row "
            "is wanted.": {"order": (0, 1, 3, 4, 2)},
            "Rows and columns have changed places, of the patches and within "
            "them.": {"order": (0, 3, 1, 4, 2)},
            "The pixels of a patch lie apart in the image: split the height "
            "into (rows, size), not (size, rows).": {"apart": True},
            "The patches are still squares: flatten their last two axes.": {
                "end": lambda tiles: tiles.flatten(1, 2)
            },
            "The patches still stand in a grid: flatten its rows and columns "
            "into one axis.": {"end": lambda tiles: tiles.flatten(3)},
            "The patches of all images stand in one long list: keep the "
            "batch's axis.": {
                "end": lambda tiles: tiles.flatten(3).flatten(0, 2)
            },
            "The axis of the channel is still there: (B, N, size * size) is "
            "wanted.": {
                "end": lambda tiles: tiles.flatten(3).flatten(1, 2)[:, None]
            },
            "Each image became one row: it has N patches, each with its "
            "pixels.": {"end": lambda tiles: tiles.flatten(1)},
            "Five axes came back: flatten rows and columns of patches into "
            "one axis, and the pixels of a patch into another.": {
                "end": lambda tiles: tiles
            },
            "Only the first image was cut; all of the batch are wanted.": {
                "end": lambda tiles: tiles[:1].flatten(3).flatten(1, 2)
            },
        },
    )
    | {
        "The pixels stand as they did, cut into pieces: a patch would be a "
        "stretch of a row. Split height and width, then change two axes.": (
            lambda images, size: images.reshape(len(images), -1, size**2)
        ),
        "The axes of patches and pixels have changed places: `unfold` gives "
        "(B, size * size, N).": _windows,
        "The patches overlap: the next one begins `size` pixels further.": (
            lambda images, size: nn.functional.unfold(images, size).mT
        ),
        "`size` is the side of a patch in pixels, not how many stand in a "
        "row.": lambda images, size: (
            images[:, 0]
            .unflatten(2, (size, -1))
            .unflatten(1, (size, -1))
            .permute(0, 1, 3, 2, 4)
            .flatten(3)
            .flatten(1, 2)
        ),
        "A reshape does not swap axes: `unfold` gives (B, size * size, N); "
        "transpose it.": lambda images, size: _windows(images, size).reshape(
            len(images), -1, size**2
        ),
        "Patch i begins at pixel i * size, not at pixel i.": _starts,
        "Height and width differ here: count the rows by H // size and the "
        "columns by W // size.": _square,
        "As many columns as rows were cut; the width may differ: W // size.": (
            lambda images, size: _cut(images[..., : images.shape[2]], size)
        ),
        "The channel's axis stands before height and width, so all places "
        "are one later: drop it first, `images[:, 0]`.": (
            lambda images, size: (
                images.unflatten(3, (-1, size))
                .unflatten(2, (-1, size))
                .transpose(2, 3)
                .flatten(3)
                .flatten(1, 2)
            )
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
        got, again = (torch.as_tensor(attempt(50, 10, 3)) for _ in range(2))
    except Exception:
        return None  # told by the cases
    if got.shape in ((50, 7), (50, 3)):
        return (
            "Those are the numbers of some patches. A row holds True or False "
            "for each of the patches."
        )
    if got.shape == (10,):
        return "That is the mask of one image; make `batch` of them."
    if got.shape == (50, 16):
        return "16 patches are written out: `patches` says how many."
    if got.shape == (10, 50):
        return "Rows and columns have changed places: a row for each image."
    if got.shape != (50, 10):
        return None
    if got.unique().numel() > 1 and (got == got[0]).all():
        fixed = ", and at each call the same" * got.equal(again)
        return f"All images hide the same patches{fixed}: draw for each row."
    columns = got.double().sum(dim=0)
    if (columns == 47).all() or (columns == 3).all():
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


def _seen_drawn_twice(batch, patches, visible):
    places = torch.randint(patches, (batch, visible))
    return torch.ones(batch, patches).scatter(1, places, 0) > 0


def _block(batch, patches, visible):
    start = torch.randint(patches - visible + 1, (batch, 1))
    places = torch.arange(patches) - start
    return (places < 0) | (places >= visible)


def _stretch(batch, patches, visible):
    places = torch.arange(patches) - torch.randint(patches, (batch, 1))
    return places % patches >= visible


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
        "Each patch is seen or hidden with chance 1/2; hide exactly patches "
        "- visible.": lambda b, n, v: torch.rand(b, n) > 0.5,
        "One patch too many is seen: exactly `visible` stay. Is a `>` where "
        "`>=` belongs?": lambda b, n, v: _order(b, n) > v,
        "One patch too many is hidden: exactly `visible` stay seen.": (
            lambda b, n, v: _order(b, n) >= v - 1
        ),
        "Some patches were drawn twice, so fewer are hidden: draw without "
        "replacement.": _drawn_twice,
        "Some patches were drawn twice, so fewer are seen: draw without "
        "replacement.": _seen_drawn_twice,
        "True means hidden, so the comparison is the wrong way round; and one "
        "patch too many is taken.": lambda b, n, v: _order(b, n) <= v,
        "True means hidden, so the comparison is the wrong way round; and one "
        "patch too few is taken.": lambda b, n, v: _order(b, n) < v - 1,
        "The seen patches are neighbours, one stretch: draw each choice "
        "alike.": _block,
        "The hidden patches are neighbours, one stretch that goes round: "
        "draw each choice alike.": _stretch,
        "All is hidden: `visible` patches of each row stay seen.": (
            lambda b, n, v: torch.ones(b, n) > 0
        ),
        "Nothing is hidden. Was a random number below 1 compared with "
        "`visible`? Compare its place in the order, `argsort`.": (
            lambda b, n, v: torch.zeros(b, n) > 0
        ),
        "That is the random order itself; compare it with `visible`.": (
            lambda b, n, v: _order(b, n)
        ),
        "Those are the random numbers themselves: which of them belong to "
        "hidden patches?": lambda b, n, v: torch.rand(b, n),
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
    error=torch.square,
    pixels=lambda errors: errors.mean(dim=2),
    mask=lambda hidden: hidden,
    end=_mean_hidden,
):
    """Return the error of hidden patches, with some knobs turned."""
    return end(pixels(error(patches_hat - patches)), mask(hidden))


def _per_image(rows):
    return f"{rows} came back; one for each image is wanted, (B,)."


@check(
    cases=lambda: [_loss_case(5, 6, 4), _loss_case(7, 9, 3, unequal=1)],
    find=_equal_rows,
    learns=("patches_hat",),
    slips=mutants(
        _hidden_error,
        {
            "The seen patches count, too: the mean belongs to the hidden "
            "ones.": {"mask": torch.ones_like},
            "Those are the seen patches: True means hidden.": {
                "mask": torch.logical_not
            },
            "The sum over the hidden patches is divided by all of them; "
            "divide by how many are hidden.": {
                "end": lambda e, hidden: (e * hidden).mean(dim=1)
            },
            "The errors of the hidden patches are added up; take their "
            "mean.": {"end": lambda e, hidden: (e * hidden).sum(dim=1)},
            "The sum over the hidden patches is divided by how many are "
            "seen.": {
                "end": lambda e, hidden: (
                    (e * hidden).sum(dim=1) / (~hidden).sum(dim=1)
                )
            },
            "Each image hides its own number of patches; you divided by one "
            "number for all.": {
                "end": lambda e, hidden: (
                    (e * hidden).sum(dim=1) / hidden.sum() * len(hidden)
                )
            },
            "The squares of a patch's pixels are added up; take their mean.": {
                "pixels": lambda errors: errors.sum(dim=2)
            },
            "The squares of all hidden pixels are added up; take the mean.": {
                "pixels": lambda errors: errors.sum(dim=2),
                "end": lambda e, hidden: (e * hidden).sum(dim=1),
            },
            "The sum of each image is divided by how many are hidden in the "
            "whole batch: hidden.sum(dim=1).": {
                "end": lambda e, hidden: (e * hidden).sum(1) / hidden.sum()
            },
            "Each image hides its own number of patches; you divided by the "
            "first image's.": {
                "end": lambda e, hidden: (e * hidden).sum(1) / hidden[0].sum()
            },
            "12 is written out; `hidden` says how many.": {
                "end": lambda e, hidden: (e * hidden).sum(1) / 12
            },
            "`hidden` (B, N) has an axis less than the squares (B, N, P): "
            "take the mean over pixels first, or `hidden[:, :, None]`.": {
                "pixels": lambda errors: errors
            },
            _per_image("One mean over all hidden patches of the batch"): {
                "end": lambda e, hidden: e[hidden].mean()
            },
            _per_image("One number for the whole batch"): {
                "end": lambda e, hidden: _mean_hidden(e, hidden).mean()
            },
            _per_image("One number for each patch"): {
                "end": lambda e, hidden: e * hidden
            },
            _per_image("The hidden patches of the whole batch, in one row,"): {
                "end": lambda e, hidden: e[hidden]
            },
            "That runs over the batch; each image takes the mean over its own "
            "patches, dim=1.": {
                "end": lambda e, hidden: (
                    (e * hidden).sum(dim=0) / hidden.sum(dim=0)
                )
            },
            "Those are absolute errors; take squares.": {"error": torch.abs},
            "The differences are not squared.": {"error": lambda d: d},
            "The pixels were averaged before squaring, so errors of two signs "
            "cancel.": {
                "error": lambda d: d,
                "pixels": lambda d: d.mean(dim=2).square(),
            },
            "The root was taken; the mean square is wanted.": {
                "end": lambda e, hidden: _mean_hidden(e, hidden).sqrt()
            },
        },
    )
    | {
        "The guess alone is masked, so the seen patches count: mask the "
        "squares.": lambda hat, patches, hidden: (
            (hat * hidden[:, :, None] - patches).square().mean(2).sum(1)
            / hidden.sum(1)
        ),
    },
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
    less=lambda mean, x: mean,
    plus=lambda mean: mean,
    sign=1,
    ridged=lambda cov, ridge: cov + ridge * _eye(cov),
    inverse=torch.linalg.inv,
    cross=lambda cov, seen: cov[seen][:, ~seen],
    end=lambda filled, x, hidden: filled,
):
    """Return the conditional mean, with some knobs turned."""
    seen = ~hidden
    weights = inverse(ridged(covariance[seen][:, seen], ridge))
    known = x[:, seen] - less(mean, x)[seen]
    filled = known @ weights @ cross(covariance, seen)
    return end(plus(mean)[hidden] + sign * filled, x, hidden)


def _correlation(covariance):
    std = covariance.diagonal().sqrt()
    return covariance / std / std[:, None]


def _other_ridge(answer, x, hidden, mean, covariance, ridge):
    """Say which other number stands on the diagonal."""
    for other in (1e-6, 1e-4, 1e-3, 0.01, 0.1, ridge**2, ridge**0.5):
        if same(answer, _filled(x, hidden, mean, covariance, other)):
            return (
                f"{other:.2g} was added to the diagonal; {ridge} is `ridge`."
            )
    return None


def _whole(filled, x, hidden):
    x = x.clone()
    x[:, hidden] = filled
    return x


@check(
    cases=lambda: [
        _gaussian_case(5, 7, 3, 0.3),
        _gaussian_case(4, 9, 5, 0.05),
    ],
    slips=mutants(
        _filled,
        {
            "The mean is not taken from the seen pixels: x_v - mean_v.": {
                "less": lambda mean, x: 0 * mean
            },
            "The mean of the hidden pixels is not added at the end.": {
                "plus": torch.zeros_like
            },
            "The means of seen and hidden pixels are both missing.": {
                "less": lambda mean, x: 0 * mean,
                "plus": torch.zeros_like,
            },
            "That is the mean image alone: the seen pixels are not used.": {
                "sign": 0
            },
            "The sign is wrong: what the seen pixels tell is added to the "
            "mean.": {"sign": -1},
            "The ridge is missing: add it to the diagonal of S_vv.": {
                "ridged": lambda cov, ridge: cov
            },
            "The ridge was added to every entry; it belongs on the diagonal, "
            "ridge * torch.eye(…).": {
                "ridged": lambda cov, ridge: cov + ridge
            },
            "1 was added to the diagonal, not the ridge.": {
                "ridged": lambda cov, ridge: cov + _eye(cov)
            },
            "The ridge was taken from the diagonal; add it.": {
                "ridged": lambda cov, ridge: cov - ridge * _eye(cov)
            },
            "S_vv is not inverted: torch.linalg.solve or torch.linalg.inv.": {
                "inverse": lambda matrix: matrix
            },
            "Each entry was inverted for itself; the inverse of a matrix is "
            "torch.linalg.inv.": {"inverse": torch.reciprocal},
            "S_vv⁻¹ is missing: W = S_hv S_vv⁻¹.": {"inverse": _eye},
            "The ridge multiplies the covariance; add it to the diagonal.": {
                "ridged": lambda cov, ridge: cov * (1 + ridge)
            },
            "covariance[v, v] is the diagonal alone; the block of all seen "
            "pixels is covariance[v][:, v].": {
                "ridged": lambda cov, ridge: cov.diagonal() + ridge * _eye(cov)
            },
            "Only the diagonal of S_vv was used, as if the seen pixels knew "
            "nothing of each other.": {
                "inverse": lambda matrix: matrix.diagonal().reciprocal().diag()
            },
            "The mean of these images was taken away; take the `mean` that is "
            "given.": {"less": lambda mean, x: x.mean(dim=0)},
            "S_hv does not fit here. Images are rows, so W stands transposed "
            "on their right: (x_v - mean_v) @ W.T, or S_vh for S_hv.": {
                "cross": lambda cov, seen: cov[~seen][:, seen]
            },
            "The whole images came back; only the hidden pixels are wanted.": {
                "end": _whole
            },
            "The answer is cut to [0, 1]; return the mean as it is.": {
                "end": lambda filled, x, hidden: filled.clamp(0, 1)
            },
        },
    )
    | {
        "The seen pixels were filled in from the hidden ones: True means "
        "hidden.": lambda x, hidden, *rest: _filled(x, ~hidden, *rest),
        "covariance[v, h] pairs them one by one; the block of all pairs is "
        "covariance[v][:, h].": lambda x, hidden, mean, cov, ridge: cov[
            ~hidden, hidden
        ],
        "The diagonal is as long as S_vv, one entry for each *seen* pixel.": (
            lambda x, hidden, mean, cov, ridge: (
                cov[~hidden][:, ~hidden] + ridge * _eye(cov)
            )
        ),
        "These images' own mean was used; take the `mean` that is given.": (
            lambda x, hidden, mean, *rest: _filled(
                x, hidden, x.mean(dim=0), *rest
            )
        ),
        "Each pixel has a mean of its own; you took one number for all.": (
            lambda x, hidden, mean, *rest: _filled(
                x, hidden, mean.mean().expand_as(mean), *rest
            )
        ),
        "These images' own covariance was used; take the one that is given.": (
            lambda x, hidden, mean, cov, ridge: _filled(
                x, hidden, mean, x.T.cov(), ridge
            )
        ),
        "The first pixels were taken as the seen ones; `hidden` says which "
        "are.": lambda x, hidden, *rest: _filled(
            x, hidden.sort().values, *rest
        ),
        "The whole covariance was inverted, then cut: cut out S_vv first.": (
            lambda x, hidden, mean, cov, ridge: _filled(
                x,
                hidden,
                mean,
                cov,
                ridge,
                inverse=lambda _: torch.linalg.inv(cov + ridge * _eye(cov))[
                    ~hidden
                ][:, ~hidden],
            )
        ),
        "The ridge was added to the inverse; add it to S_vv first.": (
            lambda *parts: _filled(
                *parts,
                ridged=lambda cov, ridge: cov,
                inverse=lambda matrix: (
                    torch.linalg.inv(matrix) + parts[-1] * _eye(matrix)
                ),
            )
        ),
        "Only the diagonal of S_vv was used, as if the seen pixels knew "
        "nothing of each other; and the ridge is missing.": (
            lambda *parts: _filled(
                *parts,
                ridged=lambda cov, ridge: cov,
                inverse=lambda matrix: matrix.diagonal().reciprocal().diag(),
            )
        ),
        "Those are correlations; take the covariance as it is.": (
            lambda x, hidden, mean, cov, ridge: _filled(
                x, hidden, mean, _correlation(cov), ridge
            )
        ),
        "S_hh was inverted; it is S_vv, of the seen pixels.": (
            lambda x, hidden, mean, cov, ridge: _filled(
                x,
                hidden,
                mean,
                cov,
                ridge,
                inverse=_eye,
                cross=lambda cov, seen: torch.linalg.solve(
                    (cov + ridge * _eye(cov))[~seen][:, ~seen],
                    cov[seen][:, ~seen],
                    left=False,
                ),
            )
        ),
    },
    why=_other_ridge,
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


def _last_places(states, positions, hidden):
    seen = _dropped(states, hidden)
    return seen + positions[-seen.shape[1] :]


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
        "The seen patches get the last positions, wherever they stand.": (
            _last_places
        ),
        "No positions are added.": lambda s, p, hidden: _dropped(s, hidden),
        "Positions alone came back: add them to the patches.": (
            lambda s, p, hidden: _dropped(p.expand_as(s), hidden)
        ),
        "Those are the hidden patches: True means hidden, drop these.": (
            lambda s, p, hidden: _dropped(s + p, ~hidden)
        ),
        "Nothing is dropped: the encoder sees what is hidden.": (
            lambda s, p, hidden: s + p
        ),
        "The hidden patches are zeros now, but still there: drop them.": (
            lambda s, p, hidden: (s + p) * ~hidden[:, :, None]
        ),
        "The hidden patches are still there, with their positions: drop "
        "them.": lambda s, p, hidden: s * ~hidden[:, :, None] + p,
        "The patches of all images stand in one list: bring them back to (B, "
        "visible, W).": lambda s, p, hidden: (s + p)[~hidden],
        "The first image's mask was used for all; each hides patches of its "
        "own.": lambda s, p, hidden: (s + p)[:, ~hidden[0]],
        "The right patches, but with the positions of the first image's; "
        "each image has its own.": lambda s, p, hidden: (
            _dropped(s, hidden) + p[~hidden[0]]
        ),
        "The positions of the hidden patches were added.": (
            lambda s, p, hidden: (
                _dropped(s, hidden)
                + _dropped(p.expand_as(s), ~hidden)[:, : (~hidden[0]).sum()]
            )
        ),
        "positions[hidden.long()] is position 0 or 1; add them all, as they "
        "are.": lambda s, p, hidden: _dropped(s + p[hidden.long()], hidden),
        "positions (N, W) has no axis of images: `positions.expand_as(states)"
        "[~hidden]`, or add before you drop.": lambda s, p, hidden: p[~hidden],
        "The mask holds the axis of images, too: `[~hidden]`, without the "
        "colon.": lambda s, p, hidden: s[:, ~hidden],
        "positions (N, W) fits (B, N, W) as it is: no `[:, None]`.": (
            lambda s, p, hidden: s + p[:, None]
        ),
        "masked_select wants an axis more: `~hidden[:, :, None]`.": (
            lambda s, p, hidden: s.masked_select(~hidden)
        ),
        "(B, W, visible) came back: view(B, -1, W), in this order.": (
            lambda s, p, hidden: (s + p)[~hidden].view(len(s), s.shape[2], -1)
        ),
        "The patches went to other images: they stand image by image, "
        "view(B, -1, W).": lambda s, p, hidden: (
            (s + p)[~hidden].view(-1, len(s), s.shape[2]).transpose(0, 1)
        ),
        "The positions are concatenated; add them.": lambda s, p, hidden: (
            _dropped(torch.cat([s, p.expand_as(s)], dim=2), hidden)
        ),
        "The positions are subtracted; add them.": lambda s, p, hidden: (
            _dropped(s - p, hidden)
        ),
        "The positions are added once more, the colleague's way.": (
            lambda s, p, hidden: _colleague(s + p, p, hidden)
        ),
        "The positions are multiplied; add them.": lambda s, p, hidden: (
            _dropped(s * p, hidden)
        ),
        "The numbers of the places were added; each place has a vector, "
        "positions[place].": lambda s, p, hidden: _dropped(
            s + torch.arange(len(p)).to(s)[:, None], hidden
        ),
        "The positions are added twice.": lambda s, p, hidden: _dropped(
            s + 2 * p, hidden
        ),
        "The seen patches are in reverse order.": lambda s, p, hidden: (
            _dropped(s + p, hidden).flip(1)
        ),
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
    images = digits()
    return *images.train.flatten(1).split(HALF, dim=1), *images.test.flatten(
        1
    ).split(HALF, dim=1)


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


def _fills_one(fill, top):
    try:
        return fill(top).shape == (HALF,)
    except Exception:
        return False


def _halves_problem(fill):
    """Say what is wrong with a function that fills in digits, or nothing."""
    if isinstance(fill, type):
        return "That is a class: make an object of it, and train it."
    if not callable(fill):
        method = hasattr(fill, "predict") * " Its method `predict` is one."
        return (
            "It must be a function, or a network, that takes upper halves "
            f"(N, 32); got {short(fill)}.{method}"
        )
    top, low, new_top, new_low = _halves()
    given = new_top.clone()
    with torch.no_grad():
        try:
            got = fill(given)
        except Exception:
            if _fills_one(fill, new_top[0].clone()):
                return (
                    "It fills in one digit, but takes many, (N, 32): a loop "
                    "over the rows, or `torch.cdist`."
                )
            raise
        few = fill(new_top[:3].clone()) if got is not None else None
        again = fill(new_top[:3].clone()) if got is not None else None
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
    if tuple(got.shape) == (len(like), 2 * HALF):
        return "Whole digits came back; return the lower halves, (N, 32)."
    if tuple(got.shape) != tuple(like.shape):
        fits = len(got.shape) and len(got) == len(like)
        hint = (
            "Each is one row of 32, not an image: flatten(1)."
            if fits and len(got.shape) > 2
            else ""
            if fits
            else "Its first axis should be the digits: do topk and the mean "
            "run along the others?"
        )
        return (
            f"The lower halves should have shape {tuple(like.shape)}; got "
            f"{tuple(got.shape)}. {hint}".strip()
        )
    if not torch.as_tensor(got).isfinite().all():
        return "It holds NaN or infinity."
    return None


def _near(top, known, low, k=10, largest=False, end=lambda y: y.mean(dim=1)):
    return end(low[torch.cdist(top, known).topk(k, largest=largest).indices])


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
    "Upper halves were compared with lower ones.": (
        lambda top, known, low: _near(top, low, low)
    ),
    "A large product does not mean alike, for bright digits have one with "
    "all: take the distance.": (
        lambda top, known, low: low[(top @ known.T).topk(10).indices].mean(1)
    ),
    "topk gives values and indices: the values are distances, `.indices` say "
    "which digits.": lambda top, known, low: low[
        torch.cdist(top, known).topk(10, largest=False).values.long()
    ].mean(1),
    "The largest of the neighbours' pixels is no mean.": (
        lambda *parts: _near(*parts, end=lambda y: y.amax(dim=1))
    ),
    "The pixels are rounded: a mean between 0 and 1 has a smaller error.": (
        lambda *parts: _near(*parts).round()
    ),
    "That is the upper half again.": lambda top, *_: top,
    "That is the upper half again, mirrored.": lambda top, *_: _flipped(top),
}


def _flipped(halves):
    return halves.view(-1, 4, 8).flip(1).flatten(1)


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
    if _mse(_flipped(got), low) < rival:
        return f"{score} The rows are upside down."
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


def _course_fill(top, k=10):
    """Average the lower halves of the digits with the nearest upper ones."""
    known, low, _, _ = _halves()
    near = torch.cdist(top.to(known), known).topk(k, largest=False).indices
    return low[near].mean(dim=1)


outcome("fill_digits", _halves_problem, course=lambda: _course_fill)
