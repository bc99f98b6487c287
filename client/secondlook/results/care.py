"""The answers about backups and the detector."""

from typing import TypedDict

from secondlook.results.common import WorkStatus


class Backup(TypedDict):
    id: int
    status: WorkStatus
    progress: float
    scheduled: bool
    file: str | None
    bytes: int | None
    error: str | None
    created: str
    finished: str | None


class Schedule(TypedDict):
    days: int
    hour: int
    kept: int


class Again(TypedDict):
    total: int
    left: int


class Detector(TypedDict):
    detector: str
    likely: float
    hidden: float
    again: Again
