# %% [markdown]
# {head}
#
# You will be able to: read a price from a rate-distortion curve, predict what
# a unit loses when the price rises, test a claim over many seeds, diagnose a
# code.

# %%
import pandas
import torch

from course_utils import checks
from course_utils.datasets import fashion_mnist, made_world
from course_utils.figures import diagram, show_images, show_tangents
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
FULL = False
images = fashion_mnist(FULL)
from_memory()
diagram("vae_graph", highlight=("kl", "fit"))

# %% [markdown]
# ## One knob
#
# The loss of lesson 08, with a weight on the KL, **beta** (Higgins and others,
# 2017):
#
# loss = −log p(x|z) + beta · KL
#
# With beta = 1 it is −ELBO. Beta is a **price**: each nat of KL costs beta
# nats of the loss. We train a VAE at price 1. Four copies of it go on, each at
# its own price.

# %%
import copy
import math
from functools import partial

from course_utils.models import dense_vae, negative_elbo
from course_utils.training import evaluate, fit, predict, set_seed

options = {"batch_size": 64, "seed": SEED}
set_seed(SEED)
first = dense_vae(16)
fit(first, images.train, negative_elbo, epochs=5, **options)


# %%
def at_price(beta):
    """Return a copy of the first model, trained on at a price of beta."""
    model, loss = copy.deepcopy(first), partial(negative_elbo, beta=beta)
    fit(model, images.train, loss, epochs=2, progress=False, **options)
    return model


models = {beta: at_price(beta) for beta in (0.25, 1, 4, 16)}

# %%
def reconstruct(model, x):
    """Decode the mu of each image."""
    return predict(lambda x: model.decode(model.encode(x)[0]), x)


ten = images.test[:10]
copies = {f"beta {beta}": reconstruct(models[beta], ten) for beta in models}
show_images({"original": ten} | copies)

# %% [markdown]
# As the price rises, the copies blur.
#
# ### What does a nat save?
#
# The KL is the **rate**: the code tells at most so many nats about an image.
# The other term is the **distortion**: so many nats an image still costs when
# its code is known.

# %%
def unit_kl(mu, log_var):
    """Mean KL of each unit, in nats: (B, Z), (B, Z) -> (Z,)."""
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).mean(dim=0)


def units_of(model):
    """Return the mean KL of each unit over the test images: (Z,)."""
    both = predict(lambda x: torch.cat(model.encode(x), dim=1), images.test)
    return unit_kl(*both.chunk(2, dim=1))


guess("At beta 4, one more nat of rate saves…", "1 nat", "4 nats", "8 nats")

# %%
set_seed(SEED)
distortion = partial(negative_elbo, beta=0)  # what is left without the KL
points = {
    beta: (units_of(m).sum().item(), evaluate(m, images.test, distortion))
    for beta, m in models.items()
}
show_tangents(points)
curve = pandas.DataFrame(points, index=["rate", "distortion"]).T
curve["−ELBO"] = curve.sum(axis=1)
curve.round(1)

# %% [markdown] tags=["explain"]
# The points lie on the **rate-distortion curve**: the least distortion that
# each rate allows. Each line has the slope −beta and touches the curve: at its
# point, **one nat more saves about beta nats**. If it saved more than it
# costs, training would buy it; if less, give it back.
#
# Rate + distortion is the loss at price 1, so −ELBO is lowest there.

# %% tags=["claims"]
steps = (-curve.distortion.diff() / curve.rate.diff()).dropna()
around = math.log(steps[4] * steps[16]) / 2  # one step down, one step up
reveal(f"{min((1, 4, 8), key=lambda b: abs(math.log(b) - around))} nats")
between = (steps > curve.index[:-1]) & (steps < curve.index[1:])
claim("between two betas a nat saves an amount between them", between.all())
claim("−ELBO is lowest at beta 1", curve["−ELBO"].idxmin() == 1)

# %% [markdown]
# ## Which nats are bought?
#
# First a toy, solved on paper. An image is four numbers with variances v = 16,
# 4, 2 and ½. A linear VAE has one unit for each. Its likelihood is N(x̂, 1).
#
# Without a code, the error of a number has the variance v. A code lowers it to
# D. That takes ½ log(v/D) nats: each nat divides the error by e. What is left
# costs D/2 nats. Together
#
# $$\frac D2 + \beta \cdot \tfrac12 \log\frac vD, \qquad\text{with the
# slope over } D: \quad \frac12 - \frac{\beta}{2D}.$$
#
# The slope is 0 at **D = β, for every unit**, whatever its v. A number with
# v < β is not worth a nat: its unit is shut. See it as a bar of height v in
# water of depth β: a unit pays for what sticks out.
#
# ### Exercise 1 · What is bought? · 5 minutes, medium
#
# Return each unit's nats.


# %% tags=["nbval-check-output"]
def nats_bought(variances, beta):
    """Nats of each unit at a price: (Z,), a number -> (Z,)."""
    ### BEGIN SOLUTION
    nats = 0.5 * (variances / beta).log()
    return nats.clamp(min=0)
    ### END SOLUTION


nats_bought = checks.nats_bought(nats_bought)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Put D = β into ½ log(v/D). What comes out if v < β, and what should?
#
# </details>
#
# {answer}

# %%
from course_utils.figures import explore, show_water, water_figure

variances = torch.tensor([16.0, 4.0, 2.0, 0.5])
bars = {f"v = {v:g}": v for v in variances.tolist()}
show_water(bars, level=1)
who = "the one of 16", "the one of 2", "those of 16, 4 and 2 alike"
guess("The price rises from 1 to 2. Which unit loses most nats?", *who)

# %%
from course_utils.measures import linear_vae_nats

box = explore(lambda beta: water_figure(bars, beta), beta=[2, 4, 8, 16])
toy = {}
for beta in (1, 2):
    toy[f"beta {beta}: formula"] = nats_bought(variances, beta)
    toy[f"beta {beta}: trained"] = linear_vae_nats(variances, beta, seed=SEED)
toy = pandas.DataFrame(torch.stack(list(toy.values())), list(toy), list(bars))
toy.round(2)

# %% [markdown] tags=["explain"]
# A trained linear VAE, which knows no formula, finds the same nats. From 1 to
# 2 each open unit loses ½ log 2 = 0.35 nats. **A price lowers all units
# alike**, and shuts those that had least: *reverse water-filling*.

# %% tags=["claims"]
lost = nats_bought(variances, 1) - nats_bought(variances, 2)
alike = (lost[:3].max() - lost[:3].min()).item() < 0.01
reveal(who[2] if alike else who[lost.argmax().item() // 2])
rows = toy.to_numpy()
off = abs(rows[::2] - rows[1::2]).max()
claim("formula and training differ by little", off, high=0.1)

# %% [markdown]
# ## And in a real VAE?
#
# Nothing is linear there, and pixels are coins. Back to our VAE at four
# prices.

# %%
parts = "a quarter", "a half", "two thirds"
guess("Its best unit has 2.2 nats at beta 1. What is left at 4?", *parts)

# %%
from course_utils.figures import show_matrix

units = torch.stack([units_of(model) for model in models.values()])
units = units[:, units[1].argsort(descending=True)]  # best at beta 1 first
show_matrix(units, list(copies), range(1, 17), fmt="{:.1f}", xlabel="unit")
steps_up = "0.25 to 1", "1 to 4", "4 to 16"
lost = pandas.DataFrame(units[:-1] - units[1:], index=steps_up)
lost = lost.where(units[1:].numpy() > 0.3)  # units that are still open
drops = lost.agg(["count", "mean", "min", "max"], axis=1)
drops.round(2)

# %% [markdown] tags=["explain"]
# ½ log 4 is 0.69. The best unit keeps 1.5 of 2.2 nats, two thirds; one with
# 1.0 keeps a third. In each step those still open (over 0.3) lose about 0.7.
# So you can predict: **take ½ log of the ratio of the prices from every unit,
# and stop at 0.**

# %% tags=["claims"]
left = (units[2, 0] / units[1, 0]).item()
reveal(parts[int(left > 0.375) + int(left > 0.58)])
half_log = 0.5 * math.log(4)
means = drops["mean"]
near = half_log - 0.15, half_log + 0.15
claim("the smallest mean loss is near ½ log 4", means.min(), *near)
claim("and so is the largest mean loss", means.max(), *near)

# %% [markdown]
# ## One axis, one cause?
#
# Beta-VAEs became famous for something else: a high price is said to give each
# cause its own unit, a **disentangled** code. To test it we need known causes,
# as in lesson 01's disks, and a ruler.
#
# The **mutual information gap** (MIG; Chen and others, 2018) looks at one
# cause after another: the nats that the best unit tells about it, less those
# of the second best, as a share of the cause's own nats. Then the mean over
# the causes.
#
# Does the ruler work? We try codes that we know. One is the causes, turned by
# 45°: that loses nothing.

# %%
from course_utils.figures import show_bars
from course_utils.measures import mutual_information_gap

causes = made_world(1600, seed=SEED).causes
turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) / 2**0.5
known = {
    "the causes": causes,
    "turned by 45°": causes @ turn,
    "each cause twice": torch.cat([causes, causes], dim=1),
    "noise": torch.randn(1600, 4),
}
scores = {
    name: round(mutual_information_gap(z, causes), 2)
    for name, z in known.items()
}
show_bars(scores, xlabel="MIG")

# %% [markdown]
# Close to 1 for the causes. The turned code knows just as much and scores like
# noise: both axes tell of both causes. So does a code that says all twice: MIG
# wants each cause in *one* place.
#
# ### Many seeds
#
# Now 24 worlds of disks. On each, one small VAE learns at price 1 and one at
# price 4. The mean of the 24 differences has a **standard error** of std/√24.
# We call it *clear* if it is over two standard errors.

# %%
from course_utils.measures import mig_at_prices

migs = pandas.DataFrame(mig_at_prices([1, 4], worlds=24, seed=SEED))
verdicts = "clearly higher", "no clear difference", "clearly lower"
guess("Mean MIG at price 4, beside price 1?", *verdicts)

# %%
gain = migs[4] - migs[1]
standard_error = gain.std() / 24**0.5
threes = gain.groupby(gain.index // 3).mean()
threes.index = [f"worlds {3 * i + 1} to {3 * i + 3}" for i in threes.index]
shown = {"all 24": round(gain.mean(), 2)} | dict(threes.round(2))
spread = {"all 24": standard_error}
show_bars(shown, "MIG at price 4, less at price 1", spread=spread)
migs.agg(["mean", "std", "min", "max"]).round(2)

# %% [markdown] tags=["explain"]
# No gain: 0.13 at price 1 and 0.12 at price 4, standard error 0.02. (48 other
# worlds gave the same.) But eight people with three worlds each would publish
# opposite findings.
#
# It is no law either. In a larger setting, at prices 1 and 16, twelve seeds
# gave 0.09 and 0.18, standard error 0.03. Locatello and others (2019) trained
# 12,000 models: seeds and settings matter more than the method. Data alone
# cannot settle it: the prior is round, so a turned code fits as well.

# %% tags=["claims"]
ratio = gain.mean() / standard_error
reveal(verdicts[int(ratio < 2) + int(ratio < -2)])
claim("the causes score near 1", scores.pop("the causes"), low=0.9)
claim("all other known codes score near 0", max(scores.values()), high=0.1)
claim("no price comes half of the way to 1", migs.mean().max(), high=0.5)
opposite = bool((threes > 0).any() and (threes < 0).any())
claim("groups of three worlds contradict each other", opposite)

# %% [markdown]
# ## The ward
#
# Some decoders can draw well without a code. `PeekingVAE`'s sees z *and* all
# pixels above and to the left of the one it draws, as text models do. `ward`
# trains four, A to D, on images of 14 × 14 pixels. Only the price of the KL
# differs. Each is in another state:
#
# - *healthy*;
# - **collapsed**: the code holds next to nothing (*posterior collapse*);
# - **unread**: the code holds nats, but the decoder makes little use of them;
# - **too cheap**: nats cost so little that the codes have left the prior.
#
# Three measures tell them apart. The KL. The **active units**: those whose mu
# varies between images (here a variance above 0.05; lesson 07 counted
# otherwise). And the **swap test**: decode each image with another one's code.
# How many nats worse?

# %%
from course_utils.measures import ward
from course_utils.models import bernoulli_nll, halved, reparameterize

diagram("swap_test")
small, x = halved(images.train[:10_000]), halved(images.test)
patients = ward(small, seed=SEED)


# %%
@torch.no_grad()
def measure(model):
    """Three numbers of a patient, on the test images x."""
    set_seed(SEED)
    mu, log_var = model.encode(x)
    z = reparameterize(mu, log_var)
    own = bernoulli_nll(model.logits(z, x), x).mean()
    swapped = bernoulli_nll(model.logits(z.roll(1, 0), x), x).mean()
    return {
        "KL": unit_kl(mu, log_var).sum().item(),
        "active units": (mu.var(dim=0) > 0.05).sum().item(),
        "a swap costs": (swapped - own).item(),
    }


# %% [markdown]
# ### Exercise 2 · Diagnose · 8 minutes, on your own
#
# Measure the four and write who is in which state:
# `diagnosis = {"A": "healthy", …}`, with the words above.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
chart = pandas.DataFrame({c: measure(m) for c, m in patients.items()}).T
print(chart.round(0))
states = "too cheap", "collapsed", "healthy", "unread"
diagnosis = dict(zip("ABCD", states))
### END SOLUTION
diagnosis = checks.diagnosis(diagnosis)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `measure(patients["A"])` gives the three numbers of A.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Two states are told by the KL alone. For the other two, compare the KL with
# the cost of a swap.
#
# </details>
#
# {answer}

# %%
far = "1 nat or less", "1 to 10 nats", "over 10 nats"
guess("How far is the collapsed one's −ELBO from the healthy one's?", *far)

# %%
state = {word: measure(patients[c]) for c, word in diagnosis.items()}
for c, word in diagnosis.items():
    state[word]["−ELBO"] = evaluate(patients[c], x, negative_elbo)
pandas.DataFrame(state).T.round(1)

# %% [markdown] tags=["explain"]
# The collapsed one's −ELBO is only 0.6 nats from the healthy one's: **the loss
# does not see the illness.** Its price was 100 for the first half of the
# training, then 1: too late, the decoder had learnt to do without. The unread
# one had the same prices, but each unit's first nat was free. So its KL and
# active units look healthy, but a swap costs 10 nats, not 33. The too cheap
# one paid 0.01: its code holds most, but its −ELBO is the worst.

# %% tags=["claims"]
well, ill = state["healthy"], state["collapsed"]
apart = abs(ill["−ELBO"] - well["−ELBO"])
reveal(far[int(apart > 1) + int(apart > 10)])
claim("the collapsed code holds next to nothing", ill["KL"], high=0.3)
claim("its swap costs nothing", ill["a swap costs"], high=1.5)
claim("a healthy swap costs much", well["a swap costs"], low=20)
unread = state["unread"]["a swap costs"] / well["a swap costs"]
claim("unread: a swap costs half of that or less", unread, high=0.5)
claim("too cheap: ten times the KL", state["too cheap"]["KL"] / well["KL"], 8)

# %% [markdown]
# ## A cure
#
# The collapsed one began at a high price. **Annealing** (Bowman and others,
# 2016) begins low: the weight of the KL climbs from 0 to 1.

# %%
from course_utils.measures import treat


def annealed(done):
    """Weight of the KL after a share of the training, 0 to 1."""
    return min(1, 2 * done)


model = treat(small, annealed, seed=SEED)
healed = measure(model) | {"−ELBO": evaluate(model, x, negative_elbo)}
table = {"collapsed": ill, "annealed": healed, "healthy": well}
pandas.DataFrame(table).T.round(1)

# %% tags=["claims"]
claim("annealed: a swap costs much", healed["a swap costs"], low=20)
apart = abs(healed["−ELBO"] - ill["−ELBO"])
claim("−ELBO within 2 nats of the collapsed", apart, high=2)

# %% [markdown]
# The code is read, as in the healthy model, which paid 1 from the start. −ELBO
# hardly moves, again: judge a cure by the swap.
#
# ### Exercise 3 · More than healthy · 10 minutes, on your own
#
# Someone needs a fuller code: on the test images its KL is at least 5 nats, a
# swap costs at least 30, and −ELBO is at most 74. Train one with
# `treat(small, weight, seed=SEED)`. `weight` may be a number, or a function
# like `annealed`. Which KL do you expect?

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
fuller = treat(small, 0.5, seed=SEED)
### END SOLUTION
fuller = checks.fuller(fuller)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Eight units are open at price 1. By how much does each change if the price
# changes?
#
# </details>
#
# {answer}
#
# **Review question.** A colleague reports: "beta = 4 disentangles: MIG rose from
# 0.10 to 0.19. And no unit collapsed, since all eight are active." What do you
# ask?
#
# *Your answer (double-click to write):*
#
# <details><summary>A model answer</summary>
#
# How many seeds, and what standard error? What do known codes and noise score?
# Active above which variance, with how many nats, and what does a swap cost?
#
# </details>
#
# ### Where it fails
#
# - "½ log of the ratio" holds for units that stay open, after enough training.
# - MIG needs known causes. Real data have none.
# - The KL says how many nats a code holds *at most*, not what they are about.
#
# ### Summary
#
# - Beta is a price: at a point of the rate-distortion curve a nat saves beta.
# - From beta a to b each unit loses ½ log(b/a) nats; those with least are shut.
# - Whether a price disentangles depends on the setting, and on seeds: report
#   the mean difference with its standard error.
# - The loss does not see collapse. KL, active units and a swap do, together.
#
# ### Quiz and scorecard

# %%
from course_utils.lessons import quiz, scorecard

quiz()
results = {
    "elbo_nats_beta_1": -curve["−ELBO"][1],
    "rate_beta_1": curve.rate[1],
    "rate_beta_16": curve.rate[16],
    "loss_per_unit_1_to_4": means.iloc[1],
    "mig_beta_1": migs[1].mean(),
    "mig_beta": migs[4].mean(),
    "mig_standard_error": standard_error,
    "kl_healthy": well["KL"],
    "kl_collapsed": ill["KL"],
    "kl_annealed": healed["KL"],
    "swap_healthy": well["a swap costs"],
    "swap_unread": state["unread"]["a swap costs"],
}
scorecard(results, data="full" if FULL else "small")

# %% [markdown]
# **References.** I. Higgins and others, *beta-VAE*, 2017. · A. Alemi and others,
# *Fixing a broken ELBO*, 2018. · J. Lucas and others, *Don't blame the ELBO! A
# linear VAE perspective on posterior collapse*, 2019. · R. Chen and others,
# *Isolating sources of disentanglement in VAEs*, 2018. · F. Locatello and
# others, *Challenging common assumptions in the unsupervised learning of
# disentangled representations*, 2019. · Y. Burda and others, *Importance
# weighted autoencoders*, 2016 (active units). · S. Bowman and others,
# *Generating sentences from a continuous space*, 2016. · D. Kingma and others,
# *Improving variational inference with inverse autoregressive flow*, 2016 (free
# bits).
#
# ## Going further
#
# **Free bits** (Kingma and others, 2016) is another cure: each unit's first
# nats cost nothing.
#
# ### Exercise 4 · Free bits · 6 minutes, medium
#
# Take each unit's mean KL over the batch. Where it is below `floor`, count
# `floor`. Return the sum over the units.


# %% tags=["nbval-check-output"]
def free_bits(mu, log_var, floor):
    """KL with a floor under each unit: (B, Z), (B, Z) -> one number."""
    ### BEGIN SOLUTION
    return unit_kl(mu, log_var).clamp(min=floor).sum()
    ### END SOLUTION


free_bits = checks.free_bits(free_bits)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `unit_kl` gives the means. Which comes first, the floor or the sum?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `clamp(min=floor)` lifts what is below.
#
# </details>
#
# {answer}


# %%
def half_a_nat(mu, log_var):
    return free_bits(mu, log_var, 0.5)


measure(treat(small, 1, kl=half_a_nat, seed=SEED))

# %% [markdown]
# Eight units hold 4 nats, and they are read. A floor does not save a code by
# itself: the unread patient had one, but first paid 100 for each nat above it.
#
# ### Exercise 5 · The mutual information gap · 8 minutes, medium
#
# Build the ruler. `mutual_information` says how many nats unit i tells about
# cause j: a table, one row a unit. (Codes and causes are sorted into 20 bins
# of equal counts, so a cause has log 20 nats in all: its **entropy**.) For
# each cause: the largest number less the second, divided by the entropy. Return
# the mean.


# %% tags=["nbval-check-output"]
def mig(information, entropy):
    """Table (Z, K), entropy of each cause (K,) -> one number."""
    ### BEGIN SOLUTION
    best, second = information.topk(2, dim=0).values
    return ((best - second) / entropy).mean()
    ### END SOLUTION


mig = checks.mig(mig)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A column holds what all units tell about one cause.
# `information.topk(2, dim=0).values` has the two largest of each column.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Each gap has an entropy of its own. Average last.
#
# </details>
#
# {answer}
#
# ### Two questions in one
#
# MIG mixes two: does a unit tell of one cause only (**disentanglement**), and is
# a cause told by one unit only (**completeness**)? **DCI** (Eastwood and
# Williams, 2018) measures disentanglement and completeness apart. A regressor
# reads each cause off the code. How much does it use each unit? MIG cannot tell
# the turned code from the one that says all twice. DCI can.

# %%
from course_utils.measures import dci

known.pop("noise")
asked = {name: dci(z, causes) for name, z in known.items()}
columns = "disentanglement", "completeness"
pandas.DataFrame(asked, index=columns).T.round(2)
