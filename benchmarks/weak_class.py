"""Candidates against the classifier's weak class, bare faces in street scenes, on four transfers.

    .venv/bin/python -m benchmarks.weak_class [labels [draws]]

Each draw takes `labels` faces of one kind of photograph, fits the quick recipe with its folds, and measures
on faces of 24 px and more of another kind: from close-cut faces to scenes, from scenes to faces, from both to
each (on files held out). Boxes are those of the detector. The differences to the recipe as it is are paired;
their 95 % intervals are by draws.

Offset: of the decision, fitted on the fold logits with a prior of that standard deviation. Small faces: those
of 16 to 24 px in the drawn files are learned from, too. Lower view: the lower 58 % of the box beside the
whole.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks import photographs
from benchmarks.report import report
from labeller.detection import detectors
from labeller.detection.look import look
from labeller.photos.box import overlap
from labeller.photos.pixels import view_scale
from trainer.arrays import softmax
from trainer.data.recipe import Recipe
from trainer.evaluation.metrics import fit_temperature
from trainer.features import crops, networks
from trainer.models import head_fit
from trainer.models.head_fit import Examples, balanced_weights, fit_heads

VIEWS, T_19 = 4, 2.09
OFFSETS = (0.25, 0.5, 1.0)
LOWER = 0.58


@dataclass(frozen=True)
class Faces:
    """The n faces: features (n, VIEWS, 1280) of the box and of its lower part, labels, files, shorter
    sides."""

    whole: Any
    lower: Any
    labels: Any
    files: Any
    sides: Any
    in_scene: Any


def main() -> None:
    labels = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    draws = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    faces = read_faces()
    results: dict[str, list[dict[str, Any]]] = {}
    for draw in range(draws):
        for name, rows in transfers(faces, np.random.default_rng(draw)).items():
            results.setdefault(name, []).append(compare(faces, *rows, labels, draw))
    figures = {}
    for name, outcomes in results.items():
        base = np.mean([one["as it is"] for one in outcomes], axis=0)
        figures[f"{name}: as it is"] = (
            "balanced accuracy {:.3f}, log loss {:.3f}, recall {:.3f} and {:.3f}".format(*base)
        )
        for candidate in outcomes[0].keys() - {"as it is"}:
            figures[f"{name}: {candidate}"] = difference(outcomes, candidate)
    report(
        "weak_class",
        f"better on three of four transfers and worse on none; {labels} labels, {draws} draws",
        dict(sorted(figures.items())),
    )


def difference(outcomes: list[dict[str, Any]], candidate: str) -> str:
    gained = np.array([np.subtract(one[candidate], one["as it is"]) for one in outcomes])
    mean, half = gained.mean(axis=0), T_19 * gained.std(axis=0, ddof=1) / np.sqrt(len(gained))
    parts = [
        f"{name} {mean[i]:+.4f} ({mean[i] - half[i]:+.4f} to {mean[i] + half[i]:+.4f})"
        for i, name in enumerate(("balanced accuracy", "log loss"))
    ]
    return ", ".join(parts)


def read_faces() -> Faces:
    detector, network, found = detectors.load("centerface"), networks.shared(), []
    for label, name in enumerate(("mask", "nomask")):
        for path in sorted((photographs.FOLDER / "faces" / name).glob("*")):
            photo = crops.decode(path.read_bytes())
            boxes = [box for box, confidence in _boxes(detector, photo) if confidence >= 0.4]
            box = max(boxes, key=lambda box: box[2] * box[3], default=(0.0, 0.0, *photo.shape[1::-1]))
            found.append((photo, box, label, path.name, False))
    for scene in json.loads((photographs.FOLDER / "scenes" / "faces.json").read_text()):
        photo = crops.decode((photographs.FOLDER / "scenes" / scene["file"]).read_bytes())
        boxes = [box for box, confidence in _boxes(detector, photo) if confidence >= 0.2]
        for face in scene["faces"]:
            best = max(boxes, key=lambda box: overlap(box, tuple(face["box"])), default=None)
            if face["label"] in ("mask", "nomask") and best and overlap(best, tuple(face["box"])) >= 0.4:
                found.append((photo, best, int(face["label"] == "nomask"), scene["file"], True))

    def features(cut: Any) -> Any:
        views = [
            network.embedder(
                np.stack([crops.view(cut(photo, box), view, n) for n, (photo, box, *_) in enumerate(found)])
            )
            for view in range(VIEWS)
        ]
        return np.stack(views, axis=1).astype(np.float16)

    whole = features(crops.crop)
    lower = features(
        lambda photo, box: crops.crop(photo, (box[0], box[1] + (1 - LOWER) * box[3], box[2], LOWER * box[3]))
    )
    _, _, labels, files, in_scene = zip(*found, strict=True)
    sides = [min(box[2:]) for _, box, *_ in found]
    _, numbers = np.unique(files, return_inverse=True)
    return Faces(whole, lower, np.array(labels), numbers, np.array(sides), np.array(in_scene))


def _boxes(detector: Any, photo: Any) -> list[tuple[tuple[float, float, float, float], float]]:
    scale = view_scale(*photo.shape[1::-1])
    view = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    detections = look(detector, np.asarray(view, np.uint8), 0.4, lambda: None).detections
    return [(one.moved(1 / scale).box, one.confidence) for one in detections]


def transfers(faces: Faces, rng: np.random.Generator) -> dict[str, tuple[Any, Any, Any]]:
    """For each transfer the rows to learn from, the small faces of the same kind, and the rows to measure
    on."""
    large, small = faces.sides >= 24, (faces.sides >= 16) & (faces.sides < 24) & faces.in_scene
    files = rng.permutation(np.unique(faces.files))
    learned = np.isin(faces.files, files[: len(files) // 2])
    scenes, close = faces.in_scene & large, ~faces.in_scene
    nothing = np.zeros_like(small)
    return {
        "faces to scenes": (close, nothing, scenes),
        "scenes to faces": (scenes, small, close),
        "both to scenes": ((scenes | close) & learned, small & learned, scenes & ~learned),
        "both to faces": ((scenes | close) & learned, small & learned, close & ~learned),
    }


def compare(faces: Faces, pool: Any, small: Any, test: Any, labels: int, seed: int) -> dict[str, Any]:
    """Balanced accuracy, log loss and both recalls of the recipe as it is and of each candidate."""
    rng = np.random.default_rng([seed, 1])
    rows, truth = np.sort(rng.permutation(np.flatnonzero(pool))[:labels]), faces.labels[test]
    both = np.concatenate([faces.whole, faces.lower], axis=2)
    head, out_of_fold = fit(faces.whole, faces, rows, seed)
    temperature = fit_temperature(faces.labels[rows], out_of_fold)
    logits = head.logits(faces.whole[test][:, 0]) / temperature
    measured = {"as it is": measure(logits, truth)}
    for spread in OFFSETS:
        shift = offset(out_of_fold / temperature, faces.labels[rows], spread)
        moved = logits + np.array([0.0, shift])
        measured[f"offset, prior {spread}"] = measure(moved, truth)
    if small.any():
        more = np.union1d(rows, np.flatnonzero(small & np.isin(faces.files, faces.files[rows])))
        measured["small faces"] = measure(_calibrated(faces.whole, faces, more, test, seed), truth)
    head_fit.FEATURES = both.shape[2]
    head_fit._compiled_steps.cache_clear()
    measured["lower view"] = measure(_calibrated(both, faces, rows, test, seed), truth)
    head_fit.FEATURES = faces.whole.shape[2]
    head_fit._compiled_steps.cache_clear()
    return measured


def _calibrated(features: Any, faces: Faces, rows: Any, test: Any, seed: int) -> Any:
    head, out_of_fold = fit(features, faces, rows, seed)
    return head.logits(features[test][:, 0]) / fit_temperature(faces.labels[rows], out_of_fold)


def fit(features: Any, faces: Faces, rows: Any, seed: int) -> tuple[Any, Any]:
    """The head of the quick recipe, and the logits (rows, 2) of its folds for what they held out."""
    labels, n = faces.labels[rows], len(rows)
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    folds = [np.isin(np.arange(n), learned) for learned, _ in splitter.split(rows, labels, faces.files[rows])]
    seen, views = [np.ones(n, bool), *folds], np.repeat(np.arange(n), VIEWS)
    weights = [balanced_weights(labels[views], mask[views], 2, True) for mask in seen]
    held_out = [
        balanced_weights(labels, mask, 2, True) for mask in (np.zeros(n, bool), *(~fold for fold in folds))
    ]
    train = Examples(features[rows].reshape(n * VIEWS, -1), labels[views], np.stack(weights, axis=1))
    validation = Examples(features[rows][:, 0], labels, np.stack(held_out, axis=1))
    heads, _ = fit_heads(train, validation, 2, Recipe(seed=seed))
    logits = np.zeros((n, 2), np.float32)
    for head, fold in zip(heads[1:], folds, strict=True):
        logits[~fold] = head.logits(features[rows][~fold, 0])
    return heads[0], logits


def offset(logits: Any, labels: Any, spread: float) -> float:
    """Maximum a posteriori offset of the second class, both classes weighing the same, by Newton's method."""
    weights, value = balanced_weights(labels, np.ones(len(labels), bool), 2, True), 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1] - value))
        gradient = (weights * (labels - p)).sum() - value / spread**2
        value += gradient / ((weights * p * (1 - p)).sum() + 1 / spread**2)
    return float(value)


def measure(logits: Any, truth: Any) -> tuple[float, float, float, float]:
    p = softmax(logits)
    recalls = [float((p[truth == label].argmax(axis=1) == label).mean()) for label in (0, 1)]
    losses = [-np.log(np.clip(p[truth == label, label], 1e-6, 1)).mean() for label in (0, 1)]
    return float(np.mean(recalls)), float(np.mean(losses)), recalls[0], recalls[1]


if __name__ == "__main__":
    main()
