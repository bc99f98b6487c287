"""Which frames of a clip become photos: faces of made-up features in, numbers of frames out."""

from dataclasses import replace

import numpy as np

from inference.clips.choose import WHOLE, choose
from inference.clips.look import SeenFrame
from inference.clips.people import Face, Floats
from labeller.photos.box import Box

LEFT: Box = (40, 100, 120, 150)
RIGHT: Box = (440, 100, 120, 150)
FRAMES_A_SECOND = 6


def unit(seed: int, size: int) -> Floats:
    vector = np.random.default_rng(seed).normal(size=size).astype(np.float32)
    return vector / np.linalg.norm(vector)


def face(frame: int, person: int, box: Box = LEFT, sharpness: float = 100.0) -> Face:
    return Face(frame, box, 0.9, sharpness, unit(person, 256), unit(1000 + person, 256))


def seen(index: int, *faces: Face) -> SeenFrame:
    thumb = np.random.default_rng(index).integers(0, 255, (153, 272), dtype=np.uint8)
    return SeenFrame(3 * index, index / FRAMES_A_SECOND, (640, 360), thumb, list(faces), [])


def test_somebody_who_never_changes_is_in_the_sharpest_frame_only() -> None:
    frames = [seen(i, face(i, 1, sharpness=50 + i % 7)) for i in range(60)]
    chosen = choose(frames)
    assert [(one.number % 21, one.part) for one in chosen] == [(18, None)]


def test_people_who_come_one_after_another_have_a_photo_each() -> None:
    frames = [seen(i, face(i, i // 20)) for i in range(60)]
    assert [one.number // 60 for one in choose(frames)] == [0, 1, 2]


def test_who_is_kept_already_is_cut_out_of_a_later_photo() -> None:
    alone = [seen(i, face(i, 1), face(i, 2, RIGHT)) for i in range(20)]
    later = [seen(i, face(i, 1), face(i, 3, RIGHT)) for i in range(20, 40)]
    first, second = choose([*alone, *later])
    assert first.part is None
    assert second.part is not None
    left, top, right, bottom = second.part
    assert left >= (LEFT[0] + LEFT[2]) / 640, "without the first person"
    assert left <= RIGHT[0] / 640
    assert (top, right, bottom) == WHOLE[1:]


def test_what_may_be_a_face_is_cut_out_too() -> None:
    frames = [replace(seen(i, face(i, 1)), doubtful=[RIGHT]) for i in range(20)]
    (chosen,) = choose(frames)
    assert chosen.part is not None
    assert (LEFT[0] + LEFT[2]) / 640 <= chosen.part[2] <= RIGHT[0] / 640


def test_frames_that_are_nearly_the_same_are_kept_once() -> None:
    thumb = np.tile(np.linspace(0, 255, 272).astype(np.uint8), (153, 1))
    frames = [SeenFrame(i, i / FRAMES_A_SECOND, (640, 360), thumb, [face(i, i // 20)], []) for i in range(60)]
    assert len(choose(frames)) == 1


def test_a_crowd_gives_fifteen_photos_in_twenty_seconds() -> None:
    frames = [seen(i, face(i, i // 4)) for i in range(120)]
    assert len(choose(frames)) == 15


def test_a_face_of_one_frame_and_a_clip_without_faces_give_nothing() -> None:
    assert choose([seen(0, face(0, 1)), *(seen(i) for i in range(1, 9))]) == []
    assert choose([]) == []
