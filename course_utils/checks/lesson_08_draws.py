"""Checks of lesson 08 that draw: reparameterize and reconstruct."""

import torch

from course_utils.checks.legacy import in_turn, judge, same_as
from course_utils.models import VAE, DenseDecoder, DenseEncoder
from course_utils.models import reparameterize as _reparameterize


def _draw_problem(attempt):
    """Look at the noise (z - mu) / sigma in many draws, and its gradient."""
    for rows, units in ((4000, 3), (3000, 5)):
        torch.manual_seed(rows)
        mu = 2 * torch.randn(rows, units)
        log_var = 2 * torch.rand(rows, units) - 2.5
        given = mu.clone().requires_grad_(), log_var.clone().requires_grad_()
        z = attempt(*given)
        if z is None:
            return "It returned None. Is there a `return`?"
        if not torch.is_tensor(z) or z.shape != mu.shape:
            shape = tuple(getattr(z, "shape", ())) or type(z).__name__
            return f"z has the shape of mu, {tuple(mu.shape)}; got {shape}."
        if not z.isfinite().all():
            return (
                "It returned NaN or infinity. log_var may be negative; its "
                "exponential is not."
            )
        problem = _noise_problem(z.detach(), mu, log_var)
        problem = problem or _path_problem(z, *given)
        problem = problem or _again_problem(attempt, *given)
        if problem:
            return problem
    return None


def _noise_problem(z, mu, log_var):
    if z.equal(mu):
        return "z is mu: nothing was drawn. Add sigma times noise."
    eps = (z - mu) / (0.5 * log_var).exp()
    if (eps - eps[:1]).abs().max() < 1e-3:
        return (
            "The noise is shared across the batch: every image got the same. "
            "Draw one number for each entry: torch.randn_like(mu)."
        )
    if (eps - eps[:, :1]).abs().max() < 1e-3:
        return (
            "The noise is shared across the latents of an image. Draw one "
            "number for each entry: torch.randn_like(mu)."
        )
    if problem := _formula_problem(z, mu, log_var):
        return problem
    slope = _slope(z, mu)
    if abs(slope) < 0.1:
        far = mu.abs() > 2
        if z[far].std() > 1.3 * z[~far].std():
            return "The noise is multiplied by mu; add mu instead."
        return "mu is missing: the draws must be centred on it."
    if abs(slope - 1) > 0.1:
        return f"If mu grows by 1, z must too; it grows by {slope:.1f}."
    return _centre_problem(eps) or _spread_problem(z - mu, log_var)


FORMULAS = {
    "mu and sigma have changed places: sigma times the noise, plus mu.": (
        lambda z, mu, sigma: (z - sigma) / mu
    ),
    "The noise is multiplied by mu + sigma. It belongs to sigma alone; add "
    "mu afterwards.": lambda z, mu, sigma: z / (mu + sigma),
    "sigma was added; multiply the noise by it.": (
        lambda z, mu, sigma: z - mu - sigma
    ),
}


def _formula_problem(z, mu, log_var):
    """Name the formula by which z came from standard normal noise."""
    for message, solve in FORMULAS.items():
        eps = solve(z, mu, (0.5 * log_var).exp())
        halves = eps[log_var < -1.5], eps[log_var >= -1.5]
        if all(
            abs(part.mean()) < 0.06 and abs(part.std() - 1) < 0.06
            for part in halves
        ):
            return message
    return None


def _centre_problem(eps):
    if abs(eps.mean()) <= 0.1:
        return None
    if eps.min() < -1e-3:
        return f"The noise is not centred on 0: its mean is {eps.mean():.2f}."
    if eps.max() > 1.5:
        return "The noise is never negative: let it keep its sign."
    return (
        "The noise is not centred on 0. rand draws between 0 and 1; randn "
        "draws from the bell curve."
    )


def _slope(z, mu):
    return ((z * mu).mean() / mu.square().mean()).item()


SPREADS = {
    "The noise is multiplied by the variance; sigma is its square root, "
    "exp(log_var / 2).": lambda v: v.exp(),
    "The noise is multiplied by log_var; sigma is exp(log_var / 2).": (
        lambda v: v.abs()
    ),
    "The noise has spread 1 for every image: multiply it by sigma.": (
        torch.ones_like
    ),
    "The noise is multiplied by exp(2 log_var); sigma is exp(log_var / 2).": (
        lambda v: (2 * v).exp()
    ),
    "The noise grows where the variance shrinks: a sign in front of "
    "log_var?": lambda v: (-0.5 * v).exp(),
    "The spread is the square root of sigma: halve log_var once.": (
        lambda v: (0.25 * v).exp()
    ),
}


def _spread_problem(noise, log_var):
    def agrees(sigma):
        size = (noise / sigma).square()
        low, high = log_var < -1.5, log_var >= -1.5
        pair = size[low].mean().sqrt(), size[high].mean().sqrt()
        return all(abs(s - 1) < 0.06 for s in pair)

    sigma = (0.5 * log_var).exp()
    if agrees(sigma):
        largest = (noise / sigma).abs().max()
        if largest < 2.5:
            return "The noise is no bell curve: use torch.randn_like."
        return None
    for message, wrong in SPREADS.items():
        if agrees(wrong(log_var)):
            return message
    size = (noise / sigma).std().item()
    return f"(z - mu) / sigma should have spread 1; it has {size:.2f}."


CUT = (
    "The gradient is cut: z does not lead back to {}. Draw eps alone, then "
    "compute z from mu, log_var and eps; no .detach(), .data or .sample()."
)


def _path_problem(z, mu, log_var):
    """Compare with the gradients of mu + sigma * eps."""
    if not z.requires_grad:
        return CUT.format("mu and log_var")
    parts = torch.autograd.grad(z.sum(), (mu, log_var), allow_unused=True)
    wanted = torch.ones_like(z), 0.5 * (z - mu).detach()
    for name, got, right in zip(("mu", "log_var"), parts, wanted, strict=True):
        if got is None or not got.any():
            return CUT.format(name)
        if (got - right).abs().max() > 1e-3:
            return f"The draws are right, the gradient of {name} is not."
    return None


def _again_problem(attempt, mu, log_var):
    torch.manual_seed(0)
    first, second = attempt(mu, log_var), attempt(mu, log_var)
    if first.equal(second):
        return "Two calls give the same z: draw new noise at each call."
    return None


def reparameterize(attempt):
    """Judge `reparameterize(mu, log_var)`: (B, Z) twice -> (B, Z)."""
    return judge("reparameterize", attempt, _reparameterize, _draw_problem)


def _reconstruct(model, x):
    return model.decode(model.encode(x)[0])


def _drawn(model, x):
    return model.decode(_reparameterize(*model.encode(x)))


RECONSTRUCT_SLIPS = {
    "Logits came back; model.decode gives images.": lambda model, x: (
        model.decoder(model.encode(x)[0])
    ),
    "That is the code; decode it.": lambda model, x: model.encode(x)[0],
    "You decoded log_var; decode mu.": lambda model, x: model.decode(
        model.encode(x)[1]
    ),
    "model(x) draws a code and returns three things; encode, then decode "
    "mu.": lambda model, x: tuple(model(x)),
    "That is a sample: it decodes a draw from the prior, and x was not "
    "looked at.": lambda model, x: model.decode(
        torch.randn_like(model.encode(x)[0])
    ),
    "The sigmoid was applied twice: model.decode has it already.": (
        lambda model, x: _reconstruct(model, x).sigmoid()
    ),
    "You decoded the code of a draw; that is one round too many.": (
        lambda model, x: _reconstruct(model, _reconstruct(model, x))
    ),
}


def reconstruct(attempt):
    """Judge `reconstruct(model, x)`: images -> images of the same shape."""

    def still(function):
        model, x = RECONSTRUCT_CASES[0]
        torch.manual_seed(0)
        first, second = function(model, x), function(model, x)
        if torch.is_tensor(first) and torch.is_tensor(second):
            if first.shape == second.shape and not first.equal(second):
                return (
                    "Two calls give two pictures: the code is sampled at "
                    "test time. Decode the mean, mu."
                )
        return None

    compare = same_as(_reconstruct, RECONSTRUCT_CASES, RECONSTRUCT_SLIPS)
    find = in_turn(_pair_problem, still, compare)
    return judge("reconstruct", attempt, _reconstruct, find)


class _PairDecoded(TypeError):
    """The decoder was handed all that the encoder gave."""


def _pair_problem(function):
    try:
        function(*RECONSTRUCT_CASES[0])
    except _PairDecoded:
        return "model.encode gives mu and log_var; decode one of them."
    return None


def _refuse_pair(_, codes):
    if not torch.is_tensor(codes[0]):
        raise _PairDecoded("the decoder wants one tensor, z")


class _Grown(VAE):
    """A VAE whose random weights are large, so that slips show."""

    def __init__(self, latent_dim):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(latent_dim)
            super().__init__(
                DenseEncoder(2 * latent_dim, 8), DenseDecoder(latent_dim, 8)
            )
            self.x = torch.rand(6, 1, 28, 28)
        self.decoder.register_forward_pre_hook(_refuse_pair)
        for weight in self.requires_grad_(False).parameters():
            weight.mul_(4)

    def mean(self, x):
        """Return mu, as the lesson's own VAE does."""
        return self.encode(x)[0]

    def decode(self, z, *more):
        """Decode one tensor, and know the slip of handing over two."""
        if more:
            raise _PairDecoded("decode wants one tensor, z")
        return super().decode(z)


RECONSTRUCT_CASES = [(m, m.x) for m in (_Grown(3), _Grown(2))]
