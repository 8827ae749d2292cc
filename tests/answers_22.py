"""Answers to lesson 22's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import numpy as np
import torch

from course_utils.models.quantum import (
    CNOT,
    apply_gate,
    rotation,
    run_circuit,
)


def gate_by_einsum(states, gate, qubit):
    letters = "abcdefgh"[: states.ndim]
    old = letters[qubit + 1]
    new = letters.replace(old, "z")
    return torch.einsum(f"z{old},{letters}->{new}", gate, states)


def gate_by_tensordot(states, gate, qubit):
    moved = torch.tensordot(gate, states, dims=([1], [qubit + 1]))
    return moved.movedim(0, qubit + 1)


def gate_by_transpose(states, gate, qubit):
    last = states.transpose(qubit + 1, -1)
    return (last @ gate.T).transpose(qubit + 1, -1)


def gate_by_numpy(states, gate, qubit):
    last = np.moveaxis(states.numpy(), qubit + 1, -1) @ gate.numpy().T
    return np.moveaxis(last, -1, qubit + 1)


def gate_forgets_batch(states, gate, qubit):
    return (states.movedim(qubit, -1) @ gate.T).movedim(-1, qubit)


def gate_on_qubit_0(states, gate, qubit):
    new = torch.zeros_like(states)
    for i in range(2):
        for j in range(2):
            new[:, i] += gate[i, j] * states[:, j]
    return new


def gate_in_front(states, gate, qubit):
    front = states.movedim(qubit + 1, 1).flatten(2)
    return (gate @ front).reshape(states.shape)


def gate_overwrites(states, gate, qubit):
    new = torch.zeros_like(states)
    for i in range(2):
        for j in range(2):
            new.select(qubit + 1, i).copy_(
                gate[i, j] * states.select(qubit + 1, j)
            )
    return new


def gate_not_moved_back(states, gate, qubit):
    return states.movedim(qubit + 1, -1) @ gate.T


def trash_by_loop(states, kept):
    found = []
    for state in states:
        rows = state.reshape(2**kept, -1)
        found.append(sum(row[0] ** 2 for row in rows))
    return torch.stack(found)


def trash_by_rows(states, kept):
    rows = states.reshape(len(states), 2**kept, -1)
    return torch.einsum("bk,bk->b", rows[:, :, 0], rows[:, :, 0])


def trash_by_sum(states, kept):
    chance = states.abs() ** 2
    while chance.ndim > kept + 1:
        chance = chance[..., 0]
    return chance.flatten(1).sum(-1)


def trash_multiplied(states, kept):
    chance = 1
    for q in range(kept, states.ndim - 1):
        zero = states.movedim(q + 1, 1)[:, 0]
        chance = chance * zero.square().flatten(1).sum(1)
    return chance


BACK = ((2, 3), (1, 2), (0, 1))


def untie(states, pairs=BACK):
    for pair in pairs:
        states = apply_gate(states, CNOT, *pair)
    return states


def undo_by_index(states, angles, turned=lambda gate: gate.T, pairs=BACK):
    for layer in range(len(angles) - 1, -1, -1):
        for qubit in range(4):
            gate = turned(rotation(angles[layer, qubit]))
            states = apply_gate(states, gate, qubit)
        if layer != 0:
            states = untie(states, pairs)
    return states


def undo_by_flip(states, angles):
    back = angles.flip(0)
    for i, row in enumerate(back):
        for qubit in reversed(range(4)):
            states = apply_gate(states, rotation(-row[qubit]), qubit)
        if i < len(back) - 1:
            states = untie(states)
    return states


def undo_by_matrix(states, angles):
    unit = torch.eye(16, device=states.device).view(-1, 2, 2, 2, 2)
    forward = run_circuit(unit, angles).reshape(16, 16)
    return (states.reshape(-1, 16) @ forward.T).view_as(states)


def undo_untied_early(states, angles):
    for layer in range(len(angles) - 1, -1, -1):
        if layer != 0:
            states = untie(states)
        for qubit in range(4):
            gate = rotation(-angles[layer, qubit])
            states = apply_gate(states, gate, qubit)
    return states


def undo_numbered_wrongly(states, angles, untied=0):
    for layer, row in enumerate(reversed(angles)):
        for qubit, angle in enumerate(row):
            states = apply_gate(states, rotation(-angle), qubit)
        if layer >= 1 - untied:
            states = untie(states)
    return states


ANSWERS = {
    "apply_gate": (
        [
            gate_by_einsum,
            gate_by_tensordot,
            gate_by_transpose,
            gate_by_numpy,
        ],
        {
            "transposed": lambda s, g, q: gate_by_einsum(s, g.T, q),
            "bring the qubit's back": gate_not_moved_back,
            "axis too early": gate_forgets_batch,
            "on qubit 0": gate_on_qubit_0,
            "in another order": gate_in_front,
            "not `=`": gate_overwrites,
        },
    ),
    "trash_fidelity": (
        [
            trash_by_loop,
            trash_by_rows,
            trash_by_sum,
        ],
        {
            "kept qubits were asked": lambda s, kept: s.flatten(1)[:, 0] ** 2,
            "square first": lambda s, kept: (
                s.reshape(len(s), 2**kept, -1)[:, :, 0].sum(1) ** 2
            ),
            "they stay": lambda s, kept: (
                s.reshape(len(s), 2**kept, -1)[:, 0].pow(2).sum(1)
            ),
            "begins at axis": lambda s, kept: (
                s.flatten(kept)[..., 0].square().flatten(1).sum(1)
            ),
            "were multiplied": trash_multiplied,
        },
    ),
    "undo": (
        [undo_by_index, undo_by_flip, undo_by_matrix],
        {
            "turn back first": undo_untied_early,
            "three CNOTs": lambda states, angles: undo_by_index(
                states, angles, pairs=((0, 1), (1, 2), (2, 3))
            ),
            "once more: turn by -angle": lambda states, angles: undo_by_index(
                states, angles, turned=lambda gate: gate
            ),
            "their numbers are not": undo_numbered_wrongly,
            "Layer 0 was untied": lambda states, angles: undo_numbered_wrongly(
                states, angles, untied=1
            ),
        },
    ),
    "pairs": (
        [
            [(0, 1), (0, 2), (0, 3)],
            [(2, 3), (1, 2), (0, 1)],
            ((0, 3), (0, 2), (0, 1)),
            torch.tensor([[0, 3], [0, 2], [0, 1]]),
            ["01", "02", "03"],
            [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0)],
        ],
        {
            "must be 0 in both": [(0, 1), (1, 2), (2, 3)],
            "two different qubits": [(0, 1), (0, 2), (0, 4)],
            "lost the angle": [(1, 0), (0, 2)],
            "list of pairs": [0, 1, 2, 3],
            "found 0 with probability": [],
        },
    ),
}
