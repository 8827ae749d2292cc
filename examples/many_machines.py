"""Train a model of the course on several processes, GPUs or machines.

Usage: torchrun --nproc-per-node 2 examples/many_machines.py FOLDER [OPTIONS]

Each process takes its share of every batch, and the gradients are averaged
before the step (DistributedDataParallel; NCCL between GPUs, Gloo between
CPUs). With one `--batch`, any number of processes takes the same steps.
FOLDER holds train.npy and test.npy, bytes (N, 1, 28, 28). They are mapped
into memory, so they may be larger than it; if they are missing, Fashion-MNIST
is written there. The checkpoint lies there too, so all machines must see
it. docs/many_machines.md has restarts, 8 GPUs and SLURM.
"""

import argparse
import json
import os
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.utils.data import BatchSampler, DistributedSampler

from course_utils import models
from course_utils.checkpoints import save_model
from course_utils.datasets import fashion_mnist
from course_utils.training import evaluate, pick_device, set_seed

WARM_UP = 10  # steps that are not timed
MODELS = {  # name: (how it is made, its loss)
    "conv": (
        models.conv_autoencoder,
        lambda model, x: models.reconstruction_loss(model(x), x),
    ),
    "vae": (models.dense_vae, models.negative_elbo),
}


def write(path, save):
    """Let `save` write a file that appears whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        save(part)
        part.flush()
        os.fsync(part.fileno())
    os.replace(part.name, path)


def prepare(folder):
    """Write Fashion-MNIST as two files of bytes, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "test.npy").exists():  # it is written last
        images = fashion_mnist(full=True)
        for name in ("train", "test"):
            pixels = (getattr(images, name) * 255).round().byte().numpy()
            write(folder / f"{name}.npy", lambda f, p=pixels: np.save(f, p))


def rows_of_steps(sampler, size, epochs):
    """Yield the rows of this process for each step of the whole training."""
    for epoch in range(epochs):
        sampler.set_epoch(epoch)  # one order for all, new in each epoch
        yield from BatchSampler(sampler, size, drop_last=True)


def train(folder, device, save_every, run):
    """Train from the checkpoint on; return the model and what was measured."""
    rank, world = dist.get_rank(), dist.get_world_size()
    print(f"rank {rank} of {world}: process {os.getpid()}, {device}")
    images = np.load(folder / "train.npy", mmap_mode="r")
    sampler = DistributedSampler(images, seed=run["seed"], drop_last=True)
    size = run["batch"] // world
    steps = run["epochs"] * (len(sampler) // size)

    set_seed(run["seed"])  # the same first weights everywhere
    make, loss = MODELS[run["model"]]
    model = make(run["latent_dim"], run["width"]).to(device)
    adam = torch.optim.Adam(model.parameters())
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, run["lr"], steps)
    parts = {"model": model, "adam": adam, "cycle": cycle}
    place, start = folder / "checkpoint.pt", 0
    if place.exists():
        saved = torch.load(place, map_location=device, weights_only=True)
        if saved["run"] != run:
            raise SystemExit(f"{place} is of another run: {saved['run']}")
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        start = saved["step"]
        print(f"rank {rank}: goes on after step {start} of {steps}")
    torch.manual_seed(run["seed"] + 1000 * start + rank + 1)  # own noise
    shared, marks = torch.nn.parallel.DistributedDataParallel(model), []
    plan = enumerate(rows_of_steps(sampler, size, run["epochs"]), 1)
    for step, rows in islice(plan, start, None):
        x = torch.from_numpy(images[rows]).to(device).float() / 255
        mean = loss(shared, x).mean()
        adam.zero_grad()
        mean.backward()  # the gradients are averaged while it runs
        adam.step()
        cycle.step()
        marks.append(time.perf_counter())
        if step % save_every and step < steps:
            continue
        if not mean.isfinite():
            raise FloatingPointError(f"the loss is {mean} at step {step}")
        if rank == 0:
            print(f"step {step} of {steps}: loss {mean.item():.2f}")
            state = {name: p.state_dict() for name, p in parts.items()}
            state |= {"step": step, "run": run}
            write(place, lambda f, s=state: torch.save(s, f))
    ms = 1000 * np.diff(marks[WARM_UP:]).mean()
    return model, {"processes": world, "steps": steps, "step_ms": ms}


def main():
    """Join the other processes, train, and let the first one judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--model", choices=MODELS, default="conv")
    numbers = {"batch": 128, "epochs": 5, "latent-dim": 32, "width": 32}
    for name, value in (numbers | {"seed": 0, "lr": 3e-3}).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    run = vars(parser.parse_args())
    folder, save_every = run.pop("folder"), run.pop("save_every")
    if not dist.is_torchelastic_launched():
        parser.error("start this with torchrun")
    if run["batch"] % int(os.environ["WORLD_SIZE"]):
        parser.error("--batch must be a multiple of the processes")
    local, device = int(os.environ["LOCAL_RANK"]), torch.device("cpu")
    if pick_device().type == "cuda":
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    if local == 0:
        prepare(folder)
    dist.barrier()
    model, row = train(folder, device, save_every, run)
    if dist.get_rank() == 0:
        save_model(model, folder / "model.safetensors")
        test = torch.from_numpy(np.load(folder / "test.npy")).float() / 255
        loss = evaluate(model, test, MODELS[run["model"]][1])
        print(json.dumps(row | {"test_loss": loss}))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
