"""Pools of labelled faces to replay labelling on, none of them the one that the policy was tuned on alone.

Features are means over the crop and four distorted views. What they have in common are the photographs; how
easy, how rare and how alike the faces are differs.
"""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import photographs
from trainer.arrays import Float32Array, Image, IntArray
from trainer.features import crops, networks
from trainer.label_efficiency.simulate import LabelledFaces

VIEWS = 5
RARE = 0.1
PEOPLE, REPEATS = 150, 4


@dataclass(frozen=True)
class Photographs:
    """The n labelled faces: features (VIEWS, n, d), labels (n,), files (n,), and which are of scenes."""

    views: Float32Array
    labels: IntArray
    groups: IntArray
    in_scene: NDArray[np.bool_]

    def pool(self, rows: NDArray[np.intp]) -> LabelledFaces:
        """The rows with the mean of their views, grouped by file."""
        return LabelledFaces(self.views[:, rows].mean(axis=0), self.labels[rows], self.groups[rows])


def all_pools() -> dict[str, LabelledFaces]:
    """Faces only; faces and scenes; one mask in ten; people with several near repeats."""
    faces, rng = _read(), np.random.default_rng(0)
    rows = np.arange(len(faces.labels))
    masked, bare = rows[faces.labels == 0], rows[faces.labels == 1]
    rare = rng.permutation(masked)[: round(len(bare) * RARE / (1 - RARE))]
    return {
        "faces only": faces.pool(np.flatnonzero(~faces.in_scene)),
        "faces and scenes": faces.pool(rows),
        "one mask in ten": faces.pool(np.sort(np.concatenate([rare, bare]))),
        "near repeats": _near_repeats(faces, rng),
    }


def _near_repeats(faces: Photographs, rng: np.random.Generator) -> LabelledFaces:
    """PEOPLE people with REPEATS pictures each, which are distorted views of one."""
    chosen = rng.permutation(len(faces.labels))[:PEOPLE]
    features = faces.views[:REPEATS, chosen].reshape(REPEATS * PEOPLE, -1)
    labels, groups = (np.tile(values, REPEATS) for values in (faces.labels[chosen], np.arange(PEOPLE)))
    return LabelledFaces(features, labels, groups)


def _read() -> Photographs:
    pictures: list[Image] = []
    labels, files, in_scene = [], [], []
    for number, label in enumerate(("mask", "nomask")):
        for file in sorted((photographs.FOLDER / "faces" / label).glob("*")):
            photo = crops.decode(file.read_bytes())
            pictures.append(crops.crop(photo, (0, 0, photo.shape[1], photo.shape[0])))
            labels.append(number)
            files.append(file.name)
            in_scene.append(False)
    for scene in json.loads((photographs.FOLDER / "scenes" / "faces.json").read_text()):
        photo = crops.decode((photographs.FOLDER / "scenes" / scene["file"]).read_bytes())
        for face in scene["faces"]:
            if face["label"] in ("mask", "nomask"):
                pictures.append(crops.crop(photo, tuple(face["box"])))
                labels.append(int(face["label"] == "nomask"))
                files.append(scene["file"])
                in_scene.append(True)
    embed = networks.shared().embedder
    views = [
        embed(np.stack([crops.view(picture, view, index) for index, picture in enumerate(pictures)]))
        for view in range(VIEWS)
    ]
    groups = np.unique(files, return_inverse=True)[1]
    return Photographs(np.array(views, np.float32), np.array(labels), groups, np.array(in_scene))
