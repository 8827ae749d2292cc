"""Autoencoders of sentences, as lesson 14 writes them.

Sentences x are numbers (B, T): start, words, end, padding. Each model has
`encode(x) -> z (B, Z)`, `logits(z, x) -> (B, T - 1, V)`, scores of what
stands at places 1 to T - 1, and `decode(z) -> (B, T)`, free-running. `size`
is the vocabulary's, `length` is T.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, pad

PAD, START, END, UNKNOWN = range(4)


class TransformerAutoencoder(nn.Module):
    """All words at once, in and out.

    The code becomes one vector for each place; attention lets the places
    agree on their words (parallel decoding: Zhang and others, 2017; the
    layers: Vaswani and others, 2017).
    """

    def __init__(self, size, length, latent_dim=128, width=64, layers=2):
        super().__init__()
        self.words = nn.Embedding(size, width)
        self.positions = nn.Parameter(torch.randn(length, width) * width**-0.5)
        self.encoder = transformer_layers(width, layers)
        self.to_code = nn.Linear(length * width, latent_dim)
        self.from_code = nn.Linear(latent_dim, (length - 1) * width)
        self.decoder = transformer_layers(width, layers)
        nn.init.normal_(self.words.weight, std=width**-0.5)

    def encode(self, x):
        """Sentences (B, T) -> codes (B, Z)."""
        h = self.words(x) + self.positions
        h = self.encoder(h, src_key_padding_mask=x == PAD)
        return self.to_code((h * (x != PAD)[:, :, None]).flatten(1))

    def logits(self, z, x=None):
        """Score places 1 to T - 1 from the code alone."""
        h = self.from_code(z).unflatten(1, (-1, self.positions.shape[1]))
        return self.decoder(h + self.positions[1:]) @ self.words.weight.T

    def decode(self, z):
        """Codes (B, Z) -> sentences (B, T)."""
        return pad(self.logits(z).argmax(dim=2), (1, 0), value=START)


def transformer_layers(width, layers=2, heads=4):
    """Layers of self-attention, (B, T, width) -> the same."""
    layer = nn.TransformerEncoderLayer(
        width, heads, 2 * width, 0.0, batch_first=True, norm_first=True
    )
    norm = nn.LayerNorm(width)
    return nn.TransformerEncoder(layer, layers, norm, False)


class LSTMAutoencoder(nn.Module):
    """Word by word, in and out (Sutskever, Vinyals and Le, 2014)."""

    def __init__(self, size, length, latent_dim=128, width=64, hidden=192):
        super().__init__()
        self.length = length
        self.words = nn.Embedding(size, width)
        self.reader = nn.LSTM(width, hidden, batch_first=True)
        self.to_code = nn.Linear(hidden, latent_dim)
        self.writer = nn.LSTM(width + latent_dim, hidden, batch_first=True)
        self.to_word = nn.Linear(hidden, width)
        nn.init.normal_(self.words.weight, std=width**-0.5)

    def read(self, x):
        """Sentences (B, T) -> the mean of the states (B, hidden)."""
        return masked_mean(self.reader(self.words(x))[0], x)

    def encode(self, x):
        """Sentences (B, T) -> codes (B, Z)."""
        return self.to_code(self.read(x))

    def step(self, z, words, state=None):
        """Read words (B, S) beside the code -> scores (B, S, V), state."""
        code = z[:, None].expand(-1, words.shape[1], -1)
        h, state = self.writer(torch.cat([self.words(words), code], 2), state)
        return self.to_word(h) @ self.words.weight.T, state

    def logits(self, z, x):
        """Score places 1 to T - 1, each told the true words before it."""
        return self.step(z, x[:, :-1])[0]

    def decode(self, z, forbid=()):
        """Codes (B, Z) -> sentences (B, T), each told its own words.

        forbid: numbers that are never written.
        """
        word = torch.full((len(z), 1), START, device=z.device)
        written, state = [word], None
        for _ in range(self.length - 1):
            scores, state = self.step(z, word, state)
            scores[:, :, list(forbid)] = -torch.inf
            word = scores.argmax(dim=2)
            written.append(word)
        return torch.cat(written, dim=1)


class TextVAE(nn.Module):
    """A VAE of sentences with recurrent halves (Bowman and others, 2016).

    `encode(x) -> (mu, log_var)`, each (B, Z). At each place the decoder sees
    the code and the word before.
    """

    def __init__(self, size, latent_dim=16, width=32, hidden=64):
        super().__init__()
        self.words = nn.Embedding(size, width)
        self.encoder = nn.GRU(width, hidden, batch_first=True)
        self.to_posterior = nn.Linear(hidden, 2 * latent_dim)
        self.decoder = nn.GRU(width + latent_dim, hidden, batch_first=True)
        self.to_scores = nn.Linear(hidden, size)

    def encode(self, x):
        """Sentences (B, T) -> mu and log_var, each (B, Z)."""
        h = masked_mean(self.encoder(self.words(x))[0], x)
        return self.to_posterior(h).chunk(2, dim=1)

    def step(self, z, words, state=None):
        """Codes (B, Z), words so far (B, T) -> scores (B, T, V), state."""
        z = z[:, None].expand(-1, words.shape[1], -1)
        told = torch.cat([self.words(words), z], dim=2)
        h, state = self.decoder(told, state)
        return self.to_scores(h), state

    @torch.no_grad()
    def write(self, z, choose, length=12):
        """Codes (N, Z) -> sentences (N, length), word by word.

        choose: turns scores (N, V) into words (N,). What is no word has the
        score −inf. Raises ValueError if the codes or the words do not fit.
        """
        wanted = self.to_posterior.out_features // 2
        if z.ndim != 2 or z.shape[1] != wanted:
            raise ValueError(
                f"codes must be (N, {wanted}); got {tuple(z.shape)}"
            )
        word = torch.full((len(z), 1), START, device=z.device)
        written, state = [word], None
        for _ in range(length - 1):
            scores, state = self.step(z, word, state)
            scores[:, -1, [PAD, START, UNKNOWN]] = -torch.inf
            word = torch.as_tensor(choose(scores[:, -1]))
            if word.shape != (len(z),) or word.is_floating_point():
                raise ValueError(
                    f"choose must return {len(z)} whole numbers (N,); got "
                    f"{word.dtype} of shape {tuple(word.shape)}"
                )
            word = word[:, None]
            written.append(word)
        return torch.cat(written, dim=1)


class ParallelDecoder(nn.Module):
    """All words at once: codes (B, Z) -> vectors (B, T - 1, width).

    The code becomes one vector for each place after the start; attention
    lets the places agree on their words.
    """

    def __init__(self, length, latent_dim=128, width=64, layers=1):
        super().__init__()
        self.from_code = nn.Linear(latent_dim, (length - 1) * width)
        self.positions = nn.Parameter(torch.randn(length - 1, width))
        self.layers = transformer_layers(width, layers)

    def forward(self, z):
        """Codes (B, Z) -> vectors (B, T - 1, width)."""
        h = self.from_code(z).unflatten(1, self.positions.shape)
        return self.layers(h + self.positions)


class LSTMDecoder(nn.Module):
    """Word by word: codes and vectors of told words -> vectors, state.

    The code makes the LSTM's first state, and one vector for each place
    after the start, as in `ParallelDecoder`. At each place the LSTM is given
    this vector and the word before, and adds what it makes of them.
    """

    def __init__(self, length, latent_dim=128, width=64, hidden=192):
        super().__init__()
        self.from_code = nn.Linear(latent_dim, (length - 1) * width)
        self.first = nn.Linear(latent_dim, hidden)
        self.lstm = remembering_lstm(2 * width, hidden)
        self.to_word = nn.Linear(hidden, width)

    def forward(self, z, told, state=None):
        """Codes (B, Z), told words (B, S, width) -> (B, S, width), state.

        state: where the last call stopped; without it, at the start.
        """
        if state is None:
            h = self.first(z).tanh()[None]
            state = (h, torch.zeros_like(h)), 0
        memory, begin = state
        end = begin + told.shape[1]
        places = self.from_code(z).unflatten(1, (-1, told.shape[2]))
        here = places[:, begin:end]
        h, memory = self.lstm(torch.cat([told, here], dim=2), memory)
        return self.to_word(h) + here, (memory, end)


def remembering_lstm(inputs, hidden):
    """Return an LSTM (B, T, inputs) -> (B, T, hidden) that remembers.

    Its forget gates begin nearly open: with a bias of 1, not of 0
    (Jozefowicz, Zaremba and Sutskever, 2015).
    """
    lstm = nn.LSTM(inputs, hidden, batch_first=True)
    with torch.no_grad():
        lstm.bias_ih_l0[hidden : 2 * hidden] += 1
    return lstm


def last_state(states, x):
    """States (B, T, D), sentences (B, T) -> the state at the end (B, D)."""
    last = (x != PAD).sum(dim=1) - 1
    return states[torch.arange(len(x), device=x.device), last]


def masked_mean(h, x):
    """Mean of h (B, T, D) over the places where x (B, T) is no padding."""
    keep = (x != PAD)[:, :, None]
    return (h * keep).sum(dim=1) / keep.sum(dim=1)


def sentence_loss(scores, x):
    """Cross-entropy in nats, summed over words and end, not padding: (B,).

    scores: (B, T - 1, V), what stands at places 1 to T - 1 of x (B, T).
    """
    y = x[:, 1:]
    nats = cross_entropy(
        scores.flatten(0, 1), y.flatten(), ignore_index=PAD, reduction="none"
    )
    return nats.view(y.shape).sum(dim=1)
