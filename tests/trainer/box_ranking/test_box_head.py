"""The box head on made-up proposals: its ranking, its calibration, and when it refuses to be fitted."""

from typing import Any

import numpy as np

from trainer.arrays import Float32Array
from trainer.box_ranking import box_head
from trainer.box_ranking.box_head import BoxHead, DetectorOutputs


def planted(count: int, seed: int = 0) -> tuple[Float32Array, np.ndarray, np.ndarray]:
    """Proposals, eight to a photo, whose crops separate faces better than the detector's confidence does."""
    rng = np.random.default_rng(seed)
    is_face = rng.random(count) < 0.4
    crop, wide = rng.normal(0, 0.5, (2, count, 100))
    crop[:, :20] += np.where(is_face, 0.15, -0.15)[:, None]
    confidence = 1 / (1 + np.exp(-rng.normal(np.where(is_face, 0.5, -0.5), 1.5)))
    detected = DetectorOutputs(
        confidence,
        np.where(rng.random(count) < 0.5, confidence, np.nan),
        np.full(count, 0.1),
        np.zeros(count),
    )
    return box_head.inputs([crop, wide], detected), is_face, np.arange(count) // 8


def fit_head(*args: Any) -> BoxHead:
    fitted = box_head.fit(*args)
    assert fitted is not None
    return fitted.head


def auc(scores: np.ndarray, is_face: np.ndarray) -> float:
    """Area under the ROC curve."""
    return float((scores[is_face][:, None] > scores[~is_face][None, :]).mean())


def test_the_head_ranks_unseen_proposals_better_than_the_detector() -> None:
    rows, is_face, photos = planted(900)
    head = fit_head(rows[:300], is_face[:300], photos[:300])
    confidence = rows[300:, -box_head.DETECTOR_COLUMNS]
    assert auc(head.scores(rows[300:]), is_face[300:]) > auc(confidence, is_face[300:]) + 0.1


def test_probabilities_are_calibrated_on_unseen_proposals() -> None:
    rows, is_face, photos = planted(3000, 1)
    head = fit_head(rows[:600], is_face[:600], photos[:600])
    probabilities = box_head.probabilities(head.scores(rows[600:]))
    bins = (probabilities * 5).astype(int)
    gaps = [
        (bins == b).mean() * abs(is_face[600:][bins == b].mean() - probabilities[bins == b].mean())
        for b in np.unique(bins)
    ]
    assert sum(gaps) < 0.05


def test_no_head_is_fitted_on_few_answers_or_on_one_kind_of_answer() -> None:
    rows, is_face, photos = planted(300)
    assert box_head.fit(rows[:40], is_face[:40], photos[:40]) is None
    assert box_head.fit(rows[is_face], is_face[is_face], photos[is_face]) is None
    assert not box_head.enough_answers(is_face[:0])


def test_the_detector_columns_of_drawn_faces_are_ignored() -> None:
    rows, is_face, photos = planted(300)
    drawn = is_face & (np.arange(300) % 2 == 0)
    spoilt = rows.copy()
    spoilt[drawn, -box_head.DETECTOR_COLUMNS :] = 100
    once, again = (fit_head(inputs, is_face, photos, drawn) for inputs in (rows, spoilt))
    np.testing.assert_allclose(once.scores(rows), again.scores(rows))


def test_a_head_survives_saving_and_loading() -> None:
    rows, is_face, photos = planted(200)
    head = fit_head(rows, is_face, photos)
    np.testing.assert_allclose(BoxHead.from_dict(head.as_dict()).scores(rows), head.scores(rows))


def test_the_eye_angle_is_in_degrees_and_0_without_keypoints() -> None:
    assert box_head.eye_angle({"left_eye": [0, 0], "right_eye": [10, 10]}) == 45
    assert box_head.eye_angle(None) == 0


def test_out_of_fold_scores_are_as_good_as_scores_of_unseen_proposals() -> None:
    rows, is_face, photos = planted(300)
    fitted = box_head.fit(rows, is_face, photos)
    assert fitted is not None
    in_sample, out_of_fold = auc(fitted.head.scores(rows), is_face), auc(fitted.out_of_fold, is_face)
    unseen, truth, _ = planted(2000, 5)
    assert in_sample > out_of_fold + 0.02
    assert abs(out_of_fold - auc(fitted.head.scores(unseen), truth)) < 0.06


def test_no_head_is_fitted_when_the_features_are_all_alike() -> None:
    rows, is_face, photos = planted(160)
    rows[:] = rows[0]  # out of fold, only the share of faces elsewhere differs, which ranks wrongly
    assert box_head.fit(rows, is_face, photos) is None


def test_a_box_loses_log_odds_by_its_overlap_with_a_better_box_of_the_photo() -> None:
    scores = np.array([3.0, 2.0, 2.0, 1.0])
    boxes = np.array([[0, 0, 10, 10], [0, 5, 10, 10], [0, 5, 10, 10], [20, 0, 5, 5]], float)
    penalised = box_head.penalise_overlaps(scores, boxes, np.array([1, 1, 2, 1]))
    assert penalised.tolist() == [3.0, 2.0 - box_head.OVERLAP_PENALTY / 3, 2.0, 1.0]
    assert box_head.penalise_overlaps(scores[:0], boxes[:0], np.zeros(0, np.int64)).shape == (0,)
