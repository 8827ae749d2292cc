"""Checks of lesson 08."""

import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal
from torch.distributions import kl_divergence as exact_kl

from course_utils.checks.comparing import same
from course_utils.checks.core import check, mutants, outcome, reductions
from course_utils.datasets import fashion_mnist
from course_utils.models import kl_divergence as _kl
from course_utils.models import reparameterize as _draw


def _exact(mu, log_var):
    """KL of every latent by the library: (B, Z)."""
    q = Normal(mu, (0.5 * log_var).exp())
    return exact_kl(q, Normal(torch.zeros_like(mu), 1.0))


def _strays(mu, log_var):
    """Return log q(z) - log p(z) of every latent, at one draw: (B, Z)."""
    z = _draw(mu, log_var)
    q = Normal(mu, (0.5 * log_var).exp())
    return q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)


def _same(value):
    return value


def _terms(
    mu, log_var, square=torch.square, var=torch.exp, one=1.0, log=_same
):
    """The bracket of the KL with some knobs turned: (B, Z)."""
    return square(mu) + var(log_var) - one - log(log_var)


def _total(mu, log_var, half=0.5, **knobs):
    return half * _terms(mu, log_var, **knobs).sum(dim=1)


KL_SLIPS = {
    "The factor 1/2 is missing.": {"half": 1},
    "The sign and the factor 1/2 are wrong.": {"half": -1},
    "You took log_var for sigma. It is the logarithm of sigma squared: the "
    "variance is log_var.exp().": {
        "var": torch.square,
        "log": lambda v: v.square().log(),
    },
    "You took log_var for sigma where the variance belongs: log_var**2 is no "
    "variance, log_var.exp() is.": {"var": torch.square},
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
    "The last term is log sigma squared, not log sigma: log_var as it is.": {
        "log": lambda v: v / 2
    },
    "mu is squared in the formula.": {"square": _same},
    "The - 1 is missing: q = p must give 0.": {"one": 0.0},
    "The logarithm must be subtracted.": {"log": torch.neg},
    "The 1 must be subtracted.": {"one": -1.0},
    "exp stands at the wrong term: the variance is log_var.exp(), and its "
    "logarithm is log_var as it is.": {"var": _same, "log": torch.exp},
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
    slips=reductions(_exact, "latents", "image")
    | mutants(_total, KL_SLIPS)
    | {
        "The 1 was subtracted once for each image; subtract it for each "
        "latent, inside the sum.": lambda mu, log_var: _total(
            mu, log_var, one=1 / mu.shape[1]
        ),
        "The direction is swapped: this is KL[p || q].": lambda mu, log_var: (
            exact_kl(
                Normal(torch.zeros_like(mu), 1.0),
                Normal(mu, (log_var / 2).exp()),
            ).sum(dim=1)
        ),
        "The sum reaches log_var only: put brackets round the four terms.": (
            lambda mu, log_var: (
                mu**2 / 2 + log_var.exp() - 1 - log_var.sum(dim=1)
            )
        ),
        "That is log q - log p at one draw, which is right on average only. "
        "The formula needs no draw.": lambda mu, log_var: _strays(
            mu, log_var
        ).sum(dim=1),
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
    "The noise, (z - mu) / sigma, should be centred on 0.",
    "The noise should have standard deviation 1, where log_var is -3.",
    "The noise should have standard deviation 1, where log_var is 1.",
    "The noise should be a bell curve (its fourth moment).",
    "Each image should get noise of its own.",
    "Each latent should get noise of its own.",
    "Far from 0 the noise should be as wide as near it.",
)


def _seen(z, mu, log_var):
    """Return what many draws of z look like."""
    if z.shape != mu.shape or len(mu) < ROWS:
        return dict.fromkeys(SEEN, 0.0)
    z, mu, log_var = (part.detach().double() for part in (z, mu, log_var))
    eps = (z - mu) / (0.5 * log_var).exp()
    narrow, far = log_var < 0, mu.abs() > 2
    scale = eps.std().clamp(min=1e-9)
    values = (
        (z * mu).mean() / mu.square().mean(),
        eps.mean(),
        eps[narrow].std(),
        eps[~narrow].std(),
        (eps / scale).pow(4).mean().clamp(max=9) / 3,
        (eps - eps[:1]).abs().max().clamp(max=1),
        (eps - eps[:, :1]).abs().max().clamp(max=1),
        eps[far].std() / eps[~far].std().clamp(min=1e-9),
    )
    return dict(zip(SEEN, (v.item() for v in values), strict=True))


def _drawn(mu, log_var, keep=1.0, sigma=lambda v: (v / 2).exp(), eps=None):
    """Draw z with some knobs turned."""
    eps = eps or torch.randn_like
    return keep * mu + sigma(log_var) * eps(mu)


def _no_draw(attempt):
    """Say whether nothing is drawn, or the gradient is cut by drawing."""
    mu, log_var = _clouds(3, seed=1)
    given = mu.clone().requires_grad_(), log_var.clone().requires_grad_()
    z = attempt(*given)
    if not torch.is_tensor(z) or z.shape != mu.shape:
        return None
    if z.isnan().any():
        return (
            "It returned NaN. log_var may be negative; its exponential is not."
        )
    if z.equal(mu):
        return "z is mu: nothing was drawn. Add sigma times noise."
    eps = (z.detach() - mu) / (0.5 * log_var).exp()
    if eps.std() < 1e-3:
        return (
            "sigma was added, and nothing was drawn: multiply it by noise."
            if (eps - 1).abs().max() < 1e-3
            else "One number was drawn for all. Draw one for each entry: "
            "torch.randn_like(mu)."
        )
    if not z.requires_grad:
        return (
            "The gradient is cut: z does not lead back to mu and log_var. "
            "Draw eps alone, then compute z from mu, log_var and eps; no "
            ".detach(), .data or .sample()."
        )
    return None


@check(
    cases=lambda: [_clouds(3, seed=2), _clouds(5, seed=3)],
    see=_seen,
    find=_no_draw,
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
            "The noise grows where the variance shrinks: a sign in front of "
            "log_var?": {"sigma": lambda v: (-v / 2).exp()},
            "Halve log_var once: that is the square root of sigma.": {
                "sigma": lambda v: (v / 4).exp()
            },
            "mu is missing: the draws must be centred on it.": {"keep": 0.0},
            "The noise is shared across the batch: every image got the same. "
            "Draw one number for each entry: torch.randn_like(mu).": {
                "eps": lambda mu: torch.randn_like(mu[:1])
            },
            "The noise is shared across the latents of an image. Draw one "
            "number for each entry: torch.randn_like(mu).": {
                "eps": lambda mu: torch.randn_like(mu[:, :1])
            },
            "The noise is not centred on 0. rand draws between 0 and 1; randn "
            "draws from the bell curve.": {"eps": torch.rand_like},
            "The noise is never negative: let it keep its sign.": {
                "eps": lambda mu: torch.randn_like(mu).abs()
            },
        },
    )
    | {
        "mu and sigma have changed places: sigma times the noise, plus mu.": (
            lambda mu, log_var: mu * torch.randn_like(mu) + (log_var / 2).exp()
        ),
        "mu and log_var have changed places.": lambda mu, log_var: _drawn(
            log_var, mu
        ),
        "sigma is multiplied by mu; multiply the noise by it.": (
            lambda mu, log_var: mu * (log_var / 2).exp() + torch.randn_like(mu)
        ),
        "sigma is multiplied by mu, too: put brackets round sigma times the "
        "noise.": lambda mu, log_var: (
            (mu + torch.randn_like(mu)) * (log_var / 2).exp()
        ),
        "The half stands outside exp: that is half the variance. sigma is "
        "exp(log_var / 2).": lambda mu, log_var: (
            mu + log_var.exp() / 2 * torch.randn_like(mu)
        ),
        "sigma was added; multiply the noise by it.": lambda mu, log_var: (
            mu + (log_var / 2).exp() + torch.randn_like(mu)
        ),
        "The noise is multiplied by mu + sigma. It belongs to sigma alone; "
        "add mu afterwards.": lambda mu, log_var: (
            (mu + (log_var / 2).exp()) * torch.randn_like(mu)
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


def _mean(terms):
    return terms.mean(dim=1)


def _white(likelihood, x):
    return (x * likelihood.probs.log()).flatten(1)


def _elbo(
    likelihood, x, mu, log_var, pixels=_sum, latents=_sum, kl=-1, fits=1,
    each=_pixels,
):  # fmt: skip
    """An ELBO with some knobs turned."""
    explains = fits * pixels(each(likelihood, x))
    return explains + kl * latents(_exact(mu, log_var))


def _elbo_problem(attempt):
    """Look at the weights of the two parts, and at the way to the decoder."""
    _, x, mu, log_var = _elbo_case(6, 4, 3)
    logits = torch.randn(x.shape).requires_grad_()
    coins = Bernoulli(logits=logits, validate_args=False)
    got = attempt(coins, x, mu, log_var)
    if not torch.is_tensor(got) or got.shape != (6,):
        return None
    if not got.isfinite().all():
        return None
    fits = _sum(_pixels(coins, x)).detach()
    parts = torch.stack([fits, _sum(_exact(mu, log_var))], dim=1).double()
    a, b = torch.linalg.lstsq(parts, got.detach().double()[:, None])[0][:, 0]
    if not same(parts @ torch.stack([a, b]), got, 1e-4):
        return None
    if same(b, -16.0) and same(a, 1.0):
        return "The KL is subtracted at each pixel; once for each image."
    usual = (1, -1, 0, 1 / 16, 784 / 16), (1, -1, 0, -1 / 3)
    if not all(map(_among, (a, b), usual)):
        return (
            f"log p(x|z) is multiplied by {a:.3g} and the KL by {b:.3g}; it "
            "should be 1 and -1."
        )
    if got.requires_grad:
        way = torch.autograd.grad(got.sum(), logits, allow_unused=True)[0]
    if (
        same(a, 1.0)
        and same(b, -1.0)
        and not (got.requires_grad and way is not None and way.any())
    ):
        return (
            "The numbers are right, but no gradient reaches the decoder "
            "through `likelihood`: no .detach() and no torch.no_grad()."
        )
    return None


def _among(value, numbers):
    return any(same(value, float(number), 1e-3) for number in numbers)


@check(
    cases=lambda: [
        _elbo_case(5, 4, 3),
        _elbo_case(3, 28, 6),  # so many that a product of them is 0
        _elbo_case(1, 5, 2),  # p(x|z) cannot be cut to a batch of one
    ],
    oracle=_elbo,
    find=_elbo_problem,
    learns=("mu", "log_var"),
    skip=("one",),
    slips=mutants(
        _elbo,
        {
            "That is the loss, -ELBO. Return the ELBO itself.": {
                "kl": 1,
                "fits": -1,
            },
            "The KL must be subtracted.": {"kl": 1},
            "The KL is missing.": {"kl": 0},
            "The log-likelihood is missing.": {"fits": 0},
            "The log-likelihood has the wrong sign: log_prob is what you want "
            "large.": {"fits": -1},
            "The KL is averaged over latents while the log-likelihood is "
            "summed: sum both.": {"latents": _mean},
            "The log-likelihood is averaged over pixels while the KL is "
            "summed: sum both.": {"pixels": _mean},
            "Both parts are averaged; sum over pixels and over latents.": {
                "pixels": _mean,
                "latents": _mean,
            },
            "The pixels of the whole batch were summed into one number; keep "
            "one for each image.": {"pixels": torch.sum},
            "One mean over all pixels of the batch; sum over the pixels of "
            "each image.": {"pixels": torch.mean},
            "The KL was averaged over the batch; keep one for each image.": {
                "latents": lambda terms: _sum(terms).mean()
            },
            "The KL was summed over the batch; keep one for each image.": {
                "latents": torch.sum
            },
            "The sum runs over the batch; sum over the pixels of each "
            "image.": {"pixels": lambda terms: terms.sum(dim=0)},
            "Probabilities were added. Those of independent pixels multiply, "
            "so add their logs.": {"pixels": lambda terms: _sum(terms.exp())},
            "The probabilities were multiplied first: so many underflow to 0. "
            "Add their logs.": {
                "pixels": lambda terms: terms.exp().prod(dim=1).log()
            },
            "The logs were multiplied; add them.": {
                "pixels": lambda terms: terms.prod(dim=1)
            },
            "Only the white part is there; a pixel may be black, too. "
            "`log_prob(x)` has both.": {"each": _white},
            "x was rounded; grey pixels count as they are.": {
                "each": lambda p, x: _pixels(p, x.round())
            },
            "That is log p of an image drawn from the likelihood; ask it "
            "about x.": {"each": lambda p, x: _pixels(p, p.sample())},
        },
    )
    | {
        "mu and log_var are swapped: `kl_divergence(mu, log_var)`.": (
            lambda likelihood, x, mu, log_var: (
                _sum(_pixels(likelihood, x)) - _sum(_exact(log_var, mu))
            )
        ),
        "One number for the batch came back; `fit` wants one for each "
        "image.": lambda *parts: _elbo(*parts).mean(),
        "One summed number came back; `fit` wants one for each image.": (
            lambda *parts: _elbo(*parts).sum()
        ),
        "The pixels are multiplied by a fixed 784; images have any size.": (
            lambda likelihood, x, mu, log_var: (
                784 * _mean(_pixels(likelihood, x)) - _sum(_exact(mu, log_var))
            )
        ),
        "The sum runs over one axis only; an image has three, and "
        "`.flatten(1)` makes them one.": lambda likelihood, x, mu, log_var: (
            likelihood.log_prob(x).sum(dim=1) - _sum(_exact(mu, log_var))
        ),
        "The KL was subtracted before the pixels were summed; sum them "
        "first.": lambda likelihood, x, mu, log_var: _sum(
            (likelihood.log_prob(x) - _sum(_exact(mu, log_var))).flatten(1)
        ),
        "`likelihood` was asked about a code; ask it about the image x.": (
            lambda likelihood, x, mu, log_var: likelihood.log_prob(
                _draw(mu, log_var)
            )
        ),
        "That is the squared error of the mean image; ask the likelihood "
        "itself: `log_prob(x)`.": lambda likelihood, x, mu, log_var: (
            -_sum((likelihood.mean - x).square().flatten(1))
            - _sum(_exact(mu, log_var))
        ),
    },
)
def elbo(likelihood, x, mu, log_var):
    """ELBO in nats, from one draw of z: (B,).

    likelihood: the distribution p(x|z) for that z. x: (B, 1, H, W).
    mu, log_var: (B, Z), of q(z|x).
    """
    return _sum(_pixels(likelihood, x)) - _kl(mu, log_var)


class Toy(nn.Module):
    """A VAE of small images, with clouds of one width."""

    def __init__(self, latents, side, log_var):
        super().__init__()
        size = side * side
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(size, latents))
        self.decoder = nn.Sequential(
            nn.Linear(latents, size), nn.Unflatten(1, (1, side, side))
        )
        self.width = nn.Parameter(log_var * torch.linspace(1, 0.7, latents))

    def prior(self):
        """p(z)."""
        return Normal(0.0, 1.0)

    def encode(self, x):
        """Images -> mu and log_var."""
        mu = 3 * self.encoder(x)
        return mu, self.width.expand_as(mu)

    def posterior(self, x):
        """q(z|x)."""
        mu, log_var = self.encode(x)
        return Normal(mu, (0.5 * log_var).exp())

    def likelihood(self, z):
        """p(x|z)."""
        return Bernoulli(logits=self.decoder(z), validate_args=False)

    def mean(self, x):
        """Return mu, the middle of q(z|x)."""
        return self.encode(x)[0]

    def decode(self, z):
        """Return the mean image of p(x|z)."""
        return self.likelihood(z).mean

    def forward(self, x):
        """Images -> (logits, mu, log_var), from one draw."""
        mu, log_var = self.encode(x)
        return self.decoder(_draw(mu, log_var)), mu, log_var


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


def _in_rows(model, x):
    mu, log_var = model.encoder(x)
    return _draw(mu, log_var)


def _of_the_mean(p, x, mu, log_var):
    return _elbo(p.mean, x, mu, log_var)


def _by_draw(model, x):
    q = model.posterior(x)
    z = _draw(q.mean, 2 * q.stddev.log())
    strays = q.log_prob(z) - model.prior().log_prob(z)
    return _sum(strays) - _sum(_pixels(model.likelihood(z), x))


def _seeded(attempt, model, x):
    torch.manual_seed(0)
    return attempt(model, x)


def _loss_problem(attempt):
    """Look at what shows only where clouds are wide: is z drawn, and how?"""
    pair = [_narrow(3, 28, 5)[0] for _ in range(2)]
    nn.init.zeros_(pair[1].decoder[0].weight)
    nn.init.zeros_(pair[1].encoder[1].weight)
    x = torch.rand(5, 1, 28, 28)
    got = [_seeded(attempt, model, x) for model in pair]
    sound = all(torch.is_tensor(loss) and loss.all() for loss in got)
    if sound and got[0].equal(got[1]):
        return (
            "Two models get the same loss: it asks another model than the "
            "`model` it is given."
        )
    if pair[0].width.grad is not None:
        return "It calls backward itself; leave that to `fit`."
    model, x = _narrow(3, 4, 5)
    if not same(attempt(model, x), _toy_loss(model, x), 2e-3):
        return None  # something else is wrong, and has a message of its own
    model, x = Toy(3, 5, log_var=1.0), torch.rand(6, 1, 5, 5)
    losses = [attempt(model, x) for _ in range(2)]
    if losses[0].equal(losses[1]):
        middle = _toy_loss(model, x, code=lambda mu, log_var: mu)
        return "Two calls give the same loss: " + (
            "z is not drawn. Decode a draw from q(z|x), not its middle."
            if same(losses[0], middle, 2e-3)
            else "draw anew at each call, and set no seed inside."
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
            "The KL has the wrong sign: the loss is -log p(x|z) + KL.": {
                "kl": 1
            },
            "The log-likelihood has the wrong sign.": {"fits": -1},
            "The KL is missing: this is an autoencoder with noise.": {"kl": 0},
            "The KL counts twice: `elbo` holds it already.": {"kl": -2},
            "Only the KL is left; the log-likelihood is missing.": {"fits": 0},
            "The KL is averaged over latents; sum over them.": {
                "latents": _mean
            },
            "The log-likelihood is averaged over pixels; sum over them.": {
                "pixels": _mean
            },
            "mu and log_var have changed places in the draw.": {
                "code": lambda mu, log_var: _draw(log_var, mu)
            },
            "`reparameterize` wants log_var, and got sigma.": {
                "code": lambda mu, log_var: _draw(mu, (log_var / 2).exp())
            },
            "mu and log_var have changed places in `elbo`.": {
                "how": lambda p, x, mu, log_var: _elbo(p, x, log_var, mu)
            },
            "The KL wants log_var, and got its exponential: sigma or its "
            "square.": {
                "how": lambda p, x, mu, log_var: _elbo(
                    p, x, mu, (log_var / 2).exp()
                )
            },
            "The KL wants log_var, and got log sigma, half of it.": {
                "how": lambda p, x, mu, log_var: _elbo(p, x, mu, log_var / 2)
            },
            "All images share one z; draw one for each.": {
                "code": lambda mu, log_var: _draw(mu, log_var).mean(
                    dim=0, keepdim=True
                )
            },
            "The likelihood is asked about its own mean; ask it about x.": {
                "how": lambda p, x, mu, log_var: _elbo(p, p.mean, mu, log_var)
            },
            "That is a squared error plus the KL; the loss is -ELBO.": {
                "how": lambda p, x, mu, log_var: (
                    -(p.mean - x).square().mean() - _sum(_exact(mu, log_var))
                )
            },
            "The logits went through a sigmoid, and were taken for logits "
            "again.": {
                "how": lambda p, x, mu, log_var: _elbo(
                    Bernoulli(logits=p.mean, validate_args=False),
                    x,
                    mu,
                    log_var,
                )
            },  # fmt: skip
            "The code is drawn from the prior; draw it from q(z|x), or the "
            "image says nothing about it.": {
                "code": lambda mu, log_var: torch.randn_like(mu)
            },
        },
    )
    | {
        "One mean for the batch came back; `fit` wants one for each image.": (
            lambda model, x: _toy_loss(model, x).mean()
        ),
        "One summed number for the batch came back; `fit` wants one for each "
        "image.": lambda model, x: _toy_loss(model, x).sum(),
        "`likelihood` was asked about the image; it wants the code z.": (
            lambda model, x: model.likelihood(x)
        ),
        "`elbo` wants the distribution first, `model.likelihood(z)`.": (
            lambda model, x: _toy_loss(model, x, how=_of_the_mean)
        ),
        "`likelihood` is a method: call it with z.": lambda model, x: _pixels(
            model.likelihood, x
        ),
        "The arguments stand in another order: (model, x).": lambda model, x: (
            _toy_loss(x, model)
        ),
        "The encoder's answer holds mu and log_var side by side; "
        "`model.encode` takes them apart.": lambda model, x: _in_rows(
            model, x
        ),
        "The images were flattened; leave x as it is.": lambda model, x: (
            _toy_loss(model, x.flatten(1))
        ),
        "The KL is taken from one draw: right on average, but noisy. You have "
        "it as a formula, `kl_divergence`.": lambda model, x: _by_draw(
            model, x
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
        if not hasattr(q, "stddev"):
            return f"posterior(x) must be a distribution; got {type(q)}."
        if q.mean.ndim != 2 or q.mean.shape[1] != 16:
            shape = tuple(q.mean.shape)
            return f"Codes of 16 numbers are asked for; got {shape}."
        pixels = model.likelihood(q.mean)
    if isinstance(pixels, Independent):
        pixels = pixels.base_dist
    if not isinstance(pixels, Normal):
        kind = type(pixels).__name__
        return f"likelihood(z) must be a Normal; got a {kind}."
    if pixels.mean.shape != x.shape:
        shape = tuple(pixels.mean.shape)
        return f"likelihood(z) must be over images; its mean has {shape}."
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
