"""The shapes of exports over JSON."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from web.api.paging import PageOut, PageQuery
from web.api.schemas import Strict


class ExportFilter(Strict):
    person: int | str | None = Field(None, description="Id or name of who is in the photo.")
    state: Literal["proposed", "confirmed", "rejected"] | None = None
    label: str | None = None
    look: str | None = Field(
        None, description="As in the gallery: doubtful, unsure, against, disputed, gold, repeats."
    )
    since: str | None = Field(None, description="First day on which photos were sent, as 2026-11-24 (UTC).")
    until: str | None = Field(None, description="Last day, included.")
    tag: int | str | None = Field(None, description="Id or name of a tag on the face or its photo.")


class ExportIn(Strict):
    format: str = Field(description="As in `flask export --format`.")
    filter: ExportFilter | None = Field(
        None, description="Only photos with a face that fits; all faces of these are written."
    )
    saved_filter: int | str | None = Field(None, description="Id or name of a saved filter, instead.")
    version: int | str | None = Field(None, description="Id or name of a version, instead.")
    crops: bool = Field(False, description="A crop of each face instead of whole photos: format `folders`.")
    names: bool = Field(False, description="People by their names; else they are person-1, person-2, ….")


class ExportAccepted(BaseModel):
    id: int


class ExportReport(BaseModel):
    photos: int
    faces: int
    labelled: dict[str, int]
    unlabelled: int
    proposed: int
    rejected: int
    disputed: int
    missing: int
    cannot_carry: list[str]


class ExportOut(BaseModel):
    id: int
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    url: str | None = Field(description="Where its zip file is, to be read in parts, too; null without one.")
    report: ExportReport | None
    error: str | None
    gone: Literal["expired", "erased"] | None = Field(
        description="Why a finished export has no file any more; erased: something in it was deleted."
    )
    format: str
    filter: dict[str, Any]
    saved_filter: int | None
    version: int | None
    crops: bool
    names: bool
    size: int | None
    created: str
    finished: str | None
    expires: str | None


class ExportsQuery(PageQuery):
    pass


class ExportsOut(PageOut):
    items: list[ExportOut]
