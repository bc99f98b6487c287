"""The shapes of imports over JSON, in and out."""

from typing import Annotated, Any, Literal

from apiflask.fields import UploadFile
from pydantic import BaseModel, BeforeValidator, Field, Json

from web.api.paging import PageOut
from web.api.schemas import Strict
from web.input import MAX_ID, Id

Status = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED = ("done", "failed", "cancelled")


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


Optional = BeforeValidator(_none_if_empty)
"""A field of a form that may be left empty."""


class ImportIn(Strict):
    file: Annotated[UploadFile | None, Optional] = Field(
        None, description="A zip or tar (plain, gz, bz2 or xz); larger ones than the limit come in parts."
    )
    upload: str | None = Field(None, description="Instead of `file`: the key under which parts were sent.")
    parts: int = Field(0, ge=0, le=MAX_ID, description="With `upload`: how many parts there are.")
    name: str | None = Field(None, max_length=200, description="With `upload`: what the archive is called.")
    format: Annotated[str | None, Optional] = Field(
        None, description="folders, csv, coco, yolo, voc, labelstudio, cvat, widerface; without it found out."
    )
    person: Annotated[str | None, Optional] = Field(
        None, description="Id or name of who is in the photos of which the dataset does not say it."
    )
    mapping: Annotated[Json[dict[str, str]] | None, Optional] = Field(
        None, description='Classes by names of the dataset, as JSON: {"With Mask": "mask"}.'
    )
    voc_base: Annotated[Literal["0", "1"] | None, Optional] = Field(
        None, description="Of Pascal VOC: the number of the first pixel."
    )
    normalised: Annotated[bool | None, Optional] = Field(None, description="Of CSV: boxes in shares.")
    crops: Annotated[bool | None, Optional] = Field(
        None, description="Of folders: each picture is one face, cut out."
    )
    empty_is_looked_at: Annotated[bool | None, Optional] = Field(
        None, description="A photo without a box was looked at, where the format cannot tell."
    )


class ImportAccepted(BaseModel):
    id: int
    status: Status


class ReportLine(BaseModel):
    file: str = Field(description="The picture, or the label file.")
    place: str = Field(description="A line, an index or an id in it.")
    message: str
    photo_id: int | None = Field(description="The photo, if there is one.")


class ImportReport(BaseModel):
    new: int = Field(description="Photos that were not here before.")
    known: int = Field(description="Photos that were here.")
    faces: int = Field(description="Faces that were added, or answered for the first time.")
    counts: dict[str, int] = Field(description="Lines of each kind; the lists hold the first 1,000.")
    conflicts: list[ReportLine] = Field(description="Where the dataset says otherwise than it is here.")
    skipped: list[ReportLine] = Field(description="What was left out, and why.")
    changed: list[ReportLine] = Field(description="What was taken otherwise than it stands there.")
    notes: list[ReportLine] = Field(description="What was assumed.")


class ImportSummary(BaseModel):
    id: int
    status: Status
    progress: float = Field(description="From 0 to 1.")
    error: str | None = Field(description="Why it failed; then it wrote nothing, unless it had begun.")
    file_name: str
    format: str | None = Field(description="null until it is found out.")
    created: str
    finished: str | None


class ImportOut(ImportSummary):
    report: ImportReport


class ImportsOut(PageOut):
    items: list[ImportSummary]


class PartsOut(BaseModel):
    part_bytes: int = Field(description="Bytes of each part but the last.")
    parts: list[int] = Field(description="Numbers of the parts that are here.")


__all__ = ["Id", "ImportAccepted", "ImportIn", "ImportOut", "ImportSummary", "ImportsOut", "PartsOut"]
