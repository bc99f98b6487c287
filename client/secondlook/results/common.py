"""What answers of several subjects hold."""

from typing import Generic, Literal, TypedDict, TypeVar

T = TypeVar("T")

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels of the upright photo. JSON makes a list of it."""
Role = Literal["owner", "labeller", "friend"]
PhotoStatus = Literal["queued", "ready", "failed"]
JobStatus = Literal["queued", "running", "done", "failed"]
WorkStatus = Literal["queued", "running", "done", "failed", "cancelled"]
"""Of a job that can be cancelled."""


class Page(TypedDict, Generic[T]):
    items: list[T]
    next: int | None
    """The `cursor` of the page after it; None on the last one."""


class Accepted(TypedDict):
    id: int
    """Of the job that has begun."""
