"""Training: what `fit` learns, keeps and refuses; batches; devices."""

import contextlib
import functools
import random

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import training
from course_utils.models import dense_autoencoder, reconstruction_loss
from course_utils.training import evaluate, predict


def squared_error(model, x, y):
    return reconstruction_loss(model(x), y)


def task(n=96, seed=0):
    """Return inputs (n, 3) and targets (n, 2) of a linear rule."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 3, generator=generator)
    return x, x[:, :2] - 2 * x[:, 1:]


def small_model(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(3, 2)


def fit(model, train=None, loss=squared_error, **options):
    options = {"batch_size": 32, "device": "cpu", "progress": False} | options
    train = task() if train is None else train
    return training.fit(model, train, loss, **options)


def weights(model):
    return nn.utils.parameters_to_vector(model.parameters()).detach()


# What it learns


def test_the_loss_falls():
    history = fit(small_model(), epochs=60, lr=0.1)
    assert history.train[-1] < 0.01 * history.train[0]


@pytest.mark.parametrize(("n", "epochs"), [(96, 4), (100, 3), (20, 6)])
def test_fit_is_a_plain_loop(n, epochs):
    x, y = task(n)
    model, plain = small_model(), small_model()
    fit(model, (x, y), epochs=epochs, seed=7)
    optimizer = torch.optim.Adam(plain.parameters(), lr=3e-3)
    batches = -(-n // 32)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 3e-3, total_steps=epochs * batches, pct_start=0.2
    )
    generator = torch.Generator().manual_seed(7)
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator)
        for i in order.split(32):
            optimizer.zero_grad()
            squared_error(plain, x[i], y[i]).mean().backward()
            optimizer.step()
            schedule.step()
    assert weights(model).allclose(weights(plain), atol=1e-5)


@pytest.mark.parametrize("steps", range(1, 12))
def test_any_number_of_steps_can_be_taken(steps):
    model, before = small_model(), weights(small_model())
    fit(model, task(32), epochs=steps)
    assert not weights(model).allclose(before, rtol=0, atol=1e-5)


def test_a_seed_gives_the_same_weights():
    one, same, other = small_model(), small_model(), small_model()
    fit(one, seed=3)
    torch.rand(5)
    fit(same, seed=3)
    fit(other, seed=4)
    assert weights(one).equal(weights(same))
    assert not weights(one).equal(weights(other))


def test_set_seed_seeds_python_numpy_and_torch():
    def draw():
        training.set_seed(5)
        return torch.rand(1).item(), np.random.rand(), random.random()

    assert draw() == draw()


def test_frozen_weights_stay():
    model = nn.Sequential(small_model(), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    fit(model)
    assert model[0].weight.equal(before)


# History


def test_history_has_one_number_an_epoch():
    history = fit(small_model(), valid=task(50, 1), epochs=3)
    assert len(history.train) == len(history.valid) == 3
    assert history.seconds > 0 and history.stopped == ""


def test_validation_is_optional():
    history = fit(small_model(), epochs=2)
    assert len(history.train) == 2 and history.valid == []


def test_train_loss_is_the_mean_over_examples():
    history = fit(
        small_model(),
        (torch.arange(50.0)[:, None].expand(50, 3), torch.zeros(50, 2)),
        lambda m, x, y: x[:, 0] + 0 * m(x).sum(1),
        epochs=1,
    )
    assert history.train == pytest.approx([24.5])


def test_valid_loss_is_that_of_the_weights_after_the_epoch():
    model, valid = small_model(), task(50, 1)
    history = fit(model, valid=valid, epochs=2)
    assert history.valid[-1] == evaluate(model, valid, squared_error)


def test_a_single_tensor_is_enough():
    model = nn.Linear(3, 3)
    history = fit(
        model, task()[0], lambda m, x: reconstruction_loss(m(x), x), epochs=2
    )
    assert len(history.train) == 2


def test_progress_bar_names_the_losses(capsys):
    fit(small_model(), valid=task(), epochs=2, progress=True)
    printed = capsys.readouterr().out
    assert "training: 100%" in printed and "valid" in printed


# Stopping early, interrupts


def overfitting(model, x, y):
    """Fall while training, and rise in validation after two epochs."""
    if model.training:
        return squared_error(model, x, y)
    model.looks = getattr(model, "looks", 0) + 1
    model.seen = getattr(model, "seen", []) + [weights(model)]
    return torch.full((len(x),), abs(model.looks - 2.0))


def test_early_stopping_restores_the_best_weights():
    model = small_model()
    history = fit(
        model, loss=overfitting, valid=task(50, 1), epochs=9, patience=3
    )
    assert history.valid == [1, 0, 1, 2, 3]
    assert weights(model).equal(model.seen[1])
    assert not weights(model).equal(model.seen[-1])
    assert "epoch 2" in history.stopped


def test_without_patience_the_last_weights_stay():
    model = small_model()
    history = fit(model, loss=overfitting, valid=task(50, 1), epochs=5)
    assert weights(model).equal(model.seen[-1]) and history.stopped == ""


def test_interrupt_keeps_weights_and_history(capsys):
    model, before, calls = small_model(), weights(small_model()), []

    def loss(model, x, y):
        calls.append(1)
        if len(calls) == 8:  # three steps an epoch, so in the third
            raise KeyboardInterrupt
        return squared_error(model, x, y)

    history = fit(model, loss=loss, epochs=5)
    assert len(history.train) == 2 and "epoch 3" in history.stopped
    assert not weights(model).equal(before) and not model.training
    assert "weights are kept" in capsys.readouterr().out


def test_interrupt_while_validating_keeps_the_history_in_step(capsys):
    def loss(model, x, y):
        if not model.training:
            raise KeyboardInterrupt
        return squared_error(model, x, y)

    history = fit(small_model(), loss=loss, valid=task(50, 1), epochs=5)
    assert history.train == history.valid == []
    assert "epoch 1" in history.stopped


def test_model_is_ready_for_use_afterwards():
    model = small_model()
    fit(model)
    assert not model.training


def test_an_error_leaves_eval_mode_and_a_closed_bar(capsys):
    def loss(model, x, y):
        raise RuntimeError("the loss of a learner")

    model = small_model()
    with pytest.raises(RuntimeError, match="of a learner"):
        fit(model, loss=loss, progress=True)
    assert not model.training
    assert capsys.readouterr().out.endswith("\n")  # a closed bar ends so


# The seed


def noisy_model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 30), nn.Dropout(0.5), nn.Linear(30, 2))


def noisy_error(model, x, y):
    return squared_error(model, x + torch.randn_like(x), y)


def test_the_seed_rules_all_that_training_draws():
    trained = []
    for before, seed in ((1, 0), (2, 0), (2, 1)):
        model = noisy_model()
        torch.manual_seed(before)
        fit(model, loss=noisy_error, seed=seed)
        trained.append(weights(model))
    assert trained[0].equal(trained[1]) and not trained[1].equal(trained[2])


def test_what_is_drawn_after_training_does_not_change():
    torch.manual_seed(4)
    expected = torch.randn(3)
    for error in (None, ValueError):

        def loss(model, x, y, error=error):
            if error:
                raise error
            return noisy_error(model, x, y)

        model = noisy_model()
        torch.manual_seed(4)
        with pytest.raises(error) if error else contextlib.nullcontext():
            fit(model, loss=loss)
        assert torch.randn(3).equal(expected)


def test_noise_is_not_made_of_the_first_weights():
    drawn = []

    def loss(model, x, y):
        drawn.append(torch.randn(3))
        return squared_error(model, x, y)

    fit(small_model(), loss=loss, seed=0)
    torch.manual_seed(0)
    assert not drawn[0].equal(torch.randn(3))


def test_a_smoke_test_takes_one_epoch(monkeypatch):
    monkeypatch.setenv("COURSE_SMOKE", "1")
    assert len(fit(small_model(), epochs=9).train) == 1


# What it refuses


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number(bad):
    calls = []

    def loss(model, x, y):
        calls.append(1)
        return squared_error(model, x, y) * (bad if len(calls) == 5 else 1)

    with pytest.raises(FloatingPointError) as error:
        fit(small_model(), loss=loss, lr=0.02)
    for words in (str(bad), "step 2 of epoch 2", "learning rate", "0.02"):
        assert words in str(error.value)


def test_a_validation_loss_that_is_no_number():
    def loss(model, x, y):
        nothing = 1 if model.training else float("nan")
        return squared_error(model, x, y) * nothing

    with pytest.raises(FloatingPointError, match="valid.*nan.*epoch 1"):
        fit(small_model(), loss=loss, valid=task())


def test_pixels_up_to_255():
    images = 255 * torch.rand(9, 1, 28, 28)
    with pytest.raises(ValueError, match=r"\[0, 1\].*divide .* by 255"):
        fit(small_model(), images)
    with pytest.raises(ValueError, match="images in valid"):
        fit(small_model(), images / 255, valid=images)


def test_values_that_are_no_numbers():
    x, y = task()
    with pytest.raises(ValueError, match="not finite"):
        fit(small_model(), (x / 0, y))


def test_empty_data():
    with pytest.raises(ValueError, match=r"train needs one .*\[0, 0\]"):
        fit(small_model(), task(0))
    with pytest.raises(ValueError, match="valid needs one"):
        fit(small_model(), valid=task(0))


def test_parts_of_unequal_length():
    x, y = task()
    with pytest.raises(ValueError, match=r"as many in each.*\[96, 90\]"):
        fit(small_model(), (x, y[:90]))


def test_arrays_are_no_tensors():
    x, y = task()
    with pytest.raises(ValueError, match="must be a tensor .*ndarray"):
        fit(small_model(), (x.numpy(), y))
    with pytest.raises(ValueError, match="must be a tensor .*ndarray"):
        fit(small_model(), x.numpy())
    with pytest.raises(ValueError, match="must be a tensor .*int"):
        fit(small_model(), 5)


def test_patience_without_valid():
    with pytest.raises(ValueError, match="pass valid="):
        fit(small_model(), patience=3)


@pytest.mark.parametrize(
    "option", [{"epochs": 0}, {"batch_size": 0}, {"patience": 0}]
)
def test_numbers_below_one(option):
    name = next(iter(option))
    with pytest.raises(ValueError, match=f"{name} must be at least 1; got 0"):
        fit(small_model(), valid=task(), **option)


@pytest.mark.parametrize("lr", [0, -1, float("nan")])
def test_a_rate_that_is_not_above_0(lr):
    with pytest.raises(ValueError, match="lr must be above 0"):
        fit(small_model(), lr=lr)


@pytest.mark.parametrize(
    ("wrong", "got"),
    [(lambda loss: loss.mean(), r"\(\)"), (lambda loss: 3.5, "3.5"),
     (lambda loss: loss[:, None], r"\(32, 1\)"), (lambda loss: None, "None")],
)  # fmt: skip
def test_a_loss_of_the_wrong_shape(wrong, got):
    words = rf"one value per example, shape \(32,\); got {got}"
    with pytest.raises(ValueError, match=words):
        fit(small_model(), loss=lambda *a: wrong(squared_error(*a)))
    with pytest.raises(ValueError, match="one value per example"):
        evaluate(small_model(), task(), lambda *a: wrong(squared_error(*a)))


def test_nothing_to_train():
    with pytest.raises(ValueError, match="no weights to train"):
        fit(small_model().requires_grad_(False))


# Evaluating and predicting


@pytest.mark.parametrize("batch_size", [1, 7, 96, 1000])
def test_evaluate_is_the_mean_over_examples(batch_size):
    model, (x, y) = small_model(), task()
    expected = squared_error(model, x, y).mean().item()
    mean = evaluate(model, (x, y), squared_error, batch_size)
    assert mean == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("mode", [True, False])
def test_evaluate_leaves_the_mode_alone(mode):
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.9)).train(mode)
    first = evaluate(model, task(), squared_error)
    assert first == evaluate(model, task(), squared_error)
    assert model.training is mode


def test_evaluate_needs_data():
    with pytest.raises(ValueError, match="one or more examples"):
        evaluate(small_model(), task(0), squared_error)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_predict_is_the_model_in_one_batch(batch_size):
    model, x = small_model(), task()[0].requires_grad_()
    answer = predict(model, x, batch_size)
    assert answer.allclose(model(x), atol=1e-6)
    assert not answer.requires_grad and answer.device.type == "cpu"


def test_predict_takes_a_method():
    model, z = dense_autoencoder(2, hidden_dim=4), torch.randn(5, 2)
    assert predict(model.decode, z).allclose(model.decode(z), atol=1e-6)


@pytest.mark.parametrize("mode", [True, False])
def test_predict_lets_dropout_sleep_and_restores_the_mode(mode):
    model, x = noisy_model().train(mode), task()[0]
    model[1].eval()  # a part that was set apart
    for function in (model, model.forward, lambda x: model(x)):
        assert predict(function, x).equal(predict(function, x))
        assert [part.training for part in model] == [mode, False, mode]


def test_predict_restores_the_mode_after_an_error():
    model = noisy_model()
    with pytest.raises(RuntimeError):
        predict(model, torch.randn(5, 7))
    assert model.training


@pytest.mark.parametrize(
    "function", [torch.sigmoid, torch.Tensor.sigmoid, lambda x: x.sigmoid(),
                 functools.partial(torch.sigmoid), nn.Sigmoid()],
)  # fmt: skip
def test_predict_takes_any_function(function):
    x = torch.randn(5, 2)
    assert predict(function, x, batch_size=2).equal(x.sigmoid())


def test_predict_sends_batches_to_where_the_weights_are():
    model = nn.Linear(3, 2).to("meta")
    devices = []

    def function(x):
        devices.append(x.device.type)
        return torch.zeros(len(x)) if model else None

    predict(function, task()[0])
    assert devices == ["meta"]


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"),
     (False, False, "cpu")],
)  # fmt: skip
def test_device_is_the_fastest_there_is(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(training, "_has_room", lambda device: True)
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    assert training.pick_device().type == expected


def test_device_can_be_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert training.pick_device() == torch.device("cpu")


def test_a_device_that_cannot_hold_a_number_is_not_picked(monkeypatch):
    """As on the Macs of some test services."""

    def refuse(*size, device):
        raise RuntimeError("MPS backend out of memory")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch, "zeros", refuse)
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    assert training.pick_device().type == "cpu"
