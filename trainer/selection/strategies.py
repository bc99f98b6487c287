"""Active-learning strategies: which faces to label next. Arrays in, row indices out.

`features` are (m, d) rows of the candidates and `probabilities` their (m, classes) predicted probabilities.
Each strategy returns at most `n` different row indices, best first; the same generator state gives the same
choice.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from trainer.arrays import Float32Array, FloatArray, IntArray, unit

CLUSTERED_PER_FACE = 5
"""Smallest margins that `clustered_margin` clusters for each face it returns."""
KERNEL_WIDTH = 0.1
"""Cosine distance at which the similarity of `greedy_coverage` falls to 1/e. 0.1 to 0.4 reach 0.95 balanced
accuracy equally early, 0.05 later (benchmarks/selection.py)."""
NEIGHBOURS = 20
"""Nearest neighbours whose mean similarity is a face's density (TypiClust, Hacohen et al. 2022)."""
MAX_ROWS = 4_000
"""k-means, k-centre and BADGE run on a random sample of this size when there are more candidates. Each of the
`n` clusters still has dozens of members, so the chosen representatives hardly change."""


def margins(probabilities: FloatArray) -> FloatArray:
    """Highest minus second-highest probability (m,): 0 where the model is undecided."""
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])


def entropies(probabilities: FloatArray) -> FloatArray:
    """Shannon entropy (m,) in nats."""
    return np.asarray(-(probabilities * np.log(np.clip(probabilities, 1e-12, 1))).sum(axis=1))


def margin(probabilities: FloatArray, n: int) -> IntArray:
    """Smallest margin first."""
    return np.argsort(margins(probabilities), kind="stable")[:n]


def entropy(probabilities: FloatArray, n: int) -> IntArray:
    """Largest entropy first. With two classes the same as `margin`."""
    return np.argsort(-entropies(probabilities), kind="stable")[:n]


def greedy_coverage(uncertainties: FloatArray, features: NDArray[np.floating], n: int) -> IntArray:
    """Greedily pick the row that adds the most uncertainty-weighted coverage.

    A row is covered by its highest similarity exp((cosine - 1) / KERNEL_WIDTH) to a chosen row (uncertainty
    herding, Bae et al. 2025). A face that represents many uncertain ones therefore comes before an isolated
    one, and only one of several near repeats is picked. `uncertainties` are (m,), not negative.
    """
    rows = unit(features)
    similarity = np.exp((rows @ rows.T - 1) / KERNEL_WIDTH)
    covered = np.zeros(len(rows), np.float32)
    chosen: list[int] = []
    for _ in range(min(n, len(rows))):
        gain = np.maximum(similarity - covered, 0) @ uncertainties
        gain[chosen] = -1
        chosen.append(int(gain.argmax()))
        covered = np.maximum(covered, similarity[chosen[-1]])
    return np.array(chosen, np.int64)


def clustered_margin(
    probabilities: FloatArray, features: NDArray[np.floating], n: int, rng: np.random.Generator
) -> IntArray:
    """The smallest margin of each of n clusters among the CLUSTERED_PER_FACE · n smallest margins.

    After Citovsky et al. 2021, with k-means instead of their hierarchical clustering. Only the rows of these
    candidates are read.
    """
    top = margin(probabilities, n * CLUSTERED_PER_FACE)
    if len(top) <= n:
        return top
    cluster = _clusters(unit(features[top]), n, rng)
    return top[np.sort(np.unique(cluster, return_index=True)[1])]


def density(
    features: NDArray[np.floating],
    n: int,
    rng: np.random.Generator,
    labelled: NDArray[np.floating] | None = None,
) -> IntArray:
    """The densest face of each cluster, largest cluster first; needs no model.

    Clusters that contain one of the `labelled` rows (k, d) are skipped, so k-means makes n + k of them
    (TypiClust, Hacohen et al. 2022). Density is the mean cosine to the NEIGHBOURS nearest of the cluster.
    """
    sample = _sample(len(features), rng)
    rows = unit(features[sample])
    labelled_rows = unit(labelled) if labelled is not None and len(labelled) else rows[:0]
    count = min(n + len(labelled_rows), len(rows) + len(labelled_rows))
    cluster = _clusters(np.concatenate([rows, labelled_rows]), count, rng)
    skipped = set(cluster[len(rows) :].tolist())
    cluster = cluster[: len(rows)]
    sizes = np.bincount(cluster, minlength=count)
    order = [c for c in np.argsort(-sizes, kind="stable") if sizes[c] and c not in skipped][:n]
    return sample[[_densest(rows, np.flatnonzero(cluster == c)) for c in order]].astype(np.int64)


def k_centre(
    features: NDArray[np.floating],
    n: int,
    rng: np.random.Generator,
    labelled: NDArray[np.floating] | None = None,
) -> IntArray:
    """Greedily pick the row least similar to all `labelled` (k, d) and chosen (Sener & Savarese 2018)."""
    sample = _sample(len(features), rng)
    rows = unit(features[sample])
    highest = np.full(len(rows), -1.0, np.float32)
    if labelled is not None and len(labelled):
        highest = (rows @ unit(labelled).T).max(axis=1)
    chosen: list[int] = []
    for _ in range(min(n, len(rows))):
        index = int(highest.argmin())
        chosen.append(index)
        highest = np.maximum(highest, rows @ rows[index])
        highest[chosen] = np.inf
    return sample[chosen]


def badge(
    probabilities: FloatArray, features: NDArray[np.floating], n: int, rng: np.random.Generator
) -> IntArray:
    """k-means++ on the gradients of the softmax layer for the predicted labels (BADGE, Ash et al. 2020).

    A gradient is (p - onehot(argmax p)) ⊗ features, so the inner product of two gradients is the product of
    the two small inner products, and no gradient is ever stored.
    """
    sample = _sample(len(features), rng)
    rows, errors = np.asarray(features[sample], np.float32), probabilities[sample].copy()
    errors[np.arange(len(sample)), errors.argmax(axis=1)] -= 1
    lengths = (rows.astype(np.float64) ** 2).sum(axis=1) * (errors**2).sum(axis=1)
    chosen = [int(lengths.argmax())]
    nearest = np.full(len(sample), np.inf)
    while len(chosen) < min(n, len(sample)):
        last = chosen[-1]
        products = (rows @ rows[last]).astype(np.float64) * (errors @ errors[last])
        nearest = np.minimum(nearest, np.clip(lengths + lengths[last] - 2 * products, 0, None))
        nearest[chosen] = 0
        if (total := nearest.sum()) <= 0:  # every remaining gradient repeats a chosen one
            rest = np.setdiff1d(np.arange(len(sample)), chosen)
            chosen += rest[: n - len(chosen)].tolist()
            break
        chosen.append(int(rng.choice(len(sample), p=nearest / total)))
    return sample[chosen]


def _sample(count: int, rng: np.random.Generator) -> IntArray:
    """All row indices, or MAX_ROWS of them at random, ascending."""
    return np.arange(count) if count <= MAX_ROWS else np.sort(rng.choice(count, MAX_ROWS, replace=False))


def _clusters(rows: Float32Array, n: int, rng: np.random.Generator) -> NDArray[np.int32]:
    means = KMeans(n, n_init=1, random_state=int(rng.integers(2**31)))
    return np.asarray(means.fit_predict(rows))


def _densest(rows: Float32Array, members: IntArray) -> int:
    """The member with the highest mean similarity to its NEIGHBOURS nearest members."""
    nearest = np.sort(rows[members] @ rows[members].T, axis=1)[:, -NEIGHBOURS:]
    return int(members[nearest.mean(axis=1).argmax()])
