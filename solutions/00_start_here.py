# %% [markdown]
# {head}
#
# You will be able to: run a cell, read what a check says, find help, and say
# what an autoencoder does.

# %% [markdown]
# ## Your machine
#
# A notebook is made of *cells*. Click on the next one and press
# **Shift + Enter**: it runs, and the cursor moves on. Run every cell of this
# course in this way, from top to bottom.

# %%
import os
import platform

import torch

from course_utils.datasets import SHIPPED, data_folder
from course_utils.training import pick_device

device = pick_device()
facts = {
    "Python": platform.python_version(),
    "PyTorch": torch.__version__,
    "device": device.type,
    "CPU cores": os.cpu_count(),
    "course images": "found" if SHIPPED.exists() else "MISSING",
    "downloads go to": os.path.relpath(data_folder()),
}
for name, value in facts.items():
    print(f"{name:16} {value}")

# %% [markdown]
# The line *device* says where the numbers are crunched: `cpu`, `cuda` (an
# NVIDIA card) or `mps` (an Apple chip). Every lesson runs on a CPU and uses a
# faster device by itself where there is one.
#
# **In Colab**, get a GPU with *Runtime → Change runtime type → T4 GPU*, then
# run the notebook again from the top.

# %% [markdown]
# ### The pictures of this course
#
# Fashion-MNIST holds small photographs of ten kinds of clothing, 28 by 28
# pixels each. A part of it ships with the course, so no network is needed.

# %%
from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import show_images

images = fashion_mnist(full=False)
one_of_each = [int((images.test_labels == c).nonzero()[0]) for c in range(10)]
examples = images.test[one_of_each]
alt = "One photo of each of the ten classes, from T-shirt to ankle boot."
show_images(examples, alt=alt, titles=FASHION_CLASSES)

# %% [markdown]
# One of each class, with its name. To the computer each picture is 784
# numbers between 0 (black) and 1 (white).

# %% [markdown]
# ## A taste of an autoencoder
#
# An **autoencoder** is two networks in a row. The *encoder* squeezes 784
# numbers into a few. The *decoder* has to draw the picture again from those
# few. Nobody tells it which few numbers to keep.
#
# **Predict:** can a picture of a shoe be drawn again from 16 numbers? What
# will be missing?

# %%
from course_utils.models import dense_autoencoder

torch.manual_seed(0)
model = dense_autoencoder(latent_dim=16).to(device)
z = model.encode(examples.to(device))
print("pictures", tuple(examples.shape), "-> codes", tuple(z.shape))

# %% [markdown]
# Ten pictures became ten rows of 16 numbers. The network knows nothing yet,
# so its drawings should be poor. Then we let it practise for a few seconds.

# %%
from course_utils.models import reconstruction_loss
from course_utils.training import fit, predict


def loss(model, x):
    """Sum of squared errors of each picture: (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


before = predict(model, images.test)
history = fit(model, images.train, loss, epochs=8)
after = predict(model, images.test)

# %%
alt = (
    "Three rows of ten garments: the originals, grey noise before training, "
    "recognisable but blurred garments after training."
)
rows = [examples, before[one_of_each], after[one_of_each]]
show_images(rows, alt=alt, row_labels=["original", "untrained", "trained"])

# %% [markdown]
# The upper row went in. The middle row came out before training, the lower
# row after it. Shapes are back; prints, laces and seams are lost. That is the
# question of the whole course: **what does a network keep when only a little
# may pass through its middle?**

# %% [markdown]
# ### Numbers back up what we say
#
# Pictures persuade, numbers decide. We compare the mean squared error of a
# pixel with the cheapest rival there is: answering every picture with the
# average of the training pictures.

# %%
error = {
    "untrained": (before - images.test).square().mean().item(),
    "average picture": (images.train.mean(0) - images.test).square().mean(),
    "trained": (after - images.test).square().mean().item(),
}
for name, value in error.items():
    print(f"{name:16} {value:.4f}")
assert error["trained"] < 0.4 * error["average picture"]

# %% [markdown]
# The `assert` in the last line is a claim put to the test: the trained
# network's error is less than four tenths of the average picture's. Were it
# not so in your run, the cell would stop with an error. All claims of this
# course are checked in this way.

# %% [markdown]
# ## How exercises work
#
# In an exercise you replace one line by your own. A **check** then answers
# one of three things. First, what it says when nothing has been tried:

# %%
from course_utils import checks


def brightness(images):
    """Mean brightness of each picture: (B, 1, 28, 28) -> (B,)."""
    raise NotImplementedError("your code here")


brightness = checks.brightness(brightness)

# %% [markdown]
# *Not attempted.* The course's own function steps in, so you can always read
# on. Next, somebody's first try. Can you see the slip before you run it?


# %%
def brightness(images):
    """Mean brightness of each picture: (B, 1, 28, 28) -> (B,)."""
    return images.mean()


brightness = checks.brightness(brightness)

# %% [markdown]
# *Not yet*, with the likely slip by name: one number came back for the whole
# batch, and one for each picture was asked for. A check looks at what your
# function does on random input, never at how you wrote it.
#
# ### Exercise 1 · Brightness · 2 minutes, easy
#
# Write it so that it is right. A batch of B pictures goes in, B numbers come
# out.


# %% tags=["nbval-check-output"]
def brightness(images):
    """Mean brightness of each picture: (B, 1, 28, 28) -> (B,)."""
    ### BEGIN SOLUTION
    return images.flatten(1).mean(dim=1)
    ### END SOLUTION


brightness = checks.brightness(brightness)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `images.flatten(1)` turns (B, 1, 28, 28) into (B, 784).
#
# </details>
# <details><summary>Hint 2</summary>
#
# `mean(dim=1)` averages along the second axis and leaves the first alone.
#
# </details>
#
# {answer}
#
# Hints stand under each exercise, and then an answer. Whole solved lessons
# are in the folder `solutions`.

# %% [markdown]
# Your function now works for its living: which garment is darkest on average,
# which is brightest?

# %%
light = brightness(images.train)
by_class = [light[images.train_labels == c].mean() for c in range(10)]
dark, bright = (by_class.index(f(by_class)) for f in (min, max))
print(f"darkest: {FASHION_CLASSES[dark]}, {by_class[dark]:.2f}")
print(f"brightest: {FASHION_CLASSES[bright]}, {by_class[bright]:.2f}")
assert dark == 5 and bright in (2, 4)

# %% [markdown]
# Sandals are the darkest, because most of the picture is background.
# Coats and pullovers fill it. One number made from 784 already tells something about the
# picture: a first, very small code.

# %% [markdown]
# ## If something goes wrong
#
# | you see | do this |
# |---|---|
# | `NameError`, as after a restart | *Run → Run All Above Selected Cell* (Colab: *Runtime → Run before*), then this cell |
# | a cell never ends | press the stop button ■; training keeps what it learnt |
# | numbers differ a little from ours | normal: machines round differently |
# | everything is confused | *Kernel → Restart and run all cells* |
#
# On a busy or shared computer training can be several times slower, because
# threads wait for each other. Set `OMP_NUM_THREADS=1` before you start
# JupyterLab if that happens.

# %% [markdown]
# ## Where the course goes
#
# {map}
#
# The lessons in bold are the core of the course. Each lesson asks one question and answers it with an experiment that you
# run. At the end there is a quiz and a scorecard.

# %% [markdown]
# ## Quiz and summary
#
# Click on an answer; a wrong one explains itself.

# %%
from course_utils.lessons import quiz

quiz("00")

# %% [markdown]
# - **Shift + Enter** runs a cell; lessons run from top to bottom.
# - A check says *not attempted*, *not yet* or *correct*, and the lesson goes
#   on whichever it is.
# - An autoencoder squeezes a picture into a few numbers and draws it again.
#
# The **scorecard** puts your numbers beside the ones we measured with three
# seeds.

# %%
scorecard = {
    "mse_average_picture": float(error["average picture"]),
    "mse_trained": error["trained"],
}
measured = {
    "mse_average_picture": (0.0860, 0.0862),
    "mse_trained": (0.0148, 0.0156),
}
checks.show_scorecard(scorecard, measured)

# %% [markdown]
# **References.** H. Xiao, K. Rasul and R. Vollgraf, *Fashion-MNIST: a novel
# image dataset for benchmarking machine learning algorithms*, 2017. ·
# I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, chapter 14, 2016.
