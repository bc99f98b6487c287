"""Replayed labelling: what each strategy may see, and the curves and summary that result."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from db import families
from tests.workbench_process import ROOT, wait_until
from trainer.errors import NotEnoughLabels
from trainer.label_efficiency import simulate
from trainer.label_efficiency.compared_strategies import STRATEGIES, PoolState
from trainer.label_efficiency.labelled_pool import require_both_halves
from trainer.label_efficiency.simulate import (
    BATCH,
    START,
    LabelledFaces,
    halves,
    labels_to,
    replay,
)
from trainer.label_efficiency.summary import grid, summary
from trainer.label_efficiency.worker import labels_replayed

NAMES = ("mask", "nomask")


def pool(count: int = 400, groups: int = 0, seed: int = 0) -> LabelledFaces:
    """One class in twenty is rare and lies apart, so that random choice meets it late."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < 0.05).astype(np.int64)
    labels[:10] = 1
    features = rng.normal(size=(count, 16)).astype(np.float32)
    features[:, :2] += 3 * labels[:, None]
    members = np.arange(count) if not groups else rng.integers(0, groups, count)
    return LabelledFaces(features, labels, members.astype(np.int64))


def state(faces: LabelledFaces, with_model: bool, seed: int = 0) -> PoolState:
    probabilities = None
    if with_model:
        first = np.random.default_rng(seed).random(len(faces.labels))
        probabilities = np.column_stack([first, 1 - first])
    return PoolState(faces.features, probabilities, faces.features[:5], np.random.default_rng(seed))


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("with_model", [False, True])
def test_a_strategy_gives_distinct_indices_and_the_same_again(name: str, with_model: bool) -> None:
    faces = pool(120)
    chosen, again = (STRATEGIES[name](state(faces, with_model), 10) for _ in range(2))
    assert 1 <= len(chosen) <= 10
    assert len(set(chosen.tolist())) == len(chosen)
    assert set(chosen.tolist()) <= set(range(120))
    assert chosen.tolist() == again.tolist()
    few = LabelledFaces(faces.features[:4], faces.labels[:4], faces.groups[:4])
    assert sorted(STRATEGIES[name](state(few, with_model), 10).tolist()) in ([0, 1, 2, 3], [])


def test_a_strategy_never_sees_a_face_that_is_measured_on() -> None:
    faces = pool(groups=60)
    seen: list[np.ndarray] = []

    def watching(state: PoolState, n: int) -> np.ndarray:
        seen.extend((state.unlabelled, state.labelled))
        return state.rng.permutation(len(state.unlabelled))[:n]

    replay(faces, watching, 3, 100)
    chosen_from, measured = halves(faces, 3)
    assert not set(faces.groups[chosen_from]) & set(faces.groups[measured])
    assert len(chosen_from) + len(measured) == len(faces.labels)
    looked_at = {row.tobytes() for rows in seen for row in rows}
    assert looked_at == {row.tobytes() for row in faces.features[chosen_from]}
    assert not looked_at & {row.tobytes() for row in faces.features[measured]}


@pytest.mark.parametrize("name", ["default", "badge"])
def test_the_same_seed_gives_the_same_curve_and_another_seed_another(name: str) -> None:
    faces = pool()
    first, repeated, other = (replay(faces, STRATEGIES[name], seed, 80) for seed in (1, 1, 2))
    assert first == repeated
    assert first != other
    assert [labels for labels, _ in first] == [n for n in grid(80) if n >= first[0][0]]


@pytest.mark.slow
def test_margin_beats_random_where_a_class_is_rare() -> None:
    curves = {
        name: [replay(pool(800, seed=seed), STRATEGIES[name], seed, 150) for seed in range(4)]
        for name in ("random", "margin")
    }
    rows = {row["name"]: row for row in summary(curves, 150, 0.95, 2)}
    margin, random = (
        next(point["mean"] for point in rows[name]["at"] if point["labels"] == 100)
        for name in ("margin", "random")
    )
    assert margin > random + 0.02


def test_identical_faces_still_give_a_replay_with_all_its_labels() -> None:
    """k-means finds fewer clusters than faces are asked for, and each of them contains a labelled face."""
    labels = np.arange(120) % 2
    faces = LabelledFaces(np.repeat(labels[:, None], 8, axis=1).astype(np.float32), labels, np.arange(120))
    for name in ("default", "density", "k-centre", "clustered margin", "badge"):
        curve = replay(faces, STRATEGIES[name], 0, 45)
        assert curve[-1] == (45, 1.0), name


def test_a_class_that_never_came_up_counts_as_guessing() -> None:
    rows = summary({"late": [[(40, 0.9)]], "never": [[]]}, 40, 0.8, 2)
    late, never = rows
    assert (late["name"], late["labels"]["median"], late["reached"]) == ("late", 40, 1)
    assert [point["mean"] for point in late["curve"]] == [0.5, 0.5, 0.9]
    assert (never["labels"]["median"], never["reached"], never["at"][-1]["mean"]) == (None, 0, 0.5)


def test_a_median_that_half_the_seeds_never_reach_is_none() -> None:
    short, far = [(20, 0.7), (30, 0.97)], [(20, 0.7), (30, 0.8)]
    assert labels_to(short, 0.95) == 30
    assert labels_to(far, 0.95) is None
    row = summary({"margin": [short, short, far]}, 30, 0.95, 2)[0]
    assert row["labels"] == {"median": 30, "low": 30, "high": None}
    assert summary({"margin": [short, far, far]}, 30, 0.95, 2)[0]["labels"]["median"] is None


def test_how_many_labels_are_replayed() -> None:
    faces = pool(400)
    assert labels_replayed(faces, 3, None) == 100
    assert labels_replayed(faces, 3, 55) == 55
    assert labels_replayed(faces, 3, 9000) == 200
    assert labels_replayed(pool(4000), 1, None) == 400
    assert labels_replayed(pool(60), 1, None) == START + BATCH


@pytest.mark.parametrize(
    ("labels", "groups", "words"),
    [
        ([0] * 80, range(80), "of two classes (there are mask: 80)"),
        ([0] * 20 + [1] * 20, range(40), "at least 60 labelled faces"),
        ([0] * 70 + [1] * 5, range(75), "(there are mask: 70, nomask: 5)"),
        ([0] * 40 + [1] * 40, [0] * 40 + [1] * 40, "so few people"),
    ],
)
def test_too_few_labels_are_refused_with_what_is_needed(labels: list[int], groups: range, words: str) -> None:
    faces = LabelledFaces(np.empty((len(labels), 0), np.float32), np.array(labels), np.array(groups))
    with pytest.raises(NotEnoughLabels) as refused:
        require_both_halves(faces, NAMES[: len(set(labels))], 5)
    assert words in refused.value.message
    assert refused.value.hint


@pytest.mark.slow
def test_replays_in_worker_processes_equal_those_in_this_one() -> None:
    faces = pool(120)
    curves = {(name, seed): curve for name, seed, curve in simulate.replay_all(faces, ["margin"], 2, 40)}
    assert curves == {("margin", seed): replay(faces, STRATEGIES["margin"], seed, 40) for seed in (0, 1)}


LONG = """
import numpy as np
from trainer.label_efficiency import simulate
from trainer.label_efficiency.compared_strategies import STRATEGIES
if __name__ == "__main__":
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 4000)
    faces = simulate.LabelledFaces(rng.normal(size=(4000, 256)).astype("f4"), labels, np.arange(4000))
    for name, seed, curve in simulate.replay_all(faces, list(STRATEGIES), 20, 2000):
        pass
"""


@pytest.mark.slow
def test_the_workers_of_a_killed_process_end_with_it(tmp_path: "os.PathLike[str]") -> None:
    program = os.path.join(tmp_path, "long.py")
    with open(program, "w") as file:
        file.write(LONG)
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program], env=env, cwd=ROOT) as parent:
        process = psutil.Process(parent.pid)
        wait_until(lambda: len(process.children()) >= 2, 60, "its workers are there")
        time.sleep(3)  # until they compute
        workers = process.children()
        parent.send_signal(signal.SIGKILL)
    families.wait_until_gone(workers, 10)
    assert [worker for worker in workers if not families.is_gone(worker)] == []
