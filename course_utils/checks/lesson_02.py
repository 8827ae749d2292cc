"""Checks of lesson 02."""

import copy

import torch
from torch import nn

from course_utils.checks.comparing import short
from course_utils.checks.core import check, mutants
from course_utils.models import count_parameters, reconstruction_loss

FLATTEN = " Did you flatten first?"


def _encoder_problem(make):
    """Say what is wrong with the encoders that were made, or nothing."""
    found = (_problem_of_size(make, *size) for size in ((7, 30), (2, 11)))
    return next(filter(None, found), None)


def _problem_of_size(make, latent_dim, hidden_dim):
    encoder = make(latent_dim, hidden_dim)
    if isinstance(encoder, type) or not isinstance(encoder, nn.Module):
        return f"It must return a network, an nn.Module; got {short(encoder)}."
    again = make(latent_dim, hidden_dim)
    for problem in (_layers, _shape, _output, _bends, _trained):
        if found := problem(encoder, latent_dim, hidden_dim):
            return found
    if _weights(again) & _weights(encoder):
        return (
            "Two calls share their weights: make the layers inside the "
            "function, so that each call returns a network of its own."
        )
    return None


def _weights(network):
    return {weight.data_ptr() for weight in network.parameters()}


def _layers(encoder, latent_dim, hidden_dim):
    expected = 785 * hidden_dim + (hidden_dim + 1) * latent_dim
    count = count_parameters(encoder)
    if count == expected:
        return None
    if count < expected and any(
        isinstance(part, list) and any(isinstance(p, nn.Module) for p in part)
        for module in encoder.modules()
        for part in vars(module).values()
    ):
        return (
            "The layers stand in a Python list, where the optimizer cannot "
            "find their weights: use nn.Sequential(*layers) or nn.ModuleList."
        )
    swapped = 785 * latent_dim + (latent_dim + 1) * hidden_dim
    if count == swapped and swapped != expected:
        return (
            "latent_dim and hidden_dim have changed places: 784 to hidden_dim "
            "comes first, hidden_dim to latent_dim second."
        )
    if count == 785 * latent_dim:
        return "One layer goes straight to the code; two are wanted."
    if count == expected - hidden_dim - latent_dim:
        return "The layers have no bias: leave `bias=False` out."
    return (
        f"It has {count:,} parameters; two layers, 784 to {hidden_dim} and "
        f"{hidden_dim} to {latent_dim}, have {expected:,}. Are both sizes "
        "used?"
    )


def _shape(encoder, latent_dim, hidden_dim):
    try:
        shape = tuple(encoder(torch.rand(5, 1, 28, 28)).shape)
    except RuntimeError as error:
        return (
            "The network cannot take a batch of shape (5, 1, 28, 28): "
            f"{str(error).splitlines()[0]}.{FLATTEN}"
        )
    if shape == (5, latent_dim):
        one = encoder(torch.rand(1, 1, 28, 28))
        fine = tuple(one.shape) == (1, latent_dim)
        return None if fine else f"With a batch of one: shape {one.shape}."
    return (
        f"For five images and latent_dim={latent_dim} the codes should have "
        f"shape (5, {latent_dim}); got {shape}."
    )


def _output(encoder, latent_dim, hidden_dim):
    """Say whether something stands after the last layer."""
    grown = copy.deepcopy(encoder).requires_grad_(False)
    for weight in grown.parameters():
        weight.mul_(30)
    z = grown(torch.randn(200, 1, 28, 28))
    if z.abs().max() <= 1:
        return "No code leaves [-1, 1]: drop the activation at the end."
    if z.min() > -0.3:  # SiLU goes down to -0.28, ReLU to 0
        return (
            f"No code goes below {z.min():.2f}: there is an activation after "
            "the last layer. A code may be any number."
        )
    return None


BENDS = {
    "ReLU": torch.relu,
    "Tanh": torch.tanh,
    "Sigmoid": torch.sigmoid,
    "GELU": nn.functional.gelu,
    "LeakyReLU": nn.functional.leaky_relu,
    "ELU": nn.functional.elu,
    "Softplus": nn.functional.softplus,
}


def _bends(encoder, latent_dim, hidden_dim):
    """Name the activation between the two layers."""
    linear = [m for m in encoder.modules() if isinstance(m, nn.Linear)]
    x = 3 * torch.randn(20, 1, 28, 28)
    zero = encoder(torch.zeros_like(x))
    if torch.allclose(encoder(x) + encoder(-x), 2 * zero, atol=1e-4):
        return (
            "The network is linear: an activation between the two layers is "
            "missing."
        )
    if len(linear) != 2:
        return None
    wide, narrow = sorted(linear, key=lambda m: -m.in_features)
    hidden, z = wide(x.flatten(1)), encoder(x)
    if torch.allclose(narrow(nn.functional.silu(hidden)), z, atol=1e-4):
        return None
    for name, bend in BENDS.items():
        if torch.allclose(narrow(bend(hidden)), z, atol=1e-4):
            return f"The activation is {name}; SiLU is asked for here."
    return (
        "It is not linear, SiLU, linear: is something else between the "
        "layers, or does the activation come in another place?"
    )


def _trained(encoder, latent_dim, hidden_dim):
    """Say whether a gradient reaches all weights."""
    z = encoder(torch.rand(5, 1, 28, 28))
    encoder.zero_grad()
    if z.requires_grad:
        z.square().sum().backward()
    if all(weight.grad is not None for weight in encoder.parameters()):
        return None
    return (
        "The numbers are right, but the code is cut from the graph, so the "
        "encoder could not learn: no torch.no_grad(), .detach(), .data or "
        "frozen weights."
    )


@check(find=_encoder_problem)
def make_encoder(latent_dim, hidden_dim):
    """Return an encoder of two layers: (B, 1, 28, 28) -> (B, latent_dim)."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, latent_dim),
    )


def _mean_loss(model, x):
    return reconstruction_loss(model(x), x).mean()


def _step(model, optimizer, x, loss=_mean_loss, order="zero back step"):
    """Return a training step with its parts in some order."""
    loss = loss(model, x)
    parts = {
        "zero": optimizer.zero_grad,
        "back": loss.backward,
        "step": optimizer.step,
    }
    for part in order.split():
        parts[part]()
    return loss.item()


def _three_steps(step, seed):
    """Take three steps on a small model -> (weights after, losses)."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(16, 16), nn.Unflatten(1, (1, 4, 4))
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    batches = torch.rand(3, 5, 1, 4, 4)
    losses = [step(model, optimizer, x.clone()) for x in batches]
    weights = [p.detach().flatten() for p in model.parameters()]
    if any(loss is None for loss in losses):
        return torch.cat(weights), None
    if any(torch.is_tensor(x) and x.requires_grad for x in losses):
        return torch.cat(weights), KEEPS_GRAPH
    losses = [torch.as_tensor(x).detach() for x in losses]
    return torch.cat(weights), torch.stack(losses)


KEEPS_GRAPH = "a tensor with its whole graph"


@check(
    cases=lambda: [(0,), (1,)],
    call=_three_steps,
    tolerance=1e-5,
    slips=mutants(
        _step,
        {
            "Old gradients pile up: call optimizer.zero_grad() before "
            "backward.": {"order": "back step"},
            "The weights never move. The order is zero_grad, backward, step; "
            "is one missing or out of place?": {"order": "zero back"},
            "optimizer.step() comes before backward, so it uses old "
            "gradients.": {"order": "step zero back"},
            "You summed over the batch; take the mean.": {
                "loss": lambda model, x: (model(x) - x).square().sum()
            },
            "You averaged over the pixels too; sum over them, then average "
            "over the batch.": {
                "loss": lambda model, x: (model(x) - x).square().mean()
            },
            "The goal should be x, the image itself.": {
                "loss": lambda model, x: reconstruction_loss(
                    model(x), 0 * x
                ).mean()
            },
            "That is the absolute error; take the squared one.": {
                "loss": lambda model, x: (
                    (model(x) - x).abs().flatten(1).sum(1).mean()
                )
            },
            "The loss is halved; the course's has no factor 1/2.": {
                "loss": lambda model, x: _mean_loss(model, x) / 2
            },
        },
    )
    | {
        "It works, but the loss it returns is that after the step; return "
        "the one you trained on.": lambda model, optimizer, x: (
            _step(model, optimizer, x),
            _mean_loss(model, x).item(),
        )[1],
        "It works, but the tensor it returns keeps its whole graph in "
        "memory. A plain number is wanted: loss.item().": (
            lambda model, optimizer, x: torch.tensor(
                _step(model, optimizer, x), requires_grad=True
            )
        ),
    },
)
def train_step(model, optimizer, x):
    """Take one step on a batch x (B, 1, 28, 28); return the loss, a float."""
    loss = reconstruction_loss(model(x), x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
