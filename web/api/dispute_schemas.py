"""The shapes of the JSON API about disagreement."""

from pydantic import BaseModel, Field

from web.api.paging import PageOut
from web.api.schemas import FaceOut, Strict
from web.input import Id


class DisputedFace(FaceOut):
    photo_id: int


class OpinionOut(BaseModel):
    person: str | None
    kind: str
    label: str | None


class Dispute(BaseModel):
    face: DisputedFace
    opinions: list[OpinionOut]


class DisputesOut(PageOut):
    items: list[Dispute]


class GoldIn(Strict):
    face_ids: list[Id] = Field(max_length=1000)


class GoldOut(BaseModel):
    marked: int
