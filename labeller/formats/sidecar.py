"""`second_look.json` beside an export: what its format cannot carry, joined again when it is imported.

A list of photos by name, each with its people, split, tags, hash and faces. The format's own file wins where
both say something: somebody may have worked on it elsewhere.
"""

from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from labeller.errors import BadDataset
from labeller.formats import json_stream
from labeller.formats.listing import SIDECAR
from labeller.formats.names import comparable, our_split
from labeller.formats.protocol import Entry, Listing
from labeller.formats.records import Box, FaceRecord, PhotoRecord, State
from labeller.formats.shelf import Shelf
from labeller.formats.spool import Spool, number
from labeller.formats.text import bad_file
from labeller.formats.values import BadBox, as_box, as_number, as_size

SAME = 1.5
"""Pixels by which the sides of one box may differ between a file and the sidecar: a format may cut to whole
ones."""
STATES = frozenset({"proposed", "confirmed", "rejected"})


class SidecarWriter:
    """Collects the photos of an export; `folder` is for a temporary file."""

    def __init__(self, folder: Path) -> None:
        self._photos = Spool(folder, SIDECAR)

    def add(self, record: PhotoRecord) -> None:
        self._photos.item(_written(record))

    def entry(self) -> Entry:
        return Entry(SIDECAR, self._photos.chunks('{"second_look":1,"photos":[\n', "\n]}\n"))


class Sidecar:
    """The sidecar of a dataset, if there is one. Raises BadDataset for a damaged one."""

    def __init__(self, listing: Listing) -> None:
        self._photos: Shelf | None = None
        keys = [key for key in listing.files if key == SIDECAR or key.endswith("/" + SIDECAR)]
        if keys:
            self.key = min(keys, key=len)
            self._photos = _read(listing.files[self.key], self.key)

    def joined(self, record: PhotoRecord) -> PhotoRecord:
        """The record with what the sidecar knows of its picture, which goes by its name without folders."""
        kept = self._photos.of(record.name.rpartition("/")[2]) if self._photos else []
        return _joined(record, photo_of(kept[0], self.key)) if kept else record

    def __enter__(self) -> "Sidecar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._photos:
            self._photos.close()


def photo_of(value: dict[str, Any], file: str) -> PhotoRecord:
    """What the sidecar says of one photo. Raises BadDataset."""
    name = str(value["name"])
    faces = value.get("faces", [])
    if not isinstance(faces, list) or not all(isinstance(face, dict) for face in faces):
        raise bad_file(file, f"has no list of faces for “{name}”")
    try:
        read = tuple(_face_of(face, f"face {at}") for at, face in enumerate(faces, 1))
    except BadBox as error:
        raise bad_file(file, f"({name}) {error}") from None
    size = value.get("size")
    return PhotoRecord(
        name,
        read,
        as_size(*size) if isinstance(size, list) and len(size) == 2 else None,
        value.get("looked_at") is not False,
        _text(value.get("person")),
        our_split(_text(value.get("split"))),
        _text(value.get("sha256")),
        _texts(value.get("tags")),
    )


def _read(path: Path, name: str) -> Shelf:
    shelf = Shelf()
    try:
        for at, value in enumerate(json_stream.items(path, name, "photos.item"), 1):
            if not isinstance(value, dict) or not isinstance(value.get("name"), str):
                raise bad_file(name, f"has no name for photo {at}")
            shelf.put(value["name"], value)
    except BadDataset:
        shelf.close()
        raise
    return shelf


def _written(record: PhotoRecord) -> dict[str, Any]:
    photo = {
        "name": record.name,
        "size": record.size,
        "split": record.split,
        "person": record.person,
        "sha256": record.sha256,
        "tags": record.tags,
        "looked_at": record.looked_at,
        "faces": [_written_face(face) for face in record.faces],
    }
    return {key: value for key, value in photo.items() if value not in (None, ())}


def _written_face(face: FaceRecord) -> dict[str, Any]:
    values = {
        "box": [number(side) for side in face.box] if face.box else None,
        "label": face.label,
        "state": face.state,
        "confidence": face.confidence,
        "source": face.source,
        "tags": face.tags,
    }
    return {key: value for key, value in values.items() if value not in (None, ())}


def _face_of(value: dict[str, Any], place: str) -> FaceRecord:
    box = as_box(value["box"]) if value.get("box") is not None else None
    state = value.get("state", "confirmed")
    confidence = as_number(value.get("confidence"))
    return FaceRecord(
        box,
        _text(value.get("label")),
        cast(State, state) if state in STATES else "proposed",
        confidence if 0 <= confidence <= 1 else None,
        _text(value.get("source")),
        _texts(value.get("tags")),
        f"{SIDECAR}, {place}",
    )


def _joined(record: PhotoRecord, kept: PhotoRecord) -> PhotoRecord:
    unseen = not record.faces and not record.looked_at
    faces = kept.faces if unseen else _joined_faces(record.faces, kept.faces)
    confirmed = any(face.state == "confirmed" for face in record.faces)
    return replace(
        record,
        faces=faces,
        looked_at=record.looked_at if confirmed else kept.looked_at,
        person=record.person or kept.person,
        split=record.split or kept.split,
        sha256=record.sha256 or kept.sha256,
        tags=record.tags or kept.tags,
    )


def _joined_faces(faces: tuple[FaceRecord, ...], kept: tuple[FaceRecord, ...]) -> tuple[FaceRecord, ...]:
    """The format's faces with what the sidecar adds to each, then those that no format writes as labels."""
    if faces and all(face.box is None for face in faces):
        return _with_boxes(faces, kept)
    left = list(kept)
    joined = []
    for face in faces:
        twins = [one for one in left if _same(face.box, one.box)]
        twin = min(twins, key=lambda one: one.label != face.label, default=None)
        if twin:
            left.remove(twin)
            face = _completed(face, twin)
        joined.append(face)
    return (*joined, *(face for face in left if face.state != "confirmed" or face.label is None))


def _with_boxes(faces: tuple[FaceRecord, ...], kept: tuple[FaceRecord, ...]) -> tuple[FaceRecord, ...]:
    """The sidecar's faces for those of a format without boxes, which says of what class a photo is.

    If the only face of a photo has another class there, somebody put the photo into another folder.
    """
    labelled = [face for face in kept if face.state == "confirmed" and face.label]
    classes = {comparable(face.label or "") for face in labelled}
    if {comparable(face.label or "") for face in faces} <= classes:
        return kept
    if len(labelled) == len(faces) == 1:
        moved = replace(labelled[0], label=faces[0].label)
        return tuple(moved if face is labelled[0] else face for face in kept)
    return faces


def _completed(face: FaceRecord, twin: FaceRecord) -> FaceRecord:
    return replace(
        face,
        label=face.label or (twin.label if face.state == twin.state else None),
        confidence=twin.confidence if face.confidence is None else face.confidence,
        source=face.source or twin.source,
        tags=face.tags or twin.tags,
    )


def _same(one: Box | None, other: Box | None) -> bool:
    if one is None or other is None:
        return one is other
    edges = zip(_edges(one), _edges(other), strict=True)
    return all(abs(a - b) <= SAME for a, b in edges)


def _edges(box: Box) -> Box:
    return box[0], box[1], box[0] + box[2], box[1] + box[3]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
