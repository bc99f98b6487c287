"""The single obvious face of a photo; as a program, of each picture in a list of files.

`python -m labeller.detection.single_face` serves commands that store nothing. It reads {"files": [path],
"folder": path} from standard input and writes a line for each file: {"file", "sha256", "cut", "box"} or
{"file", "refused"}. `cut` is a picture in `folder` that any decoder can be trusted with: the face with its
surroundings, and `box` (x, y, w, h) in its pixels. Without an obvious face it is the whole photo, `box` null.
"""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from db.box_thresholds import BoxThresholds, default_thresholds
from db.child_protocol import open_line_writer, read_request
from db.errors import Refused
from db.settings import settings
from labeller.detection import detectors
from labeller.detection.detections import Detection
from labeller.detection.photo_look import look_at_photo
from labeller.photos.box import Box
from labeller.photos.decode import decode
from labeller.photos.limits import check_size

MARGIN = 0.5
"""Share of the box that is kept on each side: more than any crop for training uses."""
DOMINANT = 4.0
"""Ratio of areas from which a face does not count beside another. The author of a portrait fills it with the
face; a passer-by in the background is smaller, and so is a badge on the chest."""


def pick_single_face(detections: Sequence[Detection], thresholds: BoxThresholds) -> int | None:
    """The index of the photo's single obvious face, or None.

    It is the only likely face that is not much smaller than the largest one; without a likely face, the only
    box that is not hidden.
    """
    likely = [i for i, one in enumerate(detections) if one.confidence >= thresholds.likely]
    if not likely:
        shown = [i for i, one in enumerate(detections) if one.confidence >= thresholds.hidden]
        return shown[0] if len(shown) == 1 else None
    areas = {i: detections[i].box[2] * detections[i].box[3] for i in likely}
    largest = max(areas.values())
    obvious = [i for i in likely if areas[i] * DOMINANT > largest]
    return obvious[0] if len(obvious) == 1 else None


def cut_face(file: Path, cut: Path) -> dict[str, Any]:
    """Write the cut of one picture; returns the rest of its line. Raises Refused and OSError."""
    data = file.read_bytes()
    check_size(data)
    photo = decode(data, settings().max_megapixels)
    detector = detectors.first()
    detections = look_at_photo(detector, photo.view, photo.width, lambda: photo.photo).detections
    index = pick_single_face(detections, default_thresholds(detector.name))
    box = None if index is None else _save_cut(photo.photo, detections[index].box, cut)
    if box is None:
        cut.write_bytes(photo.photo)
    return {"sha256": hashlib.sha256(data).hexdigest(), "cut": str(cut), "box": box}


def _save_cut(photo: bytes, box: Box, to: Path) -> Box:
    """Save the box with a margin, losslessly; returns the box in pixels of what was saved."""
    x, y, w, h = box
    with Image.open(io.BytesIO(photo), formats=["JPEG", "PNG", "WEBP"]) as picture:
        left, top = max(0, round(x - MARGIN * w)), max(0, round(y - MARGIN * h))
        right = min(picture.width, round(x + w + MARGIN * w))
        bottom = min(picture.height, round(y + h + MARGIN * h))
        picture.convert("RGB").crop((left, top, right, bottom)).save(to, "PNG", compress_level=1)
    return x - left, y - top, w, h


def main() -> None:
    request, write_line = read_request(), open_line_writer()
    for number, file in enumerate(request["files"]):
        try:
            write_line(file=file, **cut_face(Path(file), Path(request["folder"]) / str(number)))
        except Refused as error:
            write_line(file=file, refused=f"{error.message} {error.hint}".strip())
        except OSError as error:
            write_line(file=file, refused=f"The file cannot be read ({error.strerror}).")


if __name__ == "__main__":
    main()
