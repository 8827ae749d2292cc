"""Answers to lesson 14's exercises: right ones, and slips with their words.

ANSWERS: {check: (right answers, {words of the message: wrong answer})}.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy


def encode_by_hand(words, index, length):
    numbers = [1]
    for word in words:
        numbers.append(index.get(word, 3))
    numbers.append(2)
    while len(numbers) < length:
        numbers.append(0)
    return numbers


def encode_in_place(words, index, length):
    row = [0] * length
    row[0] = 1
    for i, word in enumerate(words, start=1):
        row[i] = index[word] if word in index else 3
    row[len(words) + 1] = 2
    return row


def encode_tensor(words, index, length):
    return torch.tensor(encode_by_hand(words, index, length))


def encode_numpy(words, index, length):
    row = np.zeros(length, dtype=int)
    row[: len(words) + 2] = encode_unpadded(words, index, length)
    return list(row)


def encode_no_start(words, index, length):
    row = [index.get(w, 3) for w in words] + [2]
    return row + [0] * (length - len(row))


def encode_no_end(words, index, length):
    row = [1] + [index.get(w, 3) for w in words]
    return row + [0] * (length - len(row))


def encode_front(words, index, length):
    row = [1] + [index.get(w, 3) for w in words] + [2]
    return [0] * (length - len(row)) + row


def encode_unpadded(words, index, length):
    return [1] + [index.get(w, 3) for w in words] + [2]


def encode_crash(words, index, length):
    row = [1] + [index[w] for w in words] + [2]
    return row + [0] * (length - len(row))


def encode_dropping(words, index, length):
    row = [1] + [index[w] for w in words if w in index] + [2]
    return row + [0] * (length - len(row))


def encode_ends(words, index, length):
    row = [1] + [index.get(w, 3) for w in words]
    return row + [2] * (length - len(row))


def decode_loop(numbers, words):
    found = []
    for number in numbers:
        if number == 2:
            break
        if number > 2:
            found.append(words[number])
    return found


def decode_slice(numbers, words):
    end = (numbers + [2]).index(2)
    return [words[i] for i in numbers[1:end]]


def decode_filter(numbers, words):
    kept = numbers[: numbers.index(2)] if 2 in numbers else numbers
    return [words[i] for i in kept if i not in (0, 1)]


def decode_lazily(numbers, words):
    return (word for word in decode_loop(numbers, words))


def decode_all(numbers, words):
    return [words[i] for i in numbers]


def decode_past_the_end(numbers, words):
    return [words[i] for i in numbers if i not in (0, 1, 2)]


def decode_with_end(numbers, words):
    found = []
    for number in numbers[1:]:
        found.append(words[number])
        if number == 2:
            break
    return found


def decode_with_start(numbers, words):
    return ["<start>", *decode_loop(numbers, words)]


def decode_known(numbers, words):
    return [w for w in decode_loop(numbers, words) if w != "<unknown>"]


def decode_text(numbers, words):
    return " ".join(decode_loop(numbers, words))


def loss_ignore(scores, x):
    nats = cross_entropy(
        scores.transpose(1, 2), x[:, 1:], ignore_index=0, reduction="none"
    )
    return nats.sum(1)


def loss_gather(scores, x):
    y = x[:, 1:]
    chosen = scores.log_softmax(-1).gather(2, y[..., None]).squeeze(2)
    return -(chosen * (y != 0)).sum(dim=1)


def loss_module(scores, x):
    loss = nn.CrossEntropyLoss(ignore_index=0, reduction="sum")
    rows = zip(scores, x[:, 1:], strict=True)
    return torch.stack([loss(s, y) for s, y in rows])


def nats(scores, y):
    return cross_entropy(scores.transpose(1, 2), y, reduction="none")


def loss_padding(scores, x):
    return nats(scores, x[:, 1:]).sum(dim=1)


def loss_shifted(scores, x):
    y = x[:, :-1]
    return (nats(scores, y) * (y != 0)).sum(dim=1)


def loss_shifted_and_padding(scores, x):
    return nats(scores, x[:, :-1]).sum(dim=1)


def loss_mean_of_words(scores, x):
    return loss_ignore(scores, x) / (x[:, 1:] != 0).sum(dim=1)


def loss_mean_of_places(scores, x):
    return nats(scores, x[:, 1:]).mean(dim=1)


def loss_masked_then_mean(scores, x):
    return (nats(scores, x[:, 1:]) * (x[:, 1:] != 0)).mean(dim=1)


def loss_batch(scores, x):
    return cross_entropy(
        scores.transpose(1, 2), x[:, 1:], ignore_index=0, reduction="sum"
    )


def loss_no_end(scores, x):
    return (nats(scores, x[:, 1:]) * (x[:, 1:] > 2)).sum(dim=1)


def mean_weights(h, x):
    share = (x != 0).float()
    share = share / share.sum(dim=1, keepdim=True)
    return torch.einsum("bt,btd->bd", share, h)


def mean_fill(h, x):
    gone = (x == 0).unsqueeze(-1)
    return h.masked_fill(gone, 0).sum(1) / (x != 0).sum(1, keepdim=True)


def mean_loop(h, x):
    return torch.stack([h[i][x[i] > 0].mean(0) for i in range(len(x))])


def mean_all(h, x):
    return h.mean(1)


def mean_masked_late(h, x):
    return (h * (x != 0).unsqueeze(-1)).mean(dim=1)


def mean_sum(h, x):
    return (h * (x != 0).unsqueeze(-1)).sum(dim=1)


def mean_sum_all(h, x):
    return h.sum(1) / (x != 0).sum(1, keepdim=True)


def mean_wrong_dim(h, x):
    return h.mean(dim=2)


def mean_of_batch(h, x):
    return (h * (x != 0).unsqueeze(-1)).sum(dim=1) / (x != 0).sum()


def mean_inverted(h, x):
    gone = (x == 0).unsqueeze(-1)
    return (h * gone).sum(1) / gone.sum(1)


def path_lerp(one, other, steps):
    return torch.lerp(one, other, torch.linspace(0, 1, steps)[:, None])


def path_difference(one, other, steps):
    t = torch.arange(steps).unsqueeze(1) / (steps - 1)
    return one + t * (other - one)


def path_stack(one, other, steps):
    shares = [i / (steps - 1) for i in range(steps)]
    return torch.stack([(1 - t) * one + t * other for t in shares])


def path_backwards(one, other, steps):
    return path_stack(other, one, steps)


def path_open(one, other, steps):
    return one + torch.arange(steps)[:, None] / steps * (other - one)


def path_no_ends(one, other, steps):
    return path_stack(one, other, steps + 2)[1:-1]


def path_one_more(one, other, steps):
    return path_stack(one, other, steps + 1)


def path_adding(one, other, steps):
    return one + torch.linspace(0, 1, steps)[:, None] * other


def path_list(one, other, steps):
    return list(path_stack(one, other, steps))


def path_flat(one, other, steps):
    return path_stack(one, other, steps).T


ANSWERS = {
    "encode_words": (
        [encode_by_hand, encode_in_place, encode_tensor, encode_numpy],
        {
            "start token (1) is missing": encode_no_start,
            "end token (2) is missing": encode_no_end,
            "belongs after the end token": encode_front,
            "must have `length` numbers": encode_unpadded,
            "KeyError": encode_crash,
            "were dropped": encode_dropping,
            "became 0": lambda words, index, length: [
                0 if n == 3 else n
                for n in encode_by_hand(words, index, length)
            ],
            "are exchanged": lambda words, index, length: [
                {1: 2, 2: 1}.get(n, n)
                for n in encode_by_hand(words, index, length)
            ],
            "The list has 12": lambda words, index, length: encode_by_hand(
                words, index, 12
            ),
            "The list has 8": lambda words, index, length: encode_by_hand(
                words, index, length
            )[:8],
            "got tensor": lambda words, index, length: encode_tensor(
                words, index, length
            ).float(),
            "got <generator": lambda words, index, length: (
                n for n in encode_by_hand(words, index, length)
            ),
            "whole numbers": lambda words, index, length: [
                encode_by_hand(words, index, length)
            ],
            "fill up with padding": encode_ends,
            "returned None": lambda words, index, length: None,
        },
    ),
    "decode_numbers": (
        [decode_loop, decode_slice, decode_filter, decode_lazily],
        {
            "are no words": decode_all,
            "stop there": decode_past_the_end,
            "The end token itself": decode_with_end,
            "The start token is no word": decode_with_start,
            "is still a word": decode_known,
            "a list of words is wanted": decode_text,
            "These are numbers": lambda numbers, words: [
                words.index(word) for word in decode_loop(numbers, words)
            ],
            "Off by one": lambda numbers, words: [
                words[words.index(w) - 1] for w in decode_loop(numbers, words)
            ],
            "2 in numbers": lambda numbers, words: [
                words[i] for i in numbers[1 : numbers.index(2)]
            ],
            "the first and the last": lambda numbers, words: [
                words[i] for i in numbers[1:-1]
            ],
            "the end is no word": lambda numbers, words: [
                words[i] for i in numbers if i > 1
            ],
            "returned None": lambda numbers, words: None,
        },
    ),
    "sentence_loss": (
        [loss_ignore, loss_gather, loss_module],
        {
            "Padding is counted": loss_padding,
            "the start token is predicted": loss_shifted,
            "Off by one, and padding": loss_shifted_and_padding,
            "mean over the words": loss_mean_of_words,
            "mean over all places, padding": loss_mean_of_places,
            "divided by the number of all": loss_masked_then_mean,
            "not one for the batch": loss_batch,
            "never learns to stop": loss_no_end,
            "only padding is counted": lambda s, x: (
                nats(s, x[:, 1:]) * (x[:, 1:] == 0)
            ).sum(1),
            "The mask is off by one": lambda s, x: (
                nats(s, x[:, 1:]) * (x[:, :-1] != 0)
            ).sum(1),
            "is positive": lambda s, x: -loss_ignore(s, x),
            "takes the softmax itself": lambda s, x: loss_ignore(
                s.softmax(2), x
            ),
            "Unknown words": lambda s, x: (
                nats(s, x[:, 1:]) * (x[:, 1:] > 3)
            ).sum(1),
            "still costs log V": lambda s, x: nats(
                s * (x[:, 1:] != 0)[:, :, None], x[:, 1:]
            ).sum(1),
            "over the sentences": lambda s, x: (
                nats(s, x[:, 1:]) * (x[:, 1:] != 0)
            ).sum(0),
            "one mean over all words": lambda s, x: cross_entropy(
                s.transpose(1, 2), x[:, 1:], ignore_index=0
            ),
            "size written out": lambda s, x: (
                (nats(s, x[:, 1:]) * (x[:, 1:] != 0)).view(3, -1).sum(1)
            ),
            "no gradient": lambda s, x: loss_ignore(s, x).detach(),
            "are a ndarray": lambda s, x: loss_ignore(s, x).numpy(),
            "dimension too many": lambda s, x: loss_ignore(s, x)[:, None],
        },
    ),
    "masked_mean": (
        [mean_weights, mean_fill, mean_loop],
        {
            "padding is counted": mean_all,
            "still counted in the division": mean_masked_late,
            "divide it by the number": mean_sum,
            "only the division": mean_sum_all,
            "dim 2": mean_wrong_dim,
            "of the whole batch": mean_of_batch,
            "mean of the padding": mean_inverted,
            "Start and end are places": lambda h, x: (
                (h * (x > 2)[:, :, None]).sum(1) / (x > 2).sum(1, keepdim=True)
            ),
            "The start is a place": lambda h, x: mean_fill(h[:, 1:], x[:, 1:]),
            "padding was summed": lambda h, x: (
                (h * (x == 0)[:, :, None]).sum(1)
                / (x != 0).sum(1, keepdim=True)
            ),
            "one mean for the batch": lambda h, x: h[x != 0].mean(0),
            "used as weights": lambda h, x: (
                (h * x[:, :, None]).sum(1) / x.sum(1, keepdim=True)
            ),
            "no gradient": lambda h, x: mean_fill(h, x).detach(),
            "are a ndarray": lambda h, x: mean_fill(h, x).numpy(),
            "dimension too many": lambda h, x: mean_fill(h, x)[:, None],
        },
    ),
    "between": (
        [path_lerp, path_difference, path_stack],
        {
            "from the second code": path_backwards,
            "stops short": path_open,
            "ends are missing": path_no_ends,
            "one row too many": path_one_more,
            "takes nothing off": path_adding,
            "must return a tensor": path_list,
            "transposed": path_flat,
            "A 7 is written out": lambda a, b, n: path_stack(a, b, 7),
            "size written out": lambda a, b, n: path_stack(a, b, 5),
            "itself is missing": lambda a, b, n: path_stack(a, b, n) - a,
            "walks away": lambda a, b, n: path_stack(a, 2 * a - b, n),
            "Every row is the middle": lambda a, b, n: torch.stack(
                [(a + b) / 2] * n
            ),
            "dimension too many": lambda a, b, n: path_stack(a, b, n)[None],
            "are a ndarray": lambda a, b, n: path_stack(a, b, n).numpy(),
        },
    ),
}
