"""Answers to lesson 13's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import torch

VALID = 1


def score_by_sum(x_hat, x):
    return (x_hat - x).square().sum(dim=1)


def score_by_einsum(x_hat, x):
    return torch.einsum("bd,bd->b", x_hat - x, x_hat - x)


def score_by_norm(x_hat, x):
    return torch.linalg.vector_norm(x - x_hat, dim=-1) ** 2


def score_by_mse(x_hat, x):
    return torch.nn.functional.mse_loss(x_hat, x)


def score_without_grad(x_hat, x):
    with torch.no_grad():
        return (x_hat - x).square().sum(dim=1)


def score_switched_off(x_hat, x):
    torch.set_grad_enabled(False)
    return (x_hat - x).square().sum(dim=1)


def calm_scores(score, part, attack):
    return score[(part == VALID) & ~attack]


def by_quantile(score, part, attack, rate):
    return calm_scores(score, part, attack).quantile(1 - rate)


def by_sorting(score, part, attack, rate):
    calm = calm_scores(score, part, attack).sort(descending=True).values
    return calm[int(rate * len(calm))]


def by_numpy(score, part, attack, rate):
    import numpy as np

    mask = torch.logical_and(part == 1, torch.logical_not(attack))
    return float(np.quantile(score[mask].numpy(), 1 - rate))


def by_topk(score, part, attack, rate):
    calm = calm_scores(score, part, attack)
    return calm.topk(round(rate * len(calm))).values.min()


def best_f1(score, attack):
    """Return the border with the best F1, by trying every score."""
    f1 = []
    for border in score.tolist():
        hits = ((score >= border) & attack).sum()
        f1.append(2 * hits / ((score >= border).sum() + attack.sum()))
    return score[torch.stack(f1).argmax()]


def best_f1_on_test(score, part, attack, rate):
    return best_f1(score[part == 2], attack[part == 2])


def best_f1_on_valid(score, part, attack, rate):
    return best_f1(score[part == 1], attack[part == 1])


def blame_by_index_add(x_hat, x, owner, columns=41):
    error = (x_hat - x).square()
    total = torch.zeros(columns).index_add(0, owner, error)
    return total / total.sum()


def blame_by_bincount(x_hat, x, owner, columns=41):
    error = (x - x_hat) ** 2
    return owner.bincount(error, minlength=columns) / error.sum()


def blame_by_loop(x_hat, x, owner, columns=41):
    total = torch.zeros(columns)
    for place, a, b in zip(owner.tolist(), x_hat, x, strict=True):
        total[place] += (a - b) ** 2
    return total / total.sum()


def blame_by_one_hot(x_hat, x, owner, columns=41):
    table = torch.nn.functional.one_hot(owner, columns).float()
    error = (x_hat - x).square()
    return (error / error.sum()) @ table


def totals(x_hat, x, owner, columns=41):
    error = (x_hat - x).square()
    return torch.zeros(columns).index_add(0, owner, error)


def blame_overwritten(x_hat, x, owner, columns=41):
    total = torch.zeros(columns)
    total[owner] += (x_hat - x).square()
    return total / total.sum()


def blame_averaged(x_hat, x, owner, columns=41):
    error = (x_hat - x).square()
    mean = torch.stack([error[owner == i].mean() for i in range(columns)])
    return mean / mean.sum()


def blame_absolute(x_hat, x, owner, columns=41):
    total = torch.zeros(columns).index_add(0, owner, (x_hat - x).abs())
    return total / total.sum()


def blame_signed(x_hat, x, owner, columns=41):
    total = torch.zeros(columns).index_add(0, owner, x_hat - x)
    return total / total.sum()


def blame_not_grouped(x_hat, x, owner, columns=41):
    error = (x_hat - x).square()
    return error / error.sum()


def blame_in_place(x_hat, x, owner, columns=41):
    x_hat -= x
    return blame_by_index_add(x_hat, 0 * x, owner, columns)


def blame_of_41(x_hat, x, owner, columns=41):
    return blame_by_bincount(x_hat, x, owner, 41)


def blame_without_columns(x_hat, x, owner, columns=41):
    error = (x_hat - x).square()
    return owner.bincount(error) / error.sum()


def blame_of_owners(x_hat, x, owner, columns=41):
    error = (x_hat - x).square()
    total = torch.stack([error[owner == i].sum() for i in owner.unique()])
    return total / total.sum()


def greatest(x_hat, x, owner, columns=41):
    error = (x_hat - x).square()
    return torch.stack([error[owner == i].max() for i in range(columns)])


def blame_by_greatest(x_hat, x, owner, columns=41):
    total = totals(x_hat, x, owner, columns)
    return total / total.max()


def blame_of_greatest(x_hat, x, owner, columns=41):
    most = greatest(x_hat, x, owner, columns)
    return most / most.sum()


ANSWERS = {
    "anomaly_score": (
        [score_by_sum, score_by_einsum, score_by_norm],
        {
            "one number for the whole batch": lambda x_hat, x: (
                (x_hat - x).square().sum()
            ),
            "mean over the whole batch": score_by_mse,
            "averaged over the columns": lambda x_hat, x: (
                (x_hat - x).square().mean(dim=1)
            ),
            "summed over the flows": lambda x_hat, x: (
                (x_hat - x).square().sum(dim=0)
            ),
            "square them first": lambda x_hat, x: (x_hat - x).sum(dim=1),
            "Squared after": lambda x_hat, x: (x_hat - x).sum(1) ** 2,
            "absolute errors": lambda x_hat, x: (x_hat - x).abs().sum(dim=1),
            "root": lambda x_hat, x: (x_hat - x).norm(dim=1),
            "not summed": lambda x_hat, x: (x_hat - x) ** 2,
            "no `.numpy()`": lambda x_hat, x: (
                (x_hat - x).detach().square().sum(dim=1).numpy()
            ),
            "no `.detach()`": lambda x_hat, x: (
                (x_hat - x).square().sum(dim=1).detach()
            ),
            "no `no_grad`": score_without_grad,
            "leave them on": score_switched_off,
            "None": lambda x_hat, x: None,
        },
    ),
    "choose_threshold": (
        [by_quantile, by_sorting, by_numpy, by_topk],
        {
            "uses the test flows": lambda s, p, a, r: s[
                (p == 2) & ~a
            ].quantile(1 - r),
            "no honest test left": best_f1_on_test,
            "take part == VALID": lambda s, p, a, r: s[p == 2].quantile(1 - r),
            "Attacks are among": lambda s, p, a, r: s[p == 1].quantile(1 - r),
            "Only the normal ones": best_f1_on_valid,
            "scores of attacks": lambda s, p, a, r: s[(p == 1) & a].quantile(
                r
            ),
            "training flows": lambda s, p, a, r: s[p == 0].quantile(1 - r),
            "all flows": lambda s, p, a, r: s.quantile(1 - r),
            "Too low": lambda s, p, a, r: s[(p == 1) & ~a].quantile(r),
            "a share": lambda s, p, a, r: s[(p == 1) & ~a].quantile(
                1 - r / 100
            ),
            "all normal flows, not the": lambda s, p, a, r: s[~a].quantile(
                1 - r
            ),
            "put brackets": lambda s, p, a, r: s[p == 1 & ~a].quantile(1 - r),
            "write `&`": lambda s, p, a, r: s[(p == 1) and ~a].quantile(1 - r),
            "single truth": lambda s, p, a, r: s[(p == 1) & (not a)].quantile(
                1 - r
            ),
            "quantile 0.99": lambda s, p, a, r: s[(p == 1) & ~a].quantile(
                0.99
            ),
            "lies above it": lambda s, p, a, r: s[(p == 1) & ~a].mean(),
            "shape": lambda s, p, a, r: s[(p == 1) & ~a] > s.quantile(1 - r),
            "None": lambda s, p, a, r: None,
        },
    ),
    "blame": (
        [
            blame_by_index_add,
            blame_by_bincount,
            blame_by_loop,
            blame_by_one_hot,
        ],
        {
            "divide by their sum": totals,
            "averaged over the numbers": blame_averaged,
            "overwrites": blame_overwritten,
            "absolute": blame_absolute,
            "different sign": blame_signed,
            "One share for each": blame_not_grouped,
            "errors of the encoded": lambda x_hat, x, owner, columns=41: (
                x_hat - x
            ).square(),
            "number of columns": lambda x_hat, x, owner, columns=41: (
                totals(x_hat, x, owner, columns) / columns
            ),
            "changes its input": blame_in_place,
            "use `columns`": blame_of_41,
            "owns none": blame_without_columns,
            "share of 0": blame_of_owners,
            "divided by the greatest": blame_by_greatest,
            "greatest error of each": greatest,
            "then divide by the whole": blame_of_greatest,
            "how many encoded": lambda x_hat, x, owner, columns=41: (
                totals(x_hat, x, owner, columns) / len(x)
            ),
            "None": lambda x_hat, x, owner, columns=41: None,
        },
    ),
}
