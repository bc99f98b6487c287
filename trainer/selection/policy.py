"""How the workbench itself chooses faces: one rule for the review plan and for its simulation.

Without a model the typical faces come first. With one, each batch is mixed from several kinds of candidates
by the shares of REVIEW_MIX; what the other kinds leave free is filled with uncertain faces.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.arrays import IntArray
from trainer.selection import strategies

UNCERTAIN_PER_FACE = 30
"""Least sure faces considered for each face of a batch. 10 to 30 reach 0.95 balanced accuracy equally early,
5 and 50 later (benchmarks/selection.py)."""
NOVELTY_SAMPLE = 1500
"""Candidates, and labelled faces, among which novelty is measured."""
TYPICAL_SAMPLE = 2000
"""Candidates, and labelled faces, among which typical faces are looked for."""

FeaturesOf = Callable[[list[int]], tuple[Sequence[int], NDArray[np.floating]]]
"""Feature rows (m, d) of faces, and the ids of those that have any, in the same order."""


class Candidate(NamedTuple):
    """A face to choose, the reason for it, and the values for the reason's text."""

    face_id: int
    reason: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class FacePool:
    """Faces to choose from.

    `unlabelled` (n,) and `labelled` (k,) are ids in random order, so that their first entries are a sample.
    `least_sure` maps the UNCERTAIN_PER_FACE · batch least sure of the unlabelled to their margins, ascending.
    """

    unlabelled: IntArray
    labelled: IntArray
    features: FeaturesOf
    labelled_features: FeaturesOf
    least_sure: Mapping[int, float] = field(default_factory=dict)


def typical(pool: FacePool, n: int, rng: np.random.Generator) -> list[int]:
    """Ids of the n most typical faces of a pool without a model, unlike those that are labelled."""
    ids, features = pool.features(pool.unlabelled[:TYPICAL_SAMPLE].tolist())
    _, labelled = pool.labelled_features(pool.labelled[:TYPICAL_SAMPLE].tolist())
    return [ids[index] for index in strategies.density(features, n, rng, labelled)]


def mixed_batches(
    pool: FacePool,
    extra: Mapping[str, Iterable[Candidate]],
    mix: Mapping[str, int],
    sizes: Sequence[int],
    rng: np.random.Generator,
) -> list[Candidate]:
    """Batches of these `sizes`, one after the other, mixed by the shares of `mix`; no face comes twice.

    `extra` holds the candidates of kinds that cannot be derived from the pool, best first. A kind without
    candidates leaves its place to the uncertain ones.
    """
    count = sum(sizes)
    kinds = {
        "control": as_candidates(pool.unlabelled[:count], "control"),
        "novel": as_candidates(_novel(pool, count // 4, rng), "novel"),
        "uncertain": as_candidates(_uncertain(pool, count), "uncertain"),
    }
    candidates = {kind: iter(listed) for kind, listed in (kinds | dict(extra)).items()}
    taken: set[int] = set()
    chosen: list[Candidate] = []
    for size in sizes:
        batch: list[Candidate] = []
        for kind, quota in _quotas(mix, size).items():
            batch += _take(candidates.get(kind, iter(())), taken, quota)
        chosen += batch + _take(candidates["uncertain"], taken, size - len(batch))
    return chosen


def as_candidates(ids: Iterable[int], reason: str, **detail: Any) -> list[Candidate]:
    return [Candidate(int(id), reason, detail) for id in ids]


def _novel(pool: FacePool, n: int, rng: np.random.Generator) -> list[int]:
    """Of a sample, the faces least similar to anything labelled."""
    ids, features = pool.features(pool.unlabelled[-NOVELTY_SAMPLE:].tolist())
    _, labelled = pool.labelled_features(pool.labelled[:NOVELTY_SAMPLE].tolist())
    return [ids[index] for index in strategies.k_centre(features, n, rng, labelled)]


def _uncertain(pool: FacePool, n: int) -> list[int]:
    """Of the least sure, the n that cover the most uncertainty; then the others in their order."""
    ids, features = pool.features(list(pool.least_sure))
    uncertainties = 1 - np.array([pool.least_sure[id] for id in ids])
    best = [ids[index] for index in strategies.greedy_coverage(uncertainties, features, n)]
    return list(dict.fromkeys([*best, *ids]))


def _quotas(mix: Mapping[str, int], size: int) -> dict[str, int]:
    """Faces of each kind in a batch, without the uncertain ones, which fill the rest."""
    total = sum(mix.values())
    return {kind: round(size * share / total) for kind, share in mix.items() if kind != "uncertain"}


def _take(candidates: Iterator[Candidate], taken: set[int], count: int) -> list[Candidate]:
    """The next `count` candidates that are not taken yet; adds them to `taken`."""
    chosen: list[Candidate] = []
    while len(chosen) < count and (candidate := next(candidates, None)) is not None:
        if candidate.face_id not in taken:
            taken.add(candidate.face_id)
            chosen.append(candidate)
    return chosen
