"""All formats by the names that people give (`--format`)."""

from labeller.errors import BadDataset
from labeller.formats.archive import ARCHIVE
from labeller.formats.coco import CocoReader
from labeller.formats.coco_writer import CocoWriter
from labeller.formats.csv_file import CsvReader
from labeller.formats.csv_writer import CsvWriter
from labeller.formats.cvat import CvatReader
from labeller.formats.cvat_writer import CvatWriter
from labeller.formats.folders import FoldersReader
from labeller.formats.folders_writer import FoldersWriter
from labeller.formats.label_studio import LabelStudioReader
from labeller.formats.label_studio_writer import LabelStudioWriter
from labeller.formats.protocol import Format
from labeller.formats.voc import VocReader
from labeller.formats.voc_writer import VocWriter
from labeller.formats.wider_face import WiderFaceReader
from labeller.formats.wider_face_writer import WiderFaceWriter
from labeller.formats.yolo import YoloReader
from labeller.formats.yolo_writer import YoloWriter

NO_STATES = ("rejected boxes", "proposals", "scores", "tags")

FORMATS: tuple[Format, ...] = (
    Format("folders", "Folders", FoldersReader, FoldersWriter, ("boxes", "rejected boxes", "tags")),
    Format("csv", "CSV", CsvReader, CsvWriter, ("who or what drew a box", "tags")),
    Format("coco", "COCO", CocoReader, CocoWriter, ("photos nobody looked at", "proposals", "tags")),
    Format("yolo", "YOLO (Ultralytics)", YoloReader, YoloWriter, (*NO_STATES, "people")),
    Format("voc", "Pascal VOC", VocReader, VocWriter, (*NO_STATES, "fractions of pixels")),
    Format("labelstudio", "Label Studio JSON", LabelStudioReader, LabelStudioWriter, ("tags",)),
    Format(
        "cvat",
        "CVAT for images 1.1",
        CvatReader,
        CvatWriter,
        ("rejected boxes", "proposals", "tags", "photos nobody looked at"),
    ),
    Format(
        "widerface",
        "WIDER FACE",
        WiderFaceReader,
        WiderFaceWriter,
        (
            "classes",
            "proposals",
            "scores",
            "tags",
            "people",
            "fractions of pixels",
            "photos nobody looked at",
        ),
    ),
)
"""Those that hold photos with boxes, which are read and written photo by photo."""
OFFERED = (*FORMATS, ARCHIVE)
TITLES = {one.name: one.title for one in OFFERED}
_BY_NAME = {one.name: one for one in OFFERED}


def by_name(name: str) -> Format:
    """The format with this name. Raises BadDataset."""
    if name not in _BY_NAME:
        hint = f"There are {', '.join(_BY_NAME)}."
        raise BadDataset("unknown_format", f"There is no format “{name}”.", hint)
    return _BY_NAME[name]
