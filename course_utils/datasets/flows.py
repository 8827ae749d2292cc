"""Network flows made ready for a detector: parts, numbers, whose column."""

import numpy as np
import torch

from course_utils.datasets.kdd_simulated import NUMBERS, WORDS

FAR = 5.0  # standard deviations: what lies further out is cut there


def split_flows(rows, is_normal, seed=0) -> dict:
    """Cut row numbers into three normal parts and two of attacks.

    rows: row numbers (N,), which may repeat. is_normal: for every flow,
    whether it is no attack. Of the normal rows 60 % are for "train", 20 % for
    "valid" and 20 % for "test"; of the attacks a tenth is "known", the rest
    are "attacks". Raises ValueError if a part would be empty.
    """
    from sklearn.model_selection import train_test_split  # slow to import

    rows, is_normal = np.asarray(rows), np.asarray(is_normal, dtype=bool)
    normal = is_normal[rows]
    if normal.sum() < 5 or (~normal).sum() < 10:
        raise ValueError(
            "at least 5 normal flows and 10 attacks are needed; got "
            f"{normal.sum()} and {(~normal).sum()}"
        )

    def cut(rows, share):
        return train_test_split(rows, train_size=share, random_state=seed)

    train, rest = cut(rows[normal], 0.6)
    valid, test = cut(rest, 0.5)
    known, attacks = cut(rows[~normal], 0.1)
    parts = {"train": train, "valid": valid, "known": known}
    return parts | {"test": test, "attacks": attacks}


def encode_flows(flows, rows):
    """Fit scikit-learn's column encoder on some rows; encode all flows.

    Numbers become log(1 + value), words one-hot; then each column gets mean 0
    and standard deviation 1 and is cut at 5 of them. Returns the encoded
    flows (N, D) and the encoder.
    """
    from sklearn.compose import make_column_transformer  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import (
        FunctionTransformer,
        OneHotEncoder,
        StandardScaler,
    )

    if len(rows) == 0:
        raise ValueError("there are no rows to fit the encoder on")
    numbers = make_pipeline(FunctionTransformer(np.log1p), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    words = make_pipeline(one_hot, StandardScaler())
    encoder = make_column_transformer(
        (numbers, list(NUMBERS)), (words, list(WORDS))
    )
    encoder.fit(flows.table.iloc[rows])
    x = torch.tensor(encoder.transform(flows.table)).float()
    return x.clamp(-FAR, FAR), encoder


def column_owners(encoder) -> list:
    """Return which column of the table each encoded column comes from."""
    one_hot = encoder.named_transformers_["pipeline-2"][0]
    counts = [len(words) for words in one_hot.categories_]
    return [*NUMBERS, *np.repeat(WORDS, counts).tolist()]
