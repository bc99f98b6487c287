"""The shapes of the JSON API about the map and picks by hand."""

from pydantic import BaseModel, Field

from web.api.schemas import Strict
from web.input import Id


class MapOut(BaseModel):
    faces: list[int] = Field(description="Ids; the other columns are in the same order.")
    versions: list[int] = Field(description="Of their boxes.")
    x: list[int]
    y: list[int]
    label: list[int] = Field(description="Index into `labels`; -1: none.")
    state: list[int] = Field(description="Index into `states`.")
    margin: list[int] = Field(description="Of the live model, in hundredths; -1: not scored.")
    person: list[int] = Field(description="Index into `people`; -1: none.")
    locked: list[int] = Field(description="1: it must not be sent to review.")
    labels: list[str]
    people: list[str]
    states: list[str]


class MapProgressOut(BaseModel):
    placed: int
    wanted: int
    stale: bool


class PicksIn(Strict):
    face_ids: list[Id] = Field(min_length=1, max_length=1000)


class PicksOut(BaseModel):
    id: int | None = Field(description="For taking it back; null if nothing was sent.")
    sent: int
    locked: int = Field(description="In the locked set: measured on, and never chosen.")
    waiting: int = Field(description="There already.")
    gone: int = Field(description="Deleted or rejected.")
