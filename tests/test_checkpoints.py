"""Checkpoints: the same model comes back, and nothing else is opened."""

import pickle

import pytest
import torch

from course_utils.checkpoints import load_model, save_model
from course_utils.models import dense_autoencoder

X = torch.rand(3, 1, 28, 28)


def test_the_same_model_comes_back(tmp_path):
    model, other = dense_autoencoder(4), dense_autoencoder(4)
    path = save_model(model, tmp_path / "model.safetensors")
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]
    assert not other(X).equal(model(X))
    assert load_model(other, path) is other and other(X).equal(model(X))


def test_an_older_file_is_replaced(tmp_path):
    path = tmp_path / "model.safetensors"
    for seed in (0, 1):
        torch.manual_seed(seed)
        save_model(dense_autoencoder(4), path)
    torch.manual_seed(1)
    expected = dense_autoencoder(4)(X)
    assert load_model(dense_autoencoder(4), path)(X).equal(expected)


@pytest.mark.parametrize("latent_dim", [3, 8])
def test_another_build_is_told_and_changes_nothing(tmp_path, latent_dim):
    path = save_model(dense_autoencoder(4), tmp_path / "model.safetensors")
    model = dense_autoencoder(latent_dim)
    before = model(X)
    with pytest.raises(ValueError, match=r"another version.*in the file and"):
        load_model(model, path)
    assert model(X).equal(before)


def test_missing_weights_are_named(tmp_path):
    model = dense_autoencoder(4)
    path = save_model(model.encoder, tmp_path / "half.safetensors")
    with pytest.raises(ValueError, match="256,.* in the file and missing"):
        load_model(model, path)


class Attack:
    ran = False

    def __reduce__(self):
        return exec, ("import course_utils.models as m; m.ATTACKED = True",)


@pytest.mark.parametrize("write", ["pickle", "torch", "html", "empty"])
def test_other_files_are_refused_unopened(tmp_path, write):
    import course_utils.models

    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        if write == "pickle":
            pickle.dump(Attack(), file)
        elif write == "torch":
            torch.save(Attack(), file)
        elif write == "html":
            file.write(b"<html>log in first</html>")
    with pytest.raises(ValueError, match="no safetensors file"):
        load_model(dense_autoencoder(4), path)
    assert not hasattr(course_utils.models, "ATTACKED")


def test_half_a_file_is_refused(tmp_path):
    path = save_model(dense_autoencoder(4), tmp_path / "model.safetensors")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match="no safetensors file"):
        load_model(dense_autoencoder(4), path)


def test_a_missing_file_or_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        load_model(dense_autoencoder(4), tmp_path / "absent.safetensors")
    with pytest.raises(OSError, match="absent"):
        save_model(dense_autoencoder(4), tmp_path / "absent" / "model")


def test_a_full_disk_is_told_and_the_older_file_stays(small_disk):
    path = small_disk / "model.safetensors"
    small, large = torch.nn.Linear(300, 300), dense_autoencoder(4)
    save_model(small, path)
    before = path.read_bytes()
    with pytest.raises(OSError, match="No space left|too large") as raised:
        save_model(large, path)
    assert str(path) in str(raised.value)
    assert [p.name for p in small_disk.iterdir()] == ["model.safetensors"]
    assert path.read_bytes() == before
    save_model(small, path)  # the room is back
