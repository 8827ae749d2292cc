"""Answers to lesson 20's exercises: right ones, and slips with words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""


def by_loop(images):
    result = images.clone()
    for image in result:
        image -= image.mean()
    return result


ANSWERS = {
    "centered_20": (
        [
            by_loop,
            lambda images: images - images.mean((1, 2, 3), keepdim=True),
            lambda images: (
                images - images.flatten(1).mean(1).view(-1, 1, 1, 1)
            ),
        ],
        {
            "whole batch": lambda images: images - images.mean(),
            "mean is missing": lambda images: images + 0,
            "None": lambda images: None,
            "shape": lambda images: images.flatten(1),
            "number": lambda images: "text",
        },
    ),
}
