"""The box head on planted proposals: it learns, is calibrated, and holds back while it knows too little."""

from typing import Any

import numpy as np

from trainer.arrays import Float32Array
from trainer.box_ranking import box_head
from trainer.box_ranking.box_head import BoxHead, Told


def planted(count: int, seed: int = 0) -> tuple[Float32Array, np.ndarray, np.ndarray]:
    """Proposals of which the crop says more than the detector; eight to a photo."""
    chance = np.random.default_rng(seed)
    is_face = chance.random(count) < 0.4
    crop, wide = chance.normal(0, 0.5, (2, count, 100))
    crop[:, :20] += np.where(is_face, 0.15, -0.15)[:, None]
    confidence = 1 / (1 + np.exp(-chance.normal(np.where(is_face, 0.5, -0.5), 1.5)))
    told = Told(
        confidence,
        np.where(chance.random(count) < 0.5, confidence, np.nan),
        np.full(count, 0.1),
        np.zeros(count),
    )
    return box_head.inputs([crop, wide], told), is_face, np.arange(count) // 8


def fitted(*given: Any) -> BoxHead:
    found = box_head.fit(*given)
    assert found is not None
    return found.head


def ranks(scores: np.ndarray, is_face: np.ndarray) -> float:
    """Area under the ROC curve."""
    return float((scores[is_face][:, None] > scores[~is_face][None, :]).mean())


def test_it_ranks_better_than_the_detector_on_proposals_it_never_saw() -> None:
    rows, is_face, photos = planted(900)
    head = fitted(rows[:300], is_face[:300], photos[:300])
    confidence = rows[300:, -box_head.COLUMNS]
    assert ranks(head.scores(rows[300:]), is_face[300:]) > ranks(confidence, is_face[300:]) + 0.1


def test_of_what_it_calls_likely_so_many_are_faces() -> None:
    rows, is_face, photos = planted(3000, 1)
    head = fitted(rows[:600], is_face[:600], photos[:600])
    chances = box_head.chances(head.scores(rows[600:]))
    bins = (chances * 5).astype(int)
    gaps = [
        (bins == b).mean() * abs(is_face[600:][bins == b].mean() - chances[bins == b].mean())
        for b in np.unique(bins)
    ]
    assert sum(gaps) < 0.05


def test_it_stays_out_of_it_while_answers_are_few_or_all_alike() -> None:
    rows, is_face, photos = planted(300)
    assert box_head.fit(rows[:40], is_face[:40], photos[:40]) is None
    assert box_head.fit(rows[is_face], is_face[is_face], photos[is_face]) is None
    assert not box_head.enough(is_face[:0])


def test_drawn_faces_teach_what_faces_look_like_but_not_what_the_detector_says() -> None:
    rows, is_face, photos = planted(300)
    drawn = is_face & (np.arange(300) % 2 == 0)
    spoilt = rows.copy()
    spoilt[drawn, -box_head.COLUMNS :] = 100
    once, again = (fitted(some, is_face, photos, drawn) for some in (rows, spoilt))
    np.testing.assert_allclose(once.scores(rows), again.scores(rows))


def test_it_comes_back_from_the_database_as_it_went() -> None:
    rows, is_face, photos = planted(200)
    head = fitted(rows, is_face, photos)
    np.testing.assert_allclose(BoxHead.from_dict(head.as_dict()).scores(rows), head.scores(rows))


def test_the_eyes_tell_the_tilt() -> None:
    assert box_head.tilt({"left_eye": [0, 0], "right_eye": [10, 10]}) == 45
    assert box_head.tilt(None) == 0


def test_what_it_says_of_its_own_examples_is_said_by_heads_that_saw_nothing_of_the_photo() -> None:
    rows, is_face, photos = planted(300)
    found = box_head.fit(rows, is_face, photos)
    assert found is not None
    by_heart, honest = ranks(found.head.scores(rows), is_face), ranks(found.out_of_fold, is_face)
    unseen, truth, _ = planted(2000, 5)
    assert by_heart > honest + 0.02
    assert abs(honest - ranks(found.head.scores(unseen), truth)) < 0.06


def test_answers_by_which_nobody_could_tell_make_no_head() -> None:
    rows, is_face, photos = planted(160)
    rows[:] = rows[0]  # all alike: out of fold, the rarer answers elsewhere make the wrong guess here
    assert box_head.fit(rows, is_face, photos) is None


def test_a_box_that_a_better_one_of_the_photo_covers_is_doubted() -> None:
    scores = np.array([3.0, 2.0, 2.0, 1.0])
    boxes = np.array([[0, 0, 10, 10], [0, 5, 10, 10], [0, 5, 10, 10], [20, 0, 5, 5]], float)
    left = box_head.uncrowded(scores, boxes, np.array([1, 1, 2, 1]))
    assert left.tolist() == [3.0, 2.0 - box_head.CROWDED / 3, 2.0, 1.0]
    assert box_head.uncrowded(scores[:0], boxes[:0], np.zeros(0, np.int64)).shape == (0,)
