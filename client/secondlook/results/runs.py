"""The answers about runs and the state of the workbench."""

from typing import Any, Literal, TypedDict

from secondlook.results.common import WorkStatus


class Run(TypedDict):
    id: int
    status: WorkStatus
    phase: str
    progress: float
    recipe: dict[str, Any]
    manifest: str | None
    version_id: int | None
    seed: int
    metrics: dict[str, Any] | None
    promoted: bool
    reason: str | None
    error: str | None


class Suspect(TypedDict):
    face_id: int
    photo_id: int
    label: str
    predicted: str
    confidence: float
    split: Literal["open", "locked"]


class Differing(TypedDict):
    face_id: int
    label: str | None
    one: str
    other: str


class Comparison(TypedDict):
    part: Literal["locked", "fold"]
    n: int
    difference: dict[str, float] | None
    reason: str | None
    differ: list[Differing]


class Stats(TypedDict):
    photos: dict[str, int]
    faces: dict[str, int]
    labels: dict[str, int]
    answers: int
    waiting: dict[str, int]
    active_run: int | None
    locked: dict[str, Any] | None
    locked_reason: str | None
    labels_saved: float | None
    labels_saved_interval: dict[str, Any] | None
    detector_recall: dict[str, Any] | None


class ListedRun(TypedDict):
    id: int
    status: WorkStatus
    progress: float
    promoted: bool
    pinned: bool
    created: str
    reason: str | None


class TrainingRule(TypedDict):
    train_after: int
    nightly_hour: int | None
