"""Checks of lesson 12."""

import traceback

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_utils.checks.heads import head_problem, right_head
from course_utils.checks.legacy import difference, in_turn, judge, same_as
from course_utils.checks.probing import probe_problem, right_probe
from course_utils.models import reconstruction_loss


def _features(encoder, x):
    encoder.eval()
    with torch.no_grad():
        return encoder(x)


def _moody_encoder():
    """Return an encoder that answers differently while it trains."""
    torch.manual_seed(6)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(16, 9), nn.BatchNorm1d(9), nn.Dropout(0.5),
        nn.SiLU(), nn.Linear(9, 5),
    )  # fmt: skip


def _features_problem(attempt):
    """Look at the codes, at their gradient, and at what became of both."""
    x = torch.rand(7, 1, 4, 4) + 1
    encoder, untouched = _moody_encoder(), _moody_encoder()
    expected, before = _features(untouched, x), x.clone()
    encoder.train()
    with torch.enable_grad():  # whatever the attempt does, it ends here
        got = attempt(encoder, x)
        still_on = torch.is_grad_enabled()
    if not still_on:
        return (
            "Gradients are now off for all that follows, so nothing could be "
            "trained: put the call under `with torch.no_grad():`, which ends."
        )
    if got is not None and not torch.is_tensor(got) and hasattr(got, "shape"):
        return "The codes are wanted as a torch tensor: no `.numpy()`."
    if isinstance(got, list):
        return "The codes are wanted as one tensor, not as a list."
    if problem := difference(got, expected):
        return _train_mode_problem(got, x) or problem
    if getattr(got, "requires_grad", False):
        return (
            "The codes are right, but they still carry gradients: put the "
            "call under `with torch.no_grad():`."
        )
    if not all(p.requires_grad for p in encoder.parameters()):
        return "The encoder is frozen for good; `torch.no_grad()` is enough."
    return "It changes its input." * (not x.equal(before))


def _train_mode_problem(got, x):
    """Say whether the codes are those of an encoder in train mode."""
    if got is None or tuple(getattr(got, "shape", ())) != (len(x), 5):
        return None
    torch.manual_seed(0)
    codes, noisy = got.detach(), [_moody_encoder()(x) for _ in range(200)]
    each = (codes - torch.stack(noisy).mean(0)).abs().mean()
    if each < (codes - _features(_moody_encoder(), x)).abs().mean():
        return (
            "These are the codes of an encoder in train mode, where dropout "
            "rolls its dice: call `encoder.eval()` first."
        )
    return None


def features(attempt):
    """Judge `features(encoder, x)`: (B, ...) -> (B, latent_dim)."""
    return judge("features", attempt, _features, _features_problem)


def probe(attempt):
    """Judge `probe(classifier, z, labels, z_test, test_labels)`."""
    return judge("probe", attempt, right_probe, probe_problem)


def with_head(attempt):
    """Judge `with_head(encoder, latent_dim, classes)`: -> a network."""
    return judge("with_head", attempt, right_head, head_problem)


def _joint_loss(model, x, x_labelled, labels, weight):
    logits = model.head(model.encode(x_labelled))
    naming = cross_entropy(logits, labels, reduction="none")
    return reconstruction_loss(model(x), x) + weight * naming


class NotCodes(Exception):
    """The head was given something else than codes."""


class Head(nn.Linear):
    """A head that says so when it is given images."""

    def forward(self, z):
        """Codes (B, 4) -> logits (B, 3)."""
        if z.dim() != 2 or z.shape[1] != 4:
            raise NotCodes
        return super().forward(z)


class Joint(nn.Module):
    """A small autoencoder with a head, for images of 4 by 4 pixels."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(16, 4))
        self.decoder, self.head = nn.Linear(4, 16), Head(4, 3)

    def encode(self, x):
        """Images -> codes (B, 4)."""
        return self.encoder(x)

    def decode(self, z):
        """Codes -> images (B, 1, 4, 4)."""
        return self.decoder(z).view(-1, 1, 4, 4).sigmoid()

    def forward(self, x):
        """Reconstruct."""
        return self.decode(self.encode(x))


def _joint_case(weight, seed):
    torch.manual_seed(seed)
    model = Joint()
    for p in model.parameters():
        nn.init.normal_(p)
    x, x_labelled = torch.rand(2, 6, 1, 4, 4)
    return model, x, x_labelled, torch.randint(3, (6,)), weight


def _parts(model, x, x_labelled, labels):
    logits = model.head(model.encode(x_labelled))
    naming = cross_entropy(logits, labels, reduction="none")
    return reconstruction_loss(model(x), x), naming, logits


def _recombined(combine):
    """Return a wrong joint loss made of the parts of the right one."""

    def wrong(model, x, x_labelled, labels, weight):
        parts = _parts(model, x, x_labelled, labels)
        return combine(*parts, labels, weight)

    return wrong


JOINT_SLIPS = {
    "The weight belongs to the classification loss, not to the "
    "reconstruction.": _recombined(lambda r, c, o, y, w: w * r + c),
    "The weight multiplies both losses; it belongs to the classification "
    "alone.": _recombined(lambda r, c, o, y, w: w * (r + c)),
    "The second loss was taken off; the two losses add up.": _recombined(
        lambda r, c, o, y, w: r - w * c
    ),
    "The reconstruction came back as one mean over all images and pixels; "
    "sum over the pixels of each image: reconstruction_loss.": _recombined(
        lambda r, c, o, y, w: r.mean() / 16 + w * c
    ),
    "The reconstruction was summed over all images; each image keeps its "
    "own: reconstruction_loss.": _recombined(
        lambda r, c, o, y, w: r.sum() + w * c
    ),
    "The weight is not used.": _recombined(lambda r, c, o, y, w: r + c),
    "The two losses are shared out as (1 - weight) and weight; here the "
    "reconstruction counts fully.": _recombined(
        lambda r, c, o, y, w: (1 - w) * r + w * c
    ),
    "The reconstruction is missing.": _recombined(lambda r, c, o, y, w: w * c),
    "The classification loss is missing.": _recombined(
        lambda r, c, o, y, w: r
    ),
    "cross_entropy averaged over the batch; reduction='none' gives one "
    "value for each image.": _recombined(
        lambda r, c, o, y, w: r + w * c.mean()
    ),
    "One number for the batch came back; `fit` wants one for each image.": (
        _recombined(lambda r, c, o, y, w: (r + w * c).mean())
    ),
    "cross_entropy wants logits: no softmax before it.": _recombined(
        lambda r, c, o, y, w: (
            r + w * cross_entropy(o.softmax(1), y, reduction="none")
        )
    ),
    "You averaged over the pixels; the course sums over them.": _recombined(
        lambda r, c, o, y, w: r / 16 + w * c
    ),
    "The reconstruction was taken of the labelled images; x, without "
    "labels, is the larger supply.": lambda m, x, xl, y, w: (
        reconstruction_loss(m(xl), xl) + w * _parts(m, x, xl, y)[1]
    ),
    "The labels belong to x_labelled; you named x.": lambda m, x, xl, y, w: (
        reconstruction_loss(m(x), x) + w * _parts(m, x, x, y)[1]
    ),
}


def joint_loss(attempt):
    """Judge `joint_loss(model, x, x_labelled, labels, weight)`: -> (B,)."""
    cases = [_joint_case(3.0, 36), _joint_case(0.5, 37)]
    compare = same_as(_joint_loss, cases, JOINT_SLIPS)
    find = in_turn(_raised_problem, compare, _joint_gradient_problem)
    return judge("joint_loss", attempt, _joint_loss, find)


def _raised_problem(attempt):
    """Name two slips that raise an error far from where they were made."""
    try:
        attempt(*_joint_case(3.0, 36))
    except NotCodes:
        return (
            "The head was given images; it takes codes: "
            "`model.head(model.encode(x_labelled))`."
        )
    except (RuntimeError, IndexError, ValueError, TypeError) as error:
        frames = traceback.walk_tb(error.__traceback__)
        asked = [f.f_locals for f, _ in frames]
        for names in asked:
            first, second = names.get("input"), names.get("target")
            if not torch.is_tensor(first) or not torch.is_tensor(second):
                continue
            if second.is_floating_point() and not first.is_floating_point():
                return "cross_entropy takes the logits first, then the labels."
        raise
    return None


def _joint_gradient_problem(attempt):
    case = _joint_case(3.0, 38)
    model, loss = case[0], attempt(*case)
    if not torch.is_tensor(loss) or not loss.requires_grad:
        return (
            "The numbers are right, but the answer carries no gradient, so "
            "nothing could be trained with it: no .item() or .detach()."
        )
    loss.mean().backward()
    got = [p.grad for p in model.parameters()]
    wanted = _joint_case(3.0, 38)[0]
    _joint_loss(wanted, *case[1:]).mean().backward()
    for mine, p in zip(got, wanted.parameters(), strict=True):
        if mine is None or difference(mine, p.grad):
            return (
                "The numbers are right, but part of the gradient is cut "
                "off: both losses are to reach the encoder, no .detach()."
            )
    return None
