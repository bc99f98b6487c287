"""The answers about photos and the faces on them."""

from typing import Literal, TypedDict

from secondlook.results.common import Box, PhotoStatus


class PhotoAccepted(TypedDict):
    id: int
    status: PhotoStatus
    duplicate_of: int | None


class PhotoState(TypedDict):
    id: int
    status: PhotoStatus


class Face(TypedDict):
    id: int
    box: Box
    confidence: float | None
    source: str
    state: Literal["proposed", "confirmed", "rejected"]
    label: str | None


class ListedFace(Face):
    photo_id: int
    person: str | None
    person_id: int | None
    split: Literal["train", "validation", "locked"]
    answers: int
    tags: list[str]


class Photo(TypedDict):
    id: int
    status: PhotoStatus
    error: str | None
    width: int
    height: int
    person: str | None
    person_id: int | None
    faces: list[Face]
