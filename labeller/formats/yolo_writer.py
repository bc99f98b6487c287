"""YOLO in the layout of Ultralytics, written."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import yaml

from labeller.formats.names import SPLIT_FOLDERS
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.sidecar import SidecarWriter
from labeller.formats.yolo_lines import format_line

UNLABELLED = "unlabelled"
"""The folder of photos that nobody looked at: in `images/` a trainer takes them for photos without a face."""


class YoloWriter:
    """Label files beside pictures, `images/train/a.jpg` and `labels/train/a.txt`, and data.yaml."""

    def __init__(self, options: WriteOptions, scratch: Path) -> None:
        self._classes = options.classes
        self._splits: Counter[str] = Counter()
        self._sidecar = SidecarWriter(scratch)

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        record = photo.record
        if not record.looked_at:
            path = f"{UNLABELLED}/{record.name}"
            yield Entry(path, photo.picture())
        else:
            split = SPLIT_FOLDERS[record.split or "train"]
            self._splits[split] += 1
            path = f"images/{split}/{record.name}"
            yield Entry(path, photo.picture())
            label_file = PurePosixPath(f"labels/{split}/{record.name}").with_suffix(".txt")
            yield Entry(str(label_file), self._lines(photo).encode())
        self._sidecar.add(record)

    def finish(self) -> Iterator[Entry]:
        yield Entry("data.yaml", self._yaml().encode())
        yield self._sidecar.entry()

    def _lines(self, photo: ExportedPhoto) -> str:
        size = photo.record.size
        assert size is not None
        labelled = [face for face in photo.record.faces if face.state == "confirmed" and face.box]
        return "".join(
            format_line(self._classes.index(face.label), face.box, size)
            for face in labelled
            if face.label and face.box
        )

    def _yaml(self) -> str:
        """Paths count from the folder of data.yaml, as long as it has no `path`."""
        stated = {"train": "images/train", "val": "images/val" if self._splits["val"] else "images/train"}
        if self._splits["test"]:
            stated["test"] = "images/test"
        comment = (
            ""
            if self._splits["val"]
            else "# No photo is in the validation split: val is the same as train.\n"
        )
        names = {"names": dict(enumerate(self._classes))}
        return comment + yaml.safe_dump(stated | names, sort_keys=False, allow_unicode=True)
