"""Which frames of a clip become photos: everybody in one of them, and nobody in two with the same view."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from inference.clips.look import SeenFrame
from inference.clips.people import Face, find_people, similarity
from inference.clips.protocol import Wanted
from labeller.photos.box import Box, overlap
from labeller.photos.near_duplicates import NEAR, distances
from labeller.photos.pixels import dhash

MOST_PHOTOS, OF_SECONDS = 15, 20
"""At most so many photos for so many seconds."""
SPARE_BITS = 6
"""By which the hashes of frames differ more than those of near duplicates: those of the photos, which have
more pixels, are a little different."""
GOOD = 0.6
"""Share of the greatest sharpness of a person's face from which another one is as good."""
OTHER_VIEW, SHARP_VIEW = 0.68, 40.0
"""Similarity below which a face is another view of a person, and the sharpness that it takes: a blurred
face is unlike itself."""
MARGIN, AROUND = 0.6, 1.5
"""Around faces that a part of a frame is cut for, in shares of their longer side: at least, and
in a close cut."""
WHOLE = (0.0, 0.0, 1.0, 1.0)
Part = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Photo:
    frame: SeenFrame
    part: Part
    hash: bytes


def choose(frames: Sequence[SeenFrame]) -> list[Wanted]:
    """The frames to keep, ascending by number, and of each the part without those who are kept already."""
    people = find_people([face for frame in frames for face in frame.faces])
    person_of = {id(face): number for number, person in enumerate(people) for face in person}
    best = [max(_quality(face) for face in person) for person in people]
    kept: list[_Photo] = []
    views: list[list[Face]] = [[] for _ in people]
    limit = _limit(frames)

    def keep(frame: SeenFrame, wanted: Sequence[Face]) -> None:
        photo = _cut(frame, wanted, [photo.hash for photo in kept])
        if photo is None:
            return
        kept.append(photo)
        for face in frame.faces:
            if id(face) in person_of and _is_inside(face.box, photo.part, frame.size):
                views[person_of[id(face)]].append(face)

    missing = set(range(len(people)))
    while missing and len(kept) < limit:
        frame, wanted = _best_frame(frames, missing, best, person_of)
        keep(frame, wanted)
        missing -= {person_of[id(face)] for face in wanted}
    for frame, face in _other_views(frames, person_of, best):
        own = views[person_of[id(face)]]
        if len(kept) < limit and own and similarity([face], own).max() < OTHER_VIEW:
            keep(frame, [face])
    photos = sorted(kept, key=lambda photo: photo.frame.number)
    return [Wanted(photo.frame.number, None if photo.part == WHOLE else photo.part) for photo in photos]


def _limit(frames: Sequence[SeenFrame]) -> int:
    seconds = frames[-1].seconds if frames else 0.0
    return max(3, math.floor(MOST_PHOTOS * (seconds + 0.5) / OF_SECONDS))


def _quality(face: Face) -> float:
    return face.sharpness * face.confidence


def _best_frame(
    frames: Sequence[SeenFrame], missing: set[int], best: Sequence[float], person_of: dict[int, int]
) -> tuple[SeenFrame, list[Face]]:
    """The frame with most of the missing people at their best, with fewest others, and their faces in it."""

    def wanted(frame: SeenFrame) -> list[Face]:
        known = [(face, person_of.get(id(face), -1)) for face in frame.faces]
        return [face for face, n in known if n in missing and _quality(face) >= GOOD * best[n]]

    def value(frame: SeenFrame) -> tuple[int, int, float]:
        faces = wanted(frame)
        shares = sum(_quality(face) / best[person_of[id(face)]] for face in faces)
        return len(faces), len(faces) - len(frame.faces) - len(frame.doubtful), shares

    frame = max(frames, key=value)
    return frame, wanted(frame)


def _other_views(
    frames: Sequence[SeenFrame], person_of: dict[int, int], best: Sequence[float]
) -> list[tuple[SeenFrame, Face]]:
    """Good faces, the sharpest first: each may be another view of somebody who is kept already."""
    good = [
        (frame, face)
        for frame in frames
        for face in frame.faces
        if (person := person_of.get(id(face))) is not None
        and face.sharpness >= SHARP_VIEW
        and _quality(face) >= GOOD * best[person]
    ]
    return sorted(good, key=lambda one: -_quality(one[1]))


def _cut(frame: SeenFrame, wanted: Sequence[Face], hashes: Sequence[bytes]) -> _Photo | None:
    """The part without faces, sure or not, that are not wanted; None if each is like one that is kept."""
    others = [face.box for face in frame.faces if not any(face is one for one in wanted)] + [
        box for box in frame.doubtful if not any(overlap(box, face.box) for face in wanted)
    ]
    boxes = [face.box for face in wanted]
    for part in (_part_without(frame, boxes, others), _around(frame, boxes, AROUND)):
        photo = _Photo(frame, part, _hash(frame, part))
        if all(_distance(photo.hash, other) > NEAR + SPARE_BITS for other in hashes):
            return photo
    return None


def _part_without(frame: SeenFrame, wanted: Sequence[Box], others: Sequence[Box]) -> Part:
    """The largest part found that has the wanted boxes with a margin, and none of the others."""
    inner, part = _around(frame, wanted, MARGIN), WHOLE
    for box in others:
        left, top, right, bottom = _around(frame, [box], 0.1)
        x0, y0, x1, y1 = part
        if right <= x0 or left >= x1 or bottom <= y0 or top >= y1:
            continue
        cuts = [(max(x0, right), y0, x1, y1), (x0, y0, min(x1, left), y1)]
        cuts += [(x0, max(y0, bottom), x1, y1), (x0, y0, x1, min(y1, top))]
        fitting = [cut for cut in cuts if _holds(cut, inner)]
        if fitting:
            part = max(fitting, key=lambda cut: (cut[2] - cut[0]) * (cut[3] - cut[1]))
    return part


def _around(frame: SeenFrame, boxes: Sequence[Box], margin: float) -> Part:
    """The boxes with a margin, as shares of the frame's sides."""
    width, height = frame.size
    edges = []
    for x, y, w, h in boxes:
        extra = margin * max(w, h)
        edges.append((x - extra, y - extra, x + w + extra, y + h + extra))
    left, top = min(edge[0] for edge in edges), min(edge[1] for edge in edges)
    right, bottom = max(edge[2] for edge in edges), max(edge[3] for edge in edges)
    return max(0.0, left / width), max(0.0, top / height), min(1.0, right / width), min(1.0, bottom / height)


def _holds(outer: Part, inner: Part) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _is_inside(box: Box, part: Part, size: tuple[int, int]) -> bool:
    """Whether the middle of the box is in the part of a frame of this size."""
    x, y = (box[0] + box[2] / 2) / size[0], (box[1] + box[3] / 2) / size[1]
    return part[0] <= x <= part[2] and part[1] <= y <= part[3]


def _hash(frame: SeenFrame, part: Part) -> bytes:
    height, width = frame.thumb.shape
    left, top, right, bottom = (
        round(share * side) for share, side in zip(part, (width, height) * 2, strict=True)
    )
    return dhash(Image.fromarray(frame.thumb[top : max(bottom, top + 1), left : max(right, left + 1)]))


def _distance(one: bytes, other: bytes) -> int:
    return int(distances(np.frombuffer(one, np.uint8)[None], other)[0])
