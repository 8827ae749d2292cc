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
def encoding_operations(model, patches, visible):
    """Multiplications and additions of `model.encode`, for one image.

    patches (B, N, P); visible: how many of them are seen, N for all.
    """
    from torch.utils.flop_counter import FlopCounterMode  # slow to import

    with FlopCounterMode(display=False) as counter:
        model.encode(patches, _first_visible(patches, visible))
    return counter.get_total_flops() / len(patches)


@torch.no_grad()
def encoding_seconds(model, patches, visible, repeats=10):
    """Seconds that `model.encode` takes, the best of some repeats.

    patches (B, N, P); visible: how many of them are seen, N for all.
    """
    hidden = _first_visible(patches, visible)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        model.encode(patches, hidden)
        times.append(time.perf_counter() - start)
    return min(times)


def _first_visible(patches, visible):
    hidden = torch.zeros_like(patches[:, :, 0], dtype=torch.bool)
    hidden[:, visible:] = True
    return hidden
