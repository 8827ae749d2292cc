"""A few qubits as tensors: gates, circuits, fidelities, ground states."""

import math

import pytest
import torch

from course_utils.datasets.ising import ground_states
from course_utils.measures.quantum import (
    copy_fidelity,
    fidelity,
    fidelity_limit,
    slope_variance,
    train_circuits,
)
from course_utils.models.quantum import (
    BIT_FLIP,
    CNOT,
    HADAMARD,
    PHASE,
    PHASE_FLIP,
    apply_gate,
    basis_state,
    check_normalised,
    check_unitary,
    density_matrix,
    rotation,
    run_circuit,
    trash_fidelity,
    undo_circuit,
)


def some_states(count=5, qubits=4):
    torch.manual_seed(0)
    rows = torch.randn(count, 2**qubits)
    rows = rows / rows.norm(dim=1, keepdim=True)
    return rows.view(-1, *[2] * qubits)


def gate_by_gate(states, angles):
    for layer, row in enumerate(angles):
        if layer:
            for q in range(len(row) - 1):
                states = apply_gate(states, CNOT, q, q + 1)
        for q, angle in enumerate(row):
            states = apply_gate(states, rotation(angle), q)
    return states


@pytest.mark.parametrize("qubit", range(3))
def test_a_gate_is_a_kronecker_product(qubit):
    states, gate = some_states(4, 3), rotation(torch.tensor(0.7))
    whole = torch.ones(1, 1)
    for q in range(3):
        whole = torch.kron(whole, gate if q == qubit else torch.eye(2))
    expected = states.flatten(1) @ whole.T
    result = apply_gate(states, gate, qubit).flatten(1)
    torch.testing.assert_close(result, expected)


def test_cnot_flips_the_second_where_the_first_is_1():
    for bits, ends in (("010", "010"), ("100", "101"), ("111", "110")):
        moved = apply_gate(basis_state(bits), CNOT, 0, 2)
        assert torch.equal(moved, basis_state(ends))


def test_complex_gates_work_and_stay_unitary():
    for gate in (HADAMARD, BIT_FLIP, PHASE_FLIP, PHASE, CNOT):
        check_unitary(gate)
    turned = apply_gate(basis_state("1"), PHASE, 0)
    assert turned.is_complex()
    check_normalised(turned)
    torch.testing.assert_close(fidelity(turned, turned), torch.ones(1))


def test_a_circuit_is_its_gates_and_can_be_undone():
    states, angles = some_states(), 3 * torch.randn(2, 3, 4)
    ends = run_circuit(states, angles)
    for circuit, end in zip(angles, ends, strict=True):
        torch.testing.assert_close(end, gate_by_gate(states, circuit))
        torch.testing.assert_close(undo_circuit(end, circuit), states)


def test_trash_and_density_agree_with_sums():
    states = some_states()
    expected = states[:, :, :, 0, 0].square().sum(dim=(1, 2))
    torch.testing.assert_close(trash_fidelity(states, 2), expected)
    kept = density_matrix(states, 1)
    ones = states[:, 1].square().flatten(1).sum(dim=1)
    torch.testing.assert_close(kept[:, 1, 1], ones)
    torch.testing.assert_close(
        kept.diagonal(dim1=1, dim2=2).sum(dim=1), torch.ones(5)
    )


def test_ground_states_are_those_of_the_chain():
    two = ground_states([0.5], qubits=2).flatten()
    energy = torch.diag(-torch.tensor([1.0, -1, -1, 1]))
    for i, j in ((0, 1), (0, 2), (3, 1), (3, 2)):
        energy[i, j] = energy[j, i] = -0.5
    lowest = torch.linalg.eigh(energy).eigenvectors[:, 0].abs()
    torch.testing.assert_close(two, lowest)
    strong = ground_states([1000.0]).flatten()
    torch.testing.assert_close(
        strong, torch.full((16,), 0.25), atol=1e-3, rtol=0
    )


def test_the_limit_is_that_of_pca_and_training_gets_near():
    states = ground_states(torch.linspace(0.2, 2, 20))
    _, values, _ = torch.linalg.svd(states.flatten(1))
    limit = fidelity_limit(states, 1)
    assert math.isclose(limit, values[:2].square().sum() / 20, abs_tol=1e-5)
    angles, reached = train_circuits(states, 1, 8, starts=4, steps=150)
    assert limit - 0.02 < reached.max() < limit + 1e-4
    best = angles[reached.argmax()]
    assert copy_fidelity(states, states, best, 1).mean() > limit - 0.03


def test_a_copy_through_a_perfect_code_is_perfect():
    angles = torch.randn(3, 4)
    inner = apply_gate(basis_state("0000"), rotation(torch.tensor(1.1)), 0)
    states = undo_circuit(inner, angles)
    torch.testing.assert_close(
        copy_fidelity(states, states, angles, 1), torch.ones(1)
    )


def test_one_layer_has_the_slopes_that_calculus_says():
    # One layer on 00: P(all 0) is cos²(a/2) cos²(b/2); its slope by b is
    # -cos²(a/2) sin(b)/2, with variance 3/8 * 1/8. P(one 0): 1/8.
    torch.manual_seed(0)
    both = slope_variance(2, 1, circuits=20_000)
    one = slope_variance(2, 1, "one", circuits=20_000)
    assert math.isclose(both, 3 / 64, rel_tol=0.05)
    assert math.isclose(one, 1 / 8, rel_tol=0.05)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: apply_gate(torch.ones(2, 3), HADAMARD, 0), "one axis of two"),
        (lambda: apply_gate(basis_state("00"), HADAMARD, 2), "of 0 to 1"),
        (lambda: apply_gate(basis_state("00"), CNOT, 0), r"\(2, 2\)"),
        (lambda: apply_gate(basis_state("00"), CNOT, 1, 1), "different"),
        (lambda: basis_state("02"), "'010'"),
        (lambda: check_unitary(2 * HADAMARD), "unitary"),
        (lambda: check_unitary(torch.ones(2, 3)), "unitary"),
        (lambda: check_normalised(2 * basis_state("01")), "sum to 1"),
        (lambda: check_normalised(basis_state("0") / 0), "sum to 1"),
        (lambda: run_circuit(basis_state("00"), torch.ones(2, 3)), "angles"),
        (lambda: trash_fidelity(basis_state("00"), 2), "kept"),
        (lambda: density_matrix(basis_state("00"), 0), "kept"),
        (lambda: fidelity_limit(basis_state("00"), 0), "kept"),
        (lambda: fidelity(basis_state("0"), basis_state("00")), "one shape"),
        (lambda: slope_variance(1, 5), "at least 2 qubits"),
        (lambda: slope_variance(2, 5, "two"), "'all' or 'one'"),
        (lambda: ground_states([0.5], qubits=20), "2 to 10"),
        (lambda: ground_states([[0.5]]), "shape"),
        (lambda: ground_states([0.0]), "above 0"),
        (lambda: ground_states([float("nan")]), "above 0"),
    ],
)
def test_bad_input_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_pennylane_runs_the_same_circuit():
    qml = pytest.importorskip("pennylane")
    angles = 3 * torch.randn(3, 4, dtype=torch.float64)
    state = some_states(1).double()
    state = state / state.norm()
    device = qml.device("default.qubit", wires=4)

    @qml.qnode(device)
    def circuit():
        qml.StatePrep(state.flatten().numpy(), wires=range(4))
        for layer, row in enumerate(angles.tolist()):
            if layer:
                for q in range(3):
                    qml.CNOT(wires=[q, q + 1])
            for q, angle in enumerate(row):
                qml.RY(angle, wires=q)
        return qml.state()

    ours = run_circuit(state, angles).flatten()
    theirs = torch.as_tensor(circuit())
    assert (ours - theirs).abs().max() < 1e-6
