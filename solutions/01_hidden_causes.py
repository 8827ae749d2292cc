# %% [markdown]
# {head}
#
# You will be able to: say what a latent space is, read a map of codes, walk
# through it, and choose the size of a code.
#
# ## From memory

# %%
from course_utils.lessons import claim, from_memory, guess, reveal

from_memory()

# %% [markdown]
# ## Hidden causes
#
# What is in your LEGO box? You could read out every brick on the phone. Or you
# say *a house, two cars and a spaceship*, and your friend can build most of it.
# **Latent** is Latin for *lying hidden*. The words are the hidden causes; the
# bricks are what you see, in an image the pixels.
#
# Does a network find hidden causes? We make a world where we know them: a
# white disk on black ground. Two numbers decide the image: how far right the
# disk is, and how far down (`"x"` and `"y"`). They stand above each image; the
# network never sees them.
#
# An image is a point in a space of 784 dimensions. Move the disk a little, and
# the point moves a little: with two causes the images form a **sheet**.
# **PCA** (principal component analysis, lesson 03) finds the three directions
# in which the images differ most. Along these alone we see the sheet's shadow
# in three dimensions:

# %%
from course_utils.datasets import made_world
from course_utils.figures import diagram, show_images

SEED = 0
FULL = False  # this world is made, and has one size
world = made_world(5000, causes=("x", "y"), seed=SEED)
unseen = made_world(1000, causes=("x", "y"), seed=SEED + 100)
titles = [f"({a:.0f}, {b:.0f})" for a, b in unseen.causes[:8].tolist()]
show_images(unseen.images[:8], titles=titles)
diagram("hidden_causes")

# %%
import torch

from course_utils.figures import show_cloud
from course_utils.rivals.pca import pca_encoder

show_cloud(
    pca_encoder(unseen.images, 3)(unseen.images),
    colour=unseen.causes[:, 0],
    colour_label="how far right the disk is",
    labels=("direction 1", "direction 2", "direction 3"),
)

# %% [markdown]
# The sheet is *bent*.
#
# **In the language of probability** (needed in lesson 08) `made_world` draws a
# cause z from p(z), here any place with equal chance. Then it draws the image x
# from p(x | z), the images for this cause. A variable like z, which makes the
# data and is not observed, is a **latent variable**. A network's code, its own
# answer to what the cause was, is also called z.
#
# ## The experiment and its map
#
# The network below narrows from 784 numbers to 256, to 64, to **2**, and
# widens again. It is trained to give back its input. All it knows of an image
# must pass through two numbers, its **code**. `encode` gives the code of an
# image, `decode` the image of a code; lesson 02 builds both. Each image becomes
# a point in a plane, the **latent space**.

# %%
from torch import nn

from course_utils.models import Autoencoder


def make_autoencoder(latent_dim):
    """The hourglass, with latent_dim numbers in the middle."""
    squeeze = [nn.Flatten(), nn.Linear(784, 256), nn.SiLU()]
    squeeze += [nn.Linear(256, 64), nn.SiLU(), nn.Linear(64, latent_dim)]
    widen = [nn.Linear(latent_dim, 64), nn.SiLU()]
    widen += [nn.Linear(64, 256), nn.SiLU(), nn.Linear(256, 784)]
    widen += [nn.Unflatten(1, (1, 28, 28))]
    return Autoencoder(nn.Sequential(*squeeze), nn.Sequential(*widen))


diagram("hourglass")

# %%
from course_utils.models import reconstruction_loss
from course_utils.training import fit, predict, set_seed


def loss(model, x):
    """Squared error of each reconstruction: (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


def train(latent_dim, images):
    """A new autoencoder, trained on images."""
    set_seed(SEED)
    model = make_autoencoder(latent_dim)
    fit(model, images, loss, epochs=10, batch_size=32, lr=4e-3)
    return model


# %%
from course_utils.figures import show_reconstructions

model = train(2, world.images)
x_hat = predict(model, unseen.images)
show_reconstructions(unseen.images[:8], x_hat[:8])

# %%
guess(
    "How do the two numbers relate to 'how far right' and 'how far down'?",
    "one number each",
    "each mixes both",
    "neither relates to them",
)

# %%
import pandas as pd

from course_utils.figures import show_latent_space

z = predict(model.encode, unseen.images)
right, down = unseen.causes.T
show_latent_space({"right": (z, right), "down": (z, down)})
both = torch.cat([z, unseen.causes], dim=1)
correlation = torch.corrcoef(both.T)[:2, 2:]
pd.DataFrame(correlation, ["z1", "z2"], ["right", "down"]).round(2)

# %% [markdown] tags=["explain"]
# Colours change smoothly, in one direction for *right* and in another for
# *down*: the network has found how the places lie. But the map is turned and
# bent, and each number of the code goes with both causes. Any code will do, as
# long as different places have different numbers.

# %% tags=["claims"]
mixed = (correlation.abs() < 0.98).all().item()
reveal("each mixes both" if mixed else "one number each")
claim("neither number of the code follows one cause alone", mixed)

# %% [markdown]
# ### Exercise 1 · Read the causes off · 7 minutes, medium
#
# How much do the codes tell about the causes? Among codes whose causes we know,
# find the k nearest to a new code. The mean of their causes is our estimate.
#
# `torch.cdist(a, b)` gives the distance of every row of `a` from every row of
# `b`; `distances.topk(k, largest=False).indices` gives the places of the k
# smallest in each row.

# %% tags=["nbval-check-output"]
from course_utils import checks


def read_off(z, z_known, causes, k=5):
    """Estimate causes from the k nearest known codes.

    z: (N, Z), z_known: (M, Z), causes of the known: (M, K) -> (N, K).
    """
    ### BEGIN SOLUTION
    apart = torch.cdist(z, z_known)
    nearest = apart.topk(k, largest=False).indices
    return causes[nearest].mean(dim=1)
    ### END SOLUTION


read_off = checks.read_off(read_off)

# %% [markdown]
# <details><summary>Hint</summary>
#
# The distances are (N, M), the places (N, k), `causes[places]` (N, k, K). Which
# axis is the neighbours'?
#
# </details>
#
# {answer}
#
# **R²** judges the estimates: 1 if all are right, 0 if they are no better than
# always saying the mean cause. Your function reads three codes of two numbers: the network's,
# PCA's, and that of an encoder with *random weights*.

# %%
guess(
    "How well can the causes be read off the random encoder's code?",
    "not at all: R² below 0.2",
    "a little: 0.2 to 0.5",
    "quite well: above 0.5",
)

# %%
from course_utils.figures import show_bars


def r2(true, estimate):
    """R² of each cause: (N, K), (N, K) -> (K,)."""
    error = (true - estimate).square().mean(dim=0)
    return 1 - error / true.var(dim=0, correction=0)


# %%
set_seed(SEED)
untrained = make_autoencoder(2).to(next(model.parameters()).device)
encoders = {
    "trained": lambda x: predict(model.encode, x),
    "PCA": pca_encoder(world.images, 2),
    "random": lambda x: predict(untrained.encode, x),
}
held = {}
for name, encode in encoders.items():
    known = encode(world.images)
    estimate = read_off(encode(unseen.images), known, world.causes)
    held[name] = r2(unseen.causes, estimate).mean().item()
show_bars(held, xlabel="R² of the causes, read off two numbers")

# %% [markdown] tags=["explain"]
# The trained code tells the place almost perfectly. But PCA, a method of 1901,
# reaches 0.93 to 0.94, and random weights 0.6 to 0.8. Nearby images get nearby
# codes in almost any network, so a high R² is a finding only beside such a
# *baseline*.

# %% tags=["claims"]
little = "a little: 0.2 to 0.5"
low_r2 = little if held["random"] > 0.2 else "not at all: R² below 0.2"
reveal("quite well: above 0.5" if held["random"] > 0.5 else low_r2)
claim("R² of the trained code is above 0.95", held["trained"], 0.95)
claim("PCA is a little behind", held["trained"] - held["PCA"], 0.02, 0.12)
claim("a random encoder reaches more than half", held["random"], 0.5, 0.9)

# %% [markdown]
# ### Walk through it
#
# A decoder draws an image for *every* point of the plane. We decode a grid.
# Then walk: click on the map, or move the sliders (Tab, then the arrow keys).
# Can you find a way along which the disk moves only to the right?

# %%
from course_utils.figures import click_map, show_decoded_grid


def decode(z):
    """Codes (B, latent_dim) -> images (B, 1, 28, 28)."""
    return predict(model.decode, z)


low, high = z.quantile(0.02, dim=0), z.quantile(0.98, dim=0)
show_decoded_grid(decode, low, high)
walk = click_map(z, right, decode)

# %% [markdown]
# ## Straight lines
#
# ### Exercise 2 · From one code to another · 5 minutes, medium
#
# Write the points on the straight line from one code to another, both ends
# included. `torch.linspace(0, 1, steps)` gives evenly spaced shares of the way.


# %% tags=["nbval-check-output"]
def interpolate(z0, z1, steps):
    """Codes from z0 (Z,) to z1 (Z,), evenly spaced: -> (steps, Z)."""
    ### BEGIN SOLUTION
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t) * z0 + t * z1
    ### END SOLUTION


interpolate = checks.interpolate(interpolate)

# %% [markdown]
# <details><summary>Hint</summary>
#
# At the share t of the way, the point is (1 - t) z0 + t z1. To give (steps, Z),
# the shares must be a column, (steps, 1).
#
# </details>
#
# {answer}
#
# Your line is used twice: between the pixels of two images, and between their
# codes. One pair proves nothing, so for 200 midpoints we also measure the
# distance to the nearest image that this world can make (the root of the
# summed squared differences).

# %%
guess(
    "What will be drawn halfway between the two codes?",
    "two faint disks",
    "one disk",
    "a smear",
)

# %%
from course_utils.figures import show_interpolation

ends = unseen.causes.sum(dim=1)
first, last = unseen.images[ends.argmin()], unseen.images[ends.argmax()]
z0, z1 = predict(model.encode, torch.stack([first, last]))
pixels = interpolate(first.flatten(), last.flatten(), 9).view(9, 1, 28, 28)
codes = interpolate(z0, z1, 9)
show_interpolation({"pixels": pixels, "codes": decode(codes)})

# %%
from course_utils.measures import distance_to_world

a, b = unseen.images[:200], unseen.images[200:400]


def midpoint(model):
    """Decode the midpoint of two codes, for 200 pairs of images."""
    middle = (predict(model.encode, a) + predict(model.encode, b)) / 2
    return predict(model.decode, middle)


midpoints = {"pixels": (a + b) / 2, "codes of 2": midpoint(model)}
apart = {k: distance_to_world(m).mean().item() for k, m in midpoints.items()}
show_bars(apart, xlabel="distance to the nearest image of this world")

# %% [markdown] tags=["explain"]
# Halfway through *pixels* there are two faint disks, which this world cannot
# make. Halfway through *codes* there is one disk. (The last disks are ragged:
# few training images lie so far in a corner.) Over 200 pairs the midpoint of
# codes is eight to nine times nearer to a real disk.

# %% tags=["claims"]
ratio_pixels = apart["pixels"] / apart["codes of 2"]
reveal("one disk" if ratio_pixels > 2 else "a smear")
claim("midpoints of codes are several times nearer", ratio_pixels, 2)

# %% [markdown]
# ## How many numbers?
#
# The world has two causes. We train the same hourglass with one number in the
# middle, and with eight, and measure the error on unseen images.

# %%
guess(
    "How large is the error with eight numbers, beside that with two?",
    "larger",
    "smaller, by less than a third",
    "smaller, by more than a third",
)

# %%
from course_utils.measures import mse

models = {1: train(1, world.images), 2: model, 8: train(8, world.images)}
x_hats = {k: predict(models[k], unseen.images) for k in models}
rows = [unseen.images[:8], *(x_hat[:8] for x_hat in x_hats.values())]
show_images(rows, row_labels=["original", "1", "2", "8"])
errors = {k: mse(x_hat, unseen.images) for k, x_hat in x_hats.items()}
pd.DataFrame({"error per pixel": errors}).rename_axis("numbers in the code")

# %% [markdown] tags=["explain"]
# From one number to two the error falls by a factor of 15 to 47 (three seeds):
# one number cannot hold two causes. From two to eight it falls again, by a
# factor of 2.5 to 15: with eight numbers the network need not flatten the
# sheet. So the smallest error does not count the causes. Only the last *large*
# *drop* is a clue, here from 1 to 2.

# %% tags=["claims"]
ratio = errors[8] / errors[2]
size_of_drop = "more" if ratio < 2 / 3 else "less"
drop = f"smaller, by {size_of_drop} than a third"
reveal(drop if ratio < 1 else "larger")
claim("a second number cuts the error", errors[1] / errors[2], 4)
claim("eight numbers cut it again", errors[2] / errors[8], 1.5, 20)

# %%
guess(
    "How far from this world are midpoints of codes of eight numbers?",
    "nearer than with two",
    "farther than with two",
)

# %%
apart["codes of 8"] = distance_to_world(midpoint(models[8])).mean().item()
show_bars(apart, xlabel="distance to the nearest image of this world")

# %% [markdown] tags=["explain"]
# Farther, three to five times as far. The other six numbers give the sheet room
# to bend, and a straight line leaves it, as a tunnel between two cities leaves
# the ground. **More numbers copy better; with fewer, more points of the space
# are images of this world.**

# %% tags=["claims"]
ratio_8 = apart["codes of 8"] / apart["codes of 2"]
side = "farther" if ratio_8 > 1 else "nearer"
reveal(f"{side} than with two")
claim("straight lines leave the sheet of eight numbers", ratio_8, 1.2)

# %% [markdown]
# ## Your turn
#
# ### Exercise 3 · A colleague's codes · 5 minutes, medium
#
# A colleague stores our codes. She first calls `clamp` with the range of her own
# images' codes. Now many copies are wrong. Look at the map below: why?
#
# Write the function that finds the damaged codes, from the *stored* codes and
# the range. A number *at* an end of the range counts as limited by `clamp`.

# %%
hers = ((unseen.causes - 13.5).abs() < 4).all(dim=1)
least, most = z[hers].amin(dim=0), z[hers].amax(dim=0)
z_stored = z.clamp(least, most)
show_latent_space({"right": (z_stored, right), "down": (z_stored, down)})
show_reconstructions(unseen.images[:8], decode(z_stored)[:8])


# %% tags=["nbval-check-output"]
def damaged(z, least, most):
    """Whether some number of a stored code was limited.

    z: (B, Z); least, most: the ends of the range, (Z,) -> (B,) booleans.
    """
    ### BEGIN SOLUTION
    return ((z <= least) | (z >= most)).any(dim=1)
    ### END SOLUTION


damaged = checks.damaged(damaged)

# %%
error = (decode(z_stored) - unseen.images).square().flatten(1).mean(dim=1)
bad = damaged(z_stored, least, most)
harm = {"damaged": error[bad].mean(), "others": error[~bad].mean()}
show_bars({k: e.item() for k, e in harm.items()}, xlabel="error per pixel")

# %% [markdown]
# <details><summary>Hint</summary>
#
# What has become of a number that was outside the range? One limited number is
# enough: compare `any` and `all`.
#
# </details>
#
# {answer}
#
# <details><summary>What we found</summary>
#
# The damaged copies are about 150 times worse. Her own images show the disk
# near the middle. Codes outside their range were pushed onto its edge, a
# rectangle.
#
# </details>
#
# ### Exercise 4 · A third cause · 12 minutes, on your own
#
# In another world the *size* varies too: causes `("x", "y", "size")`. First
# write down: which cause will a code of *two* numbers give up? Then:
#
# 1. Train codes of 2 and 3 numbers on 5,000 images.
# 2. Draw the map of the code of two, coloured by size. Estimate the causes
#    with `read_off`, and judge them with `r2`.
# 3. Put the errors per pixel on 1,000 new images into `size_errors = {2: …, 3:
#    …}`. The check reads this dictionary.

# %%
### BEGIN SOLUTION
causes = ("x", "y", "size")
sized = made_world(5000, causes, seed=SEED)
new = made_world(1000, causes, seed=SEED + 100)
nets = {k: train(k, sized.images) for k in (2, 3)}
z_new = predict(nets[2].encode, new.images)
show_latent_space({"size": (z_new, new.causes[:, 2])})
known = predict(nets[2].encode, sized.images)
estimate = read_off(z_new, known, sized.causes)
kept = dict(zip(causes, r2(new.causes, estimate).tolist(), strict=True))
show_bars(kept, xlabel="R² of the causes, read off two numbers")
size_errors = {
    k: mse(predict(net, new.images), new.images) for k, net in nets.items()
}
### END SOLUTION
size_errors = checks.size_errors(size_errors)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Use `made_world` (another seed for the new images), `train`, `predict`, `mse`.
#
# </details>
#
# {answer}
#
# <details><summary>What we found</summary>
#
# The error falls by a factor of 9 to 15 from 2 to 3 numbers: three causes. With
# two numbers the place is kept (R² above 0.99) and the **size** is lost (R²
# 0.07). A disk in the wrong place costs more pixels than one that is a little
# too large, and the loss counts pixels.
#
# </details>
#
# ### Exercise 5 · A face · 3 minutes, open
#
# Which hidden causes has the photo of a face? Which would a code of ten numbers
# drop first? Write before you look.

# %% [markdown]
# *Your answer:*

# %% [markdown]
# <details><summary>A model answer</summary>
#
# Pose, light, expression, age, hair, background. The loss counts pixels, so ten
# numbers keep what moves most of them: light, pose, background. Eye colour or a
# scar go first.
#
# </details>
#
# ### Where it fails
#
# - The axes mean nothing by themselves; another seed gives another map.
# - Where the map is empty the decoder was never trained. It draws smears
#   there, without a warning. Lesson 08 leaves fewer holes.
# - In photographs nobody knows the causes, and nobody can compute this R².
#
# ### Summary
#
# - A **latent space** is the space of codes. The network found two hidden causes
#   from images alone, on axes of its own.
# - Midpoints of codes stay near this world, midpoints of pixels do not.
# - More numbers copy better, but the smallest error does not count the causes.

# %%
from course_utils.lessons import quiz

quiz()

# %%
from course_utils.lessons import scorecard

results = {"factor_r2": held["trained"], "factor_r2_pca": held["PCA"]}
results |= {"factor_r2_random": held["random"]}
results |= {"midpoint_gain": ratio_pixels, "midpoint_price_8": ratio_8}
results |= {f"mse_code_{k}": error for k, error in errors.items()}
results |= {f"mse_sized_{k}": size_errors[k] for k in (2, 3)}
scorecard(results)

# %% [markdown]
# **References.** Y. Bengio, A. Courville and P. Vincent, *Representation
# learning: a review and new perspectives*, 2013. · G. Hinton and R.
# Salakhutdinov, *Reducing the dimensionality of data with neural networks*,
# 2006. · K. Pearson, *On lines and planes of closest fit*, 1901 (PCA).
#
# ## Going further
#
# ### Families
#
# A third world: disks, squares and bars, of any size and angle, in a code of two
# numbers. What form should each kind have on the map?
#
# <details><summary>What we see (run the next cell first)</summary>
#
# A disk has one cause, its size: a **line**. A square has two: a **wedge**,
# wider where squares are larger. Bars lie apart. PCA puts disks and squares on
# the same line.
#
# </details>

# %%
kinds = ("size", "angle", "kind")
shapes = made_world(4000, kinds, seed=SEED)
others = made_world(1000, kinds, seed=SEED + 100)
z_kind = predict(train(2, shapes.images).encode, others.images)
z_pca = pca_encoder(shapes.images, 2)(others.images)
kind = others.causes[:, 2]
maps = {"autoencoder": (z_kind, kind), "PCA": (z_pca, kind)}
show_latent_space(maps, classes=("disk", "square", "bar"))
