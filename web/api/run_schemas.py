"""The shapes of the JSON API about runs and figures."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from web.api.paging import PageOut, PageQuery
from web.api.schemas import Strict


class RunIn(Strict):
    recipe: str | dict[str, Any] = Field(default_factory=dict, description="A preset or its fields.")
    version: int | str | None = Field(
        None, description="Learn from this version, by its id or name; null: from all answers so far."
    )


class RunAccepted(BaseModel):
    id: int


class RunOut(BaseModel):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    phase: str
    progress: float
    recipe: dict[str, Any]
    manifest: str | None
    version_id: int | None = Field(
        description="The version it learns from, or that is made of what it collects."
    )
    seed: int
    metrics: dict[str, Any] | None
    promoted: bool
    reason: str | None
    error: str | None


class ListedRun(BaseModel):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    promoted: bool
    pinned: bool = Field(description="Whether its model's files stay, whatever follows.")
    created: str
    reason: str | None


class RunsOut(PageOut):
    items: list[ListedRun]


class Rule(BaseModel):
    train_after: int = Field(description="After so many new answers; 0: never.")
    nightly_hour: int | None = Field(description="Each night at this hour of the server's day; null: never.")


class RuleIn(Strict):
    train_after: int = Field(ge=0, le=100_000, description="After so many new answers; 0: never.")
    nightly_hour: int | None = Field(None, ge=0, le=23, description="Each night at this hour; null: never.")


class PromoteQuery(Strict):
    reason: str = Field("", max_length=500, description="Why, for those who come after you.")


class SuspectsQuery(PageQuery):
    limit: int = Field(100, ge=1, le=10000)


class Suspect(BaseModel):
    face_id: int
    photo_id: int
    label: str
    predicted: str
    confidence: float = Field(
        description="Probability of its label, by a model that had not learned from it."
    )
    split: Literal["open", "locked"]


class SuspectsOut(PageOut):
    items: list[Suspect]


class Differing(BaseModel):
    face_id: int
    label: str | None
    one: str
    other: str


class ComparisonOut(BaseModel):
    part: Literal["locked", "fold"]
    n: int
    difference: dict[str, float] | None
    reason: str | None
    differ: list[Differing]


class StatsOut(BaseModel):
    photos: dict[str, int]
    faces: dict[str, int]
    labels: dict[str, int]
    answers: int
    waiting: dict[str, int]
    active_run: int | None
    locked: dict[str, Any] | None
    locked_reason: str | None
    labels_saved: float | None = Field(
        description="Answers that choosing faces saved; null unless its whole interval is on one side of 0."
    )
    labels_saved_interval: dict[str, Any] | None = Field(
        description="low and high (95 %), n locked faces, labels that random labelling would have needed."
    )
    detector_recall: dict[str, Any] | None
