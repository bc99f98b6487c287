"""Label Studio JSON, written: tasks to import, and the labelling configuration that they need."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from labeller.formats.label_studio import OURS
from labeller.formats.label_studio_task import LOCAL_FILE
from labeller.formats.names import SPLIT_FOLDERS
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.records import FaceRecord, PhotoRecord
from labeller.formats.sidecar import SidecarWriter
from labeller.formats.spool import Spool
from labeller.formats.xml_text import attribute

FROM_NAME, TO_NAME = "label", "image"


class LabelStudioWriter:
    """`images/`, `tasks.json` (collected in `scratch`) and `label_config.xml`.

    No annotation has an `id` or a `completed_by`: a server refuses those that it does not know. It gives
    tasks numbers of its own; the converter of its SDK wants one.
    """

    def __init__(self, options: WriteOptions, scratch: Path) -> None:
        self._classes = options.classes
        self._tasks = Spool(scratch, "tasks")
        self._sidecar = SidecarWriter(scratch)

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        path = f"images/{photo.record.name}"
        yield Entry(path, photo.picture())
        self._tasks.item({"id": self._tasks.count + 1, **_task(path, photo.record)})
        self._sidecar.add(photo.record)

    def finish(self) -> Iterator[Entry]:
        yield Entry("tasks.json", self._tasks.chunks("[\n", "\n]\n"))
        yield Entry("label_config.xml", _config(self._classes).encode())
        yield self._sidecar.entry()


def _task(path: str, record: PhotoRecord) -> dict[str, Any]:
    ours = {"rejected": [face.box for face in record.faces if face.state == "rejected" and face.box]}
    data = {
        "image": LOCAL_FILE + quote(path),
        "person": record.person,
        "split": record.split and SPLIT_FOLDERS[record.split],
        OURS: ours if ours["rejected"] else None,
    }
    confirmed = _regions(record, "confirmed")
    proposed = _regions(record, "proposed")
    annotations = [{"result": confirmed}] if confirmed or record.looked_at else []
    return {
        "data": {name: value for name, value in data.items() if value is not None},
        "annotations": annotations,
        "predictions": [_prediction(record, proposed)] if proposed else [],
    }


def _prediction(record: PhotoRecord, regions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Its own score is that of its least certain region."""
    scores = [region["score"] for region in regions if "score" in region]
    sources = sorted({face.source for face in record.faces if face.state == "proposed" and face.source})
    score = {"score": min(scores)} if scores else {}
    return {"model_version": ", ".join(sources) or "Second Look", **score, "result": regions}


def _regions(record: PhotoRecord, state: str) -> list[dict[str, Any]]:
    faces = (face for face in record.faces if face.state == state and face.box)
    return [_region(f"face{number}", face, record.size or (1, 1)) for number, face in enumerate(faces, 1)]


def _region(name: str, face: FaceRecord, size: tuple[int, int]) -> dict[str, Any]:
    assert face.box is not None
    left, top, width, height = face.box
    value = {
        "x": left * 100 / size[0],
        "y": top * 100 / size[1],
        "width": width * 100 / size[0],
        "height": height * 100 / size[1],
        "rotation": 0,
        "rectanglelabels": [face.label] if face.label else [],
    }
    score = {} if face.confidence is None else {"score": face.confidence}
    return {
        "id": name,
        "type": "rectanglelabels",
        "from_name": FROM_NAME,
        "to_name": TO_NAME,
        "original_width": size[0],
        "original_height": size[1],
        "image_rotation": 0,
        "value": value,
    } | score


def _config(classes: Sequence[str]) -> str:
    labels = "".join(f"    <Label value={attribute(name)}/>\n" for name in classes)
    return (
        f'<View>\n  <Image name="{TO_NAME}" value="$image"/>\n'
        f'  <RectangleLabels name="{FROM_NAME}" toName="{TO_NAME}">\n{labels}  </RectangleLabels>\n</View>\n'
    )
