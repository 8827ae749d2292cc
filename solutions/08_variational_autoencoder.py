# %% [markdown]
# {head}
#
# You will be able to: tell the story behind a variational autoencoder (VAE),
# derive its loss and write it alone, train one, and let it invent images.

# %%
import pandas
import torch

from course_utils.datasets import FASHION_CLASSES, fashion_mnist
from course_utils.figures import diagram, show_images, show_latent_space
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
FULL = False  # True: all 60,000 images instead of the 10,000 that ship
images = fashion_mnist(FULL)
from_memory()

# %% [markdown]
# ## A map with holes
#
# An autoencoder copies. Can it also **invent**: draw an image that nobody gave
# it? We would have to choose a code ourselves. With two numbers we can look at
# all codes at once. These two halves serve for every model below.

# %%
from torch import nn


def make_encoder(outputs):
    """Images (B, 1, 28, 28) -> (B, outputs)."""
    layers = [nn.Flatten(), nn.Linear(784, 256), nn.SiLU()]
    layers += [nn.Linear(256, 128), nn.SiLU(), nn.Linear(128, outputs)]
    return nn.Sequential(*layers)


def make_decoder(latent_dim):
    """Codes (B, latent_dim) -> (B, 1, 28, 28), numbers of any size."""
    layers = [nn.Linear(latent_dim, 128), nn.SiLU()]
    layers += [nn.Linear(128, 256), nn.SiLU(), nn.Linear(256, 784)]
    return nn.Sequential(*layers, nn.Unflatten(1, (1, 28, 28)))


# %%
from course_utils.models import Autoencoder, reconstruction_loss
from course_utils.training import fit, predict


def copy_loss(model, x):
    """Squared error of each copy: (B, 1, 28, 28) -> (B,)."""
    return reconstruction_loss(model(x), x)


torch.manual_seed(SEED)
plain = Autoencoder(make_encoder(2), make_decoder(2))
fit(plain, images.train, copy_loss, epochs=6, batch_size=64, seed=SEED)
guess("Largest number in any code?", "about 1", "about 3", "10 or more")

# %%
z = predict(plain.encode, images.train)
reach = z.abs().max().item()
labels = images.train_labels[:2000]
show_latent_space({"codes": (z[:2000], labels)}, classes=FASHION_CLASSES)

# %% [markdown] tags=["explain"]
# Far out, up to 19 among all 10,000 codes (the figure has 2,000). Nobody asked
# for it: the loss judges copies and does not care where codes lie. So we do
# not know where to draw one, and between the groups the land is empty.

# %% tags=["claims"]
reveal("10 or more" if reach >= 10 else "about 3" if reach > 2 else "about 1")
claim("the map reaches far out", reach, low=10)

# %% [markdown]
# We draw all the same: 500 codes, scattered as widely as the real ones. Here are
# the ten from the emptiest places, decoded.

# %%
torch.manual_seed(SEED)
draws = z.mean(dim=0) + z.std(dim=0) * torch.randn(500, 2)
emptiness = torch.cdist(draws, z).amin(dim=1)
emptiest = draws[emptiness.argsort()[-10:]]
show_images(predict(plain.decode, emptiest))

# %% [markdown]
# Some are noisy, torn or all white: the decoder was never asked about these
# codes. We need a loss that says **where codes lie** and asks
# the decoder about **all places** there. It follows from a story.
#
# ## The story
#
# Lesson 01 told it in two steps.
#
# 1. A code z is drawn from the **prior** p(z). We choose the bell curve
#    N(0, 1) for each of its numbers.
# 2. The image x is drawn from the **likelihood** p(x | z), *the distribution of
#    x, given z*. The decoder makes it.
#
# A world so small that we can compute everything: in the next room burns a
# **lamp**. Its knob stands at z, out of sight, and its brightness runs from 0
# to 10. A camera reports the brightness x, with an error of about 1. The knob
# is the cause, the report is the image.

# %%
from torch.distributions import Normal

prior = Normal(0.0, 1.0)


def likelihood(z):
    """p(x|z): what the camera may report when the knob is at z."""
    return Normal(10 * torch.sigmoid(2 * z), 1.0)


diagram("vae_graph", highlight=("z", "decoder", "likelihood"))
knobs = torch.tensor([-1.0, 0.0, 1.0])
likelihood(knobs).mean, likelihood(knobs).sample()

# %% [markdown]
# The camera reports x = 8. What we now believe about the knob is the
# **posterior** p(z | x). **Bayes' rule** gives it:
#
# $$p(z \mid x) = \frac{p(x \mid z)\; p(z)}{p(x)}$$
#
# In words: believe in a knob as far as it *explains the report* and *is
# common*. The **evidence** p(x) is the sum of these products over all knobs, so
# that beliefs add up to 1. We take 2,001 knobs. Each stands for a strip as wide
# as the `step` to the next, so we add product times step.

# %%
from course_utils.figures import show_bells

x = torch.tensor(8.0)
grid = torch.linspace(-5, 5, 2001)
step = grid[1] - grid[0]
product = (likelihood(grid).log_prob(x) + prior.log_prob(grid)).exp()
evidence = product.sum() * step
posterior = product / evidence
show_bells({"prior": prior, "posterior": (grid, posterior)}, "knob z")

# %% [markdown]
# The report has moved and narrowed our belief. The posterior is lopsided:
# near its bright end the lamp hardly changes, so many knobs fit.
#
# With 16 numbers in the code, and 100 steps for each, the sum has $100^{16}$
# terms. **The posterior is out of reach.** So an encoder *guesses* it: for each
# image it names a mean μ and a standard deviation σ for each number, and the
# guess is q(z | x) = N(μ, σ²). An image is no longer a point on the map. It is
# a small cloud.

# %%
diagram("vae_graph", highlight=("x", "encoder", "mu_sigma"))

# %% [markdown]
# ## The goal
#
# The story is good if the images that we have are *probable*: log p(x) should
# be large. But p(x) is that same endless sum. Four steps lead to something that
# we can compute. (From here on q(z) is short for q(z | x).)
#
# **A sign first.** $\mathbb{E}_{z \sim q}[f(z)]$ is read *the average of f(z)
# when z is drawn from q*. In code: draw many z, compute f, take the mean.
#
# **Step 1: the sum is an average.** (∫ is a sum in endlessly small steps.) How
# well do knobs from the prior explain the report, on average?
#
# $$p(x) = \int p(x \mid z)\, p(z)\, dz =
# \mathbb{E}_{z \sim p}\,[\,p(x \mid z)\,]$$
#
# **Step 2: draw elsewhere.** Most draws from the prior explain nothing; a q near
# the posterior, here N(1, 0.6²), has better ones. Multiply and divide by q(z), which changes nothing, and
# read the sum as an average over q:
#
# $$p(x) = \int q(z)\; \frac{p(x \mid z)\, p(z)}{q(z)}\, dz =
# \mathbb{E}_{z \sim q}\left[\,p(x \mid z)\,\frac{p(z)}{q(z)}\right]$$
#
# Each draw has the weight p(z)/q(z): where q draws a knob twice as often as the
# prior does, each draw counts half.

# %%
torch.manual_seed(SEED)
q = Normal(1.0, 0.6)
z = prior.sample((100_000,))
by_prior = likelihood(z).log_prob(x).exp().mean()
z = q.sample((100_000,))
weight = (prior.log_prob(z) - q.log_prob(z)).exp()
by_q = (likelihood(z).log_prob(x).exp() * weight).mean()
{"sum": evidence.item(), "prior": by_prior.item(), "q": by_q.item()}

# %% [markdown]
# Three ways, one number.
#
# **Step 3: the log moves inside.** On paper: the average of 1 and 9 is 5, and
# log 5 = 1.61. Their logs are 0 and 2.20, with the average 1.10: less. The log
# is bent downwards, so this is always so (**Jensen's inequality**): *the log of
# an average is at least the average of the logs.* The diagram below draws it.
#
# $$\log p(x) \;\ge\; \mathbb{E}_{z \sim q}\left[\log \frac{p(x \mid z)\,
# p(z)}{q(z)}\right]$$
#
# **Step 4: take the log apart.** Logs turn products into sums: in the bracket
# stands log p(x | z) + log p(z) − log q(z). In two parts:
#
# $$\mathrm{ELBO} = \underbrace{\mathbb{E}_{z \sim q}[\log p(x \mid z)]}_{
# \text{does z explain x?}} \;-\; \underbrace{\mathbb{E}_{z \sim q}[\log q(z) -
# \log p(z)]}_{\mathrm{KL}[q \,\|\, p]:\text{ how far is q from the prior?}}$$
#
# This is the **evidence lower bound**. Its second part is the
# **Kullback-Leibler divergence**, KL for short. The unit is the **nat**, since
# the log is natural. We try it on two bad guesses. One *ignores the report*: q is
# the prior. One is *too sure*: q stands at the most probable knob, with a σ of
# 0.02.

# %%
diagram("jensen")


# %%
def lamp_elbo(q):
    """The ELBO of a guess q about the knob, from 100,000 draws."""
    z = q.sample((100_000,))
    explains = likelihood(z).log_prob(x)
    strays = q.log_prob(z) - prior.log_prob(z)
    return (explains - strays).mean()


guess("Which has the higher ELBO?", "the one that ignores", "the one too sure")

# %%
from course_utils.figures import bells_figure, bounds_figure, show_bounds

peak = grid[posterior.argmax()].item()
guesses = {"ignores": prior, "too sure": Normal(peak, 0.02)}
guesses["a bell"] = Normal(0.75, 0.3)
bounds = {name: lamp_elbo(q).item() for name, q in guesses.items()}
show_bounds(bounds, evidence.log())

# %% [markdown] tags=["explain"]
# Being too sure costs less than ignoring what we know: 2.2 nats below log p(x)
# against 8. A bell about as wide as the posterior misses only 0.07.

# %% tags=["claims"]
sure, ignorant = bounds["too sure"], bounds["ignores"]
reveal("the one too sure" if sure > ignorant else "the one that ignores")
gap = evidence.log().item() - bounds["a bell"]
claim("the bell's gap, in nats", gap, 0.05, 0.1)
claim("too sure is 5 nats or more ahead", sure - ignorant, low=5)
ways = (by_prior / evidence - 1).abs(), (by_q / evidence - 1).abs()
claim("three ways, one number", max(ways).item(), high=0.03)

# %% [markdown]
# What is the **gap** between the ELBO and log p(x)? By Bayes, p(x | z) p(z) is
# p(z | x) p(x). Put this into the bracket of step 3, and log p(x) comes out:
#
# $$\mathrm{ELBO} = \log p(x) - \mathrm{KL}[\,q \,\|\, p(z \mid x)\,]$$
#
# So the gap should be a KL again, from the guess to the *posterior*. Is it?


# %%
def kl_to_posterior(q):
    """KL from q to the true posterior, summed over the grid: nats."""
    log_q = q.log_prob(grid)
    return (log_q.exp() * (log_q - posterior.log())).sum() * step


missing = {name: kl_to_posterior(q).item() for name, q in guesses.items()}
table = pandas.DataFrame({"ELBO": bounds, "KL to posterior": missing})
table["sum"] = table.sum(axis=1)
table.round(2)

# %% [markdown]
# The sum is log p(x), −2.31, in each row (up to the chance in the draws). So
# raising the ELBO makes the image more probable, or the guess better, or both.
# **A VAE does nothing else.** Find the best bell yourself: can you close the
# gap?

# %%
from course_utils.figures import explore


def show_guess(mu, sigma):
    q = Normal(mu, sigma)
    shown = {"guess q": q, "posterior": (grid, posterior), "prior": prior}
    bars = bounds_figure({"ELBO + gap": lamp_elbo(q)}, evidence.log(), low=-9)
    return bells_figure(shown, "knob z", top=2), bars


box = explore(show_guess, mu=(0, 2, 0.05), sigma=(0.1, 1.1, 0.05))

# %% [markdown]
# No: 0.07 stay, because a bell is not lopsided.
#
# ## Two things the goal needs
#
# A formula for the KL, and a draw that lets gradients pass.
#
# ### What does straying cost?
#
# For one number the two logs are
#
# $$\log q(z) = -\tfrac12\log 2\pi\sigma^2 - \frac{(z-\mu)^2}{2\sigma^2},
# \qquad \log p(z) = -\tfrac12\log 2\pi - \frac{z^2}{2}$$
#
# On average over q, (z−μ)² is σ², so the first fraction is ½; and z² is μ² + σ².
# The 2π cancel, and four terms are left:
#
# $$\mathrm{KL} = \tfrac12\left(\mu^2 + \sigma^2 - 1 - \log\sigma^2\right)$$

# %%
actions = "move it by 1", "make it ten times narrower", "both alike"
guess("q begins as the prior. Which costs more nats?", *actions)

# %% [markdown]
# ### Exercise 1 · The KL · 6 minutes, medium
#
# The encoder gives `log_var`, which is log σ²: it may be any number, while σ
# must be positive. The numbers of a code are independent, so their KLs add up.
# Return one KL for each image.


# %% tags=["nbval-check-output"]
from course_utils import checks


def kl_divergence(mu, log_var):
    """KL of N(mu, exp(log_var)) from the prior: (B, Z), (B, Z) -> (B,)."""
    ### BEGIN SOLUTION
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(dim=1)
    ### END SOLUTION


kl_divergence = checks.kl_divergence(kl_divergence)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the four terms is which? σ² is `log_var.exp()`, and log σ² is
# there already.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Compute the bracket for all entries at once: (B, Z). Which axis holds the
# numbers of one code?
#
# </details>
#
# {answer}

# %%
import math


def cost(mu, sigma):
    """The KL of one bell from the prior, in nats."""
    log_var = torch.tensor([[2 * math.log(sigma)]])
    return kl_divergence(torch.tensor([[mu]]), log_var).item()


def show_cost(mu, sigma):
    bells = {"q": Normal(mu, sigma), "prior": prior}
    title = f"KL = {cost(mu, sigma):.2f} nats"
    return bells_figure(bells, title=title, top=4.2)


box = explore(show_cost, mu=(-3.0, 3.0, 0.1), sigma=(0.1, 2.0, 0.05))

# %% [markdown] tags=["explain"]
# Moving by 1 costs half a nat; being ten times as precise costs 1.8. A cloud
# that *is* the prior costs nothing and says nothing.

# %% tags=["claims"]
off = (table["sum"] - evidence.log().item()).abs().max()
claim("ELBO and KL to the posterior add up to log p(x)", off, high=0.1)
moved, narrowed = cost(1.0, 1.0), cost(0.0, 0.1)
reveal(actions[1] if narrowed > moved else actions[0])
claim("moving by 1 costs half a nat", moved, 0.499, 0.501)
claim("ten times narrower costs 1.8", narrowed, 1.75, 1.85)

# %% [markdown]
# ### How can a gradient pass the dice?
#
# Training draws z and asks how the loss changes with μ and σ. But a roll of
# the dice has no derivative. So we roll **outside** the network: ε comes from
# N(0, 1), which no weight changes, and z = μ + σ · ε is plain arithmetic. This
# is the **reparameterisation trick**.

# %%
diagram("vae_graph", highlight=("mu_sigma", "dice", "z"))

# %% [markdown]
# ### Exercise 2 · Reparameterise · 4 minutes, easy
#
# Draw z with a new ε for every entry. `torch.randn_like(mu)` draws from N(0, 1)
# in the shape of `mu` and on its device.


# %% tags=["nbval-check-output"]
def reparameterize(mu, log_var):
    """Draw z from N(mu, exp(log_var)): (B, Z), (B, Z) -> (B, Z)."""
    ### BEGIN SOLUTION
    return mu + (0.5 * log_var).exp() * torch.randn_like(mu)
    ### END SOLUTION


reparameterize = checks.reparameterize(reparameterize)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You need σ, and you have log σ². The log of a square is twice the log.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Half of `log_var` is log σ. How do you undo a log?
#
# </details>
#
# {answer}

# %%
mu = torch.zeros(1, 1, requires_grad=True)
log_var = torch.zeros(1, 1)
dice = Normal(mu, 1.0).sample()
reparameterize(mu, log_var).sum().backward()
{"gradient of mu": mu.grad.item(), "sample() leads back": dice.requires_grad}

# %% [markdown]
# Move μ by 1, and z moves by 1. PyTorch's `sample()` cuts the way back; its
# `rsample()` (r for reparameterised) keeps it.
#
# ## Build one
#
# Our likelihood is a coin for each pixel (a **Bernoulli** distribution) that
# shows white with probability x̂:
#
# $$\log p(x \mid z) = \sum_{\text{pixels}} x \log \hat x + (1 - x)
# \log (1 - \hat x)$$
#
# `likelihood` makes x̂ of the decoder's numbers by a sigmoid; before it they are
# called **logits**. A pixel of 0.7 counts as seven white in ten tosses (a coin
# knows 0 and 1 only, hence `validate_args=False`). The three distributions
# become three methods:

# %%
from torch.distributions import Bernoulli


class VAE(nn.Module):
    """A variational autoencoder (Kingma and Welling, 2014)."""

    def __init__(self, latent_dim):
        super().__init__()
        self.encoder = make_encoder(2 * latent_dim)
        self.decoder = make_decoder(latent_dim)

    def prior(self):
        return Normal(0.0, 1.0)

    def encode(self, x):
        mu, log_var = self.encoder(x).chunk(2, dim=1)  # in two halves
        return mu, log_var.clamp(-20, 10)  # or exp(log_var) may overflow

    def posterior(self, x):
        mu, log_var = self.encode(x)
        return Normal(mu, (0.5 * log_var).exp())

    def likelihood(self, z):
        return Bernoulli(logits=self.decoder(z), validate_args=False)


# %% [markdown]
# ### Exercise 3 · The ELBO · 6 minutes, medium
#
# `likelihood.log_prob(x)` gives log p(x | z) of every pixel. Write the ELBO of
# each image, with your `kl_divergence`.


# %% tags=["nbval-check-output"]
def elbo(likelihood, x, mu, log_var):
    """ELBO in nats, from one draw of z: (B,).

    likelihood: the distribution p(x|z) for that z. x: (B, 1, H, W).
    mu, log_var: (B, Z), of q(z|x).
    """
    ### BEGIN SOLUTION
    log_likelihood = likelihood.log_prob(x).flatten(1).sum(dim=1)
    return log_likelihood - kl_divergence(mu, log_var)
    ### END SOLUTION


elbo = checks.elbo(elbo)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Pixels are independent, given the code. What happens to their logs?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `.flatten(1)` makes one row of each image. Then compare with the formula of
# step 4: what is subtracted?
#
# </details>
#
# {answer}
#
# ### Exercise 4 · The loss, alone · 8 minutes, hard
#
# Write `vae_loss(model, x)`: images in, −ELBO of each image out, for `fit` to
# make small. Follow the diagram from left to right; draw z once. `model` is a
# `VAE` as above.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
def vae_loss(model, x):
    """-ELBO from one draw of z: (B, 1, 28, 28) -> (B,)."""
    mu, log_var = model.encode(x)
    z = reparameterize(mu, log_var)
    return -elbo(model.likelihood(z), x, mu, log_var)
### END SOLUTION
vae_loss = checks.vae_loss(vae_loss)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Three lines: encode, draw, compare. Each uses one thing that you have.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `elbo` wants a distribution: which method turns z into one?
#
# </details>
#
# {answer}
#
# ## Train one, and let it invent
#
# We train a VAE of 16 numbers with your loss and note the KL at each step.

# %%
guess("During training, the KL…", "falls towards 0", "stays level", "rises")
kl_notes = []


def noted_loss(model, x):
    """Your loss; the KL of the batch is noted beside it."""
    kl = kl_divergence(*model.encode(x))
    kl_notes.append(kl.mean().item())
    return vae_loss(model, x)


torch.manual_seed(SEED)
vae = VAE(16)
fit(vae, images.train, noted_loss, epochs=7, batch_size=64, seed=SEED)

# %%
from course_utils.figures import show_curves

parts = torch.tensor(kl_notes).tensor_split(28)
kl_curve = {(i + 0.5) / 4: part.mean() for i, part in enumerate(parts)}
show_curves({"KL": kl_curve}, xlabel="epoch", ylabel="nats per image")

# %% [markdown] tags=["explain"]
# It **rises**. At first all clouds lie on the prior: they cost nothing and say
# nothing. Then the network buys precision, wherever a nat of KL saves more than
# a nat of log-likelihood. (It overshoots: 13 in the first epoch, about 11 from
# the second on.)

# %% tags=["claims"]
first, last = kl_notes[0], kl_curve[6.875].item()
reveal("rises" if last > first + 1 else "falls towards 0")
claim("the KL starts below 1 nat", first, high=1)
claim("it ends at about 11", last, 9.5, 12.5)
claim("it overshoots at first", max(kl_curve.values()).item() - last, low=0.5)

# %% [markdown]
# Now the encoder may go. Draw z from the prior and decode: a **sample**.


# %%
def decode(z):
    """The mean image of p(x|z), with the VAE of 16 numbers."""
    return vae.likelihood(z).mean


torch.manual_seed(SEED)
show_images(predict(decode, vae.prior().sample((30, 16))))

# %% [markdown]
# **Nobody ever wore these.** Most can be named, some are two garments at once,
# and all are soft: where the code leaves a doubt, the mean is grey.
#
# What do the two parts of the loss come to on test images?

# %%
from course_utils.training import evaluate

torch.manual_seed(SEED)
minus_elbo = evaluate(vae, images.test, vae_loss)
kl_nats = evaluate(vae, images.test, lambda m, x: kl_divergence(*m.encode(x)))
{"-log p(x|z)": minus_elbo - kl_nats, "KL": kl_nats, "-ELBO": minus_elbo}

# %% [markdown]
# Of 250 nats only 11 are the price of the code. Is 250 much? Lesson 09 finds
# the zero of this ruler.
#
# ## A map of clouds
#
# The same with two numbers in the code, so that we can see the clouds.

# %%
torch.manual_seed(SEED)
vae_2 = VAE(2)
fit(vae_2, images.train, vae_loss, epochs=7, batch_size=64, seed=SEED)
widths = "about 0.1", "about 0.3", "about 1"
guess("The prior's σ is 1. How wide is a typical cloud?", *widths)

# %%
from course_utils.figures import show_posteriors

thirty = images.test[:30]
with torch.no_grad():
    clouds = vae_2.cpu().posterior(thirty)
    every = vae_2.posterior(images.test)
labels = images.test_labels[:30]
show_posteriors(clouds, labels, FASHION_CLASSES, images=thirty)

# %% [markdown] tags=["explain"]
# Each ellipse is q(z | x) of one image, drawn to 2σ; the circles are 1σ and 2σ
# of the prior. A cloud is a thirteenth as wide as the prior (σ 0.075). All gather
# around 0, as the KL asks, but their middles scatter 1.4 times as far as the
# prior: two numbers leave little room, and a middle at 2 costs 2 nats.

# %% tags=["claims"]
width = every.stddev.median().item()
place = int(width > 0.15) + int(width > 0.6)
reveal(widths[place])
claim("a typical cloud is narrow", width, 0.04, 0.11)
spread = every.mean.std(dim=0).mean().item()
claim("together the clouds reach farther than the prior", spread, 1.15, 1.7)

# %% [markdown]
# All that *this* decoder has learned to draw lies in a
# place that we chose. Here it is, from −3 to 3. Below, click, or move the
# sliders: where do shoes end and bags begin?

# %%
from course_utils.figures import click_map, show_decoded_grid


def decode_2(z):
    """The mean image of p(x|z), with the VAE of two numbers."""
    return predict(lambda z: vae_2.likelihood(z).mean, z)


show_decoded_grid(decode_2, (-3, -3), (3, 3), n=13)
means, labels = every.mean[:2000], images.test_labels[:2000]
box = click_map(means, labels, decode_2, FASHION_CLASSES)

# %% [markdown]
# ### Exercise 5 · A code with σ → 0 · 5 minutes, open
#
# A friend wants sharper images and makes all σ almost 0. What happens to each
# of the two parts of the ELBO, and what to the holes?
#
# *Your answer (double-click to write):*
#
# <details><summary>A model answer</summary>
#
# The KL holds −log σ: each time σ is halved, it grows by 0.69 nats for each
# number, without end. The log-likelihood gains a little, because the decoder
# now gets an exact code, but soon nothing more. So the ELBO falls without end.
# And the clouds are points again. The decoder is asked about the codes of the
# training images only: we are back at the map with holes.
#
# </details>
#
# ### Where it fails
#
# - Samples are **soft**, and some are **two garments at once**.
# - Clouds fill the prior only roughly: fewer holes, not none. Lesson 09 counts
#   them, and asks whether a plain autoencoder can do as well.
# - The gap is out of sight: for images nobody knows log p(x).
#
# > **Box: GANs, a latent space without an encoder.** A *generative adversarial
# > network* (Goodfellow and others, 2014) decodes draws from a prior, too. A
# > second network learns to tell its images from real ones. Grey averages are
# > found out at once, so its samples are sharp. The price: no code for a given
# > image, no ELBO, a training that may swing.
#
# ### Summary
#
# - Draw z from the **prior**, then x from the **likelihood**. The encoder guesses
#   the way back, the **posterior**.
# - ELBO = log-likelihood − KL. It lies below log p(x) by the error of the guess.
# - The KL keeps clouds near the prior; the dice makes the decoder answer for
#   whole clouds.
#
# ### Quiz and scorecard

# %%
from course_utils.lessons import quiz, scorecard

quiz()
results = {
    "elbo_nats": -minus_elbo,
    "kl_nats": kl_nats,
    "kl_peak": max(kl_curve.values()).item(),
    "lamp_gap": gap,
    "cloud_width_2": width,
    "map_reach_plain": reach,
}
scorecard(results, data="full" if FULL else "small")

# %% [markdown]
# **References.** D. Kingma and M. Welling, *Auto-encoding variational Bayes*,
# 2014. · D. Rezende, S. Mohamed and D. Wierstra, *Stochastic backpropagation*,
# 2014. · I. Goodfellow and others, *Generative adversarial nets*, 2014. · M.
# Tipping and C. Bishop, *Probabilistic principal component analysis*, 1999.
#
# ## Going further
#
# ### Exercise 6 · Another likelihood · 20 minutes, on your own
#
# Replace the coins by bells: each pixel is Normal(x̂, s), with one s for all
# pixels. Write and train `gaussian_vae`, with 16 numbers and the methods of
# `VAE`. It is judged by its ELBO on test images. PCA with 16 axes has a Gaussian
# story, too (**probabilistic PCA**), with a log p(x) that is known. Beat it.

# %%
from sklearn.decomposition import PCA

pca = PCA(16, svd_solver="covariance_eigh").fit(images.train.flatten(1))
pca_nats = pca.score(images.test.flatten(1))
pca_nats

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
class GaussianVAE(VAE):
    """A VAE whose pixels are bells with a learned width."""

    def __init__(self, latent_dim):
        super().__init__(latent_dim)
        self.log_s = nn.Parameter(torch.tensor(-2.0))

    def likelihood(self, z):
        return Normal(self.decoder(z).sigmoid(), self.log_s.exp())


torch.manual_seed(SEED)
gaussian_vae = GaussianVAE(16)
fit(gaussian_vae, images.train, vae_loss, epochs=5, batch_size=64, seed=SEED)
### END SOLUTION
gaussian_vae = checks.gaussian_vae(gaussian_vae)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Only one method changes. Your `vae_loss` asks for a likelihood, whichever it
# is.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Try s = 1, and s = 0.1. What is a usual error of a pixel? The network can also
# learn s: keep its log as an `nn.Parameter`, and begin near a good value.
#
# </details>
#
# {answer}
#
# A density may be above 1, so its log may be positive. With s = 1 an error of
# 0.1 costs almost nothing, so hardly any code is worth its KL: s sets the rate
# between the two parts, and lesson 11 turns that knob on purpose. Never compare
# nats across likelihoods: coins and bells are different rulers.
