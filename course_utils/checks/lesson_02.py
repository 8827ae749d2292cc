"""Checks of lesson 02."""

import copy

import torch
from torch import nn

from course_utils.checks.core import in_turn, judge, same_as
from course_utils.models import (
    DenseEncoder,
    count_parameters,
    reconstruction_loss,
)


def _make_encoder(latent_dim, hidden_dim):
    return DenseEncoder(latent_dim, hidden_dim)


def make_encoder(attempt):
    """Judge `make_encoder(latent_dim, hidden_dim)` -> nn.Module."""
    return judge("make_encoder", attempt, _make_encoder, _encoder_problem)


def _encoder_problem(attempt):
    for latent_dim, hidden_dim in ((7, 30), (2, 11)):
        torch.manual_seed(0)
        encoder = attempt(latent_dim, hidden_dim)
        if isinstance(encoder, type) or not isinstance(encoder, nn.Module):
            kind = type(encoder).__name__
            return f"It must return a network (an nn.Module); got {kind}."
        problem = _shape_problem(encoder, latent_dim)
        problem = problem or _output_problem(encoder, latent_dim, hidden_dim)
        if problem:
            return problem
    return None


def _shape_problem(encoder, latent_dim):
    x = torch.rand(5, 1, 28, 28)
    try:
        shape = tuple(encoder(x).shape)
    except RuntimeError as error:
        return (
            "The network cannot take a batch of shape (5, 1, 28, 28): "
            f"{str(error).splitlines()[0]}. Did you flatten first?"
        )
    if shape != (5, latent_dim):
        return (
            f"For five pictures and latent_dim={latent_dim} the codes should "
            f"have shape (5, {latent_dim}); got {shape}."
        )
    return None


def _output_problem(encoder, latent_dim, hidden_dim):
    x = torch.randn(200, 1, 28, 28)
    z = _with_large_weights(encoder)(x)
    if z.min() > -0.3:  # SiLU goes down to -0.28, ReLU to 0
        return (
            f"No code goes below {z.min():.2f}: there is an activation after "
            "the last layer. A code may be any number."
        )
    if z.abs().max() <= 1:
        return "No code leaves [-1, 1]: drop the activation at the end."
    zero = encoder(torch.zeros_like(x))
    if torch.allclose(encoder(x) + encoder(-x), 2 * zero, atol=1e-4):
        return (
            "The network is linear: an activation between the two layers is "
            "missing."
        )
    expected = count_parameters(_make_encoder(latent_dim, hidden_dim))
    got = count_parameters(encoder)
    if got != expected:
        return (
            f"It has {got:,} parameters; two layers, 784 to {hidden_dim} and "
            f"{hidden_dim} to {latent_dim}, have {expected:,}. Are both "
            "sizes used?"
        )
    return None


def _with_large_weights(encoder):
    """Return a copy whose codes are large, unless something bounds them."""
    encoder = copy.deepcopy(encoder).requires_grad_(False)
    for weight in encoder.parameters():
        weight.mul_(30)
    return encoder


def _train_step(model, optimizer, x):
    loss = reconstruction_loss(model(x), x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _step_with(zero=True, move=True, of=None, first_move=False):
    """Return a training step with one thing wrong."""

    def step(model, optimizer, x):
        loss = (of or _mean_loss)(model, x)
        if first_move:
            optimizer.step()
        if zero:
            optimizer.zero_grad()
        loss.backward()
        if move and not first_move:
            optimizer.step()
        return loss.item()

    return step


def _mean_loss(model, x):
    return reconstruction_loss(model(x), x).mean()


STEP_SLIPS = {
    "Old gradients pile up: call optimizer.zero_grad() before backward.": (
        _step_with(zero=False)
    ),
    "The weights never move. The order is zero_grad, backward, step; is one "
    "missing or out of place?": _step_with(move=False),
    "optimizer.step() comes before backward, so it uses old gradients.": (
        _step_with(first_move=True)
    ),
    "You summed over the batch; take the mean.": _step_with(
        of=lambda model, x: reconstruction_loss(model(x), x).sum()
    ),
    "You averaged over the pixels too; sum over them, then average over the "
    "batch.": _step_with(of=lambda model, x: (model(x) - x).square().mean()),
    "The goal should be x, the picture itself.": _step_with(
        of=lambda model, x: reconstruction_loss(model(x), 0 * x).mean()
    ),
}


def _run_steps(step, seed):
    """Three steps on a small linear model -> (losses, weights after)."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(16, 16), nn.Unflatten(1, (1, 4, 4))
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    batches = torch.rand(3, 5, 1, 4, 4)
    losses = [step(model, optimizer, x.clone()) for x in batches]
    if any(loss is None for loss in losses):
        losses = None
    else:
        losses = torch.stack([torch.as_tensor(x).detach() for x in losses])
    weights = [p.detach().flatten() for p in model.parameters()]
    return torch.cat(weights), losses


def train_step(attempt):
    """Judge `train_step(model, optimizer, x)` -> float."""
    cases = [(0,), (1,)]
    compare = same_as(_train_step, cases, STEP_SLIPS, _run_steps, 1e-5)
    find = in_turn(compare, _graph_problem)
    return judge("train_step", attempt, _train_step, find)


def _graph_problem(step):
    model = nn.Conv2d(1, 1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    loss = step(model, optimizer, torch.rand(2, 1, 4, 4))
    if torch.is_tensor(loss) and loss.requires_grad:
        return (
            "It works, but the tensor it returns keeps its whole graph in "
            "memory. A plain number is wanted: loss.item()."
        )


def _mended_decode(decoder, z):
    return decoder(z).sigmoid()


DECODE_SLIPS = {
    "The garments stand, but pixels still leave [0, 1].": (
        lambda decoder, z: decoder(z)
    ),
    "The pixels are in [0, 1] now, but height and width are still swapped.": (
        lambda decoder, z: decoder(z).sigmoid().transpose(2, 3)
    ),
    "Both bugs are still there.": lambda decoder, z: decoder(z).transpose(
        2, 3
    ),
    "Cutting pixels off at 0 and 1 is not what the model was trained with; "
    "use the sigmoid.": lambda decoder, z: decoder(z).clamp(0, 1),
    "The sigmoid was applied twice.": lambda decoder, z: (
        decoder(z).sigmoid().sigmoid()
    ),
    "tanh gives (-1, 1); the sigmoid gives (0, 1).": lambda decoder, z: (
        decoder(z).tanh()
    ),
}


def mended_decode(attempt):
    """Judge `mended_decode(decoder, z)`: (B, Z) -> (B, 1, H, W)."""

    def call(function, weight, z):
        return function(
            lambda codes: (codes @ weight).unflatten(1, (1, 6, 6)), z
        )

    cases = [(4 * torch.randn(3, 36), torch.randn(n, 3)) for n in (5, 1)]
    compare = same_as(_mended_decode, cases, DECODE_SLIPS, call)
    return judge("mended_decode", attempt, _mended_decode, compare)


def _quantize(z, low, high, levels):
    share = (z - low) / (high - low)
    return (share * (levels - 1)).round().clamp(0, levels - 1)


def _quantize_case(size, levels):
    low = -1 - torch.rand(size)
    high = 1 + 3 * torch.rand(size)
    return 3 * torch.randn(50, size), low, high, levels


QUANTIZE_CASES = [_quantize_case(4, 256), _quantize_case(1, 3)]


def _share(z, low, high):
    return (z - low) / (high - low)


QUANTIZE_SLIPS = {
    "You cut off the decimals; round to the nearest level.": (
        lambda z, low, high, n: (
            (_share(z, low, high) * (n - 1)).floor().clamp(0, n - 1)
        )
    ),
    "With n levels numbered from 0 the last is n - 1; multiply by that.": (
        lambda z, low, high, n: (
            (_share(z, low, high) * n).round().clamp(0, n - 1)
        )
    ),
    "The last level is levels - 1; yours goes up to levels.": (
        lambda z, low, high, n: (_share(z, low, high) * n).round().clamp(0, n)
    ),
    "Codes outside must be moved to the last level, which is levels - 1.": (
        lambda z, low, high, n: (
            (_share(z, low, high) * (n - 1)).round().clamp(0, n)
        )
    ),
    "You wrote 255; use levels - 1.": lambda z, low, high, n: (
        (_share(z, low, high) * 255).round().clamp(0, 255)
    ),
    "Those are codes again; return the levels.": lambda z, low, high, n: (
        low + _quantize(z, low, high, n) / (n - 1) * (high - low)
    ),
    "Multiply before you round.": lambda z, low, high, n: (
        _share(z, low, high).round().clamp(0, 1) * (n - 1)
    ),
    "Use the low and high that you are given, not those of z.": (
        lambda z, low, high, n: _quantize(z, z.amin(0), z.amax(0), n)
    ),
    "Codes outside low and high must be moved to the nearest end: clamp.": (
        lambda z, low, high, n: (_share(z, low, high) * (n - 1)).round()
    ),
    "The answer should be whole levels: round it.": lambda z, low, high, n: (
        _share(z, low, high) * (n - 1)
    ).clamp(0, n - 1),
    "Subtract low first, so that low becomes level 0.": (
        lambda z, low, high, n: (
            (z / (high - low) * (n - 1)).round().clamp(0, n - 1)
        )
    ),
    "Divide by high - low, the width of the range.": lambda z, low, high, n: (
        ((z - low) / high * (n - 1)).round().clamp(0, n - 1)
    ),
}


def quantize(attempt):
    """Judge `quantize(z, low, high, levels)`: (B, Z) -> (B, Z)."""
    compare = same_as(_quantize, QUANTIZE_CASES, QUANTIZE_SLIPS)
    return judge("quantize", attempt, _quantize, compare)
