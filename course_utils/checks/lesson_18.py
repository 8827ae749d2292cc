"""Checks of lesson 18."""

import torch

from course_utils.checks.comparing import short
from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.handing import listed
from course_utils.datasets import fashion_mnist


def _nearest(
    z,
    codebook,
    power=2,
    pick=torch.argmin,
    dim=1,
    numbers=slice(None),
    book=lambda codebook: codebook,
):
    """Return the nearest codes with some knobs turned."""
    apart = z[:, None, numbers] - book(codebook)[None, :, numbers]
    return pick(apart.abs().pow(power).sum(dim=2), dim=dim)


def _unit(vectors):
    return vectors / vectors.norm(dim=-1, keepdim=True)


def _signed(z, book, end):
    """Return the smallest of differences ended in some other way."""
    return end(z[:, None] - book).argmin(1)


def _no_number_each(answer, z, codebook):
    """Say what came back in place of a number for each vector."""
    shape, n, k = getattr(answer, "shape", None), len(z), len(codebook)
    if shape == (n, k):
        return (
            "A table came back, a row for each vector and a column for each "
            "code; one number for each vector is wanted: argmin(dim=1)."
        )
    if shape == ():
        return (
            "One number came back; one for each vector is wanted: "
            "argmin(dim=1)."
        )
    if shape in ((1,), (k,)):
        what = "the first vector" if shape == (1,) else "each code"
        return f"A number for {what} came back; one for each vector is wanted."
    return None


@check(
    cases=lambda: [
        (3 * torch.randn(9, 2), 3 * torch.randn(6, 2)),
        (torch.randn(40, 4), torch.randn(17, 4)),
        (torch.randn(6, 3) + 5, torch.randn(30, 3)),
    ],
    skip=("far",),
    why=_no_number_each,
    slips=mutants(
        _nearest,
        {
            "You took the farthest code; take the nearest.": {
                "pick": torch.argmax
            },
            "For each code you found the nearest vector; it is the other "
            "way round: a code for each vector.": {"dim": 0},
            "You added up absolute differences; the distance squares them "
            "first.": {"power": 1},
            "Only the first number of each vector is looked at.": {
                "numbers": slice(1)
            },
        },
    )
    | {
        "You return the distances; the number of the nearest code is "
        "wanted, by argmin.": lambda z, book: torch.cdist(z, book).amin(1),
        "min gives back two things, values and places; the places are "
        "wanted: argmin.": lambda z, book: torch.cdist(z, book).min(1),
        "That is the second nearest.": (
            lambda z, book: torch.cdist(z, book).argsort(1)[:, 1]
        ),
        "The square is missing: differences of both signs cancel.": (
            lambda z, book: _signed(z, book, lambda gap: gap.sum(2))
        ),
        "Square first, then add up: otherwise differences of both signs "
        "cancel.": lambda z, book: _signed(
            z, book, lambda gap: gap.sum(2).abs()
        ),
        "You looked at the largest difference only; the distance adds up "
        "the squares of all.": lambda z, book: _signed(
            z, book, lambda gap: gap.abs().amax(2)
        ),
        "The smallest product is not the nearest.": (
            lambda z, book: (z @ book.T).argmin(1)
        ),
        "|z - e|² is |z|² - 2 z·e + |e|²: the 2 is missing.": (
            lambda z, book: (book.square().sum(1) - z @ book.T).argmin(1)
        ),
        "Three codes is the example; take as many as the codebook has.": (
            lambda z, book: _nearest(z, book[:3])
        ),
        "These are the example's numbers written out; work them out from z "
        "and codebook.": lambda z, book: torch.tensor([0, 1, 2, 2, 1]),
        "You return the vectors of the codes; their numbers are wanted.": (
            lambda z, book: book[_nearest(z, book)]
        ),
        "The numbers are counted from 1; the first code is 0.": (
            lambda z, book: _nearest(z, book) + 1
        ),
        "The largest product is not the nearest: a long code wins too "
        "often.": lambda z, book: (z @ book.T).argmax(1),
        "That is the smallest angle, not the smallest distance.": (
            lambda z, book: (_unit(z) @ _unit(book).T).argmax(1)
        ),
    },
)
def nearest_code(z, codebook):
    """The nearest code: vectors (N, D), codebook (K, D) -> numbers (N,)."""
    return torch.cdist(z, codebook).argmin(dim=1)


def _gradients(attempt, z, z_q):
    """Call an attempt; return the answer and the gradients of both."""
    z = z.clone().requires_grad_()
    z_q = z_q.clone().requires_grad_()
    answer = attempt(z, z_q)
    if not torch.is_tensor(answer):
        return answer
    weights = torch.linspace(1, 2, answer.numel()).view(answer.shape)
    if not answer.requires_grad:
        return answer, torch.zeros_like(z), torch.zeros_like(z_q)
    (answer * weights).sum().backward()
    none = torch.zeros_like
    return (
        answer.detach(),
        none(z) if z.grad is None else z.grad,
        none(z_q) if z_q.grad is None else z_q.grad,
    )


def _kept(attempt):
    """Say whether z or z_q is changed in place."""
    given = torch.randn(4, 3, requires_grad=True), torch.randn(4, 3)
    before = [v.detach().clone() for v in given]
    try:
        attempt(*given)
    except Exception:
        return None  # told by the cases
    for name, old, new in zip(("z", "z_q"), before, given, strict=True):
        if not torch.equal(old, new):
            return (
                f"It changes `{name}` in place. Work on a new tensor: no "
                ".data on the left, no copy_."
            )
    return None


def _which_part(answer, z, z_q):
    """Say whether the value is wrong, or one of the two gradients."""
    if answer is None:
        return None
    if not isinstance(answer, tuple) or not torch.is_tensor(answer[0]):
        return f"One tensor is wanted; got {short(answer)}."
    if len(answer) != 3 or answer[0].shape != z.shape:
        return f"A tensor of the shape of z is wanted, {tuple(z.shape)}."
    value, at_z, at_codes = answer
    if not torch.allclose(value, z_q, atol=1e-4):
        return "The value is not z_q: after all additions z_q must be left."
    if at_codes.any():
        return "The value is right, but a gradient goes to z_q."
    factor = "the gradient that arrives, times 1"
    return f"The value is right, but z does not get {factor}."


@check(
    cases=lambda: [
        (torch.randn(5, 3), torch.randn(5, 3)),
        (torch.randn(2, 7, 4), torch.randn(2, 7, 4)),
    ],
    call=_gradients,
    find=_kept,
    why=_which_part,
    slips={
        "The value is still that of z: nothing is quantised. The colleague's "
        "line is unchanged.": lambda z, z_q: z_q + (z - z_q).detach(),
        "That is z itself: nothing is quantised.": lambda z, z_q: z + 0,
        "The value is right, but no gradient reaches z: it goes to z_q.": (
            lambda z, z_q: z_q + 0
        ),
        "The value is right, but no gradient gets through at all.": (
            lambda z, z_q: z_q.detach()
        ),
        "The value is right, but the gradient goes to z_q as well: detach "
        "z_q, too.": lambda z, z_q: z_q + z - z.detach(),
        "The sign in the bracket is wrong: z + (z_q - z) is z_q.": (
            lambda z, z_q: z + (z - z_q).detach()
        ),
        "The value is right, but the gradient of z has the wrong sign, and "
        "z_q gets one, too: detach the bracket, not z.": (
            lambda z, z_q: z_q - z + z.detach()
        ),
        "z_q is added whole; add the difference z_q - z.": (
            lambda z, z_q: z + z_q.detach()
        ),
        "The difference alone came back; z must be there once more.": (
            lambda z, z_q: (z_q - z).detach()
        ),
    },
)
def straight_through(z, z_q):
    """The value of z_q, the gradient of z: two of one shape -> the same."""
    return z + (z_q - z).detach()


def _price(z, z_q, still=True, end=None, power=2, dims=(1, 2), how="sum"):
    """Return the commitment with some knobs turned."""
    z_q = z_q.detach() if still else z_q
    apart = (z - z_q).abs() ** power
    return getattr(apart, how)(dims) if end is None else end(apart)


def _both_moved(attempt):
    """Say whether the price moves the codes, or does not move z."""
    z, z_q = torch.randn(4, 6, 3), torch.randn(4, 6, 3)
    try:
        answer, at_z, at_codes = _gradients(attempt, z, z_q)
    except Exception:
        return None  # told by the cases
    right = _price(z, z_q)
    if answer.shape != right.shape:
        return None
    if at_codes.any() and torch.allclose(answer, 2 * right, rtol=1e-3):
        return "You added the price that moves the codes; only z's is wanted."
    if not torch.allclose(answer, right, rtol=1e-3):
        return None
    if at_codes.abs().sum() > 0 and at_z.abs().sum() == 0:
        return "It moves the codes, not z: detach z_q instead of z."
    if at_codes.abs().sum() > 0:
        return "It moves the codes as well: detach z_q."
    return None


def _not_each(answer, z, z_q):
    """Say what came back in place of a price for each image."""
    shape = tuple(getattr(answer, "shape", ()))
    if shape == tuple(z.shape):
        return "Nothing is summed; one price for each image is wanted."
    if shape == (z.shape[2],):
        return (
            "You summed over the images as well; one price for each image "
            "is wanted: dim=(1, 2)."
        )
    return None


def _still(end):
    """Return the slip that ends the differences in some other way."""
    return lambda z, z_q: end(z - z_q.detach())


@check(
    cases=lambda: [
        (torch.randn(5, 6, 3), torch.randn(5, 6, 3)),
        (torch.randn(2, 49, 8), torch.randn(2, 49, 8)),
    ],
    find=_both_moved,
    why=_not_each,
    learns=("z",),
    slips=mutants(
        _price,
        {
            "You averaged; sum over all numbers of an image.": {"how": "mean"},
            "One number for the whole batch came back; one for each image "
            "is wanted.": {"end": torch.sum},
            "One mean for the whole batch came back; a sum for each image "
            "is wanted.": {"end": torch.mean},
            "One price for each vector came back; sum over the vectors of "
            "an image, too.": {"dims": 2},
            "You summed over the vectors only; sum over their numbers, too.": {
                "dims": 1
            },
            "You summed over the batch; one price for each image is wanted.": {
                "dims": 0
            },
            "The distance is squared: these are absolute differences.": {
                "power": 1
            },
            "You took the root; the squared distance is wanted.": {
                "end": lambda apart: apart.sum((1, 2)).sqrt()
            },
            "You summed over the numbers and averaged over the vectors; sum "
            "over both.": {"end": lambda apart: apart.sum(2).mean(1)},
            "You averaged over the numbers and summed over the vectors; sum "
            "over both.": {"end": lambda apart: apart.mean(2).sum(1)},
            "The factor 1/2 does not belong here.": {
                "end": lambda apart: apart.sum((1, 2)) / 2
            },
            "The weight 0.25 comes later; return the price itself.": {
                "end": lambda apart: apart.sum((1, 2)) / 4
            },
            "You took the root for each vector; the squared distance is "
            "wanted.": {"end": lambda apart: apart.sum(2).sqrt().sum(1)},
            "You kept the largest; sum over all.": {
                "end": lambda apart: apart.amax((1, 2))
            },
        },
    )
    | {
        "The square is missing.": _still(lambda gap: gap.sum((1, 2))),
        "Square first, then sum: differences of both signs cancel.": _still(
            lambda gap: gap.sum((1, 2)).square()
        ),
        "The difference is wanted, z minus z_q; you added.": (
            lambda z, z_q: (z + z_q.detach()).square().sum((1, 2))
        ),
        "That is the difference of the squares; take the square of the "
        "difference.": lambda z, z_q: (z**2 - z_q.detach() ** 2).sum((1, 2)),
    },
)
def commitment(z, z_q):
    """Vectors and their codes, (B, T, D) each -> a price (B,)."""
    return (z - z_q.detach()).square().sum(dim=(1, 2))


def _dead(codes, size, first=0, last=0):
    alive = set(codes.flatten().tolist())
    return [c for c in range(first, size + last) if c not in alive]


def _alive(codes, size):
    return sorted(set(codes.flatten().tolist()))


def _in_order(answer):
    """Return a list of numbers as a tensor, the smallest first."""
    answer = listed(answer)
    flat = torch.is_tensor(answer) and answer.ndim == 1
    return answer.sort().values if flat else answer


def _living_or_missing(answer, codes, size):
    """Name a code that is wrongly in a list of the dead, or not in it."""
    if not torch.is_tensor(answer) or answer.ndim != 1:
        return None
    dead, named = _dead(codes, size), answer.tolist()
    if strange := [c for c in named if not 0 <= c < size]:
        return f"{strange[0]} is no code: they go from 0 to {size - 1}."
    if alive := [int(c) for c in named if c not in dead]:
        times = int((codes == alive[0]).sum())
        return f"Code {alive[0]} is in your list, but it occurs ({times} ×)."
    if missed := [c for c in dead if c not in named]:
        return f"Code {missed[0]} occurs nowhere; it is not in your list."
    return "A code stands in your list more than once."


@check(
    cases=lambda: [
        (torch.randint(9, (3, 2, 2)) + 1, 12),
        (torch.randint(6, (8, 7, 7)) * 2, 16),
        (torch.arange(16).view(1, 4, 4), 16),
        (torch.randint(40, (5, 3, 3)), 64),
        (torch.arange(98).view(2, 7, 7) // 97, 8),  # 1 occurs once
    ],
    view=_in_order,
    why=_living_or_missing,
    skip=("far", "one", "device"),  # maps come from `predict`: on the CPU
    slips={
        "Those are the codes that live; the others are wanted.": _alive,
        "Code 0 is left out.": lambda codes, size: _dead(codes, size, 1),
        "The numbers end at size − 1; yours go one too far.": (
            lambda codes, size: _dead(codes, size, 0, 1)
        ),
        "The last code, size − 1, is left out.": (
            lambda codes, size: _dead(codes, size, 0, -1)
        ),
        "You return how many; which ones is wanted.": (
            lambda codes, size: len(_dead(codes, size))
        ),
        "You return how many are alive; which ones are dead is wanted.": (
            lambda codes, size: len(_alive(codes, size))
        ),
        "Only the first map is looked at.": (
            lambda codes, size: _dead(codes[:1], size)
        ),
        "Look as far as `size`, not as far as the largest code there is.": (
            lambda codes, size: _dead(codes, int(codes.max()) + 1)
        ),
        "You return a True or False for each code; the numbers of the dead "
        "are wanted.": lambda codes, size: [
            code not in _alive(codes, size) for code in range(size)
        ],
        "All codes came out as dead. Compare numbers with numbers: in a set "
        "or list of tensors, or of lists, no number is found.": (
            lambda codes, size: list(range(size))
        ),
        "You list what is missing from some of the maps; dead is what occurs "
        "in none.": lambda codes, size: sorted(
            {c for m in codes for c in _dead(m, size)}
        ),
        "You return how often each code occurs; the numbers of the dead are "
        "wanted.": lambda codes, size: codes.flatten().bincount(
            minlength=size
        ),
    },
)
def dead_codes(codes, size):
    """Maps (N, 7, 7) -> the numbers below size that never occur: a list."""
    return _dead(codes, size)


def _shorts_problem(images):
    """Say what is wrong with images before and after, or nothing."""
    if isinstance(images, list | tuple):
        return "One tensor of two images is wanted: torch.stack or torch.cat."
    images = torch.as_tensor(images).detach().cpu()
    if images.shape != (2, 1, 28, 28):
        return (
            "Two images are wanted, before and after, (2, 1, 28, 28); got "
            f"{tuple(images.shape)}."
        )
    x = fashion_mnist(quiet=True).test[:100]
    before, after = images[:, 0]
    problem = _below_or_above(before, after)
    if any(torch.equal(image, x[2, 0]) for image in (before, after)):
        return "That is the image itself; decode its code map, test_codes[2]."
    if torch.equal(before, after):
        return problem
    if problem and not _below_or_above(after, before):
        return "The image before comes first, then the one after."
    if (x - before).square().mean(dim=(1, 2, 3)).argmin() != 2:
        return "The first image is not test_codes[2], decoded."
    return problem


def _below_or_above(before, after):
    """Say what is wrong with the rows below or above, or nothing."""
    if torch.equal(before, after):
        return (
            "Nothing is changed. Or both: was test_codes[2] itself edited? "
            "Edit a copy (`.clone()`), and run the cell of test_codes again."
        )
    if (after[20:] > 0.3).sum() > 3:
        return (
            "The lowest eight rows are not dark: their brightest pixel is "
            f"{after[20:].max():.2f}."
        )
    if (after[20:] == 0).all() and (before == 0).sum() < 28:
        return "Pixels were blackened; edit the code map and decode it."
    if after[:9].mean() < 0.5 * before[:9].mean():
        return "The upper third is gone, too."
    changed = (after - before)[:9].abs()
    if changed.max() > 0.25:
        return (
            f"The upper third has changed, by {changed.max():.2f} in row "
            f"{int(changed.amax(1).argmax())}. A tile reaches beyond its 16 "
            "pixels: change fewer rows of tiles."
        )
    return None


outcome("shorts", _shorts_problem)
