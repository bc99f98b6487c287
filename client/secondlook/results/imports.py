"""The answers about imports."""

from typing import TypedDict

from secondlook.results.common import WorkStatus


class ImportAccepted(TypedDict):
    id: int
    status: WorkStatus


class ImportLine(TypedDict):
    file: str
    place: str
    message: str
    photo_id: int | None


class ImportReport(TypedDict):
    new: int
    known: int
    faces: int
    counts: dict[str, int]
    conflicts: list[ImportLine]
    skipped: list[ImportLine]
    changed: list[ImportLine]
    notes: list[ImportLine]


class ImportSummary(ImportAccepted):
    progress: float
    error: str | None
    file_name: str
    format: str | None
    created: str
    finished: str | None


class Import(ImportSummary):
    report: ImportReport


class ImportParts(TypedDict):
    part_bytes: int
    parts: list[int]
