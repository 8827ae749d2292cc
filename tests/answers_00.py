"""Answers to lesson 00's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""


def by_loop(images):
    total = [float(image.sum()) / image.numel() for image in images]
    return images.new_tensor(total)


def from_darkest(images):
    images -= images.min()
    return images.mean(dim=(1, 2, 3))


ANSWERS = {
    "brightness": (
        [
            lambda images: images.mean(dim=(1, 2, 3)),
            by_loop,
            lambda images: images.reshape(len(images), -1).mean(-1),
        ],
        {
            "whole batch": lambda images: images.mean(),
            "Did a `squeeze`": lambda images: images.mean((2, 3)).squeeze(),
            "take the mean": lambda images: images.sum(dim=(1, 2, 3)),
            "pixels of each": lambda images: images.flatten(1).mean(0),
            "one dimension too many": lambda images: images.mean(dim=(2, 3)),
            "None": lambda images: None,
            "inside the loop": lambda images: images.mean((1, 2, 3))[0],
            "one channel": lambda images: images.mean(1),
            "in place": from_darkest,
            "must return a tensor": lambda images: by_loop(images).tolist(),
        },
    ),
}
