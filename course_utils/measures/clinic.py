"""A ward of four VAEs, of which some are ill; how one is treated."""

import itertools

from course_utils.measures.samples import anonymous
from course_utils.models import PeekingVAE, bernoulli_nll, kl_divergence
from course_utils.training import fit, set_seed

BATCH = 128
PATIENTS = "healthy", "collapsed", "unread", "too cheap"
LETTERS = 5  # the seed of their order


def treat(images, weight, kl=kl_divergence, epochs=4, seed=0):
    """Train a new `PeekingVAE` and return it.

    images: (N, 1, 14, 14). weight: what the KL is multiplied with, a number
    or a function of the share of the training that is done, from 0 to 1.
    kl: a function of mu and log_var (B, Z) that returns the KL of each image
    (B,) or one number for the batch.
    """
    if not callable(weight) and not float(weight) >= 0:
        raise ValueError(f"weight must not be negative; got {weight!r}")
    steps, taken = epochs * -(-len(images) // BATCH), itertools.count()

    def loss(model, x):
        logits, mu, log_var = model(x)
        done = min(1.0, next(taken) / steps)
        now = weight(done) if callable(weight) else weight
        return bernoulli_nll(logits, x) + now * kl(mu, log_var)

    set_seed(seed)
    model = PeekingVAE()
    options = {"batch_size": BATCH, "lr": 3e-3, "seed": seed}
    fit(model, images, loss, epochs=epochs, progress=False, **options)
    return model.cpu()


def ward(images, seed=0):
    """Train four models and return them as {letter: model}, in some order.

    They differ in the weight of the KL alone, or in how it is counted.
    `lettered(PATIENTS, LETTERS)` says which is which.
    """
    models = (
        treat(images, 1, seed=seed),
        treat(images, _high_early, seed=seed),
        treat(images, _high_early, kl=_with_floor, seed=seed),
        treat(images, 0.01, seed=seed),
    )
    return anonymous(dict(zip(PATIENTS, models, strict=True)), LETTERS)


def _high_early(done):
    return 100 if done < 0.5 else 1


def _with_floor(mu, log_var, floor=1.0):
    """Free bits (Kingma et al., 2016): one number for the batch."""
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
    return kl.mean(dim=0).clamp(min=floor).sum()
