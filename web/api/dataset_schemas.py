"""The shapes of the JSON API about tags, saved filters and versions."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from labeller.datasets import tags
from labeller.datasets.sources import Selection
from labeller.reports import gallery
from web.api.paging import PageOut, PageQuery
from web.api.schemas import Box, Strict
from web.input import FIRST_DAY, LAST_DAY, Id

Ids = list[Id]


class ListQuery(PageQuery):
    limit: int = Field(200, ge=1, le=1000)


class TargetsIn(Strict):
    photo_ids: Ids = Field(default_factory=list, max_length=tags.MOST)
    face_ids: Ids = Field(default_factory=list, max_length=tags.MOST)

    @property
    def targets(self) -> tags.Targets:
        return tags.Targets(self.photo_ids, self.face_ids)


class TagIn(TargetsIn):
    name: str = Field(description="Of the tag; it is made if there is none that is called so.")


class NameIn(Strict):
    name: str


class TagOut(BaseModel):
    id: int
    name: str
    photos: int = Field(description="Photos that have it themselves.")
    faces: int = Field(description="Faces that have it themselves.")


class TagsOut(PageOut):
    items: list[TagOut]


class TaggedOut(BaseModel):
    id: int
    name: str
    changed: int = Field(description="On how many photos and faces that made a difference.")


class PhotoTagsOut(BaseModel):
    photo: list[str]
    faces: dict[str, list[str]] = Field(
        description="By the id of the face; faces without a tag are left out."
    )


class FilterFields(Strict):
    """The fields of the gallery's filter."""

    view: Literal["faces", "photos"] = "faces"
    person: Id | None = None
    state: Literal["proposed", "confirmed", "rejected"] | None = None
    label: str | None = None
    look: Literal["doubtful", "unsure", "against", "disputed", "gold", "repeats"] | None = None
    since: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY, description="A day of UTC.")
    until: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY)
    tag: Id | None = None

    def selection(self, *, whole_photos: bool = False) -> Selection:
        chosen = gallery.Filter(
            self.person, self.state, self.label, self.look, self.since, self.until, self.tag
        )
        return Selection(self.view, chosen, whole_photos)


class FilterIn(FilterFields):
    name: str


class FilterOut(FilterFields):
    id: int
    name: str


class FiltersOut(PageOut):
    items: list[FilterOut]


class SourceIn(Strict):
    """At most one of `filter`, `tag` and `saved_filter`; without one everything is chosen."""

    filter: FilterFields | None = None
    tag: Id | None = None
    saved_filter: Id | None = None
    whole_photos: bool = Field(False, description="Of chosen faces, all other boxes of their photos, too.")


class ReviewOut(BaseModel):
    sent: int
    locked: int = Field(description="Left out: models are measured on them.")
    waiting: int = Field(description="Were in review already.")
    gone: int = Field(description="Left out: no faces, or being deleted.")
    more: bool = Field(description="Whether there are others: only the newest 1,000 are sent.")


class VersionIn(SourceIn):
    name: str
    note: str = ""
    run: Id | None = Field(None, description="Instead of all these: name what this run collected.")


class VersionNameIn(Strict):
    name: str
    note: str | None = None


class VersionsQuery(PageQuery):
    made_by: Literal["hand", "run"] | None = None


class VersionOut(BaseModel):
    id: int
    name: str | None = Field(description="null for what a run collected.")
    note: str
    created: str
    person_id: int | None = Field(description="Who made it.")
    photos: int = Field(description="Photos that are in it, without those deleted since.")
    faces: int = Field(description="Boxes that are in it, without those deleted since.")
    photos_gone: int = Field(description="Photos of it that have been deleted since.")
    faces_gone: int
    labels: dict[str, int] = Field(description="Faces to learn from when it was made, by class.")
    splits: dict[str, int] = Field(description="Photos when it was made, by what they are used for.")
    runs: list[int] = Field(description="The first 20 runs that used it.")


class VersionsOut(PageOut):
    items: list[VersionOut]


class CompareQuery(PageQuery):
    kind: Literal["added", "removed", "relabelled", "moved", "split"] = Field(
        "relabelled", description="Which faces to list."
    )


class FaceThen(BaseModel):
    """A face as a version has it."""

    box: Box
    state: Literal["proposed", "confirmed", "rejected"]
    label: str | None
    split: Literal["train", "validation", "locked"]


class ChangedFace(BaseModel):
    face_id: int
    photo_id: int
    before: FaceThen | None = Field(description="In the first version; null if it does not have it.")
    after: FaceThen | None = Field(description="In the other.")


class VersionComparison(PageOut):
    added: int
    removed: int
    relabelled: int
    moved: int = Field(description="Faces whose box is another.")
    split: int = Field(description="Faces that are used for something else.")
    same: int = Field(description="Faces in both without any of these.")
    items: list[ChangedFace] = Field(description="Those of `kind`, by id.")
