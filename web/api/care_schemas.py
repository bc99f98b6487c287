"""The shapes of the JSON API about looking after the workbench."""

from typing import Literal

from pydantic import BaseModel, Field

from db.backup.kept import MOST_KEPT
from web.api.paging import PageOut
from web.api.schemas import Strict


class BackupOut(BaseModel):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(description="From 0 to 1.")
    scheduled: bool = Field(description="Whether the schedule asked for it, or else an owner.")
    file: str | None = Field(description="Its name; null until it is done, and once it is deleted.")
    bytes: int | None
    error: str | None
    created: str
    finished: str | None


class BackupsOut(PageOut):
    items: list[BackupOut]


class Schedule(BaseModel):
    days: int = Field(description="One every so many days; 0: none.")
    hour: int = Field(description="Of the server's day.")
    kept: int


class ScheduleIn(Strict):
    days: Literal[0, 1, 7] = Field(description="One every so many days; 0: none.")
    hour: int = Field(3, ge=0, le=23, description="Of the server's day.")
    kept: int = Field(5, ge=1, le=MOST_KEPT)


class AgainOut(BaseModel):
    total: int = Field(description="Photos that are looked at again.")
    left: int = Field(description="Of these, to do.")


class DetectorOut(BaseModel):
    detector: str = Field(description="The one that ranks.")
    likely: float
    hidden: float
    again: AgainOut


class ThresholdsIn(Strict):
    likely: float = Field(ge=0, le=1, description="Confidence from which a box is shown first.")
    hidden: float = Field(ge=0, le=1, description="Confidence below which it is hidden.")


class AgainIn(Strict):
    only_unanswered: bool = Field(False, description="Only photos without an answer.")
