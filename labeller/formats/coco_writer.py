"""COCO: writing. A file a split in one pass, as datumaro and pycocotools want it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labeller.formats.names import SPLIT_FOLDERS
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.records import FaceRecord, PhotoRecord
from labeller.formats.sidecar import SidecarWriter
from labeller.formats.spool import Spool, compact, number

NO_SPLIT = "default"
"""How datumaro calls a set that is not divided."""
LISTS = ("images", "annotations", "rejected")


class CocoWriter:
    """`annotations/instances_<split>.json` and `images/<split>/`; ids are unique in the whole export."""

    def __init__(self, options: WriteOptions, folder: Path) -> None:
        self._folder = folder
        self._categories = {name: at for at, name in enumerate(options.classes, 1)}
        self._splits: dict[str, dict[str, Spool]] = {}
        self._sidecar = SidecarWriter(folder)
        self._images = self._boxes = 0

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        record = photo.record
        split = SPLIT_FOLDERS.get(record.split or "", NO_SPLIT)
        lists = self._splits.get(split) or self._new(split)
        self._images += 1
        width, height = record.size or (0, 0)
        image = {"id": self._images, "file_name": record.name, "width": width, "height": height}
        lists["images"].item(image)
        for face in record.faces:
            self._face(lists, record, face)
        self._sidecar.add(record)
        yield Entry(f"images/{split}/{record.name}", photo.picture())

    def finish(self) -> Iterator[Entry]:
        for split in self._splits or {NO_SPLIT: self._new(NO_SPLIT)}:
            yield Entry(f"annotations/instances_{split}.json", self._file(self._splits[split]))
        yield self._sidecar.entry()

    def _new(self, split: str) -> dict[str, Spool]:
        self._splits[split] = {name: Spool(self._folder, f"{split}-{name}") for name in LISTS}
        return self._splits[split]

    def _face(self, lists: dict[str, Spool], record: PhotoRecord, face: FaceRecord) -> None:
        """Proposals, and boxes without a label, are the sidecar's: here each box is the truth."""
        category = self._categories.get(face.label or "") if face.state == "confirmed" else None
        if category is None and face.state != "rejected":
            return
        self._boxes += 1
        left, top, width, height = face.box or (0, 0, *(record.size or (0, 0)))
        value: dict[str, Any] = {"id": self._boxes, "image_id": self._images}
        value["bbox"] = [number(side) for side in (left, top, width, height)]
        if face.confidence is not None:
            value["score"] = face.confidence
        named = {"person": record.person, "source": face.source}
        value["attributes"] = {name: text for name, text in named.items() if text}
        if category is None:
            lists["rejected"].item(value)
        else:
            value |= {"category_id": category, "area": number(width * height)}
            lists["annotations"].item(value | {"iscrowd": 0, "segmentation": []})

    def _file(self, lists: dict[str, Spool]) -> Iterator[bytes]:
        categories = [{"id": id, "name": name, "supercategory": ""} for name, id in self._categories.items()]
        before = '{"info":{"description":"Second Look"},"licenses":[],"categories":' + compact(categories)
        yield before.encode()
        for name in LISTS:
            yield from lists[name].chunks(f',\n"{name}":[\n', "\n]")
        yield b"}\n"
