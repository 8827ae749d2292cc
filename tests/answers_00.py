"""Answers to lesson 00's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""


def by_loop(images):
    total = [float(image.sum()) / image.numel() for image in images]
    return images.new_tensor(total)


ANSWERS = {
    "brightness": (
        [
            lambda images: images.mean(dim=(1, 2, 3)),
            by_loop,
            lambda images: images.reshape(len(images), -1).mean(-1),
        ],
        {
            "whole batch": lambda images: images.mean(),
            "take the mean": lambda images: images.sum(dim=(1, 2, 3)),
            "pixels of each": lambda images: images.flatten(1).mean(0),
            "one dimension too many": lambda images: images.mean(dim=(2, 3)),
            "None": lambda images: None,
            "must return a tensor": lambda images: by_loop(images).tolist(),
        },
    ),
}
