"""Writing pictures: crops, and photos with what was drawn on them."""

from pathlib import Path

import cv2

from db import disk
from inference.watch.errors import CannotWrite
from labeller.detection.detections import Picture

JPEG_QUALITY = 95
WRITTEN = (".jpg", ".jpeg", ".png", ".webp")
"""Forms of photos that keep their name; others become JPEG."""


def write_picture(path: Path, pixels: Picture) -> None:
    """Write RGB pixels to a file, and make its folder; as a whole or not at all. Raises CannotWrite."""
    draft = path.with_name(f".{path.name}.part")
    _, data = cv2.imencode(
        path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data.tobytes())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        if disk.is_full_error(error):
            raise CannotWrite("The disk is full.", "Make room, or choose another place.") from error
        raise CannotWrite(f"{path} cannot be written: {error.strerror}.") from error


class DrawnPhotos:
    """Writes photos under their own names to a folder, or a single one to a file."""

    def __init__(self, out: Path, *, is_folder: bool) -> None:
        self._out, self._is_folder = out, is_folder

    def write(self, pixels: Picture, name: str) -> None:
        """Raises CannotWrite."""
        path = self._out / name if self._is_folder else self._out
        write_picture(path if path.suffix.lower() in WRITTEN else path.with_name(f"{path.name}.jpg"), pixels)
