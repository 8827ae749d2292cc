"""Checks of lesson 03."""

import torch

from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.matching import matching
from course_utils.datasets import draw_shapes
from course_utils.rivals.pca import ILLS


def _cloud(n, dim, seed):
    """Return points (n, dim) off the origin, no two spreads alike."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, dim, generator=generator, dtype=torch.float64)
    return x * 0.7 ** torch.arange(dim) + torch.arange(dim).remainder(3) + 1


def _frame(rows, dim, seed):
    """Return `rows` orthonormal rows of length `dim`."""
    return torch.linalg.qr(_cloud(dim, rows, seed)).Q.T


def _pca_by_covariance(x, k):
    """Return PCA another way: the eigenvectors of the covariance."""
    if k > min(x.shape):
        raise ValueError(f"there are {min(x.shape)} components; got k={k}")
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh((x - mean).T @ (x - mean))
    variances = values.flip(0) / (len(x) - 1)
    return mean, vectors.T.flip(0)[:k], variances[:k]


def _pca(
    x,
    k,
    centre=True,
    scale=False,
    components=lambda u, vt, k: vt[:k],
    variance=lambda s, n: s**2 / (n - 1),
):
    """Return PCA with some knobs turned."""
    mean = x.mean(dim=0)
    shifted = (x - mean if centre else x) / (x.std(dim=0) if scale else 1)
    u, s, vt = torch.linalg.svd(shifted, full_matrices=False)
    return mean, components(u, vt, k), variance(s, len(x))[:k]


def _without_signs(answer):
    """Return an answer with each component's largest entry made positive."""
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        return answer
    mean, components, variances = answer
    if getattr(components, "ndim", 0) == 2:
        components = torch.as_tensor(components)
        largest = components.abs().argmax(dim=1, keepdim=True)
        components = components * components.gather(1, largest).sign()
    return mean, components, variances


@check(
    cases=lambda: [(_cloud(30, 8, 0), 3), (_cloud(12, 5, 1), 4)],
    oracle=_pca_by_covariance,
    skip=("device",),  # the lesson's data stay on the CPU
    view=_without_signs,
    slips=mutants(
        _pca,
        {
            "The data was not centred: take the mean off before the SVD.": {
                "centre": False
            },
            "You divided by the standard deviation of each pixel; PCA here "
            "only takes the mean off.": {"scale": True},
            "These are columns of the third matrix. torch.linalg.svd returns "
            "it transposed already, so the components are its first k "
            "rows.": {"components": lambda u, vt, k: vt.T[:k]},
            "u belongs to the examples; the components are the first k rows "
            "of vt.": {"components": lambda u, vt, k: u[:k]},
            "`vt[:, :k]` cuts every component short; take k whole rows.": {
                "components": lambda u, vt, k: vt[:, :k]
            },
            "The components are right, but the third value holds singular "
            "values; variances are s**2 / (N - 1).": {
                "variance": lambda s, n: s
            },
            "The variances were divided by N; divide by N - 1.": {
                "variance": lambda s, n: s**2 / n
            },
            "The variances are not divided yet: s**2 / (N - 1).": {
                "variance": lambda s, n: s**2
            },
            "N - 1 needs brackets: s**2 / (N - 1).": {
                "variance": lambda s, n: s**2 / n - 1
            },
        },
    ),
)
def pca(x, k):
    """Principal components: (N, D) -> mean (D,), components (k, D), (k,).

    The third value holds the variances along the components.
    """
    mean = x.mean(dim=0)
    _, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
    return mean, vt[:k], s[:k] ** 2 / (len(x) - 1)


def _rebuilt(x, mean, components, off=1, back=1, own=False):
    """Return a reconstruction with some knobs turned."""
    mean = x.mean(dim=0) if own else mean
    return back * mean + (x - off * mean) @ components.T @ components


@check(
    cases=lambda: [
        (_cloud(4, 7, 2), _cloud(4, 7, 3)[0], _frame(7, 7, 4)[:5]),
        (_cloud(5, 9, 5), _cloud(4, 9, 6)[0], _frame(2, 9, 7)),
        (_cloud(3, 14, 8), _cloud(4, 14, 9)[0], _frame(12, 14, 10)),
    ],
    skip=("device", "far"),  # components of length 1024 are none
    slips=mutants(
        _rebuilt,
        {
            "Take the mean off before you project.": {"off": 0},
            "The mean was taken off and never put back: add it at the end.": {
                "back": 0
            },
            "The mean is missing: take it off before you project, add it at "
            "the end.": {"off": 0, "back": 0},
            "You took the mean of x; use the `mean` that is given, which the "
            "components belong to.": {"own": True},
        },
    )
    | {
        "That is the code z; multiply it by the components to get pixels "
        "back.": lambda x, mean, components: (x - mean) @ components.T,
    },
)
def pca_reconstruct(x, mean, components):
    """Project on the components and come back: (N, D) -> (N, D)."""
    return mean + (x - mean) @ components.T @ components


def _chosen(
    variances,
    share,
    weight=lambda v: v,
    total=torch.sum,
    sums=lambda v: v.cumsum(0),
    count=lambda so_far, goal: (so_far < goal).sum() + 1,
):
    """Return how many components are enough, with some knobs turned."""
    v = weight(variances)
    return int(count(sums(v), share * total(v)))


def _one_number(answer):
    """Return a tensor of one number without axes, anything else as it is."""
    is_one = torch.is_tensor(answer) and answer.numel() == 1
    return answer.reshape(()) if is_one else answer


@check(
    cases=lambda: [
        (torch.tensor([8.0, 3.0, 2.0, 1.0, 1.0, 1.0]), 0.8),
        (torch.tensor([4.0, 2.0, 1.0, 1.0]) / 16, 0.75),
        (torch.tensor([30.0, 9.0, 5.0, 3.0, 2.0, 1.0]), 0.9),
        (torch.tensor([30.0, 9.0, 5.0, 3.0, 2.0, 1.0]), 0.93),
        (torch.tensor([30.0, 9.0, 5.0, 3.0, 2.0, 1.0]), 1.0),
    ],
    view=_one_number,
    skip=("one",),
    slips=mutants(
        _chosen,
        {
            "One too few: places are counted from 0, components from 1.": {
                "count": lambda so_far, goal: (so_far < goal).sum()
            },
            "Exactly the share is enough: the sums that are too small are "
            "those with `<`, not `<=`.": {
                "count": lambda so_far, goal: (so_far <= goal).sum() + 1
            },
            "That counts the sums that are large enough; count those that are "
            "too small, and add one.": {
                "count": lambda so_far, goal: (so_far >= goal).sum()
            },
            "That compares each variance by itself; add them up from the "
            "left with cumsum.": {"sums": lambda v: v},
            "Variances are given; they need not be squared.": {
                "weight": lambda v: v**2
            },
            "The share is of the whole variance: divide by the sum.": {
                "total": lambda v: 1
            },
        },
    ),
)
def choose_k(variances, share):
    """How many components hold a share: (D,), number in (0, 1] -> k.

    The variances are sorted, the largest first.
    """
    so_far = variances.cumsum(dim=0)
    return int((so_far < share * so_far[-1]).sum()) + 1


matching(
    "clinic_verdict",
    ILLS,
    thing="colleague",
    kind="verdict",
    hints={
        "order": "Which components are lone pixels, with hardly any variance?",
        "mean": "Which mean image is empty?",
        "data": "Whose mean and components show one kind of garment?",
    },
)


def _bar_variances():
    """Return the variances of a bar that only turns."""
    turns = torch.linspace(0, torch.pi, 500)
    bars = draw_shapes(13.5, 13.5, angle=turns, kind=2)
    return pca(bars.flatten(1), 784)[2]


def _bar_problem(k):
    """Say what is wrong with the number of components of turning bars."""
    try:
        k = float(k)
    except (TypeError, ValueError):
        return "One number is wanted: how many components."
    right = choose_k(_bar_variances(), 0.95)
    if k == right:
        return None
    if k == choose_k(_bar_variances(), 0.9):
        return (
            "Near, but too few. Is it 95 % of the variance, not 90 %? Do the "
            "angles run from 0 to pi? Did `pca` take the mean off?"
        )
    if k == 1:
        return (
            "One cause, but more than one component: make bars and count. "
            "Without `kind=2` you have disks, which look alike at any angle."
        )
    side = "more" if k < right else "fewer"
    return f"It takes {side} components: make a few hundred bars and count."


outcome(
    "bar_components", _bar_problem, lambda: choose_k(_bar_variances(), 0.95)
)
