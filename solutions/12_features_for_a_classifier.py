# %% [markdown]
# {head}
#
# You will be able to: use an autoencoder for a classifier in four ways,
# compare them fairly with the rivals that need no autoencoder, and say which
# one to take for a given number of labels.

# %% [markdown]
# ## Many images, few names
#
# Images are cheap, names are not: somebody has to look and type. Suppose that
# we have thousands of garments and the names of only a hundred. A classifier
# learns from the hundred. An autoencoder needs no names, so it can learn from
# all of them first. Does that help? (The *name* of an image is its **label**,
# and to *name* it is to classify it.)
#
# There are four techniques. They come in the order 1, 4, 2, 3, since the fourth
# needs no more tools than the first:
#
# 1. a **frozen encoder**: a classifier on its code;
# 2. **fine-tuning**: the encoder learns on with the labels;
# 3. **both at once**: reconstruct and name in one training;
# 4. **a VAE's features**: a classifier on its mean, or mean and spread.

# %%
import time

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_utils import checks
from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import show_curves, show_images, show_latent_space
from course_utils.models import (
    DenseEncoder,
    dense_autoencoder,
    dense_vae,
    negative_elbo,
    reconstruction_loss,
)
from course_utils.training import fit, pick_device, predict, set_seed

SEED = 0
device = pick_device()
FULL = False  # True: all 60,000 images
images = fashion_mnist(FULL)
x = torch.cat([images.train, images.test])
y = torch.cat([images.train_labels, images.test_labels])
train, test = torch.arange(len(x)).split([len(images.train), len(images.test)])
pool, aside = train[:-2000], train[-2000:]

# %% [markdown]
# All images stand in one tensor, and every group is a list of places in it.
# **The rules of the contest:**
#
# - Each technique gets the same labelled images, as many of each class.
# - Autoencoder, PCA and VAE are fitted on all training images, without names.
# - Whatever we choose, we choose on 2,000 training images set *aside*. Their
#   names are kept back; the autoencoders have seen the images.
# - The classifiers' `C`, learning rates and epochs are ordinary values, the
#   same for every draw.
# - The test images are used once, at the end.


# %%
def draw(n, seed, places=train):
    """Places of n images, n / 10 of each class, drawn at random: (n,)."""
    order = torch.Generator().manual_seed(1000 * SEED + seed)
    places = places[torch.randperm(len(places), generator=order)]
    return torch.cat([places[y[places] == c][: n // 10] for c in range(10)])


pick = draw(100, seed=0, places=pool)
alt = "The hundred labelled garments of one draw: ten rows, one per class."
show_images(x[pick], alt=alt, row_labels=FASHION_CLASSES)

# %% [markdown]
# One draw of 100 labels: all that a classifier is told about ten classes.
# Another draw is another contest, so each is held three times.
#
# **Predict**, and keep your answers:
# 1. With 100 labels, does an autoencoder's code beat the raw pixels?
# 2. With all labels, does it still matter?
# 3. How good is a code from an encoder that was never trained?

# %% [markdown]
# ## Technique 1: a frozen encoder
#
# We train an autoencoder with 32 numbers in the middle, throw the decoder
# away and hand the code to a classifier. The encoder stays as it is:
# *frozen*.

# %%
from course_utils.models import DenseEncoder, dense_autoencoder

SIZE = 32


def reconstruct(model, x):
    """Squared error of each image: -> (B,)."""
    return reconstruction_loss(model(x), x)


set_seed(SEED)
untrained = DenseEncoder(SIZE).to(device)
autoencoder = dense_autoencoder(SIZE)
history = fit(autoencoder, x[train], reconstruct, epochs=8, batch_size=64,
              seed=SEED)  # fmt: skip
print(f"{history.seconds:.0f} s, loss {history.train[-1]:.1f}")

# %% [markdown]
# ### Exercise 1 · Features · 5 minutes, easy
#
# Turn a batch of images into codes. Many encoders hold dropout or batch norm,
# which act otherwise while training, so put the encoder into *eval mode*. And
# nobody trains it here: keep no gradients.


# %% tags=["nbval-check-output"]
def features(encoder, x):
    """Codes of a batch, in eval mode and without gradient: (B, latent_dim)."""
    ### BEGIN SOLUTION
    encoder.eval()
    with torch.no_grad():
        return encoder(x)
    ### END SOLUTION


features = checks.features(features)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Every network has `.eval()` and `.train()`, which switch its mode.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Under `with torch.no_grad():` torch remembers nothing for a gradient.
#
# </details>
#
# {answer}
#
# Four descriptions of the same garments, three of them by 32 numbers.

# %%
from sklearn.decomposition import PCA


def encode_all(encoder):
    """Codes of all images, training and test: (N, ...)."""
    batches = x.split(1000)
    return torch.cat([features(encoder, b.to(device)).cpu() for b in batches])


flat = x.flatten(1)
pca = PCA(SIZE, svd_solver="covariance_eigh").fit(flat[train].numpy())
codes = {
    "raw pixels": flat,
    "PCA": torch.tensor(pca.transform(flat.numpy())).float(),
    "random encoder": encode_all(untrained),
    "autoencoder": encode_all(autoencoder.encoder),
}

# %% [markdown]
# ### Exercise 2 · The probe · 8 minutes, medium
#
# Classifiers like numbers around 0. Take off the mean of each column, then
# divide everything by **one** number, the spread of all entries, `z.std()`.
# Both are measured on the labelled codes `z` and used for the test codes too.
# Then fit, and return the share of test labels named rightly. `classifier`
# is scikit-learn's: it has `fit(z, labels)` and `score(z, labels)`.


# %% tags=["nbval-check-output"]
def probe(classifier, z, labels, z_test, test_labels):
    """Accuracy on the test codes of a classifier fitted on z: a float."""
    ### BEGIN SOLUTION
    mean, spread = z.mean(dim=0), z.std()
    classifier.fit((z - mean) / spread, labels)
    return classifier.score((z_test - mean) / spread, test_labels)
    ### END SOLUTION


probe = checks.probe(probe)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `z.mean(dim=0)` has one number for each column, `z.std()` is one number.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Fit on `(z - mean) / spread`, score on `(z_test - mean) / spread`. Nothing of
# the test set may reach `fit`, nor the mean and the spread.
#
# </details>
#
# {answer}
#
# Why one spread for all? Many pixels at the border are almost always black.
# Divided by its own tiny spread, such a pixel shouts as loudly as any other. The
# single number itself matters to the small network below. The forest ignores it,
# and so does the support vector machine, whose `gamma="scale"` measures the
# spread by itself.
#
# Now three classifiers, on pixels and on codes, with 1,000 labels. The images
# set aside are the judges.

# %%
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

classifiers = {
    "support vector machine": lambda: SVC(C=5, cache_size=1000),
    "random forest": lambda: RandomForestClassifier(
        random_state=SEED, n_jobs=2
    ),
    "small network": lambda: MLPClassifier(
        64, random_state=SEED, max_iter=2000, tol=2e-3,
        learning_rate_init=5e-3,
    ),
}  # fmt: skip


def by_probe(z, pick, held, classifier="support vector machine"):
    """Fit on the codes of `pick`, return the accuracy on those of `held`."""
    fresh = classifiers[classifier]()
    return probe(fresh, z[pick], y[pick], z[held], y[held])


# %% [markdown]
# *Forest* and *network* here are scikit-learn's; the network learns a little
# faster than by default, to save time. Each one gets the pixels and the code of
# the same 1,000 garments.

# %%
print("1,000 labels, one draw    raw pixels      autoencoder")
frozen, pick = {}, draw(1000, 0, pool)
for name in classifiers:
    row = []
    for kind in ("raw pixels", "autoencoder"):
        start = time.time()
        result = by_probe(codes[kind], pick, aside, name)
        row.append(f"{result:.3f} in {time.time() - start:4.1f} s")
        frozen[name, kind] = result
    print(f"{name:22}", *row, sep="  ")
    assert abs(frozen[name, "raw pixels"] - frozen[name, "autoencoder"]) < 0.04

# %% [markdown]
# With 1,000 labels each classifier does about as well on 32 numbers as on 784
# pixels, within 0.04, and it has less to chew: look at the seconds. From here
# on codes are judged by the support vector machine. Two rows of the big table
# below are exceptions: there the forest and the small network get the code.

# %% [markdown]
# ## Technique 4: the VAE's features
#
# The fourth technique comes early, since it needs no new tool. A VAE
# (lesson 08) describes each image by a mean and a spread for each latent. A
# classifier can be given the mean, or both.

# %%
from course_utils.models import dense_vae

set_seed(SEED)
vae = dense_vae(SIZE)
fit(vae, x[train], negative_elbo, epochs=8, batch_size=64, seed=SEED)
mu, log_var = encode_all(vae.encoder).chunk(2, dim=1)
codes["VAE mean"] = mu
codes["VAE mean, spread"] = torch.cat([mu, (0.5 * log_var).exp()], dim=1)
alive = int((mu[train].var(dim=0) > 0.05).sum())
print(f"latents in use: {alive} of {SIZE}")
rounds, chosen = range(3), {}
kinds = {"VAE mean": mu, "VAE mean, spread": codes["VAE mean, spread"],
         "each column / its spread": mu / mu[train].std(dim=0)}  # fmt: skip
print("labels                     100   1,000")
for name, z in kinds.items():
    for n in (100, 1000):
        results = [by_probe(z, draw(n, r, pool), aside) for r in rounds]
        chosen[name, n] = sum(results) / len(rounds)
    print(f"{name:25} {chosen[name, 100]:.3f}   {chosen[name, 1000]:.3f}")
for n in (100, 1000):
    extra = chosen["VAE mean, spread", n] - chosen["VAE mean", n]
    assert abs(extra) < 0.015
loss_by_columns = chosen["VAE mean", 100] - chosen[list(kinds)[2], 100]
assert loss_by_columns > 0.02 and alive < SIZE

# %% [markdown]
# At this scale the spread adds nothing to the mean: less than 0.015 either way.
# (Its entries are divided by the same number as the means'.) The last
# row is the trap that our probe avoids. The VAE leaves some latents unused
# (lesson 08). Divide every column by its own spread, and the idle ones shout
# noise as loudly as the others speak.

# %% [markdown]
# ## Technique 2: fine-tuning
#
# Now the encoder is no longer frozen. We put a **head** on its code, one
# linear layer with an output for each class, and train encoder and head on
# the labelled images.
#
# ### Exercise 3 · The head · 5 minutes, medium
#
# Return `nn.Sequential(copy of the encoder, linear head)`. It gives logits;
# `cross_entropy` takes the softmax by itself. We need the trained encoder
# again, so leave it untouched: work on a copy.


# %% tags=["nbval-check-output"]
import copy

from course_utils import checks


def with_head(encoder, latent_dim, classes=10):
    """A copy of the encoder with a fresh head: images -> (B, classes)."""
    ### BEGIN SOLUTION
    head = nn.Linear(latent_dim, classes)
    return nn.Sequential(copy.deepcopy(encoder), head)
    ### END SOLUTION


with_head = checks.with_head(with_head)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `copy.deepcopy(encoder)` copies a network with its weights.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The head is `nn.Linear(latent_dim, classes)`, without anything after it.
#
# </details>
#
# {answer}
#
# At first the head is random, and its gradients push a good encoder about.
# One remedy: keep the encoder frozen for the first epochs. The head then learns
# alone, with a larger learning rate (0.01, later 0.003). We try three shares.


# %%
def naming(network, x, labels):
    """Cross-entropy of each image: -> (B,)."""
    return cross_entropy(network(x), labels, reduction="none")


def epochs_for(n):
    """Passes over n images: many over a few, few over many."""
    return round(8000 / n + 3)


def learn(network, pick, epochs, seed, lr=3e-3):
    """Train on the images at `pick`, with their labels."""
    fit(network, (x[pick], y[pick]), naming, epochs=epochs, batch_size=32,
        lr=lr, seed=seed, progress=False)  # fmt: skip


def accuracy(network, held):
    """Share of the images at `held` that are named rightly: a float."""
    named = predict(network, x[held]).argmax(dim=1)
    return (named == y[held]).float().mean().item()


# %%
def fine_tune(pick, held, seed, share=0):
    """Train a head, for the first `share` of the epochs nothing else."""
    set_seed(seed)
    network = with_head(autoencoder.encoder, SIZE)
    first = round(share * epochs_for(len(pick)))
    if first:
        network[0].requires_grad_(False)
        learn(network, pick, first, seed, lr=1e-2)
        network[0].requires_grad_(True)
    if share < 1:
        learn(network, pick, epochs_for(len(pick)) - first, seed)
    return accuracy(network, held)


tuned = {}
for n in (100, 1000):
    for share in (0, 0.25, 1):
        results = [fine_tune(draw(n, r, pool), aside, r, share)
                   for r in rounds]  # fmt: skip
        tuned[n, share] = sum(results) / len(rounds)
        print(f"{n:5} labels, frozen for {share:4.0%}: {tuned[n, share]:.3f}")
assert tuned[1000, 0] > tuned[1000, 1] + 0.01
assert max(tuned[n, 0.25] - tuned[n, 0] for n in (100, 1000)) < 0.02

# %% [markdown]
# With 1,000 labels an encoder that stays frozen is the worst choice: a linear
# head is all that learns. Freezing it for the first quarter gains less than
# 0.02 or nothing. So we fine-tune from the first step, the simpler way.

# %% [markdown]
# ## Technique 3: both at once
#
# Fine-tuning forgets the decoder. **Joint** training keeps it: from the first
# step on, one encoder serves two masters. Each step takes a batch without
# labels to reconstruct and a batch with labels to name:
#
# $$\text{loss} = \text{reconstruction}(x) + w \cdot \text{cross-entropy}(x_\text{labelled})$$
#
# ### Exercise 4 · The joint loss · 6 minutes, medium
#
# `model(x)` reconstructs, `model.encode(x)` gives codes, and `model.head`
# turns codes into logits. `x` and `x_labelled` have the same size. Return one
# loss for each place of the batch.


# %% tags=["nbval-check-output"]
from course_utils import checks


def joint_loss(model, x, x_labelled, labels, weight):
    """Reconstruction of x plus weight times naming of x_labelled: (B,)."""
    ### BEGIN SOLUTION
    logits = model.head(model.encode(x_labelled))
    names = cross_entropy(logits, labels, reduction="none")
    return reconstruction_loss(model(x), x) + weight * names
    ### END SOLUTION


joint_loss = checks.joint_loss(joint_loss)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `reconstruction_loss(model(x), x)` is the first term, one number for each
# image of `x`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `cross_entropy(logits, labels, reduction="none")` gives one number for each
# labelled image. Which images are labelled?
#
# </details>
#
# {answer}
#
# How much should the names weigh? We sweep the weight, with 1,000 labels and
# one draw. The few labelled images are repeated until they match the others.


# %%
def train_joint(pick, seed, weight):
    """Train both losses on images without and with labels."""
    set_seed(seed)
    model = dense_autoencoder(SIZE)
    model.head = nn.Linear(SIZE, 10)
    count = max(5000, len(pick))
    many = train[torch.randperm(len(train))[:count]]
    again = pick.repeat(-(-len(many) // len(pick)))[: len(many)]
    epochs = max(2, round(epochs_for(len(pick)) * len(pick) / count))

    def loss(model, *batch):
        return joint_loss(model, *batch, weight)

    fit(model, (x[many], x[again], y[again]), loss, epochs=epochs,
        batch_size=64, lr=5e-3, seed=seed, progress=False)  # fmt: skip
    return model


def joint_accuracy(model, held):
    """Share of the images at `held` that are named rightly: a float."""
    return accuracy(nn.Sequential(model.encoder, model.head), held)


# %%
weights, rebuilt, named = (1, 10, 100, 1000), [], []
for weight in weights:
    model = train_joint(draw(1000, 0, pool), SEED, weight)
    named.append(joint_accuracy(model, aside))
    error = predict(model, x[aside]) - x[aside]
    rebuilt.append(error.square().mean().item())
    print(f"weight {weight:6,}: accuracy {named[-1]:.3f}, ", end="")
    print(f"error of a pixel {rebuilt[-1]:.4f}")
alt = (
    "Accuracy against the weight of the names: lowest at 1, level from 100."
)
show_curves({"joint": (weights, named)}, alt=alt, log_x=True,
            xlabel="weight of the names", ylabel="accuracy")  # fmt: skip
best_weight = weights[named.index(max(named))]
assert named[0] < max(named) - 0.015 and rebuilt[0] < 0.95 * rebuilt[-1]
assert min(named[1:]) > max(named) - 0.035

# %% [markdown]
# With a weight of 1 the names are hardly heard. Higher up the accuracy rises
# and levels off within 0.035, and the reconstruction pays for it. We keep the
# best weight.

# %% [markdown]
# ## All on one axis
#
# Choices are made; now the test images. Each technique runs with 100 to 3,000
# labels on three draws, and once with all labels, since all is only one draw.
# The encoders of techniques 1, 2 and 4 are the ones trained above. The last
# rival is the same network **from scratch**, which sees labelled images only.


# %%
from course_utils.models import DenseEncoder


def from_scratch(pick, held, seed):
    """Train encoder and head on the labelled images alone."""
    set_seed(seed)
    network = with_head(DenseEncoder(SIZE), SIZE)
    learn(network, pick, epochs_for(len(pick)), seed)
    return accuracy(network, held)


def on_code(name, classifier="support vector machine"):
    """Return a technique: fit this classifier on this kind of code."""
    return lambda pick, held, seed: by_probe(
        codes[name], pick, held, classifier
    )


techniques = {name: on_code(name) for name in codes}
techniques["code, forest"] = on_code("autoencoder", "random forest")
techniques["code, network"] = on_code("autoencoder", "small network")
techniques["from scratch"] = from_scratch
techniques["fine-tuned"] = fine_tune
techniques["joint"] = lambda pick, held, seed: joint_accuracy(
    train_joint(pick, seed, best_weight), held
)

# %%
import sys

from tqdm import tqdm

counts = [n for n in (100, 300, 1000, 3000, 10_000) if n < len(train)]
counts.append(len(train))
score = {name: {n: [] for n in counts} for name in techniques}
spent = {name: {n: [] for n in counts} for name in techniques}
runs = [(n, r) for n in counts for r in rounds if n < len(train) or r == 0]
for n, r in tqdm(runs, "contest", file=sys.stdout, ncols=79):
    pick = draw(n, r)
    for name, technique in techniques.items():
        start = time.time()
        too_many = name == "raw pixels" and n > 10_000  # too slow
        result = float("nan") if too_many else technique(pick, test, r)
        score[name][n].append(result)
        spent[name][n].append(time.time() - start)


# %%
def mean(name, n):
    return torch.tensor(score[name][n]).mean().item()


def spread(name, n):
    return torch.tensor(score[name][n]).std(correction=0).item()


print("accuracy (spread)", *(f"{n:>11,}" for n in counts), " seconds")
for name in techniques:
    row = [f"{mean(name, n):.3f} ({spread(name, n):.3f})"[1:] for n in counts]
    print(f"{name:17}", *row, f"{sum(spent[name][counts[-1]]):7.1f}")

# %% [markdown]
# In brackets: the standard deviation over three draws (zero for all labels,
# where there is one). It holds chance in the draw and in the training of the
# networks, but not in the encoders, which are trained once. The seconds are
# those with all labels, without the encoder's training.

# %%
shown = ("raw pixels", "random encoder", "autoencoder", "VAE mean",
         "from scratch", "fine-tuned", "joint")  # fmt: skip
curves = {
    name: (counts, [mean(name, n) for n in counts],
           [spread(name, n) for n in counts])
    for name in shown
}  # fmt: skip
alt = (
    "Test accuracy against labels: all techniques rise together, close to "
    "one another; the random encoder runs well below them."
)
show_curves(curves, alt=alt, xlabel="labels", ylabel="test accuracy",
            log_x=True)  # fmt: skip

# %% [markdown]
# All lines but the lowest rise together. Going from 100 to 1,000 labels is
# worth about a tenth of accuracy; the choice of technique is worth a hundredth
# or two. To see those, we subtract. Both sides of a pair had the same draws.

# %%
pairs = (
    ("autoencoder", "random encoder"), ("autoencoder", "PCA"),
    ("autoencoder", "raw pixels"), ("VAE mean", "autoencoder"),
    ("fine-tuned", "from scratch"), ("joint", "from scratch"),
)  # fmt: skip
lead = {
    (a, b): {n: mean(a, n) - mean(b, n) for n in counts} for a, b in pairs
}
print("labels                         ", *(f"{n:>7,}" for n in counts))
for (a, b), by_count in lead.items():
    row = [f"{gap:+7.3f}" for gap in by_count.values()]
    print(f"{a:>12} - {b:15}", *row)
raw = lead["autoencoder", "raw pixels"]
assert mean("random encoder", 100) > 0.5
assert mean("from scratch", 1000) > mean("from scratch", 100) + 0.07
for n in (100, 300, 1000, 3000):
    assert lead["autoencoder", "random encoder"][n] > 0.02
    assert abs(raw[n]) < 0.03 and abs(lead["joint", "from scratch"][n]) < 0.04
    assert -0.015 < lead["autoencoder", "PCA"][n] < 0.04
    assert -0.03 < lead["fine-tuned", "from scratch"][n] < 0.04
if len(train) == 10_000:
    assert raw[1000] < 0 and raw[3000] < 0 and raw[10_000] < -0.01
    assert mean("raw pixels", 10_000) > mean("fine-tuned", 10_000) - 0.005

# %% [markdown]
# The verdict for the images that ship, budget by budget:
#
# - **100 and 300 labels.** Fine-tuning is about a hundredth ahead of the
#   network from scratch, or level: no more than the spread between draws.
#   (That is the spread of each alone, not of their difference on the same draw,
#   and three draws are few.) The frozen code ties with the raw pixels, within
#   0.03.
# - **1,000 and 3,000.** Raw pixels pass the frozen code by about a hundredth.
#   Fine-tuning and training from scratch are level.
# - **All labels.** Pixels lead the code by more than 0.01, and nothing that
#   began with an autoencoder beats them.

# %% [markdown]
# Up to 3,000 labels the code beats the **random encoder** by more than 0.02. But
# look how far the random one gets: without its line, "0.7 from 100 labels"
# sounds like an achievement of training. And **PCA**, fitted in a second, is
# within 0.04 of the code up to 3,000 labels.
#
# Joint training wins nothing here. It had less time, though: with up to 3,000
# labels it passes over 5,000 unlabelled images only twice. The autoencoder had
# eight passes over all of them.

# %%
from course_utils.figures import explore, points_figure


def ranking(labels):
    """The techniques at one budget, best first, as a figure."""
    tried = [name for name in techniques if mean(name, labels) > 0]
    best_first = sorted(tried, key=lambda name: -mean(name, labels))
    points = {n: (mean(n, labels), spread(n, labels)) for n in best_first}
    return points_figure(points, xlabel="test accuracy", limits=(0.55, 0.95),
                         title=f"{labels:,} labels")  # fmt: skip


alt = "Techniques by test accuracy with their spread, the best on top."
box = explore(ranking, alt=alt, labels=counts)

# %% [markdown]
# Move the slider: this is one upright cut through the curves above, the best on
# top. Watch who overtakes whom, and how wide the spread is when labels are few.

# %% [markdown]
# ## Who is mistaken for whom?
#
# We take the frozen code with 3,000 labels, a hundredth behind the best, since
# a code can be mapped. Row: what it is; column: what it is called.

# %%
from course_utils.figures import show_matrix

machine, pick = SVC(C=5), draw(3000, seed=0)
z = codes["autoencoder"]
probe(machine, z[pick], y[pick], z[test], y[test])
scaled = (z[test] - z[pick].mean(dim=0)) / z[pick].std()
called = torch.as_tensor(machine.predict(scaled.numpy()))
table = torch.zeros(10, 10)
table.index_put_((y[test], called), torch.ones(len(test)), accumulate=True)
table /= table.sum(dim=1, keepdim=True)
alt = "Confusion matrix: shirts are called T-shirt, pullover or coat."
show_matrix(table, FASHION_CLASSES, FASHION_CLASSES, alt=alt,
            xlabel="is called", ylabel="is")  # fmt: skip
tops, wrong = torch.tensor([0, 2, 3, 4, 6]), called != y[test]
both_tops = torch.isin(y[test], tops) & torch.isin(called, tops)
share_tops = both_tops[wrong].float().mean().item()
print(f"mistakes among tops and dresses: {share_tops:.0%}")
assert share_tops > 0.65 and table.diagonal().argmin() == 6

# %% [markdown]
# About three in four mistakes stay among tops and dresses: T-shirt, pullover,
# dress, coat, shirt. The shirt is missed most often. Shoes are mixed up with
# shoes, and trousers are hardly ever missed.
#
# Could we have known from the code alone? We draw a map of it with t-SNE
# (lesson 03: a picture only), from images set aside. Then we count, in the
# whole code, how many of an image's ten nearest neighbours are of its class.

# %%
from sklearn.manifold import TSNE

near = torch.cdist(z[aside], z[aside]).topk(11, largest=False).indices[:, 1:]
same = (y[aside][near] == y[aside][:, None]).float().mean(dim=1)
kin = torch.stack([same[y[aside] == c].mean() for c in range(10)])
right = table.diagonal()
for c in kin.argsort():
    print(f"{FASHION_CLASSES[c]:11} neighbours {kin[c]:.2f}", end="")
    print(f"  named rightly {right[c]:.2f}")
island = TSNE(random_state=SEED).fit_transform(z[aside[:600]].numpy())
alt = "Map of 600 codes: shirts lie scattered among T-shirts and pullovers."
show_latent_space({"the code": (torch.tensor(island), y[aside[:600]])},
                  alt=alt, classes=FASHION_CLASSES)  # fmt: skip
agree = torch.corrcoef(torch.stack([kin, right]))[0, 1].item()
print(f"correlation of the two columns: {agree:.2f}")
assert agree > 0.7 and kin.argmin() == 6

# %% [markdown]
# The map says the same. Shirts have no island of their own: they lie among
# T-shirts, pullovers and coats. They also have the fewest neighbours of their
# kind, and over all classes the two columns rise together (correlation above
# 0.7). Where the code puts two classes in one place, a classifier on top has a
# hard time.

# %% [markdown]
# ## Which technique should I use?
#
# | you have | take | as measured above |
# |---|---|---|
# | 100 or 300 labels | fine-tuning, or raw pixels and a support vector machine | a hundredth apart, which three draws cannot tell from chance |
# | 1,000 labels or more | raw pixels, or a network from scratch | the autoencoder adds nothing |
# | many classifiers to train on the same images | frozen code, or PCA | 32 numbers instead of 784, far fewer seconds |
# | an image to draw again as well | joint | names nearly as well, and keeps its decoder |
# | a VAE already | its mean | the spread adds nothing at this scale |
# | a code of unknown worth | a random encoder beside it | it named more than half of the images |

# %% [markdown]
# ### Exercise 5 · Why not? · 5 minutes, open
#
# The autoencoder has seen every training image, and yet its code is no better
# for naming than raw pixels. What does reconstruction reward? Name a detail
# that matters for the name and hardly for the error, and one the other way
# round.
#
# <details><summary>A model answer</summary>
#
# Reconstruction rewards whatever covers many bright pixels: how large, how
# light, how patterned a garment is. A row
# of buttons makes a shirt of a T-shirt and is hardly worth a tenth of the
# error; a large print costs much error and says nothing about the class. With
# 32 numbers the network pays for the print first. An image's *name* is a
# question from outside, and nothing in the loss asks it. Codes that classify
# well come from tasks that ask for what stays the same about a thing.
#
# </details>

# %% [markdown]
# ## Quiz
#
# Click on an answer; a wrong one explains itself.

# %%
from course_utils.lessons import quiz

quiz("12")

# %% [markdown]
# ## Summary
#
# - The encoder sees images without names; scaler and classifier see labelled
#   ones; choices are made on images set aside; the test is touched once.
# - With 100 or 300 labels the autoencoder is worth a hundredth or nothing;
#   from 1,000 on raw pixels or a network from scratch do as well or better.
# - A random encoder is the baseline that no one may leave out.
# - Reconstruction keeps what is bright and large. The name may hang on less.
#
# The scorecard's ranges are of three seeds with the images that ship. With
# the full set the autoencoders see six times as many images. In one run of it
# the frozen code drew level with the pixels at 1,000 labels, and still no
# technique was a clear winner.

# %%
from course_utils import checks

keys = {"raw": "raw pixels", "pca": "PCA", "random": "random encoder",
        "ae": "autoencoder", "vae": "VAE mean", "finetune": "fine-tuned",
        "joint": "joint", "scratch": "from scratch"}  # fmt: skip
scorecard = {f"acc_{key}_{n}": mean(name, n)
             for n in (100, 1000) for key, name in keys.items()}  # fmt: skip
measured = {
    "acc_raw_100": (0.681, 0.708),
    "acc_pca_100": (0.681, 0.706),
    "acc_random_100": (0.632, 0.653),
    "acc_ae_100": (0.684, 0.709),
    "acc_vae_100": (0.681, 0.709),
    "acc_finetune_100": (0.690, 0.725),
    "acc_joint_100": (0.679, 0.714),
    "acc_scratch_100": (0.681, 0.716),
    "acc_raw_1000": (0.821, 0.827),
    "acc_pca_1000": (0.808, 0.813),
    "acc_random_1000": (0.741, 0.767),
    "acc_ae_1000": (0.808, 0.814),
    "acc_vae_1000": (0.803, 0.809),
    "acc_finetune_1000": (0.820, 0.826),
    "acc_joint_1000": (0.810, 0.818),
    "acc_scratch_1000": (0.818, 0.825),
}
checks.show_scorecard(scorecard, measured)

# %% [markdown]
# **References.** D. Kingma, S. Mohamed, D. Rezende and M. Welling,
# *Semi-supervised learning with deep generative models*, 2014. · D. Erhan, Y.
# Bengio, A. Courville, P.-A. Manzagol, P. Vincent and S. Bengio, *Why does
# unsupervised pre-training help deep learning?*, 2010. · H. Xiao, K. Rasul and
# R. Vollgraf, *Fashion-MNIST*, 2017.
