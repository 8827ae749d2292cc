"""Checks of lesson 20."""

import functools

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


@check(
    cases=lambda: [
        (torch.randn(3, 1, 6, 6), 2),
        (torch.randn(5, 1, 6, 12), 3),
    ],
    learns=("images",),
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
    },
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
        "Each image should hide patches of its own; the share of images that "
        "hide what the one before hides.": rows,
        "Each patch should be hidden equally often; the largest share.": (
            share.max()
        ),
        "Each patch should be hidden equally often; the smallest share.": (
            share.min()
        ),
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
        "The hidden patches are neighbours, one stretch that goes round: "
        "draw each choice alike.": _stretch,
        "All is hidden: `visible` patches of each row stay seen.": (
            lambda b, n, v: torch.ones(b, n) > 0
        ),
        "Nothing is hidden.": lambda b, n, v: torch.zeros(b, n) > 0,
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
            "Only the diagonal of S_vv was used, as if the seen pixels knew "
            "nothing of each other.": {
                "inverse": lambda matrix: matrix.diagonal().reciprocal().diag()
            },
            "The mean of these images was taken away; take the `mean` that is "
            "given.": {"less": lambda mean, x: x.mean(dim=0)},
            "S_vv and S_vh do not fit: the rows of S_vh belong to the seen "
            "pixels, its columns to the hidden ones.": {
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


def _last_places(states, positions, hidden):
    seen = _dropped(states, hidden)
    return seen + positions[-seen.shape[1] :]


def _see_case(batch, patches, visible, width):
    states = torch.randn(batch, patches, width)
    hidden = _order(batch, patches) >= visible
    return states, torch.randn(patches, width), hidden


@check(
    cases=lambda: [_see_case(5, 7, 3, 4), _see_case(4, 9, 5, 6)],
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
        "The positions are multiplied; add them.": lambda s, p, hidden: (
            _dropped(s * p, hidden)
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
    """Return what a Gaussian of the known digits fills in."""
    top, low, new_top, _ = _halves()
    known = torch.cat([top, low], dim=1)
    hidden = torch.arange(2 * HALF) >= HALF
    new = torch.cat([new_top, torch.zeros_like(new_top)], dim=1)
    return conditional_mean(
        new, hidden, known.mean(dim=0), known.T.cov(), 0.001
    )


def _halves_problem(fill):
    """Say what is wrong with a function that fills in digits, or nothing."""
    if isinstance(fill, type):
        return "That is a class: make an object of it, and train it."
    if not callable(fill):
        return (
            "It must be a function, or a network, that takes upper halves "
            f"(N, 32); got {short(fill)}."
        )
    top, low, new_top, new_low = _halves()
    given = new_top.clone()
    with torch.no_grad():
        got = fill(given)
        few = fill(new_top[:3].clone()) if got is not None else None
    if got is None:
        return "It returned None. Is there a `return`?"
    if not given.equal(new_top):
        return "It changes the upper halves in place: work on a copy."
    if problem := _halves_form(got, new_low):
        return problem
    got, few = (torch.as_tensor(each).float().cpu() for each in (got, few))
    if few.shape != got[:3].shape or not same(few, got[:3], 1e-3):
        return (
            "A digit is filled in differently in another batch: only its own "
            "upper half may tell. (A network with dropout or batch norm needs "
            "`eval()`.)"
        )
    return _halves_score(got, new_top, new_low)


def _halves_form(got, like):
    """Say what is wrong with the form of the lower halves, or nothing."""
    if not hasattr(got, "shape"):
        return f"It must return a tensor (N, 32); got {short(got)}."
    if tuple(got.shape) == (len(like), 2 * HALF):
        return "Whole digits came back; return the lower halves, (N, 32)."
    if tuple(got.shape) != tuple(like.shape):
        return (
            f"The lower halves should have shape {tuple(like.shape)}; got "
            f"{tuple(got.shape)}."
        )
    if not torch.as_tensor(got).isfinite().all():
        return "It holds NaN or infinity."
    return None


def _halves_score(got, top, low):
    """Say why lower halves are no better than a Gaussian's, or nothing."""
    error, rival = _mse(got, low), _mse(_line(), low)
    score = (
        f"Its error on new digits is {error:.4f}; a Gaussian's {rival:.4f}."
    )
    if error < 0.005:
        return (
            f"Its error is {error:.4f} on new digits. Nobody can know that "
            "much: has it seen them? Use digits().train only."
        )
    if error < rival:
        return None
    if got.equal(top):
        return f"{score} That is the upper half again."
    if got.max() > 2:
        return (
            f"{score} Pixels lie between 0 and 1; these reach {got.max():.0f}."
        )
    if got.std(dim=0).max() < 1e-3:
        return f"{score} Every digit is filled in alike: is `top` used?"
    if _mse(got, _line()) < 0.3 * error and error < 1.3 * rival:
        return (
            f"{score} It fills in nearly as a line does. What can a line not "
            "do?"
        )
    rows = got.view(-1, 4, 8).flip(1).flatten(1)
    if _mse(rows, low) < rival:
        return f"{score} The rows are upside down."
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
