"""The answers about similar faces."""

from typing import TypedDict

from secondlook.results.common import Box


class SimilarFace(TypedDict):
    face_id: int
    photo_id: int
    similarity: float
    label: str | None
    thumb_url: str


class SimilarFaces(TypedDict):
    items: list[SimilarFace]


class FoundInPhoto(TypedDict):
    box: Box
    confidence: float
    items: list[SimilarFace]


class SimilarToPhoto(TypedDict):
    faces: list[FoundInPhoto]
