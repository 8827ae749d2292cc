# %% [markdown]
# {head}
#
# You will be able to: write an encoder, a decoder and a training loop, tell a
# good autoencoder from a broken one, and say what one can and cannot do.

# %% [markdown]
# ## Anatomy
#
# Photographs this time, whose hidden causes nobody knows: Fashion-MNIST. We
# want the **encoder** to turn each into a short **code**, and the **decoder**
# to draw it again. The narrow place between them is the **bottleneck**.

# %%
import torch
from torch import nn

from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import show_images
from course_utils.training import pick_device

SEED = 0
device = pick_device()
images = fashion_mnist()
first = [int((images.test_labels == c).nonzero()[0]) for c in range(10)]
alt = "One garment of each of the ten classes."
show_images(images.test[first], alt=alt, titles=FASHION_CLASSES)

# %% [markdown]
# Each picture is a tensor of shape (1, 28, 28): one channel, height, width. A
# batch of B has shape (B, 1, 28, 28).
#
# ### Exercise 1 · The encoder · 8 minutes, medium
#
# Build a network of two linear layers: flatten the picture, go to `hidden_dim`
# numbers, apply `nn.SiLU()`, go to `latent_dim` numbers. SiLU is an
# **activation**: it bends the line. Without one, two layers are no more than
# one.


# %% tags=["nbval-check-output"]
from course_utils import checks


def make_encoder(latent_dim, hidden_dim):
    """A network from pictures (B, 1, 28, 28) to codes (B, latent_dim)."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, latent_dim),
    )
    ### END SOLUTION


make_encoder = checks.make_encoder(make_encoder)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `nn.Sequential(a, b, c)` applies a, then b, then c. `nn.Flatten()` turns
# (B, 1, 28, 28) into (B, 784).
#
# </details>
# <details><summary>Hint 2</summary>
#
# A layer from 784 to 100 numbers is `nn.Linear(784, 100)`. The last layer has
# no activation: a code may be any number, also a negative one.
#
# </details>
#
# {answer}

# %% [markdown]
# The decoder is the mirror image. Its last step, the **sigmoid**, squeezes any
# number into (0, 1), which is where pixels live. What comes before the sigmoid
# is called *logits*.


# %%
def make_decoder(latent_dim, hidden_dim):
    """A network from codes (B, latent_dim) to logits (B, 1, 28, 28)."""
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, 784),
        nn.Unflatten(1, (1, 28, 28)),
    )


class Autoencoder(nn.Module):
    """An encoder and a decoder trained to give back their input."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z).sigmoid()

    def forward(self, x):
        return self.decode(self.encode(x))


# %%
def new_model(latent_dim=32, hidden_dim=256):
    """A fresh dense autoencoder, the same at every call."""
    torch.manual_seed(SEED)
    encoder = make_encoder(latent_dim, hidden_dim)
    decoder = make_decoder(latent_dim, hidden_dim)
    return Autoencoder(encoder, decoder).to(device)


model = new_model()
x = images.train[:128].to(device)
z = model.encode(x)
x_hat = model.decode(z)
print("x", tuple(x.shape), "-> z", tuple(z.shape), end=" ")
print("-> x_hat", tuple(x_hat.shape))

# %% [markdown]
# ## Learning
#
# The loss of one picture is the sum of squared errors over its pixels; we
# average over the batch. One **step** of training computes that loss, finds
# how each weight should move to lower it, and moves all of them a little.
#
# ### Exercise 2 · One training step · 10 minutes, medium
#
# `loss.backward()` finds the **gradient**: how each weight should move. The
# optimizer's `step()` moves the weights, and `zero_grad()` clears old gradients.
# Return the loss as a plain number.


# %% tags=["nbval-check-output"]
from course_utils import checks


def reconstruction_loss(x_hat, x):
    """Squared error summed over pixels: (B, 1, H, W) twice -> (B,)."""
    return (x_hat - x).square().flatten(1).sum(dim=1)


def train_step(model, optimizer, x):
    """Improve the model on one batch; return the batch's mean loss."""
    ### BEGIN SOLUTION
    loss = reconstruction_loss(model(x), x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


train_step = checks.train_step(train_step)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The order: loss, old gradients to zero, backward, step. `model(x)` is the
# reconstruction, and `x` itself is the goal.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `reconstruction_loss` gives one value per picture; `.mean()` averages over
# the batch. `loss.item()` is the plain number.
#
# </details>
#
# {answer}

# %% [markdown]
# The optimizer below is **Adam**, a well-tried rule for the size of each step;
# `lr`, the learning rate, scales it.
#
# **Overfit one batch first.** Before an hour is spent on training, show the
# model the same eight pictures a few hundred times. If it cannot learn even
# those by heart, something is broken.

# %%
from course_utils.figures import show_reconstructions

model, eight = new_model(), x[:8]
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
one_batch = [train_step(model, optimizer, eight) for _ in range(200)]
alt = "Eight garments and their reconstructions, identical to the eye."
show_reconstructions(eight, model(eight), alt=alt)
print(f"loss: {one_batch[0]:.1f} at first, {one_batch[-1]:.2f} at last")
assert one_batch[-1] < 0.02 * one_batch[0]

# %% [markdown]
# Learnt by heart: the loss has fallen to less than a fiftieth. Now the whole
# training set. An **epoch** shows every picture once, in new order, in batches
# of 128. The learning rate rises at first and then falls (*one cycle*), which
# makes short trainings better.

# %%
EPOCHS = 4
by_hand = new_model()
optimizer = torch.optim.Adam(by_hand.parameters(), lr=3e-3)
batches = EPOCHS * -(-len(images.train) // 128)  # rounded up
schedule = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, max_lr=3e-3, total_steps=batches, pct_start=0.2
)
order = torch.Generator().manual_seed(SEED)
train_x = images.train.to(device)
for epoch in range(EPOCHS):
    losses = []
    shuffled = torch.randperm(len(train_x), generator=order).to(device)
    for batch in train_x[shuffled].split(128):
        losses.append(train_step(by_hand, optimizer, batch))
        schedule.step()
    print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.2f}")

# %% [markdown]
# That is all of it. The package's `fit` is this loop, with a progress bar, a
# history and clear errors. We show that it does the same by training the same
# fresh model with it.

# %%
from course_utils.training import fit


def loss(model, x):
    """Loss of each picture: (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


by_fit = new_model()
fit(by_fit, images.train, loss, epochs=EPOCHS, lr=3e-3, seed=SEED)
with torch.no_grad():
    gap = (by_fit(x) - by_hand(x)).abs().mean().item()
print(f"mean difference of a pixel between the two: {gap:.1e}")
assert gap < 0.002

# %% [markdown]
# The same to within rounding. From here on we use `fit`.

# %% [markdown]
# ## Seeing what it does
#
# **Predict:** which garments will be drawn best, which worst?

# %%
from course_utils.figures import show_losses

model = new_model()
history = fit(model, images.train, loss, valid=images.test, epochs=10)
alt = "Loss over ten epochs: both curves fall steeply, then flatten together."
show_losses(history, alt=alt)
assert history.valid[-1] < 1.15 * history.train[-1]

# %% [markdown]
# The curve for unseen pictures stays close to that of the training pictures
# (within 15 % at the end), so the network has learnt what garments have in
# common, not these garments by heart.

# %%
from course_utils.training import predict

x_hat = predict(model, images.test)
per_image = reconstruction_loss(x_hat, images.test)
by_error = per_image.argsort()
chosen = torch.cat([by_error[:5], by_error[-5:]])
titles = [f"{per_image[i]:.1f}" for i in chosen]
alt = (
    "Five best reconstructions: plain garments such as trousers. Five "
    "worst: fine or bold patterns, which come out as grey blur."
)
originals, drawn = images.test[chosen], x_hat[chosen]
show_reconstructions(originals, drawn, alt=alt, titles=titles)

# %% [markdown]
# The number is the loss. The best five have plain shapes and little detail.
# The worst five carry prints, stripes or checks, and those come out grey.
#
# **Why blur?** Suppose that the code cannot tell whether a stripe is here or
# two pixels further on. Which answer has the smallest expected squared error?

# %%
here = images.test[by_error[-1:]]
there = here.roll(2, dims=2)
grey = (here + there) / 2


def expected_error(answer):
    """Mean squared error if `here` and `there` are equally likely."""
    return sum((answer - truth).square().mean() for truth in (here, there)) / 2


print(f"bold answer {expected_error(here):.4f}", end=", ")
print(f"grey answer {expected_error(grey):.4f}")
assert expected_error(grey) < 0.6 * expected_error(here)

# %% [markdown]
# The grey average: its expected error is half that of a bold guess. A network
# trained with squared error blurs whatever it is not sure of.

# %% [markdown]
# ## Dense or convolutional?
#
# A dense layer does not know that pixels have neighbours. A **convolution**
# looks at small windows and uses the same weights everywhere. Two of them with
# stride 2 take 28 to 14 to 7; two transposed ones lead back.


# %%
from course_utils.models import count_parameters


def conv_model(latent_dim=32, c=16):
    """A convolutional autoencoder with c and 2 c channels."""
    torch.manual_seed(SEED)
    back = {"stride": 2, "padding": 1, "output_padding": 1}
    encoder = nn.Sequential(
        nn.Conv2d(1, c, 3, stride=2, padding=1), nn.SiLU(),
        nn.Conv2d(c, 2 * c, 3, stride=2, padding=1), nn.SiLU(),
        nn.Flatten(), nn.Linear(2 * c * 7 * 7, latent_dim),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(latent_dim, 2 * c * 7 * 7),
        nn.Unflatten(1, (2 * c, 7, 7)), nn.SiLU(),
        nn.ConvTranspose2d(2 * c, c, 3, **back), nn.SiLU(),
        nn.ConvTranspose2d(c, 1, 3, **back),
    )  # fmt: skip
    return Autoencoder(encoder, decoder)


# %% [markdown]
# A fair contest needs the same number of parameters: a dense model with 68
# hidden numbers has about as many as this one. **Predict:** which wins after
# eight epochs, and which if the dense one gets three times as many epochs?

# %%
def test_mse(model):
    """Mean squared error per pixel on the test pictures: a float."""
    return (predict(model, images.test) - images.test).square().mean().item()


contest = {
    "dense": (new_model(hidden_dim=68), 8),
    "dense, 24 epochs": (new_model(hidden_dim=68), 24),
    "convolutional": (conv_model(), 8),
}
results, seconds = {}, {}
for name, (contestant, epochs) in contest.items():
    spent = fit(contestant, images.train, loss, epochs=epochs, batch_size=64)
    results[name], seconds[name] = test_mse(contestant), spent.seconds
    print(f"{name}: {count_parameters(contestant):,} parameters", end=", ")
    print(f"{seconds[name]:.1f} s")
conv = contest["convolutional"][0]

# %%
from course_utils.figures import show_bars

alt = "Bars of test error: dense highest, dense longer, convolutional lowest."
show_bars(results, alt=alt, xlabel="test error per pixel, 32 codes")
sizes = [count_parameters(m) for m, _ in contest.values()]
assert max(sizes) < 1.02 * min(sizes)
assert results["convolutional"] < 0.9 * results["dense, 24 epochs"]
assert results["dense, 24 epochs"] < 0.95 * results["dense"]

# %% [markdown]
# With the same number of parameters the convolutional one is at least a tenth
# better, even when the dense one trains three times as many epochs. It takes
# more arithmetic for each picture: look at the seconds. On a GPU that price
# all but disappears.
#
# **Keep it.** A trained network is its weights, so these are what we save. A
# safetensors file holds numbers only. The older pickles (`.pt`) can run code
# when they are opened: never open one from a stranger.

# %%
import tempfile
from pathlib import Path

from course_utils.checkpoints import load_model, save_model

with tempfile.TemporaryDirectory() as folder:  # give a folder of your own
    path = save_model(conv, Path(folder) / "conv.safetensors")
    print(f"{path.name}: {path.stat().st_size:,} bytes")
    twin = load_model(conv_model(), path)
assert abs(test_mse(twin.to(device)) - test_mse(conv)) < 1e-6

# %% [markdown]
# The twin was built afresh and makes the same error. What is in the file? Four
# bytes for each weight, and their names.

# %% [markdown]
# ## How small can the middle be?
#
# Six dense autoencoders, from 2 to 64 numbers, against PCA with as many
# components. PCA is the best that any *linear* encoder and decoder can do. All
# train on 10,000 pictures. **Predict:** where is the gap between them widest?

# %%
from sklearn.decomposition import PCA

from course_utils.training import fit

latent_dims = [2, 4, 8, 16, 32, 64]
some = images.train[:10_000]  # all there are, unless you use the full set
flat_test = images.test.flatten(1)
pca = PCA(64, random_state=SEED).fit(some.flatten(1))
scores, errors_pca, errors_ae = pca.transform(flat_test), [], []
for k in latent_dims:
    drawn = scores[:, :k] @ pca.components_[:k] + pca.mean_
    errors_pca.append(((drawn - flat_test.numpy()) ** 2).mean())
    sized = new_model(latent_dim=k)
    fit(sized, some, loss, epochs=6, batch_size=64)
    errors_ae.append(test_mse(sized))

# %%
from course_utils.figures import show_curves

curves = {
    "PCA": (latent_dims, errors_pca),
    "autoencoder": (latent_dims, errors_ae),
}
alt = (
    "Test error falls with code size for both. The autoencoder is far below "
    "PCA at 2 to 8 codes; PCA catches up and is lower at 64."
)
axes = {"xlabel": "numbers in the code", "ylabel": "test error per pixel"}
show_curves(curves, alt=alt, **axes, log_x=True)
assert all(errors_ae[i] < 0.8 * errors_pca[i] for i in range(3))
assert errors_pca[5] < errors_ae[5]

# %% [markdown]
# With 2 to 8 numbers the autoencoder's error is at least a fifth below PCA's:
# a bent sheet fits garments better than a flat one. With 64 numbers PCA wins
# against six epochs of training. It finds its optimum at once; we would have
# to train longer. Lesson 03 looks at who wins when.

# %% [markdown]
# ## Choices that matter
#
# Each line below changes one thing about a small model and trains it for three
# epochs. Whoever *chooses* by the test pictures has no honest test left, so we
# set 1,000 training pictures aside and compare on those. **Predict** which
# change hurts most, and which helps.


# %%
from course_utils.training import fit, predict


class NoSigmoid(Autoencoder):
    """An autoencoder whose pixels may be any number."""

    def decode(self, z):
        return self.decoder(z)


def variant(lr=3e-3, hidden_dim=128, activation=None, kind=Autoencoder):
    """Error on 1,000 pictures set aside, with one thing changed."""
    torch.manual_seed(SEED)
    parts = make_encoder(32, hidden_dim), make_decoder(32, hidden_dim)
    for part in parts:
        for i, layer in enumerate(part):
            if activation and isinstance(layer, nn.SiLU):
                part[i] = activation()
    changed, aside = kind(*parts), images.train[-1000:]
    fit(changed, images.train[:-1000], loss, epochs=3, lr=lr, progress=False)
    return (predict(changed, aside) - aside).square().mean().item()


# %%
choices = {
    "as it is": variant(),
    "learning rate 100 times lower": variant(lr=3e-5),
    "learning rate 300 times higher": variant(lr=1.0),
    "4 times as wide": variant(hidden_dim=512),
    "ReLU": variant(activation=nn.ReLU),
    "no activation": variant(activation=nn.Identity),
    "no sigmoid": variant(kind=NoSigmoid),
}

# %%
aside = images.train[-1000:]
average = (images.train.mean(0) - aside).square().mean().item()
alt = "Bars of error: the two wrong learning rates stand out."
show_bars(
    choices | {"(the average picture)": average},
    alt=alt, xlabel="error per pixel on 1,000 pictures set aside",
)  # fmt: skip
usual = choices["as it is"]
assert choices["learning rate 300 times higher"] > 0.9 * average
assert choices["learning rate 100 times lower"] > 1.5 * usual
assert choices["4 times as wide"] < usual
rest = ("ReLU", "no activation", "no sigmoid")
assert all(0.85 < choices[name] / usual < 1.15 for name in rest)

# %% [markdown]
# The learning rate matters most. Far too high, and the model does no better
# than the average picture, or hardly: it fails outright, without an error message. Far
# too low, and it has hardly begun. A wider model is better at the same number
# of epochs. The other three move the result by less than 15 % in so short a
# training. Try whether that stays so in a longer one.

# %% [markdown]
# ### Exercise 3 · Find the bugs · 8 minutes, medium
#
# Somebody wrote their own `decode`. It runs, and it would even train. Below
# are pictures that it draws with *our* trained decoder. Two things are wrong.


# %%
def odd_decode(decoder, z):
    """Codes (B, Z) -> pictures (B, 1, 28, 28) in [0, 1]."""
    return decoder(z).transpose(2, 3)


codes = predict(conv.encode, images.test[first])
with torch.no_grad():
    odd = odd_decode(conv.decoder, codes.to(device)).cpu()
print(f"pixels from {odd.min():.1f} to {odd.max():.1f}")
alt = "Ten garments drawn in hard black and white, lying on their side."
show_images(odd, alt=alt)

# %% [markdown]
# Compare with the reconstructions further up: what happened to the garments,
# and what to the range of their pixels? Write a `decode` without the bugs.


# %% tags=["nbval-check-output"]
def mended_decode(decoder, z):
    """Codes (B, Z) -> pictures (B, 1, 28, 28) in [0, 1]."""
    ### BEGIN SOLUTION
    return decoder(z).sigmoid()
    ### END SOLUTION


mended_decode = checks.mended_decode(mended_decode)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A shape is (B, channel, height, width). What does `transpose(2, 3)` do?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The decoder gives logits, any numbers. What turns them into pixels?
#
# </details>
#
# {answer}
#
# Both bugs would have survived training: the network learns to draw lying
# garments that the transpose stands up, and "no sigmoid" above was no
# disaster. **Loss curves do not show everything; look at ranges and shapes.**

# %% [markdown]
# ## Compression
#
# A code of 32 numbers can be stored in 32 bytes: cut the range of each number
# into 256 levels and store the number of the level.
#
# ### Exercise 4 · Eight bits · 8 minutes, medium
#
# `low` becomes level 0 and `high` the last level; what lies outside is moved
# to the nearest end. Round to the nearest level.


# %% tags=["nbval-check-output"]
from course_utils import checks


def quantize(z, low, high, levels):
    """Codes (B, Z), range (Z,) and (Z,) -> whole levels (B, Z)."""
    ### BEGIN SOLUTION
    share = (z - low) / (high - low)
    return (share * (levels - 1)).round().clamp(0, levels - 1)
    ### END SOLUTION


quantize = checks.quantize(quantize)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First find where z lies between low and high, as a share from 0 to 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# 256 levels are numbered 0 to 255, so multiply by `levels - 1`. `.round()` and
# `.clamp(0, levels - 1)` do the rest.
#
# </details>
#
# {answer}

# %%
train_codes = predict(conv.encode, images.train)
low, high = train_codes.amin(dim=0), train_codes.amax(dim=0)
z = predict(conv.encode, images.test)
stored = quantize(z, low, high, 256)
restored = low + stored / 255 * (high - low)
mse_32_bits = test_mse(conv)
mse_8_bits = predict(conv.decode, restored) - images.test
mse_of_100 = mse_8_bits[:100].square().mean().item()
mse_8_bits = mse_8_bits.square().mean().item()
bits_per_image = 8 * z.shape[1]
print(f"{bits_per_image} bits a picture; error {mse_8_bits:.5f}", end=" ")
print(f"instead of {mse_32_bits:.5f}")
assert mse_8_bits < 1.02 * mse_32_bits

# %% [markdown]
# A quarter of the memory for less than 2 % more error. How do the old masters
# do? PNG keeps every pixel. JPEG loses some, and we turn its quality down
# until its error is as large as ours. To be fair to them we pack 100 pictures
# into one file, so that the header hardly counts.

# %%
import io

import numpy as np
from PIL import Image


def file_bits(picture, **options):
    """Bits of the file a picture (H, W) makes, and what is read back."""
    file = io.BytesIO()
    Image.fromarray(picture.numpy()).save(file, **options)
    read_back = torch.from_numpy(np.array(Image.open(file)))
    return 8 * file.tell(), read_back


hundred = images.test[:100, 0].mul(255).byte()
sheet = hundred.view(10, 10, 28, 28).transpose(1, 2).reshape(280, 280)
png = file_bits(sheet, format="png", optimize=True)[0] / 100
for quality in range(95, 0, -1):
    bits, read_back = file_bits(sheet, format="jpeg", quality=quality)
    error = (read_back / 255 - sheet / 255).square().mean().item()
    if error >= mse_of_100:
        break
jpeg = bits / 100

# %%
bits = {"pixels": 8 * 784.0, "PNG": png, "JPEG": jpeg}
bits["autoencoder"] = float(bits_per_image)
alt = (
    "Bars of bits per picture: raw pixels most, PNG about half, JPEG at the "
    "same error far less, the autoencoder about as much as JPEG or less."
)
show_bars(bits, alt=alt, xlabel="bits per picture")
decoder_bits = 32 * count_parameters(conv.decoder)
pays = decoder_bits / (jpeg - bits_per_image)
print(f"decoder: {decoder_bits:,} bits, repaid after {pays:,.0f} pictures")
assert bits_per_image < png / 8 and bits_per_image < 0.95 * jpeg

# %% [markdown]
# PNG needs more than eight times our bits, but it is exact. JPEG, pushed to an
# error as large as ours, still needs more bits than we do: the code knows
# garments, JPEG knows pictures. But the decoder has to be sent along as well.
# Only after many thousand pictures is it repaid, and only for garments.

# %% [markdown]
# ## Where it fails
#
# An autoencoder knows the world that it was trained on. **Predict:** what will
# it draw when it is shown noise, a boot upside down, or a handwritten digit?

# %%
from sklearn.datasets import load_digits

from course_utils.figures import show_images
from course_utils.training import predict

torch.manual_seed(SEED)
digits = torch.tensor(load_digits().images[:5] / 16).float()[:, None]
digits = nn.functional.interpolate(digits, size=28, mode="bilinear")
boots = images.test[images.test_labels == 9][:5]
strange = {
    "boots": boots,
    "upside down": boots.flip(2),
    "digits": digits,
    "noise": torch.rand(5, 1, 28, 28),
}
rows = [torch.cat([x, predict(conv, x)]) for x in strange.values()]
alt = (
    "Left five inputs, right their reconstructions: boots come back well, "
    "upside-down boots and digits distorted, noise as a grey haze."
)
show_images(rows, alt=alt, row_labels=list(strange))

# %% [markdown]
# Boots come back as boots. Boots on their head become clumsy lumps, digits put
# on cloth, and noise turns into a haze. The errors say the same:

# %%
strange_mse = {
    name: (predict(conv, x) - x).square().mean().item()
    for name, x in strange.items()
}
print({name: f"{value:.4f}" for name, value in strange_mse.items()})
boots_mse = strange_mse.pop("boots")
assert all(value > 1.2 * boots_mse for value in strange_mse.values())

# %% [markdown]
# What it has not seen comes back with a larger error. That is a nuisance here
# and a tool in lesson 13, where large errors give intruders away.
#
# One thing more. If the decoder can draw, can it **invent**? We draw random
# codes with the mean and spread of the real ones.

# %%
torch.manual_seed(SEED)
random_codes = z.mean(0) + z.std(0) * torch.randn(200, 32)
invented = predict(conv.decode, random_codes)
alt = "Twenty invented pictures: grey clouds with garment-like patches."
show_images(invented[:20], alt=alt)


def distance_to_training(x):
    """Distance to the nearest training picture, on average: a float."""
    all_distances = torch.cdist(x.flatten(1), images.train.flatten(1))
    return all_distances.min(dim=1).values.mean().item()


real = distance_to_training(predict(conv, images.test[:200]))
fake = distance_to_training(invented)
print(f"to the nearest training picture: {real:.2f} and {fake:.2f}")
assert fake > 1.2 * real

# %% [markdown]
# Hardly a garment among them, and they lie farther from their nearest training
# picture than reconstructions do. Between the real codes there are holes, and nothing
# in the loss fills them. That is why lesson 08 exists.
#
# ### Exercise 5 · A smaller loss · 5 minutes, open
#
# A friend trains an autoencoder with 784 numbers in the middle. Its loss is
# almost zero. Is it a better autoencoder than ours? Better for what?
#
# <details><summary>A model answer</summary>
#
# For copying, yes, and copying is useless: the identity does it without
# training. With 784 numbers nothing forces the network to find what garments
# have in common, so its codes need be no more than the pixels in another
# order. The error matters only together with the size of the code, and both
# matter only for a purpose: storing, cleaning, searching, classifying.
#
# </details>

# %% [markdown]
# ## Quiz and summary

# %%
from course_utils.lessons import quiz

quiz("02")

# %% [markdown]
# - An autoencoder is an encoder, a bottleneck, a decoder and a reconstruction
#   error; the training loop is a dozen lines.
# - Overfit one batch first; then look at curves, pictures, ranges and rivals.
# - Convolutions do more with the same number of parameters. PCA is the rival
#   to beat, and with large codes and little training it wins.
# - It blurs what it is not sure of, and its random codes are no garments.
#
# The scorecard's ranges are of three seeds with the pictures that ship. With
# the full set (the default on a GPU) most errors are lower.

# %%
scorecard = {
    "mse_dense_32": results["dense"],
    "mse_dense_32_24_epochs": results["dense, 24 epochs"],
    "mse_conv_32": results["convolutional"],
    "mse_ae_2": errors_ae[0],
    "mse_pca_2": float(errors_pca[0]),
    "bits_per_image": float(bits_per_image),
    "jpeg_bits_per_image": jpeg,
}
measured = {
    "mse_dense_32": (0.0175, 0.0185),
    "mse_dense_32_24_epochs": (0.0134, 0.0141),
    "mse_conv_32": (0.0117, 0.0120),
    "mse_ae_2": (0.0318, 0.0324),
    "mse_pca_2": (0.0454, 0.0455),
    "bits_per_image": (256, 256),
    "jpeg_bits_per_image": (328, 365),
}
checks.show_scorecard(scorecard, measured)

# %% [markdown]
# **References.** G. Hinton and R. Salakhutdinov, *Reducing the dimensionality
# of data with neural networks*, 2006. · I. Goodfellow, Y. Bengio and A.
# Courville, *Deep Learning*, chapter 14, 2016. · L. Smith and N. Topin,
# *Super-convergence*, 2018 (the one-cycle learning rate).
