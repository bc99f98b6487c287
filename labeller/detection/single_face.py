"""`python -m labeller.obvious`: the obvious face of each picture of a folder, for commands that keep nothing.

Reads {"files": [path], "folder": path} from standard input and writes a line for each file: {"file",
"sha256", "cut", "box"} or {"file", "refused"}. `cut` is a picture in `folder` that any decoder can be trusted
with: the face with what is around it, `box` (x, y, w, h) in its pixels; or the whole photo, when no face is
obvious, with `box` null.
"""

import hashlib
import io
from pathlib import Path
from typing import Any

from PIL import Image

from db.child_protocol import asked, speaker
from db.errors import Refused
from db.settings import settings
from labeller.detection import proposals
from labeller.photos.decode import decode
from labeller.photos.limits import check_size

AROUND = 0.5
"""Share of the box that is kept on each side: more than any crop takes in."""

Box = tuple[float, float, float, float]


def look(file: Path, cut: Path) -> dict[str, Any]:
    """Write the cut of one picture; the rest of its line. Raises Refused, or OSError from reading it."""
    data = file.read_bytes()
    check_size(data)
    photo = decode(data, settings().max_megapixels)
    found = proposals.detections(photo.view, photo.width)
    index = proposals.obvious(found)
    box = None if index is None else _cut_out(photo.photo, found[index].box, cut)
    if box is None:
        cut.write_bytes(photo.photo)
    return {"sha256": hashlib.sha256(data).hexdigest(), "cut": str(cut), "box": box}


def _cut_out(photo: bytes, box: Box, to: Path) -> Box:
    """Save the box and what is around it, losslessly; the box within that."""
    x, y, w, h = box
    with Image.open(io.BytesIO(photo), formats=["JPEG", "PNG", "WEBP"]) as picture:
        left, top = max(0, round(x - AROUND * w)), max(0, round(y - AROUND * h))
        right = min(picture.width, round(x + w + AROUND * w))
        bottom = min(picture.height, round(y + h + AROUND * h))
        picture.convert("RGB").crop((left, top, right, bottom)).save(to, "PNG", compress_level=1)
    return x - left, y - top, w, h


def main() -> None:
    wanted, say = asked(), speaker()
    for number, file in enumerate(wanted["files"]):
        try:
            say(file=file, **look(Path(file), Path(wanted["folder"]) / str(number)))
        except Refused as error:
            say(file=file, refused=f"{error.message} {error.hint}".strip())
        except OSError as error:
            say(file=file, refused=f"The file cannot be read ({error.strerror}).")


if __name__ == "__main__":
    main()
