"""Checks of lesson 05. The oracle is `torch.distributions`."""

import torch
from torch.distributions import Bernoulli, Normal
from torch.distributions import kl_divergence as _exact_kl
from torch.nn.functional import binary_cross_entropy_with_logits as _bce

from course_utils.checks.core import in_turn, judge, same_as
from course_utils.losses import bernoulli_nll
from course_utils.losses import kl_divergence as _kl_divergence
from course_utils.models import VAE, DenseDecoder, DenseEncoder
from course_utils.models import reparameterize as _reparameterize


def _needs_gradient(answer):
    if not torch.is_tensor(answer) or not answer.requires_grad:
        return (
            "The numbers are right, but the answer carries no gradient, so "
            "nothing could be trained with it: no .item(), .detach(), "
            ".data, NumPy or torch.no_grad()."
        )
    return None


def _kl_terms(mu, log_var):
    """KL of every unit by the library: (B, Z)."""
    q = Normal(mu, (0.5 * log_var).exp())
    return _exact_kl(q, Normal(torch.zeros_like(mu), 1.0))


def _kl(mu, log_var):
    return _kl_terms(mu, log_var).sum(dim=1)


def _formula(square, variance, one, log):
    return 0.5 * (square + variance - one - log).sum(dim=1)


# First log-variances above 0, where someone who takes them for sigma or for
# sigma squared gets numbers and not NaN; then any.
KL_POSITIVE = [(torch.randn(4, 3), 0.1 + 2 * torch.rand(4, 3))]
KL_CASES = [(torch.randn(5, 2), torch.randn(5, 2))]
KL_CASES += [(3 * torch.randn(3, 7), 2 * torch.randn(3, 7) - 1)]
KL_SLIPS = {
    "You averaged over the latents; sum over them. Averaged beside a summed "
    "reconstruction, it would hardly count.": lambda m, v: _kl_terms(
        m, v
    ).mean(1),
    "The factor 1/2 is missing.": lambda m, v: 2 * _kl(m, v),
    "The sign is wrong: a KL is never negative.": lambda m, v: -_kl(m, v),
    "The sign and the factor 1/2 are wrong.": lambda m, v: -2 * _kl(m, v),
    "You took log_var for sigma. It is the logarithm of sigma squared: the "
    "variance is log_var.exp().": lambda m, v: _formula(
        m**2, v**2, 1, (v**2).log()
    ),
    "You took log_var for the variance. It is its logarithm: the variance is "
    "log_var.exp().": lambda m, v: _formula(m**2, v, 1, v.log()),
    "You took log_var for log sigma. It is the logarithm of sigma squared, "
    "so the variance is log_var.exp().": lambda m, v: _formula(
        m**2, (2 * v).exp(), 1, 2 * v
    ),
    "The variance was squared: log_var.exp() is sigma squared already.": (
        lambda m, v: _formula(m**2, (2 * v).exp(), 1, v)
    ),
    "That is sigma, not sigma squared: the variance is log_var.exp().": (
        lambda m, v: _formula(m**2, (v / 2).exp(), 1, v)
    ),
    "The variance itself is missing: log_var stands where log_var.exp() "
    "belongs.": lambda m, v: _formula(m**2, v, 1, v),
    "mu is squared in the formula.": lambda m, v: _formula(m, v.exp(), 1, v),
    "The - 1 is missing: q = p must give 0.": lambda m, v: _formula(
        m**2, v.exp(), 0, v
    ),
    "The 1 was subtracted once for each image; subtract it for each "
    "latent, inside the sum.": lambda m, v: _formula(
        m**2, v.exp(), 1 / m.shape[1], v
    ),
    "The logarithm must be subtracted.": lambda m, v: _formula(
        m**2, v.exp(), 1, -v
    ),
    "The direction is swapped: this is KL[p || q].": lambda m, v: _exact_kl(
        Normal(torch.zeros_like(m), 1.0), Normal(m, (v / 2).exp())
    ).sum(1),
    "One number for each latent came back; sum over the latents (dim=1).": (
        _kl_terms
    ),
    "You summed over the batch; sum over the latents (dim=1).": lambda m, v: (
        _kl_terms(m, v).sum(0)
    ),
    "One number for the whole batch came back; `fit` wants one for each "
    "image.": lambda m, v: _kl(m, v).mean(),
    "One summed number for the whole batch came back; `fit` wants one for "
    "each image.": lambda m, v: _kl(m, v).sum(),
}


def kl_divergence(attempt):
    """Judge `kl_divergence(mu, log_var)`: (B, Z) twice -> (B,)."""

    def gradient(function):
        mu, log_var = (part.clone() for part in KL_CASES[0])
        return _needs_gradient(
            function(mu.requires_grad_(), log_var.requires_grad_())
        )

    parts = [same_as(_kl, c, KL_SLIPS) for c in (KL_POSITIVE, KL_CASES)]
    find = in_turn(*parts, gradient)
    return judge("kl_divergence", attempt, _kl_divergence, find)


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
    if abs(_slope(z, mu) - 1) > 0.1:
        return "mu is missing: the draws must be centred on it."
    if abs(eps.mean()) > 0.1:
        return (
            "The noise is not centred on 0. rand draws between 0 and 1; "
            "randn draws from the bell curve."
        )
    return _spread_problem(z - mu, log_var)


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


def _likelihood(logits, x):
    """log p(x|z) of every pixel by the library."""
    return Bernoulli(logits=logits, validate_args=False).log_prob(x)


def _elbo_by_library(logits, x, mu, log_var):
    log_p = _likelihood(logits, x).flatten(1).sum(1)
    return log_p - _kl(mu, log_var)


def _elbo(logits, x, mu, log_var):
    return -bernoulli_nll(logits, x) - _kl_divergence(mu, log_var)


def _elbo_case(size, side, units):
    shape = (size, 1, side, side)
    codes = torch.randn(size, units), torch.randn(size, units)
    return 2 * torch.randn(shape), torch.rand(shape), *codes


ELBO_CASES = [_elbo_case(5, 4, 3), _elbo_case(3, 7, 6)]


def _mixed(pixels="sum", latents="sum", kl=-1.0):
    """Return an ELBO with one thing wrong."""

    def wrong(logits, x, mu, log_var):
        log_p = getattr(_likelihood(logits, x).flatten(1), pixels)(1)
        return log_p + kl * getattr(_kl_terms(mu, log_var), latents)(1)

    return wrong


def _by_pixels(cost):
    """Return an ELBO with another cost of a pixel."""
    return lambda logits, x, mu, log_var: (
        -cost(logits, x).flatten(1).sum(1) - _kl(mu, log_var)
    )


ELBO_SLIPS = {
    "That is the loss, -elbo. Return the ELBO itself.": (
        lambda *parts: -_elbo(*parts)
    ),
    "The KL must be subtracted.": _mixed(kl=1.0),
    "The KL is missing.": _mixed(kl=0.0),
    "The KL is averaged over latents while the reconstruction is summed: sum "
    "both.": _mixed(latents="mean"),
    "The reconstruction is averaged over pixels while the KL is summed: sum "
    "both.": _mixed(pixels="mean"),
    "Both parts are averaged; sum over pixels and over latents.": _mixed(
        "mean", "mean"
    ),
    "The log-likelihood has the wrong sign: it is minus the cross-entropy.": (
        lambda logits, x, mu, v: bernoulli_nll(logits, x) - _kl(mu, v)
    ),
    "The sigmoid was applied twice: the function wants logits as they "
    "are.": _by_pixels(lambda p, x: _bce(p.sigmoid(), x, reduction="none")),
    "That is the squared error, a Gaussian likelihood; a Bernoulli's is the "
    "cross-entropy.": _by_pixels(lambda p, x: (p.sigmoid() - x) ** 2),
    "That is the squared error of the logits; a Bernoulli likelihood is the "
    "cross-entropy.": _by_pixels(lambda p, x: (p - x) ** 2),
    "The log-likelihood of the whole batch was summed into one number; keep "
    "one for each image.": lambda logits, x, mu, v: (
        -bernoulli_nll(logits, x).sum() - _kl(mu, v)
    ),
    "The log-likelihood was averaged over the batch; keep one for each "
    "image.": lambda logits, x, mu, v: (
        -bernoulli_nll(logits, x).mean() - _kl(mu, v)
    ),
    "One mean over all pixels of the batch; sum over the pixels of each "
    "image (reduction='none').": lambda logits, x, mu, v: (
        -_bce(logits, x) - _kl(mu, v)
    ),
    "One number for the batch came back; `fit` wants one for each image.": (
        lambda *parts: _elbo(*parts).mean()
    ),
    "One summed number came back; `fit` wants one for each image.": (
        lambda *parts: _elbo(*parts).sum()
    ),
}


def elbo(attempt):
    """Judge `elbo(logits, x, mu, log_var)`: -> (B,), in nats."""

    def gradient(function):
        logits, x, mu, log_var = (part.clone() for part in ELBO_CASES[0])
        parts = logits.requires_grad_(), mu.requires_grad_()
        answer = function(parts[0], x, parts[1], log_var)
        if problem := _needs_gradient(answer):
            return problem
        found = torch.autograd.grad(answer.sum(), parts, allow_unused=True)
        for name, part in zip(("logits", "mu"), found, strict=True):
            if part is None:
                return f"The gradient is cut: it does not reach {name}."
        return None

    find = in_turn(same_as(_elbo_by_library, ELBO_CASES, ELBO_SLIPS), gradient)
    return judge("elbo", attempt, _elbo, find)


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
    return judge("reconstruct", attempt, _reconstruct, in_turn(still, compare))


class _Grown(VAE):
    """A VAE whose random weights are large, so that slips show."""

    def __init__(self, latent_dim):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(latent_dim)
            super().__init__(
                DenseEncoder(2 * latent_dim, 8), DenseDecoder(latent_dim, 8)
            )
            self.x = torch.rand(6, 1, 28, 28)
        for weight in self.requires_grad_(False).parameters():
            weight.mul_(4)


RECONSTRUCT_CASES = [(m, m.x) for m in (_Grown(3), _Grown(2))]
