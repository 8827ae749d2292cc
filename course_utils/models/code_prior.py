"""A causal Transformer over maps of discrete codes, told the class.

It says how probable each code is at a place, given all places before it,
row by row. With that it measures bits and draws new maps (lesson 18).
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

from course_utils.models.images import _check_dims


class CausalBlock(nn.Module):
    """Attend to this place and those before, then think: (B, T, W) -> same.

    With `past`, a list that is filled as one goes, only the newest places
    are given: keys and values of the earlier ones are kept in it.
    """

    def __init__(self, width, heads=4):
        super().__init__()
        _check_dims(width=width, heads=heads)
        if width % heads:
            raise ValueError(
                f"{width} numbers do not split into {heads} heads"
            )
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_qkv = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x, past=None):
        """States (B, T, W) -> new states; with `past` T is 1."""
        q, k, v = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in self.to_qkv(self.norm1(x)).chunk(3, dim=2)
        )  # (B, heads, T, W / heads) each
        if past is not None:
            if past:
                k = torch.cat([past[0], k], dim=2)
                v = torch.cat([past[1], v], dim=2)
            past[:] = k, v
        heard = scaled_dot_product_attention(q, k, v, is_causal=past is None)
        x = x + self.join(heard.transpose(1, 2).flatten(2))
        return x + self.feed_forward(self.norm2(x))


class CodePrior(nn.Module):
    """p(codes | class), one place after another, by a causal Transformer.

    codes: how many there are; shape: rows and columns of a map. What goes
    in at a place: the code to the left of it, the code above it, the place
    and the class.
    """

    def __init__(
        self, codes=128, shape=(7, 7), classes=10, width=64, layers=2, heads=4
    ):
        super().__init__()
        _check_dims(codes=codes, classes=classes, width=width, layers=layers)
        self.shape = tuple(shape)
        self.none = codes  # stands where there is no code yet
        self.before = nn.Embedding(codes + 1, width)
        self.above = nn.Embedding(codes + 1, width)
        self.classes = nn.Embedding(classes, width)
        length = self.shape[0] * self.shape[1]
        self.places = nn.Parameter(0.1 * torch.randn(length, width))
        self.blocks = nn.ModuleList(
            CausalBlock(width, heads) for _ in range(layers)
        )
        self.norm, self.guess = nn.LayerNorm(width), nn.Linear(width, codes)
        for table in (self.before, self.above, self.classes):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, codes, y):
        """Maps (B, H, W), classes (B,) -> scores (B, H · W, codes).

        The scores at a place do not depend on its own code or later ones.
        """
        codes, y = self._checked(codes, y)
        h = self._given(codes) + self.classes(y)[:, None] + self.places
        for block in self.blocks:
            h = block(h)
        return self.guess(self.norm(h))

    @torch.no_grad()
    def sample(self, y, temperature=1.0, keep=True):
        """Draw a map for each class: (B,) -> (B, H, W), by torch's draws.

        temperature: divides the scores; below 1 it makes probable codes more
        probable. keep: keep keys and values, so that each place is thought
        through once. Without it all places are done anew for each draw: the
        same maps, more slowly. Raises ValueError for classes that are not
        whole numbers below `classes`, or a temperature of 0 or less.
        """
        count = self.classes.num_embeddings
        _check_whole("y", y, 1, count)
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0; got {temperature}")
        y = y.to(self.places.device)
        drawn = y.new_zeros(len(y), len(self.places))
        pasts = [[] for _ in self.blocks] if keep else None
        for t in range(len(self.places)):
            scores = self._next(drawn, t, y, pasts) / temperature
            drawn[:, t] = scores.softmax(1).multinomial(1)[:, 0]
        return drawn.view(len(y), *self.shape).cpu()

    def _next(self, drawn, t, y, pasts):
        """Scores of place t, of which only the places before are looked at."""
        given = self._given(drawn[:, : t + 1], t if pasts else 0)
        places = self.places[t if pasts else 0 : t + 1]
        h = given + self.classes(y)[:, None] + places
        for i, block in enumerate(self.blocks):
            h = block(h, pasts[i] if pasts else None)
        return self.guess(self.norm(h[:, -1]))

    def _given(self, codes, start=0):
        """Codes (B, T) in a row -> what places from `start` on are given."""
        places = torch.arange(start, codes.shape[1], device=codes.device)
        return sum(
            table(
                codes[:, (places - back).clamp(min=0)].masked_fill(
                    places < back, self.none
                )
            )
            for table, back in (
                (self.before, 1),
                (self.above, self.shape[1]),
            )
        )

    def _checked(self, codes, y):
        _check_whole("codes", codes, 3, self.none)
        _check_whole("classes", y, 1, self.classes.num_embeddings)
        if tuple(codes.shape[1:]) != self.shape:
            raise ValueError(
                f"code maps must have shape (B, {self.shape[0]}, "
                f"{self.shape[1]}); got {tuple(codes.shape)}"
            )
        if y.shape != codes.shape[:1]:
            raise ValueError(
                f"a class for each of {len(codes)} maps is wanted; got "
                f"{tuple(y.shape)}"
            )
        return codes.flatten(1), y


def _check_whole(name, numbers, axes, count):
    """Raise ValueError unless `numbers` are a tensor of 0 to count - 1."""
    whole = torch.is_tensor(numbers) and not numbers.is_floating_point()
    if not whole or numbers.ndim != axes:
        got = getattr(numbers, "dtype", type(numbers).__name__)
        raise ValueError(
            f"{name} must be a tensor of whole numbers with {axes} axes; got "
            f"{got}, shape {tuple(getattr(numbers, 'shape', ()))}"
        )
    if numbers.numel() and not 0 <= numbers.min() <= numbers.max() < count:
        raise ValueError(
            f"{name} must lie in 0 to {count - 1}; got {numbers.min()} to "
            f"{numbers.max()}"
        )


def prior_loss(model, codes, y):
    """−log p(codes | y) in nats: maps (B, H, W), classes (B,) -> (B,)."""
    scores = model(codes, y).transpose(1, 2)  # (B, codes, T)
    nll = cross_entropy(scores, codes.flatten(1), reduction="none")
    return nll.sum(dim=1)
