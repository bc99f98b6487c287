"""Which faces are worth a person's next second. Pure: arrays in, places in them out.

`features` are (n, d) rows of the faces to choose from, `probabilities` (n, classes) what a model says of
them. Each function returns at most `n` different places, best first; the same generator state gives the same
choice.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from trainer.arrays import Float32Array, FloatArray, IntArray, unit

PER_PLACE = 5
"""Least sure faces that stand for each place of a batch of `clustered_margin`."""
CANDIDATES = 20
"""The same of `herding`: 10 to 30 are alike, 5 and 50 are later at 0.95 (benchmarks/selection.py)."""
REACH = 0.1
"""A face is likened to another by e^-1 when their cosine is so much below 1: 0.1 to 0.4 are alike, 0.05 is
later at 0.95 (benchmarks/selection.py)."""
NEIGHBOURS = 20
"""Of a face, by whose likeness its density is measured (TypiClust, Hacohen et al. 2022)."""
SAMPLED = 4_000
"""From more faces than this so many are drawn before k-means and k-centre: clusters are as many as the
faces of a batch, and each still has dozens of members, so which face stands for it hardly changes."""


LEAST_PER_CLASS = 2
"""Labels of each class from which on a model's doubts are worth more than what is typical."""


def margins(probabilities: FloatArray) -> FloatArray:
    """Best minus second-best probability (n,): 0 where the model cannot decide."""
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])


def entropies(probabilities: FloatArray) -> FloatArray:
    """Shannon entropy (n,) in nats: largest where the model knows least."""
    return np.asarray(-(probabilities * np.log(np.clip(probabilities, 1e-12, 1))).sum(axis=1))


def margin(probabilities: FloatArray, n: int) -> IntArray:
    """The smallest margins first."""
    return np.argsort(margins(probabilities), kind="stable")[:n]


def entropy(probabilities: FloatArray, n: int) -> IntArray:
    """The largest entropies first. With two classes the same as `margin`."""
    return np.argsort(-entropies(probabilities), kind="stable")[:n]


def spread(values: FloatArray, n: int) -> IntArray:
    """n places from the lowest to the highest of `values` (m,), at equal steps of rank."""
    order = np.argsort(values, kind="stable")
    return np.asarray(
        order[np.unique(np.linspace(0, len(order) - 1, min(n, len(order))).round().astype(int))]
    )


def herding(probabilities: FloatArray, features: NDArray[np.floating], n: int) -> IntArray:
    """What covers most doubt of the CANDIDATES · n smallest margins. Only the rows of those are read.

    Uncertainty herding (Bae et al. 2025) among the least sure alone; labelled faces cover nothing, since they
    have made the model sure where they could.
    """
    top = margin(probabilities, n * CANDIDATES)
    return top[cover(1 - margins(probabilities[top]), features[top], n)]


def cover(doubts: FloatArray, features: NDArray[np.floating], n: int) -> IntArray:
    """Again and again the row to which the most of `doubts` (m,) is likest that no chosen row is like yet.

    So one that stands for many comes before one that stands alone, and near repeats come once.
    """
    rows = unit(features)
    likeness = np.exp((rows @ rows.T - 1) / REACH)
    covered = np.zeros(len(rows), np.float32)
    chosen: list[int] = []
    for _ in range(min(n, len(rows))):
        gained = np.maximum(likeness - covered, 0) @ doubts
        gained[chosen] = -1
        chosen.append(int(gained.argmax()))
        covered = np.maximum(covered, likeness[chosen[-1]])
    return np.array(chosen, np.int64)


def clustered_margin(
    probabilities: FloatArray, features: NDArray[np.floating], n: int, chance: np.random.Generator
) -> IntArray:
    """The smallest margin of each of n clusters among the PER_PLACE · n smallest: near repeats come once.

    After Citovsky et al. 2021, with k-means instead of their tree. Only the rows of those few are read.
    """
    top = margin(probabilities, n * PER_PLACE)
    if len(top) <= n:
        return top
    cluster = _clusters(unit(features[top]), n, chance)
    return top[np.sort(np.unique(cluster, return_index=True)[1])]


def density(
    features: NDArray[np.floating],
    n: int,
    chance: np.random.Generator,
    taken: NDArray[np.floating] | None = None,
) -> IntArray:
    """The densest face of each cluster, largest cluster first: where to begin without a model.

    Clusters in which a `taken` face (m, d) lies are left out, so there are as many more (TypiClust,
    Hacohen et al. 2022; density is the mean cosine to the NEIGHBOURS nearest of the cluster).
    """
    some = _some(len(features), chance)
    rows = unit(features[some])
    had = unit(taken) if taken is not None and len(taken) else rows[:0]
    count = min(n + len(had), len(rows) + len(had))
    cluster = _clusters(np.concatenate([rows, had]), count, chance)
    closed = set(cluster[len(rows) :].tolist())
    cluster = cluster[: len(rows)]
    sizes = np.bincount(cluster, minlength=count)
    order = [c for c in np.argsort(-sizes, kind="stable") if sizes[c] and c not in closed][:n]
    return some[[_densest(rows, np.flatnonzero(cluster == c)) for c in order]].astype(np.int64)


def k_centre(
    features: NDArray[np.floating],
    n: int,
    chance: np.random.Generator,
    taken: NDArray[np.floating] | None = None,
) -> IntArray:
    """Again and again the face least like any `taken` or chosen one (Sener & Savarese 2018, greedy)."""
    some = _some(len(features), chance)
    rows = unit(features[some])
    likest = np.full(len(rows), -1.0, np.float32)
    if taken is not None and len(taken):
        likest = (rows @ unit(taken).T).max(axis=1)
    chosen: list[int] = []
    for _ in range(min(n, len(rows))):
        place = int(likest.argmin())
        chosen.append(place)
        likest = np.maximum(likest, rows @ rows[place])
        likest[chosen] = np.inf
    return some[chosen]


def badge(
    probabilities: FloatArray, features: NDArray[np.floating], n: int, chance: np.random.Generator
) -> IntArray:
    """k-means++ on the gradients that each face would give the softmax (Ash et al. 2020).

    A gradient is (p - onehot(best)) ⊗ features, so a product of two gradients is a product of two small ones.
    """
    some = _some(len(features), chance)
    rows, push = np.asarray(features[some], np.float32), probabilities[some].copy()
    push[np.arange(len(some)), push.argmax(axis=1)] -= 1
    lengths = (rows.astype(np.float64) ** 2).sum(axis=1) * (push**2).sum(axis=1)
    chosen = [int(lengths.argmax())]
    nearest = np.full(len(some), np.inf)
    while len(chosen) < min(n, len(some)):
        last = chosen[-1]
        products = (rows @ rows[last]).astype(np.float64) * (push @ push[last])
        nearest = np.minimum(nearest, np.clip(lengths + lengths[last] - 2 * products, 0, None))
        nearest[chosen] = 0
        if (total := nearest.sum()) <= 0:  # the others would teach the model nothing that is new
            rest = np.setdiff1d(np.arange(len(some)), chosen)
            chosen += rest[: n - len(chosen)].tolist()
            break
        chosen.append(int(chance.choice(len(some), p=nearest / total)))
    return some[chosen]


def _some(count: int, chance: np.random.Generator) -> IntArray:
    """All places, or SAMPLED of them."""
    return np.arange(count) if count <= SAMPLED else np.sort(chance.choice(count, SAMPLED, replace=False))


def _clusters(rows: Float32Array, n: int, chance: np.random.Generator) -> NDArray[np.int32]:
    means = KMeans(n, n_init=1, random_state=int(chance.integers(2**31)))
    return np.asarray(means.fit_predict(rows))


def _densest(rows: Float32Array, members: IntArray) -> int:
    alike = np.sort(rows[members] @ rows[members].T, axis=1)[:, -NEIGHBOURS:]
    return int(members[alike.mean(axis=1).argmax()])
