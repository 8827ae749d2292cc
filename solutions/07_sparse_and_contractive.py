# %% [markdown]
# {head}
#
# You will be able to: train a code in which few units speak for an image,
# measure sparsity so that no change of scale can fool you, train a code that
# is hard to move, and say what both are good for.

# %%
from copy import deepcopy

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
# than the image has pixels is **overcomplete**: it could hold everything. We
# average squares of 2 × 2 pixels: 196 pixels are left. The code gets 400
# numbers, its **units**. A unit's value is its **activity**.
#
# The decoder has no activation function. So a reconstruction is a sum: to the
# bias, each unit adds its own **stroke**, a column of the decoder's weights,
# times its activity.


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
        self.keep = keep or nn.Identity()  # for later

    def encode(self, x):
        return self.keep(self.encoder(x))

    def decode(self, z):
        return self.decoder(z)


# %%
from functools import cache

from course_utils.models import reconstruction_loss
from course_utils.training import fit, predict, set_seed


def nothing(model, z):
    return 0.0


@cache  # the same training is not done twice
def train(make=Overcomplete, penalty=nothing, data=train_x, **options):
    """Return a model trained to copy, with a penalty on its code."""
    set_seed(SEED)
    how = {"epochs": options.pop("epochs", 6), "lr": options.pop("lr", 4e-3)}
    model = make(**options)

    def loss(model, x):
        z = model.encode(x)
        return reconstruction_loss(model.decode(z), x) + penalty(model, z)

    fit(model, data, loss, batch_size=128, seed=SEED, **how)
    return model


# %% [markdown]
# Trained like this, the network copies well. But most of its units are busy
# with an image, and a single one tells us little.
#
# ## A price on activity
#
# The **L1 penalty** adds a weight times the sum of an image's activities to
# the loss. (ReLU gives none below 0; else take absolute values.) Then a unit
# is active only where that pays. Why not squares? On paper: from 0.1 to 0 a
# unit saves 0.1 of the sum, but only 0.01 of the squares. Squares make small
# activities cheap, not absent.
#
# The **KL penalty** (Ng, 2011) looks at a unit over many images: its mean
# activity, its **rate**, should be a small number rho. The penalty is the
# Kullback-Leibler divergence between two coins that show heads with
# probabilities rho and rate:
#
# rho · log(rho/rate) + (1 − rho) · log((1 − rho) / (1 − rate))

# %%
from torch.distributions import Bernoulli, kl_divergence

from course_utils.figures import show_curves

z = torch.linspace(0.001, 0.595, 12)
kl = kl_divergence(Bernoulli(torch.tensor(0.05)), Bernoulli(z))
curves = {"L1": (z, z), "squares": (z, z**2), "KL from 0.05": (z, kl)}
show_curves(curves, xlabel="activity (KL: rate)", ylabel="penalty")

# %% [markdown]
# L1 has the same slope down to 0; squares are flat there. KL is 0 at rho and
# rises on *both* sides: a unit that is never active costs something, too. So
# KL asks every unit to work, but seldom.


# %%
@cache
def l1(weight):
    """Return a penalty: the weight times the sum of the activities."""
    return lambda model, z: weight * z.sum(dim=1)


@cache
def kl_from(rho, weight):
    """Return a penalty: the weight times the KL of the rates from rho."""

    def penalty(model, z):
        rate = z.mean(dim=0).clamp(1e-6, 1 - 1e-6)  # no logarithm of 0
        wanted = Bernoulli(torch.full_like(rate, rho))
        return weight * kl_divergence(wanted, Bernoulli(rate)).sum()

    return penalty


# %%
import pandas as pd

from course_utils.measures import mse

measures = {
    "error": lambda model, z: mse(predict(model.decode, z), valid_x),
    "sum": lambda model, z: z.sum(dim=1).mean().item(),
    "above 0.1": lambda model, z: (z > 0.1).float().mean().item(),
}


def table(models, *names):
    """Return a row for each model, a column for each named measure."""
    rows = {}
    for name, model in models.items():
        z = predict(model.encode, valid_x)
        rows[name] = {n: measures[n](model, z) for n in names}
    return pd.DataFrame(rows).T


nets = {"plain": train(), "L1": train(penalty=l1(0.1))}
table(nets, "error", "sum", "above 0.1").round(4)

# %% [markdown]
# The sum is 13 times smaller; 4 % of the units are above 0.1 instead of 51 %.
# The error has grown. Is the code sparse now?
#
# ## How sparse is it?
#
# Take the L1 network. Divide the encoder's weights and biases by 10: then ReLU
# gives a tenth, too. Multiply the decoder's weights by 10.

# %%
nets["shrunk"] = shrunk = deepcopy(nets["L1"])
with torch.no_grad():
    for weight in shrunk.encoder.parameters():
        weight /= 10
    shrunk.decoder.weight *= 10

table(nets, "error", "sum", "above 0.1").round(4)

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


measures["active units"] = lambda model, z: active_units(z)
table(nets, "sum", "active units").round(4)

# %%
longer = train(penalty=l1(0.1), epochs=15)
free = {"6 epochs": nets["L1"], "15 epochs": longer}
answers = "fewer", "as many, within 3 %", "more"
guess("More epochs, a smaller sum. How many units are active?", *answers)
table(free, "sum").round(2)

# %%
measures["norm of a stroke"] = lambda model, z: (
    model.decoder.weight.norm(dim=0).mean().item()
)
seen = table(free, "error", "sum", "active units", "norm of a stroke")
seen.round(4)

# %% [markdown] tags=["explain"]
# More: about 20 instead of 17, although the sum fell by an eighth. The strokes
# have grown, so that smaller activities do the same work. The penalty fell
# by scale, not by sparsity.

# %% tags=["claims"]
_, _, units, norms = (seen.loc["15 epochs"] / seen.loc["6 epochs"]).tolist()
reveal(answers[int(units > 0.97) + int(units > 1.03)])
claim("the strokes have grown", norms > 1)


# %% [markdown]
# Training found the same trick. The **guard**: the decoder divides each stroke
# by its norm (its length), so that it cannot grow. The penalty's weight is now
# 0.2: that leaves a few more active units than before.


# %%
class Guarded(Overcomplete):
    """The same, but every stroke has norm one."""

    def decode(self, z):
        return z @ normalize(self.decoder.weight, dim=0).T + self.decoder.bias


held = {6: train(Guarded, l1(0.2)), 15: train(Guarded, l1(0.2), epochs=15)}
table(held, "error", "sum", "active units").round(4)

# %% [markdown]
# Sum and active units now fall together. From here on all networks are
# guarded.
#
# ## The k largest
#
# A third way needs no weight: keep the **k largest** activities of each image
# and set the others to 0 (Makhzani and Frey, 2013).
#
# ### Exercise 1 · A broken top-k · 8 minutes, medium
#
# ```python
# def broken_top_k(z, k):
#     edge = z.flatten().topk(k * len(z)).values.min()
#     return torch.where(z >= edge, z, 0)
# ```
#
# With k = 2 this leaves (5, 1, 4, 2) as it is, and turns a dark image beside
# it, (0.3, 0.1, 0.2, 0), into nothing. Write a `top_k` that
# keeps the k largest of *each image*.


# %% tags=["nbval-check-output"]
from course_utils import checks


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
# Now all three, each with three settings. Each trained network is one point:
# active units to the right, error on *validation images* upwards. PCA is the
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
from course_utils.rivals.pca import pca_errors

lines, few = {}, (10, 20, 30, 40)
for kind, models in family.items():
    points = table(models, "active units", "error")
    lines[kind] = list(points["active units"]), list(points["error"])
mean = train_x.mean(dim=0)
directions = torch.linalg.svd(train_x - mean, full_matrices=False).Vh[:40]
on = [active_units((valid_x - mean) @ directions[:k].T) for k in few]
lines["PCA"] = on, list(pca_errors(train_x, valid_x, few).values())
show_curves(lines, xlabel="active units", ylabel="error", log_y=True)

# %%
from course_utils.figures import show_bars

unused = {}
for kind, models in family.items():
    z = predict([*models.values()][1].encode, valid_x)  # its middle setting
    unused[kind] = (z.amax(dim=0) < 1e-3).float().mean().item()
show_bars(unused, xlabel="share of units that are never active")

# %% [markdown] tags=["explain"]
# Top-k: more than three quarters of its units. L1 leaves nearly half, KL hardly
# one. Units that no image uses are **dead**: they get no gradient and seldom
# come back. KL pays with more active units at the same error. Top-k is a
# little ahead of L1. PCA is level with top-k at ten active units, and ahead with
# twenty: sparsity is no better compression.

# %% tags=["claims"]
reveal(max(unused, key=unused.get))
claim("hardly a unit of KL's is dead", unused["KL"], 0, 0.1)

# %% [markdown]
# ## What does a unit draw?
#
# The strokes of the ten most active units. Red adds brightness, blue takes
# it away.


# %%
def strokes(model, count=10):
    """Return the strokes of the most active units: (count, 1, 14, 14)."""
    busy = predict(model.encode, valid_x).mean(dim=0).topk(count).indices
    columns = normalize(model.decoder.weight.detach().cpu(), dim=0)
    return as_images(columns.T[busy])


rows = {
    "plain": strokes(train(Guarded)),
    "L1": strokes(family["L1"][0.2]),
    "top-k, 10": strokes(family["top-k"][10]),
    "PCA": as_images(directions[:10]),
}
show_images(rows, diverging=True)

# %% [markdown]
# Plain units cannot be read. L1's can, one by one: a dress, a shoe, short
# sleeves, the bottom edge of a shirt. Top-k's are rougher. PCA's soon become
# waves.
#
# ## A steady code
#
# Another wish: a code that hardly moves when the image is *nudged*. The
# **Jacobian** is the table of derivatives ∂zⱼ/∂xᵢ: how fast each unit changes
# with each pixel. The **contractive penalty** (Rifai and others, 2011) is the
# sum of the Jacobian's squares.
#
# Here the units are sigmoids: the slope of one is z(1 − z). On paper, for one
# unit z = sigmoid(2x): dz/dx = z(1 − z) · 2. At x = 0, z = 0.5, the derivative
# is 0.25 · 2 = 0.5, and its square 0.25.
#
# ### Exercise 2 · The Jacobian · 10 minutes, on your own
#
# For a layer z = sigmoid(W x + b) with W of shape (units, D), find each
# image's sum of squared derivatives, from z and W alone.


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

#
# To see the penalty at work, take images of two pixels that lie near a line.
# At seven points we nudge the image, *along* the line and *across* it. An
# arrow shows how far the code moves, divided by the mean distance of two
# codes. The penalty's weight is 0.3.


# %%
torch.manual_seed(SEED)
along, across = torch.tensor([[0.87, 0.5], [-0.5, 0.87]])
far, near = 3 * torch.rand(400, 1) - 1.5, 0.05 * torch.randn(400, 1)
cloud = far * along + near * across


def contract(model, z):
    return 0.3 * jacobian_penalty(z, model.encoder[0].weight)


# %%
toy = {"inputs": 2, "bend": nn.Sigmoid, "units": 30, "epochs": 100, "lr": 2e-2}
penalties = {"plain": nothing, "contractive": contract}
toys = {n: train(Guarded, p, cloud, **toy) for n, p in penalties.items()}
falls = "both", "the one across", "the one along"
guess("Which arrow does the penalty make less than half as long?", *falls)


# %%
def moved(model, x, nudge, world):
    """How far a nudge moves codes, over their mean distance: (B,)."""
    z, after = (predict(model.encode, at) for at in (x, x + nudge))
    everywhere = predict(model.encode, world[:400])
    apart = torch.cdist(everywhere, everywhere).mean()
    return (after - z).norm(dim=1) / apart


# %%
from course_utils.figures import show_arrows

spots = torch.linspace(-1.2, 1.2, 7)[:, None] * along
ways = {"along": along, "across": across}
arrows = {
    name: {
        way: 3 * moved(model, spots, 0.1 * step, cloud)[:, None] * step
        for way, step in ways.items()
    }
    for name, model in toys.items()
}
show_arrows(cloud, spots, arrows)

# %% [markdown] tags=["explain"]
# The one across, to about a fifth. Along the line the code must tell images
# apart, or the error grows. Across there is only noise, and the penalty
# silences it.

# %% tags=["claims"]
length = {
    name: {way: a.norm(dim=1).mean() for way, a in some.items()}
    for name, some in arrows.items()
}
less = {w: length["contractive"][w] / length["plain"][w] for w in ways}
both = max(less.values()) < 0.5
reveal(falls[0] if both else falls[1 if less["across"] < 0.5 else 2])

# %% [markdown]
# Now garments, nudged by 1. *Along* goes towards the nearest of 1,000 other
# images, *across* in a random direction, which hardly ever leads along.

# %%
smooth = train(Guarded, bend=nn.Sigmoid)
steady = train(Guarded, contract, bend=nn.Sigmoid)
x = test_x[:500]
nearest = train_x[torch.cdist(x, train_x[:1000]).argmin(dim=1)]
torch.manual_seed(SEED)
steps = {"along": nearest - x, "across": torch.randn_like(x)}
image_moves = {
    f"{name}, {way}": moved(m, x, normalize(step), test_x).mean().item()
    for name, m in {"plain": smooth, "contractive": steady}.items()
    for way, step in steps.items()
}
show_bars(image_moves, xlabel="how far the code moves")

# %% [markdown]
# The code moves about a fifth less along the data, and half as far across.
#
# ## What is it good for?
#
# A linear classifier on each code (a *linear probe*) learns from 200 clean
# images, for three draws of them. Then it must label test images: clean, and
# with noise of sigma 0.3. PCA, the raw pixels and an untrained encoder are the
# controls.

# %%
set_seed(SEED)
coders = {
    "pixels": nn.Identity(),
    "PCA, 20": lambda x: (x - mean) @ directions[:20].T,
    "untrained": Guarded().encode,
    "plain": train(Guarded).encode,
    "L1": family["L1"][0.2].encode,
    "KL": family["KL"][0.01].encode,
    "top-k, 10": family["top-k"][10].encode,
    "plain, sigmoid": smooth.encode,
    "contractive": steady.encode,
}

# %%
from course_utils.measures import linear_probe

torch.manual_seed(SEED)
noisy = test_x + 0.3 * torch.randn_like(test_x)
tests = {"clean": test_x, "noise": noisy}
drawn = [torch.randperm(len(train_x))[:200] for _ in range(3)]


def accuracies(encode):
    """Return the accuracy of each draw (rows) in each case (columns)."""
    new = [predict(encode, x) for x in tests.values()]
    z, y = predict(encode, train_x), images.train_labels
    truth = images.test_labels
    return [linear_probe(z[i], y[i], new, truth) for i in drawn]


# %%
probes = {n: torch.tensor(accuracies(e)) for n, e in coders.items()}
means = pd.DataFrame({n: p.mean(0) for n, p in probes.items()}, list(tests)).T
deviation = {n: p.std(0).mean() for n, p in probes.items()}
means["deviation"] = pd.Series(deviation).astype(float)
means.astype(float).round(3)

# %% [markdown]
# Noise takes the plain code from 0.73 to 0.46. Top-k and the contractive code
# keep 0.63 to 0.66. But PCA with 20 numbers keeps 0.60 to 0.63, and a plain
# sigmoid code does as well: what helps is mostly **a code that says little, or
# is smooth**. On clean images all are near each other: KL leads by two to five
# points, and a draw of labels changes about two.
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
# ### Where it fails
#
# - Each penalty costs error, and its weight must be chosen.
# - Top-k and L1 leave dead units.
# - Against noise, PCA with 20 numbers does nearly as well.
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
    "active_units_l1": lines["L1"][0][1],
    "error_l1": lines["L1"][1][1],
    "error_top_20": lines["top-k"][1][1],
    "active_after_15_epochs": seen.loc["15 epochs", "active units"],
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
# ### Exercise 3 · KL by hand · 8 minutes, medium
#
# Write the KL penalty without torch's distributions: the sum of the formula
# over the units, one number.


# %% tags=["nbval-check-output"]
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
#
# ### Exercise 4 · Choose the weight · 8 minutes, medium
#
# Choose by a rule that is fixed before. `curve` is `{weight: (active units,
# error)}`. Return the weight with the *fewest active units* whose error is
# *at most* the limit; if there is none, `None`. Our code must copy as well
# as PCA with 20 numbers.


# %% tags=["nbval-check-output"]
def choose_weight(curve, limit):
    """The sparsest choice that is good enough: -> its weight, or None."""
    ### BEGIN SOLUTION
    good = {w: units for w, (units, error) in curve.items() if error <= limit}
    return min(good, key=good.get, default=None)
    ### END SOLUTION


choose_weight = checks.choose_weight(choose_weight)
curve = dict(zip(family["L1"], zip(*lines["L1"]), strict=True))
choose_weight(curve, limit=lines["PCA"][1][1])

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
# ### Exercise 5 · Digits · 20 minutes, on your own
#
# `digits()`, from `course_utils.datasets`, has 8 × 8 pixels. Train a code of
# 128 units on `digits().train.flatten(1)`. On the test digits it must have
# **at most 8 active units** and a **smaller error than PCA with 12 numbers**.
# Hand in the model.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
from course_utils.datasets import digits

options = {"epochs": 60, "lr": 1e-2, "inputs": 64, "units": 128}
rows = digits().train.flatten(1)
digit_code = train(Guarded, data=rows, keep=keep(8), **options)
### END SOLUTION
digit_code = checks.digit_code(digit_code)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `train` takes other `data`. With only 1,437 digits you need many more epochs
# than 6.
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
# - Move the test images by one pixel, `small(images.test.roll(2, dims=3))`:
#   which probe loses least? With us top-k led PCA by 10 to 14 points.
# - Another scale-free measure is Hoyer's (2004), from the ratio of an image's
#   sum to its norm: 0 when all units are equally active, 1 when a single one
#   is. Compute it for the plain and for the L1 code.
# - Large language models are read with such codes, of millions of units.
#   Lesson 21 does it on a small one.
