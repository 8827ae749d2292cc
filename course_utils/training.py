"""The training loop, the device it runs on, and predictions in batches."""

import contextlib
import inspect
import math
import os
import random
import sys
import time
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from course_utils.adam import OneCycleAdam


@dataclass
class History:
    """Mean loss per example after each epoch, and the seconds it all took.

    `train` is averaged while the weights still move; `valid` is measured
    after the epoch and stays empty without validation data. `stopped` says
    why training ended before its last epoch, if it did.
    """

    train: list[float] = field(default_factory=list)
    valid: list[float] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""


def pick_device() -> torch.device:
    """Return CUDA where there is a GPU, else Apple's MPS, else the CPU.

    The environment variable COURSE_DEVICE (cpu, cuda or mps) overrules it.
    """
    if os.environ.get("COURSE_DEVICE"):
        return torch.device(os.environ["COURSE_DEVICE"])
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available() and _has_room("mps"):
        return torch.device("mps")
    return torch.device("cpu")


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and torch, so that a run can be repeated."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def fit(
    model,
    train,
    loss,
    *,
    valid=None,
    epochs=5,
    batch_size=128,
    lr=3e-3,
    patience=None,
    seed=0,
    device=None,
    progress=True,
):
    """Train `model` in place and return its `History`.

    train, valid: one tensor (N, ...), or a tuple of tensors of one length.
    loss: called as loss(model, *batch), returns one value per example (B,).
    patience: stop after so many epochs without a better `valid` loss, and
    go back to the best weights. Adam follows a one-cycle learning rate
    (Smith and Topin, 2018) with its peak at `lr`.

    seed: of all that training draws from torch: the order of the examples,
    dropout, noise that `loss` adds. Two models with the same weights and
    one seed are trained alike. What you draw after `fit` is as if it had
    drawn nothing. The first weights come from where the model is made: call
    `set_seed` there.

    An interrupt (the stop button) ends training and keeps what was learnt.
    Whatever happens, the model is left in eval mode. Raises ValueError on
    unusable data and FloatingPointError when the loss is no longer a number.
    With COURSE_SMOKE=1 in the environment there is one epoch, for tests.
    """
    if os.environ.get("COURSE_SMOKE") == "1":
        epochs = 1
    device = torch.device(device or pick_device())
    model.to(device)
    train, valid = _to_device(train, device), _to_device(valid, device)
    _check_arguments(train, valid, epochs, batch_size, patience, lr)
    step = _make_step(model, loss, lr, epochs, len(train[0]), batch_size)
    order = torch.Generator().manual_seed(seed)
    history, best, start = History(), _Best(model, patience), time.time()
    with _training_mode(model), _seeded(seed, device), tqdm(
        range(epochs), "training", file=sys.stdout, ncols=79, unit="epoch",
        disable=not progress,
    ) as bar:  # fmt: skip
        try:
            for epoch in bar:
                steps = [step(b) for b in _batches(train, batch_size, order)]
                latest = _mean_loss(steps, epoch, lr)
                if valid:
                    measured = evaluate(model, valid, loss)
                    _check_valid_loss(measured, epoch, lr)
                    history.valid.append(measured)
                history.train.append(latest)
                bar.set_postfix_str(_latest(history))
                if valid and best.should_stop(history):
                    break
        except KeyboardInterrupt:
            history.stopped = f"interrupted in epoch {len(history.train) + 1}"
            print(f"\nTraining was {history.stopped}; the weights are kept.")
    best.restore()
    history.seconds = time.time() - start
    return history


@torch.no_grad()
def evaluate(model, data, loss, batch_size=1000) -> float:
    """Return the mean loss per example over `data`, without training."""
    data = _to_device(data, _device_of([model]))
    _check_lengths("data", data)
    losses = []
    with _eval_mode([model]):
        for batch in _batches(data, batch_size):
            losses.append(loss(model, *batch))
            _check_losses(losses[-1], len(batch[0]))
    return torch.cat(losses).mean().item()


@torch.no_grad()
def predict(function, x, batch_size=1000):
    """Apply a function to x (N, ...) in batches; the answer is on the CPU.

    function: a model, one of its methods, or any function of a batch, such
    as `lambda x: model.encode(x)[0]`. The models in it are in eval mode
    meanwhile, so that dropout sleeps, and afterwards as they were. Batches
    go where the model's weights are, without a model to `pick_device()`.
    No gradients are kept.
    """
    models = _models_in(function)
    device = _device_of(models)
    with _eval_mode(models):
        return torch.cat(
            [function(b.to(device)).cpu() for b in x.split(batch_size)]
        )


def _models_in(function):
    """Return the models that a function is, belongs to or makes use of."""
    owner = getattr(function, "__self__", function)
    if isinstance(owner, nn.Module):
        return [owner]
    if not inspect.isfunction(function):
        return []
    seen = inspect.getclosurevars(function)
    values = (*seen.nonlocals.values(), *seen.globals.values())
    return [value for value in values if isinstance(value, nn.Module)]


def _device_of(models):
    """Return where the first weights lie; without any, `pick_device()`."""
    weights = (weight for model in models for weight in model.parameters())
    first = next(weights, None)
    return pick_device() if first is None else first.device


def _has_room(device):
    """Say whether a device can hold a number; some machines' MPS cannot."""
    try:
        torch.zeros(1, device=device)
    except RuntimeError:
        return False
    return True


@contextlib.contextmanager
def _training_mode(model):
    """Train inside; leave the model in eval mode, whatever happens."""
    model.train()
    try:
        yield
    finally:
        model.eval()


@contextlib.contextmanager
def _eval_mode(models):
    """Switch models to eval mode, and each part back to its own after."""
    modes = [(m, m.training) for model in models for m in model.modules()]
    for model in models:
        model.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


@contextlib.contextmanager
def _seeded(seed, device):
    """Seed torch inside, and leave its global generators as they were.

    The seed is shifted: with `set_seed(seed)` before the model was made, the
    noise would be made of the numbers that made its first weights.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed + 1_000_003)
        yield


def _to_device(data, device):
    if data is None:
        return ()
    parts = tuple(data) if isinstance(data, tuple | list) else (data,)
    for part in parts:
        if not torch.is_tensor(part):
            raise ValueError(
                "training data must be a tensor or a tuple of tensors; got "
                f"{type(part).__name__}"
            )
    return tuple(part.to(device) for part in parts)


def _check_arguments(train, valid, epochs, batch_size, patience, lr):
    numbers = {
        "epochs": epochs, "batch_size": batch_size, "patience": patience,
    }  # fmt: skip
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1; got {value}")
    if not lr > 0:
        raise ValueError(f"lr must be above 0; got {lr}")
    if patience is not None and not valid:
        raise ValueError("patience needs validation data: pass valid=...")
    for name, parts in (("train", train), ("valid", valid)):
        if parts:
            _check_lengths(name, parts)
        if parts and parts[0].is_floating_point():
            _check_values(name, parts[0])


def _check_lengths(name, parts):
    lengths = [len(part) for part in parts]
    if min(lengths) == 0 or len(set(lengths)) > 1:
        raise ValueError(
            f"{name} needs one or more examples in every part, as many in "
            f"each; got lengths {lengths}"
        )


def _check_values(name, x):
    if not x.isfinite().all():
        raise ValueError(f"{name} holds values that are not finite numbers")
    if x.ndim == 4 and x.max() > 10:
        raise ValueError(
            f"images in {name} reach {x.max().item():g}, but [0, 1] is "
            "expected: divide pixels in 0..255 by 255"
        )


def _batches(parts, batch_size, generator=None):
    """Yield tuples of slices, shuffled if a generator is given."""
    if generator is not None:
        order = torch.randperm(len(parts[0]), generator=generator)
        parts = tuple(part[order.to(part.device)] for part in parts)
    yield from zip(*(part.split(batch_size) for part in parts), strict=True)


def _make_step(model, loss, lr, epochs, examples, batch_size):
    weights = [p for p in model.parameters() if p.requires_grad]
    if not weights:
        raise ValueError("the model has no weights to train: all are frozen")
    steps = epochs * -(-examples // batch_size)
    optimizer = OneCycleAdam(weights, lr, steps)

    def step(batch):
        losses = loss(model, *batch)
        _check_losses(losses, len(batch[0]))
        optimizer.step(losses)
        return losses.detach().sum(), len(losses)

    return step


def _check_losses(losses, count):
    if not torch.is_tensor(losses) or losses.shape != (count,):
        got = tuple(losses.shape) if torch.is_tensor(losses) else losses
        raise ValueError(
            f"loss must return one value per example, shape ({count},); got "
            f"{got}. Sum over pixels and leave the mean over the batch to fit."
        )


def _mean_loss(steps, epoch, lr):
    """Average an epoch's losses; they are looked at once, to be quick."""
    sums = torch.stack([total for total, _ in steps])
    bad = (~sums.isfinite()).nonzero()
    if len(bad):
        raise FloatingPointError(
            f"the loss is {sums[bad[0]].item()} at step {bad[0].item() + 1} "
            f"of epoch {epoch + 1}. Try a smaller learning rate (now "
            f"{lr:g}), and look for logarithms or divisions of zero."
        )
    return sums.sum().item() / sum(count for _, count in steps)


def _check_valid_loss(value, epoch, lr):
    if not math.isfinite(value):
        raise FloatingPointError(
            f"the valid loss is {value} after epoch {epoch + 1}. Try a "
            f"smaller learning rate (now {lr:g}), and look for logarithms or "
            "divisions of zero."
        )


def _latest(history):
    text = f"train {history.train[-1]:.4g}"
    return text + (f", valid {history.valid[-1]:.4g}" if history.valid else "")


class _Best:
    """The best weights so far, kept only when `patience` is asked for."""

    def __init__(self, model, patience):
        self.model, self.patience = model, patience
        self.epoch, self.weights = 0, None

    def should_stop(self, history):
        if self.patience is None:
            return False
        latest = len(history.valid) - 1
        if history.valid[latest] <= min(history.valid):
            state = self.model.state_dict()
            self.weights = {k: v.clone() for k, v in state.items()}
            self.epoch = latest
        if latest - self.epoch < self.patience:
            return False
        history.stopped = f"early, best valid loss in epoch {self.epoch + 1}"
        return True

    def restore(self):
        if self.weights is not None:
            self.model.load_state_dict(self.weights)
