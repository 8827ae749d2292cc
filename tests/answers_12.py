"""Answers to lesson 12's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import copy

import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from course_utils.models import reconstruction_loss


def features_by_decorator(encoder, x):
    @torch.no_grad()
    def codes():
        return encoder.eval()(x)

    return codes()


def features_one_by_one(encoder, x):
    was_training = encoder.training
    encoder.eval()
    with torch.inference_mode():
        z = torch.cat([encoder(image[None]) for image in x])
    encoder.train(was_training)
    return z.clone()


def features_in_train_mode(encoder, x):
    with torch.no_grad():
        return encoder(x)


def features_forced_train(encoder, x):
    encoder.train()
    return encoder(x).detach()


def features_frozen(encoder, x):
    encoder.eval().requires_grad_(False)
    return encoder(x)


def features_eval_after(encoder, x):
    with torch.no_grad():
        z = encoder(x)
    encoder.eval()
    return z


def features_switched_off(encoder, x):
    torch.set_grad_enabled(False)
    return encoder.eval()(x)


def features_as_array(encoder, x):
    return encoder.eval()(x).detach().numpy()


def features_as_list(encoder, x):
    return encoder.eval()(x).tolist()


def probe_by_parts(classifier, z, labels, z_test, test_labels):
    mean, spread = z.mean(0, keepdim=True), z.flatten().std()
    classifier.fit(((z - mean) / spread).numpy(), labels.numpy())
    named = classifier.predict(((z_test - mean) / spread).numpy())
    return (torch.as_tensor(named) == test_labels).float().mean().item()


def probe_by_both(classifier, z, labels, z_test, test_labels):
    both = torch.cat([z, z_test]).double()
    both = (both - both[: len(z)].mean(0)) / both[: len(z)].std()
    classifier.fit(both[: len(z)], labels)
    return classifier.score(both[len(z) :], test_labels)


def probe_with(scale):
    """Return a probe that scales both sets as `scale(z, z_test)` says."""

    def probe(classifier, z, labels, z_test, test_labels):
        train, test = scale(z, z_test)
        classifier.fit(train, labels)
        return classifier.score(test, test_labels)

    return probe


def scaled(z, other):
    return (z - other.mean(0)) / other.std()


def by_columns(z, z_test):
    return (z - z.mean(0)) / z.std(0), (z_test - z.mean(0)) / z.std(0)


def seen_together(z, z_test):
    both = torch.cat([z, z_test])
    return scaled(z, both), scaled(z_test, both)


def centred_first(z, z_test):
    centred, test = z - z.mean(0), z_test - z.mean(0)
    return centred / centred.std(), test / centred.std()


def centred_then_mixed(z, z_test):
    centred, test = centred_first(z, z_test)
    return centred, scaled(z_test, z)


def probe_leak(classifier, z, labels, z_test, test_labels):
    mean, spread = z.mean(0), z.std()
    classifier.fit((z_test - mean) / spread, test_labels)
    return classifier.score((z_test - mean) / spread, test_labels)


def probe_leak_both(classifier, z, labels, z_test, test_labels):
    both = scaled(torch.cat([z, z_test]), z)
    classifier.fit(both, torch.cat([labels, test_labels]))
    return classifier.score(both[len(z) :], test_labels)


def probe_on_training(classifier, z, labels, z_test, test_labels):
    classifier.fit(scaled(z, z), labels)
    return classifier.score(scaled(z, z), labels)


def probe_prediction(classifier, z, labels, z_test, test_labels):
    classifier.fit(scaled(z, z), labels)
    return classifier.predict(scaled(z_test, z))


def probe_without_return(classifier, z, labels, z_test, test_labels):
    classifier.fit(scaled(z, z), labels)
    classifier.score(scaled(z_test, z), test_labels)


def probe_unfitted(classifier, z, labels, z_test, test_labels):
    return classifier.score(scaled(z_test, z), test_labels)


def head_in_order(encoder, latent_dim, classes=10):
    network = nn.Sequential()
    network.append(copy.deepcopy(encoder))
    network.append(nn.Linear(latent_dim, classes))
    return network


def head_of_zeros(encoder, latent_dim, classes=10):
    head = nn.Linear(latent_dim, classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return nn.Sequential(copy.deepcopy(encoder), head)


def head_in_a_list(encoder, latent_dim, classes=10):
    layers = [copy.deepcopy(encoder), nn.Linear(latent_dim, classes)]
    return nn.Sequential(*layers)


def head_after_layers(encoder, latent_dim, classes=10):
    layers = copy.deepcopy(encoder).children()
    return nn.Sequential(*layers, nn.Linear(latent_dim, classes))


def head_after(layer):
    """Return a network with something between encoder and head."""

    def network(encoder, latent_dim, classes=10):
        head = nn.Linear(latent_dim, classes)
        return nn.Sequential(copy.deepcopy(encoder), layer, head)

    return network


def head_that_freezes(encoder, latent_dim, classes=10):
    fresh = copy.deepcopy(encoder)
    encoder.requires_grad_(False)
    return nn.Sequential(fresh, nn.Linear(latent_dim, classes))


HEADS = {}


def head_cached(encoder, latent_dim, classes=10):
    key = latent_dim, classes
    head = HEADS.setdefault(key, nn.Linear(latent_dim, classes))
    return nn.Sequential(copy.deepcopy(encoder), head)


def head_of(*sizes):
    """Return a network whose head has sizes of its own."""
    return lambda encoder, latent_dim, classes=10: nn.Sequential(
        copy.deepcopy(encoder),
        nn.Linear(*(f(latent_dim, classes) for f in sizes)),
    )


class Named(nn.Module):
    def __init__(self, encoder, latent_dim, classes=10):
        super().__init__()
        self.encoder = copy.deepcopy(encoder)
        self.head = nn.Linear(latent_dim, classes)

    def forward(self, x):
        return self.head(self.encoder(x))


def head_forgotten(encoder, latent_dim, classes=10):
    fresh = copy.deepcopy(encoder)
    for layer in fresh:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return nn.Sequential(fresh, nn.Linear(latent_dim, classes))


class Cut(nn.Module):
    def forward(self, z):
        return z.detach()


def head_detached(encoder, latent_dim, classes=10):
    head = nn.Linear(latent_dim, classes)
    return nn.Sequential(copy.deepcopy(encoder), Cut(), head)


def joint_by_log_softmax(model, x, x_labelled, labels, weight):
    scores = model.head(model.encode(x_labelled)).log_softmax(dim=1)
    named = -scores.gather(1, labels[:, None])[:, 0]
    errors = (model.decode(model.encode(x)) - x) ** 2
    return errors.sum(dim=(1, 2, 3)) + weight * named


def joint_in_one_pass(model, x, x_labelled, labels, weight):
    z, z_labelled = model.encode(torch.cat([x, x_labelled])).chunk(2)
    error = mse_loss(model.decode(z), x, reduction="none").flatten(1).sum(1)
    loss = nn.CrossEntropyLoss(reduction="none")
    return error + weight * loss(model.head(z_labelled), labels)


def rebuilt(model, x):
    return reconstruction_loss(model(x), x)


def named(model, x, labels, **options):
    return cross_entropy(model.head(model.encode(x)), labels, **options)


def each(model, x, labels):
    return named(model, x, labels, reduction="none")


def joint_detached(model, x, x_labelled, labels, weight):
    logits = model.head(model.encode(x_labelled).detach())
    loss = cross_entropy(logits, labels, reduction="none")
    return rebuilt(model, x) + weight * loss


def joint_by_encoder(model, x, x_labelled, labels, weight):
    logits = model.head(model.encoder(x_labelled))
    loss = cross_entropy(logits, labels, reduction="none")
    return rebuilt(model, x) + weight * loss


def joint_swapped(model, x, x_labelled, labels, weight):
    logits = model.head(model.encode(x_labelled))
    loss = cross_entropy(labels, logits, reduction="none")
    return rebuilt(model, x) + weight * loss


def joint_swapped_class(model, x, x_labelled, labels, weight):
    logits = model.head(model.encode(x_labelled))
    loss = nn.CrossEntropyLoss(reduction="none")(labels, logits)
    return rebuilt(model, x) + weight * loss


def joint_softmax(model, x, x_labelled, labels, weight):
    chances = model.head(model.encode(x_labelled)).softmax(1)
    loss = cross_entropy(chances, labels, reduction="none")
    return rebuilt(model, x) + weight * loss


ANSWERS = {
    "features": (
        [
            features_by_decorator,
            features_one_by_one,
            lambda encoder, x: encoder.eval()(x).detach(),
        ],
        {
            "in train mode": features_in_train_mode,
            "encoder.eval()": features_forced_train,
            "train mode": features_eval_after,
            "carry gradients": lambda encoder, x: encoder.eval()(x),
            "frozen for good": features_frozen,
            "off for all that follows": features_switched_off,
            "no `.numpy()`": features_as_array,
            "one tensor": features_as_list,
            "None": lambda encoder, x: None,
            "shape": lambda encoder, x: encoder.eval()(x).mean(1),
        },
    ),
    "probe": (
        [
            probe_by_parts,
            probe_by_both,
            probe_with(lambda z, t: (scaled(z, z), scaled(t, z))),
            probe_with(centred_first),
        ],
        {
            "blows up dead units": probe_with(by_columns),
            "fitted on the test data: take": probe_with(
                lambda z, t: (scaled(z, t), scaled(t, t))
            ),
            "saw the test data": probe_with(seen_together),
            "their own mean": probe_with(
                lambda z, t: (scaled(z, z), scaled(t, t))
            ),
            "test codes were not scaled": probe_with(
                lambda z, t: (scaled(z, z), t)
            ),
            "codes were not scaled": probe_with(lambda z, t: (z, t)),
            "division by the spread": probe_with(
                lambda z, t: (z - z.mean(0), t - z.mean(0))
            ),
            "mean was not taken off": probe_with(
                lambda z, t: (z / z.std(), t / z.std())
            ),
            "each column has its own": probe_with(
                lambda z, t: (
                    (z - z.mean()) / z.std(),
                    (t - z.mean()) / z.std(),
                )
            ),
            "another number": probe_with(centred_then_mixed),
            "test labels leak": probe_leak,
            "leak": probe_leak_both,
            "by heart": probe_on_training,
            "share of test labels": probe_prediction,
            "None": probe_without_return,
            "never fitted": lambda c, z, y, zt, yt: 0.5,
            "fit the classifier": probe_unfitted,
        },
    ),
    "with_head": (
        [head_in_order, head_of_zeros, head_in_a_list],
        {
            "work on a copy": lambda encoder, latent_dim, classes=10: (
                nn.Sequential(encoder, nn.Linear(latent_dim, classes))
            ),
            "is a softmax": lambda encoder, latent_dim, classes=10: (
                nn.Sequential(
                    copy.deepcopy(encoder),
                    nn.Linear(latent_dim, classes),
                    nn.Softmax(dim=1),
                )
            ),
            "takes the softmax itself": lambda encoder, k, classes=10: (
                nn.Sequential(
                    copy.deepcopy(encoder),
                    nn.Linear(k, classes),
                    nn.LogSoftmax(dim=1),
                )
            ),
            "cut off at zero": lambda encoder, k, classes=10: nn.Sequential(
                copy.deepcopy(encoder), nn.Linear(k, classes), nn.ReLU()
            ),
            "are frozen": lambda encoder, k, classes=10: nn.Sequential(
                copy.deepcopy(encoder).requires_grad_(False),
                nn.Linear(k, classes),
            ),
            "are not in the network": head_forgotten,
            "10 outputs": head_of(lambda k, c: k, lambda k, c: 10),
            "takes 32 numbers": head_of(lambda k, c: 32, lambda k, c: c),
            "sizes are swapped": head_of(lambda k, c: c, lambda k, c: k),
            "encoder as a whole": head_after_layers,
            "stands between": head_detached,
            "between encoder": head_after(nn.ReLU()),
            "only the two": head_after(nn.Dropout(0.5)),
            "leave it untouched": head_that_freezes,
            "same head": head_cached,
            "head is missing": lambda encoder, k, classes=10: nn.Sequential(
                copy.deepcopy(encoder)
            ),
            "`nn.Sequential` is wanted": Named,
            "NoneType": lambda encoder, k, classes=10: None,
            "head stands first": lambda encoder, k, classes=10: nn.Sequential(
                nn.Linear(k, classes), copy.deepcopy(encoder)
            ),
        },
    ),
    "joint_loss": (
        [
            joint_by_log_softmax,
            joint_in_one_pass,
            lambda m, x, xl, y, w: w * each(m, xl, y) + rebuilt(m, x),
            joint_by_encoder,
        ],
        {
            "not to the reconstruction": lambda m, x, xl, y, w: (
                w * rebuilt(m, x) + each(m, xl, y)
            ),
            "multiplies both": lambda m, x, xl, y, w: (
                w * (rebuilt(m, x) + each(m, xl, y))
            ),
            "weight is not used": lambda m, x, xl, y, w: (
                rebuilt(m, x) + each(m, xl, y)
            ),
            "reconstruction is missing": lambda m, x, xl, y, w: (
                w * each(m, xl, y)
            ),
            "classification loss is missing": lambda m, x, xl, y, w: rebuilt(
                m, x
            ),
            "averaged over the batch": lambda m, x, xl, y, w: (
                rebuilt(m, x) + w * named(m, xl, y)
            ),
            "One number for the batch": lambda m, x, xl, y, w: (
                rebuilt(m, x).mean() + w * named(m, xl, y)
            ),
            "no softmax": joint_softmax,
            "averaged over the pixels": lambda m, x, xl, y, w: (
                (m(x) - x).square().flatten(1).mean(1) + w * each(m, xl, y)
            ),
            "of the labelled images": lambda m, x, xl, y, w: (
                rebuilt(m, xl) + w * each(m, xl, y)
            ),
            "you named x": lambda m, x, xl, y, w: (
                rebuilt(m, x) + w * each(m, x, y)
            ),
            "no gradient": lambda m, x, xl, y, w: (
                rebuilt(m, x) + w * each(m, xl, y)
            ).detach(),
            "gradient is cut": joint_detached,
            "logits first": joint_swapped,
            "takes the logits": joint_swapped_class,
            "it takes codes": lambda m, x, xl, y, w: (
                rebuilt(m, x)
                + w * cross_entropy(m.head(xl), y, reduction="none")
            ),
            "given images": lambda m, x, xl, y, w: (
                rebuilt(m, x)
                + w * cross_entropy(m.head(xl.flatten(1)), y, reduction="none")
            ),
            "was taken off": lambda m, x, xl, y, w: (
                rebuilt(m, x) - w * each(m, xl, y)
            ),
            "one mean over all": lambda m, x, xl, y, w: (
                mse_loss(m(x), x) + w * each(m, xl, y)
            ),
            "summed over all images": lambda m, x, xl, y, w: (
                mse_loss(m(x), x, reduction="sum") + w * each(m, xl, y)
            ),
            "None": lambda m, x, xl, y, w: None,
        },
    ),
}
