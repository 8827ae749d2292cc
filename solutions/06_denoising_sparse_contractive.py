# %% [markdown]
# {head}
#
# You will be able to: train a network to clean pictures, test it fairly
# against classical filters, and change what a code looks like by adding one
# term to the loss.

# %% [markdown]
# ## Which part is damage?
#
# So far the network gave back what it got. Now somebody damages the picture
# first. The usual damage is **Gaussian noise**: a random number of standard
# deviation sigma is added to each pixel.

# %%
import torch
from torch import nn

from course_utils.datasets import fashion_mnist
from course_utils.figures import show_images
from course_utils.training import fit, pick_device, predict, set_seed

SEED = 0
set_seed(SEED)
device = pick_device()
FULL = False  # True: all 60,000 images
images = fashion_mnist(FULL)


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
# **Predict:** a blur filter knows nothing of garments, a network has seen
# thousands. Will the network win not at all, by a little, or by far?
#
# ### Exercise 1 · Salt and pepper · 5 minutes, easy
#
# Hit each pixel, by itself, with probability `share`. A hit pixel becomes 0
# or 1 with equal chance; the others stay. Do not change `x` itself.


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
# `torch.rand_like(x)` draws a number between 0 and 1 for each pixel: below
# `share` with probability `share`.
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
#
# The third damage erases a patch.

# %%
from course_utils.datasets import erase_patch

kinds = {
    "Gaussian": lambda x: add_gaussian(x, 0.3),
    "salt-pepper": salt_and_pepper,
    "patch": erase_patch,
}
rows = [ten, *(damage(ten) for damage in kinds.values())]
alt = "Ten garments: clean, with grain, with black and white dots, with holes."
show_images(rows, alt=alt, row_labels=["clean", *kinds])

# %% [markdown]
# The same garments with grain, dots and holes. Each kind asks for another
# cure: average the neighbours, leave out the odd one, or know what was there.

# %% [markdown]
# ## Damaged in, clean out
#
# The recipe (Vincent and others, 2008) changes one thing in training: the
# network gets the damaged picture and is compared with the **clean** one.
# Damage is drawn anew at every step, so it cannot be learnt by heart.
#
# ### Exercise 2 · The denoising loss · 5 minutes, medium
#
# `model` and `corrupt` both take a batch of images and return one. The clean
# batch is `x`. Return one error for each image.


# %% tags=["nbval-check-output"]
from course_utils.models import reconstruction_loss


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
#
# The network is a small **U-Net** (Ronneberger and others, 2015). One path
# goes down to 7 by 7 pixels and up again: it sees the garment as a whole. The
# other stays at 14 by 14 and carries detail past it. The last line corrects
# the input by what both propose.


# %%
def conv(channels_in, channels_out, stride=1):
    return nn.Conv2d(channels_in, channels_out, 3, stride, padding=1)


class Denoiser(nn.Module):
    """Damaged images (B, 1, 28, 28) -> clean ones in [0, 1]."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Sequential(
            nn.PixelUnshuffle(2), conv(4, 16), nn.SiLU()  # 14 x 14
        )
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
# Is this still an autoencoder? It has no bottleneck and *could* copy its
# input. The task stops it: copied noise is punished.
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
noisy = add_gaussian(images.test, 0.3)
cleaned = predict(denoiser, noisy)
alt = "Ten garments at sigma 0.3: clean, noisy, and cleaned by the network."
rows = [ten, noisy[:10], cleaned[:10]]
show_images(rows, alt=alt, row_labels=["clean", "noisy", "denoised"])

# %% [markdown]
# The grain is gone and the edges are back. Fine print is not: the network
# draws what a garment usually has there.
#
# ### The trap: clean in, clean out
#
# It is easy to pass the clean batch by mistake, and nothing warns us. We
# measure in decibels: **PSNR** is −10 log₁₀(mean squared error of an image),
# and higher is better.

# %%
from course_utils.measures import psnr


def db(x_hat, x=images.test):
    return psnr(x_hat, x).mean().item()


trapped, trapped_loss = train_denoiser(lambda x: x, epochs=2)
copied, uncured = predict(trapped, images.test), predict(trapped, noisy)
gain, trap_gain = db(cleaned) - db(noisy), db(uncured) - db(noisy)
print("trained on        last loss   dB gained on noisy images")
print(f"damaged images    {last_loss:9.2f}   {gain:9.1f}")
print(f"clean images      {trapped_loss:9.2f}   {trap_gain:9.1f}")
print(f"on clean images the trapped network scores {db(copied):.0f} dB")
assert trapped_loss < 0.5 * last_loss and db(copied) > 30
assert gain > 6 and trap_gain < 0.5 * gain

# %% [markdown]
# Fed clean images, the network learns to copy. After two epochs its loss is
# less than half of ours and it scores over 30 dB on clean images, yet on noisy
# ones it gains less than half as much. Judge a denoiser on damaged input,
# never by its training loss.

# %% [markdown]
# ## Against the classical rivals
#
# Four filters come from SciPy and scikit-image: *Gaussian blur*, *median*,
# *total variation* (few jumps) and *non-local means* (averages look-alike
# patches). Two use PCA. *Projection* keeps k components. **Wiener** shrinks
# each component by variance / (variance + sigma²): the smallest error that a
# linear method can reach.

# %%
from course_utils.measures import ssim
from course_utils.rivals.filters import FILTERS

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


rivals = FILTERS | {pca_projection: (16, 32, 64, 128, 256)}
rivals |= {pca_wiener: (0.8, 1.0, 1.2)}

# %% [markdown]
# To be fair, each rival is told sigma and gets its best setting, found on 50
# *training* images. Our network is told nothing. **SSIM** (Wang and others,
# 2004) compares structure instead of single pixels; 1 is perfect.

# %%
from course_utils.rivals.filters import tuned

few, practice = images.test[:200], images.train[:50]


def contest(sigma):
    """Return {method: (PSNR, SSIM)} on the same 200 noisy images."""
    noisy, tuning = add_gaussian(few, sigma), add_gaussian(practice, sigma)
    answers = {"noisy": noisy}
    for name, cure in tuned(rivals, tuning, practice, sigma).items():
        answers[name] = cure(noisy)
    answers["denoiser"] = predict(denoiser, noisy)
    return {n: (db(a, few), ssim(a, few).mean()) for n, a in answers.items()}


results = {sigma: contest(sigma) for sigma in (0.1, 0.3, 0.5)}

# %%
print("PSNR / SSIM       sigma 0.1     sigma 0.3     sigma 0.5")
for name in results[0.3]:
    pairs = [f"{r[name][0]:4.1f} / {r[name][1]:.2f}" for r in results.values()]
    print(f"{name:16}", "   ".join(pairs))
best = {}
for sigma, result in results.items():
    classical = [result[rival.__name__] for rival in rivals]
    best[sigma] = [max(scores) for scores in zip(*classical, strict=True)]
for sigma in (0.3, 0.5):
    ours, theirs = results[sigma]["denoiser"], best[sigma]
    assert ours[0] > theirs[0] + 0.3 and ours[1] > theirs[1] + 0.05
low = results[0.1]
assert low["non_local_means"][0] > low["denoiser"][0] - 0.5

# %% [markdown]
# At 0.3 and 0.5 the network leads the best rival by more than 0.3 dB and by
# more than 0.05 in SSIM, without being told sigma. At 0.1 that lead is gone:
# non-local means, which looks at nothing but the picture in hand, is ahead or
# less than 0.5 dB behind. What was learnt pays when the image itself says little.

# %% [markdown]
# ## Where it fails
#
# Our network saw levels from 0.1 to 0.6. A *specialist* sees 0.3 alone, for 3
# epochs instead of 5.
#
# **Predict:** where will the specialist win? And what will each of them do to
# an image that is nearly clean?

# %%
from course_utils.figures import show_curves

specialist, _ = train_denoiser(kinds["Gaussian"], epochs=3)
levels = (0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
known = images.test[:1000]
noisy_at = {s: add_gaussian(known, s) for s in levels}
cures = {
    "noisy": lambda x, s: x,
    "PCA Wiener": lambda x, s: pca_wiener(x, 1, s),
    "specialist": lambda x, s: predict(specialist, x),
    "blind": lambda x, s: predict(denoiser, x),
}
at = {
    name: {s: db(cure(x, s), known) for s, x in noisy_at.items()}
    for name, cure in cures.items()
}
lines = {name: (levels, list(values.values())) for name, values in at.items()}
alt = "Specialist and blind meet at 0.3; elsewhere the specialist is lower."
show_curves(lines, alt=alt, xlabel="sigma in the test", ylabel="PSNR (dB)")
noise, linear, special, blind = at.values()
assert abs(special[0.3] - blind[0.3]) < 0.5
assert special[0.1] < blind[0.1] - 0.7 and special[0.5] < blind[0.5] - 0.7
assert max(special[0.03], blind[0.03]) < noise[0.03] - 2
assert special[0.9] < linear[0.9] - 2

# %% [markdown]
# At 0.3 the two networks are within 0.5 dB; at 0.1 and 0.5 the specialist
# loses by more than 0.7 dB. At 0.03 both do **harm**: the noisy image beats
# them by more than 2 dB, since detail is wiped out as if it were noise. At 0.9 the
# specialist is more than 2 dB behind PCA Wiener, which is told the level.
#
# Other kinds of damage? We let a third network practise all three for 2 epochs,
# and add the median, the classical cure for dots.


# %%
from course_utils.rivals.filters import median


def any_kind(x):
    choice = torch.randint(len(kinds), (1,)).item()
    return list(kinds.values())[choice](x)


all_kinds, _ = train_denoiser(any_kind, epochs=2)
print("PSNR in dB    damaged  median 3   blind  all kinds")
rate = {}
for kind, damage in kinds.items():
    x = damage(images.test)
    answers = x, median(x, 3), predict(denoiser, x), predict(all_kinds, x)
    rate[kind] = [db(answer) for answer in answers]
    print(f"{kind:11}", *(f"{value:9.1f}" for value in rate[kind]))
hole, grain = rate["patch"], rate["Gaussian"]
assert max(hole[1], hole[2]) < hole[0] - 0.5 and hole[3] > hole[0] + 0.8
assert grain[3] < grain[2] - 0.5
assert rate["salt-pepper"][3] > rate["salt-pepper"][1] + 0.2

# %% [markdown]
# On holes the median and the blind network are worse than doing nothing. The
# third network fills them and beats the median on dots. But it practised each
# kind less, and trails the blind one by more than 0.5 dB on Gaussian noise. **A
# denoiser cures what it has practised.**

# %%
from course_utils.figures import explore

pullover = images.test[[16]]


def three(noise):
    torch.manual_seed(SEED)
    damaged = add_gaussian(pullover, noise)
    return torch.cat([pullover, damaged, predict(denoiser, damaged)])


strengths = [0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9]
rows = list(torch.stack([three(s) for s in strengths], dim=1))
alt = "Under rising noise the cleaned pullover loses print, then shape."
labels = ["clean", "noisy", "denoised"]
show_images(rows, alt=alt, titles=strengths, row_labels=labels)
alt = "Left: clean. Middle: noisy. Right: denoised."
box = explore(three, alt=alt, noise=(0.0, 1.0, 0.05))

# %% [markdown]
# One pullover, sigma above each column. Without any noise the network still
# wipes off the print; with much it guesses. Move the slider: at which
# level would you stop trusting it?

# %% [markdown]
# ## Sparse codes
#
# Another way to forbid copying: many code units, of which few may speak for
# each image. From here on we take **one small network** and change its loss,
# nothing else.


# %%
from course_utils.models import Autoencoder


def train_with(penalty, corrupt=lambda x: x):
    """Train 784 -> 256 units in (0, 1) -> 784 with a penalty on the code."""
    set_seed(SEED)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.Sigmoid())
    decoder = nn.Sequential(nn.Linear(256, 784), nn.Unflatten(1, (1, 28, 28)))
    model = Autoencoder(encoder, decoder)

    def loss(model, x):
        z = model.encode(corrupt(x))
        return reconstruction_loss(model.decode(z), x) + penalty(model, z)

    fit(model, images.train, loss, epochs=6, batch_size=64)
    return model


# %% [markdown]
# The **L1 penalty** is the sum of an image's activities (the values in its
# code), so silence is cheap.
# The **KL penalty** looks at each unit: its mean activity over the batch, its
# *rate*, should be rho, such as 0.05. The distance is a Kullback-Leibler
# divergence between two coins (log is the natural logarithm):
#
# rho · log(rho / rate) + (1 − rho) · log((1 − rho) / (1 − rate))
#
# ### Exercise 3 · The KL penalty · 8 minutes, medium
#
# `z` holds the activities of B images and Z units. Return the sum of the
# formula over the units: one number.


# %% tags=["nbval-check-output"]
def kl_sparsity(z, rho=0.05):
    """KL of the units' rates from rho: (B, Z) in (0, 1) -> one number."""
    ### BEGIN SOLUTION
    rate = z.mean(dim=0)
    on = rho * (rho / rate).log()
    off = (1 - rho) * ((1 - rho) / (1 - rate)).log()
    return (on + off).sum()
    ### END SOLUTION


kl_sparsity = checks.kl_sparsity(kl_sparsity)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The rate is a mean over the images: `z.mean(dim=0)`, one number for each of
# the Z units.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `(rho / rate).log()` takes the logarithm of a whole tensor. Write the two
# halves of the formula, add them, sum.
#
# </details>
#
# {answer}
#
# We say a unit *fires* when its activity is above 0.1. **Predict:** which
# share of the 256 units fires for an image, without and with a penalty?

# %%
variants = {
    "plain": train_with(lambda model, z: 0.0),
    "L1": train_with(lambda model, z: 0.3 * z.sum(dim=1)),
    "KL": train_with(lambda model, z: 0.5 * kl_sparsity(z)),
}


def mse(model):
    return (predict(model, images.test) - images.test).square().mean().item()


active = {}
for name, model in variants.items():
    fires = predict(model.encode, images.test) > 0.1
    active[name] = fires.float().mean().item()
    print(f"{name:6} active {active[name]:4.0%}   MSE {mse(model):.4f}")
assert active["plain"] > 0.7 and max(active["L1"], active["KL"]) < 0.35
plain, l1, kl = (mse(model) for model in variants.values())
assert min(l1, kl) > 1.2 * plain

# %% [markdown]
# Without a penalty more than 70 % of the units fire for an image; with either
# penalty fewer than 35 %. The price: the error grows by more than a fifth. What
# is bought shows in single units.


# %%
def strokes(model, count=10):
    """Return what the busiest units draw and look for, as pictures."""
    busy = predict(model.encode, images.test).mean(dim=0).topk(count).indices
    draws, looks = model.decoder[0].weight.T, model.encoder[1].weight
    pictures = [w.detach().cpu()[busy] for w in (draws, looks)]
    scaled = [0.5 + 0.5 * w / w.abs().amax(1, keepdim=True) for w in pictures]
    return [w.view(-1, 1, 28, 28) for w in scaled]


def roughness(picture):
    """Mean squared step between neighbours over twice the variance."""
    steps = (picture[..., 1:] - picture[..., :-1]).square().mean()
    return (steps / (2 * picture.var())).item()


rows = [*strokes(variants["plain"]), *strokes(variants["L1"])]
alt = "Plain units draw noise and tangles, L1 units smooth parts of garments."
labels = ["plain draws", "looks for", "L1 draws", "looks for"]
show_images(rows, alt=alt, row_labels=labels)
rough_plain, rough_l1 = roughness(rows[0]), roughness(rows[2])
print(f"roughness of drawings: plain {rough_plain:.2f}, L1 {rough_l1:.2f}")
assert rough_l1 < 0.85 * rough_plain

# %% [markdown]
# Two rows for each network, one of its ten busiest units in each column: what
# it adds to the picture and the input that it looks for; mid-grey means
# nothing. Plain units draw a tangle. L1 units draw smoother pieces of garments,
# which can be read one by one.

# %% [markdown]
# ## Contractive codes
#
# A third way asks for a *steady* code, which hardly moves with the image. The
# **contractive** penalty (Rifai and others, 2011) takes the table of all
# derivatives ∂zⱼ/∂xᵢ, the *Jacobian*, and sums their squares. For one sigmoid layer it has a closed
# form, since z′ = z (1 − z):


# %%
from course_utils.figures import show_bars


def jacobian_penalty(model, z):
    """Sum of squared derivatives of the code: (B, 256) -> (B,)."""
    weight = model.encoder[1].weight  # (256, 784)
    return (z * (1 - z)).square() @ weight.square().sum(dim=1)


model, x = variants["plain"].cpu(), images.test[:1]
slow = torch.autograd.functional.jacobian(model.encode, x).square().sum()
assert torch.isclose(slow, jacobian_penalty(model, model.encode(x)), rtol=1e-3)
variants["denoising"] = train_with(lambda model, z: 0.0, kinds["Gaussian"])
variants["contractive"] = train_with(jacobian_penalty)

# %% [markdown]
# Closed form and automatic differentiation agree. Now we nudge each test image
# with noise of sigma 0.3 and measure how far its code moves, in units of the
# distance between the codes of two images. (Else a network could cheat by
# shrinking all codes.)

# %%
def nudge(encode):
    """How far noise moves a code, over the distance of two images' codes."""
    z, moved = (encode(x).flatten(1) for x in (known, noisy_at[0.3]))
    apart = (z - z.roll(1, dims=0)).norm(dim=1).mean()
    return ((moved - z).norm(dim=1).mean() / apart).item()


moved, error = {"raw pixels": nudge(lambda x: x)}, {}
for name, model in variants.items():
    moved[name] = nudge(lambda x, model=model: predict(model.encode, x))
    error[name] = mse(model)
    print(f"{name:12} MSE {error[name]:.4f}   moved {moved[name]:.2f}")
alt = "Noise moves pixels most, plain codes less, contractive codes least."
show_bars(moved, alt=alt, xlabel="how far noise moves the code")
assert moved["contractive"] < 0.5 * moved["plain"] < 0.45 * moved["raw pixels"]
assert moved["denoising"] < 0.92 * moved["plain"]
assert error["contractive"] > 1.2 * error["plain"]
assert error["denoising"] < 0.9 * min(error["contractive"], l1, kl)

# %% [markdown]
# Noise moves the plain code less than the raw pixels, and the contractive code
# less than half as far as the plain one, for at least a fifth more error. The
# denoising network got a steadier code unasked, since one clean picture must come
# out of many damaged ones, and of the four it pays the least.
#
# | variant | added to the loss | buys | costs |
# |---|---|---|---|
# | denoising | nothing; input damaged | clean images, steadier code | little error; cures what it practised |
# | L1 | sum of activities | few, readable units | more error; a weight to choose |
# | KL | rates far from rho | every unit asked to work, rarely | more error; weight and rho to choose |
# | contractive | squared Jacobian | the steadiest code | more error; slow for more than one layer |

# %% [markdown]
# ### Exercise 4 · Blur · 5 minutes, open
#
# At sigma 0.5 our denoiser draws blurred garments, although no training image
# is blurred. Suppose two garments are equally likely behind a noisy image.
# Which answer has the smallest expected squared error? How would you get a
# sharp one?
#
# <details><summary>Model answer</summary>
#
# The mean of the two. Squared error is smallest at the average of all clean
# images that fit the input, weighted by how likely they are. More noise lets
# more images fit, and an average of many is blurred. For a sharp answer the
# network must *choose*: draw a sample, or be judged by something other than
# squared error. Then its PSNR drops: a sharp guess is more often wrong.
#
# </details>
#
# ## Quiz
#
# Click on an answer; a wrong one explains itself.

# %%
from course_utils.lessons import quiz

quiz("06")

# %% [markdown]
# ## Summary
#
# - Damaged in, clean out: the task, not the bottleneck, forbids copying.
# - The network beats tuned filters in heavy noise. It cures what it has
#   practised, and harms images that are nearly clean.
# - Penalties shape the code: L1 and KL silence most units, the contractive
#   penalty keeps the code still. Each costs reconstruction error.
#
# The **scorecard** puts your numbers beside the ones we measured with three
# seeds and the images that ship. With all 60,000 images (`FULL = True`)
# the denoiser does better, and the codes' numbers differ too.

# %%
from course_utils import checks

scorecard = {
    "psnr_noisy": results[0.3]["noisy"][0],
    "psnr_best_classical": best[0.3][0],
    "psnr_denoiser": results[0.3]["denoiser"][0],
    "ssim_best_classical": float(best[0.3][1]),
    "ssim_denoiser": float(results[0.3]["denoiser"][1]),
    "active_fraction": active["L1"],
    "active_fraction_plain": active["plain"],
    "nudge_plain": moved["plain"],
    "nudge_contractive": moved["contractive"],
}
measured = {
    "psnr_noisy": (12.82, 12.88),
    "psnr_best_classical": (19.66, 19.72),
    "psnr_denoiser": (20.98, 21.21),
    "ssim_best_classical": (0.648, 0.649),
    "ssim_denoiser": (0.759, 0.769),
    "active_fraction": (0.173, 0.176),
    "active_fraction_plain": (0.852, 0.855),
    "nudge_plain": (0.253, 0.257),
    "nudge_contractive": (0.091, 0.093),
}
checks.show_scorecard(scorecard, measured)

# %% [markdown]
# **References.** P. Vincent, H. Larochelle, Y. Bengio and P.-A. Manzagol,
# *Extracting and composing robust features with denoising autoencoders*,
# 2008. · S. Rifai, P. Vincent, X. Muller, X. Glorot and Y. Bengio,
# *Contractive auto-encoders*, 2011. · O. Ronneberger, P. Fischer and T. Brox,
# *U-Net*, 2015. · Z. Wang, A. Bovik, H. Sheikh and E. Simoncelli, *Image quality
# assessment: from error visibility to structural similarity*, 2004.
