"""Attention, a block of a Transformer and a network that fills in blanks.

Sentences x are numbers (B, T): start, words, end, padding. A state is what
the network knows at one position: h has shape (B, T, W).
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

PAD, END, UNKNOWN = 0, 2, 3  # the unknown word serves as the blank


def attention_weights(q, k, keep):
    """Who hears whom: queries, keys (B, T, D), keep (B, T) -> (B, T, T).

    Row i holds the weights of query i: they are positive and add up to 1
    over the keys that are kept; the others get 0. A sentence that keeps
    nothing gives NaN.
    """
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return scores.masked_fill(~keep[:, None, :], -torch.inf).softmax(dim=-1)


def masked_attention(q, k, v, keep):
    """Averages of the values that are kept: (B, T, D) thrice, (B, T) -> same.

    The average of query i weighs value j by how well key j fits (Vaswani and
    others, 2017).
    """
    return attention_weights(q, k, keep) @ v


class Block(nn.Module):
    """Attend to all positions, then think at each: (B, T, W) -> the same.

    heads: how many attentions side by side, each on W / heads numbers.
    attend: the function (q, k, v, keep) that each head uses. The norms come
    first, which trains more easily (Xiong and others, 2020).
    """

    def __init__(self, width, heads=4, attend=masked_attention):
        super().__init__()
        if width % heads:
            raise ValueError(
                f"{width} numbers do not split into {heads} heads"
            )
        self.heads, self.attend = heads, attend
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_qkv = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x, keep):
        """States (B, T, W), kept positions (B, T) -> new states."""
        x = x + self.hear(self.norm1(x), keep)
        return x + self.feed_forward(self.norm2(x))

    def hear(self, x, keep):
        """Attention of all heads, joined: (B, T, W), (B, T) -> (B, T, W)."""
        q, k, v = self.split(x)  # (B · heads, T, W / heads) each
        keep = keep.repeat_interleave(self.heads, dim=0)
        heard = self.attend(q, k, v, keep).unflatten(0, (-1, self.heads))
        return self.join(heard.transpose(1, 2).flatten(2))

    def split(self, x):
        """Queries, keys, values of all heads: each (B · heads, T, D)."""
        return [
            part.unflatten(2, (self.heads, -1)).transpose(1, 2).flatten(0, 1)
            for part in self.to_qkv(x).chunk(3, dim=2)
        ]

    def weights(self, x, keep):
        """Who hears whom in each head: (B, heads, T, T)."""
        q, k, _ = self.split(self.norm1(x))
        keep = keep.repeat_interleave(self.heads, dim=0)
        return attention_weights(q, k, keep).unflatten(0, (-1, self.heads))


class BlankFiller(nn.Module):
    """A Transformer that says which word stands at each position.

    Called with sentences (B, T), some words blanked out, it gives scores (B,
    T, V). It has no code: its inside is a state for each position (Devlin
    and others, 2018). size: of the vocabulary; length: T; block: its class.
    """

    def __init__(
        self,
        size,
        length,
        width=64,
        layers=2,
        heads=4,
        attend=masked_attention,
        block=Block,
    ):
        super().__init__()
        self.words = nn.Embedding(size, width)
        self.positions = nn.Parameter(0.1 * torch.randn(length, width))
        self.blocks = nn.ModuleList(
            block(width, heads, attend) for _ in range(layers)
        )
        self.norm, self.guess = nn.LayerNorm(width), nn.Linear(width, width)
        nn.init.normal_(self.words.weight, std=width**-0.5)

    def forward(self, x):
        """Sentences with blanks (B, T) -> scores (B, T, V)."""
        return self.finish(self.states(x), x)

    def states(self, x, depth=None):
        """States after `depth` blocks, all by default: (B, T) -> (B, T, W).

        depth 0: the words' vectors with their positions.
        """
        h = 3 * self.words(x) + self.positions[: x.shape[1]]
        for block in self.blocks[:depth]:
            h = block(h, x != PAD)
        return h

    def finish(self, h, x, depth=None):
        """Scores (B, T, V) from states h after `depth` blocks.

        `finish(states(x, depth), x, depth)` is `forward(x)`. Change the states
        in between to see what they are good for.
        """
        depth = len(self.blocks) if depth is None else depth
        for block in self.blocks[depth:]:
            h = block(h, x != PAD)
        return self.guess(self.norm(h)) @ self.words.weight.T

    def sentence(self, x):
        """One vector a sentence, the mean of its states: (B, T) -> (B, W)."""
        keep = (x != PAD)[:, :, None]
        return (self.norm(self.states(x)) * keep).sum(1) / keep.sum(1)

    def weights(self, x):
        """Who hears whom: (B, T) -> (blocks, B, heads, T, T)."""
        return torch.stack(
            [
                block.weights(self.states(x, depth), x != PAD)
                for depth, block in enumerate(self.blocks)
            ]
        )


def blank_out(x, share):
    """Blank out a share of the words: (B, T) -> blanked (B, T), where (B, T).

    Start, end, padding and unknown words stay. The draw is torch's.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1]; got {share}")
    hidden = (torch.rand(x.shape, device=x.device) < share) & (x > UNKNOWN)
    return x.masked_fill(hidden, UNKNOWN), hidden


def blank_loss(model, x, share=0.3):
    """Cross-entropy in nats of the blanked words, summed: (B, T) -> (B,)."""
    blanked, hidden = blank_out(x, share)
    scores = model(blanked).transpose(1, 2)  # (B, V, T)
    return (cross_entropy(scores, x, reduction="none") * hidden).sum(dim=1)


class Copier(nn.Module):
    """Read n signs, then n blanks; score the signs at the blanks.

    signs (B, n) -> scores (B, n, 8). kind: "LSTM" or "attention", one layer
    of `width` numbers, with learnt positions for both.
    """

    def __init__(self, kind, length, width=32):
        super().__init__()
        if kind not in ("LSTM", "attention"):
            raise ValueError(f"kind is 'LSTM' or 'attention'; got {kind!r}")
        self.signs, self.name = nn.Embedding(9, width), nn.Linear(width, 8)
        self.positions = nn.Parameter(torch.randn(2 * length, width))
        lstm = nn.LSTM(width, width, batch_first=True)
        self.net = lstm if kind == "LSTM" else Block(width)

    def forward(self, x):
        """Signs (B, n) -> scores at the blanks (B, n, 8)."""
        h, keep = self.states(x)
        is_lstm = isinstance(self.net, nn.LSTM)
        h = self.net(h)[0] if is_lstm else self.net(h, keep)
        return self.name(h[:, x.shape[1] :])

    def states(self, x):
        """What goes into the layer: (B, 2n, W), and where: (B, 2n)."""
        x = torch.cat([x, torch.full_like(x, 8)], dim=1)  # 8 is the blank
        return self.signs(x) + self.positions, x >= 0
