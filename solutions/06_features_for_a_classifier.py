# %% [markdown]
# # 06 · Features for a classifier
#
# **Do images without labels help when labels are few?**
#
# You will be able to: use an autoencoder for a classifier in four ways,
# compare them fairly with the rivals that need no autoencoder, and say which
# one to take for a given number of labels.
#
# 50 minutes · @TIME06@ s on two CPU cores · builds on lessons 02, 03 and 05

# %% [markdown]
# ## Many images, few names
#
# Images are cheap, names are not: somebody has to look and type. Suppose that
# we have thousands of garments and the names of only a hundred. A classifier
# learns from the hundred. An autoencoder needs no names, so it can learn from
# all of them first. Does that help?

# %%
import time

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_utils import checks
from course_utils.data import FASHION_CLASSES, fashion_mnist
from course_utils.losses import negative_elbo, reconstruction_loss
from course_utils.models import DenseEncoder, dense_autoencoder, dense_vae
from course_utils.plotting import show_curves, show_images, show_latent_space
from course_utils.training import fit, pick_device, predict, set_seed

SEED = 0
device = pick_device()
images = fashion_mnist()
x = torch.cat([images.train, images.test])
y = torch.cat([images.train_labels, images.test_labels])
train, test = torch.arange(len(x)).split([len(images.train), len(images.test)])
pool, aside = train[:-2000], train[-2000:]

# %% [markdown]
# All images stand in one tensor, and every group is a list of places in it.
# **The rules of the contest:**
#
# - Each technique gets the same labelled images, as many of each class.
# - An autoencoder may look at all training images, without names.
# - Whatever we choose, we choose on 2,000 training images set *aside*.
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
SIZE = 32


def reconstruct(model, x):
    """Squared error of each image: -> (B,)."""
    return reconstruction_loss(model(x), x)


set_seed(SEED)
untrained = DenseEncoder(SIZE).to(device)
autoencoder = dense_autoencoder(SIZE)
history = fit(autoencoder, x[train], reconstruct, epochs=10, batch_size=64,
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
pca = PCA(SIZE, random_state=SEED).fit(flat[train].numpy())
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
# Divided by its own tiny spread, such a pixel shouts as loudly as any other.
# Now three classifiers, on pixels and on codes, with 1,000 labels. The images
# set aside are the judges.

# %%
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

classifiers = {
    "support vector machine": lambda: SVC(C=5, cache_size=1000),
    "random forest": lambda: RandomForestClassifier(random_state=SEED),
    "small network": lambda: MLPClassifier(
        64, random_state=SEED, max_iter=2000, tol=1e-3
    ),
}  # fmt: skip


def by_probe(z, pick, held, classifier="support vector machine"):
    """Fit on the codes of `pick`, return the accuracy on those of `held`."""
    fresh = classifiers[classifier]()
    return probe(fresh, z[pick], y[pick], z[held], y[held])


rounds = range(3)
print("1,000 labels              raw pixels     autoencoder")
frozen = {}
for name in classifiers:
    for kind in ("raw pixels", "autoencoder"):
        start = time.time()
        accuracies = [
            by_probe(codes[kind], draw(1000, r, pool), aside, name)
            for r in rounds
        ]
        took = (time.time() - start) / len(rounds)
        frozen[name, kind] = sum(accuracies) / len(rounds), took
    cells = [frozen[name, k] for k in ("raw pixels", "autoencoder")]
    print(f"{name:22}", *(f"  {a:.3f} in {s:4.1f} s" for a, s in cells))

# %% [markdown]
# TODO
#
# ## Technique 4: the VAE's features
#
# We take the fourth technique early, since it needs no new tool. A VAE
# (lesson 05) describes each image by a mean and a spread for each latent. A
# classifier can be given the mean, or both.

# %%
set_seed(SEED)
vae = dense_vae(SIZE)
fit(vae, x[train], negative_elbo, epochs=10, batch_size=64, seed=SEED)
mu, log_var = encode_all(vae.encoder).chunk(2, dim=1)
codes["VAE mean"] = mu
codes["VAE mean, spread"] = torch.cat([mu, (0.5 * log_var).exp()], dim=1)
alive = int((mu[train].var(dim=0) > 0.05).sum())
print(f"latents in use: {alive} of {SIZE}")
chosen = {}
for n in (100, 1000):
    for name in ("VAE mean", "VAE mean, spread"):
        accuracies = [by_probe(codes[name], draw(n, r, pool), aside)
                      for r in rounds]  # fmt: skip
        chosen[name, n] = sum(accuracies) / len(rounds)
        print(f"{n:5} labels  {name:17} {chosen[name, n]:.3f}")

# %% [markdown]
# TODO
#
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
# One remedy: keep the encoder frozen for the first epochs. We try three
# shares.


# %%
def naming(network, x, labels):
    """Cross-entropy of each image: -> (B,)."""
    return cross_entropy(network(x), labels, reduction="none")


def epochs_for(n):
    """Passes over n images: many over a few, few over many."""
    return round(6000 / n + 5)


def learn(network, pick, epochs, seed, lr=3e-3):
    """Train on the images at `pick`, with their labels."""
    fit(network, (x[pick], y[pick]), naming, epochs=epochs, batch_size=32,
        lr=lr, seed=seed, progress=False)  # fmt: skip


def accuracy(network, held):
    """Share of the images at `held` that are named rightly: a float."""
    named = predict(network, x[held]).argmax(dim=1)
    return (named == y[held]).float().mean().item()


# %%
def fine_tune(pick, held, seed, share=0.5):
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
    for share in (0, 0.5, 1):
        accuracies = [fine_tune(draw(n, r, pool), aside, r, share)
                      for r in rounds]  # fmt: skip
        tuned[n, share] = sum(accuracies) / len(rounds)
        print(f"{n:5} labels, frozen for {share:4.0%}: {tuned[n, share]:.3f}")

# %% [markdown]
# TODO
#
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
# turns codes into logits. Return one loss for each place of the batch.


# %% tags=["nbval-check-output"]
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
    count = max(10_000, len(pick))
    many = train[torch.randperm(len(train))[:count]]
    again = pick.repeat(-(-len(many) // len(pick)))[: len(many)]
    epochs = max(2, round(epochs_for(len(pick)) * len(pick) / count))

    def loss(model, *batch):
        return joint_loss(model, *batch, weight)

    fit(model, (x[many], x[again], y[again]), loss, epochs=epochs,
        batch_size=64, lr=3e-3, seed=seed, progress=False)  # fmt: skip
    return model


def joint_accuracy(model, held):
    """Share of the images at `held` that are named rightly: a float."""
    return accuracy(nn.Sequential(model.encoder, model.head), held)


# %%
weights, rebuilt, named = (3, 30, 300, 3000), [], []
for weight in weights:
    model = train_joint(draw(1000, 0, pool), SEED, weight)
    named.append(joint_accuracy(model, aside))
    error = predict(model, x[aside]) - x[aside]
    rebuilt.append(error.square().mean().item())
    print(f"weight {weight:5}: accuracy {named[-1]:.3f}, ", end="")
    print(f"error of a pixel {rebuilt[-1]:.4f}")
alt = "Accuracy against the weight of the names in joint training."
show_curves({"joint": (weights, named)}, alt=alt, log_x=True,
            xlabel="weight of the names", ylabel="accuracy")  # fmt: skip
best_weight = weights[named.index(max(named))]

# %% [markdown]
# TODO

# %% [markdown]
# ## All on one axis
#
# Choices are made; now the test images. Each technique runs with 100 to 3,000
# labels on three draws, and once with all labels, since all is only one draw.
# The encoders of techniques 1, 2 and 4 are the ones trained above. The last
# rival is the same network **from scratch**, which sees labelled images only.


# %%
def from_scratch(pick, held, seed):
    """Train encoder and head on the labelled images alone."""
    set_seed(seed)
    network = with_head(DenseEncoder(SIZE), SIZE)
    learn(network, pick, epochs_for(len(pick)), seed)
    return accuracy(network, held)


techniques = {
    name: lambda pick, held, seed, z=z: by_probe(z, pick, held)
    for name, z in codes.items()
}
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
        too_many = name == "raw pixels" and n > 10_000  # hours
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
    cells = [f"{mean(name, n):.3f} ({spread(name, n):.3f})"[1:] for n in counts]
    print(f"{name:17}", *cells, f"{sum(spent[name][counts[-1]]):7.1f}")

# %% [markdown]
# TODO

# %%
shown = ("raw pixels", "random encoder", "autoencoder", "VAE mean",
         "from scratch", "fine-tuned", "joint")  # fmt: skip
curves = {
    name: (counts, [mean(name, n) for n in counts],
           [spread(name, n) for n in counts])
    for name in shown
}  # fmt: skip
alt = "Test accuracy against number of labels for seven techniques."
show_curves(curves, alt=alt, xlabel="labels", ylabel="test accuracy",
            log_x=True)  # fmt: skip

# %%
def text(alias):
    return alias.replace(" ", "_")


scorecard = {}
keys = {"raw": "raw pixels", "pca": "PCA", "random": "random encoder",
        "ae": "autoencoder", "vae": "VAE mean", "finetune": "fine-tuned",
        "joint": "joint", "scratch": "from scratch"}  # fmt: skip
scorecard = {
    f"acc_{key}_{n}": mean(name, n)
    for n in (100, 1000)
    for key, name in keys.items()
}
print(score); print(spent); print(best_weight, named, rebuilt, chosen, tuned, frozen, alive)
