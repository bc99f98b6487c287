"""Masked faces in street scenes: recall of the detector's passes, and of the box head's ranking.

    .venv/bin/python -m benchmarks.boxes [folder of scenes with faces.json]

Photos are split in two, SPLITS times; on one half the head learns from ANSWERS confirm/reject answers, on the
other the head and MTCNN's own confidence rank the same proposals. Faces under 24 px are ignored: they count
neither as missed nor, when detected, as false. Intervals are 95 %, by resampling photos (paired).
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import photographs
from benchmarks.detector_passes import IOU, SMALLEST, compare_passes
from benchmarks.report import report
from labeller.detection import mtcnn
from trainer.box_ranking import box_head
from trainer.features import crops, networks
from trainer.features.feature_store import box_head_features
from trainer.selection import strategies

SPLITS, ANSWERS, RESAMPLES = 10, 300, 300
FALSE_BOXES = (0.1, 0.25)
LABELS = ("mask", "nomask")
START, BATCH = 30, 10


@dataclass
class Proposals:
    """The n proposals of all scenes: the index of its scene, and of its face in the scene (-1: none), for
    each.

    `rows` are inputs of the box head; faces that are too small are `ignored`.
    """

    scene: np.ndarray
    confidence: np.ndarray
    rows: np.ndarray
    boxes: np.ndarray
    face: np.ndarray
    ignored: np.ndarray
    is_face: np.ndarray


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else photographs.FOLDER / "scenes"
    scenes = json.loads((folder / "faces.json").read_text())
    pictures = [crops.decode((folder / scene["file"]).read_bytes()) for scene in scenes]
    figures: dict[str, Any] = compare_passes(scenes, pictures)
    proposals = propose(scenes, pictures)
    figures["proposals a photo"] = len(proposals.scene) / len(scenes)
    choices = {"chosen by the head's uncertainty": by_uncertainty, "all boxes of random photos": by_photo}
    for name, choose in choices.items():
        figures |= {
            f"{ANSWERS} answers, {name}: {key}": value
            for key, value in compare(scenes, proposals, choose).items()
        }
    for answers in (0, 60, 100, 200):
        recalls = compare(scenes, proposals, by_uncertainty, answers)
        name = f"{answers} answers: masked recall at {FALSE_BOXES[0]} false boxes"
        figures[name] = recalls[f"masked at {FALSE_BOXES[0]}"]
    report(
        "boxes",
        "box head: masked recall +0.10 at 0.1 and +0.04 at 0.25 false boxes a photo after 300 answers",
        figures,
    )


def propose(scenes: list[Any], pictures: list[Any]) -> Proposals:
    network, parts = networks.shared(), []
    for number, (scene, picture) in enumerate(zip(scenes, pictures, strict=True)):
        for detection in mtcnn.detect(picture):
            overlaps = [mtcnn.overlap(detection.box, tuple(face["box"])) for face in scene["faces"]] or [0.0]
            best = int(np.argmax(overlaps)) if max(overlaps) >= IOU else -1
            small = min(scene["faces"][best]["box"][2:] if best >= 0 else detection.box[2:]) < SMALLEST
            size = float(np.sqrt(detection.box[2] * detection.box[3])) / max(picture.shape[:2])
            other_pass = detection.other_pass_confidence
            other_pass = np.nan if other_pass is None else other_pass
            inputs = (detection.confidence, other_pass, size, box_head.eye_angle(detection.keypoints))
            parts.append((number, best, small, inputs, detection.box, picture))
    views = [
        np.concatenate(
            [box_head_features(network.embedder, picture, box, margin) for *_, box, picture in parts]
        )
        for margin in crops.BOX_HEAD_MARGINS
    ]
    inputs = np.array([part[3] for part in parts])
    rows = box_head.inputs([view.astype(np.float16) for view in views], box_head.DetectorOutputs(*inputs.T))
    boxes = np.array([part[4] for part in parts], float)
    face, small = np.array([part[1] for part in parts]), np.array([part[2] for part in parts])
    return Proposals(np.array([part[0] for part in parts]), inputs[:, 0], rows, boxes, face, small, face >= 0)


def by_uncertainty(proposals: Proposals, indices: np.ndarray, answers: int, rng: Any) -> np.ndarray:
    """As the workbench asks: spread over the detector's confidence, then where the head is least sure."""
    asked = spread(proposals.confidence[indices], min(START, answers))
    while len(asked) < answers:
        head = fit(proposals, indices[asked])
        rest = np.setdiff1d(np.arange(len(indices)), asked)
        if head is None:
            chosen = spread(proposals.confidence[indices[rest]], BATCH)
        else:
            probabilities = face_probabilities(proposals, head, indices)[rest]
            chosen = strategies.margin(np.column_stack([probabilities, 1 - probabilities]), BATCH)
        asked = np.concatenate([asked, rest[chosen]])
    return indices[asked[:answers]]


def spread(values: np.ndarray, n: int) -> np.ndarray:
    """Indices of n values (m,) from the lowest to the highest, at equal steps of rank."""
    order = np.argsort(values, kind="stable")
    return order[np.unique(np.linspace(0, len(order) - 1, min(n, len(order))).round().astype(int))]


def by_photo(proposals: Proposals, indices: np.ndarray, answers: int, rng: Any) -> np.ndarray:
    order = rng.permutation(np.unique(proposals.scene[indices]))
    return np.concatenate([indices[proposals.scene[indices] == scene] for scene in order])[:answers]


def fit(proposals: Proposals, indices: np.ndarray) -> box_head.BoxHead | None:
    fitted = box_head.fit(proposals.rows[indices], proposals.is_face[indices], proposals.scene[indices])
    return fitted.head if fitted else None


def face_probabilities(proposals: Proposals, head: box_head.BoxHead, indices: np.ndarray) -> np.ndarray:
    scores = head.scores(proposals.rows[indices])
    boxes, scenes = proposals.boxes[indices], proposals.scene[indices]
    return box_head.probabilities(box_head.penalise_overlaps(scores, boxes, scenes))


def compare(scenes: list[Any], proposals: Proposals, choose: Any, answers: int = ANSWERS) -> dict[str, str]:
    gains: dict[str, list[tuple[float, float]]] = {}
    resampled: dict[str, list[np.ndarray]] = {}
    for seed in range(SPLITS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(scenes))
        learned, measured = order[len(scenes) // 2 :], order[: len(scenes) // 2]
        indices = np.flatnonzero(np.isin(proposals.scene, learned))
        head = fit(proposals, choose(proposals, indices, answers, rng)) if answers else None
        scores = (
            proposals.confidence
            if head is None
            else face_probabilities(proposals, head, np.arange(len(proposals.scene)))
        )
        samples = [measured] + [rng.choice(measured, len(measured)) for _ in range(RESAMPLES)]
        rankings = [Ranking(scenes, proposals, ranked_by) for ranked_by in (proposals.confidence, scores)]
        before, after = (np.array([ranking.recalls(photos) for photos in samples]) for ranking in rankings)
        for index, name in enumerate(
            f"{kind} at {rate}" for kind in ("masked", "bare") for rate in FALSE_BOXES
        ):
            gains.setdefault(name, []).append((before[0, index], after[0, index]))
            resampled.setdefault(name, []).append(after[1:, index] - before[1:, index])
    return {name: described(gains[name], resampled[name]) for name in gains}


def described(pairs: list[tuple[float, float]], resampled: list[np.ndarray]) -> str:
    before, after = np.mean(pairs, axis=0)
    low, high = np.percentile(np.mean(resampled, axis=0), [2.5, 97.5])
    return f"{before:.3f} -> {after:.3f}, {after - before:+.3f} ({low:+.3f} to {high:+.3f})"


class Ranking:
    """Proposals by descending score. A second box on a face counts neither as a hit nor as false."""

    def __init__(self, scenes: list[Any], proposals: Proposals, scores: np.ndarray) -> None:
        kept = np.flatnonzero(~proposals.ignored)
        kept = kept[np.argsort(-scores[kept], kind="stable")]
        self.scene, face = proposals.scene[kept], proposals.face[kept]
        self.false = face < 0
        keys = self.scene * 1000 + face
        first = np.zeros(len(kept), bool)
        first[np.unique(keys, return_index=True)[1]] = True
        labels = [
            scenes[s]["faces"][f]["label"] if f >= 0 else "" for s, f in zip(self.scene, face, strict=True)
        ]
        self.hits = [first & (np.array(labels) == label) for label in LABELS]
        self.totals = [
            np.array(
                [
                    sum(f["label"] == label and min(f["box"][2:]) >= SMALLEST for f in scene["faces"])
                    for scene in scenes
                ]
            )
            for label in LABELS
        ]

    def recalls(self, photos: np.ndarray) -> list[float]:
        """Recall of masked, then of bare faces, at each rate of FALSE_BOXES; `photos` may repeat."""
        times = np.bincount(photos, minlength=len(self.totals[0]))
        weight = times[self.scene]
        false = np.cumsum(weight * self.false) / len(photos)
        return [
            float((weight * hits * (false <= rate)).sum() / (times * total).sum())
            for hits, total in zip(self.hits, self.totals, strict=True)
            for rate in FALSE_BOXES
        ]


if __name__ == "__main__":
    main()
