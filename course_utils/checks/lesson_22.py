"""Checks of lesson 22."""

import itertools

import torch

from course_utils.checks.comparing import same
from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.judging import Right
from course_utils.models.quantum import CNOT, rotation, undo_circuit
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


def _order_problem(answer, states, gate, qubit):
    """Say that the sums are right, but the axes stand elsewhere."""
    right = _apply(states, gate, qubit)
    orders = map(right.permute, itertools.permutations(range(right.ndim)))
    if any(same(answer, order) for order in orders):
        return (
            "The sums are right, but the axes stand in another order: bring "
            "the qubit's back. `movedim(-1, place)` undoes `movedim(place, "
            "-1)`, a `transpose` undoes itself."
        )
    return None


@check(
    cases=lambda: [
        _gate_case(3, 5, 3),  # in the first case each slip differs
        _gate_case(5, 3, 0),
        _gate_case(4, 3, 2),
    ],
    slips={
        "It acted one axis too early: axis 0 counts the states, so qubit 0 is "
        "axis 1.": _along,
        "The gate acted on the last axis, whatever the qubit is.": (
            lambda states, gate, qubit: _along(states, gate, -1)
        ),
        "The gate acted on qubit 0, whatever the qubit is.": (
            lambda states, gate, qubit: _along(states, gate, 1)
        ),
        "The matrix stands on the wrong side, or is transposed: new[i] sums "
        "gate[i, j] * old[j].": lambda states, gate, qubit: _along(
            states, gate.T, qubit + 1
        ),
        "The matrix stands on the left, so it acts on the axis before the "
        "last: write `rows @ gate.T`.": lambda states, gate, qubit: (
            gate @ states.movedim(qubit + 1, -1)
        ).movedim(-1, qubit + 1),
        "Only the last j was kept: new[i] adds up both (`+=`, not `=`).": (
            lambda states, gate, qubit: _along(
                states, gate * torch.tensor([0.0, 1.0]), qubit + 1
            )
        ),
    },
    why=_order_problem,
    skip=("far", "device"),
)
def apply_gate(states, gate, qubit):
    """States (B, 2, ..., 2), gate (2, 2), a number -> states, same shape."""
    return _apply(states, gate, qubit)


def _chance(amplitudes):
    """Add up the probabilities of some amplitudes (B, ...)."""
    return amplitudes.square().flatten(1).sum(dim=1)


def _zeros(states, kept):
    return states.flatten(kept + 1)[..., 0]


def _multiplied(states, kept):
    """Multiply the probabilities of 0 of each trash qubit."""
    places = range(kept + 1, states.ndim)
    return torch.stack([_chance(states.select(p, 0)) for p in places]).prod(0)


@check(
    cases=lambda: [(_states(5, 3), 1), (_states(4, 5), 2)],
    slips={
        "Those are the first qubits found 0; they stay. The others are the "
        "trash.": lambda s, kept: _chance(s.flatten(1, kept)[:, 0]),
        "The kept qubits were asked to be 0, too: they may be anything, so "
        "their cases add up.": lambda s, kept: s.flatten(1)[:, 0].square(),
        "A kept qubit was asked to be 0, too: axis 0 counts the states, so "
        "the trash begins at axis kept + 1.": lambda s, kept: (
            s.flatten(kept)[..., 0].square().flatten(1).sum(dim=1)
        ),
        "Only the last qubit was asked to be 0; all of the trash must be.": (
            lambda s, kept: _chance(s[..., 0])
        ),
        "Probabilities of single qubits were multiplied: these are tied, so "
        "ask for all zeros at once.": _multiplied,
        "Amplitudes were added up and then squared; square first: different "
        "cases do not cancel.": lambda s, kept: (
            _zeros(s, kept).flatten(1).sum(dim=1).square()
        ),
        "The mean over the cases was taken; their probabilities add up.": (
            lambda s, kept: _zeros(s, kept).square().flatten(1).mean(dim=1)
        ),
    },
    skip=("far", "device"),
)
def trash_fidelity(states, kept):
    """States (B, 2, ..., 2), how many qubits stay -> probability (B,)."""
    return _trash(states, kept)


BACK = ((2, 3), (1, 2), (0, 1))
FORTH = BACK[::-1]


def _undo(
    states,
    angles,
    sign=-1,
    layers=reversed,
    late=True,
    chain=BACK,
    tied=lambda layer, last: layer > 0,
):
    """Go back through the circuit, with some knobs turned.

    late: whether the CNOTs of a layer come after its turns.
    """
    numbers = range(len(angles))
    for layer in layers(numbers):
        row = enumerate(angles[layer])
        turns = [(rotation(sign * angle), qubit) for qubit, angle in row]
        ties = [(CNOT, *pair) for pair in chain]
        ties = ties if tied(layer, numbers[-1]) else []
        for gate in turns + ties if late else ties + turns:
            states = _apply(states, *gate)
    return states


def _undo_case(count, layers):
    return _states(count, 4), 3 * torch.randn(layers, 4)


@check(
    cases=lambda: [_undo_case(3, 3), _undo_case(5, 2)],
    slips=mutants(
        _undo,
        {
            "Each turn goes forward once more: turn by -angle. Two changes of "
            "sign, such as -angle and .T, cancel.": {"sign": 1},
            "The layers go forward: the last one must be undone first.": {
                "layers": list
            },
            "Within a layer the order is still that of the encoder: it tied, "
            "then turned; so turn back first, then untie.": {"late": False},
            "The three CNOTs come in the encoder's order: the last one must "
            "be undone first.": {"chain": FORTH},
            "The order is still that of the encoder; only the angles changed "
            "sign.": {"layers": list, "late": False, "chain": FORTH},
            "The CNOTs are missing.": {"chain": ()},
            "Control and target changed places: CNOT undoes itself, the pairs "
            "stay (2, 3), (1, 2), (0, 1).": {
                "chain": [pair[::-1] for pair in BACK]
            },
            "The layers are reversed, their numbers are not: layer 0, now the "
            "last, is the one without CNOTs.": {
                "tied": lambda layer, last: layer < last
            },
            "Layer 0 was untied, too: the encoder has no CNOTs there.": {
                "tied": lambda layer, last: True
            },
        },
    ),
    skip=("far", "device"),
)
def undo(states, angles):
    """Undo `encode`: states (B, 2, 2, 2, 2), angles (layers, 4) -> states."""
    return undo_circuit(states, angles)


def _pairs_problem(pairs):
    """Return what is wrong with a list of CNOTs for the cats, or `Right`."""
    try:
        steps = [(int(a), int(b)) for a, b in pairs]
    except (TypeError, ValueError):
        return (
            "`pairs` is a list of pairs of qubits, such as [(0, 1), (2, 3)]; "
            f"got {' '.join(repr(pairs).split()):.60}."
        )
    if any(a == b or not {a, b} <= set(range(4)) for a, b in steps):
        return f"Each pair names two different qubits of 0 to 3; got {steps}."
    cats = torch.zeros(5, 2, 2, 2, 2)
    turn = torch.tensor([0.2, 0.8, 1.4, 2.0, 2.9])
    cats[:, 0, 0, 0, 0], cats[:, 1, 1, 1, 1] = turn.cos(), turn.sin()
    for a, b in steps:
        cats = _apply(cats, CNOT, a, b)
    empty = _trash(cats, 1)
    if (empty > 0.999).all():
        return Right(steps, "")  # whole numbers, in a list
    ends = cats[1].abs().flatten().topk(2).indices.tolist()
    to = " and ".join(sorted(f"{i:04b}" for i in ends))
    if max(ends) < 8:
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
