"""How a detector looks at a photo: once, and again where that is not enough."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from labeller.detection.detections import Detection, Detector, Picture, clipped, distinct

CLOSE_SIDE = 320
"""Longest side at which a photo is looked at again when nothing is likely a face: one cut close is found."""
FRAMED_SIDE, FRAME, GREY = 224, 0.5, 127
"""Longest side, and width of a grey frame relative to the photo's longer side, of another such look. Of 24
portraits in which nothing is likely, 12 have one likely face at CLOSE_SIDE, 17 with the frame, 18 with
either."""
CROWD, SMALL = 5, 0.05
"""With more faces than this, half as sure as a likely one, or without a likely face of more than this share
of the longer side, a large photo may have faces too small for its rendition: it is looked at in parts."""
TILE, TILE_OVERLAP = 512, 96
"""Pixels: a face on the edge of one tile lies inside the next if it is smaller than the overlap."""
EDGE = 4
"""Pixels: a box that comes so near to the edge of its tile is of a face that the edge may cut."""
STRIP = 3.0
"""Ratio of the sides from which a photo is looked at in parts only: reduced as a whole, its faces vanish."""
STRIP_TILE, STRIP_OVERLAP = 2.5, 1.2
"""The same for a strip lower than a tile, relative to its height: a face may be as high as the strip."""
SURELY_UPRIGHT = 0.7
"""Confidence of the best detection below which turned copies are looked at: of masked faces that lie on their
side two in three are still found, but nine in ten with less confidence than this."""
TURNED_SIDE, TURN_GAIN = 192, 0.1
"""Longest side of the turned copies, and how much surer than upright the best of them must be."""


@dataclass(frozen=True)
class Look:
    """The detections, most confident first, and the degrees clockwise that would set the photo upright."""

    detections: list[Detection]
    turn: int = 0


def look(detector: Detector, view: Picture, likely: float, full_scale: Callable[[], Picture | None]) -> Look:
    """Look at a photo in its rendition `view`; a detection is likely a face from the confidence `likely`.

    `full_scale` returns the same photo in more pixels; None if it has no more. Detections are in pixels of
    `view`.
    """
    if max(view.shape[:2]) > STRIP * min(view.shape[:2]):
        picture = full_scale()
        return Look(_in_parts(detector, view if picture is None else picture, view))
    detections = distinct(detector.detect(view))
    if _best(detections) < likely:
        detections = distinct([*detections, *_other_scales(detector, view)])
    if _may_have_small_faces(detections, view, likely) and (picture := full_scale()) is not None:
        detections = distinct([*detections, *_in_parts(detector, picture, view)])
    turn = _turn(detector, view, likely) if _best(detections) < SURELY_UPRIGHT else 0
    return Look(detections, turn)


def _best(detections: list[Detection]) -> float:
    return max((one.confidence for one in detections), default=0.0)


def _may_have_small_faces(detections: list[Detection], view: Picture, likely: float) -> bool:
    largest = max((max(one.box[2:]) for one in detections if one.confidence >= likely), default=0.0)
    is_crowd = sum(one.confidence >= likely / 2 for one in detections) > CROWD
    return is_crowd or largest < SMALL * max(view.shape[:2])


def _other_scales(detector: Detector, view: Picture) -> list[Detection]:
    """Detections in a photo that one face may fill, or that may show nothing but small ones."""
    width = round(FRAME * max(view.shape[:2]))
    framed = np.pad(view, ((width, width), (width, width), (0, 0)), constant_values=GREY)
    moved = (one.moved(1.0, -width, -width) for one in detector.detect(framed, FRAMED_SIDE))
    inside = [kept for one in moved if (kept := clipped(one, view)) is not None]
    small = detector.detect(view, max(view.shape[:2])) if max(view.shape[:2]) > TILE else []
    return detector.detect(view, CLOSE_SIDE) + inside + small


def _in_parts(detector: Detector, picture: Picture, view: Picture) -> list[Detection]:
    """Detections in the tiles of a picture, in pixels of the rendition `view`."""
    scale = view.shape[1] / picture.shape[1]
    detections = [
        one.moved(1.0, left, top).moved(scale)
        for left, top, tile in _tiles(picture)
        for one in detector.detect(tile)
        if not _is_cut(one, left, top, tile, picture)
    ]
    return distinct(detections)


def _tiles(picture: Picture) -> Iterator[tuple[int, int, Picture]]:
    """Left, top and pixels of overlapping parts that cover the picture."""
    height, width = picture.shape[:2]
    short = min(height, width)
    side, shared = TILE, TILE_OVERLAP
    if short < TILE:
        side, shared = max(TILE, round(STRIP_TILE * short)), max(TILE_OVERLAP, round(STRIP_OVERLAP * short))
    for top in _starts(height, side, shared):
        for left in _starts(width, side, shared):
            yield left, top, np.ascontiguousarray(picture[top : top + side, left : left + side])


def _starts(length: int, side: int, shared: int) -> list[int]:
    """Where parts of a length begin that cover it and share at least `shared` pixels with the next."""
    if length <= side:
        return [0]
    count = -(-(length - side) // (side - shared)) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _is_cut(one: Detection, left: int, top: int, tile: Picture, picture: Picture) -> bool:
    """Whether a detection reaches an edge of its tile inside the picture: the next tile has all of it."""
    x, y, w, h = one.box
    height, width = tile.shape[:2]
    return (
        (left > 0 and x < EDGE)
        or (top > 0 and y < EDGE)
        or (left + width < picture.shape[1] and x + w > width - EDGE)
        or (top + height < picture.shape[0] and y + h > height - EDGE)
    )


def _turn(detector: Detector, view: Picture, likely: float) -> int:
    """The degrees clockwise after which the surest face is likely, and surer than it is now; else 0."""
    confidences = {
        turns: _best(detector.detect(np.ascontiguousarray(np.rot90(view, -turns)), TURNED_SIDE))
        for turns in range(4)
    }
    best = max(confidences, key=lambda turns: confidences[turns])
    is_better = confidences[best] >= max(likely, confidences[0] + TURN_GAIN)
    return 90 * best if is_better else 0
