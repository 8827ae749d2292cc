"""Checks of lesson 08: KL and ELBO, against `torch.distributions`."""

import copy

import torch
from torch.distributions import Bernoulli, Normal
from torch.distributions import kl_divergence as _exact_kl
from torch.nn.functional import binary_cross_entropy_with_logits as _bce

from course_utils.checks.legacy import gradient_as, in_turn, judge, same_as
from course_utils.models import bernoulli_nll
from course_utils.models import kl_divergence as _kl_divergence


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
    names = "mu", "log_var"
    gradient = gradient_as(_kl_divergence, KL_CASES[0], names)
    parts = [same_as(_kl, c, KL_SLIPS) for c in (KL_POSITIVE, KL_CASES)]
    find = in_turn(*parts, gradient)
    return judge("kl_divergence", attempt, _kl_divergence, find)


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
    "The KL was averaged over the batch; keep one for each image.": (
        lambda logits, x, mu, v: -bernoulli_nll(logits, x) - _kl(mu, v).mean()
    ),
    "The KL was summed over the batch; keep one for each image.": (
        lambda logits, x, mu, v: -bernoulli_nll(logits, x) - _kl(mu, v).sum()
    ),
    "mu and log_var are swapped: `kl_divergence(mu, log_var)`.": (
        lambda logits, x, mu, v: -bernoulli_nll(logits, x) - _kl(v, mu)
    ),
    "The arguments of the cross-entropy are swapped: logits first, then "
    "x.": _by_pixels(lambda p, x: _bce(x, p, reduction="none")),
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


def _fixed_size(function):
    """Say whether 784 pixels are taken for granted."""
    try:
        function(*copy.deepcopy(ELBO_CASES[0]))
    except RuntimeError as error:
        if "784" in str(error):
            return "784 is written into it: " + ANY_SIZE
        raise
    return None


ANY_SIZE = "images may have any size. `.flatten(1)` finds out by itself."
ELBO_SLIPS["The pixels are multiplied by a fixed 784: " + ANY_SIZE] = (
    lambda logits, x, mu, v: (
        784 * _likelihood(logits, x).flatten(1).mean(1) - _kl(mu, v)
    )
)


def elbo(attempt):
    """Judge `elbo(logits, x, mu, log_var)`: -> (B,), in nats."""
    compare = same_as(_elbo_by_library, ELBO_CASES, ELBO_SLIPS)
    names = "logits", "", "mu", "log_var"
    gradient = gradient_as(_elbo, ELBO_CASES[0], names)
    find = in_turn(_fixed_size, compare, gradient)
    return judge("elbo", attempt, _elbo, find)
