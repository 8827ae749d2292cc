"""Drawn leaves: an example of a folder of one's own, with known causes."""

import io
import math
import zipfile

import numpy as np
from PIL import Image

KINDS = ("beech", "maple", "willow")
SIDE = 48  # of an image, in pixels
CAUSES = {
    "length": (0.6, 0.95),  # of half the image
    "angle": (-0.6, 0.6),  # radians, from upright
    "autumn": (0.0, 1.0),  # from green over yellow to red
}
SEASONS = np.array([[60, 120, 40], [205, 170, 40], [165, 50, 30]])


def draw_leaves(path, n=600, bitten=8, seed=0):
    """Write a zip of leaves in colour, and return the causes behind them.

    path: of the zip. n: leaves, one folder for each of three kinds. bitten:
    how many have been eaten at. Beside them lie a text, half an image, and
    a leaf that the camera held sideways. Returns a table, one row a leaf:
    its path in the zip, its kind, `CAUSES` and whether it is bitten. One
    seed gives the same leaves.
    """
    import pandas  # slow to import

    if not (type(n) is int and type(bitten) is int and 0 <= bitten <= n > 0):
        raise ValueError(
            "n and bitten must be whole numbers, bitten from 0 to n; got "
            f"n={n!r}, bitten={bitten!r}"
        )
    random = np.random.default_rng(seed)
    table = pandas.DataFrame({"kind": random.integers(0, len(KINDS), n)})
    for name, ends in CAUSES.items():
        table[name] = random.uniform(*ends, n)
    table["bitten"] = False
    table.loc[random.choice(n, bitten, replace=False), "bitten"] = True
    causes = zip(*(table[name] for name in table), strict=True)
    table["kind"] = [KINDS[kind] for kind in table["kind"]]
    table["path"] = [f"{kind}/{i:04}.jpg" for i, kind in table.kind.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for i, row in enumerate(causes):
            image = Image.fromarray(_leaf(random, *row))
            content = _sideways(image) if i == 0 else _jpeg(image)
            archive.writestr(table["path"][i], content)
        archive.writestr("beech/half.jpg", _jpeg(image)[:300])
        archive.writestr("notes.txt", "Leaves of three kinds, drawn.\n")
    return table.set_index("path")


def _leaf(random, kind, length, angle, autumn, bitten):
    """Draw one leaf: (SIDE, SIDE, 3) bytes."""
    line = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    x, y = np.meshgrid(line - random.normal(0, 0.03),
                       line - random.normal(0, 0.03))  # fmt: skip
    across = x * math.cos(angle) + y * math.sin(angle)
    along = y * math.cos(angle) - x * math.sin(angle)
    edge = _edge(kind, across / length, along / length)
    inside = 1 / (1 + np.exp(-edge * 14))
    if bitten:
        turn = random.uniform(0, 2 * math.pi)
        far = 0.35 * length
        bite = np.hypot(
            across - 0.4 * far * math.cos(turn), along - far * math.sin(turn)
        )
        inside *= 1 / (1 + np.exp((0.2 - bite) * 40))
    hue = np.array(
        [np.interp(autumn, (0, 0.5, 1), SEASONS[:, c]) for c in range(3)]
    )
    vein = np.exp(-((across / 0.035) ** 2)) * (np.abs(along) < length)
    leaf = hue * (1 - 0.35 * vein[..., None])
    paper = np.array([236, 232, 222]) + random.normal(0, 6)
    mixed = paper + (leaf - paper) * inside[..., None]
    mixed = mixed + random.normal(0, 3, mixed.shape)
    return mixed.clip(0, 255).astype("uint8")


def _edge(kind, u, v):
    """How far inside a leaf of length 1 a point lies; below 0: outside."""
    if kind == KINDS.index("maple"):
        turn = np.arctan2(u, -v)
        return 0.68 * (1 + 0.32 * np.cos(5 * turn)) - np.hypot(u, v)
    width = 0.22 if kind == KINDS.index("willow") else 0.55
    half = width * np.cos(v.clip(-1, 1) * math.pi / 2)
    return np.minimum(half - np.abs(u), 1 - np.abs(v))


def _jpeg(image, **options):
    file = io.BytesIO()
    image.save(file, "jpeg", quality=90, **options)
    return file.getvalue()


def _sideways(image):
    """Return an image as a camera that was turned stores it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right makes it upright
    return _jpeg(image.transpose(Image.Transpose.ROTATE_90), exif=exif)
