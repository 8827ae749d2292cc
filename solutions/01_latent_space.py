# %% [markdown]
# {head}
#
# You will be able to: say what a latent space is, read one, walk through one,
# and test five things that are often said about it.

# %% [markdown]
# ## Hidden causes
#
# You tell a friend on the phone what is in your LEGO box. You could read out
# every brick: red, two by four, third from the left. Or you say *a house, two
# cars and a spaceship*. Three words, and your friend can build most of it.
#
# **Latent** is Latin for *lying hidden*. The words are the hidden causes; the
# bricks are what meets the eye. In a picture, pixels are the bricks.

# %% [markdown]
# To find out whether a network discovers hidden causes, we need a world where
# we know them. So we make one: a white disk on black ground. Two numbers, x
# and y, decide the whole picture.

# %%
import torch

from course_utils.datasets import draw_shapes, made_world
from course_utils.figures import show_images

SEED = 0
world = made_world(5000, causes=("x", "y"), seed=SEED)
unseen = made_world(1000, causes=("x", "y"), seed=SEED + 100)
x, y = unseen.causes[:8].T.tolist()
titles = [f"({a:.0f}, {b:.0f})" for a, b in zip(x, y, strict=True)]
alt = "Eight pictures of one white disk, each at another place on black."
show_images(unseen.images[:8], alt=alt, titles=titles)

# %% [markdown]
# Above each picture stands its cause, (x, y) in pixels. The network will see
# the pictures and never the causes: 784 numbers each, with two behind them.
#
# ### Exercise 1 · Compression ratio · 3 minutes, easy
#
# The network will squeeze a picture into a **code**, a short list of
# `latent_dim` numbers. How many numbers of the picture share one number of the
# code? Return the ratio for pictures of any shape (channels, height, width).


# %% tags=["nbval-check-output"]
from course_utils import checks


def compression_ratio(image_shape, latent_dim):
    """Numbers in a picture for each number in its code: a float."""
    ### BEGIN SOLUTION
    channels, height, width = image_shape
    return channels * height * width / latent_dim
    ### END SOLUTION


compression_ratio = checks.compression_ratio(compression_ratio)
print("28 x 28 through 2:", compression_ratio((1, 28, 28), 2))

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A colour picture of shape (3, 32, 32) holds 3 · 32 · 32 numbers.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Large divided by small: a ratio of 392 means 392 numbers become one.
#
# </details>
#
# {answer}

# %% [markdown]
# ## The experiment
#
# The network below narrows from 784 to 256, to 64, to **2**, and widens again.
# It is trained to give back its input. All it knows of a picture must pass
# through two numbers, its **code**.
#
# **Predict:** will those two numbers have anything to do with x and y?

# %%
from torch import nn

from course_utils.models import Autoencoder


def make_autoencoder(latent_dim):
    """A network 784 -> 256 -> 64 -> latent_dim -> 64 -> 256 -> 784."""
    encoder = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256), nn.SiLU(),
        nn.Linear(256, 64), nn.SiLU(),
        nn.Linear(64, latent_dim),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(latent_dim, 64), nn.SiLU(),
        nn.Linear(64, 256), nn.SiLU(),
        nn.Linear(256, 784), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    return Autoencoder(encoder, decoder)


# %% [markdown]
# `Autoencoder` joins the two halves: `encode` gives the code, `decode` draws
# a picture from a code. Lesson 02 builds all of it by hand. Here we train.

# %%
from course_utils.models import reconstruction_loss
from course_utils.training import fit, predict


def loss(model, x):
    """Squared error of each reconstruction: (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


def train(latent_dim, images, valid=None):
    """A new autoencoder trained on images, and its history."""
    torch.manual_seed(SEED)
    model = make_autoencoder(latent_dim)
    history = fit(
        model, images, loss, valid=valid,
        epochs=15, batch_size=64, lr=7e-3,
    )  # fmt: skip
    return model, history


model, history = train(2, world.images, valid=unseen.images)

# %%
from course_utils.figures import show_reconstructions

x_hat = predict(model, unseen.images)
alt = "Eight disks above their reconstructions, which look the same."
show_reconstructions(unseen.images[:8], x_hat[:8], alt=alt)
assert history.valid[-1] < 0.25 * history.valid[0]

# %% [markdown]
# The disks in the lower row were drawn from two numbers each, and these are
# pictures that the network had never seen. The two numbers must say where the
# disk is. But in which language?

# %% [markdown]
# ## The latent space
#
# Every picture is now a point in a plane: its **latent space**. We draw the
# 1,000 unseen pictures as points and colour them by the true causes, which the
# network never saw.

# %%
from course_utils.figures import show_latent_space

z = predict(model.encode, unseen.images)
alt = (
    "Two maps of the same codes, coloured by true x and by true y. Each "
    "colour scale runs smoothly across the sheet of points."
)
maps = {f"true {c}": (z, unseen.causes[:, i]) for i, c in enumerate("xy")}
show_latent_space(maps, alt=alt)

# %% [markdown]
# Colours change smoothly, in one direction for x and in another for y. The
# network has found how the places lie. It has bent and turned the map, for nobody
# asked for straight axes: the first code is not x.
#
# Is that luck? We **measure**: guess the causes of an unseen picture from its
# five nearest neighbours in the latent space. R² is 1 for perfect guesses, 0
# for guessing the average. The rivals are an untrained network and **PCA**,
# which draws every picture as the average picture plus amounts of a few fixed
# pictures, the most important first. (Lesson 03 builds it.)

# %%
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsRegressor


def factor_r2(z_train, z_unseen):
    """R² of the causes guessed from five neighbours' codes: a float."""
    neighbours = KNeighborsRegressor(5).fit(z_train, world.causes)
    return neighbours.score(z_unseen, unseen.causes)


torch.manual_seed(SEED)
untrained = make_autoencoder(2)
pca = PCA(2).fit(world.images.flatten(1))
r2 = {
    name: factor_r2(encode(world.images), encode(unseen.images))
    for name, encode in {
        "trained": lambda x: predict(model.encode, x),
        "PCA": lambda x: pca.transform(x.flatten(1)),
        "untrained": lambda x: predict(untrained.encode, x),
    }.items()
}

# %%
from course_utils.figures import show_bars

alt = (
    "Bars of R² for the true causes: trained encoder highest, near 1, then "
    "PCA with two components, then an untrained encoder."
)
show_bars(r2, alt=alt, xlabel="R² of x and y, read off two numbers")
assert r2["trained"] > 0.95 and r2["trained"] > r2["PCA"] + 0.02
assert r2["trained"] > r2["untrained"] + 0.1

# %% [markdown]
# From two numbers of the trained encoder the causes can be read off with an R²
# above 0.95. Do not overlook the rivals, though. PCA, a method of 1901, comes
# close here, and even an untrained encoder tells a good part: nearby pictures
# get nearby codes in almost any network. Lesson 03 is about that contest.

# %% [markdown]
# ### Walk through it
#
# A decoder draws a picture for *every* point of the plane, also where no
# picture of ours lies. So we decode a grid of points.

# %%
from course_utils.figures import show_decoded_grid


def decode(z):
    """Codes (B, latent_dim) -> pictures (B, 1, 28, 28)."""
    return predict(model.decode, z)


low, high = z.quantile(0.02, dim=0), z.quantile(0.98, dim=0)
alt = (
    "Nine by nine decoded pictures. The disk moves smoothly from tile to "
    "tile; in some corners it is smeared or missing."
)
show_decoded_grid(decode, low, high, alt=alt)

# %% [markdown]
# The disk wanders over the picture as the code wanders over the plane. Where
# the map above has no points, the decoder was never trained, and it may show.
#
# With a running kernel, walk yourself: move a slider with the mouse, or press
# Tab and then the arrow keys.

# %%
from course_utils.figures import walk_latent_space

alt = "The decoded picture follows two sliders, one for each code."
walk = walk_latent_space(decode, low, high, alt=alt)

# %% [markdown]
# ### Exercise 2 · The straight line · 5 minutes, medium
#
# Write the points on the straight line from one code to another, both ends
# included.


# %% tags=["nbval-check-output"]
def interpolate(z0, z1, steps):
    """Codes from z0 (Z,) to z1 (Z,), evenly spaced: -> (steps, Z)."""
    ### BEGIN SOLUTION
    t = torch.linspace(0, 1, steps)[:, None]
    return (1 - t) * z0 + t * z1
    ### END SOLUTION


interpolate = checks.interpolate(interpolate)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# At the share t of the way, the point is (1 - t) z0 + t z1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `torch.linspace(0, 1, steps)` has shape (steps,). Write `[:, None]` behind it
# to make it (steps, 1); then it multiplies a code (Z,) to give (steps, Z).
#
# </details>
#
# {answer}

# %%
from course_utils.figures import show_interpolation

ends = unseen.causes.sum(dim=1)
first, last = unseen.images[ends.argmin()], unseen.images[ends.argmax()]
z0, z1 = predict(model.encode, torch.stack([first, last]))
pixels = interpolate(first.flatten(), last.flatten(), 9)
rows = {
    "through pixels": pixels.view(9, 1, 28, 28),
    "through codes": decode(interpolate(z0, z1, 9)),
}
alt = (
    "Two paths between the same disks. Through pixels one fades out while "
    "the other fades in; through codes one disk travels."
)
show_interpolation(rows, alt=alt)

# %% [markdown]
# Your line was used twice. Halfway through *pixels* there are two ghosts, a
# picture that does not exist in our world. Halfway through *codes* there is a
# disk, halfway along. It need not take the shortest way: the sheet is bent.
#
# How far is a midpoint from the nearest picture that our world can make? We
# take 200 pairs.

# %%
places = torch.linspace(6, 21, 61)
possible = draw_shapes(*torch.cartesian_prod(places, places).T).flatten(1)


def distance_to_world(images):
    """Distance to the nearest possible picture: (B, 1, 28, 28) -> (B,)."""
    return torch.cdist(images.flatten(1), possible).min(dim=1).values


a, b = unseen.images[:200], unseen.images[200:400]
in_pixels = distance_to_world((a + b) / 2).mean().item()
in_codes = distance_to_world(decode((z[:200] + z[200:400]) / 2)).mean().item()
midpoint_gain = in_pixels / in_codes
print(f"midpoint in pixels {in_pixels:.2f}, in codes {in_codes:.2f}")
assert midpoint_gain > 2

# %% [markdown]
# The midpoint of two codes is less than half as far from a real picture as the
# midpoint of two pictures.

# %% [markdown]
# ## Too small, right, too large
#
# The world has two causes. What if the code has one number, or eight?
# **Predict** the three errors, largest first.

# %%
from course_utils.training import predict

code_1, history_1 = train(1, world.images, valid=unseen.images)
code_8, history_8 = train(8, world.images, valid=unseen.images)
errors = {
    latent_dim: h.valid[-1] / 784
    for latent_dim, h in {1: history_1, 2: history, 8: history_8}.items()
}
print({k: f"{e:.5f}" for k, e in errors.items()})
assert errors[1] > 2 * max(errors[2], errors[8])

# %% [markdown]
# With one number the error is several times larger: one cause is lost. Does
# eight help over two? A little more, but both errors are tiny. Are all eight
# used? We look at the codes as a cloud
# of points in eight dimensions, and ask how its spread is shared out among the
# directions.

# %%
cloud = predict(code_8.encode, unseen.images)
spread = torch.linalg.svdvals(cloud - cloud.mean(dim=0)).square()
share = spread / spread.sum()
used = int((share > 0.01).sum())
print("share of each direction:", [f"{s:.1%}" for s in share.tolist()])
middle = predict(code_8.decode, (cloud[:200] + cloud[200:400]) / 2)
in_8_codes = distance_to_world(middle).mean().item()
print(f"directions above 1 %: {used}; midpoint in 8 codes {in_8_codes:.2f}")
assert 3 <= used <= 6 and in_8_codes > 1.5 * in_codes

# %% [markdown]
# Some directions are left almost empty: the network did not need them. More
# than two are in use because the sheet is bent, as a rolled-up map needs three
# dimensions although it has two. The room has a price: midpoints now lie at
# least half again as far from the world, for a straight line through eight
# dimensions leaves the sheet.

# %% [markdown]
# ### Exercise 3 · The smallest code that will do · 5 minutes, easy
#
# Write down first: which of 1, 2 and 8 is the smallest code whose error per
# pixel is at most 0.002? Then write the function that answers it.


# %% tags=["nbval-check-output"]
def smallest_latent_dim(errors, enough):
    """Smallest code with an error of at most `enough`; None if there is none.

    errors: {latent_dim: error}, in any order.
    """
    ### BEGIN SOLUTION
    good = [dim for dim, error in errors.items() if error <= enough]
    return min(good, default=None)
    ### END SOLUTION


smallest_latent_dim = checks.smallest_latent_dim(smallest_latent_dim)
print("smallest code:", smallest_latent_dim(errors, enough=0.002))
assert smallest_latent_dim(errors, enough=0.002) == 2

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Collect the sizes whose error is small enough. A list comprehension over
# `errors.items()` does it.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `min(good, default=None)` is None when the list is empty.
#
# </details>
#
# {answer}
#
# Here it is the number of hidden causes, because the error drops sharply from 1
# to 2 and hardly after. In a world whose causes we do not know, look for such a
# drop. It is a clue, not a count.

# %% [markdown]
# ## Families
#
# A second world: disks, squares and bars, of any size and at any angle. We
# train again with two numbers, and colour the points by the kind of shape.

# %%
from course_utils.datasets import made_world

causes = ("size", "angle", "kind")
shapes = made_world(4000, causes, seed=SEED)
new_shapes = made_world(1000, causes, seed=SEED + 100)
kind, new_kind = shapes.causes[:, 2], new_shapes.causes[:, 2]
shape_model, shape_history = train(2, shapes.images)
shape_pca = PCA(2).fit(shapes.images.flatten(1))

# %%
flat = new_shapes.images.flatten(1)
shape_codes = predict(shape_model.encode, new_shapes.images)
pca_codes = torch.from_numpy(shape_pca.transform(flat))
alt = (
    "Left, the autoencoder: disks form a line, squares a wedge around it, "
    "bars a curved sheet apart. Right, PCA: disks and squares share a line."
)
names = ("disk", "square", "bar")
maps = {"autoencoder": (shape_codes, new_kind), "PCA": (pca_codes, new_kind)}
show_latent_space(maps, alt=alt, classes=names)

# %% [markdown]
# Nobody mentioned kinds, sizes or angles, yet each family has its own place
# and its own form. A disk has one cause, its size: a **line**. A square has
# two: a **wedge** that is wider where squares are larger, since the angle of a
# small square hardly shows. Bars lie apart. PCA puts disks and squares on the
# same line.

# %%
from sklearn.neighbors import KNeighborsClassifier


def kind_accuracy(z, z_new):
    """Share of kinds guessed rightly from five neighbours' codes."""
    return KNeighborsClassifier(5).fit(z, kind).score(z_new, new_kind)


pca_train = shape_pca.transform(shapes.images.flatten(1))
kind_ae = kind_accuracy(
    predict(shape_model.encode, shapes.images), shape_codes
)
kind_pca = kind_accuracy(pca_train, pca_codes)
print(f"kind read off the code: {kind_ae:.3f}, off PCA: {kind_pca:.3f}")
assert kind_ae > kind_pca + 0.05

# %% [markdown]
# ## When smaller is better
#
# It is often said that the more compact a code, the better. Above we saw the
# opposite: one number copied worse than eight. To see both sides we spoil
# 1,000 pictures with strong noise and make codes of many sizes. PCA does it in
# a moment: its codes are ordered, so one fit gives every size.

# %%
from course_utils.figures import show_curves

torch.manual_seed(SEED)
noisy = world.images[:1000] + 0.5 * torch.randn(1000, 1, 28, 28)
noisy_unseen = unseen.images + 0.5 * torch.randn(1000, 1, 28, 28)
noisy_pca = PCA(128, random_state=SEED).fit(noisy.flatten(1))
codes = torch.from_numpy(noisy_pca.transform(noisy.flatten(1)))
unseen_codes = torch.from_numpy(noisy_pca.transform(noisy_unseen.flatten(1)))


def redraw(codes, size):
    """The pictures that the first `size` numbers of PCA's codes give."""
    flat = codes[:, :size].numpy() @ noisy_pca.components_[:size]
    flat = torch.from_numpy(flat + noisy_pca.mean_)
    return flat.float().view(-1, 1, 28, 28)


# %% [markdown]
# **Predict** two curves over the size of the code: how far the redrawn picture
# is from the *noisy* picture it was made from, and how far from the *clean*
# one, which nobody was shown.

# %%
def mse(x_hat, x):
    """Mean squared error of a pixel: a float."""
    return (x_hat - x).square().mean().item()


sizes = [2, 4, 8, 16, 32, 64, 128]
redrawn = {k: redraw(unseen_codes, k) for k in sizes}
to_clean = [mse(redrawn[k], unseen.images) for k in sizes]
to_noisy = [mse(redrawn[k], noisy_unseen) for k in sizes]
curves = {
    "to the clean picture": (sizes, to_clean),
    "to the noisy picture": (sizes, to_noisy),
}
alt = "Error to the clean picture has a valley near 8; to the noisy it falls."
axes = {"xlabel": "numbers in the code", "ylabel": "error per pixel"}
show_curves(curves, alt=alt, **axes, log_x=True, log_y=True)
best = sizes[to_clean.index(min(to_clean))]
assert to_noisy == sorted(to_noisy, reverse=True)
assert 4 <= best <= 32 and min(to_clean) < 0.6 * to_clean[-2]

# %% [markdown]
# The distance to the clean picture has a **valley**. Codes that are too small
# lose the disk. Codes that are too large let the noise through, for noise
# differs from pixel to pixel and needs room. Meanwhile the distance to the
# *noisy* picture only falls (the first `assert`): more room, better copy.

# %%
rows = [redrawn[k][:8] for k in (2, best, 128)]
rows = [noisy_unseen[:8], *rows, unseen.images[:8]]
labels = [f"{k} numbers" for k in (2, best, 128)]
labels = ["noisy input", *labels, "truth"]
alt = (
    "Noisy disks; faint smears from 2 numbers; clear if soft disks from the "
    "best code; stained disks from 128 numbers; the clean pictures."
)
show_images(rows, alt=alt, row_labels=labels)

# %% [markdown]
# The best code is neither the smallest nor the largest. And with few labels?
# We give away x and y for 20 of the noisy pictures only, and let the nearest
# three of them decide. We draw the 20 anew fifty times.


# %%
def few_labels_r2(z, z_unseen, labels=20):
    """Mean R² of the causes when `labels` codes come with their causes."""
    scores = []
    for start in range(0, len(z), labels):
        some = slice(start, start + labels)
        known = KNeighborsRegressor(3).fit(z[some], world.causes[some])
        scores.append(known.score(z_unseen, unseen.causes))
    return sum(scores) / len(scores)


few = {
    f"{k} numbers": few_labels_r2(codes[:, :k], unseen_codes[:, :k])
    for k in (2, 8, 128)
}
few["784 pixels"] = few_labels_r2(noisy.flatten(1), noisy_unseen.flatten(1))
alt = "Bars of R² with 20 labels: 8 numbers beat 2, 128 and all pixels."
show_bars(few, alt=alt, xlabel="R² of x and y from 20 labelled pictures")
assert few["8 numbers"] > max(few["128 numbers"], few["784 pixels"]) + 0.03

# %% [markdown]
# Eight numbers beat 128 and beat the pixels themselves. Neighbours are found
# by distance, and in a compact code noise has less to add to it.
#
# Does the same hold for an **autoencoder**? We train with 4 and 64 numbers to
# copy the noisy pictures.

# %%
from course_utils.models import dense_autoencoder

ae_to_clean = {}
for size in (4, 64):
    torch.manual_seed(SEED)
    small_data_model = dense_autoencoder(size)
    fit(small_data_model, noisy, loss, epochs=40, batch_size=64, lr=4e-3)
    x_hat = predict(small_data_model, noisy_unseen)
    ae_to_clean[size] = mse(x_hat, unseen.images)
print("autoencoder", {k: f"{e:.4f}" for k, e in ae_to_clean.items()})
print(f"best PCA    {min(to_clean):.4f}")
assert ae_to_clean[4] < 0.6 * ae_to_clean[64]
assert ae_to_clean[4] < 0.85 * min(to_clean)

# %% [markdown]
# Yes: four numbers come much nearer to the truth than 64, and nearer than PCA of
# any size that we tried. PCA needs more numbers to hold a moving disk, and more
# numbers let in more noise.

# %% [markdown]
# ## Five facts, put to the test
#
# Five things are said of latent spaces in nearly every introduction. You have
# measured all of them.

# %%
facts = {
    "1 a small code drops noise": ae_to_clean[4] < 0.6 * ae_to_clean[64],
    "2a smaller copies better": to_noisy[0] < to_noisy[-1],
    "2b smaller helps with noise": min(to_clean) < 0.6 * to_clean[-2],
    "2c smaller helps with few labels": few["8 numbers"] > few["784 pixels"],
    "3 plots of codes reveal families": kind_ae > kind_pca + 0.05,
    "4 moving makes new pictures": midpoint_gain > 2,
    "5 training lowers the error": history.valid[-1] < history.valid[0],
}
for fact, holds in facts.items():
    print(f"{fact:34} {'true here' if holds else 'FALSE here'}")
assert list(facts.values()) == [True, False] + 5 * [True]

# %% [markdown]
# Fact 2, *the more compact the better*, is the one to be careful with. It is
# false for copying. It is true for denoising and for learning from few labels,
# down to the size that the *method* needs to hold the causes: near eight for
# PCA, four or fewer for the network, although there are two causes.

# %% [markdown]
# ### Exercise 4 · A face · 5 minutes, open
#
# Which hidden causes would the photo of a face have? Which could a code of ten
# numbers hold, and which would it drop first?
#
# <details><summary>A model answer</summary>
#
# Pose (three angles), light (direction and strength), expression, age, hair,
# glasses, who it is, and the background. The loss counts pixels, so a code of
# ten numbers keeps what moves most of them: light, pose, background, hair. Eye
# colour, a scar or an earring are a few pixels each and go first, even where
# they tell us who it is.
#
# </details>

# %% [markdown]
# ### Where it fails
#
# - The axes mean nothing by themselves. Another seed bends and turns the map
#   in another way; lesson 08 looks for axes with a meaning.
# - The decoder answers for every point, also where it has never been trained.
#   There it draws smears, without a warning.
# - Our world was tidy: two causes, no background. In photographs nobody knows
#   how many causes there are.

# %% [markdown]
# ## Quiz and summary

# %%
from course_utils.lessons import quiz

quiz("01")

# %% [markdown]
# - A latent space is the set of codes; nearby codes decode to similar
#   pictures.
# - The network found the two hidden causes from pictures alone, but not their
#   axes.
# - A code should be as large as the method needs to hold the causes. Larger
#   codes copy better; smaller ones drop noise.

# %%
scorecard = {
    "factor_r2": r2["trained"],
    "factor_r2_pca": r2["PCA"],
    "midpoint_gain": midpoint_gain,
    "mse_code_1": errors[1],
    "mse_code_2": errors[2],
    "mse_code_8": errors[8],
    "kind_accuracy": kind_ae,
    "ae_4_over_64_on_noise": ae_to_clean[4] / ae_to_clean[64],
    "few_labels_r2_8": few["8 numbers"],
}
measured = {
    "factor_r2": (0.9996, 0.9998),
    "factor_r2_pca": (0.932, 0.937),
    "midpoint_gain": (9.5, 10.5),
    "mse_code_1": (0.0065, 0.0083),
    "mse_code_2": (0.00008, 0.0002),
    "mse_code_8": (0.000025, 0.00003),
    "kind_accuracy": (0.932, 0.955),
    "ae_4_over_64_on_noise": (0.38, 0.41),
    "few_labels_r2_8": (0.84, 0.855),
}
checks.show_scorecard(scorecard, measured)

# %% [markdown]
# **References.** Y. Bengio, A. Courville and P. Vincent, *Representation
# learning: a review and new perspectives*, 2013. · G. Hinton and R.
# Salakhutdinov, *Reducing the dimensionality of data with neural networks*,
# 2006. · K. Pearson, *On lines and planes of closest fit*, 1901 (PCA).
