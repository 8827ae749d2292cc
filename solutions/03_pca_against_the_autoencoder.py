# %% [markdown]
# {head}
#
# You will be able to: write PCA in four lines, show that a linear
# autoencoder finds the same subspace, and choose between the two for a task.

# %% [markdown]
# ## Two rivals, sixteen numbers
#
# **Principal component analysis** (PCA) also squeezes a picture through a
# narrow middle. It is from 1901, has no layers and is solved in one step. We
# let PCA and an autoencoder keep 16 numbers of each garment.

# %%
import time
from functools import partial

import torch
from sklearn.decomposition import PCA
from torch import nn

from course_utils import checks
from course_utils.datasets import FASHION_CLASSES, fashion_mnist, made_world
from course_utils.figures import show_curves, show_images, show_latent_space
from course_utils.models import (
    conv_autoencoder,
    count_parameters,
    dense_autoencoder,
    reconstruction_loss,
)
from course_utils.training import fit, predict

SEED = 0
images = fashion_mnist()
x_train, x_test = images.train.flatten(1), images.test.flatten(1)


# %%
def loss(model, x):
    """Squared error summed over pixels: one number for each picture."""
    return reconstruction_loss(model(x), x)


def train(make, latent_dim, x, seen=30_000, seed=SEED):
    """Train on batches of 32 until about `seen` pictures have gone by."""
    torch.manual_seed(seed)
    model, x = make(latent_dim), x[:seen]
    epochs = round(seen / len(x))
    fit(model, x, loss, epochs=epochs, batch_size=32, lr=5e-3, seed=seed,
        progress=False)  # fmt: skip
    return model


def mse(x_hat, x):
    """Mean squared error of a pixel."""
    return (x_hat - x).square().mean().item()


# %%
rival = PCA(16, svd_solver="covariance_eigh").fit(x_train.double().numpy())
codes = rival.transform(x_test[:10].double().numpy())
by_pca = torch.tensor(rival.inverse_transform(codes)).view(-1, 1, 28, 28)
network = train(dense_autoencoder, 16, images.train)
by_network = predict(network, images.test)
alt = (
    "Ten garments in three rows: originals, soft and smeared copies by "
    "PCA, blurred copies with firmer outlines by the network."
)
rows = [images.test[:10], by_pca.clamp(0, 1), by_network[:10]]
show_images(rows, alt=alt, row_labels=["original", "PCA", "network"])

# %% [markdown]
# The middle row was drawn by PCA, the lower one by a dense autoencoder trained
# for seconds. The writing and the checked cloth are lost in both.
#
# **Predict**, before you read on, and keep your answers:
# 1. Which of the two has the smaller error?
# 2. If each kept 64 numbers instead of 16, who would win?
# 3. With 50 training pictures instead of thousands, who would win?
# 4. A white disk moves through black images, so two numbers (x, y) say it
#    all. How many components will PCA need?

# %% [markdown]
# ## PCA in four lines
#
# The rows of $X$ are $N$ pictures of $D$ pixels. Take off the mean picture.
# Find the direction along which the pictures differ most, the first
# **component**; then the next, at a right angle to it, and so on. The
# *singular value decomposition* (SVD) finds all at once:
#
# $$X - \text{mean} = U\,\mathrm{diag}(s)\,V^\top$$
#
# The rows of $V^\top$ are the components, with the largest spread first. The
# variance along component $i$ is $s_i^2 / (N - 1)$.
#
# ### Exercise 1 · PCA · 6 minutes, medium
#
# Return three things: the mean, the first k components, their variances.


# %% tags=["nbval-check-output"]
from course_utils import checks


def pca(x, k):
    """(N, D) -> mean (D,), components (k, D) as rows, variances (k,)."""
    ### BEGIN SOLUTION
    mean = x.mean(dim=0)
    _, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
    variances = s**2 / (len(x) - 1)
    return mean, vt[:k], variances[:k]
    ### END SOLUTION


pca = checks.pca(pca)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Begin with `mean = x.mean(dim=0)`, one number for each pixel.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `u, s, vt = torch.linalg.svd(x - mean, full_matrices=False)`. The third
# matrix is transposed already.
#
# </details>
# <details><summary>Hint 3</summary>
#
# `vt[:k]` are the first k rows, `s[:k]**2 / (len(x) - 1)` their variances.
#
# </details>
#
# {answer}
#
# Is yours what everyone else calls PCA? We compare with scikit-learn's. A
# component may come out with its sign flipped, since a direction and its
# opposite are the same axis.

# %%
mean, components, variances = pca(x_train, 784)
theirs = torch.tensor(rival.components_)
flip = (components[:16] * theirs).sum(dim=1, keepdim=True).sign()
largest_gap = (flip * components[:16] - theirs).abs().max().item()
spread = variances[:16] / torch.tensor(rival.explained_variance_) - 1
print(f"largest difference of a component: {largest_gap:.1e}")
assert largest_gap < 1e-4 and spread.abs().max() < 1e-4

# %% [markdown]
# Equal to 1e-4, components and variances both.
#
# ### Exercise 2 · There and back · 4 minutes, easy
#
# To **encode** is to measure how far a picture, less the mean, goes along
# each component. To **decode** is to walk that far along each component,
# starting from the mean. Write both steps.


# %% tags=["nbval-check-output"]
def pca_reconstruct(x, mean, components):
    """(N, D), (D,), (k, D) -> reconstructions (N, D)."""
    ### BEGIN SOLUTION
    z = (x - mean) @ components.T
    return mean + z @ components
    ### END SOLUTION


pca_reconstruct = checks.pca_reconstruct(pca_reconstruct)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `@` multiplies matrices: (N, D) by (D, k) gives codes (N, k).
#
# </details>
# <details><summary>Hint 2</summary>
#
# The code is `(x - mean) @ components.T`. The way back uses `components`
# as they are, and adds the mean.
#
# </details>
#
# {answer}

# %%
def pca_error(k):
    """Test error of PCA with k components."""
    return mse(pca_reconstruct(x_test, mean, components[:k]), x_test)


boot = images.test_labels.tolist().index(9)
counts = (1, 4, 16, 64, 256, 784)


def rebuild(k, which=boot):
    """Reconstruct one test picture from k components: (1, 1, 28, 28)."""
    x_hat = pca_reconstruct(x_test[[which]], mean, components[: int(k)])
    return x_hat.view(1, 1, 28, 28).clamp(0, 1)


alt = "A boot from 1 to 784 components: first a smear, at last the original."
row = torch.cat([rebuild(k) for k in counts])
show_images(row, alt=alt, titles=counts)
assert pca_error(784) < 1e-8

# %% [markdown]
# A boot appears as components are added. With all 784 nothing is lost: PCA
# has an **exact inverse**. Each extra component adds to what is there, and
# none has to be learnt again. Move the slider and choose how many numbers
# you would pay for.

# %%
from course_utils.figures import explore

alt = "One sandal, shirt and boot, rebuilt from that many components."
shown = [images.test_labels.tolist().index(c) for c in (5, 6, 9)]
box = explore(
    lambda components: torch.cat([rebuild(components, i) for i in shown]),
    alt=alt,
    components=(0, 200, 4),
)

# %% [markdown]
# ## A network that becomes PCA
#
# Remove every bend from an autoencoder: no activation, one matrix $W$ to
# encode and its transpose to decode. We take the mean off first, as PCA does.
# **Predict:** trained by gradient descent, without a word about variance or
# right angles, how close does it come to PCA?


# %%
from course_utils import checks


class LinearAutoencoder(nn.Module):
    """x -> x W^T W: a linear encoder, its transpose as the decoder."""

    def __init__(self, latent_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(latent_dim, 784) / 28)

    def forward(self, x):  # (B, 784), the mean taken off
        return x @ self.weight.T @ self.weight


# %% [markdown]
# ### Exercise 3 · The angle between two subspaces · 8 minutes, harder
#
# Eight directions span a flat 8-dimensional *subspace* of the 784. How far
# do two subspaces lean apart? Make each set of rows orthonormal (of length 1, at right
# angles to each other; QR does that). The
# singular values of the product of the two are the cosines of the
# **principal angles**. Return the largest angle, in degrees.


# %% tags=["nbval-check-output"]
def principal_angle(a, b):
    """Largest angle between what rows span: (k, D), (k, D) -> degrees."""
    ### BEGIN SOLUTION
    qa, qb = torch.linalg.qr(a.T).Q, torch.linalg.qr(b.T).Q
    cosines = torch.linalg.svdvals(qa.T @ qb)
    return cosines.min().clamp(max=1).acos().rad2deg()
    ### END SOLUTION


principal_angle = checks.principal_angle(principal_angle)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `torch.linalg.qr(a.T).Q` holds orthonormal columns (D, k) that span what
# the rows of `a` span.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `torch.linalg.svdvals(qa.T @ qb)` gives k cosines. The largest angle
# belongs to the smallest one.
#
# </details>
# <details><summary>Hint 3</summary>
#
# Rounding can lift a cosine above 1: `.clamp(max=1).acos().rad2deg()`.
#
# </details>
#
# {answer}

# %%
linear = []
print("numbers  start    error   angle  axes agree")
for k, seed in ((8, SEED), (8, SEED + 1), (8, SEED + 2), (32, SEED)):
    model = train(LinearAutoencoder, k, x_train - mean, 60_000, seed)
    w = model.weight.detach().cpu()
    gap = mse((x_test - mean) @ w.T @ w, x_test - mean) / pca_error(k) - 1
    angle = principal_angle(w.double(), components[:k].double()).item()
    w = nn.functional.normalize(w)
    agree = (w @ components[:k].T).abs().amax(dim=1).mean().item()
    linear.append((gap, angle, agree, w))
    print(f"{k:7} {seed:6} {gap:+8.2%} {angle:6.1f}° {agree:11.2f}")
alt = "Eight eigen-images of PCA, coarse to fine, above eight blends of them."
axes = [components[:8], linear[0][3]]
rows = [(0.5 + 4 * a.view(-1, 1, 28, 28)).clamp(0, 1) for a in axes]
show_images(rows, alt=alt, titles=range(1, 9), row_labels=["PCA", "linear"])
assert all(g < 0.01 and a < 5 and m < 0.9 for g, a, m, _ in linear[:3])
assert variances[31] / variances[32] < 1.05 < 1.2 < variances[7] / variances[8]
assert linear[3][0] < 0.01 and linear[3][1] > 20

# %% [markdown]
# *Error* is measured against PCA's. With 8 numbers the linear network comes
# within 1 %, and its subspace leans less than 5° from PCA's, from each of
# three random starts. But its **axes** are others: *axes agree* would be 1.00
# if each unit were one component. In the picture (grey is zero) PCA's axes run
# from coarse to fine. The network's are blends without an order, since any
# rotation inside the subspace has the same error.
#
# The last line is a warning. With 32 numbers the error is within 1 % again,
# and the angle is large. Components 32 and 33 carry nearly the same variance,
# so exchanging them costs almost nothing.

# %% [markdown]
# Why does no start get stuck? Take a network with a single unit. Turn the
# unit from component 1 to 2, then on to 3 and 4. Its error is the whole
# variance less what the unit keeps.

# %%
centred, steps, turn = x_train - mean, torch.linspace(0, 3, 31), []
total = centred.square().mean()
for step in steps:
    i = min(int(step), 2)
    angle = (step - i) * torch.pi / 2
    w = angle.cos() * components[i] + angle.sin() * components[i + 1]
    turn.append((total - (centred @ w).square().mean() / 784).item())
alt = "Error climbs in three steps from component 1 to 4, level at each one."
show_curves({"one unit": (steps + 1, turn)}, alt=alt,
            xlabel="direction, from component 1 to 4",
            ylabel="training error of a pixel")  # fmt: skip
assert all(a <= b + 1e-7 for a, b in zip(turn, turn[1:], strict=False))

# %% [markdown]
# At each component the curve is level, so the gradient is zero there. Only
# component 1 is a valley. The others are **saddles**: a small push to the
# left rolls downhill, and from the next saddle on again, to component 1. Baldi and Hornik (1989) proved it in
# general: a linear autoencoder has no bad local minima, only PCA's answer
# and saddles.
#
# ### Exercise 4 · Why? · 5 minutes, open
#
# A friend stacks four linear layers, 784 → 300 → 8 → 300 → 784, to beat PCA
# with 8 components on the training pictures. Can it work? What has to change?
#
# <details><summary>A model answer</summary>
#
# No. A product of matrices is one matrix, here of rank 8 at most. Among all
# such maps PCA's has the smallest training error: the friend can tie, no
# more. Layers help only with a bend (an activation) between them.
#
# </details>

# %% [markdown]
# ## Bend the code
#
# Now the activations come back. At each code size a dense and, at three of
# them, a convolutional autoencoder train on the same number of pictures. This
# is the slowest cell.

# %%
from course_utils.models import conv_autoencoder, dense_autoencoder

sizes, conv_sizes = (2, 4, 8, 16, 32, 64), (2, 16, 64)
small_conv = partial(conv_autoencoder, channels=16)
runs = [("dense", dense_autoencoder, k) for k in sizes]
runs += [("conv", small_conv, k) for k in conv_sizes]
models, seconds, error = {}, {}, {("PCA", k): pca_error(k) for k in sizes}
for name, make, k in runs:
    start = time.time()
    model = models[name, k] = train(make, k, images.train)
    seconds[name, k] = time.time() - start
    error[name, k] = mse(predict(model, images.test), images.test)
alt = (
    "Test error against code size: both networks lie well below PCA for "
    "small codes; at 64 PCA is below the dense network."
)
names = {"PCA": sizes, "dense": sizes, "conv": conv_sizes}
curves = {n: (ks, [error[n, k] for k in ks]) for n, ks in names.items()}
show_curves(curves, alt=alt, xlabel="numbers in the code",
            ylabel="test error of a pixel", log_x=True)  # fmt: skip
gain = {k: error["dense", k] / error["PCA", k] for k in sizes}
print({k: round(ratio, 2) for k, ratio in gain.items()})
assert max(gain[2], gain[4], gain[8], gain[16]) < 0.85
assert error["conv", 16] < 0.85 * error["PCA", 16] and gain[64] > 1.1

# %% [markdown]
# The printed numbers are the dense network's error divided by PCA's: your
# first two predictions. Up to 16 numbers it saves at least 15 % of PCA's error,
# and at 16 the convolutional one does too. At 64 the dense network **loses**:
# PCA has its optimum in one step, and these networks are trained for seconds.
# Would longer training overtake? Change `seen` and find out.

# %% [markdown]
# ## Two causes, many components
#
# The moving disk of lesson 01 has two hidden causes, x and y. The network
# gets two numbers. We count how many components PCA needs until its error on
# new pictures is as small.

# %%
from course_utils.datasets import made_world

disks = made_world(5000, seed=SEED).images
flat, new = disks[:4000].flatten(1), disks[4000:].flatten(1)
network = train(dense_autoencoder, 2, disks[:4000], seen=80_000)
drawn = predict(network, disks[4000:])
middle, axes, spread = pca(flat, 100)
by_count = [pca_reconstruct(new, middle, axes[:k]) for k in range(100)]
goal = mse(drawn, disks[4000:])
needed = next(k for k, x in enumerate(by_count) if mse(x, new) <= goal)
share = (spread[:2].sum() / flat.var(dim=0).sum()).item()
print(f"two components hold {share:.0%} of the variance")
print(f"components for the network's error: {needed}")
alt = (
    "Ten disks in four rows: originals, the network's disks from 2 numbers, "
    "PCA's vague glows from 2, PCA's disks with ripples from more."
)
pictures = [by_count[k][:10].view(-1, 1, 28, 28) for k in (2, needed)]
rows = [disks[4000:4010], drawn[:10], *(p.clamp(0, 1) for p in pictures)]
labels = ["original", "network, 2", "PCA, 2", f"PCA, {needed}"]
show_images(rows, alt=alt, row_labels=labels)
assert needed >= 8 and share < 0.5

# %% [markdown]
# Two components hold less than half of the variance and make a glow in
# roughly the right place. PCA needs at least four times as many numbers as
# there are causes. It adds fixed pictures, and **a moved disk is no sum of a
# few fixed pictures**. The disks lie on a curved sheet; the network bends
# with it, PCA lays a flat board against it.

# %% [markdown]
# ## Where PCA wins
#
# Your third prediction. We give both 50 training pictures, then more, and
# draw the sample anew for three seeds. Both keep 16 numbers. Each network sees
# at least 15,000 pictures, repeated as needed.

# %%
from course_utils.training import predict

few, seeds = (50, 100, 300, 1000, len(x_train)), range(SEED, SEED + 3)
pca_few, net_few = torch.zeros(2, len(few), len(seeds))
for i, n in enumerate(few):
    for j, seed in enumerate(seeds):
        draw = torch.Generator().manual_seed(seed)
        pick = torch.randperm(len(x_train), generator=draw)[:n]
        whole = n == len(x_train)
        axes = (mean, components) if whole else pca(x_train[pick], 16)
        x_hat = pca_reconstruct(x_test, axes[0], axes[1][:16])
        pca_few[i, j] = mse(x_hat, x_test)
        seen = max(15_000, n)
        net = train(dense_autoencoder, 16, images.train[pick], seen, seed)
        net_few[i, j] = mse(predict(net, images.test), images.test)

# %%
alt = (
    "Test error against number of training pictures: PCA is lower and "
    "nearly flat from 300 on, the network starts higher and ends lower."
)
curves = {
    name: (few, e.mean(1), e.std(1))
    for name, e in (("PCA", pca_few), ("dense", net_few))
}
show_curves(curves, alt=alt, xlabel="training pictures",
            ylabel="test error of a pixel", log_x=True)  # fmt: skip
ratio = (net_few / pca_few).mean(dim=1)
last = int((ratio > 1).nonzero().max())
part = (ratio[last] - 1) / (ratio[last] - ratio[last + 1])
crossing = few[last] * (few[last + 1] / few[last]) ** part.item()
print(f"the curves cross near {crossing:.0f} training pictures")
assert (net_few / pca_few)[:2].min() > 1 > (net_few / pca_few)[3:].max()
assert 120 < crossing < 700

# %% [markdown]
# With 50 or 100 pictures PCA wins with every seed; with 1,000 or more the
# network does. They cross at a few hundred. The network learns the 50
# probably by heart, while PCA has little to overfit with.
#
# What else do they differ in? We measure, at 16 numbers each.

# %%
start = time.time()
PCA(16, svd_solver="covariance_eigh").fit(x_train.numpy())
seconds["PCA", 16], count = time.time() - start, {"PCA": 17 * 784}
print("       error  seconds  parameters")
for name in ("PCA", "dense", "conv"):
    if name != "PCA":
        count[name] = count_parameters(models[name, 16])
    print(f"{name:6} {error[name, 16]:.4f} {seconds[name, 16]:7.2f}"
          f"{count[name]:12,}")  # fmt: skip
net = models["dense", 16]
z = predict(net.encode, images.test)
half = torch.cat([z[:, :8], z[:, 8:].mean(0).expand(len(z), 8)], 1)
halved = mse(predict(net.decode, half), images.test)
moved = (predict(net.encode, predict(net.decode, z)) - z).norm() / z.norm()
print(f"half the code: dense {halved:.4f}, PCA {error['PCA', 8]:.4f}")
print(f"code after a round trip: dense moved by {moved:.1%}")
assert error["PCA", 8] < 0.8 * halved and moved > 0.01
assert 3 * count["PCA"] < count["conv"] < count["dense"]

# %% [markdown]
# Compare the seconds in your table. For *half the code* we kept 8 of 16
# numbers and set the rest to their mean. Half of PCA's code is the best code
# of 8; half of the network's is far worse. In a *round trip* a code is decoded
# and encoded again.
#
# | | PCA | autoencoder |
# |---|---|---|
# | parameters | fewest | over three times as many |
# | knobs | one, the code's size | width, depth, activation, learning rate, batch, epochs, seed |
# | axes | ordered, at right angles | no order |
# | inverse | exact with all components | not exact |
# | a code's round trip | comes back as it was | has moved |

# %% [markdown]
# So which one, when?
#
# | you have | take | as measured above |
# |---|---|---|
# | fewer than a few hundred pictures | PCA | lower error at 50 and 100 |
# | no time to tune | PCA | one knob, one answer, no seed |
# | a code to be cut short later | PCA | half the code |
# | thousands of pictures, a tiny code | autoencoder | lower error up to 16 |
# | things that move | autoencoder | the disk |
# | any of these | PCA first | the rival to beat |

# %% [markdown]
# ## Axes you can read
#
# What does one number of a code mean? From the middle we walk two standard
# deviations each way along each axis, with the two-number models.

# %%
from course_utils.figures import show_images

model, walk = models["dense", 2], torch.linspace(-2, 2, 9)
z = predict(model.encode, images.test)
rows = []
for axis in range(2):
    move = walk[:, None] * torch.eye(2)[axis]
    x_hat = mean + (move * variances[:2].sqrt()) @ components[:2]
    rows.insert(axis, x_hat.view(-1, 1, 28, 28))
    rows.append(predict(model.decode, z.mean(0) + move * z.std(0)))
outside = ((torch.cat(rows[:2]) - 0.5).abs() > 0.52).float().mean().item()
alt = (
    "Walks along four axes. PCA fades from a shoe to a bright shirt through "
    "ghosts of both; the network goes from garment to garment."
)
show_images([row.clamp(0, 1) for row in rows], alt=alt,
            titles=[f"{s:+.1f}" for s in walk.tolist()],
            row_labels=["PCA 1", "PCA 2", "net 1", "net 2"])  # fmt: skip
print(f"pixels of PCA's walks outside black to white: {outside:.0%}")
assert outside > 0.03

# %% [markdown]
# PCA's axes are easy to read: more or less of one blend of light and dark.
# But the blend holds ghosts of several garments, and some pixels leave the
# range from black to white. The network goes from garment to garment, and
# what a step means changes on the way. Neither number is "sleeve length".
#
# Last, 600 test pictures as points of a plane. **t-SNE** joins as a third
# map.

# %%
from sklearn.manifold import TSNE

some, labels = x_test[:600], images.test_labels[:600]
island = TSNE(random_state=SEED).fit_transform(some.numpy())
maps = {
    "PCA": (some - mean) @ components[:2].T,
    "autoencoder": z[:600],
    "t-SNE": torch.tensor(island),
}
alt = (
    "Three maps of 600 garments marked by class: PCA's classes overlap "
    "most, the autoencoder's less, t-SNE's gather in islands."
)
show_latent_space({name: (z, labels) for name, z in maps.items()}, alt=alt,
                  classes=FASHION_CLASSES)  # fmt: skip
kin = {}
for name, points in maps.items():
    near = torch.cdist(points, points).topk(11, largest=False).indices[:, 1:]
    kin[name] = (labels[near] == labels[:, None]).float().mean().item()
    print(f"{name:12} neighbours of the same class: {kin[name]:.2f}")
assert kin["PCA"] + 0.03 < kin["autoencoder"] < kin["t-SNE"] - 0.03

# %% [markdown]
# The network never saw a class name, yet more of a garment's ten nearest
# neighbours are of its class than in PCA's map. t-SNE gathers them best, but
# **it is a picture only**: no encoder for a new garment, no decoder. The size
# of an island and the gap between two of them must not be read.

# %% [markdown]
# ## Quiz
#
# Click on an answer; a wrong one explains itself.

# %%
from course_utils.lessons import quiz

quiz("03")

# %% [markdown]
# ## Summary
#
# - A linear autoencoder finds PCA's subspace, not its axes; there are no bad
#   local minima on the way.
# - Bends pay off for tiny codes, curved worlds and thousands of pictures.
# - PCA wins with few pictures, with little time to tune, and where order or
#   an exact inverse counts.
# - Whatever you build, put PCA beside it.

# %%
scorecard = {
    "linear_gap": linear[0][0],
    "principal_angle_deg": linear[0][1],
    "axes_agree": linear[0][2],
    "dense_over_pca_8": gain[8],
    "dense_over_pca_64": gain[64],
    "pca_components_for_two_factors": float(needed),
    "crossing_images": crossing,
    "dense_over_pca_50_images": ratio[0].item(),
    "same_class_pca_2d": kin["PCA"],
    "same_class_ae_2d": kin["autoencoder"],
}
measured = {
    "linear_gap": (0.0003, 0.0007),
    "principal_angle_deg": (1.9, 2.2),
    "axes_agree": (0.63, 0.71),
    "dense_over_pca_8": (0.63, 0.65),
    "dense_over_pca_64": (1.34, 1.36),
    "pca_components_for_two_factors": (10, 11),
    "crossing_images": (275, 280),
    "dense_over_pca_50_images": (1.35, 1.38),
    "same_class_pca_2d": (0.435, 0.435),
    "same_class_ae_2d": (0.51, 0.55),
}
checks.show_scorecard(scorecard, measured)

# %% [markdown]
# **References.** K. Pearson, *On lines and planes of closest fit to systems of
# points in space*, 1901. · P. Baldi and K. Hornik, *Neural networks and
# principal component analysis: learning from examples without local minima*,
# 1989. · G. Hinton and R. Salakhutdinov, *Reducing the dimensionality of data
# with neural networks*, 2006.
