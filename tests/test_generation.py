"""Flow matching, guidance and sampling; moons and the small GAN."""

import pytest
import torch

from course_utils.datasets import two_moons
from course_utils.figures import paths_figure
from course_utils.models import (
    VelocityNet,
    flow_along,
    flow_matching_loss,
    guided,
)
from course_utils.rivals.gan import train_gan
from course_utils.training import fit, set_seed


def net_of(size=3, classes=4):
    set_seed(0)
    return VelocityNet(size, classes, hidden_dim=16)


def test_velocity_depends_on_place_time_and_class():
    net, x, t = net_of(), torch.randn(5, 3), torch.rand(5)
    y = torch.arange(5) % 4
    v = net(x, t, y)
    assert v.shape == (5, 3)
    others = net(x + 1, t, y), net(x, t / 2, y), net(x, t, (y + 1) % 4)
    assert not any(v.allclose(other) for other in others)
    assert net(x, t).equal(net(x, t, torch.full((5,), 4)))
    v.square().sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_loss_is_that_of_straight_lines():
    def net(x_t, t, y):  # all data are at (3, 4): the velocity is known
        return (torch.tensor([3.0, 4.0]) - x_t) / (1 - t[:, None])

    x = torch.tensor([[3.0, 4.0]]).repeat(50, 1)
    loss = flow_matching_loss(net, x)
    assert loss.shape == (50,) and loss.max() < 1e-3
    end = flow_along(lambda x, t: net(x, t, None), torch.randn(9, 2), 8)
    assert end.allclose(x[:9], atol=1e-4)


def test_a_share_of_the_classes_is_hidden():
    seen = []

    class Net(VelocityNet):
        def forward(self, x, t, y=None):
            seen.append(y)
            return super().forward(x, t, y)

    set_seed(0)
    y = torch.zeros(4000).long()
    flow_matching_loss(Net(2, 3), torch.randn(4000, 2), y, drop=0.25)
    assert set(seen[0].tolist()) == {0, 3}
    assert (seen[0] == 3).float().mean() == pytest.approx(0.25, abs=0.03)
    assert not y.any()


def test_guidance_goes_from_none_to_the_class_and_beyond():
    net, x, t = net_of(), torch.randn(5, 3), torch.rand(5)
    y = torch.arange(5) % 4
    none, told = net(x, t).detach(), net(x, t, y).detach()
    for w, expected in {0: none, 1: told, 3: 3 * told - 2 * none}.items():
        v = guided(net, y, w)(x, t)
        assert v.allclose(expected, atol=1e-5) and not v.requires_grad


def test_steps_last_from_start_to_the_end():
    times = []

    def velocity(x, t):
        times.append(t[0].item())
        return torch.ones_like(x)

    x = torch.zeros(2, 3)
    assert flow_along(velocity, x, 4, start=0.2).allclose(x + 0.8)
    assert times == pytest.approx([0.2, 0.4, 0.6, 0.8]) and not x.any()


def test_a_flow_learns_two_moons():
    x, y = two_moons(2000, seed=1)
    net = VelocityNet(2, 2, hidden_dim=48)
    options = {"epochs": 40, "batch_size": 100, "lr": 5e-3}
    fit(net, (x, y), flow_matching_loss, progress=False, **options)
    order = torch.arange(400) % 2
    net.cpu()
    drawn = flow_along(guided(net, order), torch.randn(400, 2))
    near = torch.cdist(drawn, x).argmin(dim=1)
    assert (y[near] == order).float().mean() > 0.9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: VelocityNet(0), "size must be a whole number of at least 1"),
        (lambda: VelocityNet(2, -1), "classes must be .* at least 0; got -1"),
        (lambda: VelocityNet(2, blocks=1.5), "blocks must be"),
        (lambda: net_of()(torch.randn(5, 2), torch.rand(5)), r"\(B, 3\)"),
        (lambda: net_of()(torch.randn(5, 3), torch.rand(5, 1)), "shapes"),
        (lambda: guided(net_of(), torch.tensor([5])), "from 0 to 4"),
        (lambda: guided(net_of(), torch.tensor([0.5])), "whole numbers"),
        (lambda: flow_along(None, torch.zeros(2, 2), 0), "at least 1; got 0"),
        (lambda: flow_along(None, torch.zeros(2, 2), start=1), "below 1"),
        (lambda: two_moons(1), "at least 2"),
        (lambda: two_moons(10, noise=-1), "noise must be 0 or more"),
        (lambda: train_gan(torch.rand(5, 28, 28)), "images"),
        (lambda: paths_figure(torch.zeros(3), torch.zeros(2, 2, 2)), "shape"),
        (lambda: paths_figure(torch.zeros(3, 2), torch.zeros(2, 1, 2), 2),
         "number below 2"),
        (lambda: paths_figure(torch.zeros(3, 2), torch.zeros(2, 1, 2), 0.5),
         "number below 2"),
        (lambda: net_of()([1.0], torch.rand(1)), "tensors"),
        (lambda: net_of()(torch.rand(1, 3), torch.rand(1), torch.rand(1)),
         "whole numbers"),
        (lambda: guided(net_of(), [1]), "whole numbers"),
        (lambda: guided(net_of(), torch.tensor([1]), "2"), "guidance"),
        (lambda: flow_along(None, torch.zeros(2, 2), start="a"), "got 'a'"),
        (lambda: two_moons(10, noise="a"), "noise must be 0 or more"),
        (lambda: two_moons(10, noise=float("nan")), "noise must be"),
        (lambda: train_gan(255 * torch.rand(5, 1, 8, 8)), r"in \[0, 1\]"),
        (lambda: train_gan(torch.rand(5, 1, 8, 8) / 0), "pixels"),
        (lambda: train_gan(torch.rand(5, 1, 8, 8), -1), "latent_dim"),
        (lambda: train_gan(torch.rand(5, 1, 8, 8), epochs=0), "epochs"),
        (lambda: train_gan(torch.rand(5, 1, 8, 8), batch_size=1), "batch"),
        (lambda: train_gan(torch.rand(5, 1, 8, 8), lr=-1), "lr"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_moons_are_two_and_the_same_again():
    x, y = two_moons(1000, seed=3, noise=0)
    assert x.equal(two_moons(1000, seed=3, noise=0)[0])
    assert not x.equal(two_moons(1000, seed=4, noise=0)[0])
    assert y.bincount().tolist() == [500, 500]
    assert x.mean(dim=0).abs().max() < 0.15
    apart = torch.cdist(x[y == 0], x[y == 1])
    assert apart.min() > 0.3


def test_a_gan_draws_images_and_follows_its_seed():
    images = torch.rand(70, 1, 8, 8) * 0.2 + 0.7
    first, again = (train_gan(images, 4, epochs=30, seed=1) for _ in "ab")
    z = torch.randn(6, 4, device=next(first.parameters()).device)
    x = first(z)
    assert x.shape == (6, 1, 8, 8) and x.equal(again(z))
    assert 0.6 < x.mean() < 0.95


def test_paths_stop_where_they_are_asked():
    way = torch.tensor([[[0.0, 0]], [[1.0, 2]], [[2.0, 4]]])
    figure = paths_figure(torch.zeros(5, 2), way, 1)
    assert figure.get_label() == (
        "1 points at time 0.50, on their way to 5 points of data: x 1, y 2."
    )
    assert len(figure.axes[0].lines[0].get_xdata()) == 2
