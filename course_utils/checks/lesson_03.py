"""Checks of lesson 03."""

from math import ceil

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
    rows=True,
    flip=False,
    cut=True,
    variance=lambda s, n: s**2 / (n - 1),
):
    """Return PCA with some knobs turned."""
    mean = x.mean(dim=0)
    shifted = (x - mean if centre else x) / (x.std(dim=0) if scale else 1)
    _, s, vt = torch.linalg.svd(shifted, full_matrices=False)
    vt, variances = vt if rows else vt.T, variance(s, len(x))
    if flip:
        vt, variances = vt.flip(0), variances.flip(0)
    return mean, vt[: k if cut else None], variances[: k if cut else None]


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


def _in_columns(x, k):
    mean, components, variances = _pca(x, k)
    return mean, components.T, variances


def _pca_with(change):
    """Return a PCA whose parts `change(mean, u, s, vt, n, k)` rearranges."""

    def slip(x, k):
        mean = x.mean(dim=0)
        u, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
        return change(mean, u, s, vt, len(x), k)

    return slip


def _components_with(change):
    """Return a PCA with `change(u, s, vt, k)` for its components."""
    return _pca_with(
        lambda mean, u, s, vt, n, k: (
            mean,
            change(u, s, vt, k),
            s[:k] ** 2 / (n - 1),
        )
    )


_U = "u belongs to the examples; the components are the first k rows of vt"


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
            "rows.": {"rows": False},
            "These are the directions of smallest variance first: `eigh` "
            "sorts upwards, so flip its answer.": {"flip": True},
            "You returned all rows; only the first k are wanted.": {
                "cut": False
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
            "The singular values were not squared: s**2 / (N - 1).": {
                "variance": lambda s, n: s / (n - 1)
            },
            "Those are standard deviations; variances are s**2 / (N - 1).": {
                "variance": lambda s, n: s / (n - 1) ** 0.5
            },
            "Only s is squared, not N - 1: s**2 / (N - 1).": {
                "variance": lambda s, n: (s / (n - 1)) ** 2
            },
            "N - 1 needs brackets: s**2 / (N - 1).": {
                "variance": lambda s, n: s**2 / n - 1
            },
            "Those are shares of the whole; variances are s**2 / (N - 1).": {
                "variance": lambda s, n: s**2 / (s**2).sum()
            },
        },
    )
    | {
        "One mean of all was taken off; each column has its own, dim=0.": (
            lambda x, k: (
                x.mean(dim=0),
                *_pca(x - x.mean(), k, centre=False)[1:],
            )
        ),
        "The order is mean, components, variances.": _pca_with(
            lambda mean, u, s, vt, n, k: (vt[:k], mean, s[:k] ** 2 / (n - 1))
        ),
        "The components come second, the variances third.": _pca_with(
            lambda mean, u, s, vt, n, k: (mean, s[:k] ** 2 / (n - 1), vt[:k])
        ),
        f"{_U}.": _components_with(lambda u, s, vt, k: u[:k]),
        f"{_U}, not columns of u.": _components_with(
            lambda u, s, vt, k: u[:, :k]
        ),
        f"{_U}. (Was x transposed?)": _components_with(
            lambda u, s, vt, k: u[:, :k].T
        ),
        "`vt[:, :k]` cuts every component short; take k whole rows.": (
            _components_with(lambda u, s, vt, k: vt[:, :k])
        ),
        "Components have length 1; do not multiply them by s.": (
            _components_with(lambda u, s, vt, k: vt[:k] * s[:k, None])
        ),
        "The first component is missing: places are counted from 0.": (
            _pca_with(
                lambda mean, u, s, vt, n, k: (
                    mean,
                    vt[1 : k + 1],
                    s[1 : k + 1] ** 2 / (n - 1),
                )
            )
        ),
        "The third value wants the first k variances too, not all.": (
            _pca_with(
                lambda mean, u, s, vt, n, k: (mean, vt[:k], s**2 / (n - 1))
            )
        ),
        "N is the number of rows of x; you divided by its columns.": (
            lambda x, k: _pca(
                x, k, variance=lambda s, n: s**2 / (x.shape[1] - 1)
            )
        ),
        "The components stand in columns; they are wanted as rows, (k, D).": (
            _in_columns
        ),
        "Those are the last k, of smallest variance; take the first k.": (
            lambda x, k: (_pca(x, 1)[0], *(p[-k:] for p in _pca(x, 99)[1:]))
        ),
        "The variances are those of the pixels; take the singular values of "
        "the first k components.": lambda x, k: (
            *_pca(x, k)[:2],
            x.var(dim=0)[:k],
        ),
    },
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
            "The mean was added before you project; take it off.": {"off": -1},
            "The mean was taken off at the end; add it.": {"back": -1},
            "The mean was added twice.": {"back": 2},
            "You added the mean first and took it off at the end; it is the "
            "other way round.": {"off": -1, "back": -1},
            "You took the mean of x; use the `mean` that is given, which the "
            "components belong to.": {"own": True},
        },
    )
    | {
        "That is the code z; multiply it by the components to get pixels "
        "back.": lambda x, mean, components: (x - mean) @ components.T,
        "You walked backwards: the mean plus, not minus; x - mean, not "
        "mean - x.": lambda x, mean, components: (
            2 * mean - _rebuilt(x, mean, components)
        ),
        "Only the last component is used; add up what all of them give.": (
            lambda x, mean, components: _rebuilt(x, mean, components[-1:])
        ),
        "That is what is lost; the reconstruction is wanted.": (
            lambda x, mean, components: x - _rebuilt(x, mean, components)
        ),
        "You took the mean of x off; take off the `mean` that is given.": (
            lambda x, mean, components: (
                _rebuilt(x, x.mean(dim=0), components, back=0) + mean
            )
        ),
        "That is one mean for all pixels; use the `mean` that is given.": (
            lambda x, mean, components: _rebuilt(
                x, x.mean().expand_as(mean), components
            )
        ),
        "Only the first component is used; add up what all of them give.": (
            lambda x, mean, components: _rebuilt(x, mean, components[:1])
        ),
        "The mean was added once per component; add it once.": (
            lambda x, mean, components: _rebuilt(
                x, mean, components, back=len(components)
            )
        ),
        "Do not cut at 0 and 1: the answer need not be an image.": (
            lambda x, mean, components: _rebuilt(x, mean, components).clamp(
                0, 1
            )
        ),
        "Codes may be negative: PCA has no ReLU.": (
            lambda x, mean, components: (
                mean + ((x - mean) @ components.T).relu() @ components
            )
        ),
        "Codes are any numbers: PCA has no sigmoid.": (
            lambda x, mean, components: (
                mean + ((x - mean) @ components.T).sigmoid() @ components
            )
        ),
        "Codes have a sign: PCA takes no absolute values.": (
            lambda x, mean, components: (
                mean + ((x - mean) @ components.T).abs() @ components
            )
        ),
        "x came back as it was: project on the components first.": (
            lambda x, mean, components: x
        ),
    },
)
def pca_reconstruct(x, mean, components):
    """Project on the components and come back: (N, D) -> (N, D)."""
    return mean + (x - mean) @ components.T @ components


def _chosen(
    variances,
    share,
    weight=lambda v: v,
    total=lambda v: v.sum(),
    sums=lambda v: v.cumsum(0),
    strict=False,
    off=1,
):
    """Return how many components are enough, with some knobs turned."""
    v = weight(variances)
    so_far, goal = sums(v), share * total(v)
    short = so_far <= goal if strict else so_far < goal
    return int(short.sum()) + off


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
                "off": 0
            },
            "One too many: count the sums that are too small, add one.": {
                "off": 2
            },
            "Exactly the share is enough: the sums that are too small are "
            "those with `<`, not `<=`.": {"strict": True},
            "That compares each variance by itself; add them up from the "
            "left with cumsum.": {"sums": lambda v: v},
            "You took standard deviations; variances are given and add up.": {
                "weight": lambda v: v.sqrt()
            },
            "Variances are given; they need not be squared.": {
                "weight": lambda v: v**2
            },
            "The share is of the whole variance: divide by the sum.": {
                "total": lambda v: 1
            },
            "It is 1 whatever the share: you divided by the largest variance "
            "instead of the sum, or turned the comparison or the share "
            "round.": {"total": lambda v: v.max()},
            "Those are all components. Is the largest variance added first, "
            "and the first sum taken that is large enough?": {
                "sums": lambda v: v.flip(0).cumsum(0)
            },
        },
    )
    | {
        "That sum is the nearest to the share; it must reach the share.": (
            lambda variances, share: (
                int(
                    (variances.cumsum(0) - share * variances.sum())
                    .abs()
                    .argmin()
                )
                + 1
            )
        ),
        "That is the share of the components, not of their variance.": (
            lambda variances, share: round(share * len(variances))
        ),
        "That is the share of all components; variance is meant.": (
            lambda variances, share: int(share * len(variances))
        ),
        "That is a share of their number; a share of variance is meant.": (
            lambda variances, share: ceil(share * len(variances))
        ),
        "That counts the sums that are large enough; count those that are "
        "too small, and add one.": lambda variances, share: int(
            (variances.cumsum(0) >= share * variances.sum()).sum()
        ),
        "You counted the sums above the share; count those below, and add "
        "one.": lambda variances, share: (
            int((variances.cumsum(0) > share * variances.sum()).sum()) + 1
        ),
        "That is the share that is held; how many components hold it?": (
            lambda variances, share: min(
                held
                for held in variances.cumsum(0) / variances.sum()
                if held >= share
            )
        ),
        "Exactly the share is enough: look for the first sum `>=` it.": (
            lambda variances, share: (
                int(
                    (variances.cumsum(0) > share * variances.sum())
                    .int()
                    .argmax()
                )
                + 1
            )
        ),
    },
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


def _bars(kind=2, turn=torch.pi):
    """Return the variances of a bar that only turns."""
    turns = torch.linspace(0, turn, 500)
    return pca(
        draw_shapes(13.5, 13.5, angle=turns, kind=kind).flatten(1), 784
    )[2]


def _bar_problem(k):
    """Say what is wrong with the number of components of turning bars."""
    try:
        k = float(k)
    except (TypeError, ValueError):
        return "One number is wanted: how many components."
    right = choose_k(_bars(), 0.95)
    if k == right:
        return None
    if k == choose_k(_bars(), 0.9):
        return (
            "Near, but too few. Is it 95 % of the variance, not 90 %? Do the "
            "angles run from 0 to pi? Did `pca` take the mean off?"
        )
    if k == choose_k(_bars(), 0.99):
        return "That holds 99 % of the variance; 95 % is wanted."
    if k == choose_k(_bars(turn=torch.pi / 2), 0.95):
        return "Does the bar turn all the way, from 0 to pi?"
    if k == 1:
        return (
            "One cause, but more than one component: make bars and count. "
            "Without `kind=2` you have disks, which look alike at any angle."
        )
    side = "more" if k < right else "fewer"
    return f"It takes {side} components: make a few hundred bars and count."


outcome("bar_components", _bar_problem, lambda: choose_k(_bars(), 0.95))
