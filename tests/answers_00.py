"""Answers to lesson 00's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch


def by_loop(images):
    total = [float(image.sum()) / image.numel() for image in images]
    return images.new_tensor(total)


def running(images):
    total, means = 0, []
    for image in images:
        total = total + image.mean()
        means.append(total)
    return torch.stack(means)


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
            "darkest pixel": lambda images: images.amin((1, 2, 3)),
            "averaged the squares": lambda images: (images**2).mean((1, 2, 3)),
            "share of lit": lambda images: (
                images.gt(0).float().mean((1, 2, 3))
            ),
            "standard deviation": lambda images: images.flatten(1).std(1),
            "take the mean": lambda images: images.sum(dim=(1, 2, 3)),
            "pixels of each": lambda images: images.flatten(1).mean(0),
            "one dimension too many": lambda images: images.mean(dim=(2, 3)),
            "None": lambda images: None,
            "lit pixels": lambda images: (
                images.sum((1, 2, 3)) / images.gt(0).sum((1, 2, 3))
            ),
            "inside the loop": lambda images: images.mean((1, 2, 3))[0],
            "one channel": lambda images: images.mean(1),
            "count of images": lambda images: (
                images.sum((1, 2, 3)) / images.shape[0]
            ),
            "start anew": running,
            "by 255": lambda images: images.div(255).mean((1, 2, 3)),
            "mixed": lambda images: images.view(-1, len(images)).mean(0),
            "in place": from_darkest,
            "must return a tensor": lambda images: by_loop(images).tolist(),
        },
    ),
}
