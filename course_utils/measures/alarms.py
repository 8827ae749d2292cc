"""How good an alarm is: on flows that nobody trained on."""

import numpy as np
import torch


def detection(scores, threshold, families) -> dict:
    """Judge scores of test flows, normal and attacks, at a threshold.

    scores: {"test": (N,) of normal flows, "attacks": (M,)}; others are not
    looked at. families: (M,) text, of each attack. Returns AUROC, the shares
    of attacks ("recall") and of normal flows ("false alarms") above the
    threshold, and the recall of each family.
    """
    from sklearn.metrics import roc_auc_score  # slow to import

    normal, attacks = scores["test"], scores["attacks"]
    if len(families) != len(attacks):
        raise ValueError(
            f"each attack needs a family; got {len(attacks)} scores and "
            f"{len(families)} families"
        )
    if not len(normal) or not len(attacks):
        raise ValueError("scores of normal flows and of attacks are needed")
    truth = torch.arange(len(normal) + len(attacks)) >= len(normal)
    found = (attacks > threshold).numpy()
    families = np.asarray(families)
    return {
        "AUROC": float(roc_auc_score(truth, torch.cat([normal, attacks]))),
        "recall": float(found.mean()),
        "false alarms": (normal > threshold).float().mean().item(),
    } | {
        family: float(found[families == family].mean())
        for family in sorted(set(families.tolist()))
    }


def alarm_rates(alarms, labels, names) -> dict:
    """Return the share of alarms in each class: {name: share}.

    alarms: (N,) of True and False. labels: (N,) places in names; a class
    without an example is NaN.
    """
    if alarms.shape != labels.shape or alarms.dtype != torch.bool:
        raise ValueError(
            "each example needs True or False, and a label; got "
            f"{alarms.dtype} of shape {tuple(alarms.shape)} and labels of "
            f"shape {tuple(labels.shape)}"
        )
    return {
        name: alarms[labels == place].float().mean().item()
        for place, name in enumerate(names)
    }


def alarm_cost(threshold, normal, attacks, price, share) -> float:
    """Return the expected cost of a flow, where a false alarm costs 1.

    normal, attacks: scores (N,) and (M,). price: of a missed attack. share:
    of attacks among all flows. An alarm is a score above the threshold.
    """
    if not len(normal) or not len(attacks):
        raise ValueError("scores of normal flows and of attacks are needed")
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1; got {share}")
    false_alarms = (normal > threshold).float().mean().item()
    missed = (attacks <= threshold).float().mean().item()
    return (1 - share) * false_alarms + share * price * missed


def best_f1_threshold(scores) -> float:
    """Return the threshold with the best F1 on the test: a leak.

    scores: {"test": (N,) of normal flows, "attacks": (M,)}.
    """
    from sklearn.metrics import precision_recall_curve  # slow to import

    normal, attacks = scores["test"], scores["attacks"]
    truth = torch.arange(len(normal) + len(attacks)) >= len(normal)
    precision, recall, limits = precision_recall_curve(
        truth, torch.cat([normal, attacks])
    )
    f1 = 2 * precision * recall / (precision + recall).clip(1e-9)
    return float(limits[f1[:-1].argmax()])


def dagmm_f1(flows, judge, seed=0) -> float:
    """Return the F1 in DAGMM's protocol (Zong and others, 2018).

    flows: from `kdd_cup`. judge: called with the row numbers of the attacks
    to train on, copies included; returns a score for each of the flows.

    Attacks are the usual case there, normal flows what must be found. Half
    of all rows, copies included, are for training, of which only the attacks
    are used. In the other half the fifth with the highest scores is flagged.
    """
    from sklearn.metrics import f1_score  # slow to import

    rows = np.repeat(np.arange(len(flows.copies)), flows.copies)
    half = np.random.default_rng(seed).random(len(rows)) < 0.5
    attack = flows.attack != "normal"
    scores = np.asarray(judge(rows[half & attack[rows]]), dtype=float)
    judged = rows[~half]
    flagged = scores[judged] >= np.quantile(scores[judged], 0.8)
    return float(f1_score(~attack[judged], flagged))
