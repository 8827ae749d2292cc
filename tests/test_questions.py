"""The question bank: each answer is found another way, in torch or sklearn."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import questions  # noqa: E402


def numbers(values):
    return torch.tensor(values, dtype=torch.float64)


def midpoint_of_codes(a, b, steps, i):
    return numbers(a).lerp(numbers(b), torch.linspace(0, 1, steps)[i].item())


def r_squared(true, estimate):
    from sklearn.metrics import r2_score

    return r2_score(true, estimate)


def dense_parameters(sizes):
    layers = [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False)]
    return sum(p.numel() for p in nn.Sequential(*layers).parameters())


def convolution_parameters(inside, outside, window):
    layer = nn.Conv2d(inside, outside, window)
    return sum(p.numel() for p in layer.parameters())


def size_after_strides(side, layers):
    layer = nn.Conv2d(1, 1, 3, stride=2, padding=1)
    net = nn.Sequential(*[layer] * layers)
    return net(torch.zeros(1, 1, side, side)).shape[2]


def receptive_field(strides):
    """Count the pixels whose gradient is not 0, in a net of ones."""
    layers = [nn.Conv1d(1, 1, 3, stride=s, bias=False) for s in strides]
    for layer in layers:
        nn.init.ones_(layer.weight)
    x = torch.zeros(1, 1, 99, requires_grad=True)
    nn.Sequential(*layers)(x)[0, 0, 3].backward()
    return int((x.grad != 0).sum())


def squared_error(x, x_hat):
    mse = nn.functional.mse_loss
    return mse(numbers(x_hat), numbers(x), reduction="sum")


def projection(x, w):
    x, w = numbers(x), numbers(w)
    return [x @ w, (x - (x @ w) * w).square().sum()]


def explained_variance(variances, share):
    """Fit scikit-learn's PCA on points that have these variances."""
    from sklearn.decomposition import PCA

    points = torch.diag(numbers(variances).sqrt())
    fitted = PCA().fit(torch.cat([points, -points]))
    held = fitted.explained_variance_ratio_.cumsum()
    # a share that is reached exactly counts, in spite of rounding
    k = int((held < share - 1e-9).sum()) + 1
    return [k, held[k - 1]]


def bits_of_a_code(numbers, levels):
    return numbers * len(f"{levels - 1:b}")


def level_of_a_number(low, high, levels, z):
    places = torch.linspace(low, high, levels, dtype=torch.float64)
    return (places - z).abs().argmin().item()


def psnr_from_mse(mse):
    from course_utils.measures import psnr

    x = torch.zeros(1, 1, 4, 4)
    return psnr(x + mse**0.5, x)


def mse_from_decibels(before, gain):
    return 10 ** ((torch.log10(numbers(before)) - gain / 10).item())


def kl_of_coins(rho, rate):
    p, q = numbers([rho, rate])
    return kl_divergence(Bernoulli(p), Bernoulli(q))


def contractive_penalty(w, z):
    w = numbers(w)
    x = numbers(z).logit() * w / w.square().sum()  # a point with this value
    slopes = torch.autograd.functional.jacobian(lambda x: (w @ x).sigmoid(), x)
    return slopes.square().sum()


def kl_to_the_prior(mu, sigma):
    q = Normal(numbers(mu), numbers(sigma))
    return kl_divergence(q, Normal(numbers(0.0), numbers(1.0))).sum()


def elbo_of_two_terms(nats, kl, gap):
    elbo = -(nats + numbers(kl).sum())
    return [elbo, elbo + gap]


def reparameterised(mu, log_var, eps):
    z = Normal(numbers(mu), numbers(log_var).exp().sqrt())
    return z.icdf(Normal(0.0, 1.0).cdf(numbers(eps)))


def bernoulli_nats(x, x_hat):
    cost = nn.functional.binary_cross_entropy
    x = numbers(x)
    return [cost(numbers(x_hat), x), Bernoulli(x).entropy()]


def nats_at_a_price(variances, beta):
    return (numbers(variances) / beta).clamp(min=1).sqrt().log()


def two_standard_errors(runs, mean, deviation):
    """Make runs with this mean and deviation, and ask scipy."""
    from scipy.stats import sem

    x = torch.linspace(-1, 1, runs, dtype=torch.float64)
    error = sem(mean + x / x.std() * deviation)
    return [error, mean / error]


def rates_at_a_threshold(scores, truth, threshold):
    from sklearn.metrics import confusion_matrix, precision_score, recall_score

    alarms = (numbers(scores) > threshold).int()
    false = confusion_matrix(truth, alarms, normalize="true")[0, 1]
    asked = truth, alarms
    return [recall_score(*asked), precision_score(*asked), false]


def alarms_that_are_real(flows, attacks, recall, false):
    prior = attacks / flows  # Bayes' rule
    return recall * prior / (recall * prior + false * (1 - prior))


def auroc_by_hand(normal, attacks):
    from sklearn.metrics import roc_auc_score

    truth = [0] * len(normal) + [1] * len(attacks)
    return roc_auc_score(truth, normal + attacks)


def edited_code(men, women, z, step):
    way = numbers(women).mean(dim=0) - numbers(men).mean(dim=0)
    return numbers(z) + step * way


def cosine_of_counts(a, b):
    return nn.functional.cosine_similarity(numbers(a), numbers(b), dim=0)


def loss_of_a_pair(v, u, far):
    v, u, far = map(numbers, (v, u, far))
    cost = nn.functional.binary_cross_entropy_with_logits
    scores = torch.stack([v @ u, v @ far])
    return cost(scores, numbers([1, 0]), reduction="sum")


def attention_of_three(q, keys, values):
    q, k, v = numbers([[q]]), numbers([keys]), numbers(values).view(1, 3, 1)
    attend = nn.functional.scaled_dot_product_attention
    weights = attend(q, k, torch.eye(3, dtype=torch.float64)[None])
    return [*weights.flatten(), attend(q, k, v).item()]


def weights_with_padding(scores, silent):
    keep = torch.arange(4) != silent
    return numbers(scores).masked_fill(~keep, -torch.inf).softmax(dim=0)


def bits_of_a_code_map(side, codes, layers):
    maps = torch.zeros(layers, side, side)
    return maps.numel() * len(f"{codes - 1:b}")


def bits_by_frequency(counts):
    from scipy.stats import entropy

    return entropy(counts, base=2)


def straight_line(x, eps, t):
    time = numbers(t).requires_grad_()
    at = numbers(eps).lerp(numbers(x), time)
    way = [torch.autograd.grad(a, time, retain_graph=True)[0] for a in at]
    return [*at.tolist(), *way]


def a_guided_step(none, told, start, w, steps):
    # beyond the told velocity, on the line from none to it
    velocity = numbers(none).lerp(numbers(told), w)
    return numbers(start).add(velocity, alpha=1 / steps)


def a_hidden_pixel(means, own, both, ridge, seen):
    """Fit scikit-learn's ridge to two points with these moments."""
    from sklearn.linear_model import Ridge

    away = numbers([[own**0.5], [-(own**0.5)]])
    x, y = means[0] + away, means[1] + both / away
    fits = [Ridge(alpha=2 * r).fit(x, y) for r in (0, ridge)]
    return [fit.predict([[seen]]).item() for fit in fits]


def trash_before_and_after(w):
    from course_utils.models.quantum import CNOT, apply_gate, trash_fidelity

    states = (numbers(w) / numbers(w).norm()).view(1, 2, 2)
    tied = apply_gate(states, CNOT, 0, 1)
    return [trash_fidelity(s, 1).item() for s in (states, tied)]


OTHER_WAYS = [name for name in questions.TEMPLATES if name in globals()]


def test_there_are_enough_and_each_is_checked():
    assert len(questions.TEMPLATES) >= 20
    assert OTHER_WAYS == list(questions.TEMPLATES)


@pytest.mark.parametrize("name", questions.TEMPLATES)
def test_the_answer_is_found_another_way(name):
    for seed in range(12):
        question = questions.TEMPLATES[name](random.Random(f"{name} {seed}"))
        expected = globals()[name](**question.given)
        answer = numbers(question.answer)
        expected = numbers([float(n) for n in numbers_of(expected)])
        torch.testing.assert_close(
            answer.reshape(-1), expected, rtol=1e-4, atol=1e-6
        )
        assert question.text[-1] in ".?" and question.way.endswith(".")


def numbers_of(value):
    several = isinstance(value, list | tuple)
    return value if several else torch.atleast_1d(torch.as_tensor(value))


def test_numbers_change_with_the_seed():
    sheets = [questions.sheet(seed) for seed in range(12)]
    for same in zip(*sheets, strict=True):
        assert len({question.text for question in same}) > 5, same[0].text


def test_sheet_and_answers_are_apart(tmp_path):
    def run(*options):
        return subprocess.run(
            [sys.executable, ROOT / "tools" / "questions.py", *options],
            capture_output=True, text=True, cwd=tmp_path,
        )  # fmt: skip

    done = run("--seed", "a word", "--count", "12", "--out", "sheet")
    assert done.returncode == 0, done.stderr
    exam, answers = (
        (tmp_path / "sheet" / name).read_text("utf-8")
        for name in ("exam.md", "answers.md")
    )
    assert len(re.findall(r"^\d+\. ", exam, re.M)) == 12
    assert len(re.findall(r"^\d+\. \*\*", answers, re.M)) == 12
    again = questions.texts(questions.sheet("a word", 12))
    assert (
        (exam, answers) == again != questions.texts(questions.sheet("b", 12))
    )
    only = questions.sheet(1, lessons=["08", "09"])
    assert {q.lesson for q in only} == {"08", "09"}
    done = run("--seed", "1", "--count", "99")
    assert done.returncode == 2 and "99 questions asked for" in done.stderr
    assert not (tmp_path / "exam").exists()
