"""A format of our own for tests of imports: `labels.json`, read under the rules of all formats."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labeller.errors import BadDataset
from labeller.formats import formats
from labeller.formats.checked import checked
from labeller.formats.protocol import Format, Listing, ReadOptions
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from tests.pictures import jpeg, portrait

NAME = "coco"
"""The name under which it stands in for a format."""
LABELS = "labels.json"


class TinyReader:
    def read(self, listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
        return checked(_raw(listing), listing, options)


def _raw(listing: Listing) -> Iterator[PhotoRecord | Problem]:
    try:
        photos = json.loads(listing.files[LABELS].read_text())["images"]
    except ValueError as error:
        raise BadDataset("damaged", f"{LABELS} is damaged: {error}.") from error
    for at, photo in enumerate(photos, 1):
        faces = tuple(
            FaceRecord(**{"place": f"face {n}"} | face) for n, face in enumerate(photo.pop("faces", []), 1)
        )
        yield PhotoRecord(faces=faces, file=LABELS, place=f"photo {at}", **photo)


TINY = Format(NAME, "Tiny", TinyReader, None)  # type: ignore[arg-type]


def register(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(formats._BY_NAME, NAME, TINY)


def write(folder: Path, photos: list[dict[str, Any]], *, pictures: bool = True) -> Path:
    """Write the label file, and a drawn picture for each photo that has none yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LABELS).write_text(json.dumps({"images": photos, "annotations": []}))
    for seed, photo in enumerate(photos):
        path = folder / photo["name"]
        if pictures and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture(seed))
    return folder


def picture(seed: int, size: tuple[int, int] = (120, 90)) -> bytes:
    """A small picture that no other seed's is like."""
    return jpeg(portrait(seed, False, (480, 360)).resize(size, Image.Resampling.BOX))


def face(box: list[float] | None, label: str | None = None, **values: Any) -> dict[str, Any]:
    return {"box": tuple(box) if box else None, "label": label, **values}
