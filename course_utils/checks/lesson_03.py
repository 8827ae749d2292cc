"""Checks of lesson 03."""

import torch

from course_utils.checks.core import judge, same_as


def _cloud(n, dim, seed):
    """Return points (n, dim) off the origin, no two spreads alike."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, dim, generator=generator, dtype=torch.float64)
    return x * 0.7 ** torch.arange(dim) + torch.arange(dim).remainder(3) + 1


def _frame(rows, dim, seed):
    """Return `rows` orthonormal rows of length `dim`."""
    return torch.linalg.qr(_cloud(dim, rows, seed)).Q.T


def _pca(x, k):
    mean = x.mean(dim=0)
    _, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
    return mean, vt[:k], s[:k] ** 2 / (len(x) - 1)


def _pca_by_sklearn(x, k):
    from sklearn.decomposition import PCA  # slow to import

    found = PCA(k, svd_solver="full").fit(x.numpy())
    parts = (found.mean_, found.components_, found.explained_variance_)
    return tuple(torch.from_numpy(part) for part in parts)


def _uncentred(x, k):
    _, s, vt = torch.linalg.svd(x, full_matrices=False)
    return x.mean(dim=0), vt[:k], s[:k] ** 2 / (len(x) - 1)


def _standardised(x, k):
    _, components, variances = _pca(x / x.std(dim=0), k)
    return x.mean(dim=0), components, variances


def _columns_of_vt(x, k):
    mean = x.mean(dim=0)
    _, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
    return mean, vt[:, :k].T, s[:k] ** 2 / (len(x) - 1)


def _smallest_first(x, k):
    mean, components, variances = _pca(x, min(x.shape))
    return mean, components.flip(0)[:k], variances.flip(0)[:k]


def _in_columns(x, k):
    mean, components, variances = _pca(x, k)
    return mean, components.T, variances


def _up_to_sign(pca, x, k):
    """Return an answer with each row's largest entry made positive."""
    answer = pca(x, k)
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        return answer
    mean, components, variances = answer
    if torch.is_tensor(components) and components.ndim == 2:
        largest = components.abs().argmax(dim=1, keepdim=True)
        components = components * components.gather(1, largest).sign()
    return mean, components, variances


PCA_CASES = [(_cloud(30, 8, 0), 3), (_cloud(12, 5, 1), 5)]
PCA_SLIPS = {
    "The data was not centred: take the mean off before the SVD.": _uncentred,
    "You divided by the spread of each pixel; PCA here only takes the mean "
    "off.": _standardised,
    "These are columns of the third matrix. torch.linalg.svd returns it "
    "transposed already, so the components are its first k rows.": (
        _columns_of_vt
    ),
    "These are the directions of smallest variance first: `eigh` sorts "
    "upwards, so flip its answer.": _smallest_first,
    "You returned all rows; only the first k are wanted.": lambda x, k: _pca(
        x, x.shape[1]
    ),
    "The components stand in columns; they are wanted as rows, (k, D).": (
        _in_columns
    ),
    "The components are right, but the third value holds singular values; "
    "variances are s**2 / (N - 1).": lambda x, k: (
        *_pca(x, k)[:2],
        (_pca(x, k)[2] * (len(x) - 1)).sqrt(),
    ),
    "The variances were divided by N; divide by N - 1.": lambda x, k: (
        *_pca(x, k)[:2],
        _pca(x, k)[2] * (len(x) - 1) / len(x),
    ),
    "The variances are not divided yet: s**2 / (N - 1).": lambda x, k: (
        *_pca(x, k)[:2],
        _pca(x, k)[2] * (len(x) - 1),
    ),
}


def pca(attempt):
    """Judge `pca(x, k)`: (N, D) -> mean (D,), components (k, D), (k,)."""
    compare = same_as(_pca_by_sklearn, PCA_CASES, PCA_SLIPS, call=_up_to_sign)
    return judge("pca", attempt, _pca, compare)


def _pca_reconstruct(x, mean, components):
    return mean + (x - mean) @ components.T @ components


RECONSTRUCT_CASES = [
    (_cloud(4, 6, 2), _cloud(4, 6, 3)[0], _frame(6, 6, 4)[:4]),
    (_cloud(5, 9, 5), _cloud(4, 9, 6)[0], _frame(2, 9, 7)),
]
RECONSTRUCT_SLIPS = {
    "Take the mean off before you project.": lambda x, mean, components: (
        mean + x @ components.T @ components
    ),
    "The mean was taken off and never put back: add it at the end.": (
        lambda x, mean, components: (x - mean) @ components.T @ components
    ),
    "The mean is missing: take it off before you project, add it at the "
    "end.": lambda x, mean, components: x @ components.T @ components,
    "You took the mean of x; use the `mean` that is given, which the "
    "components belong to.": lambda x, mean, components: _pca_reconstruct(
        x, x.mean(dim=0), components
    ),
    "That is the code z; multiply it by the components to get pixels "
    "back.": lambda x, mean, components: (x - mean) @ components.T,
    "That is what is lost; the reconstruction is wanted.": (
        lambda x, mean, components: x - _pca_reconstruct(x, mean, components)
    ),
}


def pca_reconstruct(attempt):
    """Judge `pca_reconstruct(x, mean, components)`: (N, D) -> (N, D)."""
    compare = same_as(_pca_reconstruct, RECONSTRUCT_CASES, RECONSTRUCT_SLIPS)
    return judge("pca_reconstruct", attempt, _pca_reconstruct, compare)


def _angles(a, b):
    """Return the principal angles by SciPy, in radians, largest first."""
    from scipy.linalg import subspace_angles  # slow to import

    pair = (part.double().numpy().T for part in (a, b))
    return torch.from_numpy(subspace_angles(*pair).copy())


def _largest_angle(a, b):
    return _angles(a, b).max().rad2deg()


def _angle_without_qr(a, b):
    return torch.linalg.svdvals(a @ b.T).min().clamp(max=1).acos().rad2deg()


def _angle_of_columns(a, b):
    a, b = (torch.linalg.qr(part).Q for part in (a, b))
    return torch.linalg.svdvals(a.T @ b).min().clamp(max=1).acos().rad2deg()


def _angle_unit_rows(a, b):
    a, b = (part / part.norm(dim=1, keepdim=True) for part in (a, b))
    return _angle_without_qr(a, b)


ANGLE_CASES = [
    (_cloud(3, 7, 8), _cloud(3, 7, 9)),
    (_frame(2, 6, 10) + 0.1, 3 * _frame(2, 6, 11)),
]
ANGLE_SLIPS = {
    "The directions stand in rows, and torch.linalg.qr wants them in "
    "columns: give it a.T and b.T.": _angle_of_columns,
    "That is the smallest angle; the largest belongs to the smallest "
    "singular value.": lambda a, b: _angles(a, b).min().rad2deg(),
    "That is right in radians; degrees are wanted.": lambda a, b: _angles(
        a, b
    ).max(),
    "That is the cosine; take .acos() and turn it into degrees.": (
        lambda a, b: _angles(a, b).max().cos()
    ),
    "Rows of length 1 may still lean towards each other: make both sets "
    "orthonormal with torch.linalg.qr.": _angle_unit_rows,
    "The rows are not orthonormal yet: use torch.linalg.qr on both.": (
        _angle_without_qr
    ),
    "You averaged the angles; the largest one is wanted.": lambda a, b: (
        _angles(a, b).mean().rad2deg()
    ),
    "All angles came back; only the largest is wanted.": lambda a, b: _angles(
        a, b
    ).rad2deg(),
    "All angles came back, smallest first; only the largest is wanted.": (
        lambda a, b: _angles(a, b).rad2deg().flip(0)
    ),
}


def principal_angle(attempt):
    """Judge `principal_angle(a, b)`: (k, D), (k, D) -> degrees, 0 to 90."""
    compare = same_as(_largest_angle, ANGLE_CASES, ANGLE_SLIPS)
    return judge("principal_angle", attempt, _largest_angle, compare)
