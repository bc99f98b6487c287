"""When boxes of several detectors are of the same face, and what becomes of each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from db.box_thresholds import BoxLevel, BoxThresholds, box_level
from labeller.photos.box import Box, intersection, overlap

SAME_FACE = 0.4
"""Overlap (IoU) from which two boxes are of one face."""
INSIDE, LEAST_RATIO = 0.8, 0.25
"""So they are if this share of the smaller one lies inside the other, and it has at least this share of
its area: a detector that sees only the half of a face above the mask has found that face."""


@dataclass(frozen=True)
class Merged:
    """By the index of a detection: `confirmed` has the index of the known box that it is on, if it is the
    most confident one there; `added` has the level of one that is new."""

    confirmed: dict[int, int]
    added: dict[int, BoxLevel]


def is_same_face(one: Box, other: Box) -> bool:
    """Whether two boxes of different detectors, or of a detector and a person, are of the same face."""
    shared = intersection(one, other)
    if not shared:
        return False
    smaller, larger = sorted((one[2] * one[3], other[2] * other[3]))
    is_part = smaller >= LEAST_RATIO * larger and shared >= INSIDE * smaller
    return is_part or shared >= SAME_FACE * (smaller + larger - shared)


def merge(
    known: Sequence[Box],
    detections: Sequence[tuple[Box, float]],
    thresholds: BoxThresholds,
    *,
    decides: bool,
    answered: Collection[int] = (),
) -> Merged:
    """Merge a detector's (box, confidence), most confident first, into the `known` boxes of a photo.

    A box on a known face confirms it and is not added, so no face gets two boxes; of several known boxes on
    that face an `answered` one (an index of `known`), else the best fit. A new box of the detector that
    `decides`, the first one, gets the level of its confidence. A new box of another one is unlikely if that
    detector is sure, and left out otherwise. `thresholds` are those of the detector at hand.
    """
    confirmed: dict[int, int] = {}
    added: dict[int, BoxLevel] = {}
    for i, (box, confidence) in enumerate(detections):
        same = [k for k in range(len(known)) if is_same_face(box, known[k])]
        if same:
            best = max(same, key=lambda k: (k in answered, overlap(box, known[k])))
            if best not in confirmed.values():
                confirmed[i] = best
        elif decides:
            added[i] = box_level(confidence, thresholds)
        elif confidence >= thresholds.alone:
            added[i] = BoxLevel.UNLIKELY
    return Merged(confirmed, added)
