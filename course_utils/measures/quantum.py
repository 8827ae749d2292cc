"""Fidelity: how alike quantum states are, and how alike they can stay."""

import torch

from course_utils.models.quantum import (
    check_kept,
    check_normalised,
    density_matrix,
    run_circuit,
)


def fidelity(a, b):
    """|<a|b>|² of states (B, 2, ..., 2): 1 for the same state: (B,)."""
    if a.shape != b.shape:
        raise ValueError(
            "two of one shape are wanted; got "
            f"{tuple(a.shape)} and {tuple(b.shape)}"
        )
    check_normalised(a)
    check_normalised(b)
    return (a.conj() * b).flatten(1).sum(dim=1).abs().square()


def fidelity_limit(states, kept):
    """The highest mean trash fidelity any circuit can reach: a number.

    The 2**kept largest eigenvalues of the mean density matrix (Romero and
    others, 2017): PCA without centring, for states (B, 2, ..., 2).
    """
    check_normalised(states)
    check_kept(states, kept)
    rows = states.flatten(1)
    mean = rows.mT @ rows.conj() / len(rows)
    return torch.linalg.eigvalsh(mean)[-(2**kept) :].sum().item()


def copy_fidelity(sent, wanted, angles, kept):
    """How alike a copy is to the wanted state: (B,).

    sent goes through the encoder; all but `kept` qubits are thrown away and
    replaced by fresh zeros; the decoder's state is compared with `wanted`.
    """
    latent = density_matrix(run_circuit(sent, angles), kept)
    goal = run_circuit(wanted, angles).flatten(kept + 1)[..., 0].flatten(1)
    goal = goal.to(latent.dtype)
    return torch.einsum("bi,bij,bj->b", goal.conj(), latent, goal).real
