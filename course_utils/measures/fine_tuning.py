"""Training a whole model for a task, its learning rate chosen fairly."""

import copy

from torch import nn
from torch.nn.functional import cross_entropy

from course_utils.training import fit, predict, set_seed


class _Classifier(nn.Module):
    """A copy of a model, and a linear layer on what it makes of x."""

    def __init__(self, model, encode, x, classes):
        super().__init__()
        self.model, self.encode = copy.deepcopy(model), encode
        width = predict(getattr(model, encode), x[:1]).shape[1]
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(getattr(self.model, self.encode)(x))


def fine_tune(model, encode, told, valid, new, rates, epochs=8, seed=0):
    """Train all weights of a copy; return the accuracy on new examples.

    encode: the name of a method of the model, (B, ...) -> (B, W); a linear
    layer on top names the class. told, valid, new: pairs (x, y), y class
    numbers. One copy is trained for each learning rate; the one that is best
    on `valid` is asked about `new`. Returns {"lr": its rate, "accuracy": …}.
    The model itself stays as it was.
    """
    for name, (x, y) in {"told": told, "valid": valid, "new": new}.items():
        if len(x) != len(y) or not len(x):
            raise ValueError(
                f"{name} needs a label for each example; got {len(x)} and "
                f"{len(y)}"
            )
    if not rates:
        raise ValueError("rates must hold at least one learning rate")
    tried = {}
    for lr in rates:
        classifier = _trained(model, encode, told, epochs, lr, seed)
        tried[lr] = _accuracy(classifier, valid), classifier
    lr = max(tried, key=lambda lr: tried[lr][0])
    return {"lr": lr, "accuracy": _accuracy(tried[lr][1], new)}


def fine_tuned(model, encode, x, new, epochs, lr=3e-3):
    """A technique for `few_labels_contest`: train all weights of a copy.

    encode: the name of a method of the model, (B, ...) -> (B, W); a linear
    layer on top names the class. x, new: the training examples and those to
    guess. epochs: {number of labels: how long}. The model stays as it was.
    """

    def technique(rows, labels, seed):
        told = x[rows], labels
        long = epochs[len(rows)]
        classifier = _trained(model, encode, told, long, lr, seed)
        return predict(classifier, new).argmax(dim=1)

    return technique


def _trained(model, encode, told, epochs, lr, seed):
    """Return a classifier that learnt from told = (x, y), a copy inside."""
    set_seed(seed)
    classifier = _Classifier(model, encode, told[0], int(told[1].max()) + 1)
    options = {"epochs": epochs, "batch_size": 32, "progress": False}
    fit(classifier, told, _loss, lr=lr, seed=seed, **options)
    return classifier


def _loss(model, x, y):
    return cross_entropy(model(x), y, reduction="none")


def _accuracy(model, pair):
    x, y = pair
    return (predict(model, x).argmax(dim=1) == y).float().mean().item()
