"""How the workbench mixes its batches, on arrays where the right choice is obvious."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.trainer.selection.example_features import clumps, two_classes
from trainer.label_efficiency.compared_strategies import PoolState, workbench_policy
from trainer.selection import policy
from trainer.selection.policy import FacePool, as_candidates, mixed_batches

UNCERTAIN_ONLY = {"uncertain": 1}
MIX = {"uncertain": 70, "control": 10, "novel": 5, "weak": 10, "box": 5}


def face_pool(margins: NDArray[np.float64], features: NDArray[np.float32]) -> FacePool:
    """Every face unlabelled; those with the smallest margins are the least sure."""
    order = np.argsort(margins, kind="stable")
    none_labelled = np.zeros(0, np.int64)
    return FacePool(
        np.arange(len(margins)),
        none_labelled,
        lambda ids: (ids, features[ids]),
        lambda ids: (ids, features[none_labelled]),
        {int(index): float(margins[index]) for index in order},
    )


def test_a_face_that_represents_many_comes_first_and_near_repeats_come_once() -> None:
    points, of = clumps([3, 9, 1], width=0.05)
    state = PoolState(
        points, two_classes([0.50] * 3 + [0.52] * 9 + [0.5]), points[:0], np.random.default_rng(0)
    )
    assert of[workbench_policy(state, 3, UNCERTAIN_ONLY)].tolist() == [1, 0, 2]


def test_certain_faces_are_left_out_however_many_they_are() -> None:
    points, of = clumps([100, 3])
    state = PoolState(points, two_classes([1.0] * 100 + [0.5] * 3), points[:0], np.random.default_rng(0))
    assert of[workbench_policy(state, 1, UNCERTAIN_ONLY)].tolist() == [1]


@pytest.mark.parametrize("with_model", [True, False])
def test_a_simulated_batch_has_the_size_asked_for_and_no_duplicates(with_model: bool) -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 8)).astype(np.float32)
    probabilities = rng.dirichlet([1, 1], 200) if with_model else None
    chosen = workbench_policy(PoolState(points, probabilities, points[:0], rng), 10, MIX)
    assert len(set(chosen.tolist())) == 10


def test_each_batch_has_the_shares_of_the_mix_and_uncertain_faces_fill_what_is_missing() -> None:
    rng = np.random.default_rng(0)
    pool = face_pool(rng.random(400), rng.normal(size=(400, 8)).astype(np.float32))
    extra = {"weak": as_candidates([1000, 1001, 1002], "weak_class", label="mask")}
    chosen = mixed_batches(pool, extra, MIX, [20, 20, 20], rng)
    assert len({candidate.face_id for candidate in chosen}) == 60
    counts = [Counter(candidate.reason for candidate in chosen[start : start + 20]) for start in (0, 20, 40)]
    assert counts[0] == {"control": 2, "novel": 1, "weak_class": 2, "uncertain": 15}
    assert counts[1] == {"control": 2, "novel": 1, "weak_class": 1, "uncertain": 16}
    assert counts[2] == {"control": 2, "novel": 1, "uncertain": 17}
    assert [choice.detail for choice in chosen if choice.reason == "weak_class"] == [{"label": "mask"}] * 3


def test_typical_faces_come_from_the_largest_clusters_without_a_labelled_face() -> None:
    points, of = clumps([40, 10, 20], width=0.05)
    pool = FacePool(
        np.arange(1, 70), np.array([0]), lambda ids: (ids, points[ids]), lambda ids: (ids, points[ids])
    )
    chosen = policy.typical(pool, 2, np.random.default_rng(0))
    assert set(of[chosen].tolist()) == {1, 2}
