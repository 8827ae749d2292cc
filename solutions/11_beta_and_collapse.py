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
# nats of the loss. We train a VAE at price 1; five copies of it go on, each at
# its own price.

# %%
import copy
import math

from course_utils.models import dense_vae, negative_elbo
from course_utils.training import fit, predict, set_seed

options = {"batch_size": 64, "seed": SEED}
set_seed(SEED)
start = dense_vae(16)
fit(start, images.train, negative_elbo, epochs=5, **options)


# %%
def at_price(beta):
    """Return a copy of the start, trained on with a price of beta."""

    def loss(model, x):
        return negative_elbo(model, x, beta)

    model, more = copy.deepcopy(start), {"lr": 2e-3, "progress": False}
    fit(model, images.train, loss, epochs=3, **options, **more)
    return model


models = {beta: at_price(beta) for beta in (0.25, 1, 4, 16, 64)}


# %%
def posterior(model, x=images.test):
    """mu and log_var of q(z|x): images -> (N, Z), (N, Z)."""
    both = predict(lambda x: torch.cat(model.encode(x), dim=1), x)
    return both.chunk(2, dim=1)


ten = images.test[:10]
copies = {
    f"beta {beta}": predict(model.decode, posterior(model, ten)[0])
    for beta, model in models.items()
}
show_images({"original": ten} | copies)

# %% [markdown]
# As the price rises, copies blur. At 64 two stains are left.
#
# ### What does a nat save?
#
# The KL is the **rate**: how many nats the code tells about an image, at most.
# The other term is the **distortion**: the nats an image still costs when its
# code is known.

# %%
from course_utils.models import bernoulli_nll, reparameterize


def unit_kl(mu, log_var):
    """Mean KL of each unit, in nats: (B, Z), (B, Z) -> (Z,)."""
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).mean(dim=0)


def rate_distortion(model):
    """Mean KL and mean −log p(x|z) of the test images, in nats."""
    set_seed(SEED)
    mu, log_var = posterior(model)
    logits = predict(model.decoder, reparameterize(mu, log_var))
    distortion = bernoulli_nll(logits, images.test).mean()
    return unit_kl(mu, log_var).sum().item(), distortion.item()


guess("At beta 4, one more nat of rate saves…", "1 nat", "4 nats", "8 nats")

# %%
points = {beta: rate_distortion(model) for beta, model in models.items()}
show_tangents(points)
curve = pandas.DataFrame(points, index=["rate", "distortion"]).T
curve["−ELBO"] = curve.sum(axis=1)
curve.round(1)

# %% [markdown] tags=["explain"]
# The points lie on the **rate-distortion curve**. The first nats of rate save
# most. Each line has the slope −beta, and it touches the curve: at its point,
# **one nat more saves about beta nats**. If it saved more than it costs, the
# training would buy it; if less, it would sell.
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
# 4, 2 and ½. A linear VAE gives each a unit of its own; its likelihood is
# N(x̂, 1). To cut an error's variance from v to D takes ½ log(v/D) nats: each
# divides the error by e. The error costs D/2. Together
#
# $$\frac D2 + \beta \cdot \tfrac12 \log\frac vD, \qquad\text{with the
# slope over } D: \quad \frac12 - \frac{\beta}{2D}.$$
#
# The slope is 0 at **D = β, for every unit**, whatever its v. A number with
# v < β is not worth a nat: its unit is shut. Picture bars of height v in water
# of depth β: a unit pays for what sticks out.
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
for beta in (1, 2, 4):
    toy[f"beta {beta}: formula"] = nats_bought(variances, beta).tolist()
    nats = linear_vae_nats(variances, beta, seed=SEED)
    toy[f"beta {beta}: trained"] = nats.tolist()
pandas.DataFrame(toy, index=list(bars)).T.round(2)

# %% [markdown] tags=["explain"]
# A trained linear VAE, which knows no formula, finds the same nats. From 1 to
# 2 each open unit loses ½ log 2 = 0.35 nats. **A price lowers all units
# alike**, and shuts those that had least: *reverse water-filling*.

# %% tags=["claims"]
lost = nats_bought(variances, 1) - nats_bought(variances, 2)
alike = (lost[:3].max() - lost[:3].min()).item() < 0.01
reveal(who[2] if alike else who[lost.argmax().item() // 2])
rows = pandas.DataFrame(toy).to_numpy()
off = abs(rows[:, ::2] - rows[:, 1::2]).max()
claim("formula and training differ by little", off, high=0.1)

# %% [markdown]
# ## And in a real VAE?
#
# Nothing is linear there, and pixels are coins. Back to our VAE at five
# prices.

# %%
parts = "a quarter", "a half", "two thirds"
guess("Its best unit has 2.2 nats at beta 1. What is left at 4?", *parts)

# %%
from course_utils.figures import show_matrix

units = torch.stack([unit_kl(*posterior(m)) for m in models.values()])
units, names = units[:, units[1].argsort(descending=True)], list(copies)
show_matrix(units, names, range(1, 17), fmt="{:.1f}", xlabel="unit")

# %%
half_log = 0.5 * math.log(4)
rows = {}
for i in range(3):
    open_units = units[i + 1] > 0.3
    drop = (units[i] - units[i + 1])[open_units]
    numbers = len(drop), drop.mean().item(), drop.min().item()
    rows[f"{names[i]} to {names[i + 1]}"] = *numbers, drop.max().item()
columns = "units still open", "mean loss", "smallest", "largest"
drops = pandas.DataFrame(rows, index=columns).T
drops.round(2)

# %% [markdown] tags=["explain"]
# ½ log 4 is 0.69. The best unit keeps 1.4 of 2.2 nats, two thirds; one with
# 0.9 keeps a third. In each step those still open (over 0.3) lose about 0.7.
# So you can predict: **take ½ log of the ratio of the prices from every unit,
# and stop at 0.** (½ log 4 = log 2: the errors double.)

# %% tags=["claims"]
left = (units[2, 0] / units[1, 0]).item()
reveal(parts[int(left > 0.375) + int(left > 0.58)])
means = drops["mean loss"]
claim("the mean loss is near ½ log 4", means.min(), half_log - 0.15)
claim("in each step", means.max(), high=half_log + 0.15)

# %% [markdown]
# ## One axis, one cause?
#
# Beta-VAEs became famous for something else: a high price is said to give each
# cause its own unit, a **disentangled** code. To test it we need known causes,
# as in lesson 01's disks, and a ruler.
#
# `mutual_information` says how many nats unit i tells about cause j: a table,
# one row a unit. (Both are sorted into 20 bins of equal counts.)
#
# ### Exercise 2 · The mutual information gap · 8 minutes, medium
#
# For each cause: the unit that tells most, less the second, as a share of the
# cause's **entropy** (all its nats: log 20). The mean over the causes is
# **MIG** (Chen and others, 2018).


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
# Does the ruler work? We try codes that we know. One is the causes, turned by
# 45°: that loses nothing.

# %%
from course_utils.figures import show_bars
from course_utils.measures import mutual_information


def score(z, causes):
    """MIG of codes (N, Z) for causes (N, K): a float."""
    entropy = torch.full((causes.shape[1],), 20.0).log()  # of 20 equal bins
    return mig(mutual_information(z, causes), entropy).item()


causes = made_world(1600, seed=SEED).causes
turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) / 2**0.5
known = {
    "the causes": causes,
    "turned by 45°": causes @ turn,
    "each cause twice": torch.cat([causes, causes], dim=1),
    "noise": torch.randn(1600, 4),
}
known = {name: score(z, causes) for name, z in known.items()}
show_bars(known, xlabel="MIG")

# %% [markdown]
# Close to 1 for the causes. The turned code knows just as much and scores like
# noise: both axes tell of both causes. A code that says all twice scores 0
# too: MIG wants each cause in *one* place.
#
# ### Many seeds
#
# Now 48 small VAEs: prices 1 and 4, on 24 worlds each, with images of 14 × 14
# pixels. `ManyVAEs` trains them side by side: its weights have one axis more.
# The sum of their losses trains each as if alone. The mean difference over the
# worlds has a **standard error** of std/√24; "clearly" means over two.

# %%
from torch.nn.functional import binary_cross_entropy_with_logits

from course_utils.models import ManyVAEs, halved

worlds = [made_world(1600, seed=24 * SEED + i) for i in range(24)]
x = [halved(world.images).flatten(1) for world in worlds]
x = torch.stack(x + x, dim=1)  # (1600, 48, 196)
price = torch.tensor([1.0, 4.0]).repeat_interleave(24)


def many_loss(model, x):
    """Sum of the losses of all models: (B, 48, 196) -> (B,)."""
    logits, mu, log_var = model(x)
    nll = binary_cross_entropy_with_logits(logits, x, reduction="none")
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
    return (nll.sum(2) + price.to(x.device) * kl.sum(2)).sum(dim=1)


# %%
set_seed(SEED)
many = ManyVAEs(48, 196)
fit(many, x, many_loss, epochs=24, batch_size=32, lr=6e-3, seed=SEED)
verdicts = "clearly higher", "no clear difference", "clearly lower"
guess("Mean MIG at price 4, beside price 1?", *verdicts)

# %%
z = predict(lambda x: reparameterize(*many.encode(x)), x)
migs = [score(z[:, i], worlds[i % 24].causes) for i in range(48)]
migs = pandas.DataFrame({"price 1": migs[:24], "price 4": migs[24:]})
gain = migs["price 4"] - migs["price 1"]
standard_error = gain.std() / 24**0.5
threes = gain.groupby(gain.index // 3).mean()
shown = {"all 24": round(gain.mean(), 3)}
for i, difference in threes.round(3).items():
    shown[f"seeds {3 * i} to {3 * i + 2}"] = difference
spread = {"all 24": standard_error}
show_bars(shown, "MIG at price 4, less at price 1", spread=spread)
migs.describe().loc[["mean", "std", "min", "max"]].round(2)

# %% [markdown] tags=["explain"]
# No difference: 0.13 at both prices, with a standard error of 0.03. (48 other
# seeds: −0.01 and +0.02.) But eight people with three seeds each would publish
# opposite findings.
#
# It is no law either. With disks of 28 × 28 pixels, twice the hidden units,
# and prices 1 and 16, twelve seeds gave 0.09 and 0.18: 0.10 more, standard
# error 0.03. Locatello and others (2019) trained 12,000 models and found that
# seeds and settings matter more than the method. Data alone cannot settle it:
# the prior is round, so a turned code fits as well.

# %% tags=["claims"]
ratio = gain.mean() / standard_error
reveal(verdicts[int(ratio < 2) + int(ratio < -2)])
claim("the causes score near 1", known["the causes"], low=0.9)
others = [value for name, value in known.items() if name != "the causes"]
claim("all other known codes score near 0", max(others), high=0.1)
claim("no price comes half of the way to 1", migs.mean().max(), high=0.5)
opposite = bool((threes > 0).any() and (threes < 0).any())
claim("groups of three seeds contradict each other", opposite)

# %% [markdown]
# ## The ward
#
# Some decoders can draw well without a code. `PeekingVAE`'s sees z *and* all
# pixels above and to the left of the one it draws, as text models do. (Images
# are 14 × 14 here.) `ward` trains four, A to D, alike but for how the KL
# counts. Each is in another state:
#
# - **healthy**;
# - **collapsed**: the code holds next to nothing (*posterior collapse*);
# - **unread**: the code holds nats, but the decoder makes little use of them;
# - **too cheap**: nats were so cheap that the codes have left the prior.
#
# Three measures tell. The KL. The **active units**, whose mu varies between
# images: Burda and others (2016) ask for a variance above 0.01. A unit of
# variance v has about −½ log(1 − v) nats; we ask for 0.05, worth 0.03 nats. And
# the **swap test**: decode each image with another one's code. How many nats
# worse?

# %%
diagram("swap_test")


@torch.no_grad()
def measure(model):
    """Four numbers of a patient, on the test images."""
    set_seed(SEED)
    mu, log_var = model.encode(x)
    z = reparameterize(mu, log_var)
    own = bernoulli_nll(model.logits(z, x), x).mean()
    swapped = bernoulli_nll(model.logits(z.roll(1, 0), x), x).mean()
    kl, active = unit_kl(mu, log_var).sum(), (mu.var(dim=0) > 0.05).sum()
    numbers = own + kl, kl, active, swapped - own
    names = "−ELBO", "KL", "active units", "a swap costs"
    return dict(zip(names, map(torch.Tensor.item, numbers)))


# %%
from course_utils.measures import ward

small = halved(images.train[:10_000])
x = halved(images.test)
patients = ward(small, seed=SEED)
far = "1 nat or less", "1 to 10 nats", "over 10 nats"
guess("How far is the collapsed one's −ELBO from the healthy one's?", *far)

# %% [markdown]
# ### Exercise 3 · Diagnose · 8 minutes, on your own
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
# `measure(patients["A"])` gives the four numbers of A.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Two states are told by the KL alone. For the other two, set the price of a
# swap beside the KL.
#
# </details>
#
# {answer}

# %%
state = {word: measure(patients[c]) for c, word in diagnosis.items()}
pandas.DataFrame(state).T.round(1)

# %% [markdown] tags=["explain"]
# The collapsed one's −ELBO is only 0.6 nats from the healthy one's: **the loss
# does not see the illness.** Its price was 100 for the first half of the
# training, then 1: too late, the decoder had learnt to do without. The unread
# one had the same start with *free bits* (below): KL and active units look
# healthy, but a swap costs 10 nats, not 33. The too cheap one paid 0.01: the
# best copies, but its prior does not say where codes lie.

# %% tags=["claims"]
well, ill = state["healthy"], state["collapsed"]
apart = abs(ill["−ELBO"] - well["−ELBO"])
reveal(far[int(apart > 1) + int(apart > 10)])
claim("the collapsed code holds next to nothing", ill["KL"], high=0.3)
claim("its swap costs nothing", ill["a swap costs"], high=1.5)
claim("a healthy swap costs much", well["a swap costs"], low=20)
unread = state["unread"]["a swap costs"] / well["a swap costs"]
claim("unread: half or less of that", unread, high=0.5)
claim("too cheap: ten times the KL", state["too cheap"]["KL"] / well["KL"], 8)

# %% [markdown]
# ## Two cures
#
# **Annealing** (Bowman and others, 2016): the weight climbs from 0 to 1.
# **Free bits** (Kingma and others, 2016): each unit's first nats are free.
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
from course_utils.measures import treat


def annealed(done):
    """Weight of the KL after a share of the training, 0 to 1."""
    return min(1, 2 * done)


def half_a_nat(mu, log_var):
    return free_bits(mu, log_var, 0.5)


cures = {
    "annealed": treat(small, annealed, seed=SEED),
    "free bits": treat(small, 1, kl=half_a_nat, seed=SEED),
}
healed = {name: measure(model) for name, model in cures.items()}
pandas.DataFrame({"collapsed": ill} | healed).T.round(1)

# %% tags=["claims"]
for name, numbers in healed.items():
    claim(f"{name}: a swap costs much", numbers["a swap costs"], low=20)
    apart = numbers["−ELBO"] - ill["−ELBO"]
    claim(f"{name}: −ELBO within 2 nats of the collapsed", abs(apart), high=2)

# %% [markdown]
# Both codes are read. −ELBO is hardly moved, again: judge a cure by the swap.
# Free bits do not save a code by themselves: the unread patient had them, but
# first paid 100 for each nat above the floor.
#
# ### Exercise 5 · More than healthy · 12 minutes, on your own
#
# Someone needs a fuller code. Train one with
# `treat(small, weight, kl=…, seed=SEED)`, so that on the test images its KL is
# at least 5 nats, a swap costs at least 30, and −ELBO is at most 74. `weight`
# may be a number or a function like `annealed`, `kl` like `half_a_nat`.

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
fuller = treat(small, annealed, kl=half_a_nat, seed=SEED)
### END SOLUTION
fuller = checks.fuller(fuller)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What made the KL larger so far, and what did each do to −ELBO?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Cures can be combined. Or think of the price itself: how many nats does each
# unit gain at ½?
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
    "mig_beta_1": migs["price 1"].mean(),
    "mig_beta": migs["price 4"].mean(),
    "mig_standard_error": standard_error,
    "kl_healthy": well["KL"],
    "kl_collapsed": ill["KL"],
    "kl_annealed": healed["annealed"]["KL"],
    "kl_free_bits": healed["free bits"]["KL"],
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
# weighted autoencoders*, 2016. · S. Bowman and others, *Generating sentences
# from a continuous space*, 2016. · D. Kingma and others, *Improving variational
# inference with inverse autoregressive flow*, 2016.
#
# ## Going further
#
# MIG mixes two questions: does a unit tell of one cause only
# (**disentanglement**), and is a cause told by one unit only
# (**completeness**)? **DCI** (Eastwood and Williams, 2018) asks them apart. A
# regressor reads each cause off the code; how much it uses each unit gives a
# table. Rows that name one cause are disentangled, columns that name one unit
# complete: 1 less their entropy. The turned code is poor in both. What says all
# twice is disentangled and half complete; MIG could not tell these two apart.

# %%
from sklearn.ensemble import ExtraTreesRegressor


def dci(z, causes):
    """Disentanglement and completeness of codes (N, Z): two floats."""
    trees = ExtraTreesRegressor(30, max_depth=8, random_state=0)
    uses = [trees.fit(z, cause).feature_importances_ for cause in causes.T]
    table = torch.stack([torch.tensor(use) for use in uses], dim=1) + 1e-9
    row, column = (table / table.sum(d, keepdim=True) for d in (1, 0))
    rows = 1 + row.xlogy(row).sum(1) / math.log(table.shape[1])
    columns = 1 + column.xlogy(column).sum(0) / math.log(len(table))
    weight = table.sum(1) / table.sum()  # a unit counts as it is used
    return (weight * rows).sum().item(), columns.mean().item()


# %%
codes = {"the causes": causes, "turned by 45°": causes @ turn}
codes["each cause twice"] = torch.cat([causes, causes], dim=1)
codes = {name: dci(z, causes) for name, z in codes.items()}
columns = "disentanglement", "completeness"
pandas.DataFrame(codes, index=columns).T.round(2)
