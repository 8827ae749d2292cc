"""Keep a trained model's weights in a file, and get them back."""

import os
import tempfile
from pathlib import Path


def save_model(model, path) -> Path:
    """Write a model's weights to a safetensors file and return its path.

    The file holds numbers and their names, no code. An older file stays
    whole until the new one is written. Raises OSError, with the place,
    where it cannot be written (no such folder, no permission, disk full).
    """
    from safetensors import SafetensorError  # Colab may lack it
    from safetensors.torch import save_file

    path = Path(path)
    weights = {k: v.contiguous() for k, v in model.state_dict().items()}
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder) / path.name
        try:
            save_file(weights, part)
        except SafetensorError as error:  # a full disk, for one
            raise OSError(f"{path} cannot be written: {error}") from error
        os.replace(part, path)
    return path


def load_model(model, path):
    """Fill a model of the same build with weights that `save_model` wrote.

    The model comes back, on the device where it was. Raises ValueError if
    the file is of another kind (a pickle is never opened: it can run code)
    or of another model; then the model is left as it was.
    """
    from safetensors import SafetensorError  # Colab may lack it
    from safetensors.torch import load_file

    try:
        found = load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is no safetensors file ({error}). Files of other kinds, "
            "such as pickles (.pt, .pth, .pkl), can run code when they are "
            "opened, so they are refused. Save it again with save_model."
        ) from error
    wanted = model.state_dict()
    for name in sorted(wanted.keys() | found.keys()):
        here, there = (
            tuple(part[name].shape) if name in part else "missing"
            for part in (wanted, found)
        )
        if here != there:
            raise ValueError(
                f"{path} was saved from another model, or another version of "
                f"this one: {name} is {there} in the file and {here} here."
            )
    model.load_state_dict(found)
    return model
