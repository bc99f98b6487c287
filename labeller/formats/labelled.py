"""What of a photo goes into formats that know only boxes with a class."""

from collections.abc import Iterator

from labeller.formats.records import Box, FaceRecord, PhotoRecord


def labelled(record: PhotoRecord) -> Iterator[tuple[Box, str, FaceRecord]]:
    """The confirmed faces with a box and a class. A trainer would learn a rejected box if it had one."""
    for face in record.faces:
        if face.state == "confirmed" and face.box is not None and face.label is not None:
            yield face.box, face.label, face


def is_labelled(record: PhotoRecord) -> bool:
    """Whether a photo without a box in the export is one without a face."""
    return record.looked_at or any(labelled(record))
