"""Autoencoders of sentences, as lesson 08 writes them.

Sentences x are numbers (B, T): start, words, end, padding. Each model has
`encode(x) -> z (B, Z)`, `logits(z, x) -> (B, T - 1, V)`, scores of what
stands at places 1 to T - 1, and `decode(z) -> (B, T)`, free-running.
"""

import torch
from torch import nn

PAD, START = 0, 1


class TransformerAutoencoder(nn.Module):
    """All words at once, in and out: 2 + 2 layers of attention.

    Decoding in parallel follows Zhang et al. (2017), attention Vaswani et
    al. (2017). `length` is T, `size` the vocabulary's.
    """

    def __init__(self, size, length, latent_dim=128, width=128):
        super().__init__()
        self.words = nn.Embedding(size, width)
        self.places = nn.Parameter(torch.randn(length, width) / width**0.5)
        self.reader, self.writer = stack(width), stack(width)
        self.to_code = nn.Linear(width, latent_dim)
        self.from_code = nn.Linear(latent_dim, width)
        nn.init.normal_(self.words.weight, std=width**-0.5)

    def encode(self, x):
        """Sentences (B, T) -> codes (B, Z); padding is not looked at."""
        h = self.reader(
            self.words(x) + self.places, src_key_padding_mask=x == PAD
        )
        return self.to_code(masked_mean(h, x))

    def logits(self, z, x=None):
        """Codes (B, Z) -> scores (B, T - 1, V), all places at once."""
        h = self.writer(self.from_code(z)[:, None] + self.places[1:])
        return h @ self.words.weight.T

    def decode(self, z):
        """Codes (B, Z) -> sentences (B, T), the best word at each place."""
        best = self.logits(z).argmax(dim=2)
        return nn.functional.pad(best, (1, 0), value=START)


class LSTMAutoencoder(nn.Module):
    """Word by word, in and out (Sutskever, Vinyals and Le, 2014)."""

    def __init__(self, size, length, latent_dim=128, width=128, hidden=256):
        super().__init__()
        self.length = length
        self.words = nn.Embedding(size, width)
        self.reader = nn.LSTM(width, hidden, batch_first=True)
        self.writer = nn.LSTM(width + latent_dim, hidden, batch_first=True)
        self.to_code = nn.Linear(hidden, latent_dim)
        self.to_word = nn.Linear(hidden, width)
        nn.init.normal_(self.words.weight, std=width**-0.5)

    def encode(self, x):
        """Sentences (B, T) -> codes (B, Z): the state after the last word."""
        h, _ = self.reader(self.words(x))
        last = (x != PAD).sum(dim=1) - 1
        return self.to_code(h[torch.arange(len(x)), last])

    def logits(self, z, x):
        """Score places 1 to T - 1, each told the true words before it."""
        return self.step(z, x[:, :-1])[0]

    def step(self, z, words, state=None):
        """Read words (B, S) beside the code -> scores (B, S, V), state."""
        code = z[:, None].expand(-1, words.shape[1], -1)
        h, state = self.writer(torch.cat([self.words(words), code], 2), state)
        return self.to_word(h) @ self.words.weight.T, state

    def decode(self, z):
        """Codes (B, Z) -> sentences (B, T), each told its own words."""
        word = torch.full((len(z), 1), START, device=z.device)
        written, state = [word], None
        for _ in range(self.length - 1):
            scores, state = self.step(z, word, state)
            word = scores.argmax(dim=2)
            written.append(word)
        return torch.cat(written, dim=1)


def stack(width, layers=2, heads=4):
    """Return layers of self-attention, (B, T, width) -> the same."""
    layer = nn.TransformerEncoderLayer(
        width, heads, 2 * width, dropout=0.0, batch_first=True,
        norm_first=True,
    )  # fmt: skip
    return nn.TransformerEncoder(
        layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False
    )


def masked_mean(h, x):
    """Mean of h (B, T, D) over the places where x (B, T) is no padding."""
    keep = (x != PAD)[:, :, None]
    return (h * keep).sum(dim=1) / keep.sum(dim=1)


def token_loss(model, x):
    """Cross-entropy in nats, summed over words and end, not padding: (B,)."""
    scores, y = model.logits(model.encode(x), x), x[:, 1:]
    nats = nn.functional.cross_entropy(
        scores.flatten(0, 1), y.flatten(), ignore_index=PAD, reduction="none"
    )
    return nats.view(y.shape).sum(dim=1)
