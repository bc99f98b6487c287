"""What the passes of the detector find together, and what they cost, with several sets of passes."""

import time
from typing import Any

import numpy as np

from labeller.detection import mtcnn

SMALLEST, IOU = 24, 0.4
"""Shorter side in pixels below which a face is ignored, and the overlap at which a box counts as a face's."""
Pass = tuple[float | str, bool]
"""Scale relative to the default's, or "border", and whether the picture is mirrored."""
SETS: dict[str, tuple[Pass, ...]] = {
    "one pass, at least 0.3 sure (as before)": ((1.0, False),),
    "one pass": ((1.0, False),),
    "and mirrored": ((1.0, False), (1.0, True)),
    "and mirrored at 3/4": ((1.0, False), (0.75, True)),
    "and mirrored at 1/2": ((1.0, False), (0.5, True)),
    "and mirrored at 3/8 (the default)": ((1.0, False), (mtcnn.SECOND_PASS_SCALE, True)),
    "and at 1/2": ((1.0, False), (0.5, False)),
    "and with a border of 20 %": ((1.0, False), ("border", False)),
    "and at 3/2": ((1.0, False), (1.5, False)),
}


def compare_passes(scenes: list[Any], pictures: list[Any]) -> dict[str, str]:
    """Recall of all proposals together, and seconds a photo, with each set of passes."""
    passes = sorted({single for several in SETS.values() for single in several}, key=str)
    detections, seconds = {}, {}
    for single in passes:
        detect_once(pictures[0], *single)  # load and trace
        began = time.perf_counter()
        detections[single] = [detect_once(picture, *single) for picture in pictures]
        seconds[single] = (time.perf_counter() - began) / len(pictures)
    rows = {}
    for name, several in SETS.items():
        least = 0.3 if "0.3" in name else 0.0
        merged = [
            mtcnn._distinct(
                box for single in several for box in detections[single][index] if box.confidence >= least
            )
            for index in range(len(pictures))
        ]
        recalls = [recall(scenes, merged, label) for label in ("mask", "nomask")]
        count, cost = np.mean([len(boxes) for boxes in merged]), sum(seconds[single] for single in several)
        rows[name] = (
            f"masked {recalls[0]:.3f}, bare {recalls[1]:.3f}, {count:.1f} boxes a photo,"
            f" {cost:.2f} s ({cost / seconds[1.0, False]:.2f} times)"
        )
    return rows


def detect_once(picture: Any, size: Any, mirrored: bool) -> list[mtcnn.Detection]:
    """The detections of one pass."""
    scale = min(mtcnn.MAX_MAGNIFICATION, mtcnn.LONGEST_SIDE / max(picture.shape[:2]))
    if size == "border":
        return mtcnn._pass(picture, scale, round(mtcnn.BORDER * max(picture.shape[:2])))
    return (mtcnn._mirrored_pass if mirrored else mtcnn._pass)(picture, scale * size)


def recall(scenes: list[Any], detections: list[list[mtcnn.Detection]], label: str) -> float:
    """Share of the faces of this label that some detection overlaps."""
    hits = [
        any(mtcnn.overlap(tuple(face["box"]), detection.box) >= IOU for detection in boxes)
        for scene, boxes in zip(scenes, detections, strict=True)
        for face in scene["faces"]
        if face["label"] == label and min(face["box"][2:]) >= SMALLEST
    ]
    return float(np.mean(hits))
