"""Tracks: numbers, hits, misses, and whose turn it is; as in the browser."""

import numpy as np

from inference.tracking import LEAST_HITS, MOST_MISSES, NEWEST, Tracker
from labeller.detection.detections import Detection
from labeller.photos.box import Box

LEFT: Box = (10, 10, 40, 50)
RIGHT: Box = (200, 10, 40, 50)


def found(*boxes: Box) -> list[Detection]:
    return [Detection(box, 0.9, {}) for box in boxes]


def moved(box: Box, right: float) -> Box:
    return (box[0] + right, *box[1:])


def test_a_face_is_shown_from_its_second_look_on_and_keeps_its_number() -> None:
    tracker = Tracker()
    tracker.update(found(LEFT))
    assert tracker.shown == []
    for step in range(1, 6):
        tracker.update(found(RIGHT, moved(LEFT, 8 * step)))
        left = next(one for one in tracker.shown if one.box == moved(LEFT, 8 * step))
        assert left.id == 1
    assert {one.id for one in tracker.shown} == {1, 2}


def test_a_box_of_a_single_look_is_never_shown() -> None:
    tracker = Tracker()
    for step in range(6):
        tracker.update(found(moved(LEFT, 100 * step)))
        assert tracker.shown == []
    assert len(tracker.tracks) == 1


def test_a_face_that_is_missed_is_hidden_and_keeps_its_number_for_a_while() -> None:
    tracker = Tracker()
    for _ in range(LEAST_HITS):
        tracker.update(found(LEFT))
    for _ in range(MOST_MISSES):
        tracker.update([])
        assert tracker.shown == []
    tracker.update(found(LEFT))
    assert [one.id for one in tracker.shown] == [1]
    for _ in range(MOST_MISSES + 1):
        tracker.update([])
    tracker.update(found(LEFT))
    assert [one.id for one in tracker.tracks] == [2], "forgotten"


def test_the_best_pairs_are_matched_first() -> None:
    tracker = Tracker()
    tracker.update(found(LEFT, moved(LEFT, 20)))
    tracker.update(found(moved(LEFT, 18), moved(LEFT, 2)))
    assert {one.id: one.box[0] for one in tracker.shown} == {1: 12, 2: 28}


def test_each_face_is_classified_in_turn() -> None:
    tracker, turns = Tracker(), []
    for _ in range(6):
        tracker.update(found(LEFT, RIGHT, moved(RIGHT, 200)))
        assert tracker.due is not None
        turns.append(tracker.due.id)
        tracker.classified(tracker.due, np.array([1.0, 0.0]))
    assert turns == [1, 2, 3, 1, 2, 3]
    tracker.update([])
    assert tracker.due is None


def test_probabilities_are_a_mean_in_which_the_newest_weigh_most() -> None:
    tracker = Tracker()
    tracker.update(found(LEFT))
    (track,) = tracker.tracks
    for row in ([1.0, 0.0], [0.0, 1.0]):
        tracker.classified(track, np.array(row))
    assert track.probabilities is not None
    np.testing.assert_allclose(track.probabilities, [1 - NEWEST, NEWEST])
