"""Quality of samples against seconds of training, rival beside rival.

Flow matching in an autoencoder's codes, a VAE, a small GAN and a prior over
discrete codes, each at three budgets, taking turns in one run; judged as in
lesson 09 (1,000 samples). Seconds are this process's CPU time for training,
in all threads. Usage: uv run python benchmarks/samples.py [seed]
"""

import sys
import time

import torch

from course_utils.datasets import fashion_mnist
from course_utils.measures import accepted, sample_quality, train_judge
from course_utils.models import (
    CodePrior,
    Quantizer,
    VelocityNet,
    dense_autoencoder,
    dense_vae,
    flow_along,
    flow_matching_loss,
    guided,
    negative_elbo,
    prior_loss,
    reconstruction_loss,
    vq_autoencoder,
    vq_loss,
)
from course_utils.rivals.gan import train_gan
from course_utils.training import fit, predict, set_seed

SAMPLES = 1000
BUDGETS = 1, 2, 4
ASKED = torch.arange(10).repeat(SAMPLES // 10)


def flow(images, budget, train):
    """A flow in codes of 32 numbers, told the class (lesson 19)."""
    model, net = dense_autoencoder(32), VelocityNet(32, classes=10)
    train(model, images.train, copies, 4 * budget, 64, 6e-3)
    z = predict(model.encode, images.train)
    mean, std = z.mean(dim=0), z.std(dim=0)
    known = (z - mean) / std, images.train_labels
    train(net, known, flow_matching_loss, 12 * budget, 256, 5e-3)

    def draw():
        noise = torch.randn(SAMPLES, 32)
        codes = flow_along(guided(net.cpu(), ASKED), noise)
        return predict(model.decode, codes * std + mean)

    return draw


def vae(images, budget, train):
    """A VAE's prior (lesson 08)."""
    model = dense_vae(16)
    train(model, images.train, negative_elbo, 5 * budget, 64, 5e-3)
    return lambda: predict(model.decode, torch.randn(SAMPLES, 16))


def gan(images, budget, train):
    """A small GAN (lesson 19)."""
    seed = torch.initial_seed()
    generator = train_gan(images.train, epochs=4 * budget, seed=seed)
    return lambda: predict(generator, torch.randn(SAMPLES, 32))


def tiles(images, budget, train):
    """A Transformer's prior over maps of codes, told the class (lesson 18)."""
    model = vq_autoencoder(Quantizer())
    train(model, images.train, vq_loss, budget, 64, 6e-3)
    known = predict(model.encode, images.train), images.train_labels
    prior = CodePrior(width=96, layers=1)
    train(prior, known, prior_loss, budget, 128, 6e-3)
    return lambda: predict(model.decode, prior.sample(ASKED))


def copies(model, x):
    """Squared error of a reconstruction, one an image."""
    return reconstruction_loss(model(x), x)


def trainer(seed):
    """Return `fit` with its arguments in a row, quiet and seeded."""

    def train(model, data, loss, epochs, batch_size, lr):
        sizes = {"epochs": epochs, "batch_size": batch_size, "lr": lr}
        fit(model, data, loss, seed=seed, progress=False, **sizes)

    return train


def main():
    """Train all of them at each budget, and print a table."""
    seed = int(sys.argv[1]) if sys.argv[1:] else 0
    images = fashion_mnist()
    known = images.train[:10_000], images.train_labels[:10_000]
    judge = train_judge(*known, seed=seed)
    real = predict(judge[:-1], images.train[:SAMPLES])
    print(f"{'samples':8} {'seconds':>8} {'accepted':>9} {'coverage':>9}")
    for budget in BUDGETS:
        for make in (flow, vae, gan, tiles):
            set_seed(seed)
            start = time.process_time()
            draw = make(images, budget, trainer(seed))
            seconds = time.process_time() - start
            set_seed(seed)
            x = draw()
            covers = sample_quality(real, predict(judge[:-1], x))["coverage"]
            share = accepted(judge, x)
            name = make.__name__
            print(f"{name:8} {seconds:8.1f} {share:9.2f} {covers:9.2f}")


if __name__ == "__main__":
    main()
