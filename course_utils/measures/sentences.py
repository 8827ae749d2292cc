"""What counting words, or pairs of words, says of sentences.

Sentences are numbers (N, T) as `Vocabulary.encode` makes them: 1 starts, 2
ends, 0 fills up, words are above 3. The baselines of sentence codes.
"""

import gzip
import lzma

import torch

from course_utils.models import reparameterize, unit_kl
from course_utils.models.sentences import sentence_loss

PAD, START, END, UNKNOWN = range(4)


def word_counts(x, size):
    """How often each word stands in a sentence: (N, T) -> (N, size - 4).

    size: of the vocabulary. Order is lost; special tokens are left out.
    Raises ValueError for numbers that the vocabulary does not have.
    """
    _check(x, size)
    ones = torch.ones(x.shape)
    return torch.zeros(len(x), size).scatter_add(1, x, ones)[:, UNKNOWN + 1 :]


def scramble(x, seed=0):
    """Sentences with their words in random order, (N, T) -> the same shape.

    Start, end and padding stay. The same seed gives the same orders.
    """
    _check(x)
    generator = torch.Generator().manual_seed(seed)
    mixed = x.clone()
    for row in mixed:
        words = row[row > END]
        order = torch.randperm(len(words), generator=generator)
        row[1 : len(words) + 1] = words[order]
    return mixed


def known_runs(x, train, length=2):
    """Share of the runs of words in each sentence that training has: (N,).

    length: of a run, 2 for pairs; start and end count as words, what comes
    after the end does not. Raises ValueError if no run fits.
    """
    _check(x), _check(train)
    if not len(x) or not len(train):
        raise ValueError("there is no sentence to look at")
    if not 1 < length <= min(x.shape[1], train.shape[1]):
        raise ValueError(
            f"length must be from 2 to the {x.shape[1]} places of a "
            f"sentence; got {length}"
        )
    size = int(max(x.max(), train.max())) + 1
    runs, real = _runs(train, length, size)
    known = runs[real].unique()
    runs, real = _runs(x, length, size)
    hits = (torch.isin(runs, known) & real).sum(dim=1)
    return hits / real.sum(dim=1).clamp(min=1)


class WordPairs:
    """A language model that counts which word follows which.

    x: the training sentences (N, T); size: of the vocabulary. A word that
    was never seen after another gets a share by how frequent it is.
    """

    def __init__(self, x, size, smoothing=1.0):
        _check(x, size)
        if not smoothing > 0:
            raise ValueError(f"smoothing must be above 0; got {smoothing}")
        pairs, real = _runs(x, 2, size)
        counts = pairs[real].bincount(minlength=size * size)
        counts = counts.view(size, size).float()
        usual = counts.sum(dim=0) + 0.1
        usual /= usual.sum()
        of_each = counts.sum(dim=1, keepdim=True)
        self.follows = (counts + smoothing * usual) / (of_each + smoothing)

    def bits(self, x):
        """The −log2 probability of each sentence, end included: (N,)."""
        _check(x, len(self.follows))
        bits = -self.follows[x[:, :-1], x[:, 1:]].log2()
        return (bits * (x[:, 1:] != PAD)).sum(dim=1)

    def draw(self, count, length=12):
        """Draw sentences word by word, without unknown words: (count, T)."""
        if count < 0 or length < 1:
            raise ValueError(
                f"count must be from 0, length from 1; got {count}, {length}"
            )
        follows = self.follows.clone()
        follows[:, [PAD, START, UNKNOWN]] = 0
        word = torch.full((count,), START)
        drawn = [word]
        for _ in range(length - 1):
            word = torch.multinomial(follows[word], 1)[:, 0]
            drawn.append(word)
        return torch.stack(drawn, dim=1)


def packed_bits(train, test):
    """Bits a sentence takes in a file, {way: bits}: lists of words.

    "plain text" counts letters, 8 bits each. gzip and xz have the training
    sentences for free: how much longer does their file get? (gzip looks
    back over 32 kB only, xz over all.)
    """
    if not train or not test:
        raise ValueError("there is no sentence to pack")
    if isinstance(train, str) or isinstance(test, str):
        raise ValueError("sentences must be lists of words, not one text")
    old, new = ("\n".join(map(" ".join, t)).encode() for t in (train, test))
    sizes = {"plain text": len(new)}
    for name, pack in {"gzip": gzip.compress, "xz": lzma.compress}.items():
        sizes[name] = len(pack(old + b"\n" + new)) - len(pack(old))
    return {name: 8 * size / len(test) for name, size in sizes.items()}


def swap_costs(loss, z, x):
    """Nats that another sentence's code costs: a float.

    loss: called as loss(z, x), returns nats (N,). Each sentence gets its
    neighbour's code. Near 0, the decoder does not listen to the code.
    """
    if len(z) != len(x) or len(x) < 2:
        raise ValueError(
            f"one code for each of at least two sentences is wanted; got "
            f"{len(z)} codes and {len(x)} sentences"
        )
    with torch.no_grad():
        return (loss(z.roll(1, dims=0), x) - loss(z, x)).mean().item()


@torch.no_grad()
def code_use(vae, x, seed=0):
    """What a VAE of sentences x (N, T) puts into its code, in nats: a dict.

    vae: with `encode(x) -> mu, log_var` and `step(z, words) -> scores, …`.
    "KL" of the whole code and of its "largest unit", what "another's code
    costs" (`swap_costs`), and "−ELBO"; codes are drawn with the seed.
    """
    _check(x)
    torch.manual_seed(seed)
    mu, log_var = vae.encode(x)
    z = reparameterize(mu, log_var)
    kl = unit_kl(mu, log_var).mean(dim=0)

    def nats(z, x):
        return sentence_loss(vae.step(z, x[:, :-1])[0], x)

    return {
        "KL": kl.sum().item(),
        "largest unit": kl.max().item(),
        "another's code costs": swap_costs(nats, z, x),
        "−ELBO": (nats(z, x).mean() + kl.sum()).item(),
    }


def _runs(x, length, size):
    """Number each run of words; say whether it ends within the sentence."""
    windows = x.unfold(1, length, 1)
    powers = size ** torch.arange(length - 1, -1, -1)
    ended = ((x == END).cumsum(dim=1) - (x == END).int()) > 0
    real = ~ended & (x != PAD)
    return (windows * powers).sum(dim=2), real[:, length - 1 :]


def _check(x, size=None):
    if not torch.is_tensor(x) or x.ndim != 2 or x.is_floating_point():
        shape = tuple(x.shape) if torch.is_tensor(x) else type(x).__name__
        raise ValueError(
            f"sentences must be whole numbers (N, T); got {shape}"
        )
    if x.numel() and x.min() < 0:
        raise ValueError(f"words are numbers from 0; got {int(x.min())}")
    if size is not None and x.numel() and int(x.max()) >= size:
        raise ValueError(
            f"word {int(x.max())} is not in a vocabulary of {size}"
        )
