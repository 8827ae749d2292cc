"""Checks of lesson 02."""

import torch
from torch import nn

from course_utils.checks.comparing import short
from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.networks import (
    cut_off,
    is_linear,
    large_output,
    problem_of_networks,
)
from course_utils.datasets import digits
from course_utils.measures import mse
from course_utils.models import (
    Autoencoder,
    count_parameters,
    reconstruction_loss,
)
from course_utils.rivals.pca import pca_errors

FLATTEN = "Did you flatten first?"
CLUES = {  # words of an error: a better clue
    "dtype": "Leave the weights in float32.",
    "unflatten": "An encoder ends in the code: leave Unflatten out.",
    "(1x3920": "Flatten each image, not the batch: nn.Flatten().",
}


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
    k, h = latent_dim, hidden_dim
    counts = {
        785 * k + (k + 1) * h: "latent_dim and hidden_dim have changed "
        "places: 784 to hidden_dim comes first, hidden_dim to latent_dim "
        "second.",
        785 * k: "One layer goes straight to the code; two are wanted.",
        expected - h - k: "The layers have no bias: leave `bias=False` out.",
        785 * h: "The second layer, hidden_dim to latent_dim, is missing.",
        expected + (h + 1) * h: "These are three layers; two are wanted.",
        785 * (h + k): "The second layer takes hidden_dim numbers, not 784.",
        29 * h + (h + 1) * k: "A flattened image has 784 numbers, not 28.",
        (k + 1) * h + (h + 1) * 784: "That is the way back. nn.Linear(a, b) "
        "goes from a to b numbers, an encoder from 784 to latent_dim.",
        785 * (2 * h + 1) - h - 1: "It ends in 784 numbers again; stop at "
        "latent_dim.",
        0: "It has no weights: make the layers in `__init__`.",
    }
    if count in counts:
        return counts[count]
    return (
        f"It has {count:,} parameters; two layers, 784 to {hidden_dim} and "
        f"{hidden_dim} to {latent_dim}, have {expected:,}. Are both sizes "
        "used?"
    )


def _shape(encoder, latent_dim, hidden_dim):
    try:
        z = encoder(torch.rand(5, 1, 28, 28))
    except RuntimeError as error:
        clue = next((c for w, c in CLUES.items() if w in str(error)), FLATTEN)
        return (
            "The network cannot take a batch of shape (5, 1, 28, 28): "
            f"{str(error).splitlines()[0]}. {clue}"
        )
    if not torch.is_tensor(z):
        return f"`forward` gives {short(z)}, no code. Is there a `return`?"
    shape = tuple(z.shape)
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
    z = large_output(encoder, torch.randn(200, 1, 28, 28))
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
    if is_linear(encoder, x):
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
    return cut_off(encoder, torch.rand(5, 1, 28, 28))


def _encoder_problem(make):
    parts = _layers, _shape, _output, _bends, _trained
    return problem_of_networks(make, parts)


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


def _mean(errors):
    return errors.flatten(1).sum(1).mean()


ERRORS = {
    "You summed over the batch; take the mean.": lambda y, x: (
        (y - x).square().sum()
    ),
    "You averaged over the pixels too; sum over them, then average over the "
    "batch.": lambda y, x: (y - x).square().mean(),
    "The goal should be x, the image itself.": lambda y, x: _mean(y.square()),
    "The goal is another image of the batch; it should be x itself.": (
        lambda y, x: _mean((y - x[torch.randperm(len(x))]).square())
    ),
    "That is the absolute error; take the squared one.": lambda y, x: _mean(
        (y - x).abs()
    ),
    "Nothing is squared.": lambda y, x: _mean(y - x),
    "The root is too much: squares are summed.": lambda y, x: (
        reconstruction_loss(y, x).sqrt().mean()
    ),
    "The sigmoid is applied twice: model(x) ends in one.": lambda y, x: _mean(
        (y.sigmoid() - x).square()
    ),
    "The sigmoid is missing: compare model(x), not logits.": lambda y, x: (
        _mean((y.logit() - x).square())
    ),
    "The sign is wrong: this makes the error larger.": lambda y, x: (
        -_mean((y - x).square())
    ),
    "The loss is halved; the course's has no factor 1/2.": lambda y, x: (
        _mean((y - x).square()) / 2
    ),
}


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


class _Small(Autoencoder):
    """The lesson's, for images of 4 x 4 pixels."""

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z).sigmoid()


def _three_steps(step, seed):
    """Take three steps on a small model -> (weights after, losses)."""
    torch.manual_seed(seed)
    model = _Small(
        nn.Sequential(nn.Flatten(), nn.Linear(16, 16)),
        nn.Unflatten(1, (1, 4, 4)),  # no weights: any order runs
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    batches = torch.rand(3, 5, 1, 4, 4)
    losses = [step(model, optimizer, x.clone()) for x in batches]
    weights = [p.detach().flatten() for p in model.parameters()]
    if any(loss is None for loss in losses):
        return torch.cat(weights), None
    if any(
        torch.is_tensor(x) and x.ndim < 1 and x.requires_grad for x in losses
    ):
        return torch.cat(weights), KEEPS_GRAPH
    try:
        numbers = [torch.as_tensor(x).detach() for x in losses]
    except (TypeError, ValueError, RuntimeError):  # it is told as no number
        return torch.cat(weights), losses[0]
    return torch.cat(weights), torch.stack(numbers)


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
            "optimizer.step() is called twice; once is enough.": {
                "order": "zero back step step"
            },
            "optimizer.step() comes before backward, so it uses old "
            "gradients.": {"order": "step zero back"},
        }
        | {
            message: {"loss": lambda model, x, error=error: error(model(x), x)}
            for message, error in ERRORS.items()
        },
    )
    | {
        "That is the right loss, but backward ran on its sum over the batch; "
        "take the mean.": lambda model, optimizer, x: (
            _step(model, optimizer, x, lambda m, x: len(x) * _mean_loss(m, x))
            / len(x)
        ),
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


CODE_SIZE = 8


def _digits_problem(model):
    """Say what is wrong with an autoencoder for digits, or nothing."""
    for part in ("encode", "decode"):
        if not callable(getattr(model, part, None)):
            return (
                f"{short(model).capitalize()} has no `{part}`: put your "
                "networks into `Autoencoder(encoder, decoder)`."
            )
    if isinstance(model, type):
        return "That is a class: call it, and train what it gives."
    x, is_module = digits().test, isinstance(model, nn.Module)
    weight = next(iter(model.parameters()), x) if is_module else x
    was_training = is_module and model.training
    if is_module:
        model.eval()
    with torch.no_grad():
        try:
            z = model.encode(x.to(weight))
        except RuntimeError as error:
            return (
                f"`encode` cannot take images of shape {tuple(x.shape)}: "
                f"{str(error).splitlines()[0]}. Does the encoder come first, "
                "and does it flatten them to 64 numbers?"
            )
        if not torch.is_tensor(z):
            return f"`encode` should return the code; got {short(z)}."
        if z.shape != (len(x), CODE_SIZE):
            return (
                f"The code of {len(x)} images should have shape "
                f"({len(x)}, {CODE_SIZE}); got {tuple(z.shape)}."
            )
        x_hat, one = model.decode(z), model.decode(z[:1])
    if is_module:
        model.train(was_training)
    if not torch.is_tensor(x_hat):
        return f"`decode` should return images; got {short(x_hat)}."
    x_hat = x_hat.float().cpu()
    if x_hat.shape != x.shape:
        return (
            f"`decode` should give shape {tuple(x.shape)}; got "
            f"{tuple(x_hat.shape)}."
        )
    if len(one) != 1:
        return "`decode` looks at more than the code that it is given."
    return _beaten(x_hat, x)


def _beaten(x_hat, x):
    """Say by how much PCA is ahead, or nothing."""
    train = digits().train
    got, rival = mse(x_hat, x), pca_errors(train, x, [CODE_SIZE])[CODE_SIZE]
    score = f"Its error on new digits is {got:.4f}; PCA has {rival:.4f}."
    if got < rival:
        return None
    if not torch.isfinite(x_hat).all():
        return "It draws NaN or infinity: is the learning rate too high?"
    if x_hat.min() < -0.01 and got < 1.2 * rival:
        return f"{score} It is like PCA: is an activation missing?"
    if x_hat.min() < -0.01 or x_hat.max() > 1.01:
        return f"{score} Pixels leave [0, 1]: does `decode` end in a sigmoid?"
    if got > mse(train.mean(0).expand_as(x), x):
        return (
            f"{score} The average image is better: has it been trained, with "
            "x itself as the goal and one sigmoid?"
        )
    return (
        f"{score} Train both parts on all images, for more epochs, or in "
        "smaller batches."
    )


outcome("digit_model", _digits_problem)
