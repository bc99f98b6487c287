"""The answers about exports."""

from typing import Any, Literal, TypedDict

from secondlook.results.common import WorkStatus


class ExportReport(TypedDict):
    photos: int
    faces: int
    labelled: dict[str, int]
    unlabelled: int
    proposed: int
    rejected: int
    disputed: int
    missing: int
    cannot_carry: list[str]


class Export(TypedDict):
    id: int
    status: WorkStatus
    progress: float
    url: str | None
    report: ExportReport | None
    error: str | None
    gone: Literal["expired", "erased"] | None
    format: str
    filter: dict[str, Any]
    saved_filter: int | None
    version: int | None
    crops: bool
    names: bool
    size: int | None
    created: str
    finished: str | None
    expires: str | None
