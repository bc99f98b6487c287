"""Crops of `flask watch`: the sharpest of each face and class in a while, in the folder of the class."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from inference.watch.crops import SECONDS, CropFolder
from inference.watch.frames import Frame
from inference.watch.looks import Face, Seen
from labeller.detection.detections import Picture

BOX = (40.0, 40.0, 60.0, 60.0)


def picture(blur: float = 0) -> Picture:
    noise = np.random.default_rng(1).integers(0, 255, (160, 160, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), blur)) if blur else noise


def seen(
    time: int, pixels: Picture, label: str = "mask", is_new: bool = True, name: str | None = None
) -> Seen:
    other = {"mask": "nomask", "nomask": "mask"}[label]
    return Seen(
        Frame(Fraction(time), lambda: pixels, name), 0, [Face(3, BOX, {label: 0.9, other: 0.1})], is_new
    )


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.jpg"))


def test_of_a_while_the_sharpest_crop_is_kept(tmp_path: Path) -> None:
    crops = CropFolder(tmp_path)
    for time, blur in ((0, 4.0), (1, 0.0), (2, 2.0)):
        crops.take(seen(time, picture(blur)))
    assert written(tmp_path) == [], "a sharper one may still come"
    crops.take(seen(SECONDS, picture(4.0)))
    assert written(tmp_path) == ["mask/0003-00001.000.jpg"]
    crops.close()
    assert written(tmp_path) == ["mask/0003-00001.000.jpg", f"mask/0003-{SECONDS:09.3f}.jpg"]


def test_a_face_whose_label_changes_is_in_both_folders_and_a_repeated_look_counts_for_nothing(
    tmp_path: Path,
) -> None:
    crops = CropFolder(tmp_path)
    crops.take(seen(0, picture(), "mask"))
    crops.take(seen(1, picture(), "nomask"))
    crops.take(seen(2, picture(), "nomask", is_new=False))
    crops.close()
    assert written(tmp_path) == ["mask/0003-00000.000.jpg", "nomask/0003-00001.000.jpg"]


def test_the_crops_of_photos_are_named_after_them(tmp_path: Path) -> None:
    CropFolder(tmp_path).take(seen(0, picture(), name="party.png"))
    assert written(tmp_path) == ["mask/0003-party.jpg"]
