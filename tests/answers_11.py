"""Answers to lesson 11's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch
from torch.nn.functional import one_hot


def kl(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var)


def unit_kl_by_distributions(mu, log_var):
    q = torch.distributions.Normal(mu, torch.exp(log_var / 2))
    p = torch.distributions.Normal(torch.zeros_like(mu), 1)
    return torch.distributions.kl_divergence(q, p).mean(0)


def unit_kl_by_loop(mu, log_var):
    units = zip(mu.T, log_var.T, strict=True)
    return torch.stack([kl(m, v).mean() for m, v in units])


def mig_by_sorting(information, entropy):
    ranked = information.sort(dim=0, descending=True).values
    return ((ranked[0] - ranked[1]) / entropy).mean()


def mig_by_loop(information, entropy):
    total = 0.0
    for k in range(len(entropy)):
        column = information[:, k].tolist()
        best = max(column)
        column.remove(best)
        total += (best - max(column)) / entropy[k]
    return total / len(entropy)


def mig_of_normalised(information, entropy):
    top = (information / entropy).topk(2, dim=0).values
    return (top[0] - top[1]).mean()


def mig_not_divided(information, entropy):
    top = information.topk(2, dim=0).values
    return (top[0] - top[1]).mean()


def mig_wrong_axis(information, entropy):
    top = information.topk(2, dim=1).values
    return (top[:, 0] - top[:, 1]).mean()


def mig_wrong_axis_divided(information, entropy):
    top = (information / entropy).topk(2, dim=1).values
    return (top[:, 0] - top[:, 1]).mean()


def mig_ascending(information, entropy):
    ranked = information.sort(dim=0).values
    return ((ranked[1] - ranked[0]) / entropy).mean()


def mig_by_masking(information, entropy):
    best = information.max(dim=0).values
    rest = information.clone()
    rest[information == best] = -1.0
    return ((best - rest.max(dim=0).values) / entropy).mean()


def gaps(information, entropy):
    top = information.topk(2, dim=0).values
    return (top[0] - top[1]) / entropy


def free_by_maximum(mu, log_var, floor):
    each = kl(mu, log_var).mean(0)
    return torch.maximum(each, torch.full_like(each, floor)).sum()


def free_by_where(mu, log_var, floor):
    each = kl(mu, log_var).mean(0)
    return torch.where(each < floor, floor, each).sum()


def free_by_loop(mu, log_var, floor):
    return sum(u.mean().clamp(min=floor) for u in kl(mu, log_var).T)


def sample_in_steps(decode, labels, latent_dim):
    z = torch.randn(labels.shape[0], latent_dim)
    y = torch.zeros(len(labels), 10)
    y[torch.arange(len(labels)), labels] = 1.0
    return decode(z, y)


def sample_by_eye(decode, labels, latent_dim):
    prior = torch.distributions.Normal(0.0, 1.0)
    z = prior.sample((len(labels), latent_dim))
    return decode(z, torch.eye(10)[labels])


def sample_named(decode, labels, latent_dim):
    size = (len(labels), latent_dim)
    return decode(torch.normal(0.0, 1.0, size), y=one_hot(labels, 10))


def sample_all_named(decode, labels, latent_dim):
    z = torch.randn(len(labels), latent_dim)
    return decode(y=torch.eye(10)[labels], z=z)


def sample_one_per_class(decode, labels, latent_dim):
    styles = torch.randn(10, latent_dim)
    return decode(styles[labels], torch.eye(10)[labels])


def with_code(draw):
    """Return a sampler whose code is `draw(count, latent_dim)`."""

    def sample(decode, labels, latent_dim):
        return decode(draw(len(labels), latent_dim), torch.eye(10)[labels])

    return sample


def with_label(make):
    """Return a sampler whose label is `make(labels)`."""

    def sample(decode, labels, latent_dim):
        return decode(torch.randn(len(labels), latent_dim), make(labels))

    return sample


def sample_seeded(decode, labels, latent_dim):
    torch.manual_seed(0)
    return sample_by_eye(decode, labels, latent_dim)


def sample_one_by_one(decode, labels, latent_dim):
    images = [sample_by_eye(decode, y[None], latent_dim) for y in labels]
    return torch.cat(images)


def sample_without_return(decode, labels, latent_dim):
    sample_by_eye(decode, labels, latent_dim)


ANSWERS = {
    "unit_kl": (
        [
            unit_kl_by_distributions,
            unit_kl_by_loop,
            lambda mu, log_var: kl(mu, log_var).mean(dim=0),
        ],
        {
            "summed over the units": lambda m, v: kl(m, v).sum(1),
            "averaged over the units": lambda m, v: kl(m, v).mean(1),
            "summed over the images": lambda m, v: kl(m, v).sum(0),
            "One number for all units": lambda m, v: kl(m, v).sum(1).mean(),
            "One mean over everything": lambda m, v: kl(m, v).mean(),
            "The half is missing": lambda m, v: 2 * kl(m, v).mean(0),
            "The sign is wrong": lambda m, v: -kl(m, v).mean(0),
            "Every image and unit": kl,
            "Average the KL": lambda m, v: kl(m.mean(0), v.mean(0)),
            "for the variance": lambda m, v: (
                0.5 * (m**2 + v - 1 - v.log())
            ).mean(0),
            "for log sigma": lambda m, v: kl(m, 2 * v).mean(0),
            "for sigma;": lambda m, v: (
                0.5 * (m**2 + v**2 - 1 - (v**2).log())
            ).mean(0),
            "variance is missing": lambda m, v: (0.5 * (m**2 - 1)).mean(0),
            "- 1 is missing": lambda m, v: (0.5 * (m**2 + v.exp() - v)).mean(
                0
            ),
            "mu is squared": lambda m, v: (0.5 * (m + v.exp() - 1 - v)).mean(
                0
            ),
            "no gradient": lambda m, v: kl(m, v).mean(0).detach(),
            "NumPy": lambda m, v: kl(m, v).mean(0).numpy(),
            "does not reach mu": lambda m, v: kl(m.detach(), v).mean(0),
            "without a further half": lambda m, v: (
                0.5 * (m**2 + (0.5 * v).exp() - 1 - v)
            ).mean(0),
            "None": lambda m, v: None,
        },
    ),
    "mig": (
        [mig_by_sorting, mig_by_loop, mig_of_normalised],
        {
            "not divided": mig_not_divided,
            "not along dim 1": mig_wrong_axis,
            "not dim 1 (the causes)": mig_wrong_axis_divided,
            "information of the best": lambda i, h: (
                i.max(dim=0).values / h
            ).mean(),
            "mean of all codes": lambda i, h: (
                (i.max(dim=0).values - i.mean(dim=0)) / h
            ).mean(),
            "took off the smallest": lambda i, h: (
                (i.max(dim=0).values - i.min(dim=0).values) / h
            ).mean(),
            "summed over the causes": lambda i, h: gaps(i, h).sum(),
            "One gap for each cause": gaps,
            "sign is wrong": lambda i, h: -gaps(i, h).mean(),
            "each cause has its own": lambda i, h: (
                mig_not_divided(i, h) / h.mean()
            ),
            "take the two largest": mig_ascending,
            "leave out one": mig_by_masking,
        },
    ),
    "free_bits": (
        [free_by_maximum, free_by_where, free_by_loop],
        {
            "under each image;": lambda m, v, f: (
                kl(m, v).clamp(min=f).mean(0).sum()
            ),
            "sum of all units": lambda m, v, f: (
                kl(m, v).mean(0).sum().clamp(min=f)
            ),
            "under each image's sum": lambda m, v, f: (
                kl(m, v).sum(1).clamp(min=f).mean()
            ),
            "multiplied by the number": lambda m, v, f: (
                kl(m, v).sum(1).mean().clamp(min=f * m.shape[1])
            ),
            "summed over the images": lambda m, v, f: (
                kl(m, v).sum(0).clamp(min=f).sum()
            ),
            "fixed at 1": lambda m, v, f: kl(m, v).mean(0).clamp(min=1).sum(),
            "a ceiling": lambda m, v, f: kl(m, v).mean(0).clamp(max=f).sum(),
            "not used": lambda m, v, f: kl(m, v).mean(0).sum(),
            "added to each": lambda m, v, f: (kl(m, v).mean(0) + f).sum(),
            "Only what lies above": lambda m, v, f: torch.relu(
                kl(m, v).mean(0) - f
            ).sum(),
            "not as zero": lambda m, v, f: sum(
                u * (u > f) for u in kl(m, v).mean(0)
            ),
            "averaged over the units": lambda m, v, f: (
                free_by_maximum(m, v, f) / m.shape[1]
            ),
            "One number for each unit": lambda m, v, f: (
                kl(m, v).mean(0).clamp(min=f)
            ),
            "no gradient": lambda m, v, f: free_by_loop(m, v, f).item(),
        },
    ),
    "sample_classes": (
        [sample_in_steps, sample_by_eye, sample_named, sample_all_named],
        {
            "label was forgotten": lambda decode, labels, n: decode(
                torch.randn(len(labels), n)
            ),
            "wrong width": with_label(one_hot),
            "class numbers": with_label(lambda labels: labels),
            "not the one-hot": with_label(
                lambda labels: torch.eye(10)[(labels + 1) % 10]
            ),
            "same z: draw one": with_code(
                lambda count, n: torch.randn(1, n).expand(count, n)
            ),
            "One z for all": with_code(lambda count, n: torch.randn(1, n)),
            "z is zero": with_code(lambda count, n: torch.zeros(count, n)),
            "rand` is uniform": with_code(
                lambda count, n: torch.rand(count, n)
            ),
            "must come from the prior": with_code(
                lambda count, n: 0.5 + 0.5 * torch.randn(count, n)
            ),
            "Images of one class": sample_one_per_class,
            "That is sqrt(e)": with_code(
                lambda count, n: torch.randn(count, n) * 2.718**0.5
            ),
            "yours has 0.": with_code(
                lambda count, n: 0.5 + 0.5 * torch.randn(count, n)
            ),
            "All numbers of a code": with_code(
                lambda count, n: torch.randn(count, 1).expand(count, n)
            ),
            "swapped": lambda decode, labels, n: decode(
                torch.eye(10)[labels], torch.randn(len(labels), n)
            ),
            "do not set a seed": sample_seeded,
            "once": sample_one_by_one,
            "None": sample_without_return,
        },
    ),
}
