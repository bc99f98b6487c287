"""The answers about tags, saved filters and versions."""

from typing import Any, Literal, TypedDict

from secondlook.results.common import Box


class Tag(TypedDict):
    id: int
    name: str
    photos: int
    faces: int


class Tagged(TypedDict):
    id: int
    name: str
    changed: int


class PhotoTags(TypedDict):
    photo: list[str]
    faces: dict[str, Any]


class SavedFilter(TypedDict):
    id: int
    name: str
    view: Literal["faces", "photos"]
    person: int | None
    state: Literal["proposed", "confirmed", "rejected"] | None
    label: str | None
    look: Literal["doubtful", "unsure", "against", "disputed", "gold", "repeats"] | None
    since: str | None
    until: str | None
    tag: int | None


class SentToReview(TypedDict):
    sent: int
    locked: int
    waiting: int
    gone: int
    more: bool


class Version(TypedDict):
    id: int
    name: str | None
    note: str
    created: str
    person_id: int | None
    photos: int
    faces: int
    photos_gone: int
    faces_gone: int
    labels: dict[str, Any]
    splits: dict[str, Any]
    runs: list[int]


class FaceThen(TypedDict):
    box: Box
    state: Literal["proposed", "confirmed", "rejected"]
    label: str | None
    split: Literal["train", "validation", "locked"]


class ChangedFace(TypedDict):
    face_id: int
    photo_id: int
    before: FaceThen | None
    after: FaceThen | None


class VersionComparison(TypedDict):
    added: int
    removed: int
    relabelled: int
    moved: int
    split: int
    same: int
    items: list[ChangedFace]
    next: int | None
