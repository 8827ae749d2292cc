"""A quantum computer of a few qubits, as tensors, and its autoencoder.

A state of n qubits is a tensor (B, 2, ..., 2) of amplitudes: entry
[b, 1, 0, 1] is the amplitude of finding the qubits as 1, 0, 1. The squares of
the absolute values are probabilities and sum to 1. Here all gates are real
but `PHASE`; complex states and gates work, too. Lesson 22 writes the steps.
"""

import torch

HADAMARD = torch.tensor([[1.0, 1], [1, -1]]) / 2**0.5
BIT_FLIP = torch.tensor([[0.0, 1], [1, 0]])  # X
PHASE_FLIP = torch.tensor([[1.0, 0], [0, -1]])  # Z
PHASE = torch.tensor([[1, 0], [0, 1j]])  # S
CNOT = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])


def rotation(angle):
    """The gate RY, a turn by an angle: tensor (...,) -> (..., 2, 2)."""
    c, s = torch.cos(angle / 2), torch.sin(angle / 2)
    return torch.stack([c, -s, s, c], dim=-1).unflatten(-1, (2, 2))


def basis_state(bits):
    """The state that is surely found as these bits: "010" -> (1, 2, 2, 2)."""
    if not bits or set(bits) - {"0", "1"}:
        raise ValueError(f"bits is a text like '010'; got {bits!r}")
    state = torch.zeros(1, *[2] * len(bits))
    state[(0, *map(int, bits))] = 1.0
    return state


def apply_gate(states, gate, *qubits):
    """Let a gate act on one or two qubits: (B, 2, ..., 2) -> the same shape.

    gate: (2, 2) for one qubit, (4, 4) for two; the first qubit named is the
    control of a CNOT. Raises ValueError for a shape that does not fit, or a
    qubit that is not there. Whether a gate is one, `check_unitary` says.
    """
    _check_states(states)
    _check_qubits(states, qubits)
    side = 2 ** len(qubits)
    if tuple(gate.shape) != (side, side):
        raise ValueError(
            f"a gate on {len(qubits)} qubit(s) has shape ({side}, {side}); "
            f"got {tuple(gate.shape)}"
        )
    dtype = torch.promote_types(states.dtype, gate.dtype)
    gate = gate.to(dtype).reshape([2] * (2 * len(qubits)))
    axes = [qubit + 1 for qubit in qubits]
    ends = list(range(len(qubits), 2 * len(qubits)))
    moved = torch.tensordot(states.to(dtype), gate, dims=(axes, ends))
    last = list(range(-len(qubits), 0))
    return moved.movedim(last, axes)


def check_unitary(gate):
    """Raise ValueError where a gate (N, N) does not keep probabilities."""
    square = gate.ndim == 2 and gate.shape[0] == gate.shape[1]
    if square:
        off = gate.mH @ gate - torch.eye(len(gate), dtype=gate.dtype)
    if not square or not off.abs().max() < 1e-4:
        raise ValueError(
            "a gate must be unitary: gate.mH @ gate is the identity; got "
            f"{gate.tolist()}"
        )


def check_normalised(states):
    """Raise ValueError where the probabilities of a state do not sum to 1."""
    _check_states(states)
    total = states.abs().square().flatten(1).sum(dim=1)
    if not (total - 1).abs().max() < 1e-4:
        raise ValueError(
            "the squared amplitudes of each state must sum to 1; got "
            f"{total.min():.4f} to {total.max():.4f}. Divide each state by "
            "its norm."
        )


def check_kept(states, kept):
    """Raise ValueError where `kept` leaves no qubit, or none for the trash."""
    _check_states(states)
    qubits = states.ndim - 1
    if not 0 < kept < qubits:
        raise ValueError(
            f"kept must lie in 1 to {qubits - 1} for {qubits} qubits; got "
            f"{kept}"
        )


def run_circuit(states, angles):
    """Turn each qubit, tie neighbours by CNOTs, turn, ...: the encoder.

    states (B, 2, ..., 2), angles (layers, qubits) -> (B, 2, ..., 2). With
    angles (starts, layers, qubits), many circuits at once, the result has
    that axis in front. Gate by gate this would be `apply_gate`; here the
    turns of a layer are two matrices, one for each half of the qubits, and
    its CNOTs one change of order.
    """
    first, last, order, rows = _prepare(states, angles)
    for layer in range(angles.shape[-2]):
        if layer:
            rows = rows.index_select(-1, order)
        rows = _turn(rows, first[..., layer, :, :], last[..., layer, :, :])
    return rows.unflatten(-1, states.shape[1:])


def undo_circuit(states, angles):
    """Undo `run_circuit`: the same gates backwards, turned by -angle."""
    first, last, order, rows = _prepare(states, -angles)
    for layer in reversed(range(angles.shape[-2])):
        rows = _turn(rows, first[..., layer, :, :], last[..., layer, :, :])
        if layer:
            rows = rows.index_select(-1, order.argsort())
    return rows.unflatten(-1, states.shape[1:])


def trash_fidelity(states, kept):
    """The probability that all qubits but the first `kept` are 0: (B,).

    Romero, Olson and Aspuru-Guzik (2017) train a quantum autoencoder by it.
    """
    check_kept(states, kept)
    zeros = states.flatten(kept + 1)[..., 0]
    return zeros.abs().square().flatten(1).sum(dim=1)


def density_matrix(states, kept):
    """What the first `kept` qubits look like alone: (B, 2**kept, 2**kept).

    The other qubits are thrown away (a partial trace). Diagonal: the
    probabilities of what is found.
    """
    check_kept(states, kept)
    rows = states.flatten(kept + 1).flatten(1, -2)
    return rows @ rows.mH


def _prepare(states, angles):
    """Return the turns of both halves, the CNOTs' order, and the states.

    (..., layers, 2**h, 2**h) for the first h qubits and the same for the
    others, (2**qubits,), and rows (..., B, 2**qubits).
    """
    _check_states(states)
    qubits = states.ndim - 1
    if angles.ndim not in (2, 3) or angles.shape[-1] != qubits:
        raise ValueError(
            f"angles (layers, {qubits}) are wanted for {qubits} qubits; got "
            f"{tuple(angles.shape)}"
        )
    order = torch.arange(2**qubits).view(1, *[2] * qubits).double()
    for q in range(qubits - 1):
        order = apply_gate(order, CNOT, q, q + 1)
    turns = rotation(angles).to(states.dtype)
    half = qubits // 2
    first, last = turns[..., :half, :, :], turns[..., half:, :, :]
    rows = states.flatten(1).expand(*angles.shape[:-2], -1, -1)
    return (
        _all_at_once(first),
        _all_at_once(last),
        order.flatten().long(),
        rows,
    )


def _all_at_once(turns):
    """One matrix for some qubits: (..., q, 2, 2) -> (..., 2**q, 2**q)."""
    whole = turns.new_ones(*turns.shape[:-3], 1, 1)
    for q in range(turns.shape[-3]):
        blocks = whole[..., :, None, :, None]
        blocks = blocks * turns[..., q, None, :, None, :]
        whole = blocks.flatten(-4, -3).flatten(-2)
    return whole


def _turn(rows, first, last):
    """Let a matrix for each half of the qubits act: rows (..., B, 2**q)."""
    count, a, b = rows.shape[-2], first.shape[-1], last.shape[-1]
    grid = rows.unflatten(-1, (a, b)).flatten(-3, -2) @ last.mT
    grid = grid.unflatten(-2, (count, a)).mT.flatten(-3, -2) @ first.mT
    return grid.unflatten(-2, (count, b)).mT.flatten(-2)


def _check_states(states):
    if states.ndim < 2 or set(states.shape[1:]) != {2}:
        raise ValueError(
            "states (B, 2, ..., 2) are wanted, one axis of two for each "
            f"qubit; got {tuple(states.shape)}"
        )


def _check_qubits(states, qubits):
    there = states.ndim - 1
    good = all(0 <= q < there for q in qubits)
    if (
        len(set(qubits)) != len(qubits)
        or not 1 <= len(qubits) <= 2
        or not good
    ):
        raise ValueError(
            f"one or two different qubits of 0 to {there - 1} are wanted; "
            f"got {qubits}"
        )
