# %% [markdown]
# {head}
#
# You will be able to: write an encoder, a decoder and a training loop, look at
# what a trained autoencoder has learnt, and find out why one does not work.
#
# Before you start: three questions about lesson 01.

# %%
import torch
from torch import nn

from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import diagram, show_bars, show_images
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
FULL = False  # True: all 60,000 images instead of the 10,000 that ship

from_memory()
images = fashion_mnist(FULL)
first = [int((images.test_labels == c).nonzero()[0]) for c in range(10)]
show_images(images.test[first], titles=FASHION_CLASSES)
diagram("anatomy")

# %% [markdown]
# ## Anatomy
#
# In lesson 01 we knew the causes of our images. Nobody knows those of
# photographs. We take Fashion-MNIST (Xiao and others, 2017), ten kinds of
# clothing.
#
# The **encoder** turns an image into a few numbers, its **code**. The
# **decoder** draws the image again from the code alone. The narrow place
# between encoder and decoder is the **bottleneck**.
#
# An image is a tensor (1, 28, 28): channel, height, width. B images together,
# a **batch**, are (B, 1, 28, 28). In the diagram x is the image, z its code of
# k numbers, and x̂ its reconstruction.
#
# A **dense** (or *linear*) layer turns the 28 × 28 = 784 pixels of an image
# into new numbers, here 32. For each it multiplies every pixel by a
# **weight**, and adds up the products and one number more, the **bias**. Here
# is the first number of the first image, by hand and by the layer.
# `flatten(1)` makes one row of each image.

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
# makes a curve of a straight line. Two layers without it can do no more than
# one.

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
# The decoder goes the same way back. Its last layer gives any numbers, called
# **logits**; `nn.Unflatten` gives them the shape of images. In `decode` below
# the **sigmoid** squeezes them into (0, 1), as pixels are. So `model(x)` is an
# image.
#
# `dense` makes a new autoencoder of these parts, with the same first weights
# at every call, on the GPU if there is one (`device`). Below is the code of the
# first image.


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
# They mean nothing yet: the weights have to be learnt.
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


image, drawn = torch.tensor([[0, 1], [0.5, 0.8]]).view(2, 1, 1, 1, 2)
diagram("loop")
reconstruction_loss(drawn, image)

# %% [markdown]
# ### Exercise 2 · One training step · 10 minutes, medium
#
# One **step** of training lowers the loss of one batch a little, as in the
# diagram. Write it. The loss of a batch is the mean of its images' losses: one
# number. `loss.backward()` finds the **gradient**: for each weight, how the loss
# changes when that weight grows a little. `optimizer.step()` moves each weight
# so that the loss falls. `optimizer.zero_grad()` clears the gradients of the step
# before.
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
# If it cannot learn even these by heart, something is broken. The optimiser is
# Adam (Kingma and Ba, 2015); `lr`, the **learning rate**, scales its steps.
#
# Beside yours we test a broken step. It runs without an error message, but
# its target is some image of the batch, drawn at random.


# %%
def broken_step(model, optimizer, x):
    target = x[torch.randperm(len(x))]
    loss = reconstruction_loss(model(x), target).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


ends = "other garments", "the right ones, blurred", "the same for each"
guess("What does the model of the broken step draw in the end?", *ends)

# %%
from course_utils.measures import mse

eight = x[:8]
drawn, losses = {"original": eight}, {}
for name, step in {"yours": train_step, "broken": broken_step}.items():
    model = dense()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses[name] = [step(model, optimizer, eight) for _ in range(200)]
    drawn[name] = model(eight)
show_images(drawn)
{name: (values[0], values[-1]) for name, values in losses.items()}

# %% [markdown] tags=["explain"]
# The average of all eight, for every image: what it is given says nothing about
# which target comes next. Its loss stays near 70. Yours learns the eight by
# heart, from 134 to 0.2. So test a loop on eight images before you wait for
# all of them.

# %% tags=["claims"]
same = mse(drawn["broken"], eight.mean(dim=0).expand_as(eight))
differ = mse(eight, eight.mean(dim=0).expand_as(eight))
reveal(ends[2] if same < differ / 4 else ends[1])
fall = losses["yours"][-1] / losses["yours"][0]
claim("eight images are learned by heart: last over first loss", fall, 0, 0.02)
claim("the broken step draws the average of the eight", same / differ, 0, 0.1)

# %% [markdown]
# Now all images. We set 1,000 **validation images** aside to look at while we
# work. A choice looks too good on the images that it was made with, so the
# test images wait until the end. One pass over the training images is an
# **epoch**. The learning rate rises during the first fifth of the steps, then
# it falls: large steps to get far, small ones to settle (*one cycle*, Smith
# and Topin, 2018).
#
# We write this loop by hand once. The package's `fit` is the same loop with a
# progress bar and clear errors; unless told otherwise it takes `lr=3e-3` and
# batches of 128. `predict` runs a model on many images and keeps no gradients.
# Does `fit` give the same network?

# %%
shuffle = torch.Generator().manual_seed(SEED)
shuffled = torch.randperm(len(images.train), generator=shuffle)
valid = images.train[shuffled[:1000]]
train = images.train[shuffled[1000:]]
EPOCHS, BATCH = 2, 128
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


# %%
def loss(model, x):
    """What `fit` lowers: one loss for each image, (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


by_fit = dense()
fit(by_fit, train, loss, epochs=EPOCHS, seed=SEED)
(predict(by_fit, valid) - predict(by_hand, valid)).abs().mean().item()

# %% [markdown]
# ## What has it learnt?
#
# From here on we use `fit`. We give a new model eight epochs and look at the loss
# of both groups after each. The network has never seen the validation images.

# %%
guess(
    "After the last epoch, how far is the validation above the training loss?",
    "hardly",
    "by half",
    "twice as high",
)

# %%
from course_utils.figures import show_losses

model = dense()
history = fit(model, train, loss, valid=valid, epochs=8, seed=SEED)
show_losses(history)
gap = history.valid[-1] / history.train[-1]
gap

# %% [markdown] tags=["explain"]
# Hardly: the two curves end within 3 % of each other. The network has learnt
# what garments have in common, not these garments by heart. (At first the
# validation loss is *lower*. It is measured after the epoch, the training loss
# during it, while the network still improves.)

# %% tags=["claims"]
reveal(
    "hardly" if gap < 1.25 else "by half" if gap < 1.75 else "twice as high"
)
claim("validation loss over training loss", gap, 0.9, 1.15)
differs = (predict(by_fit, valid) - predict(by_hand, valid)).abs().mean()
claim("by hand and `fit`: pixels differ by almost nothing", differs, 0, 0.002)

# %% [markdown]
# Which garments does it draw best, and which worst? The number above an image
# is its loss. Look closely at what became of the worst ones.
#
# Why does that happen? Suppose the code does not say whether a garment is here
# or two pixels lower, and both happen equally often. One decoder always draws
# one of the two (*bold*), another draws the average of both.

# %%
from course_utils.figures import show_reconstructions

x_hat = predict(model, valid)
per_image = reconstruction_loss(x_hat, valid)
ranked = per_image.argsort()
best_and_worst = torch.cat([ranked[:5], ranked[-5:]])
titles = [f"{value:.0f}" for value in per_image[best_and_worst].tolist()]
show_reconstructions(valid[best_and_worst], x_hat[best_and_worst], titles)
whose = "the bold one's", "the average's", "both are equal"
guess("Whose squared error, on average over both cases, is smaller?", *whose)

# %%
here = valid[ranked[-1:]]
there = here.roll(2, dims=2)
average = (here + there) / 2
both = torch.cat([here, there, average])
show_images(both, titles=["here", "there", "average"])
bold_error = (mse(here, here) + mse(here, there)) / 2
average_error = (mse(average, here) + mse(average, there)) / 2
bold_error, average_error

# %% [markdown] tags=["explain"]
# The average has half the error of a bold choice, which is right in one case and
# very wrong in the other. So a network that is trained with squared error blurs
# whatever its code does not tell it. Most of the worst images carry prints or
# stripes, and they come out grey.

# %% tags=["claims"]
smaller = "the average's" if average_error < bold_error else "the bold one's"
reveal(smaller)
claim("the average's error is half", average_error / bold_error, 0.45, 0.55)

# %% [markdown]
# ## How long should the code be?
#
# Three more autoencoders, with 2, 8 and 128 numbers in the code. Everything
# else stays the same. We compare them by their **error**: the mean squared error
# of a pixel, which is the loss of an image divided by 784. The code of two
# numbers can be drawn as a **map**: each thumbnail stands where the encoder puts
# it. Nobody told the network about classes. Which of them lie together?

# %%
guess(
    "From 32 to 128 numbers, the validation error…",
    "halves",
    "falls by a fifth",
    "stays about the same",
)


# %%
def error(model, x):
    """Mean squared error of a pixel of these images: a float."""
    return mse(predict(model, x), x)


models = {32: model}
for latent_dim in (2, 8, 128):
    models[latent_dim] = dense(latent_dim)
    fit(models[latent_dim], train, loss, epochs=8, seed=SEED)
size_error = {k: error(models[k], valid) for k in sorted(models)}
show_bars(size_error, xlabel="validation error of a pixel")

# %%
labels = images.train_labels[shuffled[:1000]]
garments = valid[[int((labels == c).nonzero()[0]) for c in range(10)]]
rows = {f"{k} numbers": predict(models[k], garments) for k in sorted(models)}
show_images({"original": garments, **rows})

# %%
from course_utils.figures import show_latent_space

shown = {"codes of two numbers": (predict(models[2].encode, valid), labels)}
show_latent_space(shown, classes=FASHION_CLASSES, images=valid)

# %% [markdown] tags=["explain"]
# Two numbers give a rough shape: the sandal becomes a shoe, the bag a pullover.
# Eight give the outline, and 32 some of the shades. With 128 nothing is gained,
# though a longer code *could* hold more. Does it need longer training? Lesson 03
# tests this.
#
# On the map shoes lie with shoes, trousers have a place of their own, and shirts,
# coats and pullovers share one: what looks alike gets codes that are alike.

# %% tags=["claims"]
more = size_error[128] / size_error[32]
fewer = size_error[8] / size_error[2]
fall = "halves" if more < 0.65 else "falls by a fifth"
reveal(fall if more < 0.9 else "stays about the same")
claim("the error of 8 numbers over that of 2", fewer, 0.4, 0.65)
claim("the error of 128 numbers over that of 32", more, 0.75, 1.1)

# %% [markdown]
# ## Dense or convolutional?
#
# A dense layer does not know which pixels are neighbours. A **convolution**
# slides a small window over the image and takes a weighted sum in every place,
# always with the same weights. Each window makes an image of its own, a
# **channel** (in the diagram a *map*; c is 16). With `stride=2` the window moves
# by two pixels, so height and width are halved. The decoder doubles height and
# width again, by **transposed convolutions**.
#
# The rival is `model`, the dense one with 32 numbers. The convolutional one
# has about a quarter of its **parameters** (weights and biases, the numbers
# that training changes). It gets five epochs in batches of 64 instead of eight
# in batches of 128: a quarter more steps.

# %%
from course_utils.models import conv_autoencoder

torch.manual_seed(SEED)
conv = conv_autoencoder(latent_dim=32, channels=16).to(device)
diagram("strided")
print(conv.encoder)
guess("The convolutional error is…", "larger", "about the same", "smaller")

# %%
import pandas

from course_utils.models import count_parameters

conv_history = fit(conv, train, loss, epochs=5, batch_size=64, seed=SEED)
contest = pandas.DataFrame(index=["dense", "convolutional"])
contest["parameters"] = [count_parameters(m) for m in (model, conv)]
contest["seconds"] = [history.seconds, conv_history.seconds]
contest["validation error"] = [error(m, valid) for m in (model, conv)]
contest.round(4)

# %% [markdown] tags=["explain"]
# Smaller, by eight percent, with a quarter of the parameters and five epochs
# instead of eight. It knows from the start that pixels have neighbours, and that
# a stripe is a stripe in every place. Its price is arithmetic: compare the
# seconds.

# %% tags=["claims"]
ratio = error(conv, valid) / size_error[32]
places = "smaller", "about the same", "larger"
reveal(places[(ratio > 0.97) + (ratio > 1.03)])
claim("convolutional over dense", ratio, 0.85, 0.97)

# %% [markdown]
# ## Summary
#
# - An autoencoder is an encoder, a bottleneck and a decoder; one training step
#   is five lines.
# - Overfit one batch first. Then look at the best and the worst of the images
#   that were not used for training.
# - Squared error blurs what the code does not tell.
# - Convolutions do more with fewer parameters.
#
# **Where it fails.** It draws garments, whatever you show it. Its loss counts
# pixels: a print matters no more than empty ground. And a low error does not say
# what the code is good for: a code of 784 numbers could copy without learning
# anything.
#
# The scorecard holds the error on the test images, used for the first and only
# time.

# %%
from course_utils.lessons import quiz, scorecard

quiz()
scorecard(
    {
        "mse_dense_32": error(model, images.test),
        "mse_conv_32": error(conv, images.test),
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
# ### Exercise 3 · Another data set · 20 minutes, hard
#
# Scikit-learn's digits are 8 × 8 pixels. Write and train an autoencoder for
# them, with **8 numbers** in the code. Call it `digit_model`; it needs `encode`
# and `decode`, as `Autoencoder` has them. The check measures it on 360 other
# digits; its error must be below that of PCA with 8 components, 0.024. (PCA is
# the best that linear layers can do; lesson 03 builds it.) Train with
# `fit(model, digit_train, loss, epochs=…, batch_size=…)`, and choose by
# `error(model, digit_valid)`, not by the check.

# %% tags=["nbval-check-output"]
from course_utils.datasets import digits

digit_train, digit_valid = digits().train[:-200], digits().train[-200:]
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
fit(digit_model, digit_train, loss, epochs=40, batch_size=32, progress=False)
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
# There are only 1,237 images, so an epoch is short: take many, in small
# batches.
#
# </details>
#
# {answer}
#
# ### Exercise 4 · Two more broken steps · 8 minutes, open
#
# Each step below has one mistake. What is wrong, and what becomes of a network
# that is trained in this way?


# %%
def step_a(model, optimizer, x):
    loss = reconstruction_loss(model(x).sigmoid(), x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def step_b(model, optimizer, x):
    loss = reconstruction_loss(model(x), x).mean()
    loss.backward()
    optimizer.step()


drawn = {"original": eight}
for name, step in {"a": step_a, "b": step_b}.items():
    broken = dense()
    optimizer = torch.optim.Adam(broken.parameters(), lr=3e-3)
    for _ in range(200):
        step(broken, optimizer, eight)
    drawn[name] = broken(eight)
show_images(drawn)

# %% [markdown]
# *Your answer:*
#
# <details><summary>A model answer</summary>
#
# a: The sigmoid is applied twice. The sigmoid of a number in (0, 1) lies between
# 0.5 and 0.73, so the network pushes its pixels to the ends, 0 and 1.
# b: The old gradients are never cleared. They pile up, and the steps overshoot.
#
# </details>
#
# **Inside a convolution.** `padding=1` puts a frame of zeros around the image. Here
# is the window's first stop, by hand and by the layer.

# %%
window = conv.encoder[0]  # 16 windows of 3 x 3, each with a bias
framed = nn.functional.pad(x[:1], (1, 1, 1, 1))[0, 0]
first_stop = (window.weight[0, 0] * framed[:3, :3]).sum() + window.bias[0]
first_stop.item(), window(x[:1])[0, 0, 0, 0].item()

# %% [markdown]
# **Draw something yourself,** or choose a ready-made image. Whatever you draw, a
# garment comes back: the decoder knows nothing else.

# %%
from course_utils.figures import draw_image

drawing = draw_image(lambda x: torch.cat([x, predict(model, x)]))
