"""Checks of lesson 08."""

import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal
from torch.distributions import kl_divergence as exact_kl

from course_utils.checks.comparing import same
from course_utils.checks.core import check, mutants, outcome
from course_utils.datasets import fashion_mnist
from course_utils.models import VAE
from course_utils.models import kl_divergence as _kl
from course_utils.models import reparameterize as _draw


def _exact(mu, log_var):
    """KL of every latent by the library: (B, Z)."""
    q = Normal(mu, (0.5 * log_var).exp())
    return exact_kl(q, Normal(torch.zeros_like(mu), 1.0))


def _same(value):
    return value


def _terms(
    mu, log_var, square=torch.square, var=torch.exp, one=1.0, log=_same
):
    """Half the bracket of the KL, with some knobs turned: (B, Z)."""
    return 0.5 * (square(mu) + var(log_var) - one - log(log_var))


def _total(mu, log_var, **knobs):
    return _terms(mu, log_var, **knobs).sum(dim=1)


KL_SLIPS = {
    "You took log_var for sigma. It is the logarithm of sigma squared: the "
    "variance is log_var.exp().": {
        "var": torch.square,
        "log": lambda v: v.square().log(),
    },
    "You took log_var for the variance. It is its logarithm: the variance is "
    "log_var.exp().": {"var": _same, "log": torch.log},
    "log_var is a logarithm already; `.log()` takes it twice.": {
        "log": torch.log
    },
    "You took log_var for log sigma. It is the logarithm of sigma squared, "
    "so the variance is log_var.exp().": {
        "var": lambda v: (2 * v).exp(),
        "log": lambda v: 2 * v,
    },
    "The variance was squared: log_var.exp() is sigma squared already.": {
        "var": lambda v: (2 * v).exp()
    },
    "That is sigma, not sigma squared: the variance is log_var.exp().": {
        "var": lambda v: (v / 2).exp()
    },
    "The variance itself is missing: log_var stands where log_var.exp() "
    "belongs.": {"var": _same},
    "mu is squared in the formula.": {"square": _same},
    "The - 1 is missing: q = p must give 0.": {"one": 0.0},
}


@check(
    # First log-variances above 0, where someone who takes them for sigma or
    # for its square gets numbers and not NaN.
    cases=lambda: [
        (torch.randn(4, 3), 0.1 + 2 * torch.rand(4, 3)),
        (3 * torch.randn(3, 7), 2 * torch.randn(3, 7) - 1),
    ],
    oracle=lambda mu, log_var: _exact(mu, log_var).sum(dim=1),
    learns=("mu", "log_var"),
    slips=mutants(_total, KL_SLIPS)
    | {
        "That runs over the batch; sum over the latents of each image.": (
            lambda mu, log_var: _terms(mu, log_var).sum(dim=0)
        ),
        "The 1 was subtracted once for each image; subtract it for each "
        "latent, inside the sum.": lambda mu, log_var: (
            _total(mu, log_var) + (mu.shape[1] - 1) / 2
        ),
        "The factor 1/2 reaches mu only; it belongs to the whole bracket.": (
            lambda mu, log_var: (mu**2 / 2 + log_var.exp() - 1 - log_var).sum(
                dim=1
            )
        ),
    },
)
def kl_divergence(mu, log_var):
    """KL of N(mu, exp(log_var)) from the prior: (B, Z), (B, Z) -> (B,)."""
    return _kl(mu, log_var)


ROWS = 1000  # draws enough to see a standard deviation to some percent


def _clouds(latents, seed):
    """Return mu and log_var of many clouds, of two widths."""
    torch.manual_seed(seed)
    mu = 2 * torch.randn(ROWS, latents)
    wide = torch.rand(ROWS, latents) < 0.5
    return mu, torch.where(wide, 1.0, -3.0)


SEEN = (
    "Where mu is larger by 1, z should be larger by 1.",
    "Each image should get noise of its own.",
    "Each latent should get noise of its own.",
    "The noise, (z - mu) / sigma, should be centred on 0.",
    "The noise should have standard deviation 1, where log_var is -3.",
    "The noise should have standard deviation 1, where log_var is 1.",
    "The noise should be a bell curve (its fourth moment).",
)


def _seen(z, mu, log_var):
    """Return what many draws of z look like."""
    if z.shape != mu.shape or len(mu) < ROWS:
        return dict.fromkeys(SEEN, 0.0)
    z, mu, log_var = (part.detach().double() for part in (z, mu, log_var))
    eps = (z - mu) / (0.5 * log_var).exp()
    narrow = log_var < 0
    values = (
        (z * mu).mean() / mu.square().mean(),
        (eps - eps[:1]).abs().max().clamp(max=0.5),
        (eps - eps[:, :1]).abs().max().clamp(max=0.5),
        eps.mean(),
        eps[narrow].std(),
        eps[~narrow].std(),
        (eps / eps.std().clamp(min=1e-9)).pow(4).mean().clamp(max=9) / 3,
    )
    return dict(zip(SEEN, (v.item() for v in values), strict=True))


def _drawn(
    mu,
    log_var,
    keep=1.0,
    sigma=lambda v: (v / 2).exp(),
    eps=torch.randn_like,
):
    """Draw z with some knobs turned."""
    return keep * mu + sigma(log_var) * eps(mu)


@check(
    cases=lambda: [_clouds(3, seed=2), _clouds(5, seed=3)],
    see=_seen,
    learns=("mu", "log_var"),
    tolerance=0.08,
    slips=mutants(
        _drawn,
        {
            "The noise is multiplied by the variance; sigma is its square "
            "root, exp(log_var / 2).": {"sigma": torch.exp},
            "The noise is multiplied by log_var; sigma is exp(log_var / 2).": {
                "sigma": _same
            },
            "The noise has standard deviation 1 for every image: multiply it "
            "by sigma.": {"sigma": torch.ones_like},
            "Half of log_var is log sigma, not sigma: the exp is missing.": {
                "sigma": lambda v: v / 2
            },
            "Halve log_var once: that is the square root of sigma.": {
                "sigma": lambda v: (v / 4).exp()
            },
            "mu is missing: the draws must be centred on it.": {"keep": 0.0},
            "The half stands outside exp: that is half the variance. sigma is "
            "exp(log_var / 2).": {"sigma": lambda v: v.exp() / 2},
            "z is mu: nothing was drawn. Add sigma times noise.": {
                "sigma": torch.zeros_like
            },
            "sigma was added, and nothing was drawn: multiply it by noise.": {
                "eps": torch.ones_like
            },
        },
    )
    | {
        "mu and sigma have changed places: sigma times the noise, plus mu.": (
            lambda mu, log_var: mu * torch.randn_like(mu) + (log_var / 2).exp()
        ),
    },
)
def reparameterize(mu, log_var):
    """Draw z from N(mu, exp(log_var)): (B, Z), (B, Z) -> (B, Z)."""
    return _draw(mu, log_var)


def _elbo_case(size, side, latents):
    """Return p(x|z) of coins, grey images, and clouds."""
    shape = (size, 1, side, side)
    coins = Bernoulli(logits=2 * torch.randn(shape), validate_args=False)
    codes = torch.randn(size, latents), torch.randn(size, latents)
    return coins, torch.rand(shape), *codes


def _pixels(likelihood, x):
    return likelihood.log_prob(x).flatten(1)


def _sum(terms):
    return terms.sum(dim=1)


def _elbo(likelihood, x, mu, log_var, pixels=_sum, kl=-1):
    """An ELBO with some knobs turned."""
    return pixels(_pixels(likelihood, x)) + kl * _sum(_exact(mu, log_var))


def _decoder_problem(attempt):
    """Say whether the way back to the decoder is cut, where all is right."""
    _, x, mu, log_var = _elbo_case(6, 4, 3)
    logits = torch.randn(x.shape).requires_grad_()
    coins = Bernoulli(logits=logits, validate_args=False)
    got = attempt(coins, x, mu, log_var)
    if not same(got, _elbo(coins, x, mu, log_var)):
        return None  # something else is wrong, and has a message of its own
    if torch.is_tensor(got) and got.requires_grad:
        way = torch.autograd.grad(got.sum(), logits, allow_unused=True)[0]
        if way is not None:
            return None
    return (
        "The numbers are right, but no gradient reaches the decoder "
        "through `likelihood`: no .detach() and no torch.no_grad()."
    )


@check(
    cases=lambda: [
        _elbo_case(5, 4, 3),
        _elbo_case(3, 28, 6),  # so many that a product of them is 0
        _elbo_case(1, 5, 2),  # p(x|z) cannot be cut to a batch of one
    ],
    oracle=_elbo,
    find=_decoder_problem,
    learns=("mu", "log_var"),
    skip=("one",),
    slips=mutants(
        _elbo,
        {
            "The KL must be subtracted.": {"kl": 1},
            "The KL is missing.": {"kl": 0},
            "The log-likelihood is averaged over pixels while the KL is "
            "summed: sum both.": {"pixels": lambda terms: terms.mean(dim=1)},
            "The pixels of the whole batch were summed into one number; keep "
            "one for each image.": {"pixels": torch.sum},
            "One mean over all pixels of the batch; sum over the pixels of "
            "each image.": {"pixels": torch.mean},
            "Probabilities were added. Those of independent pixels multiply, "
            "so add their logs.": {"pixels": lambda terms: _sum(terms.exp())},
            "The probabilities were multiplied first: so many underflow to 0. "
            "Add their logs.": {
                "pixels": lambda terms: terms.exp().prod(dim=1).log()
            },
            "The logs were multiplied; add them.": {
                "pixels": lambda terms: terms.prod(dim=1)
            },
        },
    ),
)
def elbo(likelihood, x, mu, log_var):
    """ELBO in nats, from one draw of z: (B,).

    likelihood: the distribution p(x|z) for that z. x: (B, 1, H, W).
    mu, log_var: (B, Z), of q(z|x).
    """
    return _sum(_pixels(likelihood, x)) - _kl(mu, log_var)


class Toy(VAE):
    """A VAE of small images, with clouds of one width."""

    def __init__(self, latents, side, log_var):
        size = side * side
        super().__init__(
            nn.Sequential(nn.Flatten(), nn.Linear(size, latents)),
            nn.Sequential(
                nn.Linear(latents, size), nn.Unflatten(1, (1, side, side))
            ),
        )
        self.width = nn.Parameter(log_var * torch.linspace(1, 0.7, latents))

    def encode(self, x):
        """Images -> mu and log_var."""
        mu = 3 * self.encoder(x)
        return mu, self.width.expand_as(mu)


def _narrow(latents, side, size):
    """Return a model whose draws hardly matter, and images.

    So the loss of a right answer can be compared whatever it drew.
    """
    torch.manual_seed(latents)
    return Toy(latents, side, log_var=-20.0), torch.rand(size, 1, side, side)


def _toy_loss(model, x, code=_draw, how=_elbo, sign=-1, **knobs):
    """Minus the ELBO of a toy, with some knobs turned."""
    mu, log_var = model.encode(x)
    z = code(mu, log_var)
    return sign * how(model.likelihood(z), x, mu, log_var, **knobs)


def _loss_problem(attempt):
    """Look at what shows only where clouds are wide: is z drawn, and how?"""
    model, x = _narrow(3, 4, 5)
    if not same(attempt(model, x), _toy_loss(model, x), 2e-3):
        return None  # something else is wrong, and has a message of its own
    model, x = Toy(3, 5, log_var=1.0), torch.rand(6, 1, 5, 5)
    if same(*(attempt(model, x) for _ in range(2))):
        return (
            "Two calls give the same loss: z is not drawn. Decode a draw from "
            "q(z|x), not its middle, and set no seed inside."
        )
    many = x[:1].expand(3000, -1, -1, -1)
    with torch.no_grad():
        got, right = attempt(model, many).std(), _toy_loss(model, many).std()
    if not 0.8 < got / right < 1.25:
        return (
            f"The draws of z are {'wider' if got > right else 'narrower'} "
            "than q(z|x), or are shared by the images: draw one z for each "
            "image with `reparameterize`."
        )
    if same(*(_to_encoder(f, model, x) for f in (attempt, _toy_kl))):
        return (
            "The draw cuts the gradient: the log-likelihood does not reach "
            "the encoder. Draw with `reparameterize`; no .sample(), no "
            ".detach()."
        )
    return None


def _to_encoder(loss, model, x):
    """Return the gradient of a loss at the encoder's weights, or None."""
    loss, weight = loss(model, x).sum(), model.encoder[1].weight
    if loss.requires_grad:
        return torch.autograd.grad(loss, weight, allow_unused=True)[0]
    return None


def _toy_kl(model, x):
    return _exact(*model.encode(x))


@check(
    cases=lambda: [(*_narrow(3, 4, 5),), (*_narrow(4, 6, 3),)],
    find=_loss_problem,
    learns=("model",),
    tolerance=2e-3,
    skip=("far",),
    slips=mutants(
        _toy_loss,
        {
            "That is the ELBO; `fit` makes its loss small, so return minus "
            "the ELBO.": {"sign": 1},
            "The KL is missing: this is an autoencoder with noise.": {"kl": 0},
            "The KL counts twice: `elbo` holds it already.": {"kl": -2},
            "`reparameterize` wants log_var, and got sigma.": {
                "code": lambda mu, log_var: _draw(mu, (log_var / 2).exp())
            },
            "The KL wants log_var, and got its exponential: sigma or its "
            "square.": {
                "how": lambda p, x, mu, log_var: _elbo(
                    p, x, mu, (log_var / 2).exp()
                )
            },
            "The code is drawn from the prior; draw it from q(z|x), or the "
            "image says nothing about it.": {
                "code": lambda mu, log_var: torch.randn_like(mu)
            },
        },
    )
    | {
        "`likelihood` was asked about the image; it wants the code z.": (
            lambda model, x: model.likelihood(x)
        ),
    },
)
def vae_loss(model, x):
    """-ELBO from one draw of z: (B, 1, 28, 28) -> (B,)."""
    mu, log_var = model.encode(x)
    z = _draw(mu, log_var)
    return -elbo(model.likelihood(z), x, mu, log_var)


PCA_NATS = 375.0  # of probabilistic PCA with 16 axes, on test images


@torch.no_grad()
def gaussian_elbo(model, x):
    """Return the mean ELBO in nats of a model with a Gaussian likelihood."""
    torch.manual_seed(0)
    q = model.posterior(x)
    z = q.sample()
    prior = Normal(torch.zeros_like(z), 1.0)
    log_p = model.likelihood(z).log_prob(x).reshape(len(x), -1).sum(dim=1)
    return (log_p - exact_kl(q, prior).sum(dim=1)).mean().item()


def _gaussian_problem(model):
    """Say what is wrong with a VAE of Gaussian pixels, or return None."""
    if isinstance(model, type):
        return "That is the class; make a model of it and train it."
    if not isinstance(model, nn.Module):
        kind = type(model).__name__
        return f"Hand in the trained model itself; got a {kind}."
    for name in ("posterior", "likelihood"):
        if not hasattr(model, name):
            return f"It has no method `{name}`, as `VAE` has."
    x = fashion_mnist(quiet=True).test[-1000:]
    if list(model.parameters()):
        x = x.to(next(model.parameters()).device)
    with torch.no_grad():
        q = model.posterior(x)
        if q.mean.ndim != 2 or q.mean.shape[1] != 16:
            shape = tuple(q.mean.shape)
            return f"Codes of 16 numbers are asked for; got {shape}."
        pixels = model.likelihood(q.mean)
    if isinstance(pixels, Independent):
        pixels = pixels.base_dist
    if not isinstance(pixels, Normal):
        kind = type(pixels).__name__
        return f"likelihood(z) must be a Normal; got a {kind}."
    if (pixels.stddev - pixels.stddev.flatten()[0]).abs().max() > 1e-6:
        return "All pixels share one standard deviation s; yours differ."
    return _nats_problem(model, x, pixels.stddev.flatten()[0].item())


def _nats_problem(model, x, s):
    nats = gaussian_elbo(model, x)
    if not nats > PCA_NATS:
        error = (model.likelihood(model.posterior(x).mean).mean - x).square()
        usual = error.mean().sqrt().item()
        grey = (x.mean(dim=0) - x).square().mean().sqrt().item()
        why = (
            "Its copies are worse than one mean image for all: is it trained?"
            if usual > 1.2 * grey
            else f"Your s is {s:.2g}, and the usual error of a pixel is "
            f"{usual:.2g}: which s makes such errors most probable?"
            if not 0.6 < s / usual < 1.6
            else "Train longer, or with smaller batches."
        )
        return (
            f"Its ELBO is {nats:.0f} nats; PCA has about {PCA_NATS:.0f}. {why}"
        )
    seen = fashion_mnist(quiet=True).train[: len(x)].to(x.device)
    if nats > gaussian_elbo(model, seen) + 20:
        return "Test images do better than training images: which did it see?"
    return None


outcome("gaussian_vae", _gaussian_problem)
