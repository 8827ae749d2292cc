# %% [markdown]
# {head}
#
# You will be able to: say what this lesson teaches.

# %%
from course_utils.lessons import from_memory

from_memory()

# %% [markdown]
# ## The idea
#
# One structure, as a diagram. The part of this lesson is coloured.

# %%
from course_utils.datasets import fashion_mnist
from course_utils.figures import diagram

SEED = 0
FULL = False
images = fashion_mnist(FULL)
diagram("schema", highlight=["z"])

# %% [markdown]
# ## Question 1
#
# What the question is, and why it is not clear what will come out.

# %%
from course_utils.figures import show_bars
from course_utils.lessons import claim, guess, reveal

guess("Which image 1 is brighter?", "train", "test")

# %%
level_1 = {
    "train": float(images.train[1].mean()),
    "test": float(images.test[1].mean()),
}
show_bars(level_1, xlabel="mean brightness")

# %% [markdown] tags=["explain"]
# What we see, with its measured size.

# %% tags=["claims"]
reveal(max(level_1, key=level_1.get))
claim("a mean lies between 0 and 1", level_1["train"], 0, 1)

# %% [markdown]
# ## Question 2
#
# What the question is, and why it is not clear what will come out.

# %%
guess("Which image 2 is brighter?", "train", "test")

# %%
level_2 = {
    "train": float(images.train[2].mean()),
    "test": float(images.test[2].mean()),
}
show_bars(level_2, xlabel="mean brightness")

# %% [markdown] tags=["explain"]
# What we see, with its measured size.

# %% tags=["claims"]
reveal(max(level_2, key=level_2.get))
claim("a mean lies between 0 and 1", level_2["train"], 0, 1)

# %% [markdown]
# ## Question 3
#
# What the question is, and why it is not clear what will come out.

# %%
guess("Which image 3 is brighter?", "train", "test")

# %%
level_3 = {
    "train": float(images.train[3].mean()),
    "test": float(images.test[3].mean()),
}
show_bars(level_3, xlabel="mean brightness")

# %% [markdown] tags=["explain"]
# What we see, with its measured size.

# %% tags=["claims"]
reveal(max(level_3, key=level_3.get))
claim("a mean lies between 0 and 1", level_3["train"], 0, 1)

# %% [markdown]
# ### Exercise 1 · Its name · 5 minutes, easy
#
# Say what goes in and what comes out. Name the functions that are needed.

# %% tags=["nbval-check-output"]
from course_utils import checks


def centered_20(images):
    """Each image less its mean: (B, 1, H, W) -> (B, 1, H, W)."""
    ### BEGIN SOLUTION
    return images - images.mean(dim=(1, 2, 3), keepdim=True)
    ### END SOLUTION


centered_20 = checks.centered_20(centered_20)

# %% [markdown]
# <details><summary>Hint</summary>
#
# A hint leads; it is not the answer.
#
# </details>
#
# {answer}

# %% [markdown]
# ## Summary
#
# - What we found, and where it fails.

# %%
from course_utils.lessons import quiz, scorecard

quiz()

# %%
scorecard({"level": level_1["train"]}, data="full" if FULL else "small")

# %% [markdown]
# **References.** Who found it, where, when.

# %% [markdown]
# ## Going further
#
# What a first reader can leave out.
