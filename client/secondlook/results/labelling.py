"""The answers about the queue and the answers given to it."""

from typing import Any, Literal, NotRequired, TypedDict

from secondlook.results.common import Box
from secondlook.results.photos import Face


class Why(TypedDict):
    reason: str
    text: str


class Opinion(TypedDict):
    label: str
    probabilities: dict[str, float]
    run_id: int


class QueueItem(TypedDict):
    face_id: int
    photo_id: int
    crop_url: str
    photo_url: str
    photo_size: tuple[int, int]
    box: Box
    label: str | None
    why: Why
    prediction: Opinion | None
    lease_until: str
    notes: int


class Queue(TypedDict):
    items: list[QueueItem]
    remaining: int
    with_others: int
    note: str | None


class Agreed(TypedDict):
    label: str | None
    items: list[QueueItem]
    remaining: dict[str, int]


class Progress(TypedDict):
    have: int
    needed: int
    reason: str


class AnswerRecorded(TypedDict):
    id: int
    face: Face
    item: QueueItem


class AnswerToSend(TypedDict):
    client_key: str
    kind: Literal["label", "reject", "adjust", "unsure", "draw", "undo", "redo"]
    face_id: NotRequired[int]
    photo_id: NotRequired[int]
    drawn_key: NotRequired[str]
    label: NotRequired[str]
    box: NotRequired[Box]
    seconds: NotRequired[float]
    seen_at: NotRequired[str]


class AnswerResult(TypedDict):
    client_key: str
    status: int
    face: Face | None
    item: QueueItem | None
    error: dict[str, str] | None
    answered: dict[str, Any] | None


class AnswerResults(TypedDict):
    results: list[AnswerResult]


class GivenAnswer(TypedDict):
    id: int
    client_key: str
    kind: str
    label: str | None
    at: str
    item: QueueItem


class Leases(TypedDict):
    kept: list[int]
