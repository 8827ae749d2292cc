"""How subspaces lie to each other."""

import torch


def subspace_angle(a, b) -> float:
    """Largest principal angle, 0 to 90 degrees, of what rows (k, D) span.

    Björck and Golub, 1973. Computed in double precision: cosines of small
    angles are close to 1.
    """
    a, b = (torch.linalg.qr(part.double().T).Q for part in (a, b))
    cosines = torch.linalg.svdvals(a.T @ b).clamp(max=1)
    return cosines.min().acos().rad2deg().item()
