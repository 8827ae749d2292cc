# %% [markdown]
# # 04 · Denoising, sparse and contractive autoencoders
#
# **What does a network learn when copying is not enough?**
#
# You will be able to: train a network to clean pictures, test it fairly
# against classical filters, and change what a code looks like by adding one
# term to the loss.
#
# 50 minutes · @TIME04@ s on two CPU cores · builds on lessons 02 and 03

# %% [markdown]
# ## Which part is damage?
#
# So far the network gave back what it got. Now somebody damages the picture
# first, and the network never sees the clean one as its input. Here is
# **Gaussian noise**: each pixel gets a random number added, with standard
# deviation sigma.

# %%
import torch
from torch import nn

from course_utils.data import fashion_mnist
from course_utils.plotting import show_images
from course_utils.training import fit, pick_device, predict, set_seed

SEED = 0
set_seed(SEED)
device = pick_device()
images = fashion_mnist()


def add_gaussian(x, sigma):
    """Add noise of standard deviation sigma: (B, 1, H, W), same out."""
    return x + sigma * torch.randn_like(x)


ten = images.test[:10]
rows = [ten, add_gaussian(ten, 0.3), add_gaussian(ten, 0.5)]
alt = "Ten garments: clean, grainy at sigma 0.3, hardly visible at 0.5."
labels = ["clean", "sigma 0.3", "sigma 0.5"]
show_images(rows, alt=alt, row_labels=labels)

# %% [markdown]
# At sigma 0.3 you still name most garments; at 0.5 you guess. You can do so
# because you know what garments look like.
#
# **Predict:** a blur filter knows nothing of garments. A network has seen
# 10,000. By how much will it win: not at all, a little, or by far?

# %% [markdown]
# ### Exercise 1 · Salt and pepper · 5 minutes, easy
#
# Another damage: a *share* of the pixels is hit. Each pixel is hit with
# probability `share`, by itself. A hit pixel becomes 0 or 1 with equal
# chance; the others stay. Do not change `x` itself.


# %% tags=["nbval-check-output"]
from course_utils import checks


def salt_and_pepper(x, share=0.2):
    """Set a share of the pixels to 0 or 1: (B, 1, H, W), same out."""
    ### BEGIN SOLUTION
    hit = torch.rand_like(x) < share
    coin = torch.rand_like(x).round()
    return torch.where(hit, coin, x)
    ### END SOLUTION


salt_and_pepper = checks.salt_and_pepper(salt_and_pepper)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `torch.rand_like(x)` draws a number between 0 and 1 for each pixel. It is
# below 0.2 with probability 0.2.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `torch.rand_like(x).round()` tosses a coin for each pixel.
# `torch.where(hit, a, b)` takes `a` where `hit` is true, else `b`.
#
# </details>
#
# {answer}

# %% [markdown]
# The third damage erases a patch. Now we have three kinds.

# %%
from course_utils.denoising import erase_patch

kinds = {
    "Gaussian": lambda x: add_gaussian(x, 0.3),
    "salt & pepper": salt_and_pepper,
    "erased patch": erase_patch,
}
rows = [ten, *(damage(ten) for damage in kinds.values())]
alt = "Ten garments: clean, with grain, with black and white dots, with holes."
show_images(rows, alt=alt, row_labels=["clean", *kinds])

# %% [markdown]
# Three kinds of damage to the same garments. Each asks for another cure:
# averaging helps against grain, leaving out the odd pixel helps against dots,
# and a hole must be filled from knowledge.

# %% [markdown]
# ## Damaged in, clean out
#
# The recipe of Vincent and others (2008) changes one thing in the training
# step. The network gets the damaged picture and is compared with the
# **clean** one. Fresh damage is drawn at every step, so noise cannot be
# learnt by heart.
#
# ### Exercise 2 · The denoising loss · 5 minutes, medium
#
# `model` and `corrupt` both take a batch of images and return one. The clean
# batch is `x`. Return one error for each image.


# %% tags=["nbval-check-output"]
from course_utils.losses import reconstruction_loss


def denoising_loss(model, x, corrupt):
    """Error of cleaning what `corrupt` made of x: -> (B,)."""
    ### BEGIN SOLUTION
    damaged = corrupt(x)
    return reconstruction_loss(model(damaged), x)
    ### END SOLUTION


denoising_loss = checks.denoising_loss(denoising_loss)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `reconstruction_loss(x_hat, x)` returns one summed squared error for each
# image. What is `x_hat` here?
#
# </details>
# <details><summary>Hint 2</summary>
#
# First `corrupt(x)`, then the model on the result, then the comparison with
# `x`.
#
# </details>
#
# {answer}

# %% [markdown]
# The network is a small **U-Net** (Ronneberger and others, 2015). One path
# goes down to 7 by 7 pixels and up again; it sees the garment as a whole. The
# other path stays at 14 by 14 and carries detail past it. The last line
# corrects the input, so the network draws only the change.


# %%
def conv(channels_in, channels_out, stride=1):
    return nn.Conv2d(channels_in, channels_out, 3, stride, padding=1)


class Denoiser(nn.Module):
    """Damaged images (B, 1, 28, 28) -> clean ones in [0, 1]."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Sequential(nn.PixelUnshuffle(2), conv(4, 16), nn.SiLU())
        self.below = nn.Sequential(
            conv(16, 64, stride=2), nn.SiLU(),  # 7 x 7
            conv(64, 64), nn.SiLU(),
            nn.ConvTranspose2d(64, 16, 2, stride=2),  # 14 x 14
        )  # fmt: skip
        self.leave = nn.Sequential(
            conv(32, 16), nn.SiLU(), conv(16, 4), nn.PixelShuffle(2)
        )

    def forward(self, x):
        h = self.enter(x)
        change = self.leave(torch.cat([h, self.below(h)], dim=1))
        return (4 * x - 2 + change).sigmoid()


# %% [markdown]
# Is this still an autoencoder? The path past the middle is no bottleneck: this
# network *could* copy its input. What stops it is the task, because a copy of
# the noise is punished. Two ways to forbid copying, then: a narrow middle, or
# damage.
#
# We train it **blind**: each image gets a noise level of its own, between 0.1
# and 0.6, and the network is not told which.

# %%
def any_level(x):
    sigma = 0.1 + 0.5 * torch.rand(len(x), 1, 1, 1, device=x.device)
    return add_gaussian(x, sigma)


def train_denoiser(corrupt, epochs):
    set_seed(SEED)
    model = Denoiser()

    def loss(model, x):
        return denoising_loss(model, x, corrupt)

    options = {"epochs": epochs, "batch_size": 32, "lr": 6e-3}
    return model, fit(model, images.train, loss, **options).train[-1]


denoiser, last_loss = train_denoiser(any_level, epochs=5)

# %%
noisy = add_gaussian(images.test, 0.3)
cleaned = predict(denoiser, noisy)
alt = "Ten garments at sigma 0.3: clean, noisy, and cleaned by the network."
rows = [ten, noisy[:10], cleaned[:10]]
show_images(rows, alt=alt, row_labels=["clean", "noisy", "denoised"])

# %% [markdown]
# The grain is gone and edges are back. Fine print is not: the network draws
# what a garment usually has there.
#
# ## The trap: clean in, clean out
#
# It is easy to pass the clean batch by mistake. Nothing warns us: the loss
# falls, and falls lower than before. We measure in decibels,
# **PSNR** = −10 log₁₀(mean squared error), higher is better.

# %%
from course_utils.denoising import psnr

trapped, trapped_loss = train_denoiser(lambda x: x, epochs=2)


def db(x_hat, x=images.test):
    return psnr(x_hat, x).mean().item()


gain, trap_gain = db(cleaned) - db(noisy), db(predict(trapped, noisy)) - db(noisy)
print("training loss: fed noisy", last_loss, "fed clean", trapped_loss)
print("fed clean, shown clean", db(predict(trapped, images.test)))
print("dB gained on noisy images: fed noisy", gain, "fed clean", trap_gain)
assert trapped_loss < 0.5 * last_loss
assert db(predict(trapped, images.test)) > 30
assert trap_gain < 0.5 * gain and gain > 6

# %% [markdown]
# Fed clean images, the network learns to copy. Its loss is less than half of
# ours, it gives clean images back with over 30 dB, and it gains less than half
# as much on noisy ones. Judge a denoiser on damaged input, never by its
# training loss.

# %% [markdown]
# ## Against the classical rivals
#
# A win over nothing is no win. Four filters come from SciPy and scikit-image:
# *Gaussian blur*, *median*, *total variation* (few jumps) and *non-local
# means* (average look-alike patches). Two use the PCA of lesson 03:
# *projection* keeps k components; **Wiener** shrinks each by
# variance / (variance + sigma²), the best a linear method can do.

# %%
from course_utils.denoising import FILTERS, ssim

flat = images.train.flatten(1)
mean = flat.mean(dim=0)
variance, axes = torch.linalg.eigh(torch.cov(flat.T))  # smallest first


def shrink(x, gain):
    """Multiply each principal component by its gain (784,)."""
    z = (x.flatten(1) - mean) @ axes
    return ((z * gain) @ axes.T + mean).clamp(0, 1).view_as(x)


def pca_projection(x, k, sigma):
    return shrink(x, variance >= variance[-k])


def pca_wiener(x, strength, sigma):
    return shrink(x, variance / (variance + (strength * sigma) ** 2))


rivals = FILTERS | {
    pca_projection: (16, 32, 64, 128, 256), pca_wiener: (0.8, 1.0, 1.2),
}  # fmt: skip

# %% [markdown]
# To be fair, each rival is told sigma and gets its best setting, found on 50
# *training* images. Our network is told nothing. **SSIM** (Wang and others,
# 2004) compares structure instead of single pixels; 1 is perfect.

# %%
few, practice = images.test[:300], images.train[:50]


def contest(sigma):
    """Return {method: (PSNR, SSIM)} on the same 300 noisy images."""
    noisy, tuning = add_gaussian(few, sigma), add_gaussian(practice, sigma)
    answers = {"noisy": noisy}
    for rival, settings in rivals.items():
        tried = [db(rival(tuning, s, sigma), practice) for s in settings]
        best = settings[tried.index(max(tried))]
        answers[rival.__name__] = rival(noisy, best, sigma)
    answers["denoiser"] = predict(denoiser, noisy)
    return {
        name: (db(answer, few), ssim(answer, few).mean().item())
        for name, answer in answers.items()
    }


results = {sigma: contest(sigma) for sigma in (0.1, 0.3, 0.5)}

# %%
print("PSNR / SSIM      sigma 0.1     sigma 0.3     sigma 0.5")
best = {}
for sigma, result in results.items():
    classical = [result[rival.__name__] for rival in rivals]
    best[sigma] = [max(column) for column in zip(*classical, strict=True)]
for name in results[0.3]:
    cells = [f"{r[name][0]:5.1f} / {r[name][1]:.2f}" for r in results.values()]
    print(f"{name:16}", "  ".join(cells))
for sigma in (0.3, 0.5):
    ours = results[sigma]["denoiser"]
    assert ours[0] > best[sigma][0] + 0.4 and ours[1] > best[sigma][1] + 0.05
print("at sigma 0.1", results[0.1]["denoiser"], best[0.1])

# %% [markdown]
# TODO prose on contest

# %% [markdown]
# ## Where it fails
#
# The network saw levels from 0.1 to 0.6. A *specialist* sees 0.3 alone.
# **Predict:** where does the specialist win, and what does each do to an image
# that is nearly clean?

# %%
from course_utils.plotting import show_curves

specialist, _ = train_denoiser(kinds["Gaussian"], epochs=3)
sigmas = (0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
levels = [add_gaussian(images.test, sigma) for sigma in sigmas]
curve = {
    "noisy image": [db(x) for x in levels],
    "PCA Wiener": [db(pca_wiener(x, 1, s)) for x, s in zip(levels, sigmas, strict=True)],
    "specialist (0.3)": [db(predict(specialist, x)) for x in levels],
    "blind (0.1 to 0.6)": [db(predict(denoiser, x)) for x in levels],
}
alt = "PSNR over noise level; TODO."
lines = {name: (sigmas, y) for name, y in curve.items()}
show_curves(lines, alt=alt, xlabel="noise level sigma in the test", ylabel="PSNR in dB")
for n, y in curve.items(): print(n, [round(v, 2) for v in y])

# %% [markdown]
# TODO

# %%
def any_kind(x):
    """Damage a batch by one of the three kinds."""
    choice = torch.randint(len(kinds), (1,)).item()
    return list(kinds.values())[choice](x)


all_kinds, _ = train_denoiser(any_kind, epochs=3)

# %%
from course_utils.denoising import median

print("dB              damaged  median 3  blind  all kinds")
rate = {}
for kind, damage in kinds.items():
    x = damage(images.test)
    answers = (x, median(x, 3), predict(denoiser, x), predict(all_kinds, x))
    rate[kind] = [db(answer) for answer in answers]
    print(f"{kind:15}", "     ".join(f"{value:4.1f}" for value in rate[kind]))

# %% [markdown]
# TODO

# %%
from course_utils.widgets import explore

sneaker = images.test[[16]]


def three(noise):
    torch.manual_seed(SEED)
    damaged = add_gaussian(sneaker, noise)
    return torch.cat([sneaker, damaged, predict(denoiser, damaged)])


strength = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0]
rows = torch.stack([three(s) for s in strength], dim=1)
alt = "One garment at ten noise levels: TODO"
show_images(list(rows), alt=alt, titles=strength, row_labels=["clean", "noisy", "denoised"])
explore(three, alt="Left: clean. Middle: noisy. Right: denoised.", noise=(0.0, 1.0, 0.05))

# %% [markdown]
# TODO

# %% [markdown]
# ## Sparse codes
#
# Damage is one way to forbid copying. Another: give the code *more* units than
# needed, and let only few of them speak for each image. From here on we take
# one small network and change nothing but its loss.

# %%
from course_utils.models import Autoencoder


def small_network():
    """Return 784 -> 256 units in (0, 1) -> 784, seeded."""
    set_seed(SEED)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.Sigmoid())
    decoder = nn.Sequential(nn.Linear(256, 784), nn.Unflatten(1, (1, 28, 28)))
    return Autoencoder(encoder, decoder)


def train_with(penalty, corrupt=lambda x: x):
    """Train the small network on reconstruction plus a penalty."""
    model = small_network()

    def loss(model, x):
        z = model.encode(corrupt(x))
        return reconstruction_loss(model.decode(z), x) + penalty(model, z)

    fit(model, images.train, loss, epochs=6, batch_size=64)
    return model

# %% [markdown]
# KL

# %% tags=["nbval-check-output"]
def kl_sparsity(z, rho=0.05):
    """KL of mean activities from rho: (B, Z) in (0, 1) -> one number."""
    ### BEGIN SOLUTION
    rate = z.mean(dim=0)
    on = rho * (rho / rate).log()
    off = (1 - rho) * ((1 - rho) / (1 - rate)).log()
    return (on + off).sum()
    ### END SOLUTION


kl_sparsity = checks.kl_sparsity(kl_sparsity)

# %% [markdown]
# train

# %%
variants = {
    "plain": train_with(lambda model, z: 0.0),
    "L1": train_with(lambda model, z: 0.3 * z.sum(dim=1)),
    "KL": train_with(lambda model, z: 0.5 * kl_sparsity(z)),
}
mse, active = {}, {}
for name, model in variants.items():
    mse[name] = (predict(model, images.test) - images.test).square().mean().item()
    fires = predict(model.encode, images.test) > 0.1
    active[name] = fires.float().mean().item()
    print(f"{name:6} MSE {mse[name]:.4f}   active {active[name]:.0%}")

# %%
def decoded(name, count=10):
    model = variants[name]
    z = predict(model.encode, images.test)
    most = (z > 0.5).float().mean(0).argsort(descending=True)[:count]
    w = model.decoder[0].weight.T[most].detach().cpu()
    w = 0.5 + 0.5 * w / w.abs().amax(1, keepdim=True)
    e = model.encoder[1].weight[most].detach().cpu()
    e = 0.5 + 0.5 * e / e.abs().amax(1, keepdim=True)
    top = images.test[z[:, most].argmax(0)]
    return w.view(-1, 1, 28, 28), e.view(-1, 1, 28, 28), top
rows = [r for n in variants for r in decoded(n)]
show_images(rows, alt="aaaaaaaaaaaaaaaaaaaaa", row_labels=[f"{n} {k}" for n in variants for k in ("draws", "looks", "top")])

# %% [markdown]
# ## Contractive
# %%
def jacobian_penalty(model, z):
    weight = model.encoder[1].weight  # (256, 784)
    return (z * (1 - z)).square() @ weight.square().sum(dim=1)


variants["denoising"] = train_with(lambda model, z: 0.0, kinds["Gaussian"])
variants["contractive"] = train_with(jacobian_penalty)

# %%
def nudge(encode):
    nudged = predict(encode, levels[4]) - predict(encode, images.test)
    apart = predict(encode, images.test) - predict(encode, images.test.roll(1, 0))
    return (nudged.norm(dim=1).mean() / apart.norm(dim=1).mean()).item()

pixels = nn.Sequential(nn.Flatten(), nn.Linear(784, 784))
for name, model in variants.items():
    mse[name] = (predict(model, images.test) - images.test).square().mean().item()
    print(name, mse[name], nudge(model.encode))
flat_test = images.test.flatten(1)
print("pixels", (levels[4].flatten(1)-flat_test).norm(dim=1).mean() / (flat_test - flat_test.roll(1, 0)).norm(dim=1).mean())
print("untrained", nudge(small_network().to(device).encode))
