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
    thousand images are enough and take a few seconds. Raises ValueError
    unless there is a label from 0 to classes - 1 for each image.
    """
    _check_images(images)
    check_labels(images, labels)
    if (
        labels.is_floating_point()
        or not 0 <= labels.min() <= labels.max() < classes
    ):
        raise ValueError(
            f"labels must be whole numbers from 0 to {classes - 1}"
        )
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
    """Share of images in which one class has a probability of `sure`.

    Raises ValueError without images (N, C, H, W) of finite pixels.
    """
    _check_images(images)
    best = predict(judge, images).softmax(dim=1).amax(dim=1)
    return (best >= sure).float().mean().item()


def recognised(judge, images, labels) -> float:
    """Share of images (N, 1, 28, 28) that are taken for `labels` (N,).

    Raises ValueError unless there is a label for each image.
    """
    _check_images(images)
    check_labels(images, labels)
    found = predict(judge, images).argmax(dim=1)
    return (found == labels).float().mean().item()


def _check_images(images):
    if not torch.is_tensor(images) or images.ndim != 4 or not len(images):
        got = tuple(getattr(images, "shape", ())) or type(images).__name__
        raise ValueError(f"images (N, C, H, W) are wanted; got {got}")
    if not images.isfinite().all():
        raise ValueError("the images hold values that are not finite")


def check_labels(images, labels):
    """Raise ValueError unless labels are a tensor (N,), one an image."""
    if not torch.is_tensor(labels) or labels.ndim != 1:
        got = tuple(getattr(labels, "shape", ())) or type(labels).__name__
        raise ValueError(f"labels must be a tensor of shape (N,); got {got}")
    if len(images) != len(labels):
        raise ValueError(
            f"{len(images)} images, but {len(labels)} labels: images need "
            "as many labels"
        )
