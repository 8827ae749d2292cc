"""Adam along one cycle of the learning rate, as torch.optim has them.

The arithmetic is torch's own function `adam`. The class `torch.optim.Adam`
imports torch's compiler at its first step, some four seconds that a short
training need not wait for. A test compares the two.
"""

import math

import torch
from torch.optim.adam import adam


class OneCycleAdam:
    """Adam (Kingma and Ba, 2015), its rate as Smith and Topin (2018) have it.

    In the first fifth of the steps the learning rate climbs from lr / 25 to
    lr, then it falls to nothing; beta1 goes from 0.95 to 0.85 and back, or
    is held at one value (GANs want 0.5: Radford et al., 2016).
    """

    def __init__(self, weights, lr, steps, beta1=None):
        self.weights, self.lr, self.steps, self.taken = weights, lr, steps, 0
        self.beta1 = beta1
        self.means = [torch.zeros_like(w) for w in weights]
        self.squares = [torch.zeros_like(w) for w in weights]
        self.fused = weights[0].device.type in ("cpu", "cuda")
        place = weights[0].device if self.fused else "cpu"
        self.counts = [torch.zeros((), device=place) for _ in weights]

    @torch.no_grad()
    def step(self, losses):
        """Change the weights by one step down the mean of `losses` (B,)."""
        for weight in self.weights:
            weight.grad = None
        with torch.enable_grad():
            losses.mean().backward()
        lr, beta1 = one_cycle(self.taken, self.steps, self.lr)
        beta1 = beta1 if self.beta1 is None else self.beta1
        state = zip(
            self.weights, self.means, self.squares, self.counts, strict=True
        )
        used = [row for row in state if row[0].grad is not None]
        weights, means, squares, counts = map(list, zip(*used, strict=True))
        adam(
            weights, [w.grad for w in weights], means, squares, [], counts,
            fused=self.fused, foreach=False, amsgrad=False, beta1=beta1,
            beta2=0.999, lr=lr, weight_decay=0.0, eps=1e-8, maximize=False,
        )  # fmt: skip
        self.taken += 1


def one_cycle(step, steps, lr):
    """Return the learning rate and beta1 of a step, counted from 0.

    Up to five steps are all on the way down.
    """
    last = max(steps, 2) - 1
    turn = 0.2 * (last + 1) - 1 if steps > 5 else -1
    if step <= turn:  # a cosine from 0 to 1, then from 1 to 0
        height = (1 - math.cos(math.pi * step / turn)) / 2
        low = lr / 25
    else:
        share = (step - turn) / (last - turn)
        height = (1 + math.cos(math.pi * share)) / 2
        low = lr / 250_000
    return low + height * (lr - low), 0.95 - 0.1 * height
