# %% [markdown]
# {head}
#
# You will be able to: write an encoder, a decoder and a training loop, look at
# what a trained autoencoder has learned, and find out why one does not work.
#
# Before you start: three questions about lesson 01.

# %%
from course_utils.lessons import claim, from_memory, guess, reveal

from_memory()

# %% [markdown]
# ## Anatomy
#
# In lesson 01 we knew the causes of our images. Nobody knows those of
# photographs. We take Fashion-MNIST (Xiao and others, 2017), ten kinds of
# clothing.
#
# An autoencoder is two networks in a row. The **encoder** turns an image into
# a few numbers, its **code**. The **decoder** draws the image again from the
# code alone. The narrow place between them is the **bottleneck**.

# %%
import torch
from torch import nn

from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import diagram, show_images

SEED = 0
FULL = False  # True: all 60,000 images instead of the 10,000 that ship

images = fashion_mnist(FULL)
first = [int((images.test_labels == c).nonzero()[0]) for c in range(10)]
show_images(images.test[first], titles=FASHION_CLASSES)
diagram("anatomy")

# %% [markdown]
# An image is a tensor (1, 28, 28): channel, height, width. B images together, a
# *batch*, are (B, 1, 28, 28).
#
# Start small. A dense (or *linear*) layer turns each image into some numbers,
# here 32. Each of them is a sum of all 784 pixels, every pixel times a
# **weight**, plus one number of its own, the **bias**. Here is the first number
# of the first image, once by hand and once by the layer.

# %%
x = images.train[:128]
layer = nn.Linear(784, 32)
number = (layer.weight[0] * x[0].flatten()).sum() + layer.bias[0]
number.item(), layer(x.flatten(1))[0, 0].item()

# %% [markdown]
# ### Exercise 1 · The encoder · 8 minutes, medium
#
# Write an encoder of two linear layers with `nn.Sequential`: flatten the image
# (`nn.Flatten()`), go to `hidden_dim` numbers, apply `nn.SiLU()`, go to
# `latent_dim` numbers and stop there. SiLU is an **activation function**: it
# bends a straight line. Without it, two layers would be no more than one.

# %% tags=["nbval-check-output"]
from course_utils import checks


def make_encoder(latent_dim, hidden_dim):
    """A network from images (B, 1, 28, 28) to codes (B, latent_dim)."""
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
# A layer from 784 to 100 numbers is `nn.Linear(784, 100)`. After the last
# layer comes no activation: a code may be any number, also a negative one.
#
# </details>
#
# {answer}
#
# The decoder is the mirror image. Its last layer gives any numbers, called
# **logits**. In `decode` below the **sigmoid** squeezes them into (0, 1), where
# pixels live. So `model(x)` is an image.


# %%
def make_decoder(latent_dim, hidden_dim):
    """A network from codes (B, latent_dim) to logits (B, 1, 28, 28)."""
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),
        nn.SiLU(),
        nn.Linear(hidden_dim, 784),
        nn.Unflatten(1, (1, 28, 28)),
    )


# %%
class Autoencoder(nn.Module):
    """An encoder and a decoder, trained to give back their input."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.decoder(z).sigmoid()

    def forward(self, x):
        return self.decode(self.encode(x))


# %% [markdown]
# `dense` makes a new autoencoder of these parts, with the same first weights
# at every call. The code of the first image is these 32 numbers:

# %%
from course_utils.training import fit, pick_device, predict

device = pick_device()


def dense(latent_dim=32, hidden_dim=256):
    """A new, untrained autoencoder of dense layers."""
    torch.manual_seed(SEED)
    encoder = make_encoder(latent_dim, hidden_dim)
    decoder = make_decoder(latent_dim, hidden_dim)
    return Autoencoder(encoder, decoder).to(device)


x = x.to(device)
dense().encode(x)[0].detach()

# %% [markdown]
# They mean nothing yet: the weights have to be learned.
#
# ## Learning
#
# The **reconstruction loss** says how far a reconstruction is from its image:
# the squared error, summed over the pixels. On paper, with two pixels: the
# image is (0, 1), the reconstruction (0.5, 0.8). The loss is
# 0.5² + 0.2² = 0.29.


# %%
def reconstruction_loss(x_hat, x):
    """Squared error summed over pixels: (B, 1, H, W) twice -> (B,)."""
    return (x_hat - x).square().flatten(1).sum(dim=1)


two_pixels = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
answer = torch.tensor([0.5, 0.8]).view(1, 1, 1, 2)
diagram("loop")
reconstruction_loss(answer, two_pixels)

# %% [markdown]
# ### Exercise 2 · One training step · 10 minutes, medium
#
# One **step** of training lowers the loss of one batch a little, as in the
# diagram. Write it. The loss of a batch is the mean of its images' losses: one
# number. `loss.backward()` finds the **gradient**: for each weight, how the loss
# changes when that weight grows a little. `optimizer.step()` moves each weight
# the other way. `optimizer.zero_grad()` clears the gradients of the step before.
# Return the loss as a plain number, `loss.item()`.


# %% tags=["nbval-check-output"]
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
# Follow the arrows of the diagram. `model(x)` is the reconstruction; the goal
# is `x` itself.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `reconstruction_loss` gives one value for each image. `.mean()` averages over
# the batch.
#
# </details>
#
# {answer}
#
# **Overfit one batch first.** Show the model the same eight images 200 times.
# If it cannot learn even these by heart, something is broken. The optimizer is
# Adam (Kingma and Ba, 2015); `lr`, the **learning rate**, scales its steps.

# %%
from course_utils.figures import show_reconstructions

model, eight = dense(), x[:8]
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
by_heart = [train_step(model, optimizer, eight) for _ in range(200)]
show_reconstructions(eight, model(eight))
by_heart[0], by_heart[-1]

# %% [markdown]
# The loss has fallen from 134 to 0.2. The parts work.
#
# Now all images. We set 1,000 **validation images** aside to look at while we
# work, and leave the test images alone until the end. One pass over the
# training images is an **epoch**. The learning rate changes after every step:
# during the first fifth it rises, then it falls (*one cycle*, Smith and Topin,
# 2018).

# %%
shuffle = torch.Generator().manual_seed(SEED)
shuffled = torch.randperm(len(images.train), generator=shuffle)
valid = images.train[shuffled[:1000]]
train = images.train[shuffled[1000:]]
EPOCHS, BATCH = 3, 128
batches = EPOCHS * -(-len(train) // BATCH)  # a / b, rounded up

# %%
by_hand = dense()
optimizer = torch.optim.Adam(by_hand.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(
    optimizer, 3e-3, batches, pct_start=0.2
)
order = torch.Generator().manual_seed(SEED)
for epoch in range(EPOCHS):
    epoch_order = torch.randperm(len(train), generator=order)
    for batch in train[epoch_order].split(BATCH):
        train_step(by_hand, optimizer, batch.to(device))
        schedule.step()

# %% [markdown]
# That is all there is to training. The package's `fit` is this loop with a
# progress bar and clear errors; unless told otherwise it takes `lr=3e-3` and
# batches of 128. `predict` runs a model on many images and keeps no gradients.
# Does `fit` give the same network?


# %%
from course_utils.measures import mse


def loss(model, x):
    """What `fit` lowers: one loss for each image, (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


def error(model, x):
    """Mean squared error of a pixel of these images: a float."""
    return mse(predict(model, x), x)


by_fit = dense()
fit(by_fit, train, loss, epochs=EPOCHS, seed=SEED)
difference = (predict(by_fit, valid) - predict(by_hand, valid)).abs()
difference.mean().item()

# %% [markdown]
# It does, up to rounding. From here on we use `fit`. We compare models by their
# **error**: the mean squared error of a pixel, which is the loss of an image
# divided by 784.

# %% tags=["claims"]
fall = by_heart[-1] / by_heart[0]
claim("eight images are learned by heart: last over first loss", fall, 0, 0.02)
claim("a pixel differs by almost nothing", difference.mean(), 0, 0.002)

# %% [markdown]
# ## What has it learned?
#
# We give it ten epochs and look at the loss of both groups after each. The
# network has never seen the validation images.

# %%
guess(
    "After ten epochs, how far is the validation above the training loss?",
    "hardly",
    "by half",
    "twice as high",
)

# %%
from course_utils.figures import show_losses

model = dense()
history = fit(model, train, loss, valid=valid, epochs=10, seed=SEED)
show_losses(history)
gap = history.valid[-1] / history.train[-1]
gap

# %% [markdown] tags=["explain"]
# Hardly: the two curves end within 3 % of each other. The network has learned
# what garments have in common, not these garments by heart. (At first the
# validation loss is *lower*, because the training loss is a mean over the whole
# epoch.)

# %% tags=["claims"]
reveal(
    "hardly" if gap < 1.25 else "by half" if gap < 1.75 else "twice as high"
)
claim("validation loss over training loss", gap, 0.9, 1.15)

# %% [markdown]
# Which garments does it draw well, and which badly?

# %%
guess("Which class has the largest error?", "trouser", "dress", "shirt", "bag")

# %%
x_hat = predict(model, valid)
per_image = reconstruction_loss(x_hat, valid)
ranked = per_image.argsort()
best_and_worst = torch.cat([ranked[:5], ranked[-5:]])
titles = [f"{value:.0f}" for value in per_image[best_and_worst].tolist()]
show_reconstructions(valid[best_and_worst], x_hat[best_and_worst], titles)

# %%
from course_utils.figures import show_bars

labels = images.train_labels[shuffled[:1000]]
by_class = {
    name: per_image[labels == c].mean().item()
    for c, name in enumerate(FASHION_CLASSES)
}
show_bars(by_class, xlabel="reconstruction loss")

# %% [markdown] tags=["explain"]
# The number above an image is its loss. Bags and sandals are the hardest: no
# two have the same form. Trousers are the easiest, and shirts lie between. The
# worst single images carry prints, stripes or checks: look what became of them.

# %% tags=["claims"]
asked = ("trouser", "dress", "shirt", "bag")
reveal(max(asked, key=by_class.get))
claim("bags are harder than trousers", by_class["bag"] > by_class["trouser"])

# %% [markdown]
# Suppose the code does not say whether a garment is here or two pixels lower, and
# both happen equally often. One decoder always draws one of the two (*bold*),
# another draws the average of both.

# %%
guess(
    "Whose squared error, on average over both cases, is smaller?",
    "the bold one's",
    "the average's",
    "both are equal",
)

# %%
here = valid[ranked[-1:]]
there = here.roll(2, dims=2)
average = (here + there) / 2
drawn = torch.cat([here, there, average])
show_images(drawn, titles=["here", "there", "average"])
bold_error = (mse(here, here) + mse(here, there)) / 2
average_error = (mse(average, here) + mse(average, there)) / 2
bold_error, average_error

# %% [markdown] tags=["explain"]
# The average has half the error of a bold choice, which is right in one case and
# very wrong in the other. So a network that is trained with squared error blurs
# whatever its code does not tell it: prints and stripes come out grey.

# %% tags=["claims"]
smaller = "the average's" if average_error < bold_error else "the bold one's"
reveal(smaller)
claim("the average's error is half", average_error / bold_error, 0.45, 0.55)

# %% [markdown]
# ## How long should the code be?
#
# Three more autoencoders, with 2, 8 and 128 numbers in the code. Everything
# else stays the same.

# %%
guess(
    "From 32 to 128 numbers, the validation error…",
    "halves",
    "falls by a fifth",
    "stays about the same",
)

# %%
models = {32: model}
for latent_dim in (2, 8, 128):
    models[latent_dim] = dense(latent_dim)
    fit(models[latent_dim], train, loss, epochs=10, seed=SEED)
size_error = {k: error(models[k], valid) for k in sorted(models)}
show_bars(size_error, xlabel="validation error of a pixel")

# %%
garments = valid[[int((labels == c).nonzero()[0]) for c in range(10)]]
sizes = (2, 8, 32, 128)
rows = [predict(models[k], garments) for k in sizes]
names = ["original", *(f"{k} numbers" for k in sizes)]
show_images([garments, *rows], row_labels=names)

# %% [markdown] tags=["explain"]
# Two numbers give a typical garment of the kind, eight give its outline, and
# 32 its folds and shades. With 128 nothing is gained, though a longer code *could*
# hold more. Does it need longer training? Lesson 03 tests this.

# %% tags=["claims"]
more = size_error[128] / size_error[32]
fewer = size_error[8] / size_error[2]
fall = "halves" if more < 0.65 else "falls by a fifth"
reveal(fall if more < 0.9 else "stays about the same")
claim("the error of 8 numbers over that of 2", fewer, 0.4, 0.65)
claim("the error of 128 numbers over that of 32", more, 0.9, 1.1)

# %% [markdown]
# The code of two numbers can be drawn as a map: each thumbnail stands where the
# encoder puts it. Below it, draw something yourself, or choose a ready-made
# image, and see what comes back.

# %%
from course_utils.figures import draw_image, show_latent_space

z = predict(models[2].encode, valid)
shown = {"codes of validation images": (z, labels)}
show_latent_space(shown, classes=FASHION_CLASSES, images=valid)
drawing = draw_image(lambda x: torch.cat([x, predict(model, x)]))

# %% [markdown]
# Nobody told the network about classes. Yet shoes lie with shoes, trousers
# have a place of their own, and shirts, coats and pullovers share one. And
# whatever you draw, a garment comes back: the decoder knows nothing else.
#
# ## Dense or convolutional?
#
# A **convolution** slides a small window over the image and takes a weighted sum
# in every place, always with the same weights. `padding=1` puts a frame of zeros
# around the image. With `stride=2` the window moves by two pixels, and height
# and width are halved. Here is the window's first stop, by hand and by the layer.

# %%
window = nn.Conv2d(1, 1, 3, stride=2, padding=1)
framed = nn.functional.pad(images.train[:1], (1, 1, 1, 1))[0, 0]
first_stop = (window.weight[0, 0] * framed[:3, :3]).sum() + window.bias[0]
diagram("strided")
first_stop.item(), window(images.train[:1])[0, 0, 0, 0].item()

# %% [markdown]
# One layer has many windows, each with weights of its own. What each of them
# makes is a **channel** of the answer, an image that is half as high and wide.
# The way back uses **transposed convolutions**, which double height and width.


# %%
def conv_encoder(latent_dim, c):
    """Images -> codes, by way of c and 2 c channels."""
    return nn.Sequential(
        nn.Conv2d(1, c, 3, stride=2, padding=1),  # c x 14 x 14
        nn.SiLU(),
        nn.Conv2d(c, 2 * c, 3, stride=2, padding=1),  # 2c x 7 x 7
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(2 * c * 7 * 7, latent_dim),
    )


def conv_decoder(latent_dim, c):
    """Codes -> logits, the way back."""
    return nn.Sequential(
        nn.Linear(latent_dim, 2 * c * 7 * 7),
        nn.Unflatten(1, (2 * c, 7, 7)),
        nn.SiLU(),
        nn.ConvTranspose2d(2 * c, c, 4, stride=2, padding=1),  # c x 14 x 14
        nn.SiLU(),
        nn.ConvTranspose2d(c, 1, 4, stride=2, padding=1),  # 1 x 28 x 28
    )


# %% [markdown]
# We compare three models with the same number of **parameters** (weights and
# biases, the numbers that training changes): dense with 70 hidden numbers for 8
# epochs, the same for 24, and convolutional with 16 and 32 channels for 8.

# %%
from course_utils.models import count_parameters

torch.manual_seed(SEED)
contest = {
    "dense": dense(hidden_dim=70),
    "dense, 24 epochs": dense(hidden_dim=70),
    "convolutional": Autoencoder(conv_encoder(32, 16), conv_decoder(32, 16)),
}
{name: count_parameters(m) for name, m in contest.items()}

# %%
guess("Which has the smallest error on validation images?", *contest)

# %%
import pandas as pd

runs = {
    name: fit(
        model,
        train,
        loss,
        epochs=24 if "24" in name else 8,
        batch_size=64,
        seed=SEED,
    )
    for name, model in contest.items()
}
valid_error = {name: error(m, valid) for name, m in contest.items()}
seconds = {name: run.seconds for name, run in runs.items()}
pd.DataFrame({"validation error": valid_error, "seconds": seconds}).round(4)

# %% [markdown] tags=["explain"]
# The convolutional model wins with the same number of parameters: its error is
# a sixth below that of the dense one with three times the epochs, and a third
# below that with as many. It knows from the start that pixels have neighbours,
# and that a stripe is a stripe in every place. Its price is arithmetic: compare
# the seconds.

# %% tags=["claims"]
best = valid_error["convolutional"]
reveal(min(valid_error, key=valid_error.get))
claim("conv over dense", best / valid_error["dense"], 0.5, 0.75)
claim("conv over dense, 24", best / valid_error["dense, 24 epochs"], 0.7, 0.95)

# %% [markdown]
# ## Four broken loops
#
# Four loops run without an error message, and each is wrong. Each of these three
# steps contains one mistake.


# %%
def step_a(model, optimizer, x):
    loss = reconstruction_loss(model(x).sigmoid(), x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def step_b(model, optimizer, x):
    target = x[torch.randperm(len(x))]
    loss = reconstruction_loss(model(x), target).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def step_c(model, optimizer, x):
    loss = reconstruction_loss(model(x), x).mean()
    loss.backward()
    optimizer.step()


# %% [markdown]
# Loop D takes your own `train_step`. All four train on 500 images. Read how each
# of them is called; the results come out shuffled.

# %%
import random

few, new = train[:500], valid[:500]


def run(step, report_on):
    """Train on `few`; return the model and the error that is reported."""
    model = dense()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(40):
        for batch in few[torch.randperm(len(few))].split(64):
            step(model, optimizer, batch.to(device))
    return model, error(model, report_on)


calls = {"A": (step_a, new), "B": (step_b, new)}
calls |= {"C": (step_c, new), "D": (train_step, few)}
mixed = random.Random(4).sample(sorted(calls), 4)
broken = [run(*calls[name]) for name in mixed]
rows = [new[:10], *(predict(model, new[:10]) for model, _ in broken)]
show_images(rows, row_labels=["original", "1", "2", "3", "4"])
reported = pd.Series([e for _, e in broken], index=[1, 2, 3, 4])
pd.DataFrame({"reported error": reported}).round(4)

# %% [markdown]
# ### Exercise 3 · Which is which? · 8 minutes, medium
#
# Which result (1 to 4) came from which loop? First say what is wrong in each
# loop, and what a network must do that is trained in this way. Then write a
# dictionary `result_of`, such as `{"A": 1, "B": 2, "C": 3, "D": 4}`.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
result_of = {"A": 3, "B": 1, "C": 4, "D": 2}
### END SOLUTION

result_of = checks.result_of(result_of)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One network gives every image the same answer. For which loop is that the
# best it can do?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The sigmoid of a number in (0, 1) lies between 0.5 and 0.73. What would a
# network do that has to reach black and white all the same?
#
# </details>
#
# {answer}
#
# <details><summary>What is wrong in each</summary>
#
# A: the sigmoid is applied twice, so pixels are pushed to the ends. B: the target
# is another image, so the average garment is the best answer. C: old gradients
# are never cleared and pile up. D is the worst, because it looks best: it reports
# the error of the images that it was trained on. On new images it is larger.
#
# </details>

# %%
on_new = pd.Series([error(model, new) for model, _ in broken], reported.index)
pd.DataFrame({"reported error": reported, "on new images": on_new}).round(4)

# %% tags=["claims"]
claim(
    "D's reported error over that on new images",
    reported[2] / on_new[2],
    0.6,
    0.95,
)
average_image = train.mean(0).expand_as(new)
b_error = on_new[1] / mse(average_image, new)
claim("B's error over that of the average image", b_error, 0.9, 1.15)

# %% [markdown]
# ## Alone
#
# ### Exercise 4 · Another data set · 20 minutes, hard
#
# Scikit-learn's digits are 8 × 8 pixels. Write and train an autoencoder for
# them, with **8 numbers** in the code. Call it `digit_model`; it needs `encode`
# and `decode`, as `Autoencoder` has them. It is judged by its error on new digits
# (`digits().test`), which must be below that of PCA with 8 components, 0.024.
# Train with `fit(model, images, loss, epochs=…, batch_size=…)`.
# (PCA is the best that linear layers can do; lesson 03 builds it.)

# %%
from course_utils.datasets import digits

digit_images = digits().train
show_images(digit_images[:10])
digit_images.shape

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
torch.manual_seed(SEED)
encoder = nn.Sequential(
    nn.Flatten(),
    nn.Linear(64, 128),
    nn.SiLU(),
    nn.Linear(128, 8),
)
decoder = nn.Sequential(
    nn.Linear(8, 128),
    nn.SiLU(),
    nn.Linear(128, 64),
    nn.Unflatten(1, (1, 8, 8)),
)
digit_model = Autoencoder(encoder, decoder)
fit(digit_model, digit_images, loss, epochs=40, batch_size=32, progress=False)
### END SOLUTION

digit_model = checks.digit_model(digit_model)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Copy `make_encoder` and `make_decoder` and change three sizes: 784 becomes
# 64, (1, 28, 28) becomes (1, 8, 8), and `latent_dim` is 8.
#
# </details>
# <details><summary>Hint 2</summary>
#
# There are only 1,437 images, so an epoch is short: take many, in small
# batches.
#
# </details>
#
# {answer}
#
# ### Exercise 5 · A smaller loss · 5 minutes, open
#
# A friend trains an autoencoder with 784 numbers in the code for a whole night.
# Its loss is almost zero. Is it better than ours? Better for what? Write your answer into
# the next cell.

# %% [markdown]
# *Your answer:*

# %% [markdown]
# <details><summary>A model answer</summary>
#
# For copying, yes, and copying is useless: the identity does it without
# training. With 784 numbers nothing forces the network to find what garments
# have in common; its code may be the pixels in another order. The error means
# something only together with the size of the code, and both only for a
# purpose: storing, cleaning, searching, classifying.
#
# </details>
#
# ## Summary
#
# Now the test images, for the first and only time.

# %%
test_error = {name: error(m, images.test) for name, m in contest.items()}
show_bars(test_error, xlabel="test error of a pixel")

# %% [markdown]
# - An autoencoder is an encoder, a bottleneck and a decoder; its training loop
#   is six lines.
# - Overfit one batch first. Then look at the best and the worst of the images
#   that were not used for training.
# - Squared error blurs what the code does not tell.
# - Convolutions do more with the same number of parameters.
#
# **Where it fails.** It draws garments, whatever you show it. Its loss counts
# pixels: a print matters no more than empty ground. And a low error does not say
# what the code is good for: lesson 04 asks.

# %%
from course_utils.lessons import quiz, scorecard

quiz()

# %%
scorecard(
    {
        "mse_dense_32": test_error["dense"],
        "mse_dense_32_24_epochs": test_error["dense, 24 epochs"],
        "mse_conv_32": test_error["convolutional"],
        "valid_over_train": gap,
        "mse_2": size_error[2],
        "mse_8": size_error[8],
        "mse_128": size_error[128],
    },
    data="full" if FULL else "small",
)

# %% [markdown]
# **References.** G. Hinton and R. Salakhutdinov, *Reducing the dimensionality
# of data with neural networks*, 2006. · H. Xiao, K. Rasul and R. Vollgraf,
# *Fashion-MNIST*, 2017. · D. Kingma and J. Ba, *Adam*, 2015. · L. Smith and N.
# Topin, *Super-convergence*, 2018. · I. Goodfellow, Y. Bengio and A. Courville,
# *Deep Learning*, chapter 14, 2016.
#
# ## Going further
#
# **What does squared error not see?** We move each validation image by one
# pixel. Then we paint the lowest 8 of the 28 rows grey instead.

# %%
guess("Which has the larger error on average?", "moved", "painted")

# %%
moved = valid.roll(1, dims=3)
painted = valid.clone()
painted[:, :, 20:] = valid.mean(dim=(1, 2, 3), keepdim=True)
rows = [valid[:10], moved[:10], painted[:10]]
show_images(rows, row_labels=["original", "moved", "painted"])
mse(moved, valid), mse(painted, valid)

# %% [markdown] tags=["explain"]
# The moved ones, by a third. For the eye they are the same garments; for squared
# error they are farther from the originals than garments of which more than a
# quarter is missing. Keep this in mind wherever an error is printed.

# %% tags=["claims"]
moved_error = mse(moved, valid) / mse(painted, valid)
reveal("moved" if moved_error > 1 else "painted")
claim(
    "error of the moved over that of the painted ones", moved_error, 1.1, 1.5
)
