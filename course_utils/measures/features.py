"""Which features a network has: a toy, a known truth, and planted facts."""

import torch

from course_utils.datasets.captions import START
from course_utils.datasets.grammar import BANK
from course_utils.measures.sentences import word_counts
from course_utils.models.attention import END, PAD
from course_utils.models.dictionary import (
    SparseAutoencoder,
    dictionary_loss,
    sparse_code,
)
from course_utils.training import fit, set_seed

SMALLEST, THRESHOLDS = 1e-9, 20
TOY_STEPS, TOY_BATCH, TOY_LR = 1500, 128, 1e-2


def superposition(chances, features=5, width=2, starts=6, seed=0):
    """Train toys for each chance that a feature is on: (P, features, width).

    Row i of a toy is where it puts feature i. Features are 0, or uniform
    between 0 and 1; each counts 0.9 times as much as the one before. The copy
    of x is ReLU(x W Wᵀ + b) (Elhage and others, 2022). Of some random starts
    the one with the smallest loss is kept.
    """
    chances = torch.as_tensor(chances).float()
    if chances.ndim != 1 or not ((chances > 0) & (chances <= 1)).all():
        raise ValueError(
            f"chances must be a list of numbers in (0, 1]; got {chances}"
        )
    draw = torch.Generator().manual_seed(seed)
    shape = len(chances), starts, features
    w = 0.3 * torch.randn(*shape, width, generator=draw)
    b = torch.zeros(*shape)
    w.requires_grad_(), b.requires_grad_()
    optimizer = torch.optim.Adam([w, b], lr=TOY_LR)
    weight = 0.9 ** torch.arange(features)
    lately = torch.zeros(shape[:2])
    for step in range(TOY_STEPS):
        x = torch.rand(len(chances), 1, TOY_BATCH, features, generator=draw)
        on = torch.rand(x.shape, generator=draw)
        x = x * (on < chances[:, None, None, None])
        copy = (x @ w @ w.mT + b[:, :, None]).relu()
        losses = (weight * (copy - x).square()).mean(dim=(2, 3))
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        if step >= 0.8 * TOY_STEPS:
            lately += losses.detach()
    best = lately.argmin(dim=1)
    return w.detach()[torch.arange(len(chances)), best]


def train_dictionary(
    h, latents, k=None, l1=0.0, epochs=5, seed=0, code=sparse_code
):
    """Train a `SparseAutoencoder` on states (N, W) and return it.

    Its bias starts at the states' mean. About 140 batches make an epoch.
    """
    set_seed(seed)
    model = SparseAutoencoder(h.shape[1], latents, k, l1, code)
    with torch.no_grad():
        model.bias.copy_(h.mean(dim=0))
    options = {"epochs": epochs, "batch_size": max(64, len(h) // 140)}
    options |= {"lr": 1e-2, "seed": seed, "device": "cpu"}
    fit(model, h, dictionary_loss, **options)
    return model.requires_grad_(False)


def features_found(directions, truth, least=0.9) -> float:
    """Share of true features that a direction points along, either way.

    directions (M, W), truth (F, W), of any length. Found: the largest cosine
    with a direction is above `least`.
    """
    return (_largest_cosine(directions, truth) > least).float().mean().item()


def copy_report(model, h):
    """How a dictionary copies states (N, W): {what: a number}.

    "error": of the copies, as a share of the states' squares. "active":
    latents above 0 for a state, the mean. "best factor": by what the copies
    should be multiplied to be nearest; above 1 they are too short.
    """
    z, copy = model.encode(h), model(h)
    return {
        "error": ((copy - h).square().sum() / h.square().sum()).item(),
        "active": (z > 0).sum(dim=-1).float().mean().item(),
        "best factor": ((copy * h).sum() / copy.square().sum()).item(),
    }


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


@torch.no_grad()
def sentence_values(function, x):
    """The largest value in each sentence: x (N, T) -> (N, M).

    function: sentences (B, T) -> values at each position (B, T, M). Padding
    does not count.
    """
    parts = []
    for part in x.split(1000):
        pad = (part == PAD)[..., None]
        parts.append(function(part).masked_fill(pad, -torch.inf).amax(1))
    return torch.cat(parts)


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


def probe_values(values, facts, new_values):
    """A supervised probe's values, a column for each fact: (N, F), (K, F).

    Least squares: the direction in values (N, M) that is nearest to each
    fact, learnt from their labels {name: (N,) bool}.
    """
    said = torch.stack(list(facts.values()), dim=1).float()
    mean = values.mean(dim=0)
    weights = torch.linalg.lstsq(values - mean, said - said.mean(dim=0))
    weights = weights.solution
    return (values - mean) @ weights, (new_values - mean) @ weights


def name_contest(states, book, train, held, size, seed=0):
    """F1 of facts, by who reads them off states: {reader: {fact: F1}}.

    states: sentences (B, T) -> (B, T, W); book: a `SparseAutoencoder` of
    them. train, held: (x (N, T), facts). size: of the vocabulary. Random
    directions are as many as latents; neurons and directions are read with
    either sign. Each reader has its `best_f1`; the probe reads the mean
    state and is told the facts, the others look for one column each.
    """
    (x, facts), (new, new_facts) = train, held
    h = states(x)[x != PAD]
    components = torch.linalg.svd(h - h.mean(dim=0), full_matrices=False).Vh
    draw = torch.Generator().manual_seed(seed)
    rows = {
        "a neuron": torch.eye(h.shape[1]),
        "a PCA direction": components,
        "a random one": torch.randn(
            len(book.decoder), h.shape[1], generator=draw
        ),
    }
    readers = {"a latent": lambda x: book.encode(states(x))} | {
        name: lambda x, part=part: _both_ways(states(x) @ part.T)
        for name, part in rows.items()
    }
    values = {
        name: (sentence_values(read, x), sentence_values(read, new))
        for name, read in readers.items()
    }
    values["a word"] = [word_counts(part, size).float() for part in (x, new)]
    values["the probe"] = probe_values(
        mean_states(states, x), facts, mean_states(states, new)
    )
    return {
        name: best_f1(seen, facts, other, new_facts)
        for name, (seen, other) in values.items()
    }


def _both_ways(values):
    return torch.cat([values, -values], dim=-1)


@torch.no_grad()
def mean_states(states, x):
    """The mean of each sentence's states: x (N, T) -> (N, W)."""
    seen = (x != PAD)[:, :, None]
    return (states(x) * seen).sum(dim=1) / seen.sum(dim=1)


def top_sentences(values, x, vocabulary, count=3):
    """Sentences where one column is largest, [that word] in brackets.

    values (N, T): of a latent at each position; x (N, T). Each sentence
    stands with the position where it is largest; no word is shown twice.
    """
    values = values.masked_fill(x == PAD, -torch.inf)
    largest, places = values.max(dim=1)
    shown = {}
    for row in largest.argsort(descending=True).tolist():
        if largest[row] <= 0 or len(shown) == count:
            break
        ids, place = x[row], places[row].item()
        word = vocabulary.words[ids[place]]
        words = [
            f"[{word}]" if i == place else vocabulary.words[number]
            for i, number in enumerate(ids.tolist())
            if i == place or number not in (PAD, START, END)
        ]
        shown.setdefault(word, " ".join(words))
    return list(shown.values())


def _f1(fires, fact):
    fires, fact = fires.float(), fact.float()
    return 2 * (fact @ fires) / (fires.sum(dim=0) + fact.sum()).clamp(min=1)
