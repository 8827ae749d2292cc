"""The course's training against the usual recipes: same network, same data.

Usage: uv run --group peers python benchmarks/peers.py [SECONDS] [SEEDS]
       uv run python benchmarks/peers.py apart [SEEDS]

Every contestant trains a convolutional autoencoder with 32 codes on all of
Fashion-MNIST for about SECONDS (60), in turn, with SEEDS (3) starts, and is
judged by the same test error. Judging is not on the clock. `apart` turns the
usual recipe into the course's one step at a time, three epochs each, and then
tries what the course leaves out. Without the full set (no network, no Debian
package) the part that ships is used.
"""

import contextlib
import math
import os
import statistics
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "torch")

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from course_utils.adam import OneCycleAdam
from course_utils.datasets import fashion_mnist
from course_utils.models import conv_autoencoder, reconstruction_loss
from course_utils.training import fit, predict, set_seed

IMAGES = fashion_mnist(full=True)


class Clock:
    """Seconds of training and the test error after each epoch."""

    def __init__(self, seconds):
        self.limit, self.spent, self.marks = seconds, 0.0, []
        self.start = time.perf_counter()

    def epoch_is_over(self, reconstruct):
        """Note time and error; say whether the time is up."""
        self.spent += time.perf_counter() - self.start
        error = (reconstruct(IMAGES.test) - IMAGES.test).square().mean()
        self.marks.append((self.spent, error.item()))
        self.start = time.perf_counter()
        mean = self.spent / len(self.marks)
        return self.spent + mean > self.limit


class Pictures(Dataset):
    """Fashion-MNIST as torchvision gives it: one image, transformed."""

    def __init__(self):
        from torchvision.transforms import ToTensor

        self.pixels = (IMAGES.train * 255).byte().squeeze(1).numpy()
        self.transform = ToTensor()

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, i):
        return self.transform(self.pixels[i][..., None])


def loss(model, x):
    """Squared error summed over pixels, one number for each picture."""
    return reconstruction_loss(model(x), x)


def course(clock):
    """Tensors in memory, batches of 64, a one-cycle learning rate.

    The rate falls to nothing at the end, so each length is a run of its
    own: 1, 2 and 3 epochs, and as many as the time allows.
    """
    options = {"batch_size": 64, "lr": 3e-3, "progress": False}
    lengths = [1, 2, 3]
    for epochs in lengths:
        model = conv_autoencoder(32)
        clock.spent, clock.start = 0.0, time.perf_counter()
        fit(model, IMAGES.train, loss, epochs=epochs, **options)
        clock.epoch_is_over(lambda x, model=model: predict(model, x))
        most = int(clock.limit / (clock.spent / epochs))
        if epochs == 3 and most > 3:
            lengths.append(most)


def torch_recipe(clock):
    """A DataLoader with ToTensor, Adam at 1e-3, mean squared error."""
    model = conv_autoencoder(32)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = DataLoader(Pictures(), 128, shuffle=True)
    while True:
        for x in batches:
            loss = nn.functional.mse_loss(model(x), x)
            adam.zero_grad()
            loss.backward()
            adam.step()
        if clock.epoch_is_over(lambda x: predict(model, x)):
            return


def lightning_recipe(clock):
    """Lightning's Trainer over the same DataLoader."""
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = conv_autoencoder(32)

        def training_step(self, x, _):
            return nn.functional.mse_loss(self.model(x), x)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=1e-3)

        def on_train_epoch_end(self):
            over = clock.epoch_is_over(lambda x: predict(self.model, x))
            self.trainer.should_stop = over

    trainer = lightning.Trainer(
        max_epochs=1000, accelerator="cpu", logger=False,
        enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Module(), DataLoader(Pictures(), 128, shuffle=True))


def keras_recipe(clock):
    """Keras 3: the same layers, compile and fit, batches of 128."""
    import keras
    from keras import layers

    x = IMAGES.train.permute(0, 2, 3, 1).numpy()
    half = {"strides": 2, "padding": "same"}
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="silu", **half),
            layers.Conv2D(64, 3, activation="silu", **half),
            layers.Flatten(),
            layers.Dense(32),
            layers.Dense(64 * 7 * 7, activation="silu"),
            layers.Reshape((7, 7, 64)),
            layers.Conv2DTranspose(32, 3, activation="silu", **half),
            layers.Conv2DTranspose(1, 3, activation="sigmoid", **half),
        ]
    )
    model.compile("adam", "mse")

    def reconstruct(x):
        answer = model.predict(x.permute(0, 2, 3, 1).numpy(), 1000, verbose=0)
        return torch.as_tensor(answer).permute(0, 3, 1, 2)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            over = clock.epoch_is_over(reconstruct)
            self.model.stop_training = over

    clock.start = time.perf_counter()
    model.fit(x, x, batch_size=128, epochs=1000, verbose=0, callbacks=[Stop()])


def epochs(model, batches, step, count=3):
    """Train; return seconds of the first epoch, of a later one, and error."""
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        for x in batches():
            step(model, x)
        seconds.append(time.perf_counter() - start)
    error = predict(model, IMAGES.test) - IMAGES.test
    return seconds[0], min(seconds[1:]), error.square().mean().item()


def variant(resident=True, size=64, cycle=True, extra=""):
    """Train three epochs with some of what the course does, or does not."""
    model, x = conv_autoencoder(32), IMAGES.train
    if extra == "layout":
        model = model.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    run = torch.compile(model) if extra == "compile" else model
    weights = list(model.parameters())
    if cycle:
        adam = OneCycleAdam(weights, 3e-3, 3 * math.ceil(len(x) / size))
    else:
        usual = torch.optim.Adam(weights, lr=1e-3)
    precise = torch.autocast("cpu", torch.bfloat16)

    def batches():
        if not resident:
            return DataLoader(Pictures(), size, shuffle=True)
        return x[torch.randperm(len(x))].split(size)

    def step(_, batch):
        with precise if extra == "bf16" else contextlib.nullcontext():
            losses = loss(run, batch)
        if cycle:
            return adam.step(losses)
        usual.zero_grad()
        losses.mean().backward()
        usual.step()

    return epochs(model, batches, step)


USUAL = {"resident": False, "size": 128, "cycle": False}
APART = {
    "usual: DataLoader, 128, Adam": USUAL,
    "+ images lie in memory": USUAL | {"resident": True},
    "+ batches of 64": {"cycle": False},
    "+ one-cycle rate, fused Adam": {},
    "  and channels last": {"extra": "layout"},
    "  and bf16": {"extra": "bf16"},
    "  and torch.compile": {"extra": "compile"},
}


def apart(seeds):
    """Print what each step of the course's recipe brings."""
    runs = {name: [] for name in APART}
    for seed in range(seeds):
        for name, options in APART.items():
            set_seed(seed)
            runs[name].append(variant(**options))
            first, later, error = runs[name][-1]
            print(f"seed {seed} {name:29} {first:6.1f} {later:6.1f} s "
                  f"{error:.5f}", flush=True)  # fmt: skip
    print(f"\n{'medians':29} first epoch  later  error after three")
    for name, rows in runs.items():
        first, later, error = map(statistics.median, zip(*rows, strict=True))
        print(f"{name:29} {first:9.1f} s {later:4.1f} s  {error:.5f}")


CONTESTANTS = {
    "course: fit": course,
    "PyTorch: DataLoader, 128": torch_recipe,
    "Lightning, 128": lightning_recipe,
    "Keras 3, 128": keras_recipe,
}


def main():
    if sys.argv[1:2] == ["apart"]:
        return apart(int(sys.argv[2]) if len(sys.argv) > 2 else 3)
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    few = IMAGES.train[:128]  # imports that the first step needs
    fit(conv_autoencoder(2), few, loss, epochs=1, progress=False)
    marks = {name: [] for name in CONTESTANTS}
    for seed in range(seeds):
        for name, train in CONTESTANTS.items():
            set_seed(seed)
            clock = Clock(seconds)
            train(clock)
            marks[name].append(clock.marks)
            spent, error = clock.marks[-1]
            print(f"seed {seed} {name:26} {spent:6.1f} s {error:.5f}",
                  flush=True)  # fmt: skip
    print(f"\n{'median of the seeds':26} seconds   error  ours as good after")
    ours = marks["course: fit"]
    for name, runs in marks.items():
        spent, error = (
            statistics.median(run[-1][i] for run in runs) for i in (0, 1)
        )
        after = [
            next((s for s, e in own if e <= run[-1][1]), math.inf)
            for own, run in zip(ours, runs, strict=True)
        ]
        after = statistics.median(after)
        print(f"{name:26} {spent:7.1f} {error:.5f} {after:8.1f} s")


if __name__ == "__main__":
    main()
