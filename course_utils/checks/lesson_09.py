"""Checks of lesson 09."""

import torch

from course_utils.checks.comparing import same
from course_utils.checks.core import check, mutants
from course_utils.checks.matching import matching
from course_utils.measures import lettered
from course_utils.models import VAE, dense_decoder, dense_encoder

SIZE = 784


def _grown(latent_dim, count):
    """Return a small VAE with large weights, so that slips show; images."""
    model = VAE(dense_encoder(2 * latent_dim, 8), dense_decoder(latent_dim, 8))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4)
    return model, torch.rand(count, 1, 28, 28)


def _sum(terms):
    return terms.flatten(1).sum(dim=1)


def _mean(terms):
    return terms.flatten(1).mean(dim=1)


def _cost(logits, x):
    cost = torch.nn.functional.binary_cross_entropy_with_logits
    return cost(logits, x, reduction="none")


def _price(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def _loss(
    model,
    x,
    pixels=_sum,
    latents=_sum,
    sign=1,
    end=None,
    cost=_cost,
    price=_price,
):
    """Return minus the ELBO, with some knobs turned."""
    logits, mu, log_var = model(x)
    loss = pixels(cost(logits, x)) + sign * latents(price(mu, log_var))
    return end(loss) if end else loss


def _nothing(terms):
    return 0


def _by_hand(logits, x):
    p = logits.sigmoid()
    return -(x * p.log() + (1 - x) * (1 - p).log())


def _never_drawn(attempt):
    """Say whether two calls agree, although the model draws a code."""
    torch.manual_seed(0)  # with some weights the KL drowns what is drawn
    model, x = _grown(3, 4)
    try:
        first, second = attempt(model, x), attempt(model, x)
        kl = _sum(_price(*model.encode(x)))
    except Exception:
        return None  # told by the cases
    if not torch.is_tensor(first) or first.shape != kl.shape:
        return None
    if not first.isfinite().all():
        return None
    if same(first, second) and not same(first.abs(), kl):
        return (
            "Two calls give the same loss, although the model draws a code: "
            "set no seed, and do not take mu for the code."
        )
    return None


@check(
    cases=lambda: [_grown(3, 5), _grown(2, 4)],
    find=_never_drawn,
    learns=("model",),
    slips=mutants(
        _loss,
        {
            "The pixels are still averaged while the latents are summed: the "
            "KL is 784 times too expensive.": {"pixels": _mean},
            "Now both are averaged: over 784 pixels and over a few latents, "
            "which again are different scales. Sum both.": {
                "pixels": _mean,
                "latents": _mean,
            },
            "The pixels are summed, but now the latents are averaged: the "
            "second colleague's slip.": {"latents": _mean},
            "The KL is gone, or nearly. It was not wrong; the pixels were.": {
                "latents": _nothing
            },
            "The reconstruction is gone; it is one of the two terms.": {
                "pixels": _nothing
            },
            "In the loss the KL is added: it is a price.": {"sign": -1},
            "That is the ELBO; the loss is minus the ELBO.": {
                "end": torch.neg
            },
            "One number for the batch came back; `fit` wants one for each "
            "image.": {"end": torch.mean},
            "One summed number for the batch came back; `fit` wants one for "
            "each image.": {"end": torch.sum},
            "The two terms are in balance, but the whole is divided by 784: "
            "that is not in nats per image.": {"end": lambda y: y / SIZE},
            "The pixels are averaged over the batch, too; sum over the "
            "pixels of each image.": {"pixels": torch.mean},
            "The pixels of the whole batch are added into one number; sum "
            "over the pixels of each image.": {"pixels": torch.sum},
            "The KL of the whole batch is added into one number; sum over "
            "the latents of each image.": {"latents": torch.sum},
            "The KL is averaged over the batch; keep one for each image.": {
                "latents": lambda kl: _sum(kl).mean()
            },
            "The pixels are multiplied by 784 twice: a sum is 784 times a "
            "mean already.": {"pixels": lambda nll: SIZE * _sum(nll)},
            "Now the KL is multiplied by 784: it was too large already.": {
                "pixels": _mean,
                "latents": lambda kl: SIZE * _sum(kl),
            },
            "The pixels are summed now, so the KL needs no factor 784.": {
                "latents": lambda kl: SIZE * _sum(kl)
            },
            "The reconstruction is averaged over the batch; keep one for "
            "each image.": {"pixels": lambda nll: _sum(nll).mean()},
            "The KL has the shape (B, 1), and the loss (B, B): no "
            "`keepdim`.": {"latents": lambda kl: kl.sum(1, keepdim=True)},
            "The reconstruction has the shape (B, 1), and the loss (B, B): "
            "sum over the channel, too.": {
                "pixels": lambda nll: nll.sum(dim=(2, 3))
            },
            "The factor 1/2 of the KL is missing.": {
                "price": lambda m, v: 2 * _price(m, v)
            },
            "The KL is one mean over latents and batch; sum over the latents "
            "of each image.": {"latents": torch.mean},
            "The reconstruction has the wrong sign: in the loss it is a "
            "cost.": {"pixels": lambda nll: -_sum(nll)},
            "mu and log_var have changed places: the model returns logits, "
            "mu, log_var.": {"price": lambda m, v: _price(v, m)},
            "The formula of the KL takes log_var, not its exponential.": {
                "price": lambda m, v: _price(m, v.exp())
            },
            "Probabilities went in where logits are wanted: this "
            "cross-entropy takes the sigmoid itself.": {
                "cost": lambda y, x: _cost(y.sigmoid(), x)
            },
            "That is a squared error; a Bernoulli likelihood has the "
            "cross-entropy.": {"cost": lambda y, x: (y.sigmoid() - x) ** 2},
            "That is a squared error of logits, which are no pixels; take "
            "the cross-entropy.": {"cost": lambda y, x: (y - x) ** 2},
            "The part with 1 - x of the cross-entropy is missing.": {
                "cost": lambda y, x: -x * torch.nn.functional.logsigmoid(y)
            },
            "Logits come first, then the images.": {
                "cost": lambda y, x: _cost(x, y)
            },
            "The images were made black or white; leave them grey.": {
                "cost": lambda y, x: _cost(y, (x > 0.5).float())
            },
            "The logarithm of a sigmoid, by hand, loses digits: use "
            "`binary_cross_entropy_with_logits`.": {"cost": _by_hand},
        },
    ),
)
def mended(model, x):
    """Minus the ELBO: images (B, 1, 28, 28) -> (B,), in nats."""
    return _loss(model, x)


def _radii(of, among, k, own=True):
    """Distance of each point to its k-th nearest; own: itself is left out."""
    return torch.cdist(of, among).kthvalue(k + own, dim=1).values


def _real_balls(real, fake, k):
    return torch.cdist(real, fake) < _radii(real, real, k)[:, None]


def _counting_itself(real, fake, k):
    return torch.cdist(real, fake) < _radii(real, real, k, own=False)[:, None]


def _fake_balls(real, fake, k):
    return torch.cdist(real, fake) < _radii(fake, fake, k)


def _to_fakes(real, fake, k):
    radii = _radii(real, fake, k, own=False)
    return torch.cdist(real, fake) < radii[:, None]


def _outside(real, fake, k):
    return ~_real_balls(real, fake, k)


def _both(
    real,
    fake,
    k=5,
    balls=_real_balls,
    over=lambda k: k,
    column=0,
    row=1,
    count=lambda held, dim: held.sum(dim=dim).float().mean(),
    share=lambda held, dim: held.any(dim=dim).float().mean(),
    order=slice(None),
    others=None,
):
    """Return density and coverage, with some knobs turned.

    others: other balls, for the coverage only.
    """
    held = balls(real, fake, k)
    density = count(held, column) / over(k)
    held = others(real, fake, k) if others else held
    answer = density.item(), share(held, row).item()
    return answer[order]


def _any(held, dim):
    return held.any(dim=dim).float().mean()


def _cut_at_1(real, fake, k=5):
    held = _real_balls(real, fake, k)
    density = (held.sum(dim=0) / k).clamp(max=1).mean()
    return density.item(), held.any(dim=1).float().mean().item()


def _pairs(held, dim):
    return held.float().mean()


@check(
    cases=lambda: [
        (torch.randn(30, 3), 0.7 * torch.randn(21, 3) + 0.4, 3),
        (torch.randn(25, 2), 1.5 * torch.randn(40, 2), 5),
    ],
    slips=mutants(
        _both,
        {
            "The density is not divided by k.": {"over": lambda k: 1},
            "The density is divided by k + 1; the point itself is no "
            "neighbour.": {"over": lambda k: k + 1},
            "The density is averaged over the real points; average over the "
            "fakes: add up each column.": {"column": 1},
            "The second number is the precision: any ball for each fake. "
            "Coverage asks for any fake in each ball: dim=1.": {"row": 0},
            "The two directions have changed places: density adds up "
            "columns (dim=0), coverage looks along rows (dim=1).": {
                "column": 1,
                "row": 0,
            },
            "The balls are too small: a point's nearest neighbour in the "
            "list is itself. `inside` takes care of that.": {
                "balls": _counting_itself
            },
            "Those are balls around the fakes; both measures ask for balls "
            "around the real points.": {"balls": _fake_balls},
            "The balls must reach to the k-th nearest real point, not to the "
            "k-th nearest fake.": {"balls": _to_fakes},
            "You count the fakes that are outside of the balls.": {
                "balls": _outside
            },
            "The first number is precision over k: add up how many balls "
            "hold a fake; `any` counts one only.": {"count": _any},
            "The second number is the share of all pairs; coverage asks "
            "for each ball whether it holds any fake.": {"share": _pairs},
            "The first number is the share of all pairs over k; add up the "
            "balls of each fake before the mean.": {"count": _pairs},
            "Coverage is a share: divide by the number of real points.": {
                "share": lambda held, dim: held.any(dim=dim).float().sum()
            },
            "The density is added up over the fakes; take the mean.": {
                "count": lambda held, dim: held.float().sum()
            },
            "The first number is the precision; density adds up how many "
            "balls hold a fake, over k.": {"count": _any, "over": lambda k: 1},
            "The density is multiplied by k; divide by it.": {
                "over": lambda k: 1 / k
            },
            "The first number is the largest of all; take the mean.": {
                "count": lambda held, dim: held.sum(dim=dim).float().max()
            },
            "`inside` leaves the point itself out: hand it k, not k + 1.": {
                "balls": lambda real, fake, k: _real_balls(real, fake, k + 1)
            },
            "k is k + 1 here, in the balls and in the division.": {
                "balls": lambda real, fake, k: _real_balls(real, fake, k + 1),
                "over": lambda k: k + 1,
            },
            "k is written out as 5.": {
                "balls": lambda real, fake, k: _real_balls(real, fake, 5),
                "over": lambda k: 5,
            },
            "The second number is the recall; coverage asks for balls "
            "around the real points.": {"others": _fake_balls},
            "The density counts real points in the balls of fakes; it is "
            "the other way round.": {
                "balls": _fake_balls,
                "column": 1,
                "others": _real_balls,
            },
            "You look for real points in the real balls; look for the "
            "fakes.": {
                "balls": lambda real, fake, k: _real_balls(real, real, k)
            },
            "Density comes first, then coverage.": {
                "order": slice(None, None, -1)
            },
            "Every real ball is asked to hold all fakes; one is enough: "
            "`any`.": {
                "share": lambda held, dim: held.all(dim=dim).float().mean()
            },
            "The second number is how many fakes a ball holds on average; "
            "coverage asks whether it holds any.": {
                "share": lambda held, dim: held.sum(dim=dim).float().mean()
            },
        },
    )
    | {
        "The density is cut off at 1; it may be above.": _cut_at_1,
        "The density is divided by the number of points, not by k.": (
            lambda real, fake, k=5: _both(
                real, fake, k, over=lambda k: len(real)
            )
        ),
        "Coverage asks for one fake in a ball, not for k of them.": (
            lambda real, fake, k=5: _both(
                real,
                fake,
                k,
                share=lambda held, dim: (
                    (held.sum(dim=dim) >= k).float().mean()
                ),
            )
        ),
    },
)
def density_coverage(real, fake, k=5):
    """Density and coverage of fakes (M, D) among real (N, D): two floats."""
    return _both(real, fake, k)


matching(
    "origin",
    lettered(("VAE", "plain", "repeated", "noise"), seed=16),
    thing="set",
    kind="origin",
    hints={
        "repeated": "Ten images, repeated, cover almost nothing: which set "
        "has by far the lowest coverage?",
        "noise": "Noise moves real images out of the balls, but hardly "
        "troubles the judge: compare density with what is accepted.",
        "VAE": "The two that invent are swapped. Whose samples were more "
        "typical, whose more varied?",
    },
)
