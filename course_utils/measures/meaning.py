"""What vectors of words and of sentences know, on five axes.

`encode` is any function that turns lists of words into vectors (N, D), one a
sentence. `vectors` is a table of words, (V, D).
"""

import torch
from torch.nn.functional import normalize

from course_utils.measures.codes import ridge_accuracy


def distance_moved(encode, sentences, change):
    """How far a change of the words moves a sentence's vector: a float.

    change: a function of a list of words. 0: not at all, 1: as far as two
    unrelated sentences are apart. Means over all sentences.
    """
    if len(sentences) < 2:
        raise ValueError("distance_moved needs two sentences or more")
    z, moved = encode(sentences), encode([change(s) for s in sentences])
    unrelated = (z - z.roll(1, dims=0)).norm(dim=1).mean()
    if unrelated == 0:
        raise ValueError("all sentences have the same vector")
    return ((z - moved).norm(dim=1).mean() / unrelated).item()


def nearest_words(vectors, words, word, count=5):
    """The words whose vectors are most similar, best first: a list.

    vectors: (V, D), words: V names, as in `Vocabulary.words`. Similar: the
    cosine of the angle. The word itself and rows of zeros are left out.
    """
    unit = normalize(torch.as_tensor(vectors).float(), dim=1)
    if len(unit) != len(words) or word not in words:
        raise ValueError(
            f"{len(unit)} vectors for {len(words)} words, and {word!r} must "
            "be one of these"
        )
    row = words.index(word)
    if not unit[row].any():
        raise ValueError(f"the vector of {word!r} is all zeros")
    order = (unit @ unit[row]).argsort(descending=True, stable=True)
    others = [i for i in order.tolist() if i != row and unit[i].any()]
    return [words[i] for i in others[:count]]


def analogy_places(vectors, a, b, c, d):
    """Where row d stands beside b - a + c, and beside c alone: two ints.

    vectors: a table (V, D); a, b, c, d: rows. 1 is the most similar, by the
    cosine; a, b and c are left out. The second place is the baseline: what
    the arithmetic adds to it is what the analogy is worth.
    """
    if len({a, b, c, d}) < 4:
        raise ValueError("an analogy wants four different rows")
    unit = normalize(torch.as_tensor(vectors).float(), dim=1)
    places = []
    for vector in (vectors[b] - vectors[a] + vectors[c], vectors[c]):
        cosine = unit @ normalize(vector.float(), dim=0)
        cosine[[a, b, c]] = -2
        places.append(int((cosine > cosine[d]).sum()) + 1)
    return tuple(places)


def counted_neighbours(centre, near, size):
    """How often each word stands near each other word: (size, size).

    centre, near: numbers of words (P,), the pairs. Square roots of the
    counts, so that the most frequent words are not everything.
    """
    if centre.shape != near.shape:
        raise ValueError(
            "each centre needs its neighbour; got "
            f"{tuple(centre.shape)} and {tuple(near.shape)}"
        )
    places = centre * size + near
    counts = torch.bincount(places, minlength=size * size)
    return counts.view(size, size).sqrt()


def linear_accuracy(z, labels, count, draws=1, seed=0):
    """Accuracy of a linear classifier that is told `count` labels: a float.

    z: vectors (N, D). labels: a list of one for each. Ridge regression, its
    strength chosen by cross-validation. The mean over `draws` choices of the
    labelled ones, and over the classes, so that guessing gives 1 / classes.
    """
    from sklearn.model_selection import train_test_split  # slow to import

    x, found = torch.as_tensor(z).double().numpy(), []
    if len(x) != len(labels) or not 0 < count < len(x):
        raise ValueError(
            "linear_accuracy wants a label for each vector, and fewer to be "
            f"told than there are; got {len(x)} vectors, {len(labels)} "
            f"labels, {count} to be told"
        )
    strengths = 1, 10, 100, 1000
    for draw in range(draws):
        options = {"train_size": count, "random_state": 1000 * seed + draw}
        told, asked, y_told, y_asked = train_test_split(
            x, labels, stratify=labels, **options
        )
        found.append(ridge_accuracy(told, y_told, asked, y_asked, strengths))
    return sum(found) / len(found)


def words_named(z, words, new_z, new_words):
    """Share of a new sentence's words that a linear read-out names: a float.

    z, new_z: vectors (N, D), (M, D). words, new_words: which words each
    sentence holds, 0 or 1, (N, V), (M, V). The read-out is fitted on the
    first pair by ridge regression, and is told how many words to name.
    """
    if len(z) != len(words) or len(new_z) != len(new_words):
        raise ValueError(
            f"words_named wants a row of words for each vector; got {len(z)} "
            f"and {len(words)}, {len(new_z)} and {len(new_words)}"
        )
    mean, std = z.mean(dim=0), z.std(dim=0) + 1e-6
    z, new_z = (z - mean) / std, (new_z - mean) / std
    ridge = z.T @ z + 10 * torch.eye(z.shape[1])
    scores = new_z @ torch.linalg.solve(ridge, z.T @ words.float())
    place = scores.argsort(dim=1, descending=True).argsort(dim=1)
    named = place < new_words.sum(dim=1, keepdim=True)
    return ((named * new_words).sum() / new_words.sum()).item()


def subject_search(z, subjects, q, q_subjects):
    """Share of queries whose most similar sentence has their subject.

    z: vectors (N, D) of known sentences, q: (M, D) of queries; subjects: a
    list of one for each. Similar: the cosine, once the mean of z is taken
    off.
    """
    if len(z) != len(subjects) or len(q) != len(q_subjects):
        raise ValueError(
            f"subject_search wants a subject for each vector; got {len(z)} "
            f"and {len(subjects)}, {len(q)} and {len(q_subjects)}"
        )
    mean = z.mean(dim=0)
    z, q = (normalize(part - mean, dim=1) for part in (z, q))
    best = (q @ z.T).argmax(dim=1).tolist()
    right = [subjects[i] == y for i, y in zip(best, q_subjects, strict=True)]
    return sum(right) / len(right)


def winners(table, within=0.0):
    """Who is best in each row of a DataFrame: a list of names.

    within: whoever is so close to the best is named as well.
    """
    if not table.shape[1]:
        raise ValueError("the table has no columns to win")
    close = table.ge(table.max(axis=1) - within, axis=0).to_numpy()
    return [", ".join(table.columns[row]) for row in close]
