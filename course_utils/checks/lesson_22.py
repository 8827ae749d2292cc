"""Checks of lesson 22."""

import itertools

import torch

from course_utils.checks.comparing import same
from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.judging import Right
from course_utils.models.quantum import (
    CNOT,
    HADAMARD,
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


def _on_all(states, gate):
    for axis in range(1, states.ndim):
        states = _along(states, gate, axis)
    return states


def _turned(states, gate, qubit, axis=None, by=None, of=None):
    """Let a gate act, with some knobs turned."""
    axis = axis(qubit, states.ndim - 1) if axis else qubit + 1
    gate = by(*gate.flatten()) if by else gate
    return _along(of(states) if of else states, torch.as_tensor(gate), axis)


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
    slips=mutants(
        _turned,
        {
            "It acted one axis too early: axis 0 counts the states, so qubit "
            "0 is axis 1.": {"axis": lambda q, n: q},
            "The gate acted on another qubit, counted from the end.": {
                "axis": lambda q, n: n - q
            },
            "The gate acted on the last axis, whatever the qubit is.": {
                "axis": lambda q, n: n
            },
            "The gate acted on qubit 0, whatever the qubit is.": {
                "axis": lambda q, n: 1
            },
            "The gate acted on the next qubit: axis 0 counts the states, so "
            "qubit 0 is axis 1, not 2.": {
                "axis": lambda q, n: (q + 1) % n + 1
            },
            "The matrix stands on the wrong side, or is transposed: new[i] "
            "sums gate[i, j] * old[j].": {
                "by": lambda a, b, c, d: [[a, c], [b, d]]
            },
            "gate[0, 1] stands where gate[1, 0] should.": {
                "by": lambda a, b, c, d: [[a, b], [b, d]]
            },
            "gate[1, 0] stands where gate[0, 1] should.": {
                "by": lambda a, b, c, d: [[a, c], [c, d]]
            },
            "Only the last j was kept: new[i] adds up both (`+=`, not `=`).": {
                "by": lambda a, b, c, d: [[0, b], [0, d]]
            },
            "Each amplitude was multiplied by one number of the gate; new[i] "
            "is a sum over j.": {"by": lambda a, b, c, d: [[a, 0], [0, d]]},
            "The second sum took the first one's result: both are sums of old "
            "amplitudes.": {
                "by": lambda a, b, c, d: [[a, b], [c * a, c * b + d]]
            },
            "The gate is always H; it should be `gate`.": {
                "by": lambda *_: HADAMARD
            },
            "The amplitudes were squared first: a gate acts on them as they "
            "are.": {"of": torch.square},
        },
    )
    | {
        "The matrix stands on the left, so it acts on the axis before the "
        "last: write `rows @ gate.T`.": lambda states, gate, qubit: (
            gate @ states.movedim(qubit + 1, -1)
        ).movedim(-1, qubit + 1),
        "`gate @ states` acts on the axis before the last, whatever the qubit "
        "is.": lambda states, gate, qubit: gate @ states,
        "`states * gate` multiplies the last two axes place by place; new[i] "
        "is a sum over j, along the qubit's axis.": (
            lambda states, gate, qubit: states * gate
        ),
        "`movedim` takes first from where, then to where: `movedim(qubit + 1, "
        "-1)` brings the qubit's axis to the end.": (
            lambda states, gate, qubit: (
                states.movedim(-1, qubit + 1) @ gate.T
            ).movedim(-1, qubit + 1)
        ),
        "`*` multiplies place by place; new[i] is a sum over j: `@`.": (
            lambda states, gate, qubit: (
                states.movedim(qubit + 1, -1) * gate.T
            ).movedim(-1, qubit + 1)
        ),
        "The axis of that qubit stayed at the end: move it back.": (
            lambda states, gate, qubit: states.movedim(qubit + 1, -1) @ gate.T
        ),
        "Every qubit was turned; the gate acts on one.": (
            lambda states, gate, qubit: _on_all(states, gate)
        ),
        "The gate acted twice.": lambda states, gate, qubit: _along(
            states, gate @ gate, qubit + 1
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


def _single(states, kept):
    """Return the probability of 0 of each trash qubit (qubits, B)."""
    places = range(kept + 1, states.ndim)
    return torch.stack([_chance(states.select(p, 0)) for p in places])


def _given(states, kept):
    """Return the trash fidelity of each case of the kept qubits, as shares."""
    chances = states.flatten(kept + 1).flatten(1, -2).square()
    return chances[..., 0] / chances.sum(dim=-1)


TRASH_SLIPS = {
    "Those are the first qubits found 0; they stay. The others are the "
    "trash.": lambda s, kept: _chance(s.flatten(1, kept)[:, 0]),
    "The last qubits were kept; it is the first ones that stay.": (
        lambda s, kept: _chance(s.reshape(len(s), -1, 2**kept)[:, 0])
    ),
    "That is qubit 0 found 0: `[:, 0]` is the second axis, `[..., 0]` the "
    "last.": lambda s, kept: _chance(s[:, 0]),
    "The kept qubits were asked to be 0, too: they may be anything, so their "
    "cases add up.": lambda s, kept: s.flatten(1)[:, 0].square(),
    "A kept qubit was asked to be 0, too: axis 0 counts the states, so the "
    "trash begins at axis kept + 1.": lambda s, kept: (
        s.flatten(kept)[..., 0].square().flatten(1).sum(dim=1)
    ),
    "Only the last qubit was asked to be 0; all of the trash must be.": (
        lambda s, kept: _chance(s[..., 0])
    ),
    "A trash qubit was left out: the trash begins at axis kept + 1.": (
        lambda s, kept: _trash(s, kept + 1)
    ),
    "Only one qubit was asked to be 0; all of the trash must be.": (
        lambda s, kept: _chance(s.select(kept + 1, 0))
    ),
    "Probabilities of single qubits were multiplied: these are tied, so ask "
    "for all zeros at once.": lambda s, kept: _single(s, kept).prod(dim=0),
    "Probabilities of single qubits were averaged: ask for all zeros at "
    "once.": lambda s, kept: _single(s, kept).mean(dim=0),
    "Probabilities of single qubits were added up: ask for all zeros at "
    "once.": lambda s, kept: _single(s, kept).sum(dim=0),
    "A slice of axis 1 takes values of qubit 0, not the first qubits: each "
    "qubit has an axis of its own.": lambda s, kept: _chance(s[:, :kept]),
    "A slice of axis 1 leaves out values of qubit 0, not the first qubits: "
    "each qubit has an axis of its own.": lambda s, kept: _chance(s[:, kept:]),
    "Amplitudes were added up; a probability is the square of each.": (
        lambda s, kept: _zeros(s, kept).flatten(1).sum(dim=1)
    ),
    "Amplitudes were added up and then squared; square first: different "
    "cases do not cancel.": lambda s, kept: (
        _zeros(s, kept).flatten(1).sum(dim=1).square()
    ),
    "Absolute values were added up; a probability is the square.": (
        lambda s, kept: _zeros(s, kept).flatten(1).abs().sum(dim=1)
    ),
    "The probabilities of the kept qubits' cases are still to be added up.": (
        lambda s, kept: _zeros(s, kept).square()
    ),
    "Only the most probable case was kept; all add up.": lambda s, kept: (
        _zeros(s, kept).square().flatten(1).amax(dim=1)
    ),
    "The mean over the cases was taken; their probabilities add up.": (
        lambda s, kept: _zeros(s, kept).square().flatten(1).mean(dim=1)
    ),
    "Each case was divided by its own probability; their probabilities just "
    "add up.": lambda s, kept: _given(s, kept).sum(dim=1),
    "That is the loss; the fidelity is 1 minus it.": lambda s, kept: (
        1 - _trash(s, kept)
    ),
    "The root was taken: that is a length, not a probability.": (
        lambda s, kept: _trash(s, kept).sqrt()
    ),
    "All found 1 instead of 0.": lambda s, kept: _chance(
        s.flatten(kept + 1)[..., -1]
    ),
    "One number for the whole batch: each state has its own.": (
        lambda s, kept: _trash(s, kept).mean()
    ),
}


@check(
    cases=lambda: [(_states(5, 3), 1), (_states(4, 5), 2)],
    slips=TRASH_SLIPS,
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
    seen=lambda angles: angles,
):
    """Go back through the circuit, with some knobs turned."""
    angles = seen(angles)

    def turn(states, row):
        for q, angle in enumerate(row):
            states = _apply(states, rotation(sign * angle), q)
        return states

    for layer in layers(range(len(angles))):
        if late:
            states = turn(states, angles[layer])
        if tied(layer, len(angles) - 1):
            for pair in chain:
                states = _apply(states, CNOT, *pair)
        if not late:
            states = turn(states, angles[layer])
    return states


def _undo_in_pieces(states, angles):
    """Undo the CNOTs after the turn of each single qubit."""
    for layer in reversed(range(len(angles))):
        for q, angle in enumerate(angles[layer]):
            states = _apply(states, rotation(-angle), q)
            for pair in BACK if layer else ():
                states = _apply(states, CNOT, *pair)
    return states


def _undo_case(count, layers):
    return _states(count, 4), 3 * torch.randn(layers, 4)


UNDO_SLIPS = {
    "Each turn goes forward once more: turn by -angle. Two changes of sign, "
    "such as -angle and .T, cancel.": {"sign": 1},
    "A turn is undone by -angle, not by 1 / angle.": {
        "sign": 1,
        "seen": torch.reciprocal,
    },
    "The layers go forward: the last one must be undone first.": {
        "layers": list
    },
    "Within a layer the order is still that of the encoder: it tied, then "
    "turned; so turn back first, then untie.": {"late": False},
    "The three CNOTs come in the encoder's order: the last one must be undone "
    "first.": {"chain": FORTH},
    "Nothing but the order of the layers was turned round: within a layer, "
    "turn back first, and undo the last CNOT first.": {
        "late": False,
        "chain": FORTH,
    },
    "The layers are reversed, but each turn goes forward (turn by -angle), "
    "and the CNOTs come in the encoder's order.": {"sign": 1, "chain": FORTH},
    "`flip(1)` reverses the qubits of a layer, and the order is still that of "
    "the encoder: the layers are axis 0, the CNOTs turn round, too.": {
        "layers": list,
        "late": False,
        "chain": FORTH,
        "seen": lambda angles: angles.flip(1),
    },
    "Nothing but the order of the CNOTs was turned round: begin with the last "
    "layer, and turn back before you untie.": {"layers": list, "late": False},
    "The order is still that of the encoder; only the angles changed sign.": {
        "layers": list,
        "late": False,
        "chain": FORTH,
    },
    "That is the encoder, once more.": {
        "sign": 1,
        "layers": list,
        "late": False,
        "chain": FORTH,
    },
    "The layers still go forward, although each is undone well.": {
        "layers": list,
        "chain": FORTH,
    },
    "The CNOTs are missing.": {"chain": ()},
    "The CNOTs were undone twice.": {"chain": BACK * 2},
    "Control and target changed places: CNOT undoes itself, the pairs stay "
    "(2, 3), (1, 2), (0, 1).": {"chain": [pair[::-1] for pair in BACK]},
    "In each CNOT control and target changed places; the order of the three "
    "should: (2, 3), (1, 2), (0, 1).": {
        "chain": [pair[::-1] for pair in FORTH]
    },
    "The layers are reversed, their numbers are not: layer 0, now the last, "
    "is the one without CNOTs.": {"tied": lambda layer, last: layer < last},
    "Layer 0 was untied, too: the encoder has no CNOTs there.": {
        "tied": lambda layer, last: True
    },
    "The CNOTs of layer 1 are missing: only layer 0 has none.": {
        "tied": lambda layer, last: layer > 1
    },
    "Layer 0 was not undone: its turns are missing.": {
        "layers": lambda numbers: numbers[:0:-1]
    },
    "Only the last layer was undone: a `return` inside the loop?": {
        "layers": lambda numbers: numbers[-1:]
    },
    "The angles of a layer stand in reverse: each belongs to its qubit.": {
        "seen": lambda angles: angles.flip(1)
    },
    "Layers and qubits of the angles are reversed: `flip(0)` reverses the "
    "layers only. And the CNOTs come in the encoder's order.": {
        "chain": FORTH,
        "seen": lambda angles: angles.flip(1),
    },
}


@check(
    cases=lambda: [_undo_case(3, 3), _undo_case(5, 2)],
    slips=mutants(_undo, UNDO_SLIPS)
    | {
        "The states came back as they were.": (
            lambda states, angles: states * 1
        ),
        "The CNOTs stand inside the loop over qubits: they come once in a "
        "layer, after all its turns.": _undo_in_pieces,
    },
    skip=("far", "device"),
)
def undo(states, angles):
    """Undo `encode`: states (B, 2, 2, 2, 2), angles (layers, 4) -> states."""
    return undo_circuit(states, angles)


def _clean(pairs):
    """Return pairs of whole numbers as [(int, int), ...], or None."""
    try:
        steps = [tuple(map(int, pair)) for pair in pairs]
        exact = all(
            float(a) == b
            for pair, step in zip(pairs, steps, strict=True)
            for a, b in zip(pair, step, strict=True)
        )
    except (TypeError, ValueError):
        return None
    return steps if exact and all(len(s) == 2 for s in steps) else None


def _pairs_problem(pairs):
    """Return what is wrong with a list of CNOTs for the cats, or `Right`."""
    pairs = list(pairs) if hasattr(pairs, "__next__") else pairs
    steps = _clean(pairs)
    if steps is None:
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
    if not steps:
        return "The list is empty, so 1111 stays 1111."
    empty = _trash(cats, 1)
    if (empty > 0.999).all():
        return Right(steps, "")  # whole numbers, in a list
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
