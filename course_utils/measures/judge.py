"""A classifier of real images, as a judge of invented ones.

Lesson 09 trains one and shows what it cannot see.
"""

import torch
from torch.nn.functional import cross_entropy

from course_utils.models.images import conv_encoder
from course_utils.training import fit, predict, set_seed

SURE = 0.7


def train_judge(images, labels, classes=10, seed=0, epochs=3):
    """Train a small convolutional classifier on blends of two images.

    images (N, 1, 28, 28), labels (N,). Blended images with blended labels
    (mixup, Zhang et al., 2018) teach it to be unsure of ghosts. Ten
    thousand images are enough and take a few seconds.
    """
    set_seed(seed)
    judge = conv_encoder(classes, channels=8)
    options = {"epochs": epochs, "batch_size": 64, "lr": 5e-3, "seed": seed}
    fit(judge, (images, labels), mixup_loss, **options)
    return judge


def mixup_loss(model, x, labels):
    """Cross-entropy of blends of random pairs: (B, ...), (B,) -> (B,)."""
    other = torch.randperm(len(x), device=x.device)
    share = torch.rand(len(x), device=x.device)
    logits = model(x[other].lerp(x, share.view(-1, 1, 1, 1)))
    own = cross_entropy(logits, labels, reduction="none")
    others = cross_entropy(logits, labels[other], reduction="none")
    return share * own + (1 - share) * others


def accepted(judge, images, sure=SURE) -> float:
    """Share of images in which one class has a probability of `sure`."""
    best = predict(judge, images).softmax(dim=1).amax(dim=1)
    return (best >= sure).float().mean().item()


def recognised(judge, images, labels) -> float:
    """Share of images (N, 1, 28, 28) that are taken for `labels` (N,)."""
    found = predict(judge, images).argmax(dim=1)
    return (found == labels).float().mean().item()
