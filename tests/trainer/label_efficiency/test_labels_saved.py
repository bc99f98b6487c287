"""Labels saved: its parts, on small arrays."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from trainer.arrays import Float32Array, IntArray
from trainer.evaluation.metrics import resampled_balanced_accuracy
from trainer.label_efficiency import labels_saved, random_baseline
from trainer.label_efficiency.random_baseline import REPLAYS, AnsweredPool, RandomBaseline
from trainer.label_efficiency.simulate import LabelledFaces, fit


def blobs(n: int, far: float, seed: int = 0, d: int = 6) -> LabelledFaces:
    """n faces of n / 4 people, two classes `far` standard deviations to either side."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) // 4
    labels = group % 2
    rows = rng.normal(size=(n, d)) + far * np.outer(2 * labels - 1, np.eye(d)[0])
    return LabelledFaces(rows.astype(np.float32), labels, group)


def test_a_curve_is_crossed_between_its_sizes_in_log_labels() -> None:
    sizes = np.array([10, 100, 1000])
    assert labels_saved.crossing(sizes, np.array([0.6, 0.8, 0.9]), 0.85) == (pytest.approx(10**2.5), False)
    assert labels_saved.crossing(sizes, np.array([0.6, 0.8, 0.9]), 0.5) == (10, False)
    assert labels_saved.crossing(sizes, np.array([0.6, 0.8, 0.9]), 0.91) == (1000, True)


def test_a_curve_that_falls_is_levelled_before_it_is_crossed() -> None:
    sizes = np.array([10, 100, 1000])
    assert labels_saved.crossing(sizes, np.array([0.6, 0.9, 0.8]), 0.87) == (1000, True)
    assert labels_saved.crossing(sizes, np.array([0.65, 0.9, 0.8]), 0.75) == (pytest.approx(10**1.5), False)


def test_balanced_accuracy_of_resamples() -> None:
    labels = np.array([0, 0, 0, 1])
    hits = np.array([[True, True, False, False], [True, True, True, True]])
    faces = np.array([[1.0, 1, 1, 1], [0, 0, 2, 2], [4, 0, 0, 0]])
    accuracies = resampled_balanced_accuracy(hits, labels, faces)
    assert accuracies == pytest.approx(np.array([[1 / 3, 1.0], [0.0, 1.0], [0.5, 0.5]]))


def replays(reached: float) -> tuple[RandomBaseline, np.ndarray, np.ndarray]:
    """Of 400 faces of 400 people: of each class 60, 70, 80, 90 % right at 10, 100, 1000, 10000 labels."""
    labels, rank = np.arange(400) % 2, np.arange(400) // 2 / 200
    random = np.array([rank < share for share in (0.6, 0.7, 0.8, 0.9)])
    baseline = RandomBaseline(10 ** np.arange(1, 5), np.stack([random] * REPLAYS), rank < reached)
    return baseline, labels, np.arange(400)


@pytest.mark.parametrize(("reached", "needed"), [(0.65, 10**1.5), (0.75, 10**2.5), (0.85, 10**3.5)])
def test_labels_needed_are_where_the_curve_of_random_labels_reaches_the_accuracy(
    reached: float, needed: float
) -> None:
    needed_labels, low, high, capped = labels_saved._labels_needed(
        *replays(reached), np.random.default_rng(0)
    )
    assert needed_labels == pytest.approx(needed, rel=0.01)
    assert low < needed / 1.1
    assert high > needed * 1.1
    assert not capped


def test_accuracy_that_random_never_reaches_is_capped_at_the_pool() -> None:
    needed_labels, low, high, capped = labels_saved._labels_needed(*replays(0.99), np.random.default_rng(0))
    assert (needed_labels, low, high, capped) == (10**4, 10**4, 10**4, True)


def test_models_that_agree_on_every_face_leave_uncertainty() -> None:
    _, labels, groups = replays(0.9)
    assert labels_saved._discordance_sd(labels, groups) == pytest.approx(0.0035, rel=0.02)
    assert labels_saved._discordance_sd(labels, groups // 8) > 0.004


def test_drawn_labels_are_as_frequent_as_the_random_faces_say() -> None:
    """Of the chosen faces half are of class 1, of the random ones and the pool one in ten."""
    rng = np.random.default_rng(0)
    chosen, random, pool = blobs(200, 0.3, 1), _few(400, 2), _few(4000, 3)
    labelled = random_baseline._concatenate(chosen, random)
    mask = np.arange(600) >= 200
    drawn = random_baseline._impute(labelled, mask, pool.features, rng)
    assert drawn.mean() == pytest.approx(pool.labels.mean(), abs=0.04)
    assert random_baseline._impute(labelled, mask, pool.features[:0], rng).shape == (0,)


def _few(n: int, seed: int) -> LabelledFaces:
    """Faces of whom a tenth is of class 1."""
    many = blobs(10 * n, 0.3, seed)
    ones, zeros = (np.flatnonzero(many.labels == k) for k in (1, 0))
    rows = np.concatenate([ones[: n // 10], zeros[: n - n // 10]])
    return LabelledFaces(many.features[rows], many.labels[rows], np.arange(n) + 10_000)


def test_no_person_is_in_two_parts_of_the_locked_people() -> None:
    groups = np.random.default_rng(0).integers(20, 50, 300)
    parts = random_baseline._locked_parts(groups, np.random.default_rng(1))
    assert (np.sum(parts, axis=0) == 1).all()
    assert sum(len(np.unique(groups[part])) for part in parts) == len(np.unique(groups))


@pytest.mark.slow
def test_the_model_that_draws_labels_never_learned_from_the_people_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool, locked = blobs(100, 0.7), blobs(80, 0.7, 1)
    locked = LabelledFaces(locked.features, locked.labels, locked.groups + 1000)
    drew, asked = [], []
    impute, one_order = random_baseline._impute, random_baseline._one_order

    def watched_impute(*arguments: Any) -> Any:
        drew.append(set(arguments[0].groups))
        return impute(*arguments)

    def watched_order(*arguments: Any) -> Any:
        asked.append(set(arguments[3].groups))
        return one_order(*arguments)

    monkeypatch.setattr(random_baseline, "REPLAYS", 1)
    monkeypatch.setattr(random_baseline, "_impute", watched_impute)
    monkeypatch.setattr(random_baseline, "_one_order", watched_order)
    half = random_baseline._rows(pool, np.arange(100) < 50)
    answered = AnsweredPool(half, np.arange(50) < 5, pool.features[50:], locked)
    random_baseline.replay_random(answered, np.random.default_rng(0), lambda: None)
    assert [learned & measured for learned, measured in zip(drew, asked, strict=True)] == [set()] * 3
    assert all(set(half.groups) < learned for learned in drew)
    assert set.union(*asked) == set(locked.groups)


def test_a_model_of_one_class_predicts_that_class() -> None:
    on = blobs(8, 1.0)
    hits = random_baseline.is_correct(on.features[:2], np.array([1, 1]), on)
    assert hits.tolist() == (on.labels == 1).tolist()


def test_reduced_rows_keep_their_distances() -> None:
    rows = np.random.default_rng(0).normal(size=(150, 5)) @ np.random.default_rng(1).normal(size=(5, 100))
    first, second = random_baseline.reduce_dimensions([rows[:100], rows[100:]])
    assert (first.shape, second.shape) == ((100, 64), (50, 64))
    assert np.linalg.norm(first[0] - second[0]) == pytest.approx(
        np.linalg.norm(rows[0] - rows[100]), rel=1e-3
    )


@pytest.mark.parametrize(
    ("labels", "control", "locked", "text"),
    [
        (100, 10, 100, None),
        (40, 10, 100, labels_saved.FEW_LABELS),
        (100, 4, 100, labels_saved.FEW_CONTROL),
        (100, 10, 36, labels_saved.FEW_LOCKED),
        (100, 10, 44, labels_saved.FEW_PEOPLE),
    ],
)
def test_too_few_answers_are_explained(labels: int, control: int, locked: int, text: str | None) -> None:
    reason = labels_saved.too_little(blobs(labels, 1.0), np.arange(labels) < control, blobs(locked, 1.0))
    assert (reason and reason[0]) == text
    assert reason is None or str(reason[1]["least"]) in reason[0] % reason[1]


def test_a_locked_set_of_one_class_is_too_small() -> None:
    both = blobs(200, 1.0)
    one_class = LabelledFaces(both.features, both.labels * 0, both.groups)
    assert labels_saved.too_little(both, np.arange(200) < 20, one_class) == (
        labels_saved.FEW_LOCKED,
        {"n": 0, "least": 20},
    )


def test_the_figure_is_reproducible_and_consistent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_baseline, "REPLAYS", 2)
    monkeypatch.setattr(random_baseline, "SIZES", 5)
    pool, locked = blobs(300, 0.7), blobs(80, 0.7, 1)
    labelled = LabelledFaces(pool.features[:60], pool.labels[:60], pool.groups[:60])
    answered = AnsweredPool(labelled, np.arange(60) < 8, pool.features[60:], locked)
    saved, repeated = (labels_saved.labels_saved(answered, seed=3) for _ in range(2))
    assert saved == repeated
    assert saved["labels"] - 60 == saved["value"]
    assert -60 <= saved["low"] <= saved["value"] <= saved["high"] <= 240
    assert (saved["pool"], saved["control"], saved["n"]) == (300, 8, 80)


@pytest.mark.slow
def test_the_number_and_size_of_the_fitted_heads_do_not_grow_with_the_features(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real workbench has features of 1,280 numbers, and an estimate must take seconds, not minutes."""
    columns = []

    def recorded_fit(features: Float32Array, labels: IntArray) -> LogisticRegression:
        columns.append(features.shape[1])
        return fit(features, labels)

    monkeypatch.setattr(random_baseline, "fit", recorded_fit)
    pool, locked = blobs(300, 0.7, d=1280), blobs(80, 0.7, 1, d=1280)
    labelled = LabelledFaces(pool.features[:60], pool.labels[:60], pool.groups[:60])
    labels_saved.labels_saved(AnsweredPool(labelled, np.arange(60) < 8, pool.features[60:], locked))
    heads_a_fold = random_baseline.SIZES + 1 + 3  # of each size, of the known faces, and to calibrate these
    assert set(columns) == {random_baseline.DIMENSIONS}
    assert len(columns) <= random_baseline.REPLAYS * random_baseline.FOLDS * heads_a_fold + 1
