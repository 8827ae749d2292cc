"""Checks of lesson 22."""

import torch

from course_utils.checks.core import check, outcome
from course_utils.models.quantum import (
    CNOT,
    rotation,
    undo_circuit,
)
from course_utils.models.quantum import apply_gate as _apply
from course_utils.models.quantum import trash_fidelity as _trash


def _states(count, qubits):
    """Return random states (count, 2, ..., 2), normalised."""
    rows = torch.randn(count, 2**qubits)
    rows = rows / rows.norm(dim=1, keepdim=True)
    return rows.view(-1, *[2] * qubits)


def _gate_case(count, qubits, qubit):
    gate = rotation(torch.tensor(0.4 + torch.rand(()).item()))
    return _states(count, qubits), gate, qubit


def _along(states, gate, axis):
    """Let a gate act along any axis of size two."""
    return (states.movedim(axis, -1) @ gate.T).movedim(-1, axis)


def _kept_at_end(states, gate, qubit):
    return states.movedim(qubit + 1, -1) @ gate.T


@check(
    cases=lambda: [_gate_case(3, 3, 0), _gate_case(5, 4, 1)],
    learns=("states", "gate"),
    slips={
        "The matrix stands on the wrong side, or is transposed: new[i] sums "
        "gate[i, j] * old[j].": lambda states, gate, qubit: _along(
            states, gate.T, qubit + 1
        ),
        "The gate acted on another qubit, counted from the end.": (
            lambda states, gate, qubit: _along(states, gate, -1 - qubit)
        ),
        "The gate acted on the last axis, whatever the qubit is.": (
            lambda states, gate, qubit: states @ gate.T
        ),
        "The gate acted on the next qubit: axis 0 counts the states, so "
        "qubit 0 is axis 1, not 2.": lambda states, gate, qubit: _along(
            states, gate, (qubit + 1) % (states.ndim - 1) + 1
        ),
        "The axis of that qubit stayed at the end: move it back.": (
            _kept_at_end
        ),
        "Every qubit was turned; the gate acts on one.": (
            lambda states, gate, qubit: _on_all(states, gate)
        ),
        "Each amplitude was multiplied by one number of the gate; new[i] is "
        "a sum over j.": lambda states, gate, qubit: (
            states.movedim(qubit + 1, -1) * gate.diagonal()
        ).movedim(-1, qubit + 1),
        "The gate acted twice.": lambda states, gate, qubit: _along(
            states, gate @ gate, qubit + 1
        ),
    },
)
def apply_gate(states, gate, qubit):
    """States (B, 2, ..., 2), gate (2, 2), a number -> states, same shape."""
    return _apply(states, gate, qubit)


def _on_all(states, gate):
    for axis in range(1, states.ndim):
        states = _along(states, gate, axis)
    return states


def _zeros(states, kept):
    return states.flatten(kept + 1)[..., 0]


@check(
    cases=lambda: [(_states(5, 3), 1), (_states(4, 4), 2)],
    learns=("states",),
    slips={
        "Those are the first qubits found 0; they stay. The others are the "
        "trash.": lambda states, kept: (
            states.flatten(1, kept)[:, 0].square().flatten(1).sum(dim=1)
        ),
        "The kept qubits were asked to be 0, too: they may be anything, so "
        "their cases add up.": lambda states, kept: states.flatten(1)[
            :, 0
        ].square(),
        "Amplitudes were added up; a probability is the square of each.": (
            lambda states, kept: _zeros(states, kept).flatten(1).sum(dim=1)
        ),
        "Amplitudes were added up and then squared; square first: different "
        "cases do not cancel.": lambda states, kept: (
            _zeros(states, kept).flatten(1).sum(dim=1).square()
        ),
        "Absolute values were added up; a probability is the square.": (
            lambda states, kept: (
                _zeros(states, kept).flatten(1).abs().sum(dim=1)
            )
        ),
        "Only one qubit was asked to be 0; all of the trash must be.": (
            lambda states, kept: (
                states.select(kept + 1, 0).square().flatten(1).sum(dim=1)
            )
        ),
        "That is the loss; the fidelity is 1 minus it.": (
            lambda states, kept: (
                1 - _zeros(states, kept).square().flatten(1).sum(dim=1)
            )
        ),
        "The mean over the cases was taken; their probabilities add up.": (
            lambda states, kept: (
                _zeros(states, kept).square().flatten(1).mean(dim=1)
            )
        ),
        "The root was taken: that is a length, not a probability.": (
            lambda states, kept: _zeros(states, kept).flatten(1).norm(dim=1)
        ),
        "All found 1 instead of 0.": lambda states, kept: (
            states.flatten(kept + 1)[..., -1].square().flatten(1).sum(dim=1)
        ),
        "One number for the whole batch: each state has its own.": (
            lambda states, kept: (
                _zeros(states, kept).square().sum() / len(states)
            )
        ),
    },
    skip=("far",),
)
def trash_fidelity(states, kept):
    """States (B, 2, ..., 2), how many qubits stay -> probability (B,)."""
    return _trash(states, kept)


def _undo(
    states, angles, sign=-1, layers=reversed, late=True, chain=(2, 1, 0)
):
    """Go back through the circuit, with some knobs turned."""

    def turn(states, row):
        for q, angle in enumerate(row):
            states = _apply(states, rotation(sign * angle), q)
        return states

    for layer in layers(range(len(angles))):
        if late:
            states = turn(states, angles[layer])
        if layer:
            for q in chain:
                states = _apply(states, CNOT, q, q + 1)
        if not late:
            states = turn(states, angles[layer])
    return states


def _undo_case(count, layers):
    return _states(count, 4), 3 * torch.randn(layers, 4)


UNDO_SLIPS = {
    "The angles keep their sign: to undo a turn, turn by -angle.": {"sign": 1},
    "The layers go forward: the last one must be undone first.": {
        "layers": list
    },
    "Within a layer the order is still that of the encoder: it tied, then "
    "turned; so turn back first, then untie.": {"late": False},
    "The three CNOTs come in the encoder's order: the last one must be undone "
    "first.": {"chain": (0, 1, 2)},
    "Nothing but the order of the layers was turned round: within a layer, "
    "turn back first, and undo the last CNOT first.": {
        "late": False,
        "chain": (0, 1, 2),
    },
    "The order is still that of the encoder; only the angles changed sign.": {
        "layers": list,
        "late": False,
        "chain": (0, 1, 2),
    },
    "That is the encoder, once more.": {
        "sign": 1,
        "layers": list,
        "late": False,
        "chain": (0, 1, 2),
    },
    "The layers still go forward, although each is undone well.": {
        "layers": list,
        "chain": (0, 1, 2),
    },
    "The CNOTs are missing.": {"chain": ()},
}


@check(
    cases=lambda: [_undo_case(3, 3), _undo_case(5, 2)],
    slips={
        message: lambda states, angles, knobs=knobs: _undo(
            states, angles, **knobs
        )
        for message, knobs in UNDO_SLIPS.items()
    }
    | {
        "The states came back as they were.": lambda states, angles: states * 1
    },
    skip=("far",),
)
def undo(states, angles):
    """Undo `encode`: states (B, 2, 2, 2, 2), angles (layers, 4) -> states."""
    return undo_circuit(states, angles)


def _pairs_problem(pairs):
    """Return what is wrong with a list of CNOTs for the cats, or None."""
    try:
        steps = [(int(a), int(b)) for a, b in pairs]
    except (TypeError, ValueError):
        return (
            "`pairs` is a list of pairs of qubits, such as [(0, 1), (2, 3)]; "
            f"got {pairs!r}."
        )
    if any(a == b or not {a, b} <= set(range(4)) for a, b in steps):
        return f"Each pair names two different qubits of 0 to 3; got {pairs}."
    cats = torch.zeros(5, 2, 2, 2, 2)
    turn = torch.tensor([0.2, 0.8, 1.4, 2.0, 2.9])
    cats[:, 0, 0, 0, 0], cats[:, 1, 1, 1, 1] = turn.cos(), turn.sin()
    for a, b in steps:
        cats = _apply(cats, CNOT, a, b)
    if not len(steps):
        return "The list is empty, so 1111 stays 1111."
    empty = _trash(cats, 1)
    if (empty > 0.999).all():
        return None
    ends = cats[1].abs().flatten().topk(2).indices.tolist()
    to = " and ".join(sorted(f"{i:04b}" for i in ends))
    if (cats[:, 0].flatten(1).abs().amax(dim=1) < 0.01).any() or not any(
        i >= 8 for i in ends
    ):
        return (
            f"Now the state is made of {to}: qubit 0 has lost the angle. It "
            "must stay the one that tells the two apart."
        )
    return (
        f"Now the state is made of {to}. The last three must be 0 in both; "
        f"as it is, they are found 0 with probability {empty[1]:.2f} for "
        "a = 0.8."
    )


outcome("pairs", _pairs_problem, course=lambda: [(0, 1), (0, 2), (0, 3)])
