"""Small datasets for the tests of formats: pictures of the right size, and the boxes of six scenes."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from labeller.formats.checked import FOUND_BY_NAME
from labeller.formats.listing import FolderListing
from labeller.formats.protocol import Reader, ReadOptions
from labeller.formats.records import Box, PhotoRecord, Problem
from labeller.formats.values import fitted
from labeller.formats.walk import walk

CLASSES = ("mask", "nomask", "incorrect")
SAMPLES = Path(__file__).parent / "samples"
SCENES = {
    "scene_680.jpg": (400, 267),
    "scene_251.jpg": (400, 206),
    "scene_318.jpg": (400, 226),
    "scene_341.jpg": (301, 400),
    "scene_495.jpg": (400, 225),
    "scene_660.jpg": (301, 400),
}


def picture(size: tuple[int, int], orientation: int = 1, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture of this stored size."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size, (90, 120, 150)).save(file, kind, quality=20, exif=exif, **options)
    return file.getvalue()


def put(root: Path, name: str, content: bytes | str = b"") -> Path:
    """A file with its folders."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def scenes(root: Path, names: Iterable[str] = SCENES) -> Path:
    """A folder with pictures of the scenes' sizes."""
    for name in names:
        put(root, name, picture(SCENES[Path(name).name]))
    return root


def right_answers() -> dict[str, list[tuple[Box, str]]]:
    """The boxes of each scene with their labels, in the order of the original."""
    answers = json.loads((SAMPLES / "faces.json").read_text())
    return {name: [(tuple(box), label) for *box, label in faces] for name, faces in answers.items()}


def as_imported(answers: dict[str, list[tuple[Box, str]]]) -> dict[str, list[tuple[Box, str]]]:
    """The boxes sorted and cut at the edges of the pictures; two end a pixel outside."""
    cut = {}
    for name, faces in answers.items():
        cut[name] = sorted((fitted(box, SCENES[name])[0], label) for box, label in faces)
    return cut


def read(
    reader: Reader, listing: FolderListing | Path, options: ReadOptions | None = None
) -> tuple[dict[str, PhotoRecord], list[Problem]]:
    """What a reader finds: photos by name, and what is to be said but that they were found by name."""
    if isinstance(listing, Path):
        listing = walk(listing)
    found = list(reader.read(listing, options or ReadOptions(CLASSES)))
    photos = [one for one in found if isinstance(one, PhotoRecord)]
    assert len({one.name for one in photos}) == len(photos)
    problems = [one for one in found if isinstance(one, Problem) and not one.message.endswith(FOUND_BY_NAME)]
    return {one.name: one for one in photos}, problems


def read_file(
    reader: Reader, folder: Path, name: str, content: bytes | str, options: ReadOptions | None = None
) -> tuple[dict[str, PhotoRecord], list[Problem]]:
    """What a reader finds in one label file beside pictures of three scenes."""
    scenes(folder, ("scene_341.jpg", "scene_660.jpg", "scene_251.jpg"))
    put(folder, name, content)
    return read(reader, folder, options)


def boxes(photo: PhotoRecord) -> list[tuple[Box | None, str | None]]:
    return [(face.box, face.label) for face in photo.faces]
