"""Write an exam sheet with numbers of its own, and apart from it its answers.

Usage: python tools/questions.py --seed SEED [--count N] [--lessons 01 02 …]
                                 [--out FOLDER]

The numbers are drawn from the seed, which the teacher chooses and keeps: any
word or number. The same seed gives the same sheet and the same answers, in
exam.md and answers.md.
"""

import argparse
import math
import random
from dataclasses import dataclass, field
from pathlib import Path

TEMPLATES = {}


@dataclass
class Question:
    """A question with its numbers, its answer and the way to it."""

    text: str
    answer: float | int | list
    way: str
    given: dict = field(default_factory=dict)
    lesson: str = ""

    def shown(self):
        """Return the answer as text, numbers with three digits or more."""
        numbers = (
            self.answer if isinstance(self.answer, list) else [self.answer]
        )
        return ", ".join(
            f"{n}" if isinstance(n, int) else f"{n:.4g}" for n in numbers
        )


def template(lesson):
    """Register a function from a random.Random to a Question."""

    def register(make):
        def numbered(rng):
            question = make(rng)
            question.lesson = lesson
            return question

        TEMPLATES[make.__name__] = numbered
        return make

    return register


def tenths(rng, low, high):
    """Draw a number with one decimal from low to high, in tenths."""
    return rng.randint(low, high) / 10


@template("01")
def midpoint_of_codes(rng):
    a, b = ([tenths(rng, -30, 30) for _ in range(2)] for _ in range(2))
    steps, i = rng.choice([5, 9, 11]), rng.randint(1, 3)
    t = i / (steps - 1)
    answer = [(1 - t) * x + t * y for x, y in zip(a, b, strict=True)]
    return Question(
        f"Interpolate from the code {tuple(a)} to {tuple(b)} in {steps} "
        f"evenly spaced points, both ends included. Give point {i}, if the "
        "first is point 0.",
        answer,
        f"The share of the way is t = {i}/{steps - 1}; (1 − t) a + t b.",
        {"a": a, "b": b, "steps": steps, "i": i},
    )


@template("01")
def r_squared(rng):
    true = [rng.randint(0, 20) for _ in range(4)]
    true[0] = true[1] + rng.randint(2, 6)  # never all equal
    estimate = [n + rng.choice([-2, -1, 1, 2]) for n in true]
    mean = sum(true) / 4
    error = sum((t - e) ** 2 for t, e in zip(true, estimate, strict=True))
    variance = sum((t - mean) ** 2 for t in true)
    return Question(
        f"The causes of four images are {true}, the estimates {estimate}. "
        "What is R²?",
        1 - error / variance,
        f"1 − (sum of squared errors {error}) / (squared distances from the "
        f"mean {variance:g}).",
        {"true": true, "estimate": estimate},
    )


@template("02")
def dense_parameters(rng):
    pixels, hidden = (
        rng.choice([64, 196, 784]),
        rng.choice([50, 100, 200, 300]),
    )
    code = rng.choice([2, 4, 8, 16, 32])
    answer = 2 * pixels * hidden + 2 * hidden * code
    answer += hidden + code + hidden + pixels
    return Question(
        f"An autoencoder has the layers {pixels} → {hidden} → {code} → "
        f"{hidden} → {pixels}, all dense, with biases. How many parameters?",
        answer,
        "For each layer inputs · outputs weights and one bias an output.",
        {"sizes": [pixels, hidden, code, hidden, pixels]},
    )


@template("02")
def convolution_parameters(rng):
    inside, outside = rng.choice([1, 3, 8, 16]), rng.choice([8, 16, 32, 64])
    window = rng.choice([3, 5])
    return Question(
        f"A convolution has {inside} channels in, {outside} channels out, a "
        f"window of {window} × {window} and biases. How many parameters?",
        inside * outside * window**2 + outside,
        "channels in · channels out · window², and a bias a channel out.",
        {"inside": inside, "outside": outside, "window": window},
    )


@template("02")
def size_after_strides(rng):
    side, layers = 4 * rng.randint(7, 32), rng.randint(2, 4)
    size = side
    for _ in range(layers):
        size = (size + 2 - 3) // 2 + 1
    return Question(
        f"An image of {side} × {side} pixels goes through {layers} "
        "convolutions, each with a window of 3, stride 2 and padding 1. How "
        "many places high is the result?",
        size,
        "Each time ⌊(size + 2·1 − 3) / 2⌋ + 1.",
        {"side": side, "layers": layers},
    )


@template("02")
def receptive_field(rng):
    strides = [rng.choice([1, 2]) for _ in range(3)]
    seen, jump = 1, 1
    for stride in strides:
        seen, jump = seen + 2 * jump, jump * stride
    return Question(
        "Three convolutions with windows of 3 × 3 follow each other, with "
        f"strides {strides}. How many pixels high is the part of the image "
        "that one number of the last map depends on?",
        seen,
        "Each adds (3 − 1) · the product of the strides before it.",
        {"strides": strides},
    )


@template("02")
def squared_error(rng):
    x = [rng.randint(0, 1) for _ in range(4)]
    x_hat = [tenths(rng, 0, 10) for _ in range(4)]
    return Question(
        f"An image has the pixels {x}, its reconstruction {x_hat}. What is "
        "the reconstruction loss (squared error, summed over the pixels)?",
        sum((a - b) ** 2 for a, b in zip(x, x_hat, strict=True)),
        "Square each difference, add up.",
        {"x": x, "x_hat": x_hat},
    )


@template("03")
def projection(rng):
    w = rng.choice([[0.6, 0.8], [0.8, 0.6], [0.8, -0.6], [-0.6, 0.8]])
    x = [rng.randint(1, 6), rng.randint(1, 6)]
    z = w[0] * x[0] + w[1] * x[1]
    lost = x[0] ** 2 + x[1] ** 2 - z**2
    return Question(
        f"The mean is 0, the axis w = {tuple(w)}, the point x = {tuple(x)}. "
        "Give the code of x, and the squared error of its reconstruction.",
        [z, lost],
        "z = x · w; by Pythagoras the squared error is |x|² − z².",
        {"x": x, "w": w},
    )


@template("03")
def explained_variance(rng):
    variances = sorted((rng.randint(1, 60) for _ in range(6)), reverse=True)
    share = rng.choice([0.5, 0.7, 0.8, 0.9])
    so_far, k = 0, 0
    while so_far < share * sum(variances):
        so_far, k = so_far + variances[k], k + 1
    return Question(
        f"PCA finds the variances {variances}. How many components hold at "
        f"least {share:.0%} of the variance, and which share do they hold?",
        [k, so_far / sum(variances)],
        f"Add up from the largest on, until {share * sum(variances):g}.",
        {"variances": variances, "share": share},
    )


@template("05")
def bits_of_a_code(rng):
    numbers, levels = rng.choice([8, 16, 32, 64]), 2 ** rng.randint(2, 8)
    return Question(
        f"A code has {numbers} numbers, each stored in {levels} levels. How "
        "many bits does it take?",
        numbers * int(math.log2(levels)),
        "log₂ of the levels, for each number.",
        {"numbers": numbers, "levels": levels},
    )


@template("05")
def level_of_a_number(rng):
    low, high = -rng.randint(1, 4), rng.randint(2, 6)
    levels, z = rng.choice([4, 8, 16]), tenths(rng, 10 * low, 10 * high)
    exact = (z - low) / (high - low) * (levels - 1)
    if abs(exact % 1 - 0.5) < 0.05:  # half way between two levels
        return level_of_a_number(rng)
    return Question(
        f"The range from {low} to {high} is cut into {levels} levels; {low} "
        f"is level 0, {high} the last. Which level does {z} go to?",
        round(exact),
        f"({z} − ({low})) / {high - low} · {levels - 1} = {exact:.2f}, "
        "rounded.",
        {"low": low, "high": high, "levels": levels, "z": z},
    )


@template("06")
def psnr_from_mse(rng):
    mse = rng.choice([1, 2, 4, 5, 8]) / rng.choice([100, 1000, 10_000])
    return Question(
        f"The mean squared error of a denoised image is {mse:g}, its pixels "
        "run from 0 to 1. What is its PSNR in dB?",
        -10 * math.log10(mse),
        "−10 log₁₀ of the mean squared error.",
        {"mse": mse},
    )


@template("06")
def mse_from_decibels(rng):
    before, gain = rng.choice([0.09, 0.04, 0.16, 0.25]), rng.randint(2, 9)
    return Question(
        f"A noisy image has a mean squared error of {before}. A denoiser "
        f"gains {gain} dB of PSNR. What is the error then?",
        before * 10 ** (-gain / 10),
        "Ten dB are a factor of 10: divide by 10 to the gain / 10.",
        {"before": before, "gain": gain},
    )


@template("07")
def kl_of_coins(rng):
    rho, rate = rng.choice([0.01, 0.02, 0.05]), rng.choice([0.1, 0.2, 0.3])
    on, off = rho * math.log(rho / rate), math.log((1 - rho) / (1 - rate))
    return Question(
        f"A unit should be active at the rate rho = {rho}; its rate is "
        f"{rate}. What is the KL penalty, in nats?",
        on + (1 - rho) * off,
        "rho log(rho/rate) + (1 − rho) log((1 − rho)/(1 − rate)).",
        {"rho": rho, "rate": rate},
    )


@template("07")
def contractive_penalty(rng):
    w, z = [tenths(rng, -20, 20) or 0.5 for _ in range(2)], rng.randint(1, 9)
    z = z / 10
    return Question(
        f"One unit z = sigmoid({w[0]} x₁ + {w[1]} x₂) has the value {z}. "
        "What is its contractive penalty, the sum of the squared "
        "derivatives?",
        (z * (1 - z)) ** 2 * (w[0] ** 2 + w[1] ** 2),
        "The slope is z (1 − z); squared, times the squared weights.",
        {"w": w, "z": z},
    )


@template("08")
def kl_to_the_prior(rng):
    mu = [tenths(rng, -20, 20) for _ in range(2)]
    sigma = [rng.choice([0.1, 0.2, 0.5, 1.5, 2.0]) for _ in range(2)]
    pairs = zip(mu, sigma, strict=True)
    return Question(
        f"A code of two numbers has μ = {tuple(mu)} and σ = {tuple(sigma)}. "
        "What is its KL from the prior N(0, 1), in nats?",
        sum(0.5 * (m**2 + s**2 - 1 - math.log(s**2)) for m, s in pairs),
        "½ (μ² + σ² − 1 − log σ²), added up.",
        {"mu": mu, "sigma": sigma},
    )


@template("08")
def elbo_of_two_terms(rng):
    kl = [tenths(rng, 5, 40) for _ in range(4)]
    nats, gap = rng.randint(180, 320), tenths(rng, 5, 60)
    elbo = -nats - sum(kl)
    return Question(
        f"For an image the decoder's log p(x|z) is −{nats} nats on average; "
        f"the units' KLs are {kl}; the KL from the guess to the posterior is "
        f"{gap}. Give the ELBO, and log p(x).",
        [elbo, elbo + gap],
        "ELBO = log-likelihood − KL; log p(x) = ELBO + gap.",
        {"nats": nats, "kl": kl, "gap": gap},
    )


@template("08")
def reparameterised(rng):
    mu, eps = tenths(rng, -20, 20), tenths(rng, -20, 20)
    log_var = tenths(rng, -40, 10)
    return Question(
        f"The encoder says mu = {mu} and log_var = {log_var}; the dice give "
        f"eps = {eps}. What is z?",
        mu + math.exp(log_var / 2) * eps,
        "σ = exp(log_var / 2); z = μ + σ ε.",
        {"mu": mu, "log_var": log_var, "eps": eps},
    )


@template("09")
def bernoulli_nats(rng):
    x, x_hat = rng.choice([0.2, 0.5, 0.8]), rng.choice([0.1, 0.3, 0.6, 0.9])
    cost = -x * math.log(x_hat) - (1 - x) * math.log(1 - x_hat)
    floor = -x * math.log(x) - (1 - x) * math.log(1 - x)
    return Question(
        f"A pixel of {x} is predicted as {x_hat} by a Bernoulli likelihood. "
        "How many nats does it cost, and how many at the best prediction?",
        [cost, floor],
        "−x log x̂ − (1 − x) log(1 − x̂); best with x̂ = x.",
        {"x": x, "x_hat": x_hat},
    )


@template("11")
def nats_at_a_price(rng):
    variances = rng.sample([0.5, 1, 2, 4, 6, 8, 16, 32], 4)
    beta = rng.choice([1.5, 3, 5])
    answer = [max(0.0, 0.5 * math.log(v / beta)) for v in variances]
    return Question(
        f"A linear VAE meets numbers of variances {variances} at the price "
        f"beta = {beta}. How many nats does each unit buy?",
        answer,
        "½ log(v / beta), and 0 where v is below beta.",
        {"variances": variances, "beta": beta},
    )


@template("12")
def two_standard_errors(rng):
    runs, mean = rng.choice([9, 16, 25, 36]), rng.randint(2, 9) / 100
    deviation = rng.randint(8, 30) / 100
    return Question(
        f"Over {runs} seeds the difference of two methods has the mean "
        f"{mean} and the standard deviation {deviation}. What is its "
        "standard error, and how many of them is the mean?",
        [deviation / runs**0.5, mean / (deviation / runs**0.5)],
        "std / √n; above two we call it clear.",
        {"runs": runs, "mean": mean, "deviation": deviation},
    )


@template("13")
def rates_at_a_threshold(rng):
    scores = rng.sample(range(1, 40), 8)
    truth = [1, 0, 1, 0, 0, 1, 0, 0]
    rng.shuffle(truth)
    threshold = sorted(scores)[rng.randint(3, 5)] - 0.5
    pairs = list(zip(scores, truth, strict=True))
    hits = sum(t for s, t in pairs if s > threshold)
    alarms = sum(s > threshold for s in scores)
    named = ", ".join(f"{s}{' (attack)' * t}" for s, t in pairs)
    return Question(
        f"Eight flows have the scores {named}. The threshold is {threshold}. "
        "Give recall, precision and the rate of false alarms.",
        [hits / 3, hits / alarms, (alarms - hits) / 5],
        f"{alarms} alarms, {hits} of them attacks; 3 attacks, 5 normal flows.",
        {"scores": scores, "truth": truth, "threshold": threshold},
    )


@template("13")
def alarms_that_are_real(rng):
    flows, attacks = (
        rng.choice([10_000, 50_000, 200_000]),
        rng.randint(20, 200),
    )
    recall, false = (
        rng.choice([0.8, 0.9, 0.95]),
        rng.choice([0.01, 0.02, 0.05]),
    )
    real = recall * attacks
    return Question(
        f"Of {flows:,} flows in a night {attacks} are attacks. A detector "
        f"finds {recall:.0%} of the attacks and raises an alarm for "
        f"{false:.0%} of the normal flows. Which share of the alarms is real?",
        real / (real + false * (flows - attacks)),
        "recall · attacks, divided by these and the false alarms.",
        {"flows": flows, "attacks": attacks, "recall": recall, "false": false},
    )


@template("13")
def auroc_by_hand(rng):
    scores = rng.sample(range(1, 60), 7)
    normal, attacks = scores[:4], scores[4:]
    above = sum(a > n for a in attacks for n in normal)
    return Question(
        f"Normal flows score {normal}, attacks {attacks}. What is the AUROC?",
        above / 12,
        f"In {above} of the 12 pairs the attack scores higher.",
        {"normal": normal, "attacks": attacks},
    )


@template("15")
def edited_code(rng):
    a, b, c, d, z = ([rng.randint(-5, 5) for _ in range(2)] for _ in range(5))
    step = rng.choice([0.5, 1.5, 2])
    return Question(
        f"Two sentences about a man have the codes {a} and {b}, two about a "
        f"woman {c} and {d}. The code {z} is moved in the direction from man "
        f"to woman, with step {step}. Where does it lie then?",
        [z[i] + step * (c[i] + d[i] - a[i] - b[i]) / 2 for i in range(2)],
        "The women's mean code less the men's, times the step, is added.",
        {"men": [a, b], "women": [c, d], "z": z, "step": step},
    )


@template("15")
def cosine_of_counts(rng):
    words = "a", "dog", "man", "bites", "sees"
    a, b = ([rng.randint(0, 2) for _ in words] for _ in range(2))
    a[0], b[0] = 2, rng.randint(1, 2)  # no row of zeros
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    lengths = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return Question(
        f"Of the words {', '.join(words)} one sentence has the counts {a}, "
        f"another {b}. What is their cosine similarity?",
        dot / lengths,
        f"{dot} divided by both lengths.",
        {"a": a, "b": b},
    )


@template("16")
def loss_of_a_pair(rng):
    v, u, far = ([rng.randint(-2, 2) for _ in range(2)] for _ in range(3))
    true, strange = (v[0] * o[0] + v[1] * o[1] for o in (u, far))
    loss = math.log1p(math.exp(-true)) + math.log1p(math.exp(strange))
    return Question(
        f"Word2Vec: a centre v = {tuple(v)}, its neighbour u = {tuple(u)}, "
        f"one stranger {tuple(far)}. What is the loss of the pair?",
        loss,
        f"Scores {true} and {strange}: −log σ({true}) − log σ({-strange}).",
        {"v": v, "u": u, "far": far},
    )


@template("17")
def attention_of_three(rng):
    q = [rng.randint(0, 2) for _ in range(4)]
    keys = [[rng.randint(0, 1) for _ in range(4)] for _ in range(3)]
    values = [rng.randint(-5, 9) for _ in range(3)]
    scores = [sum(a * b for a, b in zip(q, k, strict=True)) / 2 for k in keys]
    exps = [math.exp(s) for s in scores]
    weights = [e / sum(exps) for e in exps]
    heard = sum(w * v for w, v in zip(weights, values, strict=True))
    return Question(
        f"The query is {tuple(q)}, the keys are "
        f"{', '.join(str(tuple(k)) for k in keys)}, their values {values}. "
        "Give the three weights of attention, and what the query hears.",
        [*weights, heard],
        f"Scores q · k / √4 = {scores}; exp, divided by the sum.",
        {"q": q, "keys": keys, "values": values},
    )


@template("17")
def weights_with_padding(rng):
    scores = [rng.randint(0, 3) for _ in range(4)]
    silent = rng.randint(0, 3)
    kept = [math.exp(s) * (i != silent) for i, s in enumerate(scores)]
    return Question(
        f"Four keys have the scores {scores}; key {silent + 1} is padding. "
        "Give the four weights of attention.",
        [k / sum(kept) for k in kept],
        "The padding's score becomes −∞, its weight 0; then the softmax.",
        {"scores": scores, "silent": silent},
    )


@template("18")
def bits_of_a_code_map(rng):
    side, codes = rng.choice([4, 7, 8, 14]), 2 ** rng.randint(5, 10)
    layers = rng.randint(2, 3)
    bits = side**2 * layers * int(math.log2(codes))
    return Question(
        f"A VQ-VAE keeps {layers} maps of {side} × {side} codes from a "
        f"codebook of {codes}, all equally likely. How many bits an image?",
        bits,
        "log₂ of the codebook's size for each tile of each map.",
        {"side": side, "codes": codes, "layers": layers},
    )


@template("18")
def bits_by_frequency(rng):
    counts = [rng.randint(1, 8) for _ in range(4)]
    shares = [n / sum(counts) for n in counts]
    return Question(
        f"Four codes occur {counts} times. How many bits does a code cost on "
        "average, if frequent codes get short words?",
        -sum(p * math.log2(p) for p in shares),
        "Each costs −log₂ p; average with the shares p.",
        {"counts": counts},
    )


@template("19")
def straight_line(rng):
    x, eps = ([rng.randint(-5, 5) for _ in range(2)] for _ in range(2))
    t = rng.choice([0.1, 0.2, 0.25, 0.5, 0.75, 0.9])
    at = [(1 - t) * e + t * a for a, e in zip(x, eps, strict=True)]
    velocity = [a - e for a, e in zip(x, eps, strict=True)]
    return Question(
        f"Flow matching: noise {tuple(eps)}, data {tuple(x)}. Give x_t at "
        f"t = {t}, and the velocity.",
        [*at, *velocity],
        "x_t = (1 − t) ε + t x; the velocity is x − ε, at every t.",
        {"x": x, "eps": eps, "t": t},
    )


@template("19")
def a_guided_step(rng):
    none, told = ([tenths(rng, -20, 20) for _ in range(2)] for _ in range(2))
    start = [tenths(rng, -20, 20) for _ in range(2)]
    w, steps = rng.choice([2, 3, 5]), rng.choice([4, 5, 10, 20])
    guided = [n + w * (c - n) for n, c in zip(none, told, strict=True)]
    return Question(
        f"Without a class the velocity at {tuple(start)} is {tuple(none)}, "
        f"with it {tuple(told)}. Where is the point after one of {steps} "
        f"Euler steps with guidance w = {w}?",
        [a + g / steps for a, g in zip(start, guided, strict=True)],
        f"v = v_none + w (v_class − v_none); then v / {steps} is added.",
        {"none": none, "told": told, "start": start, "w": w, "steps": steps},
    )


@template("20")
def a_hidden_pixel(rng):
    seen_mean, hidden_mean = tenths(rng, 2, 8), tenths(rng, 2, 8)
    own, ridge = rng.randint(4, 9) / 100, 0.01
    both = rng.choice([-3, -2, -1, 1, 2, 3]) / 100
    seen = tenths(rng, 0, 10)
    ways = [both / own, both / (own + ridge)]
    return Question(
        f"Of two pixels the seen one has mean {seen_mean} and variance {own}, "
        f"the hidden one mean {hidden_mean}; their covariance is {both}. We "
        f"see {seen}. Give the best guess of a line for the hidden one, "
        f"without a ridge and with one of {ridge}.",
        [hidden_mean + slope * (seen - seen_mean) for slope in ways],
        f"The slope is {both}/{own} or {both}/({own} + {ridge}); hidden mean "
        f"+ slope · ({seen} − {seen_mean}).",
        {
            "means": [seen_mean, hidden_mean],
            "own": own,
            "both": both,
            "ridge": ridge,
            "seen": seen,
        },
    )


@template("22")
def trash_before_and_after(rng):
    w = [rng.choice([-3, -2, -1, 1, 2, 3]) for _ in range(4)]
    while abs(w[2]) == abs(w[3]):  # the CNOT would change nothing
        w[3] = rng.choice([1, 2, 3])
    length = sum(n * n for n in w)
    before, after = w[0] ** 2 + w[2] ** 2, w[0] ** 2 + w[3] ** 2
    return Question(
        f"The amplitudes of 00, 01, 10 and 11 are {tuple(w)}, divided by "
        f"√{length}. The first qubit is kept, the second is the trash. What "
        "is the trash fidelity, and what after a CNOT that looks at the "
        "first and flips the second?",
        [before / length, after / length],
        "Squares of 00 and 10, added up; the CNOT swaps 10 and 11.",
        {"w": w},
    )


def sheet(seed, count=None, lessons=None):
    """Return questions drawn from a seed, in the order of lessons.

    count: how many, one for each of so many templates; None: all. lessons:
    their numbers, None: all. Raises ValueError if there are too few.
    """
    rng = random.Random(str(seed))
    made = [make(rng) for make in TEMPLATES.values()]
    made = [q for q in made if lessons is None or q.lesson in lessons]
    count = len(made) if count is None else count
    if not 0 < count <= len(made):
        raise ValueError(f"{count} questions asked for, there are {len(made)}")
    chosen = sorted(rng.sample(range(len(made)), count))
    return [made[place] for place in chosen]


def texts(questions):
    """Return the exam sheet and its answers, both as Markdown."""
    exam, answers = ["# Questions\n"], ["# Answers\n"]
    for number, question in enumerate(questions, start=1):
        exam.append(
            f"{number}. {question.text} *(lesson {question.lesson})*\n"
        )
        answers.append(f"{number}. **{question.shown()}** · {question.way}\n")
    return "\n".join(exam), "\n".join(answers)


def main():
    """Read the command line and write the two files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", required=True, help="any word or number")
    parser.add_argument("--count", type=int, help="default: all")
    parser.add_argument("--lessons", nargs="+", help="such as 01 08")
    parser.add_argument("--out", type=Path, default=Path("exam"))
    options = parser.parse_args()
    try:
        questions = sheet(options.seed, options.count, options.lessons)
    except ValueError as problem:
        parser.error(str(problem))
    options.out.mkdir(parents=True, exist_ok=True)
    names = "exam.md", "answers.md"
    for name, text in zip(names, texts(questions), strict=True):
        (options.out / name).write_text(text, encoding="utf-8")
        print(options.out / name)


if __name__ == "__main__":
    main()
