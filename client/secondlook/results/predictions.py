"""The answers about predictions for photos that are not kept."""

from typing import TypedDict

from secondlook.results.common import Box, JobStatus
from secondlook.results.photos import Face


class Tried(TypedDict):
    id: int
    faces: list[Face]


class PredictedFace(TypedDict):
    box: Box
    confidence: float
    label: str
    probabilities: dict[str, float]


class Prediction(TypedDict):
    run_id: int
    model: str
    faces: list[PredictedFace]


class BatchItem(TypedDict):
    name: str
    faces: list[PredictedFace] | None
    error: dict[str, str] | None


class Batch(TypedDict):
    id: int
    status: JobStatus
    progress: float
    run_id: int
    model: str | None
    items: list[BatchItem]
