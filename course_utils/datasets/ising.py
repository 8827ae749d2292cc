"""Ground states of a chain of spins: quantum states with one hidden cause."""

import torch


def ground_states(fields, qubits=4):
    """The state of least energy of an Ising chain: (B,) -> (B, 2, ..., 2).

    Each qubit is a small magnet. Neighbours want to be alike, and a field
    across the chain wants each to be in both states at once. The field's
    strength, from 0.2 to 2 in lesson 22, is the one cause of all amplitudes.
    H = -sum Z_i Z_(i+1) - field * sum X_i, diagonalised; the sign is chosen
    so that amplitudes are positive. Raises ValueError for fields that are not
    positive or finite, since without a field there are two states of least
    energy, and for qubits outside 2 to 10 (2**qubits amplitudes).
    """
    fields = torch.as_tensor(fields, dtype=torch.float64)
    if not 2 <= qubits <= 10:
        raise ValueError(f"qubits must lie in 2 to 10; got {qubits}")
    if fields.ndim != 1 or not len(fields):
        raise ValueError(
            f"fields (B,) are wanted; got shape {tuple(fields.shape)}"
        )
    if not (fields.isfinite() & (fields > 0)).all():
        raise ValueError("each field must be a finite number above 0")
    bits = torch.cartesian_prod(*[torch.arange(2)] * qubits)
    spins = 1.0 - 2 * bits.double()  # (2**qubits, qubits)
    alike = (spins[:, 1:] * spins[:, :-1]).sum(dim=1)
    flips = torch.cdist(spins, spins, p=1) == 2  # states one flip apart
    energy = -alike.diag() - fields[:, None, None] * flips
    states = torch.linalg.eigh(energy).eigenvectors[..., 0].abs()
    return states.float().view(-1, *[2] * qubits)
