# %% [markdown]
# {head}
#
# You will be able to: train a code in which few units speak for an image,
# measure sparsity so that no change of scale can fool you, train a code that
# is hard to move, and say what both are good for.

# %%
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, normalize

from course_utils.datasets import fashion_mnist
from course_utils.figures import diagram, show_images
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
FULL = False
images = fashion_mnist(FULL)
from_memory()
diagram("overcomplete")

# %% [markdown]
# ## More units than pixels
#
# So far a small code kept the network from copying. A code with more numbers
# than the image has pixels is **overcomplete**: it could hold everything. To
# be quick, we average squares of 2 × 2 pixels. That leaves 196 pixels, and the
# code gets 400 numbers, its **units**. The value of a unit is its
# **activity**.


# %%
def small(x):
    """Images (B, 1, 28, 28) -> 14 by 14 pixels in a row: (B, 196)."""
    return avg_pool2d(x, 2).flatten(1)


def as_images(x):
    """Pixels in a row (B, 196) -> images (B, 1, 14, 14)."""
    return x.view(-1, 1, 14, 14)


train_x, valid_x = small(images.train[:-1000]), small(images.train[-1000:])
test_x = small(images.test)
show_images(as_images(test_x[:10]))


# %%
class Overcomplete(nn.Module):
    """x (B, D) -> code z (B, units) -> x_hat (B, D), a layer each way."""

    def __init__(self, inputs=196, units=400, bend=nn.ReLU, keep=None):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(inputs, units), bend())
        self.decoder = nn.Linear(units, inputs)
        self.keep = keep or nn.Identity()

    def encode(self, x):
        return self.keep(self.encoder(x))

    def decode(self, z):
        return self.decoder(z)


# %% [markdown]
# The decoder has no activation function. So a reconstruction is a sum: to the
# bias, each unit adds its own **stroke**, a column of the decoder's weights,
# times its activity. `keep` does nothing yet.

# %%
from functools import cache

from course_utils.measures import mse
from course_utils.models import reconstruction_loss
from course_utils.training import fit, predict, set_seed


def nothing(model, z):
    return 0.0


@cache  # the same training is not done twice
def train(make=Overcomplete, penalty=nothing, epochs=6, **options):
    """Return a model trained to copy, with a penalty on its code."""
    set_seed(SEED)
    model = make(**options)

    def loss(model, x):
        z = model.encode(x)
        return reconstruction_loss(model.decode(z), x) + penalty(model, z)

    options = {"epochs": epochs, "batch_size": 64, "seed": SEED}
    fit(model, train_x, loss, progress=False, **options)
    return model


# %%
from course_utils.rivals.pca import pca_errors


def copy_error(model, x=valid_x):
    return mse(predict(lambda x: model.decode(model.encode(x)), x), x)


plain = train()
pca = pca_errors(train_x, valid_x, (5, 10, 20, 30, 40))
pca | {"400 units": copy_error(plain)}

# %% [markdown]
# First PCA's errors, with 5 to 40 numbers. The plain network has about a
# quarter of the last. It copies well, but its numbers tell us little: most of
# the 400 are above 0.1 for an average image.
#
# ## A price on activity
#
# The **L1 penalty** adds a weight times the sum of an image's activities to
# the loss. (ReLU gives none below 0; else take absolute values.) Then a unit
# is active only where that pays. Why not squares? On paper: from 0.1 to 0 a
# unit saves 0.1 of the sum, but only 0.01 of the squares. Squares make small
# activities cheap, not absent.
#
# The **KL penalty** (Ng, 2011) looks at a unit over many images. Its mean
# activity, its **rate**, should be a small number rho. The penalty is the
# Kullback–Leibler divergence between two coins that show heads with
# probabilities rho and rate:
#
# rho · log(rho / rate) + (1 − rho) · log((1 − rho) / (1 − rate))

# %%
from course_utils.figures import show_curves

z = torch.linspace(0.001, 0.6, 100)
coins = [torch.distributions.Bernoulli(p) for p in (torch.tensor(0.05), z)]
kl = torch.distributions.kl_divergence(*coins)
curves = {"L1": z, "squares": z**2, "KL from 0.05": kl}
show_curves(
    {name: (z[::9], y[::9]) for name, y in curves.items()},
    xlabel="activity (KL: rate)",
    ylabel="penalty",
)

# %% [markdown]
# L1 has the same slope down to 0; squares are flat there. KL is 0 at rho and
# rises on **both** sides: a unit that is never active costs something, too. So
# KL asks every unit to work, but seldom.
#
# ### Exercise 1 · The KL penalty · 8 minutes, medium
#
# The rates are given; `clamp` keeps them strictly between 0 and 1, where both
# logarithms are finite. Return the sum of the formula over the units: one
# number.


# %% tags=["nbval-check-output"]
from course_utils import checks


def kl_sparsity(z, rho=0.05):
    """KL of the units' rates from rho: (B, units) -> one number."""
    rate = z.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    ### BEGIN SOLUTION
    on = rho * (rho / rate).log()
    off = (1 - rho) * ((1 - rho) / (1 - rate)).log()
    return (on + off).sum()
    ### END SOLUTION


kl_sparsity = checks.kl_sparsity(kl_sparsity)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `(rho / rate).log()` works on all units at once. How many numbers is that?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The second half is the first half with 1 − rho for rho, and 1 − rate for
# rate.
#
# </details>
#
# {answer}


# %%
@cache
def l1(weight):
    """Return a penalty: the weight times the sum of the activities."""
    return lambda model, z: weight * z.sum(dim=1)


@cache
def kl_from(rho, weight):
    """Return a penalty: the weight times the KL of the rates from rho."""
    return lambda model, z: weight * kl_sparsity(z, rho)


# %%
import pandas as pd


def by_scale(model, x=valid_x):
    """Return error, sum of activities, share of units above 0.1."""
    z = predict(model.encode, x)
    share = (z > 0.1).float().mean().item()
    return copy_error(model, x), z.sum(1).mean().item(), share


first = {"plain": plain, "L1": train(penalty=l1(0.1))}
names = ["error", "sum", "above 0.1"]
rows = {name: by_scale(model) for name, model in first.items()}
pd.DataFrame(rows, names).T.round(4)

# %% [markdown]
# The sum is 16 times smaller; 5 % of the units are above 0.1 instead of 69 %.
# The error has grown. Is the code sparse now?
#
# ## How sparse is it?
#
# Take the L1 network. Divide the encoder's weights and biases by 10: then ReLU
# gives a tenth, too. Multiply the decoder's weights by 10.

# %%
from copy import deepcopy

shrunk = deepcopy(first["L1"])
with torch.no_grad():
    for weight in shrunk.encoder.parameters():
        weight /= 10
    shrunk.decoder.weight *= 10

rows["shrunk"] = by_scale(shrunk)
pd.DataFrame(rows, names).T.round(4)

# %% [markdown]
# The copies are the same, the sum is a tenth, hardly anything is above 0.1.
# Yet every unit says what it said before. Both measures depend on scale. A
# **scale-free** measure compares a unit with itself: it is *active* for an
# image when it is above a tenth of its own largest value. On paper: a unit
# with the activities 3, 0.2, 0 is active once; with 0.3, 0.02, 0 also once.


# %%
def active_units(z):
    """Mean number of active units of an image: (B, units) -> a float."""
    largest = z.abs().amax(dim=0)
    return (z.abs() > 0.1 * largest).float().sum(dim=1).mean().item()


[active_units(predict(m.encode, valid_x)) for m in (first["L1"], shrunk)]

# %% [markdown]
# Now the same network and the same penalty, but 15 epochs instead of 6.

# %%
longer = train(penalty=l1(0.1), epochs=15)
free = {"6 epochs": first["L1"], "15 epochs": longer}
sums = {k: predict(m.encode, valid_x).sum(1).mean() for k, m in free.items()}
ways = "fewer", "as many, within 3 %", "more"
guess("The sum has fallen. How many units are active after 15 epochs?", *ways)
{name: round(value.item(), 2) for name, value in sums.items()}


# %%
def facts(model, x=valid_x):
    """Return error, sum, active units and the mean norm of a stroke."""
    z = predict(model.encode, x)
    norm = model.decoder.weight.norm(dim=0).mean().item()
    return copy_error(model, x), z.sum(1).mean().item(), active_units(z), norm


names = ["error", "sum", "active units", "norm of a stroke"]
seen = {name: facts(model) for name, model in free.items()}
pd.DataFrame(seen, names).T.round(4)

# %% [markdown] tags=["explain"]
# More: about 23 instead of 20, although the sum fell by a sixth. The strokes
# have grown, so that smaller activities do the same work. The penalty fell
# by scale, not by sparsity.

# %% tags=["claims"]
ratio = seen["15 epochs"][2] / seen["6 epochs"][2]
reveal(ways[int(ratio > 0.97) + int(ratio > 1.03)])
claim("the strokes have grown", seen["15 epochs"][3] > seen["6 epochs"][3])


# %% [markdown]
# The **guard**: the decoder divides each stroke by its norm, so that it cannot
# grow. The penalty's weight is now 0.2: that leaves about as many active units
# as before.


# %%
class Guarded(Overcomplete):
    """The same, but every stroke has norm one."""

    def decode(self, z):
        strokes = normalize(self.decoder.weight, dim=0)
        return z @ strokes.T + self.decoder.bias


guarded = {n: train(Guarded, l1(0.2), epochs=n) for n in (6, 15)}
held = {f"{n} epochs": facts(m)[:3] for n, m in guarded.items()}
pd.DataFrame(held, names[:3]).T.round(4)

# %% [markdown]
# Sum and active units now fall together. From here on all networks are
# guarded.
#
# ## The k largest
#
# A third way needs no weight: keep the **k largest** activities of each image
# and set the others to 0 (Makhzani and Frey, 2013).
#
# ### Exercise 2 · A broken top-k · 8 minutes, medium
#
# This version leaves the second image with nothing. Find out why, and write a
# `top_k` that keeps the k largest of **each image**.


# %%
def broken_top_k(z, k):
    edge = z.flatten().topk(k * len(z)).values.min()
    return torch.where(z >= edge, z, torch.zeros_like(z))


two = torch.tensor([[5.0, 1.0, 4.0, 2.0], [0.3, 0.1, 0.2, 0.0]])
broken_top_k(two, k=2)


# %% tags=["nbval-check-output"]
def top_k(z, k):
    """Keep the k largest of each row, 0 elsewhere: (B, units), same out."""
    ### BEGIN SOLUTION
    values, places = z.topk(k, dim=1)
    return torch.zeros_like(z).scatter(1, places, values)
    ### END SOLUTION


top_k = checks.top_k(top_k)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `flatten` throws all images together. Along which dimension should `topk`
# look?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `z.topk(k, dim=1)` returns values and their places. `scatter` can write the
# values into zeros.
#
# </details>
#
# {answer}
#
# ### One axis for all
#
# Now all three, each with three settings. Each training is one point: active
# units to the right, error on **validation images** upwards. PCA is the
# control: its numbers are counted by the same measure.


# %%
@cache
def keep(k):
    return lambda z: top_k(z, k)


family = {
    "L1": {w: train(Guarded, l1(w)) for w in (0.1, 0.2, 0.5)},
    "KL": {r: train(Guarded, kl_from(r, 0.3)) for r in (0.005, 0.01, 0.02)},
    "top-k": {k: train(Guarded, keep=keep(k)) for k in (10, 20, 40)},
}
guess("Which leaves the most units that no image ever uses?", *family)

# %%
points = {
    kind: {w: (facts(m)[2], facts(m)[0]) for w, m in models.items()}
    for kind, models in family.items()
}
mean = train_x.mean(dim=0)
directions = torch.linalg.svd(train_x - mean, full_matrices=False).Vh[:40]
on = {k: active_units((valid_x - mean) @ directions[:k].T) for k in pca}
points["PCA"] = {k: (on[k], pca[k]) for k in (10, 20, 30, 40)}
lines = {n: tuple(zip(*p.values(), strict=True)) for n, p in points.items()}
show_curves(lines, xlabel="active units", ylabel="error", log_y=True)

# %%
from course_utils.figures import show_bars

middle = {"L1": 0.2, "KL": 0.01, "top-k": 20}
unused = {}
for kind, weight in middle.items():
    z = predict(family[kind][weight].encode, valid_x)
    unused[kind] = (z.amax(dim=0) < 1e-3).float().mean().item()
show_bars(unused, xlabel="share of units that are never active")

# %% [markdown] tags=["explain"]
# Top-k: about four fifths of its units. L1 leaves more than a third, KL nearly
# none. Units that no image uses are **dead**: they get no gradient and seldom
# come back. KL pays with more active units at the same error. Top-k and L1 are
# near each other. PCA is level with top-k, and ahead with more than 20 active
# units: sparsity is no better compression.

# %% tags=["claims"]
reveal(max(unused, key=unused.get))
claim("hardly a unit of KL's is dead", unused["KL"], 0, 0.1)

# %% [markdown]
# ### Exercise 3 · Choose the weight · 8 minutes, medium
#
# Choose by a rule that is fixed before. `curve` is `{weight: (active units,
# error)}`. Return the weight with the **fewest active units** whose error is
# **at most** the limit; if there is none, `None`. Our code must copy as well
# as PCA with 20 numbers.


# %% tags=["nbval-check-output"]
def choose_weight(curve, limit):
    """The sparsest choice that is good enough: -> its weight, or None."""
    ### BEGIN SOLUTION
    good = {w: units for w, (units, error) in curve.items() if error <= limit}
    return min(good, key=good.get, default=None)
    ### END SOLUTION


choose_weight = checks.choose_weight(choose_weight)
weight = choose_weight(points["L1"], pca[20])
weight

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Leave out what is not good enough. What do you compare among the rest?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `for weight, (units, error) in curve.items()` goes through it.
#
# </details>
#
# {answer}
#
# ## What does a unit draw?
#
# The strokes of the ten most active units. Red adds brightness, blue takes it
# away, white means zero.

# %%
chosen = family["L1"].get(weight, family["L1"][0.2])


def strokes(model, count=10):
    """Return the strokes of the most active units: (count, 1, 14, 14)."""
    busy = predict(model.encode, valid_x).mean(dim=0).topk(count).indices
    columns = normalize(model.decoder.weight.detach().cpu(), dim=0)
    return as_images(columns.T[busy])


rows = {
    "plain": strokes(train(Guarded)),
    "L1": strokes(chosen),
    "top-k, 10": strokes(family["top-k"][10]),
    "PCA": as_images(directions[:10]),
}
show_images(rows, diverging=True)

# %% [markdown]
# Plain units draw a tangle. L1's can be read one by one: a dress, a shoe,
# short sleeves, the bottom edge of a shirt. Top-k's are rougher. PCA's are
# readable at first and become waves.
#
# ## A steady code
#
# Another wish: a code that hardly moves when the image is **nudged**. The
# **Jacobian** is the table of derivatives ∂zⱼ/∂xᵢ: how fast each unit changes
# with each pixel. The **contractive penalty** (Rifai and others, 2011) is the
# sum of its squares.
#
# Here the units are sigmoids: the slope of one is z(1 − z). On paper, for one
# unit z = sigmoid(2x): dz/dx = z(1 − z) · 2. At x = 0, z = 0.5, the derivative
# is 0.25 · 2 = 0.5, and its square 0.25.
#
# ### Exercise 4 · The Jacobian · 10 minutes, on your own
#
# For a layer z = sigmoid(W x + b) with W of shape (units, D), find each
# image's sum of squared derivatives, from z and W alone. PyTorch's own
# derivatives then check your formula.


# %% tags=["nbval-check-output"]
def jacobian_penalty(z, weight):
    """z (B, units) in (0, 1), weight (units, D) -> (B,)."""
    ### BEGIN SOLUTION
    slope = z * (1 - z)
    return slope.square() @ weight.square().sum(dim=1)
    ### END SOLUTION


jacobian_penalty = checks.jacobian_penalty(jacobian_penalty)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# ∂zⱼ/∂xᵢ is the slope of unit j times Wⱼᵢ. Square it. What remains when you
# sum over i?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The slope does not depend on i, so the sum over i is that of a squared row of
# W. Then sum over j.
#
# </details>
#
# {answer}


# %%
def contract(model, z):
    """A weight of 0.3 times the contractive penalty."""
    return 0.3 * jacobian_penalty(z, model.encoder[0].weight)


smooth = train(Guarded, bend=nn.Sigmoid).cpu()
one = test_x[:1]
table = torch.autograd.functional.jacobian(smooth.encode, one)
weight_in = smooth.encoder[0].weight
penalty = jacobian_penalty(smooth.encode(one), weight_in)
{"autograd": table.square().sum().item(), "formula": penalty.item()}

# %% [markdown]
# Both agree. To see the penalty at work, take images of two pixels that lie
# near a line. At seven points we nudge the image, **along** the line and
# **across** it. An arrow shows how far the code moves, divided by the mean
# distance of two codes.

# %%
torch.manual_seed(SEED)
along = torch.tensor([0.87, 0.5])
across = torch.tensor([-0.5, 0.87])
far, near = 3 * torch.rand(400, 1) - 1.5, 0.05 * torch.randn(400, 1)
cloud = far * along + near * across
wide = {"inputs": 2, "units": 30, "bend": nn.Sigmoid}


def toy(penalty):
    """Return a network trained to copy the cloud."""
    set_seed(SEED)
    model = Guarded(**wide)

    def loss(model, x):
        z = model.encode(x)
        return reconstruction_loss(model.decode(z), x) + penalty(model, z)

    options = {"epochs": 100, "lr": 2e-2, "batch_size": 64, "seed": SEED}
    fit(model, cloud, loss, progress=False, **options)
    return model.cpu()


toys = {"plain": toy(nothing), "contractive": toy(contract)}
falls = "both", "the one across", "the one along"
guess("Which arrow does the penalty make less than half as long?", *falls)

# %%
from course_utils.figures import show_arrows


def moved(model, x, nudge, world):
    """How far a nudge moves codes, over their mean distance: (B,)."""
    z, after = (predict(model.encode, at) for at in (x, x + nudge))
    everywhere = predict(model.encode, world[:400])
    apart = torch.cdist(everywhere, everywhere).mean()
    return (after - z).norm(dim=1) / apart


spots = torch.linspace(-1.2, 1.2, 7)[:, None] * along
ways = {"along": along, "across": across}
moves = {
    name: {w: 10 * moved(m, spots, 0.1 * v, cloud) for w, v in ways.items()}
    for name, m in toys.items()
}
arrows = {
    name: {w: 0.3 * move[w][:, None] * ways[w] for w in ways}
    for name, move in moves.items()
}
show_arrows(cloud, spots, arrows)

# %% [markdown] tags=["explain"]
# The one across, to about an eighth. Along the line the code must tell images
# apart, or the error grows. Across there is only noise, and the penalty
# silences it.

# %% tags=["claims"]
short = {n: {w: move[w].mean() for w in move} for n, move in moves.items()}
less = {w: short["contractive"][w] / short["plain"][w] for w in ways}
both = max(less.values()) < 0.5
reveal(falls[0] if both else falls[1 if less["across"] < 0.5 else 2])

# %% [markdown]
# Now garments, nudged by 1. *Along* goes towards the nearest of 1,000 other
# images, *across* in a random direction, which hardly ever leads along.

# %%
steady = train(Guarded, contract, bend=nn.Sigmoid)
x = test_x[:500]
others = train_x[:1000]
towards = normalize(others[torch.cdist(x, others).argmin(1)] - x)
torch.manual_seed(SEED)
random = normalize(torch.randn_like(x))
nudges = {"along": towards, "across": random}
image_moves = {
    f"{name}, {way}": moved(model, x, nudge, test_x).mean().item()
    for name, model in {"plain": smooth, "contractive": steady}.items()
    for way, nudge in nudges.items()
}
show_bars(image_moves, xlabel="how far the code moves")

# %% [markdown]
# The code moves about a quarter less along the data, and half as far across.
#
# ## What is it good for?
#
# A linear classifier on each code (a **linear probe**) learns from 200 clean
# images, for three draws of them. Then it must label test images: clean, with
# noise of sigma 0.3, and moved by one pixel. PCA, the raw pixels and an
# untrained encoder are the controls.

# %%
set_seed(SEED)
coders = {
    "pixels": nn.Identity(),
    "PCA, 20": lambda x: (x - mean) @ directions[:20].T,
    "untrained": Guarded().encode,
    "plain": train(Guarded).encode,
    "L1": chosen.encode,
    "KL": family["KL"][0.01].encode,
    "top-k, 10": family["top-k"][10].encode,
    "plain, sigmoid": smooth.encode,
    "contractive": steady.encode,
}
trained = "PCA, 20", "plain", "KL", "top-k, 10", "contractive"
guess("Which of these codes loses most to noise?", *trained)

# %%
from course_utils.measures import linear_probe

torch.manual_seed(SEED)
tests = {
    "clean": test_x,
    "noise": test_x + 0.3 * torch.randn_like(test_x),
    "moved": small(images.test.roll(2, dims=3)),
}
drawn = [torch.randperm(len(train_x))[:200] for _ in range(3)]


# %%
def accuracies(encode):
    """Return the accuracy of each draw (rows) in each case (columns)."""
    z, y = predict(encode, train_x), images.train_labels
    new = [predict(encode, x) for x in tests.values()]
    truth = images.test_labels
    return [[linear_probe(z[i], y[i], n, truth) for n in new] for i in drawn]


# %%
probes = {n: torch.tensor(accuracies(e)) for n, e in coders.items()}
means = pd.DataFrame({n: p.mean(0) for n, p in probes.items()}, list(tests)).T
deviation = {n: p.std(0).mean() for n, p in probes.items()}
means["deviation"] = pd.Series(deviation).astype(float)
means.astype(float).round(3)

# %% [markdown] tags=["explain"]
# The plain code, from 0.72 to 0.39. On clean images all are near each other:
# KL leads by one to four points, and a draw of labels changes about two. On
# noise top-k and the contractive code keep 0.61 to 0.66. But **PCA with 20
# numbers keeps 0.60 to 0.63**, and a plain sigmoid code too: what helps is
# mostly to say little, or to be smooth. Moved by one pixel, top-k leads PCA by
# 4 to 8 points.

# %% tags=["claims"]
lost = (means["clean"] - means["noise"])[list(trained)].astype(float)
reveal(lost.idxmax())

# %% [markdown]
# ### Exercise 5 · Digits · 20 minutes, from an empty cell
#
# `digits()`, from `course_utils.datasets`, has 8 × 8 pixels. Train a code of
# 128 units on `digits().train.flatten(1)`. On the test digits it must have
# **at most 8 active units** and a **smaller error than PCA with 12 numbers**.
# Hand in the model, with `encode` and `decode` for rows of 64 pixels.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
from course_utils.datasets import digits


def digit_loss(model, x):
    return reconstruction_loss(model.decode(model.encode(x)), x)


set_seed(SEED)
model = Guarded(inputs=64, units=128, keep=keep(8))
rows = digits().train.flatten(1)
options = {"epochs": 60, "batch_size": 64, "lr": 1e-2}
fit(model, rows, digit_loss, progress=False, **options)
digit_code = model
### END SOLUTION
digit_code = checks.digit_code(digit_code)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `train` copies garments; call `fit` yourself. With only 1,437 digits you need
# many more epochs than 6.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Which of the three ways fixes the number of active units beforehand?
#
# </details>
#
# {answer}
#
# **Review question.** Denoising (lesson 06) adds nothing to the loss. Why may
# it make a code steady, too?
#
# *Your answer (double-click to write):*
#
# <details><summary>A model answer</summary>
#
# One clean image must come out of many damaged ones. That is easiest when
# damage does not move the code. For little noise, both ask for nearly the same
# (Alain and Bengio, 2014).
#
# </details>
#
# ## Where it fails
#
# - Each penalty costs error, and its weight must be chosen.
# - Top-k and L1 leave dead units. Another seed finds other strokes.
# - Steady against noise is not steady against everything.
#
# ### Summary
#
# - Few active units, or units that are hard to move, forbid copying as a small
#   code does.
# - L1 prices every activity, KL asks every unit to work seldom, top-k fixes
#   the number.
# - **A measure of sparsity that depends on scale can be fooled.** Compare each
#   unit with itself, and hold the strokes at norm one.
# - A sparse code does not compress better than PCA. It can be read.
#
# ### Quiz and scorecard

# %%
from course_utils.lessons import quiz, scorecard

quiz()
results = {
    "active_units_l1": facts(family["L1"][0.2])[2],
    "error_l1": facts(family["L1"][0.2])[0],
    "error_top_20": facts(family["top-k"][20])[0],
    "active_after_15_epochs": seen["15 epochs"][2],
    "dead_top_k": unused["top-k"],
    "across_contractive": image_moves["contractive, across"],
    "noise_plain": means.loc["plain", "noise"],
    "noise_top_k": means.loc["top-k, 10", "noise"],
    "noise_pca": means.loc["PCA, 20", "noise"],
}
scorecard(results, data="full" if FULL else "small")

# %% [markdown]
# **References.** A. Ng, *Sparse autoencoder* (lecture notes), 2011. · A.
# Makhzani and B. Frey, *k-sparse autoencoders*, 2013. · S. Rifai, P. Vincent,
# X. Muller, X. Glorot and Y. Bengio, *Contractive auto-encoders*, 2011. · G.
# Alain and Y. Bengio, *What regularized auto-encoders learn from the
# data-generating distribution*, 2014.
#
# ## Going further
#
# - Another scale-free measure is Hoyer's (2004), from the ratio of an image's
#   sum to its norm: 0 when all units are equally active, 1 when a single one
#   is. Compute it for the plain and for the L1 code.
# - Large language models are read with such codes, of millions of units.
#   Lesson 21 does it on a small one.
