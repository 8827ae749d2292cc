"""Checks of lesson 18."""

import torch

from course_utils.checks.comparing import same, short
from course_utils.checks.core import check, outcome
from course_utils.checks.handing import listed
from course_utils.datasets import fashion_mnist


@check(
    cases=lambda: [
        (3 * torch.randn(9, 2), 3 * torch.randn(6, 2)),
        (torch.randn(40, 4), torch.randn(17, 4)),
        (torch.randn(6, 3) + 5, torch.randn(30, 3)),
    ],
    skip=("far",),
    slips={
        "You took the farthest code; take the nearest.": (
            lambda z, book: torch.cdist(z, book).argmax(1)
        ),
        "For each code you found the nearest vector; it is the other way "
        "round: a code for each vector.": lambda z, book: torch.cdist(
            z, book
        ).argmin(0),
        "A table came back, a row for each vector and a column for each "
        "code; one number for each vector is wanted: argmin(dim=1).": (
            torch.cdist
        ),
        "One number came back; one for each vector is wanted: "
        "argmin(dim=1).": lambda z, book: torch.cdist(z, book).argmin(),
        "You return the distances; the number of the nearest code is "
        "wanted, by argmin.": lambda z, book: torch.cdist(z, book).amin(1),
        "min gives back two things, values and places; the places are "
        "wanted: argmin.": lambda z, book: torch.cdist(z, book).min(1),
        "You return the vectors of the codes; their numbers are wanted.": (
            lambda z, book: book[nearest_code(z, book)]
        ),
        "The square is missing: differences of both signs cancel.": (
            lambda z, book: (z[:, None] - book).sum(2).argmin(1)
        ),
        "The largest product is not the nearest: a long code wins too "
        "often.": lambda z, book: (z @ book.T).argmax(1),
    },
)
def nearest_code(z, codebook):
    """The nearest code: vectors (N, D), codebook (K, D) -> numbers (N,)."""
    return torch.cdist(z, codebook).argmin(dim=1)


def _gradients(attempt, z, z_q):
    """Call an attempt; return the answer and the gradients of both."""
    parts = z.requires_grad_(), z_q.requires_grad_()
    z.grad = z_q.grad = None  # left by an earlier call
    answer = attempt(*parts)
    if not torch.is_tensor(answer):
        return answer
    if answer.requires_grad:
        weights = torch.linspace(1, 2, answer.numel()).view(answer.shape)
        (answer * weights).sum().backward()
    none = torch.zeros_like(z)
    grads = (none if part.grad is None else part.grad for part in parts)
    return answer.detach(), *grads


def _which_part(answer, z, z_q):
    """Say whether the value is wrong, or one of the two gradients."""
    if not isinstance(answer, tuple) or answer[0].shape != z.shape:
        return None
    value, _, at_codes = answer
    if not same(value, z_q):
        return "The value is not z_q: after all additions z_q must be left."
    if at_codes.any():
        return "The value is right, but a gradient goes to z_q."
    return (
        "The value is right, but z does not get the gradient that arrives, "
        "times 1."
    )


@check(
    cases=lambda: [
        (torch.randn(5, 3), torch.randn(5, 3)),
        (torch.randn(2, 7, 4), torch.randn(2, 7, 4)),
    ],
    call=_gradients,
    why=_which_part,
    slips={
        "The value is still that of z: nothing is quantised. The colleague's "
        "line is unchanged.": lambda z, z_q: z_q + (z - z_q).detach(),
        "The value is right, but no gradient gets through at all.": (
            lambda z, z_q: z_q.detach()
        ),
        "The sign in the bracket is wrong: z + (z_q - z) is z_q.": (
            lambda z, z_q: z + (z - z_q).detach()
        ),
    },
)
def straight_through(z, z_q):
    """The value of z_q, the gradient of z: two of one shape -> the same."""
    return z + (z_q - z).detach()


def _moves_codes(attempt):
    """Say whether a right price moves the codes, or nothing."""
    z, z_q = torch.randn(4, 6, 3), torch.randn(4, 6, 3)
    try:
        price, at_z, at_codes = _gradients(attempt, z, z_q)
    except Exception:
        return None  # told by the cases
    if not same(price, commitment(z, z_q)) or not at_codes.any():
        return None
    if at_z.any():
        return "It moves the codes as well: detach z_q."
    return "It moves the codes, not z: detach z_q instead of z."


@check(
    cases=lambda: [
        (torch.randn(5, 6, 3), torch.randn(5, 6, 3)),
        (torch.randn(2, 49, 8), torch.randn(2, 49, 8)),
    ],
    find=_moves_codes,
    learns=("z",),
    slips={
        "The distance is squared: these are absolute differences.": (
            lambda z, z_q: (z - z_q).abs().sum((1, 2))
        ),
        "The square is missing.": lambda z, z_q: (z - z_q).sum((1, 2)),
    },
)
def commitment(z, z_q):
    """Vectors and their codes, (B, T, D) each -> a price (B,)."""
    return (z - z_q.detach()).square().sum(dim=(1, 2))


def _in_order(answer):
    """Return a list of numbers as a tensor, the smallest first."""
    answer = listed(answer)
    flat = torch.is_tensor(answer) and answer.ndim == 1
    return answer.sort().values if flat else answer


def _living_or_missing(answer, codes, size):
    """Name a code that is wrongly in a list of the dead, or not in it."""
    if not torch.is_tensor(answer) or answer.ndim != 1:
        return None
    dead, named = dead_codes(codes, size), answer.tolist()
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
        "Those are the codes that live; the others are wanted.": (
            lambda codes, size: codes.unique()
        ),
        "You return how many; which ones is wanted.": (
            lambda codes, size: len(dead_codes(codes, size))
        ),
        "You return a True or False for each code; the numbers of the dead "
        "are wanted.": lambda codes, size: (
            codes.flatten().bincount(minlength=size) == 0
        ),
        "All codes came out as dead. Compare numbers with numbers: in a set "
        "or list of tensors, or of lists, no number is found.": (
            lambda codes, size: range(size)
        ),
    },
)
def dead_codes(codes, size):
    """Maps (N, 7, 7) -> the numbers below size that never occur: a list."""
    alive = set(codes.flatten().tolist())
    return [code for code in range(size) if code not in alive]


def _shorts_problem(images):
    """Say what is wrong with images before and after, or nothing."""
    images = listed(images)
    if not torch.is_tensor(images) or images.shape != (2, 1, 28, 28):
        return (
            "One tensor of two images is wanted, before and after, "
            f"(2, 1, 28, 28); got {short(images)}."
        )
    before, after = images.detach().cpu()[:, 0]
    x = fashion_mnist(quiet=True).test[:100]
    if torch.equal(before, x[2, 0]):
        return "That is the image itself; decode its code map, test_codes[2]."
    if torch.equal(before, after):
        return (
            "Nothing is changed. Or both: was test_codes[2] itself edited? "
            "Edit a copy (`.clone()`), and run the cell of test_codes again."
        )
    if (x - before).square().mean(dim=(1, 2, 3)).argmin() != 2:
        return "The first image is not test_codes[2], decoded."
    if (after[20:] > 0.3).sum() > 3:
        return (
            "The lowest eight rows are not dark: their brightest pixel is "
            f"{after[20:].max():.2f}."
        )
    if (after[20:] == 0).all() and (before == 0).sum() < 28:
        return "Pixels were blackened; edit the code map and decode it."
    changed = (after - before)[:9].abs()
    if changed.max() > 0.25:
        return (
            f"The upper third has changed, by {changed.max():.2f} in row "
            f"{int(changed.amax(1).argmax())}. A tile reaches beyond its 16 "
            "pixels: change fewer rows of tiles."
        )
    return None


outcome("shorts", _shorts_problem)
