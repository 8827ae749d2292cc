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
