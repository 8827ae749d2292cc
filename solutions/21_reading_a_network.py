# %% [markdown]
# {head}
#
# You will be able to: say why a network has more features than numbers; find
# them with a sparse autoencoder; name them by numbers, not by eye; push one,
# and measure beside a fair baseline what changes.

# %%
import pandas
import torch

from course_utils.figures import diagram, show_curves
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
from_memory()

# %% [markdown]
# ## More features than numbers
#
# A **feature** is something a network can tell: red, plural, an animal. We
# would like one feature for each number of a state. But a state has 64
# numbers, and there is more to say than 64 things.
#
# The smallest case (Elhage and others, 2022): five features, *two* numbers.
# Each feature x is 0, or between 0 and 1. A matrix W gives it an arrow in the
# plane; the copy is ReLU(x W Wᵀ + b). Feature 1 counts most, feature 5 least.
#
# If all are on all the time, the best is what PCA does: two features get an
# arrow of length 1 each, three get none. What if they are rare?

# %%
from course_utils.measures.features import superposition

chances = [1, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02]
arrows = superposition(chances, seed=SEED)  # (9, 5, 2)
counts = "two", "three or four", "all five"
guess("On 1 time in 20: how many get an arrow?", *counts)

# %%
from course_utils.figures import arrows_figure, explore

turns = torch.linspace(0, 2 * torch.pi, 200)
circle = 1.25 * torch.stack([turns.cos(), turns.sin()], dim=1)
middle = torch.zeros(1, 2)


def plane(chance):
    """Where the toy puts its features, for one chance of being on."""
    five = arrows[chances.index(chance)]
    named = {f"feature {i + 1}": five[i : i + 1] for i in range(5)}
    return arrows_figure(circle, middle, {f"on: {chance}": named})


slider = explore(plane, chance=[0.05, 1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.02])

# %%
lengths = arrows.norm(dim=2)
has_arrow = (lengths > 0.5).sum(dim=1)
steps = {"features": dict(zip(chances, has_arrow.tolist(), strict=True))}
labels = "chance that a feature is on", "features with an arrow"
show_curves(steps, *labels, log_x=True)

# %% [markdown] tags=["explain"]
# All five, as a pentagon: **superposition**, more features than dimensions.
# The arrows are not at right angles, so each disturbs the others. That costs
# only if two are on together, and rare features seldom are; small
# disturbances fall below 0, and the ReLU removes them. It comes in steps: two
# features, then four (two pairs, each back to back), then five.

# %% tags=["claims"]
at = dict(zip(chances, has_arrow.tolist(), strict=True))
reveal(counts[(at[0.05] > 2) + (at[0.05] > 4)])
claim("always on: two features", at[1], 2, 2)
claim("half of the time: three or four", at[0.5], 3, 4)
claim("on 1 time in 20: all five", at[0.05], 5, 5)

# %% [markdown]
# ## A dictionary
#
# So a single number of a state means little: several features share it. But
# if only a few features are on, the state is a sum of a few *directions*. We
# look for a **dictionary** of directions, more than there are numbers, such
# that each state needs few of them. That is an overcomplete, sparse
# autoencoder (lesson 07). Its units are called **latents**.

# %%
diagram("dictionary", highlight=["h", "encoder", "z", "decoder", "h_hat"])

# %% [markdown]
# On paper: bias (1, 1), encoder rows (1, 0), (0, 1), (−1, 0) and k = 1. The
# state h = (3, 2) less the bias is (2, 1). Its products with the rows are 2, 1
# and −2. ReLU: 2, 1, 0. The largest alone stays: the code is (2, 0, 0).
#
# ### Exercise 1 · A sparse code · 8 minutes, medium
#
# Take the bias off the states, multiply by each row of the encoder, set what
# is below 0 to 0, and keep the k largest of each state. `torch.topk` is
# allowed. Your function trains all dictionaries of this lesson.

# %% tags=["nbval-check-output"]
from course_utils import checks


def sparse_code(h, encoder, bias, k):
    """States (B, W), encoder (M, W), bias (W,) -> code (B, M), k active."""
    ### BEGIN SOLUTION
    z = ((h - bias) @ encoder.T).relu()
    values, places = z.topk(k, dim=1)
    return torch.zeros_like(z).scatter(1, places, values)
    ### END SOLUTION


sparse_code = checks.sparse_code(sparse_code)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One row of the encoder for each latent: which side of the product, and must
# it be transposed?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `z.topk(k, dim=1)` gives values and places; `scatter` writes values into
# places of a tensor of zeros.
#
# </details>
#
# {answer}
#
# ### A truth that we know
#
# First a test where we know what is to be found. We draw 64 random directions
# in 24 numbers. Each of 10,000 states is a sum of *three* of them. A direction
# is **found** if one of the dictionary has a cosine above 0.9 with it.
#
# Two ways to be sparse: at most k = 4 of 96 latents (*top-k*), or a price of
# 0.2 on each activity (*L1*). Beside them PCA and 96 random directions.

# %%
from course_utils.datasets.mixtures import mixtures
from course_utils.measures.features import features_found, train_dictionary

h, truth, amounts = mixtures(10_000, seed=SEED)
top_k = train_dictionary(h, 96, k=4, code=sparse_code, seed=SEED)
by_price = train_dictionary(h, 96, l1=0.2, code=sparse_code, seed=SEED)
found_by = "neither", "top-k", "L1", "both"
guess("Which sparse one finds more than half of the 64?", *found_by)

# %%
components = torch.linalg.svd(h - h.mean(dim=0)).Vh
table = {
    "top-k": features_found(top_k.directions(), truth),
    "L1": features_found(by_price.directions(), truth),
    "PCA": features_found(components, truth),
    "random": features_found(torch.randn(96, 24), truth),
}
truth_test = pandas.Series(table).to_frame("features found")
for name, model in {"top-k": top_k, "L1": by_price}.items():
    code, copy = model.encode(h), model(h)
    error = (copy - h).square().sum() / h.square().sum()
    truth_test.loc[name, "error"] = error.item()
    active = (code > 0).sum(dim=1).float()
    truth_test.loc[name, "active"] = active.mean().item()
    best = (copy * h).sum() / copy.square().sum()
    truth_test.loc[name, "better if multiplied by"] = best.item()
truth_test.round(2)

# %% [markdown] tags=["explain"]
# Both find all 64, without a label; PCA and random directions find none. The
# error is the same, too (a share of the states' squares). But L1 uses 20
# latents for a state that is a sum of three. And its copies are too short:
# the price pulls on every activity, also on the right ones. This is
# **shrinkage**. Multiplied by 1.13 they would be nearer. Top-k pays no price.

# %% tags=["claims"]
whole = truth_test["features found"]
reveal(found_by[(whole["top-k"] > 0.5) + 2 * (whole["L1"] > 0.5)])
claim("top-k finds nearly all", whole["top-k"], low=0.85)
claim("L1 finds nearly all, too", whole["L1"], low=0.85)
claim("PCA and random find few", whole[["PCA", "random"]].max(), high=0.1)
claim("L1 uses more latents", truth_test["active"]["L1"], low=10)
short = truth_test["better if multiplied by"]
claim("L1's copies are shorter", short["L1"] - short["top-k"], low=0.03)

# %% [markdown]
# ### Exercise 2 · Dead latents · 5 minutes, easy
#
# A **dead latent** never fires: no state chooses it, so no gradient reaches
# it. A colleague counts them on 20 states: `(codes[:20].sum(dim=0) == 0)`. That
# finds far too many: a rare latent is not dead. Return the *numbers* of those
# that fire for none of the states given.


# %% tags=["nbval-check-output"]
def dead_latents(codes):
    """Codes of many states (N, M) -> numbers of latents that never fire."""
    ### BEGIN SOLUTION
    return (codes == 0).all(dim=0).nonzero().flatten()
    ### END SOLUTION


dead_latents = checks.dead_latents(dead_latents)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Over which axis must *all* be 0? `nonzero` turns True and False into numbers.
#
# </details>
#
# {answer}

# %%
codes = top_k.encode(h)
states_seen = 20, 200, 10_000
dead = {n: len(dead_latents(codes[:n])) for n in states_seen}
pandas.Series(dead).rename_axis("states seen").to_frame("dead latents")

# %% tags=["claims"]
claim("on 20 states many seem dead", dead[20] - dead[10_000], low=15)

# %% [markdown]
# ## Inside a network
#
# Now a network whose features nobody planted: the **blank filler** of lesson
# 17, with two blocks. It names hidden words. The sentences come from our
# grammar, so we know the facts of each. We look between the blocks: after the
# first, each word has a state of 64 numbers, and the second works with it.

# %%
from course_utils.datasets.captions import Vocabulary, captions
from course_utils.models.attention import BlankFiller, blank_loss
from course_utils.training import fit, set_seed

sentences = captions(real=False)
vocabulary = Vocabulary(sentences.train, min_count=2)
x = vocabulary.encode(sentences.train, 12)
x_held = vocabulary.encode(sentences.test, 12)
set_seed(SEED)
filler = BlankFiller(len(vocabulary), length=12, layers=2)
options = {"batch_size": 64, "lr": 4e-3, "seed": SEED, "device": "cpu"}
history = fit(filler, x, blank_loss, epochs=5, **options)
filler = filler.requires_grad_(False)

# %%
from course_utils.models.attention import PAD, blank_out


def states(x):
    """The states between the two blocks: (B, 12) -> (B, 12, 64)."""
    return filler.states(x, 1)


set_seed(SEED)
blanked = blank_out(x, 0.15)[0]
blanked_held = blank_out(x_held, 0.15)[0]
h = states(blanked)[blanked != PAD]
mean = h.mean(dim=0)
print(f"{len(h):,} states of {h.shape[1]} numbers")

# %% [markdown]
# How good is a dictionary? Two rulers:
#
# - **variance explained**: 1 minus the error, divided by the variance.
# - **loss recovered**: *splice in* the copies instead of the states, and let
#   the second block go on. 1: the hidden words cost as little as with the true
#   states. 0: as much as if each state were the mean.
#
# For comparison PCA with k directions, and a table with one mean state for
# each word ("word").

# %%
from course_utils.measures.splicing import loss_recovered, spliced_loss

ks = [1, 2, 4, 8]
books = {
    k: train_dictionary(h, 256, k, code=sparse_code, seed=SEED) for k in ks
}
parts = "less than half", "half to 0.8", "more than 0.8"
guess("One latent for each state: how much loss is recovered?", *parts)

# %%
h_held = states(blanked_held)
real = blanked_held != PAD
directions = torch.linalg.svd(h - mean, full_matrices=False).Vh
words = torch.zeros(len(vocabulary), 64)
words.index_reduce_(0, blanked[blanked != PAD], h, "mean", include_self=False)


def pca_copy(k):
    """Copies of states by their first k directions."""
    kept = directions[:k]
    return lambda h: mean + (h - mean) @ kept.T @ kept


# %%
clean, ablated = (
    spliced_loss(filler, blanked_held, x_held, change)
    for change in (lambda h: h, lambda h: mean.expand_as(h))
)


def judge(change):
    """Variance explained and loss recovered by copies of the states."""
    error = (change(h_held) - h_held)[real].square().sum()
    whole = (h_held - mean)[real].square().sum()
    loss = spliced_loss(filler, blanked_held, x_held, change)
    return [(1 - error / whole).item(), loss_recovered(clean, loss, ablated)]


copies = {f"top-{k}": book for k, book in books.items()}
copies |= {f"PCA, {k}": pca_copy(k) for k in (1, 4, 8, 16)}
copies["word"] = lambda h: words[blanked_held]
columns = ["variance explained", "loss recovered"]
rows = {name: judge(change) for name, change in copies.items()}
spliced = pandas.DataFrame(rows, columns).T
spliced.round(2)

# %% [markdown] tags=["explain"]
# More than 0.8: one latent of 256 and its size recover 0.93, four recover
# 0.99. PCA needs 16 numbers for that; with one it is worse than the mean. (To
# be fair: *which* of the 256 latents is on says something, too; lesson 18
# called this a codebook.) The latents are not just words: the word table
# explains 0.69 of the variance, but recovers only 0.28 of the loss.

# %% tags=["claims"]
loss = spliced["loss recovered"]
reveal(parts[(loss["top-1"] > 0.5) + (loss["top-1"] > 0.8)])
claim("one latent recovers most", loss["top-1"], low=0.8)
claim("four recover nearly all", loss["top-4"], low=0.95)
claim("PCA with four: far less", loss["PCA, 4"], high=0.75)
claim("the words' means: much less", loss["word"], high=0.6)
