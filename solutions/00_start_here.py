# %% [markdown]
# {head}
#
# You will be able to: run a lesson, read what a check says, make a guess
# before a result, and say what an autoencoder does.

# %% [markdown]
# ## Before you start
#
# A notebook is made of *cells*. Click on a cell and press *Shift + Enter*:
# it runs, and the cursor moves on. Run all cells in this way, from top to
# bottom.
#
# **What you need:** Python (functions, lists, dictionaries) and arrays (shapes,
# slices). **Helpful, not required:** derivatives, gradient descent,
# overfitting, PyTorch. Lessons explain what they use. Ten questions near
# the end of this lesson show where you stand.
#
# ### Your machine

# %%
import os
import platform

import pandas as pd
import torch

from course_utils.training import pick_device, set_seed

device = pick_device()
facts = {
    "Python": platform.python_version(),
    "PyTorch": torch.__version__,
    "device": device.type,
    "CPU cores": os.cpu_count(),
}
pd.Series(facts, name="").to_frame()

# %% [markdown]
# *Device* is where the numbers are computed: `cpu`, `cuda` (an NVIDIA card) or
# `mps` (an Apple chip). Every lesson runs on a CPU; a faster device saves time.
# *In Colab* you get one with *Runtime → Change runtime type*.

# %% [markdown]
# ### The images of this course
#
# Fashion-MNIST holds small photographs of ten kinds of clothing, 28 by 28
# pixels. A part ships with the course; `FULL = True` would load all 60,000.
# `SEED` fixes the random numbers, so that a second run gives the same result.

# %%
from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import show_images

SEED = 0
FULL = False
images = fashion_mnist(FULL)
one_of_each = [int((images.test_labels == c).nonzero()[0]) for c in range(10)]
examples = images.test[one_of_each]
show_images(examples, titles=FASHION_CLASSES)

# %% [markdown]
# To the computer each image is 784 numbers between 0 (black) and 1 (white).

# %% [markdown]
# ## A taste of an autoencoder

# %%
from course_utils.figures import diagram

diagram("schema", highlight=("encoder", "z", "decoder"))

# %% [markdown]
# An **autoencoder** is two networks in a row. The **encoder** turns an image x
# into a few numbers, its **code** z. The **decoder** draws an image x̂ from
# the code: the **reconstruction**. The **loss** says how far x̂ is from x, and
# training makes it small. Nobody says which few numbers to keep. This diagram
# returns in every lesson, with the part of the lesson coloured; the dashed parts
# come later.

# %%
from course_utils.models import dense_autoencoder
from course_utils.training import predict

set_seed(SEED)
model = dense_autoencoder(latent_dim=16).to(device)
z = predict(model.encode, examples)
pd.Series({"images": tuple(examples.shape), "codes": tuple(z.shape)})

# %% [markdown]
# Ten images became ten rows of 16 numbers instead of 784. What will come back?
# One pass over all training images is an **epoch**. We train for eight, and keep
# the reconstructions after each.
#
# Here is a **guess**: choose before you run the next cells. You remember best
# what you guessed wrong. Here *recognised* means: the error is below half of
# the error of the mean of all training images.

# %%
from course_utils.lessons import claim, guess, reveal

guess(
    "After how many epochs can garments be recognised?",
    "after 1 or 2",
    "after 3 to 5",
    "after 6 to 8",
)

# %%
from course_utils.measures import mse
from course_utils.models import reconstruction_loss
from course_utils.training import fit


def loss(model, x):
    """Sum of squared errors of each image: (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


x_hats = [predict(model, images.test)]
for epoch in range(8):
    fit(model, images.train, loss, epochs=1, seed=epoch, progress=False)
    x_hats.append(predict(model, images.test))
errors = [mse(x_hat, images.test) for x_hat in x_hats]

# %%
from course_utils.figures import explore, images_figure


def after(epochs):
    """Draw the examples above their reconstructions after some epochs."""
    return images_figure([examples, x_hats[epochs][one_of_each]])


slider = explore(after, epochs=list(range(9)))
shown = (0, 1, 3, 5, 8)
rows = [examples, *(x_hats[epoch][one_of_each] for epoch in shown)]
labels = ["original", *(f"epoch {epoch}" for epoch in shown)]
show_images(rows, row_labels=labels)

# %% [markdown]
# The text that explains a result is folded under *What we see*. The cell after
# it is folded too. Run it: `reveal` puts what came out beside your guess.

# %% [markdown] tags=["explain"]
# Before training the output is grey noise. After one epoch a shirt is a shirt
# and a shoe a shoe, but the dress looks like trousers; later epochs mend that.
# By our measure, too, one epoch is enough.

# %% tags=["claims"]
mean = images.train.mean(dim=0, keepdim=True).expand_as(images.test)
half = mse(mean, images.test) / 2
soon = next((i for i, e in enumerate(errors) if e < half), 8)
late = "after 3 to 5" if soon <= 5 else "after 6 to 8"
reveal("after 1 or 2" if soon <= 2 else late)

# %% [markdown]
# ### A baseline
#
# We also measure. The *error per pixel* is the mean of the squared differences:
# the loss divided by 784. Compare it with a **baseline**, the simplest method.
# Ours gives the mean training image as the answer to every image.

# %%
mean_image = images.train.mean(dim=0, keepdim=True)
show_images(mean_image, titles=["mean image"])

# %%
from course_utils.figures import show_curves

baseline = mse(mean_image.expand_as(images.test), images.test)
curves = {
    "autoencoder": (range(9), errors),
    "mean image": (range(9), [baseline] * 9),
}
show_curves(curves, xlabel="epochs", ylabel="error per pixel")

# %% [markdown]
# The next folded code cell holds **claims**: each tests a sentence of ours on
# *your* run. ✓ says that it holds, ✗ that it does not; neither stops the lesson.

# %% [markdown] tags=["explain"]
# After one epoch the error is a third of the baseline's, after eight a sixth.
# Shapes are back; prints, laces and straps are lost. That is the question of
# the whole course: **what does a network learn when it may only pass a little
# through its middle?**

# %% tags=["claims"]
share = {epoch: errors[epoch] / baseline for epoch in (1, 8)}
claim("one epoch: a third of the baseline or less", share[1], 0.1, 0.45)
claim("eight epochs: about a sixth of the baseline", share[8], 0.1, 0.22)

# %% [markdown]
# ## How exercises work

# %%
diagram("check")

# %% [markdown]
# In an exercise you replace one line by your own. A **check** then runs it and
# gives one of three answers. First run this cell without changing anything:

# %%
from course_utils import checks


def brightness(images):
    """Mean brightness of each image: (B, 1, 28, 28) -> (B,)."""
    raise NotImplementedError("your code here")


brightness = checks.brightness(brightness)

# %% [markdown]
# *Not attempted.* The course's own function steps in, so you can read on. Next,
# somebody's first try. Can you see the mistake before you run it?


# %%
def brightness(images):
    """Mean brightness of each image: (B, 1, 28, 28) -> (B,)."""
    return images.mean()


brightness = checks.brightness(brightness)

# %% [markdown]
# *Not yet*, and the mistake is named. A check looks at what your function does on
# random input, never at how you wrote it.
#
# ### Exercise 1 · Brightness · 3 minutes, easy
#
# Write it so that it is right: a batch of B images goes in, B numbers come
# out.


# %% tags=["nbval-check-output"]
def brightness(images):
    """Mean brightness of each image: (B, 1, 28, 28) -> (B,)."""
    ### BEGIN SOLUTION
    return images.flatten(1).mean(dim=1)
    ### END SOLUTION


brightness = checks.brightness(brightness)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `images.flatten(1)` turns (B, 1, 28, 28) into (B, 784). `mean(dim=…)` takes the
# axis that disappears.
#
# </details>
#
# {answer}
#
# Whole solved lessons are in the folder `solutions`. Your function now goes to
# work.

# %%
guess(
    "Which class has the brightest images on average?",
    "pullover",
    "coat",
    "bag",
)

# %%
from course_utils.figures import show_bars

light = brightness(images.train)
by_class = {
    name: light[images.train_labels == c].mean().item()
    for c, name in enumerate(FASHION_CLASSES)
}
show_bars(by_class, xlabel="mean brightness")

# %% [markdown] tags=["explain"]
# Coats, though the coat at the top of this lesson is dark: one image says little
# about its class. Sandals are darkest, because most of the image is black
# background. One number made from 784 already tells something about it: a first,
# very small code.

# %% tags=["claims"]
brightest = max(by_class, key=by_class.get)
reveal(brightest)
claim("coats are brightest", brightest == "coat")
darkest = min(by_class, key=by_class.get)
claim("sandals are darkest", darkest == "sandal")

# %% [markdown]
# ### Exercise 2 · In your own words · 3 minutes, open
#
# Some exercises are questions. Double-click on the next cell, and write one or
# two sentences. Look again at the row *epoch 8* above: prints, laces and straps
# are lost. Why these, and not the outline?

# %% [markdown]
# *Your answer:*

# %% [markdown]
# <details><summary>A model answer</summary>
#
# Each is a few pixels: it takes many numbers to describe and saves little
# error. The outline moves hundreds of pixels.
#
# </details>

# %% [markdown]
# ## Where you stand
#
# Ten short questions on what helps. With seven or more right, go on. Otherwise
# the table says where to read up.

# %%
from course_utils.lessons import from_memory

from_memory()

# %% [markdown]
# | topic | read |
# |---|---|
# | shapes, broadcasting, axes | *NumPy: the absolute basics for beginners* and *Broadcasting*, in NumPy's documentation |
# | tensors | *Learn the Basics: Tensors*, in PyTorch's tutorials |
# | derivatives, gradient descent | Goodfellow, Bengio and Courville, *Deep Learning*, chapter 4 (free online) |
# | training, test, overfitting, logistic regression | the same book, chapter 5; *Getting started*, in scikit-learn's documentation |

# %% [markdown]
# ## If something does not work
#
# | you see | do this |
# |---|---|
# | `NameError`, as after a restart | *Run → Run All Above Selected Cell* (Colab: *Runtime → Run before*), then this cell |
# | a cell never ends | press the stop button ■, then run its section again |
# | your numbers differ a little from ours | nothing: machines round differently |
# | training is many times slower than announced | on a shared computer threads wait for each other: set `OMP_NUM_THREADS=1` before you start JupyterLab |
# | everything is confused, or buttons and sliders are missing | *Kernel → Restart and run all cells*; a lesson works without buttons too |

# %% [markdown]
# ## Where the course goes
#
# Every lesson asks one question and answers it with experiments that you run.
# Lessons in bold are the core path.
# Take the others when you like: the first lines of each say what it builds on.
#
# {map}
#
# What you have done so far, in all lessons:

# %%
from course_utils.lessons import show_progress

show_progress()

# %% [markdown]
# ## Summary
#
# - Guess first, then run, then unfold what we see.
# - A check says *not attempted*, *not yet* or *correct*; the lesson goes on.
# - An autoencoder squeezes an image into a few numbers and draws it again. Its
#   error is judged beside a baseline's.

# %%
from course_utils.lessons import quiz

quiz()

# %% [markdown]
# The **scorecard** ends a lesson. It puts your numbers beside those that we
# measured with three seeds, and says what *you* did: exercises, guesses, quiz.

# %%
from course_utils.lessons import scorecard

results = {"mse_mean_image": baseline, "mse_8_epochs": errors[8]}
scorecard(results, data="full" if FULL else "small")

# %% [markdown]
# **References.** H. Xiao, K. Rasul and R. Vollgraf, *Fashion-MNIST: a novel
# image dataset for benchmarking machine learning algorithms*, 2017. ·
# I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, chapter 14, 2016.
