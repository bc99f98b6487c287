"""The pages of photos, faces and answers."""

from typing import Literal

from pydantic import Field

from web.api.paging import PageOut, PageQuery
from web.api.schemas import FaceOut, GivenAnswer, PhotoOut
from web.input import Id


class PhotosQuery(PageQuery):
    before: Id | None = Field(None, description="The same as `cursor`, which is younger.", deprecated=True)
    tag: Id | None = Field(None, description="Of the photo or of one of its faces; not for friends.")
    limit: int = Field(60, ge=1, le=200)

    @property
    def older_than(self) -> int | None:
        """The id below which the page begins; None: at the newest photo."""
        return self.cursor or self.before


class PhotosOut(PageOut):
    items: list[PhotoOut]


class FacesQuery(PageQuery):
    state: Literal["proposed", "confirmed", "rejected"] | None = None
    label: str | None = None
    person: str | None = None
    tag: Id | None = Field(None, description="Of the face or of its photo.")
    limit: int = Field(100, ge=1, le=1000)


class ListedFace(FaceOut):
    photo_id: int
    person: str | None
    person_id: int | None
    split: Literal["train", "validation", "locked"]
    answers: int
    tags: list[str] = Field(description="Of the face itself.")


class FacesOut(PageOut):
    items: list[ListedFace]


class HistoryQuery(PageQuery):
    limit: int = Field(20, ge=1, le=200)


class HistoryOut(PageOut):
    items: list[GivenAnswer]
