"""States changed on their way through a blank filler, and what it does."""

import torch
from torch.nn.functional import cross_entropy

from course_utils.models.attention import PAD, UNKNOWN


@torch.no_grad()
def spliced_loss(model, blanked, x, change, depth=1) -> float:
    """Nats a hidden word costs when the states are changed on their way.

    model: a `BlankFiller`; blanked, x: sentences (N, T) with and without
    blanks. change: states (N, T, W) after `depth` blocks -> new ones. With
    `lambda h: h` it is the model's own loss.
    """
    hidden = blanked != x
    if not hidden.any():
        raise ValueError("no word is hidden: blanked and x are the same")
    scores = _finish(model, blanked, change, depth)
    return cross_entropy(scores[hidden], x[hidden]).item()


def loss_recovered(clean, spliced, ablated) -> float:
    """How much of a loss comes back: 1 as clean, 0 as bad as ablated."""
    if not ablated > clean:
        raise ValueError(
            f"the ablated loss must exceed the clean one; got {ablated} and "
            f"{clean}"
        )
    return (ablated - spliced) / (ablated - clean)


@torch.no_grad()
def splice_contest(model, blanked, x, copies, mean, depth=1):
    """Variance explained and loss recovered by copies: {name: {what: x}}.

    copies {name: change}, as for `spliced_loss`. mean (W,): the state that
    explains nothing and recovers nothing.
    """
    h, real = model.states(blanked, depth), blanked != PAD
    whole = (h - mean)[real].square().sum()
    clean, ablated = (
        spliced_loss(model, blanked, x, change, depth)
        for change in (lambda h: h, lambda h: mean.expand_as(h))
    )
    found = {}
    for name, change in copies.items():
        error = (change(h) - h)[real].square().sum()
        loss = spliced_loss(model, blanked, x, change, depth)
        found[name] = {
            "variance explained": (1 - error / whole).item(),
            "loss recovered": loss_recovered(clean, loss, ablated),
        }
    return found


def word_means(x, h, size):
    """The mean state of each word: x (N,), h (N, W) -> (size, W).

    size: of the vocabulary. A word that is not there gets the mean of all.
    """
    if len(x) != len(h) or h.ndim != 2 or int(x.max()) >= size:
        raise ValueError(
            f"a state for each of the words 0 to {size - 1} is wanted; got "
            f"{tuple(x.shape)} and {tuple(h.shape)}"
        )
    counts = torch.bincount(x, minlength=size)[:, None]
    sums = torch.zeros(size, h.shape[1]).index_add(0, x, h)
    return torch.where(counts > 0, sums / counts.clamp(min=1), h.mean(dim=0))


def hide_first(x, numbers):
    """Hide the first of these words in each sentence that has one.

    x (N, T), numbers: of the words. Returns sentences (K, T), the places of
    their blanks (K,), the hidden words (K,).
    """
    found = torch.isin(x, torch.as_tensor(numbers))
    rows = found.any(dim=1)
    x, places = x[rows].clone(), found[rows].int().argmax(dim=1)
    at = torch.arange(len(x)), places
    words = x[at]
    x[at] = UNKNOWN
    return x, places, words


@torch.no_grad()
def chances_at(model, x, places, change, depth=1):
    """Probabilities of all words at one blank of each sentence: (N, V).

    x (N, T) with blanks at places (N,); change: as for `spliced_loss`.
    """
    scores = _finish(model, x, change, depth)
    return scores[torch.arange(len(x)), places].softmax(dim=1)


def _finish(model, x, change, depth):
    h = model.states(x, depth)
    changed = change(h)
    if changed.shape != h.shape:
        raise ValueError(
            f"change must return states {tuple(h.shape)}; got "
            f"{tuple(changed.shape)}"
        )
    return model.finish(changed, x, depth)
