"""What checks ask of the networks that a learner's function makes."""

import copy

import torch
from torch import nn

from course_utils.checks.comparing import short

ADDED = (  # what an exercise names if it wants it
    nn.modules.batchnorm._BatchNorm,
    nn.modules.dropout._DropoutNd,
    nn.LayerNorm,
)
SIZES = ((8, 30), (3, 11))  # latent_dim and hidden_dim


def problem_of_networks(make, problems):
    """Say what is wrong with networks made in two sizes, or nothing.

    problems: functions of (network, latent_dim, hidden_dim) that return a
    sentence or None.
    """
    for size in SIZES:
        network, again = make(*size), make(*size)
        if isinstance(network, type) or not isinstance(network, nn.Module):
            kind = f"{short(network)}."
            if network is None:
                kind = "None. Is there a `return`?"
            return f"It must return a network, an nn.Module; got {kind}"
        for problem in problems:
            if found := problem(network, *size):
                return found
        if _weights(again) & _weights(network):
            return (
                "Two calls share their weights: make the layers inside the "
                "function, so that each call returns a network of its own."
            )
    return None


def unasked(network, *size):
    """Name a layer that has no weights yet, or is not asked for."""
    if any(map(nn.parameter.is_lazy, network.parameters())):
        return (
            "A lazy layer has no weights before its first call, so no "
            "optimizer can take them: use nn.Linear(inputs, outputs)."
        )
    names = [
        type(m).__name__ for m in network.modules() if isinstance(m, ADDED)
    ]
    return f"{names[0]} is not asked for: leave it out." if names else None


def _weights(network):
    return {weight.data_ptr() for weight in network.parameters()}


def large_output(network, x):
    """Return the output with weights 30 times as large: what bounds it?"""
    grown = copy.deepcopy(network).requires_grad_(False)
    for weight in grown.parameters():
        weight.mul_(30)
    return grown(x)


def is_linear(network, x):
    """Whether a network is a straight line through its outputs."""
    both = network(x) + network(-x)
    return torch.allclose(both, 2 * network(torch.zeros_like(x)), atol=1e-5)


def cut_off(network, x):
    """Say whether a gradient fails to reach some weights, or nothing."""
    out = network(x)
    network.zero_grad()
    if out.requires_grad:
        out.square().sum().backward()
    if all(weight.grad is not None for weight in network.parameters()):
        return None
    return (
        "The numbers are right, but the network is cut from the graph, so it "
        "cannot learn: no torch.no_grad(), .detach(), .data or frozen weights."
    )
