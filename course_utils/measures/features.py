"""Which features a network has: a toy, a known truth, and planted facts."""

import torch

from course_utils.datasets.grammar import BANK
from course_utils.models.attention import PAD
from course_utils.training import predict

SMALLEST, THRESHOLDS = 1e-9, 20


def superposition(chances, features=5, width=2, steps=2000, seed=0):
    """Train a toy for each chance that a feature is on: (P, features, width).

    Row i of a toy is where it puts feature i. Features are 0, or uniform
    between 0 and 1; each counts 0.9 times as much as the one before. The copy
    of x is ReLU(x W Wᵀ + b) (Elhage and others, 2022).
    """
    chances = torch.as_tensor(chances).float()
    if chances.ndim != 1 or not ((chances > 0) & (chances <= 1)).all():
        raise ValueError(
            f"chances must be a list of numbers in (0, 1]; got {chances}"
        )
    draw = torch.Generator().manual_seed(seed)
    count = len(chances)
    w = 0.3 * torch.randn(count, features, width, generator=draw)
    b = torch.zeros(count, 1, features)
    w.requires_grad_(), b.requires_grad_()
    optimizer = torch.optim.Adam([w, b], lr=1e-2)
    weight = 0.9 ** torch.arange(features)
    for _ in range(steps):
        x = torch.rand(count, 512, features, generator=draw)
        on = torch.rand(x.shape, generator=draw) < chances[:, None, None]
        x = x * on
        copy = (x @ w @ w.mT + b).relu()
        loss = (weight * (copy - x).square()).mean(dim=(1, 2)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return w.detach()


def features_found(directions, truth, least=0.9) -> float:
    """Share of true features that a direction points along, either way.

    directions (M, W), truth (F, W), of any length. Found: the largest cosine
    with a direction is above `least`.
    """
    return (_largest_cosine(directions, truth) > least).float().mean().item()


def _largest_cosine(directions, truth):
    if directions.ndim != 2 or directions.shape[1:] != truth.shape[1:]:
        raise ValueError(
            "directions (M, W) and truth (F, W) are wanted; got "
            f"{tuple(directions.shape)} and {tuple(truth.shape)}"
        )
    a, b = (
        rows / rows.norm(dim=1, keepdim=True).clamp(min=SMALLEST)
        for rows in (truth, directions)
    )
    return (a @ b.T).abs().amax(dim=1)


def planted_facts(sentences, facts):
    """What is true of sentences of the grammar: {name: (N,) bool}.

    sentences: lists of words; facts: theirs, as in `Sentences`.
    """
    asked = {
        "many": lambda words, said: said["number"] not in ("one", ""),
        "bank: a river": lambda words, said: (
            "bank" in words and said["where"] == "river"
        ),
        "bank: money": lambda words, said: (
            "bank" in words and said["what"] in BANK["bank"][0]
        ),
        "orange: a colour": lambda words, said: said["colour"] == "orange",
        "orange: a fruit": lambda words, said: "orange" in said["what"],
    }
    for who in "man", "woman", "girl", "dog":
        asked[who] = lambda words, said, who=who: said["who"] == who
    asked["red"] = lambda words, said: said["colour"] == "red"
    pairs = list(zip(sentences, facts, strict=True))
    return {
        name: torch.tensor([bool(ask(*pair)) for pair in pairs])
        for name, ask in asked.items()
    }


def sentence_values(function, x):
    """The largest value in each sentence: x (N, T) -> (N, M).

    function: sentences (B, T) -> values at each position (B, T, M), called
    by `predict`. Padding does not count.
    """

    def largest(x):
        values = function(x)
        return values.masked_fill((x == PAD)[..., None], -torch.inf).amax(1)

    # `predict` looks for the model in what it is given.
    return predict(largest, x)


def best_f1(values, facts, new_values, new_facts):
    """F1 on new sentences of the best column for each fact: {name: F1}.

    values (N, M), new_values (K, M); facts {name: (N,) bool}. For each fact
    the column, and the threshold above which it counts as true, are those
    that do best on the first ones. F1 is 2 · right alarms / (alarms + true).
    """
    shares = torch.linspace(0.02, 0.98, THRESHOLDS)
    edges = values.quantile(shares, dim=0)  # (thresholds, M)
    found = {}
    for name, fact in facts.items():
        scores = torch.stack([_f1(values > edge, fact) for edge in edges])
        place = divmod(scores.argmax().item(), values.shape[1])
        fires = new_values[:, [place[1]]] > edges[place]
        found[name] = _f1(fires, new_facts[name]).item()
    return found


def _f1(fires, fact):
    fires, fact = fires.float(), fact.float()
    return 2 * (fact @ fires) / (fires.sum(dim=0) + fact.sum()).clamp(min=1)
