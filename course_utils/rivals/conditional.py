"""Fill in hidden pixels without a network.

Each filler is a function (patches (B, N, P), hidden (B, N)) -> (B, N, P); it
looks at visible pixels only, and only the hidden ones of its answer count.
Images that hide the same patches are filled together.
"""

import torch


def conditional_mean(x, hidden, mean, covariance, ridge):
    """What a straight line says: visible pixels -> hidden (B, hidden.sum()).

    x (B, D), hidden (D,), mean (D,), covariance (D, D). For data of a normal
    distribution no guess has a smaller squared error. ridge is added to the
    variance of each visible pixel, as if it had noise.
    """
    seen = ~hidden
    own = covariance[seen][:, seen] + ridge * torch.eye(
        int(seen.sum()), dtype=x.dtype, device=x.device
    )
    slopes = torch.linalg.solve(own, covariance[seen][:, hidden])
    return mean[hidden] + (x[:, seen] - mean[seen]) @ slopes


def mean_filler(train):
    """Fill in the mean image of `train` (M, N, P), whatever is seen."""
    mean = train.mean(dim=0)
    return lambda patches, hidden: mean.expand_as(patches)


def gaussian_filler(train, ridge=0.01, fill=conditional_mean):
    """Fill in the conditional mean, by `train`'s mean and covariance.

    train (M, N, P). fill: a function like `conditional_mean`.
    """
    x = train.flatten(1).double()
    mean, covariance = x.mean(dim=0), torch.cov(x.T)

    def guess(x, hidden):
        found = fill(x.double(), hidden, mean, covariance, ridge)
        return found.to(x.dtype)

    return _by_mask(guess)


def neighbour_filler(train, k=10):
    """Fill in the mean of the k images of `train` that look most alike.

    Alike in the visible pixels. train (M, N, P).
    """
    if not 1 <= k <= len(train):
        raise ValueError(f"k must lie in 1 to {len(train)}; got {k}")
    known = train.flatten(1)

    def guess(x, hidden):
        far = torch.cdist(x[:, ~hidden], known[:, ~hidden])
        nearest = far.topk(k, largest=False).indices
        return known[:, hidden][nearest].mean(dim=1)

    return _by_mask(guess)


def best_filler(make, values, patches, hidden):
    """Return the best of [make(value), ...] on validation images, its value.

    make: a function of a value (a ridge, a number of neighbours) that returns
    a filler; patches (B, N, P), hidden (B, N): to choose by.
    """
    if not len(values):
        raise ValueError("values must hold at least one value to try")

    def error(filler):
        wrong = (filler(patches, hidden) - patches)[hidden]
        return wrong.square().mean().item()

    fillers = {value: make(value) for value in values}
    best = min(fillers, key=lambda value: error(fillers[value]))
    return fillers[best], best


def without_network(train, valid, hidden, fill=conditional_mean):
    """Return {"mean image": filler, "line": filler, "neighbours": filler}.

    Ridge and number of neighbours are those that are best on `valid` (B, N,
    P) with `hidden` (B, N). train (M, N, P). fill: like `conditional_mean`.
    """

    def line(ridge):
        return gaussian_filler(train, ridge, fill)

    def neighbours(k):
        return neighbour_filler(train, k)

    return {
        "mean image": mean_filler(train),
        "line": best_filler(line, (1e-4, 1e-3), valid, hidden)[0],
        "neighbours": best_filler(neighbours, (3, 10), valid, hidden)[0],
    }


def _by_mask(guess):
    """Make a filler of a function (x (B, D), hidden (D,)) -> hidden pixels."""

    def fill(patches, hidden):
        filled = patches.clone()
        kinds, kind = hidden.unique(dim=0, return_inverse=True)
        for i, mask in enumerate(kinds):
            pixels = mask.repeat_interleave(patches.shape[2])
            x = patches[kind == i].flatten(1)
            found = x.clone()
            found[:, pixels] = guess(x, pixels)
            filled[kind == i] = found.view(-1, *patches.shape[1:])
        return filled

    return fill
