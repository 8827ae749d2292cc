"""Look at an encoder with a head: its parts, its weights, and whose."""

import copy

import torch
from torch import nn
from torch.nn.functional import cross_entropy


def right_head(encoder, latent_dim, classes=10):
    """Return a copy of the encoder with a fresh head; the reference."""
    return nn.Sequential(
        copy.deepcopy(encoder), nn.Linear(latent_dim, classes)
    )


def head_problem(attempt):
    """Look at parts, shapes, kind of output, and at whose weights move."""
    torch.manual_seed(26)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(16, 6))
    before, x = copy.deepcopy(encoder), 9 * torch.rand(5, 1, 4, 4)
    network = attempt(encoder, 6, 7)
    if not isinstance(network, nn.Sequential):
        kind = type(network).__name__
        return f"An `nn.Sequential` is wanted; it returned a {kind}."
    problem = (
        _size_problem(network)
        or _logits_problem(network(x))
        or _parts_problem(network, encoder)
        or _weights_problem(network, before)
        or _original_problem(encoder, network, attempt(encoder, 6, 7))
    )
    if problem:
        return problem
    _train_a_little(network, x)
    if not _same_weights(encoder, before):
        return (
            "Training the new network changed the encoder that was passed "
            "in: work on a copy, `copy.deepcopy(encoder)`."
        )
    return None


def _size_problem(network):
    """Say whether the head takes codes of 6 numbers and has 7 outputs."""
    parts = list(network)
    if parts and isinstance(parts[0], nn.Linear):
        return "The head stands first; the encoder comes before it."
    heads = [part for part in parts if isinstance(part, nn.Linear)]
    if not heads:
        return "The head is missing: `nn.Linear(latent_dim, classes)`."
    sizes = heads[-1].in_features, heads[-1].out_features
    if sizes == (7, 6):
        return (
            "The head's sizes are swapped: what comes in stands first, "
            "`nn.Linear(latent_dim, classes)`."
        )
    if sizes[0] != 6:
        return (
            f"The head takes {sizes[0]} numbers, the code has latent_dim, "
            "here 6: write `latent_dim`, no fixed number."
        )
    if sizes[1] != 7:
        return (
            f"The head has {sizes[1]} outputs where `classes` was 7: write "
            "`classes`, no fixed number."
        )
    return None


def _logits_problem(logits):
    if tuple(logits.shape) != (5, 7):
        return (
            "5 images and 7 classes must give logits of shape (5, 7); got "
            f"{tuple(logits.shape)}."
        )
    sums = logits.exp().sum(1)
    if (logits.sum(1) - 1).abs().max() < 1e-4 or (sums - 1).abs().max() < 1e-4:
        return (
            "The last layer is a softmax. Leave it out: `cross_entropy` "
            "wants logits and takes the softmax itself."
        )
    if logits.min() >= 0 and logits.max() > 0:
        return "The logits were cut off at zero: no activation at the end."
    return None


def _parts_problem(network, encoder):
    """Say whether the two parts are the encoder and the head."""
    whole = network[0].state_dict().keys() == encoder.state_dict().keys()
    if not whole:
        return (
            "The first part should be the encoder as a whole, so that it can "
            "be frozen alone: no unpacking of its layers."
        )
    if len(network) > 2 and isinstance(network[-1], nn.Linear):
        return (
            "Something stands between encoder and head; only the two are "
            "wanted."
        )
    if len(network) != 2 or not isinstance(network[1], nn.Linear):
        return "Two parts are wanted: encoder and head, and nothing after it."
    return None


def _weights_problem(network, encoder):
    """Say whether the trained encoder is in there, and all may move."""
    if not all(p.requires_grad for p in network.parameters()):
        return "Some weights are frozen; here all of them are to be trained."
    if not _same_weights(network[0], encoder):
        return "The trained encoder's weights are not in the network."
    return None


def _original_problem(encoder, network, other):
    """Say whether the encoder passed in is untouched, the head fresh."""
    if not all(p.requires_grad for p in encoder.parameters()):
        return "It froze the encoder that was passed in: leave it untouched."
    if other[1].weight is network[1].weight:
        return (
            "A second call returned the same head, trained or not: make a "
            "fresh one inside the function."
        )
    return None


def _train_a_little(network, x):
    for _ in range(2):  # a head of zeros gives the encoder no gradient at once
        network.zero_grad()
        cross_entropy(network(x), torch.arange(len(x))).backward()
        for p in network.parameters():
            if p.grad is not None:
                p.data -= 0.1 * p.grad


def _same_weights(a, b):
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return all(p.equal(q) for p, q in pairs)
