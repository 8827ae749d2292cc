"""What a minute of training buys: six tasks, taking turns.

Usage: uv run python benchmarks/levels.py [seed ...]

One round for each seed (0, 1 and 2). Images: all of Fashion-MNIST, but for the
flow (the 10,000 that ship). Sentences: real captions of at most ten words,
from COURSE_DATA or fetched. Where the full set or the captions are not to be
had, a line says so and what ships is used. Seconds are of training alone, by
the clock, on all cores; test images are looked at once, at the end.
"""

import resource
import statistics
import sys
import time

import samples
import torch
from torch import nn

from course_utils.datasets import fashion_mnist
from course_utils.datasets.captions import Vocabulary, captions
from course_utils.measures import accepted, psnr, train_judge
from course_utils.models import (
    VAE,
    Autoencoder,
    conv_autoencoder,
    conv_decoder,
    conv_encoder,
    denoising_loss,
    negative_elbo,
)
from course_utils.models.sentences import TransformerAutoencoder, sentence_loss
from course_utils.training import evaluate, fit, predict, set_seed

IMAGES = fashion_mnist(full=True)


def train(model, data, loss, seed, **options):
    """Train a model and return it with the seconds this took."""
    log = fit(model, data, loss, seed=seed, progress=False, **options)
    return model, log.seconds


def error(model):
    """Test error of an autoencoder, per pixel."""
    return (predict(model, IMAGES.test) - IMAGES.test).square().mean().item()


def thirty_two_numbers(seed):
    """Two convolutions with strides each way, lesson 02's."""
    options = {"epochs": 7, "batch_size": 64, "lr": 3e-3}
    model = conv_autoencoder(32)
    model, seconds = train(
        model, IMAGES.train, samples.copies, seed, **options
    )
    return seconds, error(model)


def layers(*sizes):
    """Dense layers with SiLU between them."""
    steps = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False)]
    return [part for step in steps for part in (step, nn.SiLU())][:-1]


def two_numbers(seed):
    """Three hidden layers each way."""
    sizes = 784, 512, 256, 128, 2
    back = *layers(*sizes[::-1]), nn.Unflatten(1, (1, 28, 28))
    halves = (nn.Flatten(), *layers(*sizes)), back
    model = Autoencoder(*(nn.Sequential(*half) for half in halves))
    options = {"epochs": 11, "batch_size": 64, "lr": 3e-3}
    model, seconds = train(
        model, IMAGES.train, samples.copies, seed, **options
    )
    return seconds, error(model)


def conv(channels_in, channels_out, stride=1):
    """A convolution with a window of 3 by 3 pixels."""
    return nn.Conv2d(channels_in, channels_out, 3, stride, padding=1)


class UNet(nn.Module):
    """Noisy images -> clean ones, as in lesson 06."""

    def __init__(self):
        super().__init__()
        shrink, grow = nn.PixelUnshuffle(2), nn.PixelShuffle(2)
        self.enter = nn.Sequential(shrink, conv(4, 16), nn.SiLU())
        self.below = nn.Sequential(
            conv(16, 64, stride=2),
            nn.SiLU(),
            conv(64, 64),
            nn.SiLU(),
            nn.ConvTranspose2d(64, 16, 2, stride=2),
        )
        self.leave = nn.Sequential(conv(32, 16), nn.SiLU(), conv(16, 4), grow)

    def forward(self, x):
        across = self.enter(x)
        both = torch.cat([across, self.below(across)], dim=1)
        return (4 * x - 2 + self.leave(both)).sigmoid()


def any_noise(x):
    """Add Gaussian noise, for each image of its own level, 0.1 to 0.6."""
    sigma = 0.1 + 0.5 * torch.rand(len(x), 1, 1, 1)
    return x + sigma * torch.randn_like(x)


def blind_denoiser(seed):
    """Decibels at a noise of 0.3, told no level."""

    def loss(model, x):
        return denoising_loss(model, x, any_noise)

    options = {"epochs": 3, "batch_size": 32, "lr": 6e-3}
    model, seconds = train(UNet(), IMAGES.train, loss, seed, **options)
    noisy = IMAGES.test + 0.3 * torch.randn_like(IMAGES.test)
    return seconds, psnr(predict(model, noisy), IMAGES.test).mean().item()


def vae(seed):
    """Nats of -ELBO on grey pixels: 16 latents, a dense layer before them."""
    into, back = conv_encoder(256), conv_decoder(256)
    model = VAE(
        nn.Sequential(into, nn.SiLU(), nn.Linear(256, 32)),
        nn.Sequential(nn.Linear(16, 256), nn.SiLU(), back),
    )
    options = {"epochs": 7, "batch_size": 64, "lr": 2e-3}
    model, seconds = train(model, IMAGES.train, negative_elbo, seed, **options)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return seconds, evaluate(model, IMAGES.test, negative_elbo)


def text(seed):
    """Held-out captions copied without a mistake, 128 numbers each."""
    sentences = captions(quiet=seed > 0)
    words = Vocabulary(sentences.train)
    known, held = (
        words.encode(s, 12) for s in (sentences.train, sentences.test)
    )

    def loss(model, x):
        return sentence_loss(model.logits(model.encode(x), x), x)

    model = TransformerAutoencoder(len(words), 12, width=128)
    options = {"epochs": 5, "batch_size": 128, "lr": 3e-3}
    model, seconds = train(model, known, loss, seed, **options)
    copies = predict(lambda x: model.decode(model.encode(x)), held)
    exact = ((copies == held) | (held == 0)).all(dim=1)
    return seconds, exact.float().mean().item()


def flow(seed):
    """Samples of a flow in codes that the judge of lesson 09 accepts."""
    images = fashion_mnist(quiet=seed > 0)
    start = time.perf_counter()
    draw = samples.flow(images, 3, samples.trainer(seed))
    seconds = time.perf_counter() - start
    known = images.train[:10_000], images.train_labels[:10_000]
    judge = train_judge(*known, seed=seed)
    set_seed(seed)
    return seconds, accepted(judge, draw())


TASKS = {  # what it is called, what is aimed at, in how many seconds
    thirty_two_numbers: ("error, 32 numbers", "<= .0070", 60),
    two_numbers: ("error, 2 numbers", "<= .0230", 60),
    blind_denoiser: ("blind denoiser, dB", ">= 21.7", 60),
    vae: ("VAE, -ELBO", "<= 238", 100),
    text: ("captions copied", ">= .95", 30),
    flow: ("samples accepted", ">= .62", 20),
}


def main():
    seeds = [int(a) for a in sys.argv[1:]] or [0, 1, 2]
    runs = {task: [] for task in TASKS}
    for seed in seeds:
        for task, (name, *_) in TASKS.items():
            set_seed(seed)
            seconds, level = task(seed)
            runs[task].append((seconds, level))
            print(f"seed {seed} {name:20} {seconds:6.1f} s {level:9.4f}",
                  flush=True)  # fmt: skip
    print(f"\n{'medians':20} {'seconds':>8} {'level':>9}  aim")
    for task, (name, aim, limit) in TASKS.items():
        seconds, level = map(statistics.median, zip(*runs[task], strict=True))
        print(f"{name:20} {seconds:8.1f} {level:9.4f}  {aim} in {limit} s")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {memory:,} MB")


if __name__ == "__main__":
    main()
