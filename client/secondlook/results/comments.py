"""The answers about notes on faces."""

from typing import TypedDict


class Comment(TypedDict):
    id: int
    text: str
    person: str
    mine: bool
    created: str


class Note(TypedDict):
    id: int
    text: str
    person: str
    mine: bool
    created: str
    face_id: int
    photo_id: int
    thumb_url: str
    resolved: str | None
    answers: list[Comment]


class Notes(TypedDict):
    items: list[Note]
