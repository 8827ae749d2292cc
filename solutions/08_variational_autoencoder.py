# %% [markdown]
# {head}
#
# You will be able to: tell the story behind a variational autoencoder (VAE),
# derive its loss, write it, train one, and let it invent.

# %%
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
# An autoencoder copies. Can it also *invent*: draw an image that nobody gave
# it? We would have to choose a code ourselves. With two numbers in each code we
# can see them all at once.

# %%
from torch import nn

from course_utils.models import dense_decoder, dense_encoder


def make_encoder(outputs):  # that of lesson 02 with one more layer
    first = dense_encoder(128)
    return nn.Sequential(first, nn.SiLU(), nn.Linear(128, outputs))


def make_decoder(latent_dim):
    first = nn.Linear(latent_dim, 128)
    return nn.Sequential(first, nn.SiLU(), dense_decoder(128))


# %%
from course_utils.models import Autoencoder, reconstruction_loss
from course_utils.training import fit, predict


def copy_loss(model, x):
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
# Far out: up to 19 (the figure shows 2,000 of the 10,000 codes). Nobody asked
# for it: the loss judges copies, wherever codes lie. Between the groups the
# map is empty. Where should we draw a code?

# %% tags=["claims"]
reveal("10 or more" if reach >= 10 else "about 3" if reach > 2 else "about 1")
claim("the map reaches far out", reach, low=10)

# %%
torch.manual_seed(SEED)  # 500 draws, scattered as widely as the codes
draws = z.mean(dim=0) + z.std(dim=0) * torch.randn(500, 2)
emptiness = torch.cdist(draws, z).amin(dim=1)
emptiest = draws[emptiness.argsort()[-10:]]  # farthest from any code
show_images(predict(plain.decode, emptiest))

# %% [markdown]
# Ten draws from the emptiest places. Some are noisy, torn or all white: the
# decoder was never asked about such codes. We need a loss that says *where codes
# lie* and asks about *all places* there. It follows from a story.
#
# ## The story
#
# Lesson 01 told it in two steps.
#
# 1. A code z is drawn from the **prior** p(z): the bell curve (Gaussian)
#    N(0, 1) for each of its numbers.
# 2. The image x is drawn from the **likelihood** p(x | z), *the distribution of
#    x, given z*. The decoder makes it.
#
# In a world so small that we can compute everything, a *lamp* burns in the next
# room. Its knob stands at z, out of sight, and its brightness runs from 0 to 10.
# A camera reports x, the brightness with an error of about 1. The knob is the
# cause, the report is the image.

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
# $$p(z|x)=\frac{p(x|z)\;p(z)}{p(x)}$$
#
# In words: a knob is believable if it *explains the report* and *is common*.
# The **evidence** p(x) is the sum of p(x|z) p(z) over all knobs.

# %%
from course_utils.figures import show_bells

x = torch.tensor(8.0)
grid = torch.linspace(-5, 5, 2001)
step = grid[1] - grid[0]  # the width of each strip of the sum
product = (likelihood(grid).log_prob(x) + prior.log_prob(grid)).exp()
evidence = product.sum() * step
posterior = product / evidence
show_bells({"prior": prior, "posterior": (grid, posterior)}, "knob z")

# %% [markdown]
# The report has moved and narrowed our belief.
#
# With 16 numbers in the code, and 100 steps for each, the sum has $100^{16}$
# terms. **The posterior is out of reach.** So an encoder *guesses* it: for
# each image and each number of its code it gives a mean μ and a standard
# deviation σ. The guess is q(z | x) = N(μ, σ²): no longer a point on the map,
# but a small cloud.

# %%
diagram("vae_graph", highlight=("x", "encoder", "mu_sigma"))

# %% [markdown]
# ## The goal
#
# The story is good if our images are *probable*: log p(x) should be large. But
# p(x) is that endless sum. Three steps lead to something that we can compute.
# (q(z) is short for q(z | x).)
#
# **Step 1: Bayes' rule in logs.** Solved for p(x), it holds for *every* z:
#
# $$\log{p(x)}=\log{p(x|z)}+\log{p(z)}-\log{p(z|x)}$$
#
# **Step 2: bring in the guess.** Subtract log q(z), add it again, and average
# over q. ($\mathbb{E}_q[f(z)]$ is read *the average of f(z) when z is drawn from
# q*.) The left side holds no z and stays:
#
# $$\log{p(x)}=\underbrace{\mathbb{E}_q[\log{p(x|z)}]}_{\text{does z explain x?}}
# -\underbrace{\mathbb{E}_q[\log{q(z)}-\log{p(z)}]}_{\text{KL from q to the prior}}
# +\underbrace{\mathbb{E}_q[\log{q(z)}-\log{p(z|x)}]}_{\text{KL to the posterior}}$$
#
# A **Kullback-Leibler divergence** (KL) says how far q is from another
# distribution, in **nats** (the log is natural). Only the last part is unknown.
#
# **Step 3: a KL is never negative.** The log is bent downwards, so *the average
# of the logs is at most the log of the average* (**Jensen's inequality**). On
# paper: 1 and 9 have the average 5, and log 5 = 1.61. Their logs, 0 and 2.20,
# have the average 1.10.

# %%
diagram("jensen")

# %% [markdown]
# For the last part this says
#
# $$-\mathrm{KL}=\mathbb{E}_q\left[\log{\frac{p(z|x)}{q(z)}}\right]\le
# \log{\mathbb{E}_q\left[\frac{p(z|x)}{q(z)}\right]}=\log{1}=0$$
#
# (An average over q multiplies by q(z) and adds up: q cancels, and p(z | x) adds
# up to 1.) Without its last part the sum is at most log p(x). This is the
# **evidence lower bound**:
#
# $$\mathrm{ELBO}=\mathbb{E}_q[\log{p(x|z)}]-\mathrm{KL}[q\|p]\le\log{p(x)}$$
#
# The **gap** is what we left out, the KL from the guess to the posterior. A higher
# ELBO means a more probable image, or a better guess, or both. **A VAE does nothing
# else.**
#
# Three guesses about the lamp: one *ignores* the report (q is the prior), one is
# *too sure* (σ = 0.02), one is *a bell* about as wide as the posterior.

# %%
from course_utils.figures import bells_figure, bounds_figure, show_bounds


def lamp_elbo(q):
    z = q.sample((100_000,))
    explains = likelihood(z).log_prob(x)
    strays = q.log_prob(z) - prior.log_prob(z)
    return (explains - strays).mean()


torch.manual_seed(SEED)
guesses = {"ignores": prior, "too sure": Normal(0.65, 0.02)}
guesses["a bell"] = Normal(0.75, 0.3)
bounds = {name: lamp_elbo(q).item() for name, q in guesses.items()}
show_bounds(bounds, evidence.log())

# %% [markdown]
# To ignore what we know costs 8 nats, to be too sure 2.2. The bell misses only
# 0.07: the posterior is lopsided, a bell is not.
#
# ## Two things the goal needs
#
# ### First: a formula for the KL
#
# For one number the two logs are
#
# $$\log{q(z)}=-\tfrac12\log{2\pi\sigma^2}-\tfrac{(z-\mu)^2}{2\sigma^2},\qquad
# \log{p(z)}=-\tfrac12\log{2\pi}-\tfrac{z^2}{2}$$
#
# On average over q, (z−μ)² is σ², so the first fraction is ½; and z² is μ² + σ².
# The 2π cancel:
#
# $$\mathrm{KL}=\tfrac12\left(\mu^2+\sigma^2-1-\log{\sigma^2}\right)$$
#
# ### Exercise 1 · The KL · 5 minutes, medium
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
# <details><summary>Hint</summary>
#
# Which of the four terms is which? σ² is `log_var.exp()`. Compute the bracket
# for all entries: (B, Z). Which axis holds the numbers of one code?
#
# </details>
#
# {answer}
#
# Below, q begins as the prior. Guess, then move the sliders.

# %%
import math

from course_utils.figures import explore


def cost(mu, sigma):
    log_var = torch.tensor([[2 * math.log(sigma)]])
    return kl_divergence(torch.tensor([[mu]]), log_var).item()


def show_cost(mu, sigma):
    title = f"KL = {cost(mu, sigma):.2f} nats"
    bells = {"q": Normal(mu, sigma), "prior": prior}
    return bells_figure(bells, title=title, top=4.2)


actions = "move it by 1", "make it ten times narrower", "both alike"
guess("Which costs q more nats?", *actions)
box = explore(show_cost, mu=(-3.0, 3.0, 0.1), sigma=(0.1, 1.9, 0.05))

# %% [markdown] tags=["explain"]
# Moving by 1 costs half a nat; being ten times as precise costs 1.8. A cloud
# that *is* the prior costs nothing and says nothing.

# %% tags=["claims"]
moved, narrowed = cost(1.0, 1.0), cost(0.0, 0.1)
reveal(actions[1] if narrowed > moved else actions[0])
claim("moving by 1 costs half a nat", moved, 0.499, 0.501)
claim("ten times narrower costs 1.8", narrowed, 1.75, 1.85)
gap = evidence.log().item() - bounds["a bell"]
claim("the bell's gap about the lamp, in nats", gap, 0.05, 0.1)
ahead = bounds["too sure"] - bounds["ignores"]
claim("too sure is 5 nats or more ahead", ahead, low=5)

# %% [markdown]
# ### Second: a draw that lets gradients pass
#
# Training draws z and asks how the loss changes with μ and σ. But a roll of
# the dice has no derivative. So we roll *outside* the network: ε comes from
# N(0, 1), and z = μ + σ · ε is plain arithmetic. This is the **reparameterisation
# trick**. (PyTorch's `sample()` cuts the way back; its `rsample()` keeps it.)

# %%
diagram("vae_graph", highlight=("mu_sigma", "dice", "z"))

# %% [markdown]
# ### Exercise 2 · Reparameterise · 3 minutes, easy
#
# `eps` is rolled for you, anew for every entry. Make z of it.


# %% tags=["nbval-check-output"]
def reparameterize(mu, log_var):
    """Draw z from N(mu, exp(log_var)): (B, Z), (B, Z) -> (B, Z)."""
    eps = torch.randn_like(mu)  # in the shape of mu, on its device
    ### BEGIN SOLUTION
    return mu + (0.5 * log_var).exp() * eps
    ### END SOLUTION


reparameterize = checks.reparameterize(reparameterize)

# %% [markdown]
# <details><summary>Hint</summary>
#
# You need σ, and you have log σ². Half of it is log σ. How do you undo a log?
#
# </details>
#
# {answer}
#
# ## Build one
#
# Our likelihood is a coin for each pixel (a **Bernoulli** distribution) that
# shows white with probability x̂:
#
# $$\log{p(x|z)}=\sum_{\text{pixels}}x\log{\hat{x}}+(1-x)\log{(1-\hat{x})}$$
#
# A sigmoid makes x̂ of the decoder's numbers, the **logits**. A pixel of 0.7 counts
# as seven white in ten tosses. The three distributions become three methods:

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

    def likelihood(self, z):  # not validated: grey is neither 0 nor 1
        return Bernoulli(logits=self.decoder(z), validate_args=False)


diagram("vae_graph", highlight=("kl", "fit"))

# %% [markdown]
# ### Exercise 3 · The ELBO · 4 minutes, medium
#
# Write the ELBO of each image, with your `kl_divergence`. Given the code, pixels
# are independent: their probabilities multiply. What do the logs do?


# %% tags=["nbval-check-output"]
def elbo(likelihood, x, mu, log_var):
    """p(x|z), x (B, 1, H, W), mu and log_var (B, Z) -> ELBO (B,), nats."""
    pixels = likelihood.log_prob(x).flatten(1)  # log p(x|z): (B, pixels)
    ### BEGIN SOLUTION
    return pixels.sum(dim=1) - kl_divergence(mu, log_var)
    ### END SOLUTION


elbo = checks.elbo(elbo)

# %% [markdown]
# {answer}
#
# ### Exercise 4 · The loss, alone · 6 minutes, hard
#
# Write `vae_loss(model, x)`: −ELBO of each image, for `fit` to make small. Follow
# the diagram from left to right: encode, draw z once, compare. `model` is a `VAE`.


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
# <details><summary>Hint</summary>
#
# Three lines. `elbo` wants a distribution: which method turns z into one?
#
# </details>
#
# {answer}
#
# ## Train one, and let it invent
#
# We train a VAE of 16 numbers with your loss and note the KL at each step. Then
# the encoder may go: draw z from the prior and decode. That is a **sample**.

# %%
guess("During training, the KL…", "falls towards 0", "stays level", "rises")
kl_notes = []


def noted_loss(model, x):
    kl = kl_divergence(*model.encode(x))
    kl_notes.append(kl.mean().item())
    return vae_loss(model, x)


torch.manual_seed(SEED)
vae = VAE(16)
fit(vae, images.train, noted_loss, epochs=7, batch_size=64, seed=SEED)

# %%
from course_utils.figures import show_curves
from course_utils.training import evaluate

parts = torch.tensor(kl_notes).tensor_split(28)
kl_curve = {(i + 0.5) / 4: part.mean() for i, part in enumerate(parts)}
show_curves({"KL": kl_curve}, xlabel="epoch", ylabel="nats per image")
torch.manual_seed(SEED)
minus_elbo = evaluate(vae, images.test, vae_loss)
kl_nats = evaluate(vae, images.test, lambda m, x: kl_divergence(*m.encode(x)))
{"-log p(x|z)": minus_elbo - kl_nats, "KL": kl_nats, "-ELBO": minus_elbo}

# %% [markdown] tags=["explain"]
# It *rises*. At first all clouds lie on the prior: they cost nothing and say
# nothing. Then the network buys precision, wherever a nat of KL saves more than
# a nat of log-likelihood. (It overshoots: 13 in the first epoch, then about 11.)
#
# Test images cost 250 nats, and only 11 are the price of the code. Is 250
# much? Lesson 09 finds the least possible.

# %% tags=["claims"]
first, last = kl_notes[0], kl_curve[6.875].item()
reveal("rises" if last > first + 1 else "falls towards 0")
claim("the KL starts below 1 nat", first, high=1)
claim("it ends at about 11", last, 9.5, 12.5)
claim("it overshoots at first", max(kl_curve.values()).item() - last, low=0.5)


# %%
def decode(z):  # the encoder has gone
    return vae.likelihood(z).mean


torch.manual_seed(SEED)
show_images(predict(decode, vae.prior().sample((30, 16))))

# %% [markdown]
# **Nobody ever wore these.** Most can be named, some are two garments at once,
# and all are soft: where the code leaves a doubt, the mean is grey.
#
# ## A map of clouds
#
# The same with two numbers, so that we can see the clouds.

# %%
torch.manual_seed(SEED)
vae_2 = VAE(2)
fit(vae_2, images.train, vae_loss, epochs=7, batch_size=64, seed=SEED)
widths = "about 0.1", "about 0.3", "about 1"
guess("The prior's σ is 1. How wide is a typical cloud?", *widths)

# %%
from course_utils.figures import show_posteriors

thirty, labels = images.test[:30], images.test_labels[:30]
with torch.no_grad():
    clouds = vae_2.cpu().posterior(thirty)
    every = vae_2.posterior(images.test)
show_posteriors(clouds, labels, FASHION_CLASSES, images=thirty)

# %% [markdown] tags=["explain"]
# Each ellipse is q(z | x) of one image, drawn to 2σ; the circles are 1σ and 2σ
# of the prior. A cloud is a thirteenth as wide as the prior (σ 0.075). All gather
# around 0, as the KL asks, but their middles scatter 1.4 times as far as the
# prior: two numbers leave little room.

# %% tags=["claims"]
width = every.stddev.median().item()
place = int(width > 0.15) + int(width > 0.6)
reveal(widths[place])
claim("a typical cloud is narrow", width, 0.04, 0.11)
spread = every.mean.std(dim=0).mean().item()
claim("together the clouds reach farther than the prior", spread, 1.15, 1.7)

# %% [markdown]
# All that *this* decoder draws lies in a place that we chose, from −3 to 3. Below,
# click, or move the sliders: where do shoes end and bags begin?

# %%
from course_utils.figures import click_map, show_decoded_grid


def decode_2(z):
    return predict(lambda z: vae_2.likelihood(z).mean, z)


show_decoded_grid(decode_2, (-3, -3), (3, 3), n=13)
means, labels = every.mean[:2000], images.test_labels[:2000]
box = click_map(means, labels, decode_2, FASHION_CLASSES)

# %% [markdown]
# ### Where it fails
#
# - Samples are *soft*, and some are *two garments at once*.
# - Clouds fill the prior only roughly: fewer holes, not none. Lesson 09 counts
#   them, and asks whether a plain autoencoder can do as well.
#
# ### Summary
#
# - Draw z from the **prior**, then x from the **likelihood**. The encoder guesses
#   the **posterior**.
# - ELBO = log-likelihood − KL, below log p(x) by the gap.
# - The KL keeps clouds near the prior; the random draw makes the decoder learn
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
# **References.** Kingma and Welling, *Auto-encoding variational Bayes*, 2014. ·
# Rezende and others, *Stochastic backpropagation*, 2014. · Goodfellow and others,
# *Generative adversarial nets*, 2014. · Tipping and Bishop, *Probabilistic
# principal component analysis*, 1999.
#
# ## Going further
#
# ### Close the gap
#
# Of the lamp we know the posterior: see that the gap *is* the KL. How far can you
# close it?


# %%
def kl_to_posterior(q):
    """KL from q to the true posterior, summed over the grid: nats."""
    log_q = q.log_prob(grid)
    return (log_q.exp() * (log_q - posterior.log())).sum() * step


def show_guess(mu, sigma):
    q = Normal(mu, sigma)
    shown = {"guess q": q, "posterior": (grid, posterior), "prior": prior}
    title = f"KL to the posterior: {kl_to_posterior(q):.2f} nats"
    bars = bounds_figure({"ELBO + gap": lamp_elbo(q)}, evidence.log(), low=-9)
    return bells_figure(shown, "knob z", title=title, top=2), bars


box = explore(show_guess, mu=(0, 2, 0.05), sigma=(0.1, 1.1, 0.05))

# %% [markdown]
# ### Exercise 5 · A code with σ → 0 · 5 minutes, open
#
# A friend wants sharper images and makes all σ almost 0. What happens to each
# of the two parts of the ELBO, and what to the holes?
#
# *Your answer (double-click):*
#
# <details><summary>A model answer</summary>
#
# The KL holds −log σ: each halving of σ costs 0.69 nats for each number, without
# end. The log-likelihood gains a little, then nothing more. And the clouds are
# points again: we are back at the map with holes.
#
# </details>
#
# ### Exercise 6 · Another likelihood · 20 minutes, on your own
#
# Replace the coins by bells: each pixel is Normal(x̂, s), with one s for all.
# Write and train `gaussian_vae`, with 16 numbers and the methods of `VAE`. PCA
# with 16 axes has a Gaussian story, too (**probabilistic PCA**), with 374 nats on
# test images. Reach an ELBO above 375.


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
# Only one method changes. Your `vae_loss` takes any likelihood.
#
# </details>
# <details><summary>Hint 2</summary>
#
# What is a usual error of a pixel? Or let the network learn log s, an
# `nn.Parameter`.
#
# </details>
#
# {answer}
#
# With s = 1 an error of 0.1 costs almost nothing, and hardly any code is worth
# its KL: s sets the balance of the two parts. Lesson 11 sets it on purpose.
# Never compare nats across likelihoods.
#
# > **Box: GANs, a latent space without an encoder.** A *generative adversarial
# > network* decodes draws from a prior, too. A second network learns to tell its
# > images from real ones and rejects grey averages: samples are sharp. The
# > price: no code for an image, no ELBO, unstable training.
