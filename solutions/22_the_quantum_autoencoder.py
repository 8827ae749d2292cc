# %% [markdown]
# {head}
#
# You will be able to: compute with a few qubits, as tensors; train a circuit
# that squeezes four qubits into one; say how much any circuit can keep, and
# why this is PCA.

# %%
import pandas
import torch

from course_utils.figures import diagram, show_bars, show_curves
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
from_memory()

# %% [markdown]
# ## A qubit
#
# A **qubit** has two numbers, its **amplitudes**: one for 0 and one for 1.
# Looking at it (a **measurement**) gives 0 or 1 by chance. The probabilities
# are the *squares* of the amplitudes, so the squares sum to 1. In general
# amplitudes are complex numbers; ours are real.
#
# A **gate** is a matrix that keeps this sum: a rotation or a mirror. The gate
# H, a mirror, makes (0.71, 0.71) of (1, 0), a sure 0: a fair coin.

# %%
from course_utils.models.quantum import HADAMARD

print("H =", HADAMARD)
guess("H, then H again, then we look. How often 1?", "half", "always", "never")

# %%
zero = torch.tensor([1.0, 0.0])
once = HADAMARD @ zero
twice = HADAMARD @ once
table = {"sure 0": zero, "H": once, "H, H": twice}
pandas.DataFrame(table, ["amplitude of 0", "amplitude of 1"]).round(2)

# %% [markdown] tags=["explain"]
# Never. The new amplitude of 1 is 0.71 · 0.71 − 0.71 · 0.71 = 0. Amplitudes
# cancel, as probabilities never do: **interference**.

# %% tags=["claims"]
chance = twice[1].square().item()
reveal("half never always".split()[1 + (chance > 0.9) - (0.1 < chance < 0.9)])
claim("after H twice, 1 is never found", chance, high=1e-6)

# %% [markdown]
# ### Several qubits
#
# Two qubits have four amplitudes, for 00, 01, 10 and 11; four qubits have 16.
# We keep them in a tensor with an axis of two for each qubit: `s[b, 0, 1]` is
# the amplitude of 01 in state b.
#
# On paper: the state 0.6 · 00 + 0.8 · 01 is `[[0.6, 0.8], [0, 0]]`. Flip the
# second qubit: `[[0.8, 0.6], [0, 0]]`. Flip the first one instead:
# `[[0, 0], [0.6, 0.8]]`. A gate works along *its* axis, for all the rest.
#
# ### Exercise 1 · A gate on one qubit · 12 minutes, medium
#
# The first qubit has number 0. Each new amplitude is a sum over the old value
# of the qubit. Of two qubits, with the gate on qubit 0: `new[b, i, k]` is the
# sum over j of `gate[i, j] * old[b, j, k]`. Do it for any number of qubits.

# %% tags=["nbval-check-output"]
from course_utils import checks


def apply_gate(states, gate, qubit):
    """States (B, 2, ..., 2), gate (2, 2), a number -> states, same shape."""
    ### BEGIN SOLUTION
    last = states.movedim(qubit + 1, -1)  # axis 0 counts the states
    return (last @ gate.T).movedim(-1, qubit + 1)
    ### END SOLUTION


apply_gate = checks.apply_gate(apply_gate)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Axis 0 counts the states, so qubit 0 is axis 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `movedim` brings an axis to the end, and back. On which side does the
# matrix stand, and must it be transposed?
#
# </details>
#
# {answer}
#
# A gate on *two* qubits is **CNOT**: it flips the second where the first is 1.
# H and CNOT tie two qubits together, they are **entangled**: both are coins,
# and they always agree.

# %%
from course_utils.models.quantum import CNOT, basis_state
from course_utils.models.quantum import apply_gate as any_gate  # also on two


def chain(states, pairs):
    """Apply a CNOT to each pair of qubits, one after the other."""
    for first, second in pairs:
        states = any_gate(states, CNOT, first, second)
    return states


coins = apply_gate(basis_state("00"), HADAMARD, 0)
tied = chain(coins, [(0, 1)])
pandas.DataFrame(tied[0], ["0 .", "1 ."], [". 0", ". 1"]).round(2)

# %% [markdown]
# ## One hidden cause
#
# Our data are quantum states. Four small magnets stand in a row. Neighbours
# want to agree; a field across the row wants each to be a coin. For each
# strength of the field there is one state of least energy, the **ground
# state** of an Ising chain. 16 amplitudes, one cause (lesson 01).

# %%
from course_utils.datasets.ising import ground_states
from course_utils.figures import show_matrix

fields = torch.linspace(0.2, 2, 50)
states = ground_states(fields)
names = [f"{i:04b}" for i in range(16)]
few = [0, 10, 22, 49]
sides = [f"field {fields[i]:.1f}" for i in few], names
show_matrix(states[few].flatten(1), *sides, fmt="{:.2f}", size=0.42)

# %% [markdown]
# The cells are amplitudes. A weak field: all four agree, 0000 or 1111, each
# nearly half of the time. A strong one: more alike, as of four separate coins
# (0.25 each). A row is the same read from the right: flipping all four changes
# nothing.
#
# ## How much fits into one qubit?
#
# An encoder can only turn and mirror the space of 16 dimensions. Then we keep
# qubit 0 and throw three away; the decoder gets three fresh zeros instead.
# *After* the encoder, those three are 0 in 0000 and 1000 only. So it must turn
# two directions onto these. Which two keep most of our states?
#
# The answer is PCA (lesson 03), without centring; its matrix is the mean
# **density matrix** here. **Fidelity** is the squared dot product of two
# states, 1 for equal ones. The share kept of a state is its fidelity with the
# best copy.

# %%
rows = states.flatten(1)
density = rows.T @ rows / len(rows)
holds = "less than 0.9", "0.9 to 0.99", "more than 0.99"
guess("The two best of 16 directions: which share do they keep?", *holds)

# %%
eigenvalues = torch.linalg.eigvalsh(density).flip(0)
first = {f"direction {i + 1}": eigenvalues[i].item() for i in range(3)}
limit = eigenvalues[:2].sum().item()
show_bars(first, xlabel="share of the states")

# %% [markdown] tags=["explain"]
# 0.999. One direction alone keeps 0.93; the second adds 0.068, the other 14
# have less than a thousandth: the states' curve is nearly flat. *No circuit
# can beat this limit*, however deep.

# %% tags=["claims"]
reveal(holds[(limit > 0.9) + (limit > 0.99)])
claim("two directions keep nearly all", limit, low=0.995)
claim("one alone does not", eigenvalues[0].item(), 0.9, 0.96)

# %% [markdown]
# ## Squeeze
#
# The circuit: a *layer* turns each qubit by an angle of its own. CNOTs between
# two layers tie neighbours (dot: looked at, ⊕: flipped). The angles are learnt.
#
# If the **trash**, the qubits thrown away, is always found 0, nothing is lost
# with it. The probability of this is the **trash fidelity** (Romero and
# others, 2017); the loss is 1 minus its mean.
#
# ### Exercise 2 · Trash fidelity · 7 minutes, medium
#
# The first `kept` qubits stay. How probable is it that all others are 0,
# whatever the kept ones are?

# %%
diagram("quantum_autoencoder")


# %% tags=["nbval-check-output"]
def trash_fidelity(states, kept):
    """States (B, 2, ..., 2), how many qubits stay -> probability (B,)."""
    ### BEGIN SOLUTION
    zeros = states.flatten(kept + 1)[..., 0]
    return zeros.square().flatten(1).sum(dim=1)
    ### END SOLUTION


trash_fidelity = checks.trash_fidelity(trash_fidelity)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `flatten(kept + 1)` makes one axis of all trash qubits. At which place are
# all 0? Probabilities of different cases add up.
#
# </details>
#
# {answer}
#
# Ten circuits for each of five depths start at random and learn from all 50
# states for 200 steps.

# %%
from course_utils.measures.quantum import fidelity, train_circuits
from course_utils.models.quantum import run_circuit

counts = "none of the ten", "some", "all ten"
guess("4 layers, 16 angles: how many come within 0.006 of the limit?", *counts)
depths = 2, 4, 6, 8, 10  # train_circuits gives (angles, what they reach)
angles = {n: train_circuits(states, 1, n, seed=SEED)[0] for n in depths}


# %%
def reached(angles):
    """Mean trash fidelity of a circuit, on our states."""
    return trash_fidelity(run_circuit(states, angles), 1).mean().item()


scores = {n: [reached(a) for a in angles[n]] for n in depths}
contest = pandas.DataFrame(scores)
ends = {"best of ten": contest.max(), "worst of ten": contest.min()}
curves = {name: dict(line) for name, line in ends.items()}
show_curves(curves, "layers", "trash fidelity", mark={"limit": limit})

# %% [markdown] tags=["explain"]
# None. The best reaches 0.968; the limit is 0.999. With 2 layers all ten stop
# at 0.94, hardly more than the first direction alone. With 10 layers all ten
# are there. Two directions can each lean into 14 others: 28 numbers;
# 4 layers have 16 angles, 10 layers 40. In between, luck decides.

# %% tags=["claims"]
near = (contest > limit - 0.006).sum().tolist()
reveal(counts[(near[1] > 0) + (near[1] == 10)])
claim("2 layers: hardly above one direction", contest[2].max(), high=0.95)
claim("with 10 layers most starts are there", near[-1], low=8)
claim("no circuit beats the limit", contest.max().max() - limit, high=1e-4)

# %% [markdown]
# ## And back
#
# Each gate can be undone: turn by −angle; CNOT undoes itself. So *the decoder
# is the encoder backwards*; it learns nothing.
#
# ### Exercise 3 · A broken decoder · 15 minutes, medium
#
# A colleague's way back makes poor copies; their mean fidelity stands below.
# Why? Write `decode`.

# %%
from course_utils.models.quantum import rotation


def encode(states, angles):
    """Turn, tie, turn, ...: angles (layers, 4)."""
    for layer, row in enumerate(angles):
        if layer > 0:
            states = chain(states, [(0, 1), (1, 2), (2, 3)])
        for qubit, angle in enumerate(row):
            states = apply_gate(states, rotation(angle), qubit)
    return states


def colleague(states, angles):
    """Each turn backwards."""
    return encode(states, -angles)


best = angles[10][contest[10].argmax()]
fidelity(colleague(encode(states, best), best), states).mean()


# %% tags=["nbval-check-output"]
def decode(states, angles):
    """Undo `encode`: states (B, 2, 2, 2, 2), angles (layers, 4) -> states."""
    ### BEGIN SOLUTION
    for layer in reversed(range(len(angles))):
        for qubit, angle in enumerate(angles[layer]):
            states = apply_gate(states, rotation(-angle), qubit)
        if layer > 0:
            states = chain(states, [(2, 3), (1, 2), (0, 1)])
    return states
    ### END SOLUTION


decode = checks.undo(decode)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You put on socks, then shoes. What do you take off first?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Three orders turn round: of the layers, of turning and tying within a layer,
# and of the three CNOTs.
#
# </details>
#
# {answer}
#
# ### Copies
#
# Now through one qubit and back: zeros replace whatever the trash holds. We
# send our states, and those of fields between ours. (*trash 0*: how often it
# is found 0.)

# %%
from course_utils.measures.quantum import copy_fidelity

half = (fields[1] - fields[0]) / 2  # of a step, 0.018
between = ground_states(fields[:-1] + half)


def send(cases):
    """Mean fidelities of {name: (states sent, states wanted)}."""
    rows = {"before": {}, "copy": {}, "trash 0": {}}
    for name, (sent, wanted) in cases.items():
        rows["before"][name] = fidelity(sent, wanted)
        rows["copy"][name] = copy_fidelity(sent, wanted, best, kept=1)
        rows["trash 0"][name] = trash_fidelity(run_circuit(sent, best), 1)
    return pandas.DataFrame(rows).map(lambda f: f.mean().item())


whole = send({"clean": (states, states), "new fields": (between, between)})
whole.round(3)

# %% [markdown]
# The copies reach 0.999, new fields included.
#
# ## The cause, read off
#
# The kept qubit is a point in a circle (the **Bloch sphere**, cut through): up
# is a sure 0, down a sure 1, right the coin of H. Looking tells z; H, then
# looking, tells x. Where do the magnets' 50 states lie?

# %%
from course_utils.figures import show_cloud
from course_utils.models.quantum import density_matrix


def bloch(states):
    """The kept qubit, the others ignored, as a point (x, z): (B, 2)."""
    kept = density_matrix(run_circuit(states, best), 1)
    return torch.stack([2 * kept[:, 0, 1], kept[:, 0, 0] - kept[:, 1, 1]], 1)


points = bloch(states)
round_it = torch.linspace(0, 2 * torch.pi, 100)
circle = {"circle": torch.stack([round_it.sin(), round_it.cos()], 1)}
sides = "x (right: coin of H)", "z (up: a sure 0)"
named = {"labels": sides, "colour_label": "field"}
show_cloud(points, fields, surface=circle, **named)

# %% tags=["claims"]
turn = torch.atan2(points[:, 0], points[:, 1]).diff()
turn = torch.remainder(turn + torch.pi, 2 * torch.pi) - torch.pi
ordered = max((turn > 0).sum(), (turn < 0).sum()).item() / len(turn)
claim("new fields are copied as well", whole["copy"].iloc[1], low=0.993)
claim("the points follow the field in order", ordered, low=0.95)

# %% [markdown]
# On an arc, in the order of the field: the hidden cause has become an angle.
#
# **Review question.** A talk promises that "a quantum autoencoder compresses
# images better than PCA". What would you ask?
#
# *Your answer (double-click to write):*
#
# <details><summary>A model answer</summary>
#
# How do images become states? Loading numbers costs as many steps as there are
# numbers, and the limit is that of PCA. How many qubits, layers and starts?
#
# </details>
#
# ### Where it fails
#
# - Nothing here beats PCA of the amplitudes, which takes a millisecond. The
#   circuit is for states whose amplitudes nobody can list.
# - It is linear: bent sheets (lesson 01) are out of reach.
# - Our gates were perfect; real ones err (*Going further*).
#
# ### Summary
#
# - A state of n qubits is a tensor of 2ⁿ amplitudes; gates turn it.
# - Encoder: a circuit that empties the trash. Decoder: the same, backwards.
# - k qubits hold 2ᵏ directions. One is enough for our cause: its curve is
#   nearly flat.
# - The limit of any circuit is PCA's. Depth and luck decide how near one comes.
#
# ### Quiz and scorecard

# %%
from course_utils.lessons import quiz, scorecard

quiz()
scorecard(
    {
        "fidelity_limit": limit,
        "fidelity_reached": contest[10].max(),
        "fidelity_worst_start": contest[10].min(),
        "fidelity_4_layers": contest[4].max(),
        "fidelity_2_layers": contest[2].max(),
        "copies_new_fields": whole["copy"].iloc[1],
    }
)

# %% [markdown]
# **References.** J. Romero, J. Olson and A. Aspuru-Guzik, *Quantum
# autoencoders for efficient compression of quantum data*, 2017. · J. McClean
# and others, *Barren plateaus in quantum neural network training landscapes*,
# 2018. · M. Cerezo and others, *Cost function dependent barren plateaus in
# shallow parametrized quantum circuits*, 2021. · M. Nielsen and I. Chuang,
# *Quantum computation and quantum information*, 2000.
#
# ## Going further
#
# What changes on a real quantum computer, with many qubits?
#
# ### Errors
#
# A **bit flip** swaps a qubit's amplitudes of 0 and 1, a **phase flip** changes
# the sign of that of 1. A denoiser (lesson 06) drops what does not fit. So we
# damage one qubit of our states.

# %%
found = "nearly always", "half of the time", "never"
guess("A qubit has a phase flip: how often is the trash found 0?", *found)

# %%
from course_utils.models.quantum import BIT_FLIP, PHASE_FLIP

cases = {}
for name, gate in (("bit flip", BIT_FLIP), ("phase flip", PHASE_FLIP)):
    for qubit in (0, 1):
        bad = apply_gate(states, gate, qubit)
        cases[f"{name}, qubit {qubit}"] = bad, states
damage = send(cases)
damage.round(3)

# %% [markdown] tags=["explain"]
# After a phase flip: never. Trash that is not 0 is an *alarm*, as in lesson
# 13. Flip all four qubits: our states stay, one with a phase flip becomes its
# negative. Gates keep dot products; the product of the two equals its own
# negative, so it is 0: nothing lands where the trash is 0. The copy is still
# about half right: the decoder makes our two directions only.
#
# A bit flip is noticed in about a quarter of the cases. The copy is closer to
# the clean state (qubit 1: 0.73 after 0.54; 0.6 with another seed), not
# repaired.

# %% tags=["claims"]
rare = damage["trash 0"].tolist()[2:]
reveal(found[(rare[0] < 0.75) + (rare[0] < 0.25)])
claim("phase flips are noticed each time", max(rare), high=0.02)
gain = (damage["copy"] - damage["before"]).iloc[:2]
claim("after a bit flip the copy is closer", gain.min(), low=0.02)

# %% [markdown]
# ### Exercise 4 · Cats · 8 minutes, on your own
#
# Other states: cos a · 0000 + sin a · 1111, for any angle a. They can be
# squeezed onto qubit 0 *exactly, by CNOTs alone*: the trash of all is 0. Find
# these CNOTs. Hand in `pairs`, the list for `chain`; a pair is (the qubit
# looked at, the one flipped).

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
pairs = [(0, 1), (0, 2), (0, 3)]
### END SOLUTION
pairs = checks.pairs(pairs)

# %% [markdown]
# <details><summary>Hint</summary>
#
# What must happen to 1111, and what may not happen to 0000? Begin with one
# trash qubit.
#
# </details>
#
# {answer}
#
# Now flip one qubit of a cat.

# %%
cat = 0.6 * basis_state("0000") + 0.8 * basis_state("1111")
rows = {}
for qubit in range(4):
    end = chain(apply_gate(cat, BIT_FLIP, qubit), pairs)[0].reshape(2, 8)
    trash = end.abs().sum(dim=0).argmax().item()
    rows[f"flip {qubit}"] = [f"{trash:03b}", *end[:, trash].tolist()]
columns = ["trash", "code: 0", "code: 1"]
pandas.DataFrame.from_dict(rows, "index", columns=columns).round(1)

# %% [markdown]
# Each flip leaves a mark of its own in the trash. It also says where the code is
# flipped (0.8 before 0.6): flip it back. With fresh zeros, all four become a
# perfect cat: the simplest **quantum error correction** undoes a bit flip.
#
# ### Counting
#
# A quantum computer shows only 0 or 1, and the state is gone; one prepares it
# again and counts. With 10 to 10,000 such **shots** for each coordinate, how
# well do we read the field of *new* states, by the nearest of our 50 points?


# %%
def counted(points, shots):
    """Each coordinate as so many measurements would show it."""
    zeros = torch.binomial(torch.full_like(points, shots), (1 + points) / 2)
    return 2 * zeros / shots - 1


def error(points_seen):
    """Mean error of the field, by the nearest known point."""
    nearest = torch.cdist(points_seen, points).argmin(dim=1)
    return (fields[nearest] - fields[:-1] - half).abs().mean().item()


new_points = bloch(between)
torch.manual_seed(SEED)
shots = {n: error(counted(new_points, n)) for n in (10, 100, 1000, 10_000)}
mark = {"exact amplitudes": error(new_points)}
names = "shots", "error of the field"
logs = {"log_x": True, "log_y": True}
show_curves({"by counting": shots}, *names, **logs, mark=mark)

# %% [markdown]
# The error of a share falls with the root of the shots: ten times as many, a
# third of the error. That of the field cannot fall below half a step between
# our points, 0.018. 1,000 shots give it to 0.03 or 0.04.
#
# ### Slopes
#
# Training begins at random angles. How steep is the loss there? We take the
# variance of the slope by a middle angle, over 200 random circuits. Two
# losses: *all* qubits should be 0, or *one*.

# %%
from course_utils.measures.quantum import slope_variance

falls = "by less than 3", "by 3 to 30", "by more than 30"
guess("All qubits 0: from 2 to 6 qubits the variance falls …", *falls)

# %%
torch.manual_seed(SEED)
plateaus = {}
for asked, layers in ("all", 5), ("one", 5), ("one", 40):
    line = {n: slope_variance(n, layers, asked) for n in range(2, 9)}
    plateaus[f"{asked}, {layers} layers"] = line
show_curves(plateaus, "qubits", "variance of the slope", log_y=True)

# %% [markdown] tags=["explain"]
# More than a hundredfold, by about 3.5 for each qubit: a **barren plateau**
# (McClean and others, 2018). With 50 qubits no slope could be told from the
# noise of the shots. A loss on one qubit falls more slowly in a shallow
# circuit (Cerezo and others, 2021); in a deep one it halves with each qubit.
# And depth was what we needed.

# %% tags=["claims"]
drop = {name: line[2] / line[6] for name, line in plateaus.items()}
ratio, gentle, deep = drop.values()
reveal(falls[(ratio > 3) + (ratio > 30)])
claim("all qubits: it falls a hundredfold", ratio, low=50)
claim("one qubit: it falls far less", ratio / gentle, low=4)
claim("one qubit, deep: more than shallow", deep / gentle, low=1.2)

# %% [markdown]
# ### Size
#
# Each qubit more doubles the amplitudes, in the end also the time. 50 qubits
# would fill more than four million gigabytes.
#
# Six qubits to two: the limit is 0.999997, but to fix 4 of 64 directions
# takes 240 numbers, and 24 layers have 144 angles. The table shows five starts
# each: twice the steps hardly move the best of 8 layers; 24 layers bring all
# to 0.997.

# %%
import time

cost = {}  # the time of a gate on this machine
for n in range(4, 21, 4):
    many = basis_state("0" * n)
    start = time.perf_counter()
    for _ in range(10):
        apply_gate(many, HADAMARD, n // 2)
    cost[n] = (time.perf_counter() - start) / 10 * 1000
show_curves({"one gate": cost}, "qubits", "milliseconds", log_y=True)

# %%
from course_utils.measures.quantum import fidelity_limit

large = ground_states(fields, qubits=6)
six = {"limit": [fidelity_limit(large, 2)] * 2}
for layers, steps in ((4, 200), (8, 200), (8, 400), (24, 200)):
    ends = train_circuits(large, 2, layers, 5, steps, SEED)[1]
    name = f"{layers} layers, {steps} steps"
    six[name] = ends.min().item(), ends.max().item()
pandas.DataFrame(six, ["worst", "best"]).T.round(4)
