"""Does each cause have a unit of its own? Measured on made worlds."""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from course_utils.datasets import made_world
from course_utils.measures.codes import mutual_information
from course_utils.models import ManyVAEs, halved, reparameterize
from course_utils.training import fit, predict, set_seed

BINS = 20


def mutual_information_gap(z, causes):
    """MIG of codes (N, Z) for causes (N, K), from 0 to 1 (Chen et al., 2018).

    For each cause: the nats of the unit that tells most about it, less those
    of the second, as a share of all the nats of the cause. Their mean.
    """
    if z.ndim == 2 and z.shape[1] < 2:
        raise ValueError("a gap needs a code of two units or more; got one")
    table = mutual_information(z, causes, BINS)
    best, second = table.topk(2, dim=0).values
    return ((best - second).mean() / torch.tensor(BINS).log()).item()


def mig_at_prices(prices, worlds=24, seed=0):
    """Train a small VAE at each price on each world: {price: list of MIGs}.

    prices: numbers above 0. The worlds are made of disks at random places
    (x and y are the causes), with seeds of their own. One `ManyVAEs` trains
    all; the sum of their losses trains each as if it were alone.
    """
    prices = list(prices)
    if not prices or not all(price > 0 for price in prices):
        raise ValueError(f"prices must be numbers above 0; got {prices}")
    if type(worlds) is not int or worlds < 1:
        raise ValueError(
            f"worlds must be a whole number of at least 1; got {worlds!r}"
        )
    made = [made_world(1600, seed=worlds * seed + i) for i in range(worlds)]
    x = torch.stack([halved(world.images).flatten(1) for world in made], 1)
    x = x.repeat(1, len(prices), 1)  # (N, models, pixels), price by price
    price = torch.tensor(prices).float().repeat_interleave(worlds)

    def loss(model, x):
        logits, mu, log_var = model(x)
        nll = binary_cross_entropy_with_logits(logits, x, reduction="none")
        kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
        each = nll.sum(dim=2) + price.to(x.device) * kl.sum(dim=2)
        return each.sum(dim=1)

    set_seed(seed)
    models = ManyVAEs(x.shape[1], x.shape[2])
    fit(models, x, loss, epochs=12, batch_size=32, lr=1e-2, seed=seed)
    z = predict(lambda x: reparameterize(*models.encode(x)), x)
    found = [
        mutual_information_gap(z[:, i], made[i % worlds].causes)
        for i in range(x.shape[1])
    ]
    return {
        price: found[i * worlds : (i + 1) * worlds]
        for i, price in enumerate(prices)
    }


def dci(z, causes):
    """Disentanglement and completeness of codes (N, Z), each from 0 to 1.

    A regressor reads each of the causes (N, K) off the code; how much it
    uses each unit makes a table (Z, K). A row that names one cause is
    disentangled, a column that names one unit is complete: 1 less their
    entropy, as a share of the largest (Eastwood and Williams, 2018). Rows
    are weighted by how much their unit is used.
    """
    from sklearn.ensemble import ExtraTreesRegressor  # slow to import

    if z.ndim != 2 or causes.ndim != 2 or len(z) != len(causes):
        raise ValueError(
            "dci wants codes (N, Z) and causes (N, K); got "
            f"{tuple(z.shape)} and {tuple(causes.shape)}"
        )
    if min(z.shape[1], causes.shape[1]) < 2:
        raise ValueError("dci needs two units and two causes or more")
    trees = ExtraTreesRegressor(30, max_depth=8, random_state=0)
    uses = [trees.fit(z, cause).feature_importances_ for cause in causes.T]
    table = torch.stack([torch.tensor(use) for use in uses], dim=1) + 1e-9
    row, column = (table / table.sum(d, keepdim=True) for d in (1, 0))
    rows = 1 + row.xlogy(row).sum(1) / math.log(table.shape[1])
    columns = 1 + column.xlogy(column).sum(0) / math.log(len(table))
    weight = table.sum(1) / table.sum()
    return (weight * rows).sum().item(), columns.mean().item()
