"""How alike quantum states are and can stay; how steep a circuit's loss is."""

import torch

from course_utils.adam import OneCycleAdam
from course_utils.models.quantum import (
    basis_state,
    check_kept,
    check_normalised,
    density_matrix,
    run_circuit,
    trash_fidelity,
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


def slope_variance(qubits, layers, asked="all", circuits=200):
    """Variance of a loss's slope over circuits with random angles: a number.

    The loss is the probability of finding 0 in "all" qubits or in "one", the
    middle one; the slope is that by the middle qubit's angle in the middle
    layer. Where it is tiny, training stands on a barren plateau (McClean and
    others, 2018). Draws from torch's global generator.
    """
    if asked not in ("all", "one"):
        raise ValueError(f"asked must be 'all' or 'one'; got {asked!r}")
    if qubits < 2 or layers < 1 or circuits < 2:
        raise ValueError(
            "at least 2 qubits, 1 layer and 2 circuits are wanted; got "
            f"{qubits}, {layers} and {circuits}"
        )
    middle = qubits // 2
    angles = 2 * torch.pi * torch.rand(circuits, layers, qubits)
    angles.requires_grad_()
    ends = run_circuit(basis_state("0" * qubits), angles)[:, 0].square()
    if asked == "one":
        zero = ends.select(middle + 1, 0)
    else:
        zero = ends.flatten(1)[:, 0]
    (slope,) = torch.autograd.grad(zero.sum(), angles)
    return slope[:, layers // 2, middle].var().item()


def train_circuits(states, kept, layers, starts=10, steps=200, seed=0):
    """Train circuits from several starts at once, to empty the trash.

    -> angles (starts, layers, qubits) and mean trash fidelities (starts,).
    Adam with a one-cycle schedule up to 0.1, all states in each step.
    """
    check_normalised(states)
    noise = torch.Generator().manual_seed(seed)
    shape = starts, layers, states.ndim - 1
    angles = 3 * torch.randn(shape, generator=noise, dtype=states.dtype)
    angles.requires_grad_()

    def empty():
        ends = run_circuit(states, angles).flatten(0, 1)
        return trash_fidelity(ends, kept).view(starts, -1).mean(dim=1)

    optimizer = OneCycleAdam([angles], lr=0.1, steps=steps)
    for _ in range(steps):
        optimizer.step(1 - empty())
    with torch.no_grad():
        return angles.detach(), empty()
