"""Masked faces in street scenes: what the passes of the detector find, and what the box head makes of it.

    .venv/bin/python -m benchmarks.boxes [folder of scenes with faces.json]

Photos are split in two, SPLITS times; on one half the head learns from ANSWERS confirm/reject answers, on the
other it and MTCNN's own confidence rank the same proposals. Faces under 24 px are ignored on both sides: they
are neither missed nor, when found, false. Intervals: 95 %, from photos drawn again and again (paired).
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import report
from labeller.detection import mtcnn
from tests.pictures import SHARED
from trainer.box_ranking import box_head
from trainer.features import crops, networks
from trainer.features.feature_store import within_of
from trainer.selection import strategies

SPLITS, ANSWERS, RESAMPLES = 10, 300, 300
SMALLEST, IOU = 24, 0.4
FALSE_BOXES = (0.1, 0.25)
LABELS = ("mask", "nomask")
START, BATCH = 30, 10
SETS = {
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
"""Passes by (scale relative to the default's, mirrored)."""


@dataclass
class Proposals:
    """All scenes' proposals side by side; `scene` says whose, `found` which face it is (-1: none)."""

    scene: np.ndarray
    confidence: np.ndarray
    rows: np.ndarray
    boxes: np.ndarray
    found: np.ndarray
    ignored: np.ndarray
    is_face: np.ndarray


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED / "scenes"
    scenes = json.loads((folder / "faces.json").read_text())
    pictures = [crops.decode((folder / scene["file"]).read_bytes()) for scene in scenes]
    figures: dict[str, Any] = candidates(scenes, pictures)
    proposals = propose(scenes, pictures)
    figures["proposals a photo"] = len(proposals.scene) / len(scenes)
    for name, choose in (("chosen by the head's doubt", by_doubt), ("all boxes of random photos", by_photo)):
        figures |= {
            f"{ANSWERS} answers, {name}: {key}": value
            for key, value in compare(scenes, proposals, choose).items()
        }
    for answers in (0, 60, 100, 200):
        found = compare(scenes, proposals, by_doubt, answers)
        figures[f"{answers} answers: masked recall at {FALSE_BOXES[0]} false boxes"] = found[
            f"masked at {FALSE_BOXES[0]}"
        ]
    report(
        "boxes",
        "box head: masked recall +0.10 at 0.1 and +0.04 at 0.25 false boxes a photo after 300 answers",
        figures,
    )


def candidates(scenes: list[Any], pictures: list[Any]) -> dict[str, str]:
    """What all proposals together reach, and at what cost in time, with each set of passes."""
    passes = sorted({one for some in SETS.values() for one in some}, key=str)
    found, seconds = {}, {}
    for one in passes:
        look(pictures[0], *one)
        began = time.perf_counter()
        found[one] = [look(picture, *one) for picture in pictures]
        seconds[one] = (time.perf_counter() - began) / len(pictures)
    rows = {}
    for name, some in SETS.items():
        least = 0.3 if "0.3" in name else 0.0
        merged = [
            mtcnn._distinct(box for one in some for box in found[one][place] if box.confidence >= least)
            for place in range(len(pictures))
        ]
        hits = [reached(scenes, merged, label) for label in ("mask", "nomask")]
        many, cost = np.mean([len(boxes) for boxes in merged]), sum(seconds[one] for one in some)
        rows[name] = (
            f"masked {hits[0]:.3f}, bare {hits[1]:.3f}, {many:.1f} boxes a photo,"
            f" {cost:.2f} s ({cost / seconds[1.0, False]:.2f} times)"
        )
    return rows


def look(picture: Any, size: Any, mirrored: bool) -> list[mtcnn.Detection]:
    scale = min(mtcnn.MAX_MAGNIFICATION, mtcnn.LONGEST_SIDE / max(picture.shape[:2]))
    if size == "border":
        return mtcnn._pass(picture, scale, round(mtcnn.BORDER * max(picture.shape[:2])))
    return (mtcnn._mirrored_pass if mirrored else mtcnn._pass)(picture, scale * size)


def reached(scenes: list[Any], found: list[list[mtcnn.Detection]], label: str) -> float:
    hits = [
        any(mtcnn.overlap(tuple(face["box"]), one.box) >= IOU for one in boxes)
        for scene, boxes in zip(scenes, found, strict=True)
        for face in scene["faces"]
        if face["label"] == label and min(face["box"][2:]) >= SMALLEST
    ]
    return float(np.mean(hits))


def propose(scenes: list[Any], pictures: list[Any]) -> Proposals:
    network, parts = networks.shared(), []
    for number, (scene, picture) in enumerate(zip(scenes, pictures, strict=True)):
        for one in mtcnn.detect(picture):
            overlaps = [mtcnn.overlap(one.box, tuple(face["box"])) for face in scene["faces"]] or [0.0]
            best = int(np.argmax(overlaps)) if max(overlaps) >= IOU else -1
            small = min(scene["faces"][best]["box"][2:] if best >= 0 else one.box[2:]) < SMALLEST
            size = float(np.sqrt(one.box[2] * one.box[3])) / max(picture.shape[:2])
            again = np.nan if one.again is None else one.again
            told = (one.confidence, again, size, box_head.tilt(one.keypoints))
            parts.append((number, best, small, told, one.box, picture))
    views = [
        np.concatenate([within_of(network.embedder, picture, box, margin) for *_, box, picture in parts])
        for margin in crops.SURROUNDINGS
    ]
    told = np.array([part[3] for part in parts])
    rows = box_head.inputs([view.astype(np.float16) for view in views], box_head.Told(*told.T))
    boxes = np.array([part[4] for part in parts], float)
    found, small = np.array([part[1] for part in parts]), np.array([part[2] for part in parts])
    return Proposals(np.array([part[0] for part in parts]), told[:, 0], rows, boxes, found, small, found >= 0)


def by_doubt(proposals: Proposals, places: np.ndarray, answers: int, chance: Any) -> np.ndarray:
    """As the workbench asks: first spread over the detector's confidence, then what the head doubts most."""
    asked = spread(proposals.confidence[places], min(START, answers))
    while len(asked) < answers:
        head = fit(proposals, places[asked])
        rest = np.setdiff1d(np.arange(len(places)), asked)
        if head is None:
            some = spread(proposals.confidence[places[rest]], BATCH)
        else:
            said = chances(proposals, head, places)[rest]
            some = strategies.margin(np.column_stack([said, 1 - said]), BATCH)
        asked = np.concatenate([asked, rest[some]])
    return places[asked[:answers]]


def spread(values: np.ndarray, n: int) -> np.ndarray:
    """Indices of n values (m,) from the lowest to the highest, at equal steps of rank."""
    order = np.argsort(values, kind="stable")
    return order[np.unique(np.linspace(0, len(order) - 1, min(n, len(order))).round().astype(int))]


def by_photo(proposals: Proposals, places: np.ndarray, answers: int, chance: Any) -> np.ndarray:
    order = chance.permutation(np.unique(proposals.scene[places]))
    return np.concatenate([places[proposals.scene[places] == scene] for scene in order])[:answers]


def fit(proposals: Proposals, places: np.ndarray) -> box_head.BoxHead | None:
    fitted = box_head.fit(proposals.rows[places], proposals.is_face[places], proposals.scene[places])
    return fitted.head if fitted else None


def chances(proposals: Proposals, head: box_head.BoxHead, places: np.ndarray) -> np.ndarray:
    scores = head.scores(proposals.rows[places])
    return box_head.chances(box_head.uncrowded(scores, proposals.boxes[places], proposals.scene[places]))


def compare(scenes: list[Any], proposals: Proposals, choose: Any, answers: int = ANSWERS) -> dict[str, str]:
    gains: dict[str, list[tuple[float, float]]] = {}
    resampled: dict[str, list[np.ndarray]] = {}
    for seed in range(SPLITS):
        chance = np.random.default_rng(seed)
        order = chance.permutation(len(scenes))
        learned, asked_of = order[len(scenes) // 2 :], order[: len(scenes) // 2]
        places = np.flatnonzero(np.isin(proposals.scene, learned))
        head = fit(proposals, choose(proposals, places, answers, chance)) if answers else None
        scores = (
            proposals.confidence
            if head is None
            else chances(proposals, head, np.arange(len(proposals.scene)))
        )
        drawn = [asked_of] + [chance.choice(asked_of, len(asked_of)) for _ in range(RESAMPLES)]
        rankings = [Ranking(scenes, proposals, which) for which in (proposals.confidence, scores)]
        both = [np.array([one.recalls(some) for some in drawn]) for one in rankings]
        for place, name in enumerate(
            f"{kind} at {rate}" for kind in ("masked", "bare") for rate in FALSE_BOXES
        ):
            gains.setdefault(name, []).append((both[0][0, place], both[1][0, place]))
            resampled.setdefault(name, []).append(both[1][1:, place] - both[0][1:, place])
    return {name: described(gains[name], resampled[name]) for name in gains}


def described(pairs: list[tuple[float, float]], resampled: list[np.ndarray]) -> str:
    before, after = np.mean(pairs, axis=0)
    low, high = np.percentile(np.mean(resampled, axis=0), [2.5, 97.5])
    return f"{before:.3f} -> {after:.3f}, {after - before:+.3f} ({low:+.3f} to {high:+.3f})"


class Ranking:
    """Proposals in the order of their scores; recall of masked, then of bare faces, at each rate of false
    boxes a photo, of photos that may come several times. A second box on a face counts for nothing."""

    def __init__(self, scenes: list[Any], proposals: Proposals, scores: np.ndarray) -> None:
        kept = np.flatnonzero(~proposals.ignored)
        kept = kept[np.argsort(-scores[kept], kind="stable")]
        self.scene, found = proposals.scene[kept], proposals.found[kept]
        self.false = found < 0
        keys = self.scene * 1000 + found
        first = np.zeros(len(kept), bool)
        first[np.unique(keys, return_index=True)[1]] = True
        labels = [
            scenes[s]["faces"][f]["label"] if f >= 0 else "" for s, f in zip(self.scene, found, strict=True)
        ]
        self.hits = [first & (np.array(labels) == label) for label in LABELS]
        self.there = [
            np.array(
                [
                    sum(f["label"] == label and min(f["box"][2:]) >= SMALLEST for f in one["faces"])
                    for one in scenes
                ]
            )
            for label in LABELS
        ]

    def recalls(self, photos: np.ndarray) -> list[float]:
        times = np.bincount(photos, minlength=len(self.there[0]))
        weight = times[self.scene]
        false = np.cumsum(weight * self.false) / len(photos)
        return [
            float((weight * hits * (false <= rate)).sum() / (times * there).sum())
            for hits, there in zip(self.hits, self.there, strict=True)
            for rate in FALSE_BOXES
        ]


if __name__ == "__main__":
    main()
