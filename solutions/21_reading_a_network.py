# %% [markdown]
# {head}
#
# You will be able to: say when features share the numbers of a state; find
# them with a sparse autoencoder; name them by F1, not by eye; push one and
# measure, beside a fair control, what changes.

# %%
import pandas
import torch

from course_utils.figures import diagram, show_curves
from course_utils.lessons import claim, from_memory, guess, reveal

SEED = 0
from_memory()

# %% [markdown]
# ## Five features, two numbers
#
# A **feature** is something a network can tell: red, plural, an animal. How
# many fit into a state of 64 numbers? The smallest case (Elhage and others,
# 2022): x holds five features, each 0 when absent, else up to 1; the state
# x W has *two* numbers. Row i of W is the arrow of feature i; the copy is
# ReLU(x W Wᵀ + b), b is learnt. Errors in feature 1 cost most, in 5 least.
#
# If all are always on, two features get an arrow of length 1, three get none,
# as in PCA. What if they are rare?

# %%
from course_utils.measures.features import superposition

chances = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1]
arrows = superposition(chances, seed=SEED)  # (9, 5, 2)
counts = "two", "three or four", "all five"
guess("Each is on 1 time in 20: how many get an arrow?", *counts)

# %%
from course_utils.figures import arrows_figure, explore

turns = torch.linspace(0, 2 * torch.pi, 200)
circle = torch.stack([turns.cos(), turns.sin()], dim=1)  # of length 1


def plane(chance):
    """The arrows of features that are always on, and on by chance."""
    panels = {}
    for c in (1, chance):
        five = arrows[chances.index(c)].split(1)
        named = {f"feature {i}": arrow for i, arrow in enumerate(five, 1)}
        panels[f"chance {c}"] = named
    labels = {"xlabel": "first number", "ylabel": "second number"}
    spot = torch.zeros(1, 2)
    return arrows_figure(circle, spot, panels, tips=True, **labels)


slider = explore(plane, chance=chances)

# %%
lengths = arrows.norm(dim=2)
has_arrow = (lengths > 0.5).sum(dim=1)
steps = {"features": dict(zip(chances, has_arrow.tolist(), strict=True))}
labels = "chance that a feature is on", "features with an arrow"
show_curves(steps, *labels, log_x=True)

# %% [markdown] tags=["explain"]
# All five, as a pentagon: **superposition**, more features than dimensions.
# The arrows are not at right angles, so each disturbs the others. That costs
# little if one is on alone (a negative b and the ReLU cut it off), much if two
# are. Rare features seldom are. It comes in steps: two features, then four
# (two pairs, back to back), then five.

# %% tags=["claims"]
at = dict(zip(chances, has_arrow.tolist(), strict=True))
reveal(counts[int(at[0.05] > 2) + int(at[0.05] > 4)])
claim("always on: two features", at[1], 2, 2)
claim("half of the time: three or four", at[0.5], 3, 4)
claim("on 1 time in 20: all five", at[0.05], 5, 5)

# %% [markdown]
# ## A dictionary
#
# So a single number of a state means little: several features share it. But
# if few features are on, the state is a sum of a few *directions*. We look
# for a **dictionary**: more directions than numbers, such that each state
# needs few of them. A **sparse autoencoder** finds it (lesson 07: overcomplete
# and sparse). Its units are called **latents**.
#
# On paper: bias (1, 1), encoder rows (1, 0), (0, 1), (−1, 0) and k = 1. The
# state h = (3, 2) less the bias is (2, 1). Its products with the rows are 2, 1
# and −2. ReLU: 2, 1, 0. The largest alone stays: the code is (2, 0, 0). Copy:
# bias + 2 · direction 1.
#
# ### Exercise 1 · A sparse code · 8 minutes, medium
#
# Do this for all states. Your function trains all dictionaries of this lesson,
# so stay with torch.

# %% tags=["nbval-check-output"]
from course_utils import checks


def sparse_code(h, encoder, bias, k):
    """States (B, W), encoder (M, W), bias (W,) -> code (B, M), k active."""
    ### BEGIN SOLUTION
    z = ((h - bias) @ encoder.T).relu()
    values, places = z.topk(k, dim=1)
    return torch.zeros_like(z).scatter(1, places, values)
    ### END SOLUTION


sparse_code = checks.sparse_code(sparse_code)

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One row of the encoder for each latent: which side of the product, and must
# it be transposed?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `z.topk(k, dim=1)` gives values and places; `scatter` writes values into
# places of a tensor of zeros.
#
# </details>
#
# {answer}
#
# ### A truth that we know
#
# First 64 random directions in 24 numbers. Each of 10,000 states is a sum of
# *three* of them. A direction is *found* if one of the dictionary has a cosine
# above 0.9 with it.
#
# Two ways to be sparse: at most k = 4 of 96 latents (*top-k*), or all, at a
# price of 0.2 on each activity (*L1*). Beside them PCA and 96 random directions.

# %%
found_by = "neither", "top-k", "L1", "both"
guess("Which sparse one finds more than half of the 64?", *found_by)

# %%
from course_utils.datasets.mixtures import mixtures
from course_utils.measures.features import train_dictionary

h, truth, amounts = mixtures(10_000, seed=SEED)
top_k = train_dictionary(h, 96, k=4, code=sparse_code, seed=SEED)
by_price = train_dictionary(h, 96, l1=0.2, code=sparse_code, seed=SEED)

# %%
from course_utils.measures.features import copy_report, features_found

bases = {"top-k": top_k.directions(), "L1": by_price.directions()}
centred = h - h.mean(dim=0)
bases["PCA"] = torch.linalg.svd(centred, full_matrices=False).Vh
bases["random"] = torch.randn(96, 24)
found = {name: features_found(rows, truth) for name, rows in bases.items()}
report = {"top-k": copy_report(top_k, h), "L1": copy_report(by_price, h)}
truth_test = pandas.DataFrame({"found": found}).join(
    pandas.DataFrame(report).T
)
truth_test.round(2)

# %% [markdown] tags=["explain"]
# Both find all 64, without a label; PCA and random directions find none. The
# error is about the same (a share of the states' squares). But L1 uses 21
# latents for a sum of three. And its copies are too short: the price pulls on
# every activity, also on the right ones. This is **shrinkage**. Multiplied by
# 1.12 (the best factor) they would be nearer. Top-k pays no price.

# %% tags=["claims"]
whole = truth_test["found"]
sure = whole > 0.5
reveal(found_by[int(sure["top-k"]) + 2 * int(sure["L1"])])
claim("top-k finds nearly all", whole["top-k"], low=0.85)
claim("L1 finds nearly all, too", whole["L1"], low=0.85)
claim("PCA and random find few", whole[["PCA", "random"]].max(), high=0.1)
claim("L1 uses more latents", truth_test["active"]["L1"], low=10)
short = truth_test["best factor"]
claim("L1's copies are shorter", short["L1"] - short["top-k"], low=0.03)

# %% [markdown]
# ## Inside a network
#
# Now a network whose features nobody planted: the blank filler of lesson 17,
# with two blocks. It names hidden words in sentences of our grammar, whose
# facts are known. Between the blocks each word has a state of 64 numbers. We
# train a dictionary of 256 directions, k = 4.

# %%
from course_utils.datasets.captions import Vocabulary, captions
from course_utils.models.attention import BlankFiller, blank_loss
from course_utils.training import fit, set_seed

sentences = captions(real=False)
vocabulary = Vocabulary(sentences.train, min_count=2)
x = vocabulary.encode(sentences.train, 12)
x_held = vocabulary.encode(sentences.test, 12)
set_seed(SEED)
filler = BlankFiller(len(vocabulary), length=12, layers=2)
options = {"batch_size": 64, "lr": 4e-3, "seed": SEED, "device": "cpu"}
history = fit(filler, x, blank_loss, epochs=5, **options)
filler = filler.requires_grad_(False)

# %%
from course_utils.models.attention import PAD, blank_out


def states(x):
    """The states between the two blocks: (B, 12) -> (B, 12, 64)."""
    return filler.states(x, 1)


set_seed(SEED)
blanked = blank_out(x, 0.15)[0]
blanked_held = blank_out(x_held, 0.15)[0]
h = states(blanked)[blanked != PAD]
book = train_dictionary(h, 256, k=4, code=sparse_code, seed=SEED)
print(f"{len(h):,} states of {h.shape[1]} numbers")
diagram("dictionary")

# %% [markdown]
# ## What is it called?
#
# One could look where a latent is largest, and name it by eye. But a name must
# hold for *all* sentences. Take "*fires* (is above 0) somewhere in the
# sentence" as an alarm for a fact, and judge it by F1 (lesson 13): 2 · right
# alarms / (alarms + true ones).
#
# On paper: a latent fires in 4 sentences, the fact is true in 6, both in 3.
# F1 = 2 · 3 / (4 + 6) = 0.6.
#
# ### Exercise 2 · Names by numbers · 7 minutes, medium
#
# F1 of every latent for one fact. A latent that never fires gets 0.


# %% tags=["nbval-check-output"]
def name_scores(fires, fact):
    """Where latents fire (N, M), where a fact is true (N,) -> F1 (M,)."""
    ### BEGIN SOLUTION
    right = (fires & fact[:, None]).sum(dim=0)
    return 2 * right / (fires.sum(dim=0) + fact.sum()).clamp(min=1)
    ### END SOLUTION


name_scores = checks.name_scores(name_scores)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `&` of two tables of True and False is True where both are. The fact needs an
# axis for the latents: `fact[:, None]`. Where could 0 / 0 happen?
#
# </details>
#
# {answer}
#
# For each of ten facts: the latent with the best F1 on the training sentences,
# its F1 on held-out ones, and the sentence where it is largest, at the [word].

# %%
from course_utils.measures.features import planted_facts, sentence_values

train = x, planted_facts(sentences.train, sentences.train_facts)
held = x_held, planted_facts(sentences.test, sentences.test_facts)


def latents(x):
    """The code of each word: (B, 12) -> (B, 12, 256)."""
    return book.encode(states(x))


fires, fires_held = (
    sentence_values(latents, part) > 0 for part in (x, x_held)
)

# %%
from course_utils.measures.features import top_sentences

codes, rows = latents(x_held), {}
for fact, true in train[1].items():
    latent = name_scores(fires, true).argmax().item()
    f1 = name_scores(fires_held, held[1][fact])[latent].item()
    shown = top_sentences(codes[:, :, latent], x_held, vocabulary, 1)
    rows[fact] = [latent, f1, *shown]
columns = ["latent", "F1", "largest in"]
pandas.set_option("display.max_colwidth", None)
names = pandas.DataFrame.from_dict(rows, "index", columns=columns)
names.round(2)

# %% [markdown]
# Both meanings of *bank* got one latent; its largest sentence does not show it.
#
# Others answer the same questions: the best of the 64 **neurons** (the numbers
# of a state), of the PCA directions, of 256 random ones, of the words. All,
# latents too, get the best threshold. And a **probe**: a linear read-out of a
# sentence's mean state, *trained on the facts*.

# %%
from course_utils.measures.features import name_contest

readers = "a latent", "a neuron", "a PCA direction", "a random one", "a word"
guess("The mean F1: which comes second, behind the probe?", *readers)

# %%
f1 = name_contest(states, book, train, held, len(vocabulary), SEED)
f1 = pandas.DataFrame(f1)
f1.loc["mean"] = f1.mean()
f1.round(2)

# %% [markdown] tags=["explain"]
# A latent, 0.74; a neuron has 0.51, the best of 256 random directions 0.58.
# But a *word* has 0.68 (latents 0.67 to 0.74 over three seeds): *red* is one.
# No word tells *many*; random directions do, better (0.95) than a latent (0.86).
#
# The probe is ahead, 0.79, most of all on *who* (*man*: 0.80 against 0.57). Who
# knows the question should train a probe; a dictionary is for what nobody has
# thought of.

# %% tags=["claims"]
score = f1.loc["mean"]
reveal(score.drop("the probe").idxmax())
claim("latents lead neurons", score["a latent"] - score["a neuron"], low=0.05)
claim("the probe leads", score["the probe"] - score["a latent"], low=0.03)
plural_f1 = f1["a latent"]["many"]
claim("one latent tells many", plural_f1, low=0.8)

# %% [markdown]
# ## Push
#
# That a latent goes along with a fact does not say that the network *uses* it.
# So we change it. **Steering**: add the direction of the latent for *many* to
# all states of a sentence about *one* being, which is hidden (“a ____ runs in
# the park”).
#
# ### Exercise 3 · A broken control · 6 minutes, medium
#
# Any push changes the answer. So we need a control: pushes in random
# directions. A colleague took `torch.randn_like(direction)` and found that
# these change the answers far more. Why is that unfair? Write a fair control.


# %% tags=["nbval-check-output"]
def random_like(direction):
    """A direction (W,) -> a fair random direction (W,)."""
    ### BEGIN SOLUTION
    other = torch.randn_like(direction)
    return other * direction.norm() / other.norm()
    ### END SOLUTION


random_like = checks.random_like(random_like)

# %% [markdown]
# <details><summary>Hint</summary>
#
# How long is a vector of 64 numbers drawn by `randn`? And a direction of the
# dictionary?
#
# </details>
#
# {answer}
#
# The colleague's had length 8, the latent's has 1. We measure two things: the
# probability of plurals (*men*, *dogs*) at the blank, and whether other hidden
# words, for places (*park*), are still named.

# %%
from course_utils.datasets.grammar import PLACES, PLURAL
from course_utils.measures.splicing import chances_at, hide_first

single = torch.tensor([f["number"] == "one" for f in sentences.test_facts])
index = vocabulary.index
being = hide_first(x_held[single], [index[word] for word in PLURAL])
where = [index[word] for word in PLACES if word != "river"]
place = hide_first(x_held[single], where)
plurals = [index[word] for word in PLURAL.values()]


def effect(change):
    """Probability of plurals at a being's blank; share of places named."""
    many = chances_at(filler, *being[:2], change)[:, plurals].sum(dim=1)
    named = chances_at(filler, *place[:2], change).argmax(dim=1) == place[2]
    return many.mean().item(), named.float().mean().item()


# %%
latent = names.latent["many"].item()
direction = book.directions()[latent]
set_seed(SEED)
ways = {"many": direction}
ways |= {f"random {i + 1}": random_like(direction) for i in range(3)}
rows = {}
for strength in (0, 2, 4, 6, 8):
    for name, way in ways.items():
        found = effect(lambda h, push=strength * way: h + push)
        rows[name, strength] = dict(zip(("plurals", "places"), found))
pushed = pandas.DataFrame(rows).T.unstack(0)
pushed.round(3)

# %% [markdown] tags=["explain"]
# Pushed by 4, plurals rise from 0.002 to 0.066, seven times as much as with
# the best random push, and places are named as before. So the second block
# *reacts* to this direction. Pushed by 8, plurals have 0.63, but places
# suffer: no sentence has such states.

# %% tags=["claims"]
four = pushed.loc[4]
chance = four["plurals"]["many"]
control = four["plurals"].drop("many").max()
claim("many: more than any random push", chance / control, low=1.5)
claim("other words stay", four["places"]["many"], low=0.3)

# %% [markdown]
# ### Exercise 4 · From one to many · 15 minutes, on your own
#
# Write `plural(x)`: sentences (B, 12) go in, the filler's scores (B, 12, V)
# come out, with the states pushed towards *many* on the way. On held-out
# sentences about one being, plurals must reach 0.15 at the being's blank; 0.25
# of the hidden words for places must still be named. `filler.finish(h, x, 1)`
# goes on from states h. Does another direction steer better than the latent's?

# %% tags=["nbval-check-output"]
### BEGIN SOLUTION
from course_utils.measures.features import mean_states

of_all, many = mean_states(states, x), train[1]["many"]
towards = of_all[many].mean(dim=0) - of_all[~many].mean(dim=0)
towards = 4 * towards / towards.norm()


def pushed_filler(x):
    """Sentences (B, 12) -> scores (B, 12, V), pushed towards many."""
    return filler.finish(states(x) + towards, x, 1)


plural = pushed_filler
### END SOLUTION
plural = checks.plural(plural)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Lesson 15 made red sentences blue. Which two groups of sentences differ in
# their number? Try several strengths with `effect`.
#
# </details>
#
# {answer}
#
# <details><summary>What came of it</summary>
#
# The difference of two mean states, pushed by 4, gives plurals 0.26; the latent
# needs 6.
#
# </details>
#
# ## Summary
#
# - Rare features share directions: superposition. Then a single neuron means
#   little.
# - A sparse autoencoder finds planted directions without labels. L1 shrinks
#   activities; top-k does not.
# - Judge names by F1 on new sentences, pushes beside random ones of the same
#   length.
# - Whoever knows the question does better with a probe and with a difference
#   of means.
#
# **Review question.** You find a latent in a large network that fires when a
# text is rude. What must you measure before you write “the rudeness latent”?
#
# *Your answer (double-click to write):*
#
# <details><summary>A model answer</summary>
#
# F1 on new texts with known labels, not only the best examples; beside single
# words and a probe. Then a push beside random directions of the same length,
# and what else it changes.
#
# </details>
#
# ### Where it fails
#
# - Our network is small.
# - A push is only half a test: see *Going further*.
# - Another seed gives another dictionary. One fact may be split among several
#   latents.
#
# ### Quiz and scorecard

# %%
from course_utils.lessons import quiz, scorecard

quiz()
results = {
    "features_found": whole["top-k"],
    "features_found_l1": whole["L1"],
    "f1_latents": score["a latent"],
    "f1_neurons": score["a neuron"],
    "f1_words": score["a word"],
    "f1_probe": score["the probe"],
    "steer_effect": chance,
    "steer_effect_random": control,
}
scorecard(results, "small")

# %% [markdown]
# **References.** N. Elhage and others, *Toy models of superposition*, 2022. ·
# T. Bricken and others, *Towards monosemanticity*, 2023. · H. Cunningham and
# others, *Sparse autoencoders find highly interpretable features in language
# models*, 2023. · L. Gao and others, *Scaling and evaluating sparse
# autoencoders*, 2024. · Z. Wu and others, *AxBench: steering LLMs? Even simple
# baselines outperform sparse autoencoders*, 2025.
#
# ## Going further
#
# ### Take it away
#
# The reverse of a push is **ablation**: in sentences about *many* (“two ____
# run in the park”) plurals have 0.99. We take the direction away: each state's
# part along it becomes that of the mean of all.

# %%
held_many = hide_first(x_held[held[1]["many"]], plurals)
falls = "below 0.2", "0.2 to 0.8", "above 0.8"
guess("Without the direction: P(plural) at the blank?", *falls)


# %%
mean = h.mean(dim=0)  # of all states


def without(h):
    """States whose part along the direction is that of the mean."""
    return h - ((h - mean) @ direction)[..., None] * direction


kept = {}
for name, change in {"all": lambda h: h, "without it": without}.items():
    likely = chances_at(filler, *held_many[:2], change)
    kept[name] = likely[:, plurals].sum(dim=1).mean().item()
pandas.Series(kept).round(3).to_frame("P(plural)")

# %% [markdown] tags=["explain"]
# Above 0.8: hardly anything happens. *Many* is written in other directions,
# too, as the table of F1 said. A push can be *enough*, and yet
# the direction is not *needed*.

# %% tags=["claims"]
left = kept["without it"]
reveal(falls[int(left > 0.2) + int(left > 0.8)])
claim("hardly anything happens", kept["all"] - left, high=0.15)

# %% [markdown]
# ### Copies, spliced in
#
# Two rulers for copies:
#
# - **variance explained**: 1 minus error / variance.
# - **loss recovered**: *splice in* the copies instead of the states, and let
#   the second block go on. 1: hidden words cost as little as with the true
#   states. 0: as much as if each state were the mean of all.
#
# Beside it: PCA, and the mean state of each word.

# %%
from course_utils.measures.splicing import splice_contest, word_means

directions = torch.linalg.svd(h - mean, full_matrices=False).Vh
words = word_means(blanked[blanked != PAD], h, len(vocabulary))


def pca_copy(k):
    """Copies of states by their first k directions."""
    kept = directions[:k]
    return lambda h: mean + (h - mean) @ kept.T @ kept


parts = "less than half", "half to 0.8", "more than 0.8"
guess("One latent for each state: how much loss is recovered?", *parts)

# %%
books = {}
for k in 1, 2:
    books[k] = train_dictionary(h, 256, k, code=sparse_code, seed=SEED)
books[4] = book
copies = {f"top-{k}": book for k, book in books.items()}
copies |= {f"PCA, {k}": pca_copy(k) for k in (1, 4, 8, 16)}
copies["word"] = lambda h: words[blanked_held]
spliced = splice_contest(filler, blanked_held, x_held, copies, mean)
spliced = pandas.DataFrame(spliced).T
spliced.round(2)

# %% [markdown] tags=["explain"]
# More than 0.8: one latent of 256 and its size recover 0.93, four recover
# 0.99. PCA needs 16 numbers for 0.98; with one it is below 0, worse than the
# mean. (To be fair: *which* latent is on says something, too, as in a
# codebook, lesson 18.) The words' means explain 0.69 of the variance, but
# recover 0.28: all blanks get one state, whatever stands beside them.

# %% tags=["claims"]
loss = spliced["loss recovered"]
reveal(parts[int(loss["top-1"] > 0.5) + int(loss["top-1"] > 0.8)])
claim("one latent recovers most", loss["top-1"], low=0.8)
claim("four recover nearly all", loss["top-4"], low=0.95)
claim("PCA with four: far less", loss["PCA, 4"], high=0.85)
claim("the words' means: much less", loss["word"], high=0.6)

# %% [markdown]
# ### Exercise 5 · Dead latents · 5 minutes, easy
#
# A **dead latent** never fires: no state chooses it, so no gradient reaches it.
# A colleague gave top-k 20 sums of three and found 49 of 96. Far too many: a
# rare latent is not dead. Return *which* fire for none of the states given
# (their numbers).


# %% tags=["nbval-check-output"]
def dead_latents(codes):
    """Codes of many states (N, M) -> numbers of latents that never fire."""
    ### BEGIN SOLUTION
    return (codes == 0).all(dim=0).nonzero().flatten()
    ### END SOLUTION


dead_latents = checks.dead_latents(dead_latents)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Over which axis must *all* be 0? Then `nonzero`.
#
# </details>
#
# {answer}

# %%
codes = top_k.encode(mixtures(10_000, seed=SEED)[0])
states_seen = 20, 200, 10_000
dead = {n: len(dead_latents(codes[:n])) for n in states_seen}
pandas.Series(dead).rename_axis("states seen").to_frame("dead latents")

# %% [markdown]
# **Smaller, larger.** Train dictionaries of 64 and of 1,024 latents with k =
# 4. How many are dead? What happens to the F1 of *many*, and of *bank: money*?
