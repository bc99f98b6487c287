"""The one inner form of all formats: photos with boxes in pixels of the upright photo."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Size = tuple[int, int]
"""Width and height in pixels."""
Box = tuple[float, float, float, float]
"""Left, top, width, height: 0-based, the right and the bottom edge excluded."""
State = Literal["proposed", "confirmed", "rejected"]


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """One face of a photo.

    `box` is None where a format has no boxes: the whole picture shows one face. `label` is the name of a
    class, None for a box that nobody labelled. `confidence` is that of a proposal, `place` where the box
    stands in the file ("line 7", "annotation 3"), for messages.
    """

    box: Box | None = None
    label: str | None = None
    state: State = "confirmed"
    confidence: float | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """One photo and its faces.

    `name` is how the file names the picture: a key to look it up with, never a path to open; in a record that
    was checked it is the key of the picture in the listing. `size` is the width and height that the file
    states, in a checked record those of the upright picture. `looked_at` tells a photo without a face from
    one that nobody looked at. `split` is train, validation or locked; `sha256` that of the photo as sent,
    where our own sidecar has it. `file` is the label file, relative to the dataset, and `place` where in it,
    for messages.
    """

    name: str
    faces: tuple[FaceRecord, ...] = ()
    size: Size | None = None
    looked_at: bool = True
    person: str | None = None
    split: str | None = None
    sha256: str | None = None
    tags: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    place: str = ""


Remark = Literal["skipped", "conflict", "changed", "note"]
"""`skipped`: left out, and somebody would miss it. `changed`: taken, but not as it stands in the file (cut at
the edge, from a polygon). `note`: what was assumed or passed over, which nobody would miss."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of the report: what happened to what, and where it stands.

    `file` is relative to the dataset, `place` a line, an index or an id in it.
    """

    remark: Remark
    file: str
    place: str
    message: str
