"""Checks of lesson 02."""

from types import SimpleNamespace

import torch
from torch import nn

from course_utils.checks.comparing import relation, same, short
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

FLATTEN = "Did you flatten first?"
CLUES = {  # words of an error: a better clue
    "dtype": "Leave the weights in float32.",
    "unflatten": "An encoder ends in the code: leave Unflatten out.",
    "(1x3920": "Flatten each image, not the batch: nn.Flatten().",
    "invalid for input": "Is the size of the batch written out?",
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
        **dict.fromkeys(
            (785 * h + (k + 1) * h, (h + 1) * (784 + k)),
            "nn.Linear(a, b) goes from a to b numbers: in one layer these "
            "have changed places.",
        ),
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
        785 * h + (h + 1) * h: "The last layer gives hidden_dim numbers; "
        "the code has latent_dim.",
        0: "It has no weights: make the layers in `__init__`.",
    }
    if count in counts:
        return counts[count]
    return _shape(encoder, latent_dim, hidden_dim) or (
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
        return (
            None
            if fine
            else (
                f"One image has a code of shape (1, {latent_dim}); got "
                f"{tuple(one.shape)}. Is there a squeeze()?"
            )
        )
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
    parts = unasked, _layers, _shape, _output, _bends, _trained
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
    "You averaged over the pixels and summed over the batch; it is the other "
    "way round.": lambda y, x: (y - x).square().flatten(1).mean(1).sum(),
    "That is the largest loss of the batch; take the mean.": lambda y, x: (
        reconstruction_loss(y, x).max()
    ),
    "Only the first image is looked at; take the whole batch.": lambda y, x: (
        _mean((y - x)[:1].square())
    ),
    "That is the cross-entropy; take the squared error.": lambda y, x: (
        len(x[0].flatten())
        * nn.functional.binary_cross_entropy(y.clamp(0, 1), x)
    ),
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


NO_STEP = (
    "The weights never move: is optimizer.step() missing, without (), or "
    "after `return`?"
)
NO_GRADIENT = (
    "No gradient reaches the model's weights: is loss.backward() missing, the "
    "loss cut off by .detach(), .item() or torch.tensor(), or is it a copy of "
    "the model?"
)
CLEARED = (
    "zero_grad stands between backward and step: it clears the gradients "
    "that the step needs."
)
TOO_EARLY = (
    "optimizer.step() comes before backward, which finds the gradients."
)
TOO_OFTEN = "It takes {} steps on one batch; take one."


class _Watched(torch.optim.SGD):
    """An optimizer that remembers what was done to it."""

    def __init__(self, weights):
        super().__init__(weights, lr=0.02)
        self.steps, self.gradient, self.reached = 0, None, 0
        for weight in self.param_groups[0]["params"]:
            weight.register_hook(self._reach)

    def _reach(self, gradient):
        self.reached += 1

    def step(self, closure=None):
        if torch.is_tensor(closure):
            raise TypeError("optimizer.step() takes no loss: leave () empty")
        if closure is None:
            self._look()
            return super().step()

        def look():
            loss = closure()
            self._look()
            return loss

        return super().step(look)

    def _look(self):
        self.steps += 1
        found = [p.grad for p in self.param_groups[0]["params"]]
        if self.gradient is None and all(g is not None for g in found):
            self.gradient = torch.cat([g.flatten() for g in found])
            self.gradient = self.gradient.clone()


def _watch(step, seed, draw=1):
    """Take one watched step; return what was seen."""
    torch.manual_seed(seed)
    model = _Small(
        nn.Sequential(nn.Flatten(), nn.Linear(144, 144)),
        nn.Unflatten(1, (1, 12, 12)),
    )
    x = torch.rand(5 + 2 * seed, 1, 12, 12)
    right, weights = _mean_loss(model, x), list(model.parameters())
    found = torch.autograd.grad(right, weights)
    y, before = model(x).detach(), [w.detach().clone() for w in weights]
    optimizer, given = _Watched(weights), x.clone()
    torch.manual_seed(draw)
    loss = step(model, optimizer, given)
    problem = _order_problem(optimizer, any(map(_differ, weights, before)))
    if _differ(given, x):
        problem = "It changes `x` in place: the next step gets other images."
    return SimpleNamespace(
        problem=problem, loss=loss, right=right.item(), y=y, x=x,
        after=_mean_loss(model, x).item(), gradient=optimizer.gradient,
        ideal=torch.cat([g.flatten() for g in found]),
    )  # fmt: skip


def _differ(a, b):
    return not torch.equal(a, b)


def _order_problem(optimizer, moved):
    """Say what was forgotten or done in a wrong order, or nothing."""
    if not optimizer.steps:
        return (
            "The weights move, but not by the optimizer that is given: call "
            "its step()."
            if moved
            else NO_STEP
        )
    if optimizer.gradient is None or not optimizer.gradient.any():
        if not optimizer.reached:
            return NO_GRADIENT
        return (
            TOO_EARLY
            if optimizer.gradient is None
            and any(
                p.grad is not None for p in optimizer.param_groups[0]["params"]
            )
            else CLEARED
        )
    return TOO_OFTEN.format(optimizer.steps) if optimizer.steps > 1 else None


def _step_problem(step):
    """Say what a watched step does wrong, or nothing."""
    seen = [_watch(step, seed) for seed in (0, 1)]
    losses, first = [s.loss for s in seen], seen[0]
    if isinstance(first.loss, list | tuple):
        return f"It returns {short(first.loss)}; return the loss itself."
    if not all(map(_is_number, losses)):
        return first.problem if first.loss is None else None
    if not any(losses):
        return "The loss is 0: is the model's output compared with itself?"
    if first.problem:
        return first.problem
    scale = [float(s.gradient @ s.ideal / (s.ideal @ s.ideal)) for s in seen]
    along = all(
        same(s.gradient, f * s.ideal, 1e-3)
        for f, s in zip(scale, seen, strict=True)
    )
    right = [s.right for s in seen]
    if same(losses, right):
        return _scale_problem(scale, seen) if along else None
    if same(losses, [s.after for s in seen]):
        return None  # a slip, told later
    found = relation(losses, right, [(s.x,) for s in seen])
    if along and same(scale, [1, 1]):
        return found and f"The step is right, but not what it returns. {found}"
    for error in ERRORS.values():
        torch.manual_seed(1)
        if same(first.loss, float(error(first.y, first.x))):
            return None
    if not same(_watch(step, 0, draw=2).loss, first.loss):
        return "Its loss is another one each time: leave random numbers out."
    return found and f"The loss is wrong. {found}"


def _is_number(loss):
    try:
        return loss is not None and torch.as_tensor(loss).ndim == 0
    except (TypeError, ValueError, RuntimeError):
        return False


def _scale_problem(scale, seen):
    """Say whether the right loss has its gradients times a number."""
    if same(scale, [-1, -1]):
        return "The step climbs: backward runs on minus the loss."
    if same(scale, [1, 1]) or same(scale, [len(s.x) for s in seen]):
        return None  # right, or a slip that is told later
    return (
        f"The gradients are multiplied by {scale[0]:.2g} before the step: "
        "leave them as they are."
    )


KEEPS_GRAPH = "a tensor with its whole graph"


@check(
    cases=lambda: [(0,), (1,)],
    find=_step_problem,
    call=_three_steps,
    tolerance=1e-5,
    slips=mutants(
        _step,
        {
            "Old gradients pile up: call optimizer.zero_grad() before "
            "backward.": {"order": "back step"},
            NO_STEP: {"order": "zero back"},
            NO_GRADIENT: {"order": "zero step"},
            CLEARED: {"order": "back zero step"},
            TOO_EARLY: {"order": "zero step back"},
            TOO_OFTEN.format(2): {"order": "zero back step step"},
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
    if not torch.is_tensor(x_hat):
        return f"`decode` should return images; got {short(x_hat)}."
    if x_hat.shape != x.shape:
        return (
            f"`decode` should give shape {tuple(x.shape)}; got "
            f"{tuple(x_hat.shape)}."
        )
    if len(one) != 1:
        return "`decode` looks at more than the code that it is given."
    if problem := _parts_problem(model, x.to(like), z, x_hat):
        return problem
    known = digits().train
    again = model.decode(model.encode(known.to(like)))
    before = mse(again.float().cpu(), known)
    return _beaten(x_hat.float().cpu(), x, before)


def _parts_problem(model, x, z, x_hat):
    """Say what is wrong with how the parts work together, or nothing."""
    few = model.encode(x[:1])
    if few.shape != z[:1].shape:
        return (
            f"One image has a code of shape {tuple(z[:1].shape)}; got "
            f"{tuple(few.shape)}. Is there a squeeze()?"
        )
    if not torch.allclose(few, z[:1], atol=1e-3):
        return "`encode` gives an image another code in another batch."
    try:
        whole = model(x)
    except (NotImplementedError, TypeError):  # encode and decode are enough
        return None
    if not torch.is_tensor(whole) or not same(whole, x_hat, 1e-3):
        return "`model(x)` must be `decode(encode(x))`, and it is not."
    return None


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
    if not torch.isfinite(x_hat).all():
        return "It draws NaN or infinity: is the learning rate too high?"
    if x_hat.min() < -0.01 and got < 1.2 * rival:
        return f"{score} It is like PCA: is an activation missing?"
    if x_hat.min() < -0.01 or x_hat.max() > 1.01:
        return f"{score} Pixels leave [0, 1]: does `decode` end in a sigmoid?"
    if x_hat.std(dim=0).max() < 1e-3:
        return f"{score} It draws the same for every code: is z used?"
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
