"""How a photo is looked at: once, closer, in parts, and turned."""

import numpy as np
import pytest

from labeller.detection.detections import Detection, Picture
from labeller.detection.look import CROWD, look
from labeller.photos.box import overlap
from tests.detector_stubs import RED, FindsRed, SaysBoxes


def grey_with(size: tuple[int, int], *squares: tuple[int, int, int]) -> Picture:
    """A grey picture (width, height) with red squares (x, y, side)."""
    picture = np.full((size[1], size[0], 3), 120, np.uint8)
    for x, y, side in squares:
        picture[y : y + side, x : x + side] = RED
    return picture


def test_a_face_that_fills_the_photo_is_found_by_the_closer_looks() -> None:
    picture = grey_with((400, 400), (20, 20, 360))
    detector = FindsRed(side=110)  # at 512 px the square has 460, at 224 with its frame 100
    (found,) = look(detector, picture, 0.4, lambda: picture).detections
    assert overlap(found.box, (20, 20, 360, 360)) > 0.95, "the frame is taken off again"


def test_a_sure_face_needs_one_look() -> None:
    picture = grey_with((400, 300), (100, 100, 80))
    detector = FindsRed(side=100)
    assert len(look(detector, picture, 0.4, lambda: picture).detections) == 1
    assert len(detector.sizes) == 1


def test_the_faces_of_a_long_strip_are_found_in_its_parts_and_only_once() -> None:
    places = [(x, 5, 200) for x in range(300, 11_500, 700)]
    strip = grey_with((12_000, 220), *places)
    view = np.ascontiguousarray(strip[::2, ::2])
    found = look(SeesParts(), view, 0.4, lambda: strip).detections
    assert len(found) == len(places)
    for x, y, side in places:
        expected = (x / 2, y / 2, side / 2, side / 2)
        assert max(overlap(one.box, expected) for one in found) > 0.9


class SeesParts:
    """Finds every red square that a picture shows whole, however many."""

    name = "centerface"

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        red = (np.abs(picture.astype(int) - RED).sum(axis=2) < 60).any(axis=0)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], red.astype(int), [0]])))
        height = picture.shape[0] - 20
        return [
            Detection((float(start), 5.0, float(end - start), float(height)), 0.9, {})
            for start, end in edges.reshape(-1, 2)
        ]


def test_a_crowd_is_looked_at_in_all_its_pixels() -> None:
    view, full = grey_with((1000, 750)), grey_with((2000, 1500))
    boxes = [((150.0 * i, 50.0, 60.0, 60.0), 0.9) for i in range(CROWD + 1)]
    crowd, few = SaysBoxes("centerface", boxes), SaysBoxes("centerface", boxes[:CROWD])
    assert len(look(crowd, view, 0.4, lambda: full).detections) > CROWD
    assert crowd.looks == 1 + 5 * 4, "tiles of 512 px"
    look(few, view, 0.4, lambda: full)
    assert few.looks == 1
    small = SaysBoxes("centerface", [((100.0, 50.0, 40.0, 40.0), 0.9)])
    look(small, view, 0.4, lambda: full)
    assert small.looks > 1, "who is so far away may not be alone"


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_photo_is_noticed(degrees: int) -> None:
    upright = grey_with((300, 200), (40, 40, 60))
    arrived = np.ascontiguousarray(
        np.rot90(upright, degrees // 90)
    )  # counter-clockwise, so it needs as much back
    assert look(SeesUpright(), arrived, 0.4, lambda: arrived).turn == degrees
    assert look(SeesUpright(), upright, 0.4, lambda: upright).turn == 0


class SeesUpright:
    """Is sure of a red square in the left upper quarter, and not quite sure of one elsewhere."""

    name = "centerface"

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        rows, columns = np.nonzero(np.abs(picture.astype(int) - RED).sum(axis=2) < 60)
        is_upright = rows.mean() < picture.shape[0] / 2 and columns.mean() < picture.shape[1] / 2
        return [Detection((10, 10, 20, 20), 0.65 if is_upright else 0.45, {})]
