"""How well are hidden patches filled in, and what does seeing few save?"""

import time

import torch
from torch import nn

from course_utils.models.masked_images import hidden_mse, hide_patches


def shared_masks(images, patches, visible, kinds=20, seed=0):
    """Masks for a test: -> (images, patches), True = hidden.

    There are `kinds` different ones only, in turn, so that images with the
    same mask can be filled in together. The seed fixes them and touches no
    other draw.
    """
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        masks = hide_patches(kinds, patches, visible)
    return masks[torch.arange(images) % kinds]


@torch.no_grad()
def filled_in(fill, patches, hidden):
    """Images with hidden patches as `fill` has them, the rest as it is.

    fill: a model or function (patches, hidden) -> patches, (B, N, P).
    """
    if isinstance(fill, nn.Module):
        place = next(fill.parameters()).device
        guessed = fill(patches.to(place), hidden.to(place)).cpu()
    else:
        guessed = fill(patches, hidden)
    if guessed.shape != patches.shape:
        raise ValueError(
            f"fill must return patches {tuple(patches.shape)}; got "
            f"{tuple(guessed.shape)}"
        )
    return torch.where(hidden[:, :, None], guessed, patches)


def filling_error(fill, patches, hidden):
    """Mean squared error of the hidden pixels: a number.

    fill: a model or function (patches, hidden) -> patches, (B, N, P).
    """
    guessed = filled_in(fill, patches, hidden)
    return hidden_mse(guessed, patches, hidden).mean().item()


@torch.no_grad()
def encoding_seconds(model, patches, visible, repeats=5):
    """Seconds that `model.encode` takes, the best of some repeats.

    patches (B, N, P); visible: how many of them are seen, N for all.
    """
    count = patches.shape[1]
    hidden = torch.zeros(len(patches), count, dtype=torch.bool)
    hidden[:, visible:] = True
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        model.encode(patches, hidden)
        times.append(time.perf_counter() - start)
    return min(times)
