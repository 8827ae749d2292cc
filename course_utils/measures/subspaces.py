"""How subspaces lie to each other."""

import torch


def subspace_angle(a, b) -> float:
    """Largest principal angle, 0 to 90 degrees, of what rows (k, D) span.

    Björck and Golub, 1973. Computed in double precision: cosines of small
    angles are close to 1. Raises ValueError for other shapes and for values
    that are not finite.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        shapes = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise ValueError(f"a and b must be (k, D) with one D; got {shapes}")
    if not 0 < min(len(a), len(b)) <= max(len(a), len(b)) <= a.shape[1]:
        raise ValueError(
            f"a and b need 1 to {a.shape[1]} rows; got {len(a)} and {len(b)}"
        )
    if not (a.isfinite().all() and b.isfinite().all()):
        raise ValueError("a and b must be finite; got NaN or infinity")
    a, b = (torch.linalg.qr(part.double().T).Q for part in (a, b))
    cosines = torch.linalg.svdvals(a.T @ b).clamp(max=1)
    return cosines.min().acos().rad2deg().item()
