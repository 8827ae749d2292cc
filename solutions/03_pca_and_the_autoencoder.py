# %% [markdown]
# {head}
#
# You will be able to: write PCA in four lines, say what a linear autoencoder
# learns, and choose between PCA and a network.

# %%
import torch
from torch import nn

from course_utils import checks
from course_utils.datasets import fashion_mnist
from course_utils.figures import diagram, show_cloud, show_curves, show_images
from course_utils.lessons import claim, from_memory, guess, reveal
from course_utils.measures import mse

SEED = 0
FULL = False
images = fashion_mnist(FULL)
x_train, x_test = images.train.flatten(1), images.test.flatten(1)
from_memory()

# %% [markdown]
# ## A cloud and an axis
#
# **Principal component analysis (PCA)**, from 1901, has no layers: it draws
# axes through the data, and a code says how far along each an example lies. It
# is easiest to see if an example is two numbers and its code one.
#
# Draw an axis through the middle of a cloud of points, in a direction `w` of
# length 1. The **code** of a point says how far along the axis its foot (the
# nearest point of the axis) lies; the foot is the **reconstruction**. For
# (3, 1) and `w` = (0.8, 0.6) the code is $3 \cdot 0.8 + 1 \cdot 0.6 = 3$.
# `x - x_hat` is what is lost.

# %%
diagram("projection")

x, w = torch.tensor([3.0, 1.0]), torch.tensor([0.8, 0.6])
z = x[0] * w[0] + x[1] * w[1]
x_hat = z * w
z, x_hat, x - x_hat

# %%
torch.manual_seed(SEED)
drawn = torch.randn(30, 2) @ torch.tensor([[3.0, 1.2], [0.0, 1.0]])
cloud = torch.cat([x[None], drawn, -drawn, -x[None]])  # (62, 2), mean 0

z = cloud @ w  # all 62 codes; the first is 3 again
feet = z[:, None] * w  # (62, 2)
show_cloud(cloud, feet=feet, axes={"w": 4 * w})

# %% [markdown]
# Thin lines are the errors. Now turn the axis. Which angle loses least?

# %%
angles = torch.arange(0, 181, 5)
axes = torch.stack([angles.deg2rad().cos(), angles.deg2rad().sin()])
kept = (cloud @ axes).square().mean(dim=0)
lost = cloud.square().sum(dim=1).mean() - kept
curves = {"squared codes": (angles, kept), "squared errors": (angles, lost)}
show_curves(curves, xlabel="angle of the axis, degrees", ylabel="mean")

# %% [markdown]
# By Pythagoras, code² + error² = distance² from the mean: the curves add up
# to the same number everywhere. The mean is 0, so the mean of the squared
# codes is their variance. **The axis that loses least is the one along which
# the codes vary most**, here near 30°.
#
# ## PCA in four lines
#
# An image is a point with 784 numbers. The rows of $X$ are $N$ such points.
# Subtract the mean image and find the axis of largest variance, the first
# **component**; then the next, at a right angle to it, and so on. The
# **singular value decomposition** (SVD) finds all at once:
#
# $$X - \text{mean} = U\,\mathrm{diag}(s)\,V^\top$$
#
# The rows of $V^\top$ are the components, sorted. Codes along component $i$
# have variance $s_i^2 / (N - 1)$, as `codes.var()` gives it. What can be
# reached along the first $k$ components is a flat $k$-dimensional
# **subspace**.
#
# ### Exercise 1 · PCA · 6 minutes, medium
#
# Return the mean, the first k components and their variances. Use `u, s, vt =
# torch.linalg.svd(…, full_matrices=False)`. Signs are free.


# %% tags=["nbval-check-output"]
def pca(x, k):
    """(N, D) -> mean (D,), components (k, D) as rows, variances (k,)."""
    ### BEGIN SOLUTION
    mean = x.mean(dim=0)
    _, s, vt = torch.linalg.svd(x - mean, full_matrices=False)
    variances = s**2 / (len(x) - 1)
    return mean, vt[:k], variances[:k]
    ### END SOLUTION


pca = checks.pca(pca)

# %%
mean, components, variances = pca(x_train, 784)
row = torch.cat([mean[None], 8 * components[:7]]).view(-1, 1, 28, 28)
show_images(row, titles=["mean", *range(1, 8)], diverging=True)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Which axis do you average over? `vt` is transposed already: its rows are the
# components.
#
# </details>
#
# {answer}
#
# Pixels below zero are blue.
#
# ### Exercise 2 · There and back · 4 minutes, easy
#
# *Encode*: subtract the mean and find how far the image goes along each
# component. *Decode*: from the mean, go that far along each.


# %% tags=["nbval-check-output"]
def pca_reconstruct(x, mean, components):
    """(N, D), (D,), (k, D) -> reconstructions (N, D)."""
    ### BEGIN SOLUTION
    z = (x - mean) @ components.T
    return mean + z @ components
    ### END SOLUTION


pca_reconstruct = checks.pca_reconstruct(pca_reconstruct)

counts = (0, 1, 4, 16, 64, 256, 784)
row = [pca_reconstruct(x_test[:1], mean, components[:k]) for k in counts]
show_images(torch.cat(row).view(-1, 1, 28, 28), titles=counts)

# %% [markdown]
# <details><summary>Hint</summary>
#
# It is `cloud @ w` and `z * w`, with k axes instead of one. From (N, D) to
# codes (N, k): which shape must the second matrix have?
#
# </details>
#
# {answer}
#
# With all 784 nothing is lost.
#
# ### Exercise 3 · How many are enough? · 5 minutes, medium
#
# Return the smallest k whose components hold at least this share of the whole
# variance (use `cumsum`). Which k do you expect for 95 %?


# %% tags=["nbval-check-output"]
def choose_k(variances, share):
    """Variances (D,), largest first, and a share in (0, 1] -> k, an int."""
    ### BEGIN SOLUTION
    so_far = variances.cumsum(dim=0)
    return int((so_far < share * so_far[-1]).sum()) + 1
    ### END SOLUTION


choose_k = checks.choose_k(choose_k)
{share: choose_k(variances, share) for share in (0.5, 0.8, 0.95, 0.99)}

# %% [markdown]
# <details><summary>Hint</summary>
#
# The last running sum is the whole. How many running sums are too small?
#
# </details>
#
# {answer}
#
# <details><summary>What we see</summary>
#
# Three components hold half of the garments' variance, 182 hold 95 %.
#
# </details>
#
# ### Exercise 4 · The PCA clinic · 5 minutes, medium
#
# Four colleagues sent mean, components and test error of their PCA. One never
# subtracted the mean, one took the *last* components, one used the wrong data.
# Who? Write a dictionary, `{"A": …, "B": …, "C": …, "D": …}`, of `"right"`,
# `"mean"`, `"order"` and `"data"`. Each row shows the error, the mean and six
# components.

# %%
from course_utils.rivals.pca import clinic

rows = {}
for letter, (m, c) in clinic(images.train, images.train_labels).items():
    error = mse(pca_reconstruct(x_test, m, c), x_test)
    row = torch.cat([m[None], c[:6] / c[:6].abs().amax(1, keepdim=True)])
    rows[f"{letter}, {error:.3f}"] = row.view(-1, 1, 28, 28)
show_images(rows, diverging=True)

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
clinic_verdict = {"A": "order", "B": "mean", "C": "data", "D": "right"}
### END SOLUTION
clinic_verdict = checks.clinic_verdict(clinic_verdict)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Whose mean is empty? Whose components are lone pixels?
#
# </details>
#
# {answer}
#
# <details><summary>What we see</summary>
#
# A forgotten mean costs under 0.001: the first component takes its place.
#
# </details>
#
# ## A linear autoencoder
#
# An autoencoder without activations: one matrix to encode, its transpose to
# decode. Gradient descent trains it to copy; nothing tells it about variance
# or right angles. Will its eight units (the numbers of its code) be the eight
# components? The last line gives how far its error is above PCA's, and the
# angle between the two subspaces (0°: the same).


# %%
class LinearAutoencoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(latent_dim, 784) / 784**0.5)

    def forward(self, x):  # (B, 784), without the mean
        return x @ self.weight.T @ self.weight


# %%
from course_utils.models import reconstruction_loss
from course_utils.training import fit


def pca_error(k):
    return mse(pca_reconstruct(x_test, mean, components[:k]), x_test)


def loss(model, x):
    return reconstruction_loss(model(x), x)


def train(make, latent_dim, x, seen=30_000):
    """Train until about `seen` images have gone by, some more than once."""
    torch.manual_seed(SEED)
    model, x = make(latent_dim), x[:seen]
    plan = {"epochs": round(seen / len(x)), "batch_size": 64, "lr": 5e-3}
    fit(model, x, loss, **plan, seed=SEED, progress=False)
    return model


# %%
from course_utils.measures import subspace_angle

linear = train(LinearAutoencoder, 8, x_train - mean, seen=60_000)
w = linear.weight.detach().cpu()
both = torch.stack([components[:8], w]).view(2, 8, 1, 28, 28)
show_images([*both], row_labels=["PCA", "units"], diverging=True)
x_hat = mean + (x_test - mean) @ w.T @ w
linear_gap = mse(x_hat, x_test) / pca_error(8) - 1
angle = subspace_angle(w, components[:8])
linear_gap, angle

# %% [markdown]
# <details><summary>What we see</summary>
#
# The error is within a tenth of a percent of PCA's, and the largest angle
# between the two subspaces is below 2°. Yet no unit is a component. **The
# network finds PCA's subspace, not its axes**: any rotation inside it leaves
# the error the same.
#
# </details>
#
# ### Exercise 5 · Why? · 3 minutes, open
#
# A friend stacks four linear layers, 784 → 300 → 8 → 300 → 784, to beat PCA
# with 8 components. Can it work? What has to change?

# %% [markdown]
# *Your answer:*

# %% [markdown]
# <details><summary>A model answer</summary>
#
# No. A product of matrices is one matrix: its outputs lie in a subspace of 8
# dimensions, and PCA's is the best of these. An activation between the layers
# must be added.
#
# </details>
#
# ## How many numbers?
#
# Now with activations: 256 hidden units on each side, codes of 2 to 64
# numbers, 10,000 images seen three times. Who copies *new* images better?

# %%
sides = "small codes", "large codes", "all", "none"
guess("For which codes has the network the smaller error?", *sides)

# %%
from course_utils.models import dense_autoencoder
from course_utils.training import predict

sizes = (2, 8, 16, 64)
dense = {k: train(dense_autoencoder, k, images.train) for k in sizes}
errors = {k: mse(predict(dense[k], images.test), images.test) for k in sizes}
pca_errors = {k: pca_error(k) for k in sizes}
curves = {"PCA": pca_errors, "network": errors}
show_curves(curves, "numbers in the code", "test error", log_x=True)

# %% [markdown] tags=["explain"]
# At 8 numbers the network's error is about two thirds of PCA's, at 64 about
# 1.5 times. From 16 numbers on it stays near 0.016.

# %% tags=["claims"]
ratio = {k: errors[k] / pca_errors[k] for k in sizes}
ahead = [ratio[k] < 1 for k in sizes]
side = "small codes" if ahead[0] else "large codes"
reveal("all" if all(ahead) else side if any(ahead) else "none")
claim("linear: error and subspace are PCA's", linear_gap < 0.01 and angle < 5)
claim("at 8: about two thirds of PCA's error", ratio[8], 0.6, 0.75)
claim("at 64: about 1.5 times PCA's error", ratio[64], 1.35, 1.75)

# %%
who = "PCA", "the network", "about equal (within 5 %)"
guess("64 numbers, four times as many images seen: who is better?", *who)

# %%
torch.manual_seed(SEED)
longer, x = dense_autoencoder(64), images.train[:10_000]
# we only watch the test images: nothing is chosen on them
plan = {"epochs": 12, "batch_size": 64, "lr": 5e-3, "seed": SEED}
history = fit(longer, x, loss, valid=images.test, progress=False, **plan)
curve = {n: error / 784 for n, error in enumerate(history.valid, start=1)}
level = {"PCA": pca_errors[64]}
show_curves({"network": curve}, "epochs", "test error", mark=level)

# %% [markdown] tags=["explain"]
# After 120,000 images the network's error is 1 or 2 % below PCA's: what it
# lacked was training. (With 160,000 it was a tenth below.) PCA needed a second
# and no choices.

# %% tags=["claims"]
longer_ratio = history.valid[-1] / 784 / pca_errors[64]
winner = "the network" if longer_ratio < 1 else "PCA"
equal = 0.95 < longer_ratio < 1.05
reveal("about equal (within 5 %)" if equal else winner)
claim("longer training brings it down to PCA", longer_ratio, 0.94, 1.03)

# %% [markdown]
# ## The moving disk
#
# The disk of lesson 01 has two hidden causes, x and y. A network copies it
# through two numbers. PCA gets components until its error is as small.

# %%
guess("How many components does PCA need?", "2", "3 to 5", "6 to 15", "more")

# %%
from course_utils.datasets import draw_shapes, made_world

world = made_world(5000, seed=SEED)
old, new = world.images[:4000], world.images[4000:]
copies = predict(train(dense_autoencoder, 2, old, seen=80_000), new)

m, c, _ = pca(old.flatten(1), 100)


def by_pca(k):
    return pca_reconstruct(new.flatten(1), m, c[:k]).view_as(new)


goal = mse(copies, new)
needed = next((k for k in range(100) if mse(by_pca(k), new) <= goal), 100)
rows = {"original": new, "network, 2": copies, "PCA, 2": by_pca(2)}
rows[f"PCA, {needed}"] = by_pca(needed)
show_images({name: row[:10] for name, row in rows.items()})

# %% tags=["claims"]
few, many = "2" if needed < 3 else "3 to 5", "6 to 15"
reveal(few if needed < 6 else many if needed < 16 else "more")
claim("PCA needs eight to ten numbers, the network two", needed, 7, 12)

# %%
diagram("board_and_sheet")

steps = torch.linspace(6, 21, 16)
x, y = torch.meshgrid(steps, steps, indexing="ij")
grid = draw_shapes(x.flatten(), y.flatten()).flatten(1)
sheet = ((grid - m) @ c[:3].T).view(16, 16, 3)
points = (new[:300].flatten(1) - m) @ c[:3].T
surface = {"PCA's plane": torch.eye(3)[:2], "sheet of disks": sheet}
look = {"colour_label": "x of the disk", "labels": ["1", "2", "3"]}
show_cloud(points, world.causes[4000:4300, 0], surface=surface, **look)

# %% [markdown]
# <details><summary>What we see</summary>
#
# PCA needs eight to ten components. Each dot is an image, along components 1,
# 2 and 3. The sheet of all disks is two-dimensional and bent; two components
# are a flat plane. Each further one adds a direction in which the sheet bends.
# The network's decoder bends with it.
#
# </details>
#
# ### Exercise 6 · A bar that only turns · 8 minutes, on your own
#
# A bar in the middle of the image only turns: one cause. How many components
# hold 95 % of the variance? Make 1,000 bars with `draw_shapes(x=13.5, y=13.5,
# angle=…, kind=2)`, where `angle` is a tensor from 0 to π, and set
# `bar_components`.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
turns = torch.linspace(0, torch.pi, 1000)
bars = draw_shapes(x=13.5, y=13.5, angle=turns, kind=2).flatten(1)
_, _, bar_variances = pca(bars, 784)
bar_components = choose_k(bar_variances, 0.95)
### END SOLUTION
bar_components = checks.bar_components(bar_components)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `torch.linspace` makes the angles. Flatten the bars. Which of your functions
# gives variances, which reads them?
#
# </details>
#
# {answer}
#
# <details><summary>What we see</summary>
#
# It takes 4. After half a turn the bar is back: a closed curve. Even a flat
# circle needs two directions; this one is bent.
#
# </details>
#
# ## How many images?
#
# PCA and a network get 50, 200, 400 or all training images; codes have 16
# numbers. Of few images the network sees each many times, 15,000 in all; of
# all, 30,000.

# %%
ns = "200", "400", "all", "never"
guess("From how many images on does the network copy new ones better?", *ns)

# %%
torch.manual_seed(SEED)
order = torch.randperm(len(x_train))[:30_000]
names = "PCA, new", "network, new", "PCA, seen", "network, seen"
table = {name: {} for name in names}
for n in (50, 200, 400, len(order)):
    x = images.train[order[:n]]
    net = dense[16] if n > 400 else train(dense_autoencoder, 16, x, 15_000)
    m, c, _ = pca(x.flatten(1), 16)
    for which, some in (("new", images.test), ("seen", x)):
        flat = some.flatten(1)
        table[f"PCA, {which}"][n] = mse(pca_reconstruct(flat, m, c), flat)
        table[f"network, {which}"][n] = mse(predict(net, some), some)
show_curves(table, "training images", "error", log_x=True)

# %% [markdown] tags=["explain"]
# With 50 images the network's error on new ones is about 1.4 times PCA's. On
# the 50 themselves it is near 0.001, thirty to fifty times smaller: *learnt
# by heart*. PCA does so too, but less: from seen to new images its error more
# than doubles. The curves for new images cross between 200 and 400.

# %% tags=["claims"]
later = {n: e / table["PCA, new"][n] for n, e in table["network, new"].items()}
first = min((n for n in later if later[n] < 1), default=None)
reveal({None: "never", len(order): "all"}.get(first, max(first or 0, 200)))
few_ratio = later[50]
claim("50 images: about 1.4 times PCA's error", few_ratio, 1.2, 1.6)
by_heart = table["network, new"][50] / table["network, seen"][50]
claim("50 images: learnt by heart", by_heart, 20, 90)
claim("they cross between 200 and 400 images", later[200] > 1 > later[400])

# %% [markdown]
# ## Which one, when?
#
# | you have | take | as measured above |
# |---|---|---|
# | a few hundred images or fewer | PCA | the network learns them by heart |
# | no time to tune | PCA | no choices, one second |
# | many numbers in the code | PCA first | level after 120,000 images |
# | thousands of images, a tiny code | network | a third less error at 8 |
# | things that move | network | 2 numbers instead of 8 to 10 |
#
# In each case PCA is the *baseline* to beat.
#
# ### Where it fails
#
# This is squared error on one set of images. A lower error need not mean a
# more useful code: lesson 04 tests that.
#
# ### Summary
#
# - The axis that loses least has the codes that vary most.
# - A linear autoencoder finds PCA's subspace, not its axes.
# - Activations pay off for tiny codes, bent sheets and thousands of images.

# %%
from course_utils.lessons import quiz, scorecard

quiz()
results = {
    "linear_gap": linear_gap,
    "principal_angle_deg": angle,
    "dense_over_pca_8": ratio[8],
    "dense_over_pca_64": ratio[64],
    "dense_over_pca_64_longer": longer_ratio,
    "pca_components_for_two_factors": needed,
    "dense_over_pca_50_images": few_ratio,
}
scorecard(results, data="full" if FULL else "small")

# %% [markdown]
# **References.** K. Pearson, *On lines and planes of closest fit to systems of
# points in space*, 1901. · P. Baldi and K. Hornik, *Neural networks and
# principal component analysis: learning from examples without local minima*,
# 1989.
#
# ## Going further
#
# ### Half a code
#
# PCA's code is sorted: the first 8 of 16 numbers are the best. The network's
# units have no order. A fair way to keep half of its code: run
# PCA on the *codes* and keep the 8 directions of largest variance.

# %%
guess("Half the code, chosen fairly: who is ahead?", "PCA", "the network")

# %%
from course_utils.figures import show_bars

net = dense[16]
z_train, z = (predict(net.encode, x) for x in (images.train, images.test))
fair = pca_reconstruct(z, *pca(z_train, 8)[:2])
# keep 8 units, set the others to their mean
first = torch.where(torch.arange(16) < 8, z, z_train.mean(dim=0))

half = {"PCA, 8 of 16": pca_error(8)}
for name, code in (("first 8 units", first), ("8 directions", fair)):
    half[f"network, {name}"] = mse(predict(net.decode, code), images.test)
show_bars(half | {"network, all 16": errors[16]}, xlabel="test error")

# %% [markdown] tags=["explain"]
# Eight *units* of the network alone have more than twice PCA's error. With its
# eight best *directions* the error is a fifth to a quarter below PCA's. The
# code was not worse, only unsorted.

# %% tags=["claims"]
fair_half = half["network, 8 directions"] / half["PCA, 8 of 16"]
reveal("the network" if fair_half < 1 else "PCA")
claim("fairly halved: a fifth to a quarter below", fair_half, 0.7, 0.85)
units_half = half["network, first 8 units"] / half["PCA, 8 of 16"]
claim("8 units alone: about twice PCA's error or more", units_half, 1.8, 3)

# %% [markdown]
# ### t-SNE
#
# **t-SNE** (2008) moves points in the plane until neighbours in pixel space
# are neighbours there. It is only a map: no encoder, no decoder, no meaning in
# axes or gaps. Lesson 04 draws one.
#
# ### Principal angles
#
# Two planes differ by an angle; larger subspaces have several, the **principal
# angles**. `subspace_angle` gave the largest; here are all eight.

# %%
qa, qb = torch.linalg.qr(w.T).Q, torch.linalg.qr(components[:8].T).Q
torch.linalg.svdvals(qa.T @ qb).clamp(max=1).acos().rad2deg()

# %% [markdown]
# ### Why does no start get stuck?
#
# One linear unit in the plane of components 1 and 2: its error is a surface
# over two weights, lowest at component 1 and its opposite. Component 2 is a
# **saddle**: level, but falling to both sides. All level places but the lowest
# are saddles or the top (Baldi and Hornik, 1989): descent leaves them.

# %%
v1, v2 = (variances[:2] / variances[:2].sum()).tolist()


def unit_error(a, b):
    """Error of x -> x w w^T with w = (a, b), as a share of the variance."""
    held = v1 * a**2 + v2 * b**2
    return 1 - 2 * held + held * (a**2 + b**2)


radius, turn = torch.linspace(0, 1.15, 15), torch.linspace(0, 6.283, 41)
a, b = radius[:, None] * turn.cos(), radius[:, None] * turn.sin()
surface = {"error": torch.stack([a, b, unit_error(a, b)], dim=-1)}
slope = torch.func.grad(lambda point: unit_error(*point))
point, path = torch.tensor([0.005, 0.1]), []
for _ in range(80):
    path.append([*point.tolist(), unit_error(*point).item()])
    point = point - 0.15 * slope(point)
look = {"labels": ("component 1", "component 2", ""), "view": (40, -50)}
show_cloud({"descent": torch.tensor(path)}, surface=surface, **look)
