"""Crops of the faces that were seen, in a folder for each class."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from inference.watch.errors import CannotWrite
from inference.watch.looks import Seen
from inference.watch.pictures import write_picture
from labeller.detection.detections import Picture
from trainer.features.crops import region
from trainer.features.input_margin import MARGIN

SECONDS = 5
"""Of each face and class the sharpest crop of so many seconds is kept."""
COMPARED_SIDE = 96
"""Sides of the crops whose sharpness is compared: a small crop has more contrast from pixel to pixel."""


@dataclass(frozen=True)
class Crop:
    """The sharpest crop of a face and class so far, and the number of the interval that it is from."""

    interval: int
    sharpness: float
    pixels: Picture
    time: float


class CropFolder:
    """Writes FOLDER/CLASS/TRACK-SECONDS.jpg, of a photo FOLDER/CLASS/TRACK-NAME.jpg."""

    def __init__(self, folder: Path) -> None:
        """Raises CannotWrite."""
        self._folder = folder
        self._sharpest: dict[tuple[int, str], Crop] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotWrite(f"The folder {folder} cannot be made: {error.strerror}.") from error

    def take(self, seen: Seen) -> None:
        """Take the faces of a look. Raises CannotWrite."""
        if not seen.is_new:
            return
        frame = seen.frame
        interval = int(frame.time // SECONDS)
        self._write_all({key for key, crop in self._sharpest.items() if crop.interval < interval})
        for face in seen.faces:
            pixels = region(frame.pixels, face.box, MARGIN).copy()
            if frame.name is not None:
                self._write(face.track, face.label, Path(frame.name).stem, pixels)
                continue
            key, sharpness = (face.track, face.label), _sharpness(pixels)
            if key not in self._sharpest or sharpness > self._sharpest[key].sharpness:
                self._sharpest[key] = Crop(interval, sharpness, pixels, float(frame.time))

    def close(self) -> None:
        """Write what is still held back. Raises CannotWrite."""
        self._write_all(set(self._sharpest))

    def _write_all(self, keys: set[tuple[int, str]]) -> None:
        for track, label in sorted(keys):
            crop = self._sharpest.pop((track, label))
            self._write(track, label, f"{crop.time:09.3f}", crop.pixels)

    def _write(self, track: int, label: str, when: str, pixels: Picture) -> None:
        write_picture(self._folder / label / f"{track:04d}-{when}.jpg", pixels)


def _sharpness(pixels: Picture) -> float:
    """Variance of the second derivative, which blur lowers."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (COMPARED_SIDE, COMPARED_SIDE), interpolation=cv2.INTER_AREA)
    return float(np.var(cv2.Laplacian(small, cv2.CV_32F)))
