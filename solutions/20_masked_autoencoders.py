# %% [markdown]
# {head}
#
# You will be able to: train a network to fill in hidden parts of images;
# compute the best guess of any straight line; say when the network is ahead of
# it.

# %%
import pandas
import torch

from course_utils.datasets import fashion_mnist
from course_utils.figures import diagram, show_curves, show_images
from course_utils.lessons import claim, from_memory, guess, reveal
from course_utils.training import fit, set_seed

SEED = 0
FULL = False  # True: all 60,000 images instead of the 10,000 that ship
images = fashion_mnist(FULL)
from_memory()

# %% [markdown]
# ## Patches
#
# In lesson 17 words were hidden, and a network learnt to name them. A **masked
# autoencoder** (He and others, 2022) sees a few pieces of an image and fills in
# the rest. The image itself is the answer, nobody has to label it: this is
# **self-supervised** learning.
#
# The pieces are **patches**, small squares. Our images get 16 patches of 7 × 7
# pixels, counted row by row. Four stay visible.
#
# ### Exercise 1 · A random mask · 6 minutes, medium
#
# Say which patches are hidden. Each image gets a mask of its own, with exactly
# `visible` patches visible; every choice is as probable as any other.

# %% tags=["nbval-check-output"]
from course_utils import checks


def random_mask(batch, patches, visible):
    """Which patches are hidden: bool (batch, patches), True = hidden."""
    ### BEGIN SOLUTION
    order = torch.rand(batch, patches).argsort(dim=1)
    return order >= visible
    ### END SOLUTION


random_mask = checks.random_mask(random_mask)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Shuffle the numbers 0, 1, 2, … in each row. How many of them are below
# `visible`? To shuffle: sort random numbers.
#
# </details>
#
# {answer}
#
# All methods are tested with the same masks.

# %%
from course_utils.measures.filling import shared_masks
from course_utils.models.masked_images import to_images, to_patches

x = to_patches(images.train[:-2000], 7)  # (8000, 16, 49)
x_valid = to_patches(images.train[-500:], 7)  # 1,500 stay apart
x_test = to_patches(images.test[:500], 7)
hidden = shared_masks(500, 16, visible=4, seed=SEED)
stripes = 0.75 - 0.4 * (torch.arange(49) % 8 == 0)  # a dark diagonal


def seen(patches, hidden):
    """Hidden patches striped, as images: (B, 1, 28, 28)."""
    return to_images(patches.where(~hidden[:, :, None], stripes), 28)


show_images([to_images(x_test[:10], 28), seen(x_test[:10], hidden[:10])])

# %% [markdown]
# ## A straight line
#
# And without a network? On paper, two pixels: both have mean 1 and variance 4,
# their covariance is 2. We see 3 in the first. The best line through the cloud
# has slope 2/4, so we guess 1 + 2/4 · (3 − 1) = 2.
#
# The same for many pixels, visible ones *v* and hidden ones *h*, with means m
# and covariances S (S_hv: rows *h*, columns *v*). A line with slopes W guesses
# m_h + W (x_v − m_v). Its squared error is least when what is left is
# uncorrelated with what was seen:
#
# $$S_{hv} - W S_{vv} = 0, \quad\text{so}\quad W = S_{hv} S_{vv}^{-1}$$
#
# This is the **conditional mean** of a Gaussian distribution with these means
# and covariances. For such data *nothing* has a smaller mean squared error.
# A small number added to the diagonal of S_vv, the **ridge**, keeps its inverse
# small: pixels in the corners hardly vary.
#
# ### Exercise 2 · Fill in by a line · 10 minutes, medium
#
# Write it for images that all hide the same pixels. Images are rows: W stands
# on their right, transposed.


# %% tags=["nbval-check-output"]
def fill_gaussian(x, hidden, mean, covariance, ridge):
    """Images (B, D), hidden (D,), mean (D,), covariance (D, D) -> (B, h)."""
    ### BEGIN SOLUTION
    v, h = ~hidden, hidden
    own = covariance[v][:, v] + ridge * torch.eye(int(v.sum())).to(x)
    slopes = torch.linalg.solve(own, covariance[v][:, h])
    return mean[h] + (x[:, v] - mean[v]) @ slopes
    ### END SOLUTION


fill_gaussian = checks.fill_gaussian(fill_gaussian)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `covariance[v][:, h]` has a row for each visible pixel, a column for each
# hidden one.
#
# </details>
# <details><summary>Hint 2</summary>
#
# (B, v) times (v, h), v and h the numbers of pixels. `torch.linalg.solve(A,
# B)` is the inverse of A times B.
#
# </details>
#
# {answer}
#
# A rival that is not straight: the mean of those training images that are most
# alike *in the visible pixels*. Validation images choose how many, and the
# ridge.

# %%
ahead = "the line", "the neighbours"
guess("Which has the smaller error on garments?", *ahead)

# %%
from course_utils.measures.filling import filling_error
from course_utils.rivals.conditional import without_network

rivals = without_network(x, x_valid, hidden, fill_gaussian)
error = {n: filling_error(f, x_test, hidden) for n, f in rivals.items()}
pandas.Series(error).round(4).to_frame("error of hidden pixels")

# %% [markdown] tags=["explain"]
# The neighbours, 0.029 against 0.032; the mean image has 0.087. The line does
# most of the work, but the relation is not quite straight: what a dark patch
# means may depend on the garment.

# %% tags=["claims"]
reveal("the " + min(["line", "neighbours"], key=error.get))
share = error["line"] / error["mean image"]
claim("the line: about a third of the mean image's error", share, 0.3, 0.45)

# %% [markdown]
# ## The network
#
# The encoder is a Transformer (lesson 17) whose words are patches (Dosovitskiy
# and others, 2021). It gets *visible patches only*, and gives a vector for
# each, its *state*. The decoder gets the states at their places; at each
# hidden place stands the same learnt vector, the **mask token**. The decoder
# is small: in the end it may be thrown away (*Going further*).
#
# ### Exercise 3 · Lost places · 8 minutes, medium
#
# Attention knows no order. So a fixed vector for its place, its **position**,
# is added to each embedded patch. A colleague's network trains without
# an error message and fills in a little worse. Find the reason, and write
# `mended_visible`.


# %%
diagram("masked_autoencoder")


def colleague(states, positions, hidden):
    """Drop hidden patches, add positions. states: embedded patches."""
    visible = states[~hidden].view(len(states), -1, states.shape[2])
    return visible + positions[: visible.shape[1]]


# %% tags=["nbval-check-output"]
def mended_visible(states, positions, hidden):
    """Embedded patches (B, N, W), positions (N, W) -> (B, visible, W).

    Each row of `hidden` (B, N) hides equally many.
    """
    ### BEGIN SOLUTION
    states = states + positions
    return states[~hidden].view(len(states), -1, states.shape[2])
    ### END SOLUTION


mended_visible = checks.mended_visible(mended_visible)

# %% [markdown]
# <details><summary>Hint</summary>
#
# In the diagram patches 1, 7, 8 and 14 are visible. Which positions does the
# colleague add?
#
# </details>
#
# {answer}
#
# ### Exercise 4 · The loss · 6 minutes, easy
#
# The decoder paints all patches. A visible one could be copied, so only the
# hidden ones count: the mean squared error over hidden patches and their
# pixels, for each image. (Another image may hide more or fewer.)


# %% tags=["nbval-check-output"]
def hidden_loss(patches_hat, patches, hidden):
    """Patches (B, N, P) twice, hidden (B, N) -> error of each image (B,)."""
    ### BEGIN SOLUTION
    errors = (patches_hat - patches).square().mean(dim=2)
    return (errors * hidden).sum(dim=1) / hidden.sum(dim=1)
    ### END SOLUTION


hidden_loss = checks.hidden_loss(hidden_loss)

# %% [markdown]
# <details><summary>Hint</summary>
#
# First one error for each patch, (B, N). True counts as 1, False as 0: what
# does `errors * hidden` leave, and by what must its sum be divided?
#
# </details>
#
# {answer}
#
# Each epoch hides other patches.

# %%
from course_utils.models.masked_images import MaskedAutoencoder


def masked_loss(model, patches, hidden=None):
    """Hide all but four, by new masks unless given: (B, N, P) -> (B,)."""
    if hidden is None:
        hidden = random_mask(*patches.shape[:2], 4).to(patches.device)
    return hidden_loss(model(patches, hidden), patches, hidden)


def train(x, x_valid, epochs=8):
    """Return a trained network and its validation error of each epoch."""
    set_seed(SEED)
    model = MaskedAutoencoder((4, 4), pixels=49, see=mended_visible)
    options = {"batch_size": 64, "lr": 8e-3, "seed": SEED}
    valid = x_valid, hidden
    history = fit(model, x, masked_loss, valid=valid, epochs=epochs, **options)
    return model, history.valid


# %%
both = "line and neighbours"
where = f"below {both}", f"between {both}", f"above {both}"
guess("After eight epochs, where is the network's error?", *where)

# %%
model, by_epoch = train(x, x_valid)

# %%
marks = {n: filling_error(f, x_valid, hidden) for n, f in rivals.items()}
axes = "epochs", "error on validation images"
show_curves({"network": dict(enumerate(by_epoch, 1))}, *axes, mark=marks)


# %%
from course_utils.measures.filling import filled_in


def compare(patches, fillers):
    """Show what is seen, what each one fills in, and the truth."""
    patches, masks = patches[:10], hidden[:10]
    rows = {"seen": seen(patches, masks)}
    for name, fill in fillers.items():
        filled = filled_in(fill, patches, masks)
        rows[name] = to_images(filled.clamp(0, 1), 28)
    show_images(rows | {"truth": to_images(patches, 28)})


three = "network", "line", "neighbours"
fillers = rivals | {"network": model}
compare(x_test, {name: fillers[name] for name in three})

# %% [markdown] tags=["explain"]
# Above both: 0.036 on test images, about a seventh more than the line. A
# squared error asks for the mean of all that could be there: where much is
# open, all three blur.

# %% tags=["claims"]
error |= {"network": filling_error(model, x_test, hidden)}
network, straight, alike = (error[name] for name in three)
beaten = (network > straight) + (network > alike)
reveal(where[beaten])
if not FULL:
    claim("eight epochs: the line is ahead", network / straight, 1.02, 1.5)
claim("far below the mean image", network / error["mean image"], high=0.6)

# %% [markdown]
# ## How much is hidden?
#
# The same three, when 1 to 12 patches are visible. The network has practised
# with four.

# %%
behind = "with 1 and with 12", "with 1 only", "with 12 only"
guess("With how many patches is the line behind the neighbours?", *behind)

# %%
counts = 1, 2, 4, 8, 12
masks = {n: shared_masks(500, 16, n, seed=SEED) for n in counts}
sweep = {
    name: {n: filling_error(fillers[name], x_test, masks[n]) for n in counts}
    for name in three
}
show_curves(sweep, "visible patches of 16", "error of hidden pixels")

# %% [markdown] tags=["explain"]
# With one patch only: neighbours 0.049, line 0.056. With twelve the line is
# ahead, 0.016 against 0.020. The network is last everywhere. A likely reason:
# what lies *between* visible patches is nearly a weighted mean of them. What
# lies far away depends on which garment it is.

# %% tags=["claims"]
lag = [sweep["line"][n] / sweep["neighbours"][n] for n in (1, 12)]
reveal(behind[(lag[0] <= 1) * 2 + (lag[1] <= 1 and lag[0] > 1)])
claim("1 patch: line behind neighbours", lag[0], low=1.05)
claim("12 patches: line ahead of neighbours", lag[1], high=0.95)

# %% [markdown]
# ## Another world
#
# Take two numbers: x, spread evenly from −1 to 1, and y = x². Whoever sees x
# knows y exactly. But their covariance is 0, so the best line has slope 0: it
# always says the mean of y. *A line fails where the relation is bent*, however
# much is seen.
#
# Now images of one bright bar across the image, with two causes: its angle and
# its distance from the middle.

# %%
from course_utils.datasets import line_world

bars = line_world(9000, SEED).images
b_train, b_valid, b_test = to_patches(bars, 7).split([8000, 500, 500])
guess("Eight epochs, as before. Which has the smallest error?", *three)

# %%
b_model, b_epochs = train(b_train, b_valid)
b_fillers = without_network(b_train, b_valid, hidden, fill_gaussian)
marks = {n: filling_error(f, b_valid, hidden) for n, f in b_fillers.items()}
show_curves({"network": dict(enumerate(b_epochs, 1))}, *axes, mark=marks)
b_fillers["network"] = b_model
b_error = {n: filling_error(f, b_test, hidden) for n, f in b_fillers.items()}
compare(b_test, {name: b_fillers[name] for name in three})

# %% [markdown] tags=["explain"]
# The neighbours, 0.007: with two causes, 8,000 images are a table of nearly
# every bar there is. Then the network, 0.024. (With the colleague's places:
# 0.035.) The line is last, 0.040; the mean image has 0.057. The line paints a
# glow: each angle asks for other weights, and it has one set for all.

# %% tags=["claims"]
gain = b_error["network"] / b_error["line"]
reveal(min(three, key=b_error.get))
claim("the network is far ahead of the line", gain, high=0.8)
bent = b_error["line"] / b_error["mean image"]
claim("the line keeps most of the mean image's error", bent, low=0.6)
nearest = b_error["neighbours"] / b_error["network"]
claim("looking up is better still", nearest, high=0.4)

# %% [markdown]
# ## Your turn
#
# ### Exercise 5 · Half a digit · 15 minutes, on your own
#
# Scikit-learn's digits, 8 × 8 pixels. You see the upper half and fill in the
# lower one. Hand in `fill_digits`, a function: upper halves (B, 32) → lower
# halves (B, 32), by any method that knows training digits only: who has seen a
# test digit remembers it. Its error on the 360 test digits must be below the
# line's, 0.051; the mean image has 0.077.

# %% tags=["nbval-check-output"]
from course_utils.datasets import digits

upper, lower = digits().train.flatten(1).split(32, dim=1)

### BEGIN SOLUTION
def fill_digits(top):
    nearest = torch.cdist(top, upper).topk(10, largest=False).indices
    return lower[nearest].mean(dim=1)
### END SOLUTION
fill_digits = checks.fill_digits(fill_digits)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Two ways of this lesson are not straight. One needs no training.
#
# </details>
#
# {answer}
#
# **Review question.** A paper reports: "Our network fills in hidden patches of
# brain scans with an error of 0.02; the mean image has 0.09." What do you ask?
#
# *Your answer (double-click to write):*
#
# <details><summary>A model answer</summary>
#
# What do a straight line and the nearest images reach, with the same masks?
# How much was hidden? Were scans of one patient in training and test? And if
# it is for a diagnosis: how good is that?
#
# </details>
#
# ### Where it fails
#
# - The blur: none of the three draws *one* possible shirt. Lessons 08 and 19
#   draw.
# - On garments it needs 32 epochs to pass a line that takes seconds.
# - In both worlds the neighbours beat it; they need all images at hand.
#
# ### Summary
#
# - A masked autoencoder encodes visible patches only; its loss looks at hidden
#   ones only.
# - A Gaussian's conditional mean is the best straight guess. Where the relation
#   is bent (bars), the network beats it.
# - With little to see, looking up similar images is ahead of the line; with
#   much, the line.
#
# ### Quiz and scorecard

# %%
from course_utils.lessons import quiz, scorecard

quiz()
scores = {
    "masked_mse": network,
    "masked_mse_gaussian": straight,
    "masked_mse_neighbours": alike,
    "masked_mse_mean": error["mean image"],
    "lines_mse": b_error["network"],
    "lines_mse_gaussian": b_error["line"],
    "lines_mse_neighbours": b_error["neighbours"],
}
for name, curve in sweep.items():
    scores |= {f"masked_mse_{name}_see_{n}": curve[n] for n in (1, 12)}
scorecard(scores, data="full" if FULL else "small")

# %% [markdown]
# **References.** K. He and others, *Masked autoencoders are scalable vision
# learners*, 2022. · A. Dosovitskiy and others, *An image is worth 16 × 16
# words*, 2021. · M. Assran and others, *Self-supervised learning from images
# with a joint-embedding predictive architecture*, 2023.
#
# ## Going further
#
# **Longer.** After `train(x, x_valid, epochs=32)` the network is below the line
# on garments, too. With all images (`FULL = True`) eight epochs do: network
# 0.029, line 0.032. Three seeds:
#
# | | seed 0 | seed 1 | seed 2 |
# |---|---|---|---|
# | line | 0.0320 | 0.0304 | 0.0318 |
# | network, 8 epochs | 0.0363 | 0.0350 | 0.0368 |
# | network, 32 epochs | 0.0310 | 0.0287 | 0.0304 |
# | neighbours | 0.0286 | 0.0267 | 0.0281 |
#
# **Blocks.** Hide the lower half instead of eight scattered patches:
# `half = (torch.arange(16) >= 8).expand(500, 16)`, then
# `filling_error(rivals["line"], x_test, half)`. Who suffers most?
#
# <details><summary>What came of it</summary>
#
# The line: 0.037, not 0.023. Neighbours 0.034 and 0.023, network 0.043 and
# 0.030.
#
# </details>
#
# ### Exercise 6 · Cut it up · 10 minutes, medium
#
# On paper: an image of 4 × 4 pixels, numbered 0 to 15, has four patches of
# 2 × 2:
#
# | patch | pixels |
# |---|---|
# | 0 | 0, 1, 4, 5 |
# | 1 | 2, 3, 6, 7 |
# | 2 | 8, 9, 12, 13 |
# | 3 | 10, 11, 14, 15 |
#
# Write `to_patches` yourself, for images of one channel. Patches are counted row
# by row, and so are the pixels of each patch. `size` divides height and width.


# %% tags=["nbval-check-output"]
def patchify(images, size):
    """Images (B, 1, H, W), size of a patch -> patches (B, N, size * size)."""
    ### BEGIN SOLUTION
    tiles = images[:, 0].unflatten(2, (-1, size)).unflatten(1, (-1, size))
    tiles = tiles.transpose(2, 3)  # (B, rows, columns, size, size)
    return tiles.flatten(3).flatten(1, 2)
    ### END SOLUTION


patchify = checks.patchify(patchify)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Drop the channel first, `x = images[:, 0]`. `x.unflatten(2, (-1, size))`
# splits the width into (how many patches, `size`). Do it to the width, then to
# the height.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Now the axes are: image, row of patches, row in the patch, column of
# patches, column in the patch. Which two must change places?
#
# </details>
#
# {answer}
#
# ### What is it good for?
#
# The hope: who fills in a sleeve must know what a shirt is. So the decoder is
# thrown away, and the mean of the encoder's 16 states serves a classifier as
# features (lesson 12). *Frozen*: an SVM on the features. *Fine-tuned*: encoder
# and a linear head learn from the labels. Baselines: raw pixels, and the same
# two from random weights (*frozen random*, *from scratch*). Nothing is hidden
# now.

# %%
from sklearn.svm import SVC
from torch import nn

from course_utils.measures import few_labels_contest, fine_tuned
from course_utils.training import predict

all_test = patchify(images.test, 7)
y, y_test = images.train_labels[: len(x)], images.test_labels


def frozen(encode):
    """A technique: an SVM on features."""
    z, z_test = predict(encode, x), predict(encode, all_test)
    mean, std = z.mean(dim=0), z.std()
    z, z_test = (z - mean) / std, (z_test - mean) / std
    return lambda rows, labels, seed: (
        SVC(C=5).fit(z[rows], labels).predict(z_test)
    )


# %%
set_seed(SEED + 1)
untrained = MaskedAutoencoder((4, 4), pixels=49)
tune = "features", x, all_test, {100: 25, 1000: 6}  # labels: epochs
techniques = {
    "raw pixels": frozen(nn.Flatten()),
    "frozen random": frozen(untrained.features),
    "frozen": frozen(model.features),
    "from scratch": fine_tuned(untrained, *tune),
    "fine-tuned": fine_tuned(model, *tune),
}
names = "raw pixels", "from scratch", "fine-tuned"
guess("100 labels: which of these three is best?", *names)

# %%
rules = {"counts": [100, 1000], "draws": 2, "seed": SEED}
results = few_labels_contest(techniques, y, y_test, **rules)
accuracy = results.groupby(["technique", "labels"]).accuracy.mean().unstack()
accuracy.loc[list(techniques)].round(3)

# %% [markdown] tags=["explain"]
# Raw pixels, 0.70. The training does teach something: with 100 labels, frozen
# features gain 0.17 over random ones, fine-tuning 0.04 over from scratch;
# with 1,000 labels the second gain is gone. But raw pixels are 0.06 and 0.08
# ahead of the best trained (lesson 12's autoencoders were level).
#
# He and others gain much: 1,600 epochs, 1.3 million photographs.

# %% tags=["claims"]
reveal(accuracy.loc[list(names), 100].idxmax())
learnt = accuracy.loc["frozen"] - accuracy.loc["frozen random"]
claim("frozen: training helps", learnt.min(), low=0.03)
if not FULL:
    behind_raw = accuracy.loc["raw pixels"] - accuracy.loc["fine-tuned"]
    claim("raw pixels are ahead of fine-tuning", behind_raw.min(), low=0.02)

# %% [markdown]
# ### Seeing little
#
# What is hidden need not be encoded.

# %%
from course_utils.measures.filling import encoding_operations, encoding_seconds

times = "about 2 times", "about 4 times", "about 16 times"
guess("The encoder sees 16 patches, not 4: how much more work is it?", *times)

# %%
model.cpu()
work = {n: encoding_operations(model, x_test, n) for n in (4, 16)}
seconds = {n: encoding_seconds(model, x_test, n) for n in (1, 2, 4, 8, 16)}
milliseconds = {n: 1000 * s for n, s in seconds.items()}
show_curves({"encoder": milliseconds}, "visible patches", "milliseconds")

# %% [markdown] tags=["explain"]
# 3.7 times the multiplications: nearly all are done for each patch alone. The
# clock may show less. The decoder sees all places, so it is kept small.

# %% tags=["claims"]
more = work[16] / work[4]
reveal(times[(more > 2.8) + (more > 8)])
claim("all patches instead of a quarter: more work", more, 3, 5)

# %% [markdown]
# ### Relatives
#
# - Lesson 06's denoiser sees the damage. Here it is not even an input.
# - Lesson 17 hides 15 to 30 words in 100, we hide 75 patches. A word says
#   much; a patch can often be guessed from the one beside it.
# - **JEPA** (Assran and others, 2023) predicts no pixels but the *code* of the
#   hidden patches, as another encoder makes it. What nobody can foresee need
#   not be painted.
