# %% [markdown]
# {head}
#
# You will be able to: build a VAE that takes orders, and measure whether it
# obeys and whether what it delivers is varied.

# %%
import torch

from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import diagram, show_images
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
FULL = False  # True: all 60,000 images instead of the 10,000 that ship
images = fashion_mnist(FULL)
from_memory()

# %% [markdown]
# ## A lottery
#
# A VAE invents: draw a code z from the prior, decode it. But nobody can say
# *what* will come. Suppose that you need a sandal. You can draw, ask the judge
# of lesson 09, and draw again, until it is sure: at least 0.7 for "sandal". If
# one draw in n is a sure sandal, that takes n draws on average.

# %%
from course_utils.measures import recognised, train_judge
from course_utils.models import dense_vae, negative_elbo
from course_utils.training import evaluate, fit, predict, set_seed

judge = train_judge(images.train, images.train_labels, seed=SEED)
set_seed(SEED)
vae = dense_vae(8)
options = {"epochs": 4, "batch_size": 64, "seed": SEED}
fit(vae, images.train, negative_elbo, **options)
lots = "about 5", "about 10", "30 or more"
guess("How many draws for one sandal, on average?", *lots)

# %%
set_seed(SEED)
x = predict(vae.decode, torch.randn(5000, 8))
sure = predict(judge, x).softmax(dim=1)[:, 5] >= 0.7  # 5: sandal
draws = len(x) / sure.sum().item()
show_images({"draws": x[:10], "sandals": x[sure][:10]})
draws

# %% [markdown] tags=["explain"]
# One draw in eleven is taken for a sandal, about as you would think with ten
# classes. But hardly any is one for sure: that needs 85 draws (53 and 63 with
# other seeds). A sample from the prior is often two garments at once.

# %% tags=["claims"]
reveal(lots[int(draws > 7) + int(draws >= 30)])
claim("a sandal for sure needs many draws", draws, low=30)

# %% [markdown]
# ## Tell both halves
#
# We have labels. The **conditional VAE** (Kingma and others, 2014; Sohn and
# others, 2015) hands the label y to both halves, as a **one-hot** row: ten
# numbers, a 1 at the place of the class, else 0. The story of lesson 08 now
# goes: *given y*, z is drawn from the prior, then x from p(x | z, y). The ELBO
# stays what it was, with a y behind each bar. The decoder knows the class
# already, so z has to say only the rest: the **style**.

# %%
diagram("conditional_vae", highlight=("y", "y_to_encoder", "y_to_decoder"))

# %%
from torch import nn

from course_utils.models import dense_decoder


class ConditionalVAE(nn.Module):
    """A VAE whose halves are told y: (B, conditions)."""

    def __init__(self, latent_dim, conditions=10):
        super().__init__()
        layers = [nn.Linear(784 + conditions, 256), nn.SiLU()]
        layers += [nn.Linear(256, 2 * latent_dim)]
        self.encoder = nn.Sequential(*layers)
        self.decoder = dense_decoder(latent_dim + conditions)

    def encode(self, x, y):
        told = torch.cat([x.flatten(1), y], dim=1)
        mu, log_var = self.encoder(told).chunk(2, dim=1)
        return mu, log_var.clamp(-20, 10)

    def logits(self, z, y):
        return self.decoder(torch.cat([z, y], dim=1))


# %%
from course_utils.models import bernoulli_nll, kl_divergence, reparameterize


def loss_of(beta):
    """Return the loss -log p(x|z, y) + beta * KL: (model, x, y) -> (B,)."""

    def loss(model, x, y):
        mu, log_var = model.encode(x, y)
        logits = model.logits(reparameterize(mu, log_var), y)
        return bernoulli_nll(logits, x) + beta * kl_divergence(mu, log_var)

    return loss


# %% [markdown]
# **beta** is the price of a nat in z: with 1 the loss is −ELBO. (Lesson 11
# turns this knob from end to end.)
#
# ### Exercise 1 · Take an order · 6 minutes, medium
#
# `labels` holds B class numbers. Give each image a code of its own from the
# prior, make the one-hot rows, and hand both to `decode(z, y)`. A class may
# stand in the order several times; its images must differ.

# %% tags=["nbval-check-output"]
from torch.nn.functional import one_hot

from course_utils import checks


def order_classes(decode, labels, latent_dim):
    """Samples of the classes asked for: (B,) -> images (B, 1, 28, 28)."""
    ### BEGIN SOLUTION
    z = torch.randn(len(labels), latent_dim)
    y = one_hot(labels, 10).float()
    return decode(z, y)
    ### END SOLUTION


order_classes = checks.order_classes(order_classes)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Does the prior know of classes? Which distribution does z come from when a
# sandal is ordered, and which when a bag is?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `one_hot(labels)` guesses its width from the largest label that it sees. An
# order of T-shirts alone would get one column.
#
# </details>
#
# {answer}
#
# ## Are orders obeyed?
#
# We train a conditional VAE with beta = 1, and order 100 images of each class.
# (The `volume` stays at 1 for now.)

# %%
y_train = one_hot(images.train_labels, 10).float()
y_test = one_hot(images.test_labels, 10).float()


def train(loss, y=y_train, epochs=4):
    """Return a conditional VAE with 8 numbers in z."""
    set_seed(SEED)
    model = ConditionalVAE(8)
    ours = options | {"epochs": epochs, "progress": False}
    fit(model, (images.train, y), loss, **ours)
    return model


def decoder_of(model, volume=1):
    """Return decode(z, y) -> images; y is multiplied by the volume."""
    return lambda z, y: predict(
        model.decoder, torch.cat([z, volume * y], dim=1)
    ).sigmoid()


models = {"beta 1": train(loss_of(1))}
decode = {"beta 1": decoder_of(models["beta 1"])}
asked = torch.arange(10).repeat(100)
shares = "below 0.6", "0.6 to 0.9", "above 0.9"
guess("Which share does the judge take for what was ordered?", *shares)

# %%
set_seed(SEED)
x = order_classes(decode["beta 1"], asked, 8)
show_images(x[:40], FASHION_CLASSES)
real = recognised(judge, images.test, images.test_labels)
share = recognised(judge, x, asked)
{"real test images": real, "orders, beta 1": share}

# %% [markdown] tags=["explain"]
# Less than half (0.44). Real images get 0.83. Yet the class was there for the
# taking! Most columns hold garments that nobody ordered.

# %% tags=["claims"]
reveal(shares[int(share >= 0.6) + int(share > 0.9)])
claim("at beta 1 many orders are not obeyed", share, 0.3, 0.75)

# %% [markdown]
# ### What does z say?
#
# A **linear probe** (lesson 04) tries to read the class off z: off mu, the first
# eight numbers that the encoder gives. If z holds style alone, as it should,
# the probe can only guess: 0.1.

# %%
from course_utils.measures import linear_probe


def codes_of(model, x, labels, volume=1):
    """Mean codes of images, told their label: -> (N, 8)."""
    y = volume * one_hot(labels, 10).float()
    told = torch.cat([x.flatten(1), y], dim=1)
    return predict(model.encoder, told)[:, :8]


def class_in_z(model, volume=1):
    """Accuracy of a linear probe that reads the class off z."""
    known = images.train[:3000], images.train_labels[:3000]
    new = images.test[:1000], images.test_labels[:1000]
    z, new_z = (codes_of(model, *part, volume) for part in (known, new))
    return linear_probe(z, known[1], new_z, new[1])


levels = "about 0.1, by chance", "0.2 to 0.4", "above 0.5"
guess("At beta 1, how often is the probe right?", *levels)

# %%
probe = {"beta 1": class_in_z(models["beta 1"])}
probe

# %% [markdown] tags=["explain"]
# In two of three images. The class is said twice, by y and by z. In training
# the two always agree: nothing teaches the decoder which to trust. In an order
# they **disagree**: z is drawn without knowing y. Then z often wins.
#
# To say one class of ten twice costs at most log 10 = 2.3 of about 250 nats.
# So training removes it late: after three times as many epochs 0.52 of the
# orders are obeyed (seed 0).

# %% tags=["claims"]
p = probe["beta 1"]
reveal(levels[int(p > 0.15) + int(p > 0.45)])
claim("the class can often be read off z", p, low=0.35)

# %% [markdown]
# ### Two remedies to try
#
# **A higher price.** With beta = 8 each nat in z costs eight. So z should first
# drop what y says for free.
#
# **A louder label.** Beside 784 pixels, y is a single 1. We multiply it by 10
# (the `volume`), in training and in orders, and leave beta at 1. "That changes
# nothing", says a colleague: "the first layer can learn a weight ten times as
# large by itself."
#
# Obedience is not all: a model could draw one average image per class. So we
# also measure **variety**: the variance of the pixels within a class, as a
# share of that of real images. Only images of the class that was ordered count:
# a wrong garment is no variety. The ten averages take part, for comparison.

# %%
models["beta 8"] = train(loss_of(8))
models["louder"] = train(loss_of(1), 10 * y_train)
decode["beta 8"] = decoder_of(models["beta 8"])
decode["louder"] = decoder_of(models["louder"], volume=10)
guess("Louder, beta 1: which share is obeyed?", *shares)


# %%
import pandas

from course_utils.measures import class_variety

parts = [images.train[images.train_labels == c] for c in range(10)]
averages = torch.stack([part.mean(dim=0) for part in parts])
varied = class_variety(images.test, images.test_labels)


def served(x, labels):
    """What the judge says of an order, and how varied it is: a dict."""
    ok = predict(judge, x).argmax(dim=1) == labels
    variety = class_variety(x[ok], labels[ok]) / varied
    return {"recognised": recognised(judge, x, labels), "variety": variety}


# %%
set_seed(SEED)
orders = {name: order_classes(d, asked, 8) for name, d in decode.items()}
orders["class averages"] = averages.repeat(100, 1, 1, 1)
show_images({k: x[:10] for k, x in orders.items()}, FASHION_CLASSES)
table = pandas.DataFrame({k: served(x, asked) for k, x in orders.items()}).T
table.round(2)

# %% [markdown] tags=["explain"]
# The colleague is wrong. A network *can* learn a large weight, but it starts
# from small ones, and z is quicker. Loud, the label is heard early:
# 0.94 instead of 0.44, as with beta 8.
#
# But look at the last row. **Class averages are always recognised**, more
# often than real images (0.83). The most typical image gets a perfect score.
# Variety shows the fault: it is 0. With beta 8 or a loud label it is a third of
# the real one; with beta 1, more than half, among the few right images.

# %% tags=["claims"]
heard = table.recognised["louder"]
reveal(shares[int(heard >= 0.6) + int(heard > 0.9)])
claim("beta 8 obeys in nine of ten", table.recognised["beta 8"], low=0.9)
claim("averages are always recognised", table.recognised.iloc[3], low=0.95)
claim("obeying costs variety", table.variety.iloc[:3].idxmax() == "beta 1")

# %% [markdown]
# Are the two remedies the same? Two more numbers for each: the probe, and
# −ELBO on test images (with beta 1 for all).

# %%
volumes = {"beta 1": 1, "beta 8": 1, "louder": 10}
for name, model in models.items():
    data = images.test, volumes[name] * y_test
    table.loc[name, "class in z"] = class_in_z(model, volumes[name])
    table.loc[name, "−ELBO"] = evaluate(model, data, loss_of(1))
table.round(2)

# %% [markdown]
# No. With a loud label, the class has nearly left z (0.18), and −ELBO is the
# best: 3 nats below beta 1, **20 below beta 8**. An expensive z drops
# some of the class (0.42 is left) and much of the style. So z was not too
# cheap: y was too quiet. Look at what a network can hear before you change its
# loss.
#
# ## One style for all
#
# If z is style alone, one z must suit all classes. Each row below is one z,
# decoded with ten labels.

# %%
set_seed(SEED)
styles = torch.randn(4, 1, 8).expand(4, 10, 8)
rows = [decode["louder"](z, torch.eye(10)) for z in styles]
show_images(rows, titles=FASHION_CLASSES)

# %% [markdown]
# Bright rows and dark rows, wide and narrow: nobody labelled what a row
# shares. The network found it, because it helps with every class.
#
# ### Exercise 2 · The same, as a bag · 5 minutes, on your own
#
# Give an image another class and keep its style. `encode(x, y)` returns the
# mean codes (B, Z) of images, `decode(z, y)` images; y is one-hot.


# %% tags=["nbval-check-output"]
def restyle(encode, decode, x, y, new_y):
    """Images x of classes y as classes new_y, in their own style."""
    ### BEGIN SOLUTION
    return decode(encode(x, y), new_y)
    ### END SOLUTION


restyle = checks.restyle(restyle)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Both halves are told a label. What would the encoder think of a shirt that is
# called a bag?
#
# </details>
# <details><summary>Hint 2</summary>
#
# The encoder needs the label that is true of the image, the decoder the one
# that you want.
#
# </details>
#
# {answer}

# %%
def encode(x, y):
    return codes_of(models["louder"], x, y.argmax(dim=1), volume=10)


x, labels = images.test[:1000], images.test_labels[:1000]
new = (labels + torch.arange(1000) % 9 + 1) % 10  # any class but its own
new_x = restyle(encode, decode["louder"], x, torch.eye(10)[labels],
                torch.eye(10)[new])
show_images({"given": x[:10], "restyled": new_x[:10]},
            [FASHION_CLASSES[c] for c in new[:10]])


# %%
def above_class(x, labels):
    """How much brighter each image is than its class on average: (N,)."""
    bright = x.flatten(1).mean(dim=1)
    means = torch.stack([bright[labels == c].mean() for c in range(10)])
    return bright - means[labels]


before, after = above_class(x, labels), above_class(new_x, new)
kept = torch.corrcoef(torch.stack([before, after]))[0, 1].item()
{"recognised": recognised(judge, new_x, new), "brightness kept": kept}

# %% [markdown]
# Each title is the new class; the judge agrees in 0.93 of the images. And an
# image that is bright for its class becomes one that is bright for the new
# class: a correlation of 0.80.
#
# ## Three complaints
#
# ### Exercise 3 · A, B, C · 8 minutes, medium
#
# Three colleagues trained a conditional VAE. All losses fell, nothing raised
# an error, and all customers complain. One decoder is **untold**: the label
# never reaches it. One training set was **shuffled**: the labels, but not the
# images. One loss averages the pixels (lesson 09), so the KL is 784 times too
# expensive: it draws **averages**. Which is which? Measure before you look, and
# write a dictionary such as `{"A": "untold", …}`.

# %%
from course_utils.measures import anonymous


def untold(model, x, y):
    """The loss at beta 1, but the decoder is given zeros for y."""
    mu, log_var = model.encode(x, y)
    logits = model.logits(reparameterize(mu, log_var), 0 * y)
    return bernoulli_nll(logits, x) + kl_divergence(mu, log_var)


mixed = 10 * y_train[torch.randperm(len(y_train))]
secret = {
    "untold": decoder_of(train(untold, 10 * y_train, epochs=3), volume=0),
    "shuffled": decoder_of(train(loss_of(1), mixed, epochs=3), volume=10),
    "averages": decoder_of(train(loss_of(784), epochs=3)),
}
colleagues = anonymous(secret, seed=1)  # {"A": decode, …}

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
z = torch.randn(10, 8)
for letter, decoder in colleagues.items():
    x = order_classes(decoder, asked, 8)
    print(letter, f"recognised {recognised(judge, x, asked):.1f}", end="; ")
    one, other = decoder(z, torch.eye(10)), decoder(z, torch.eye(10).flip(0))
    print("the label matters:", not one.equal(other))
complaints = {"A": "shuffled", "B": "averages", "C": "untold"}
### END SOLUTION
complaints = checks.complaints(complaints)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the three would still be recognised? You have a function for orders
# and one for the judge.
#
# </details>
# <details><summary>Hint 2</summary>
#
# For the other two: keep z and change the label. What must happen to the image
# if the label never arrives?
#
# </details>
#
# {answer}

# %%
set_seed(SEED)
shown = {c: order_classes(d, asked[:20], 8) for c, d in colleagues.items()}
show_images([x for both in shown.values() for x in both.split(10)],
            FASHION_CLASSES, [c for c in "AABBCC"])

# %% [markdown]
# ## Two wishes at once
#
# A condition need not be a class. Here is the made world, where we know every
# cause: disks and bars of any size, at any place. We want to order two causes:
# the kind, and the size, which is a **number**. But the training set has lost
# all large disks, those with a size above 3.75.

# %%
from course_utils.datasets import made_world
from course_utils.measures import shape_of

world = made_world(9000, ("x", "y", "size", "kind"), seed=SEED)
size, kind = world.causes[:, 2], world.causes[:, 3].long()
here = ((kind == 0) & (size <= 3.75)) | (kind == 2)
shapes, size, kind = world.images[here], size[here], kind[here]
show_images({"disks": shapes[kind == 0][:10], "bars": shapes[kind == 2][:10]})
outcomes = "a large disk", "a small disk", "a large bar"
guess("Order a large disk from what was trained on these: you get…", *outcomes)

# %% [markdown]
# ### Exercise 4 · Order shapes · 20 minutes, on your own
#
# Write `order_shapes(kinds, sizes)`: kinds (N,) is 0 for a disk, 2 for a bar;
# sizes (N,) are from 2.5 to 5. It returns N images, each shape at a place of
# its own. First train what it needs, on `shapes`, `kind` and `size`. It is
# judged by 300 orders, without large disks: nine of ten kinds right, sizes
# right to half a pixel on average, places that differ. `shape_of(images)`
# measures kinds and sizes.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
def wishes(kinds, sizes):
    """Kind, one-hot, and size from -1 to 1, both loud: -> (N, 4)."""
    y = torch.cat([one_hot(kinds, 3), (sizes[:, None] - 3.75) / 1.25], dim=1)
    return 10 * y


set_seed(SEED)
maker = ConditionalVAE(2, conditions=4)
data = shapes, wishes(kind, size)
fit(maker, data, loss_of(1), epochs=12, batch_size=64, progress=False)


def order_shapes(kinds, sizes):
    return decoder_of(maker)(torch.randn(len(kinds), 2), wishes(kinds, sizes))
### END SOLUTION
order_shapes = checks.order_shapes(order_shapes)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# y may be any row of numbers. How many do you need for a kind and a size?
# Which style is left, and how many numbers does z need for it? In spare ones
# it will hide what y says.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Is each part of y loud enough, and about as loud as the others? Sizes from
# 2.5 to 5 never are 0.
#
# </details>
#
# {answer}

# %%
set_seed(SEED)
ordered = torch.full((100,), 4.5)
large = order_shapes(torch.zeros(100).long(), ordered)
kinds, sizes, _ = shape_of(large)
show_images(large[:10])
{"disks": (kinds == 0).sum().item(), "mean size": sizes.mean().item()}

# %% [markdown] tags=["explain"]
# Large disks, a little too small: 4.2 where 4.5 was ordered, but above 3.75,
# the largest disk it has seen. It has seen disks, and large bars. In its first
# layer the two wishes add up, so it can put together what it has never seen
# together. That is no law: test it wherever you depend on it.

# %% tags=["claims"]
disks = (kinds == 0).float().mean().item()
grown = sizes.mean().item()
reveal(outcomes[2 if disks < 0.5 else int(grown < 3.75)])
claim("large disks are disks", disks, low=0.7)
claim("and larger than any it has seen", grown, 3.75, 5.0)
claim("the new class is recognised", recognised(judge, new_x, new), low=0.85)
claim("brightness is kept", kept, low=0.7)
nats = table["−ELBO"]
claim("louder beats beta 8, in nats", nats["beta 8"] - nats["louder"], low=10)
claim("and beta 1", nats["beta 1"] - nats["louder"], low=0.3)
claim("loud, the class is hardly in z", table["class in z"]["louder"],
      high=0.3)

# %% [markdown]
# **Review question.** A paper orders images by class and reports one number: a
# classifier recognises 0.98 of them. What would you ask for?
#
# *Your answer (double-click to write):*
#
# <details><summary>A model answer</summary>
#
# What the classifier gets on real images: above that, a score says that
# samples are typical. The score of class averages. Variety within a class, or
# coverage for each class (lesson 09). Several seeds.
#
# </details>
#
# ### Where it fails
#
# - Variety is a third of the real one, and images are soft.
# - Only what has a label can be ordered. What z found (brightness, width) has
#   no name and no knob of its own.
# - Ten averages please the judge.
#
# ### Summary
#
# - A conditional VAE hands y to both halves. Order: z from the prior, y as you
#   like. Restyle: encode with the true y, decode with another.
# - It may ignore y, because z says it, too. A linear probe shows this.
# - A louder label cured it, with a better −ELBO; a higher price cured it, too,
#   and cost 20 nats.
# - Obedience without variety is worth nothing: report both.
#
# ### Quiz and scorecard

# %%
from course_utils.lessons import quiz, scorecard

quiz()
results = {"draws_for_a_sandal": draws, "class_in_z_beta_1": p}
results |= {"style_kept": kept, "large_disks": disks}
for name, row in table.iloc[:3].iterrows():
    key = name.replace(" ", "_")
    results |= {f"{k}_{key}": row[k] for k in ("recognised", "variety")}
    results[f"minus_elbo_{key}"] = row["−ELBO"]
scorecard(results, data="full" if FULL else "small")

# %% [markdown]
# **References.** D. Kingma, D. Rezende, S. Mohamed and M. Welling,
# *Semi-supervised learning with deep generative models*, 2014. · K. Sohn, H.
# Lee and X. Yan, *Learning structured output representation using deep
# conditional generative models*, 2015. · G. Alain and Y. Bengio,
# *Understanding intermediate layers using linear classifier probes*, 2017.
#
# ## Going further
#
# **How loud?** Between 1 and 10 lies a trade. With seed 0 a volume of 3 gave
# 0.81 obeyed and a variety of 0.46; 5 gave 0.91 and 0.39; 10 gave 0.94 and
# 0.32. Try one of your own with `train(loss_of(1), volume * y_train)`.
#
# **Few labels.** Kingma and others (2014) train such a model when most images
# have no label: a second encoder guesses y, and the ELBO is averaged over its
# guesses.
#
# **Order a garment, change its style.** Two of the eight numbers of z have a
# slider.

# %%
from course_utils.figures import explore


def garment(order, style_1, style_2):
    z = styles[0, :1].clone()
    z[0, :2] = torch.tensor([style_1, style_2])
    y = torch.eye(10)[[FASHION_CLASSES.index(order)]]
    return decode["louder"](z, y)


ends = (-2.0, 2.0, 0.25)
order = ["sandal", *FASHION_CLASSES]
box = explore(garment, order=order, style_1=ends, style_2=ends)
