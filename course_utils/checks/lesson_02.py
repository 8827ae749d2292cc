"""Checks of lesson 02."""

import torch
from torch import nn

from course_utils.checks.comparing import same, short
from course_utils.checks.core import check, mutants, outcome
from course_utils.checks.networks import (
    cut_off,
    is_linear,
    large_output,
    problem_of_networks,
    unasked,
)
from course_utils.datasets import digits
from course_utils.measures import mse
from course_utils.models import (
    Autoencoder,
    count_parameters,
    reconstruction_loss,
)
from course_utils.rivals.pca import pca_errors
from course_utils.training import History


def _shape(encoder, latent_dim, hidden_dim):
    for count in 5, 1:
        try:
            z = encoder(torch.rand(count, 1, 28, 28))
        except RuntimeError as error:
            return (
                "The network cannot take a batch of shape "
                f"({count}, 1, 28, 28): {str(error).splitlines()[0]}. Did you "
                "flatten each image first, nn.Flatten()? nn.Linear(a, b) goes "
                "from a to b numbers."
            )
        if not torch.is_tensor(z):
            return f"`forward` gives {short(z)}, no code. Is there a `return`?"
        if z.shape == (count, latent_dim):
            continue
        hint = ""
        if z.shape == (count, hidden_dim):
            hint = (
                " 784 to hidden_dim comes first, hidden_dim to latent_dim "
                "second. Have they changed places, or is the second missing?"
            )
        return (
            f"For a batch of {count} and latent_dim={latent_dim} the codes "
            f"should have shape ({count}, {latent_dim}); got "
            f"{tuple(z.shape)}.{hint}"
        )
    return None


def _layers(encoder, latent_dim, hidden_dim):
    expected = 785 * hidden_dim + (hidden_dim + 1) * latent_dim
    count = count_parameters(encoder)
    if count == expected:
        return None
    return (
        f"It has {count:,} parameters; two layers, 784 to {hidden_dim} and "
        f"{hidden_dim} to {latent_dim}, have {expected:,}. Are both sizes "
        "used?"
    )


def _output(encoder, latent_dim, hidden_dim):
    """Say whether something stands after the last layer."""
    z = large_output(encoder, torch.randn(200, 1, 28, 28))
    if z.abs().max() > 1 and z.min() < -0.3:  # SiLU goes down to -0.28
        return None
    return (
        f"All codes lie from {z.min():.2f} to {z.max():.2f}: there is an "
        "activation after the last layer. A code may be any number."
    )


BENDS = {
    "SiLU": nn.functional.silu,
    "ReLU": torch.relu,
    "Tanh": torch.tanh,
    "Sigmoid": torch.sigmoid,
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
    for name, bend in BENDS.items():
        if torch.allclose(narrow(bend(hidden)), z, atol=1e-4):
            if name == "SiLU":
                return None
            return f"The activation is {name}; SiLU is asked for here."
    return (
        "It is not linear, SiLU, linear: is something else between the "
        "layers, or does the activation come in another place?"
    )


def _encoder_problem(make):
    def trained(encoder, *sizes):
        return cut_off(encoder, torch.rand(5, 1, 28, 28))

    parts = unasked, _shape, _layers, _output, _bends, trained
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


class _Small(Autoencoder):
    """The lesson's, for images of 4 x 4 pixels."""

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z).sigmoid()


def _small(seed):
    """Return a small model, its optimizer and three batches."""
    torch.manual_seed(seed)
    model = _Small(
        nn.Sequential(nn.Flatten(), nn.Linear(16, 16)),
        nn.Unflatten(1, (1, 4, 4)),  # no weights: any order runs
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    return model, optimizer, torch.rand(3, 5, 1, 4, 4)


def _order_problem(step):
    """Say what is missing in a step or stands in a wrong order."""
    model, optimizer, batches = _small(0)
    weights, seen = list(model.parameters()), []
    for weight in weights:
        weight.register_hook(lambda gradient: seen.append("back"))

    def note(*_):
        empty = all(weight.grad is None for weight in weights)
        seen.append("empty step" if empty else "step")

    optimizer.register_step_post_hook(note)
    step(model, optimizer, batches[0])
    steps = [word for word in seen if word != "back"]
    if not steps:
        return (
            "`optimizer` never moves the weights: is optimizer.step() "
            "missing, without (), or after `return`?"
        )
    if steps[0] == "empty step":
        if "back" not in seen:
            return (
                "No gradient reaches the model's weights: is loss.backward() "
                "missing, or the loss cut off by .detach(), .item() or "
                "torch.tensor()?"
            )
        if seen[0] == "back":
            return (
                "zero_grad stands between backward and step: it clears the "
                "gradients that the step needs."
            )
        return (
            "optimizer.step() comes before backward, which finds the "
            "gradients."
        )
    if len(steps) > 1:
        return f"It takes {len(steps)} steps on one batch; take one."
    return None


KEEPS_GRAPH = "a tensor with its whole graph"


def _three_steps(step, seed):
    """Take three steps on a small model -> (weights after, losses)."""
    model, optimizer, batches = _small(seed)
    losses = [step(model, optimizer, x.clone()) for x in batches]
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    if any(loss is None for loss in losses):
        return weights, None
    if any(
        torch.is_tensor(x) and not x.ndim and x.requires_grad for x in losses
    ):
        return weights, KEEPS_GRAPH
    try:
        numbers = [torch.as_tensor(x).detach() for x in losses]
    except (TypeError, ValueError, RuntimeError):  # it is told as no number
        return weights, losses[0]
    return weights, torch.stack(numbers)


def _step_problem(answer, seed):
    """Say whether the loss is wrong, or the step, or what is returned."""
    right = _three_steps(train_step, seed)
    losses = answer[1]
    if not torch.is_tensor(losses) or losses.shape != right[1].shape:
        return None
    if same(answer[0], right[0], 1e-5):
        return (
            "The step is right, but not what it returns: the loss you trained "
            "on, `loss.item()`."
        )
    if same(losses[0], right[1][0]):
        return (
            "The first loss is right, but not the step: zero_grad, backward "
            "of that loss, step."
        )
    return (
        "The loss is wrong: the mean over the batch of "
        "`reconstruction_loss(model(x), x)` is wanted."
    )


def _step(model, optimizer, x, loss=reconstruction_loss, clear=True):
    """Return a training step, with some knobs turned."""
    error = loss(model(x), x).mean()
    if clear:
        optimizer.zero_grad()
    error.backward()
    optimizer.step()
    return error.item()


@check(
    cases=lambda: [(0,), (1,)],
    find=_order_problem,
    call=_three_steps,
    tolerance=1e-5,
    why=_step_problem,
    slips=mutants(
        _step,
        {
            "Old gradients pile up: call optimizer.zero_grad() before "
            "backward.": {"clear": False},
            "You summed over the batch; take the mean.": {
                "loss": lambda y, x: (y - x).square().sum()
            },
            "You averaged over the pixels too; sum over them, then average "
            "over the batch.": {"loss": lambda y, x: (y - x).square()},
            "The sigmoid is applied twice: model(x) ends in one.": {
                "loss": lambda y, x: reconstruction_loss(y.sigmoid(), x)
            },
        },
    )
    | {
        "It works, but the loss it returns is that after the step; return "
        "the one you trained on.": lambda model, optimizer, x: (
            _step(model, optimizer, x),
            reconstruction_loss(model(x), x).mean().item(),
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
    return _step(model, optimizer, x)


CODE_SIZE = 8


def _digits_problem(model):
    """Say what is wrong with an autoencoder for digits, or nothing."""
    if isinstance(model, History):
        return "`fit` returns the losses; go on with the model you gave it."
    for part in ("encode", "decode"):
        if not callable(getattr(model, part, None)):
            return (
                f"{short(model).capitalize()} has no `{part}`: put your "
                "networks into `Autoencoder(encoder, decoder)`."
            )
    if isinstance(model, type):
        return "That is a class: call it, and train what it gives."
    if not isinstance(model, nn.Module):
        return _judged(model, digits().test)
    was_training = model.training
    try:
        return _judged(model.eval(), next(model.parameters(), digits().test))
    finally:
        model.train(was_training)


@torch.no_grad()
def _judged(model, like):
    """Judge an autoencoder; `like` has the dtype and device it works in."""
    x = digits().test
    try:
        z = model.encode(x.to(like))
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
    if not torch.is_tensor(x_hat) or x_hat.shape != x.shape:
        return (
            f"`decode` should give shape {tuple(x.shape)}; got {short(x_hat)}."
        )
    pairs = (model.encode(x[:1].to(like)), z[:1]), (one, x_hat[:1])
    if not all(same(*pair, 1e-3) for pair in pairs):
        return (
            "One image alone should get the same code and the same copy as "
            "among others. Is there a squeeze(), or does it look at the batch?"
        )
    known = digits().train
    again = model.decode(model.encode(known.to(like)))
    before = mse(again.float().cpu(), known)
    return _beaten(x_hat.float().cpu(), x, before)


def _beaten(x_hat, x, before):
    """Say by how much PCA is ahead, or nothing.

    before: the error on the training images.
    """
    train = digits().train
    got, rival = mse(x_hat, x), pca_errors(train, x, [CODE_SIZE])[CODE_SIZE]
    score = f"Its error on new digits is {got:.4f}; PCA has {rival:.4f}."
    if got < rival:
        if got > 0.85 * before:
            return None
        return (
            f"Its error is {got:.4f} on new digits, {before:.4f} on those for "
            "training. Has it seen the new ones? Train on digit_train."
        )
    if x_hat.min() < -0.01 and got < 1.2 * rival:
        return f"{score} It is like PCA: is an activation missing?"
    if x_hat.min() < -0.01 or x_hat.max() > 1.01:
        return f"{score} Pixels leave [0, 1]: does `decode` end in a sigmoid?"
    if got > mse(train.mean(0).expand_as(x), x):
        return (
            f"{score} The mean image is better: has it been trained, with "
            "x itself as the goal and one sigmoid?"
        )
    return (
        f"{score} Train both parts on all images, for more epochs, or in "
        "smaller batches."
    )


outcome("digit_model", _digits_problem)
