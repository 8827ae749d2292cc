"""Write the skeleton of a new lesson: python tools/new_lesson.py NN name.

It makes four files to be edited by hand (the source, its checks, its answers
for the tests, its quiz) and an entry in lessons.toml. The skeleton runs and
passes the tests; replace it part by part.
"""

import json
import re
import sys

from catalogue import ROOT

ENTRY = """
[[lesson]]
number = "{number}"
name = "{name}"
part = 1
title = "{title}"
question = "Which question does this lesson answer?"
minutes = 45
further = 5
seconds = 10
builds_on = ["00"]
core = false
"""
START = """\
# %% [markdown]
# {{head}}
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
"""
SECTION = """
# %% [markdown]
# ## Question {count}
#
# What the question is, and why it is not clear what will come out.

# %%
{imports}guess("Which image {count} is brighter?", "train", "test")

# %%
level_{count} = {{
    "train": float(images.train[{count}].mean()),
    "test": float(images.test[{count}].mean()),
}}
show_bars(level_{count}, xlabel="mean brightness")

# %% [markdown] tags=["explain"]
# What we see, with its measured size.

# %% tags=["claims"]
reveal(max(level_{count}, key=level_{count}.get))
claim("a mean lies between 0 and 1", level_{count}["train"], 0, 1)
"""
END = '''
# %% [markdown]
# ### Exercise 1 · Its name · 5 minutes, easy
#
# Say what goes in and what comes out. Name the functions that are needed.

# %% tags=["nbval-check-output"]
from course_utils import checks


def {exercise}(images):
    """Each image less its mean: (B, 1, H, W) -> (B, 1, H, W)."""
    ### BEGIN SOLUTION
    return images - images.mean(dim=(1, 2, 3), keepdim=True)
    ### END SOLUTION


{exercise} = checks.{exercise}({exercise})

# %% [markdown]
# <details><summary>Hint</summary>
#
# A hint leads; it is not the answer.
#
# </details>
#
# {{answer}}

# %% [markdown]
# ## Summary
#
# - What we found, and where it fails.

# %%
from course_utils.lessons import quiz, scorecard

quiz()

# %%
scorecard({{"level": level_1["train"]}}, data="full" if FULL else "small")

# %% [markdown]
# **References.** Who found it, where, when.

# %% [markdown]
# ## Going further
#
# What a first reader can leave out.
'''
CHECK = '''\
"""Checks of lesson {number}."""

import torch

from course_utils.checks.core import check


@check(
    cases=lambda: [(torch.rand(n, 1, 5, 4),) for n in (3, 7)],
    slips={{
        "One mean was taken over the whole batch: average over the pixels of "
        "each image.": lambda images: images - images.mean(),
        "The mean is missing.": lambda images: images.clone(),
    }},
)
def {exercise}(images):
    """Each image less its mean: (B, 1, H, W) -> (B, 1, H, W)."""
    return images - images.mean(dim=(1, 2, 3), keepdim=True)
'''
ANSWERS = '''\
"""Answers to lesson {number}'s exercises: right ones, and slips with words.

ANSWERS: {{check: (right answers, {{words of the message: wrong answer}})}}.
"""


def by_loop(images):
    result = images.clone()
    for image in result:
        image -= image.mean()
    return result


ANSWERS = {{
    "{exercise}": (
        [
            by_loop,
            lambda images: images - images.mean((1, 2, 3), keepdim=True),
            lambda images: (
                images - images.flatten(1).mean(1).view(-1, 1, 1, 1)
            ),
        ],
        {{
            "whole batch": lambda images: images - images.mean(),
            "mean is missing": lambda images: images + 0,
            "None": lambda images: None,
            "shape": lambda images: images.flatten(1),
            "number": lambda images: "text",
        }},
    ),
}}
'''
QUESTION = {
    "question": "Which question should be asked here?",
    "answers": [
        {
            "answer": "A question whose wrong answers are real mistakes.",
            "correct": True,
            "feedback": "Yes. Say why it is right.",
        },
        {
            "answer": "A question with answers that nobody would give.",
            "correct": False,
            "feedback": "No. Say where the thought leads astray.",
        },
    ],
}


def skeleton(number, name):
    """Return {path: text} of a lesson's four files."""
    exercise = f"centered_{number}"
    imports = (
        "from course_utils.figures import show_bars\n"
        "from course_utils.lessons import claim, guess, reveal\n\n"
    )
    sections = "".join(
        SECTION.format(count=count, imports=imports if count == 1 else "")
        for count in (1, 2, 3)
    )
    fill = {"number": number, "exercise": exercise}
    source = START.format() + sections + END.format(**fill)
    questions = {"memory": [QUESTION], "quiz": [QUESTION]}
    package = ROOT / "course_utils"
    return {
        ROOT / "solutions" / f"{number}_{name}.py": source,
        package / "checks" / f"lesson_{number}.py": CHECK.format(**fill),
        ROOT / "tests" / f"answers_{number}.py": ANSWERS.format(**fill),
        package / "lessons" / "quizzes" / f"{number}.json": (
            json.dumps(questions, indent=1) + "\n"
        ),
    }


def main():
    """Read the command line and write the files, none of which may exist."""
    if len(sys.argv) != 3 or not re.fullmatch(r"\d\d", sys.argv[1]):
        raise SystemExit(__doc__.splitlines()[0])
    number, name = sys.argv[1:]
    files = skeleton(number, name)
    for path in files:
        if path.exists():
            raise SystemExit(f"{path.relative_to(ROOT)} is there already")
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(ROOT))
    title = name.replace("_", " ").capitalize()
    entry = ENTRY.format(number=number, name=name, title=title)
    with (ROOT / "lessons.toml").open("a", encoding="utf-8") as file:
        file.write(entry)
    print(
        f"lessons.toml\n\nNow: python tools/measure.py {number}; "
        f"python tools/build_lessons.py --execute {number}; "
        "python tools/build_lessons.py"
    )


if __name__ == "__main__":
    main()
