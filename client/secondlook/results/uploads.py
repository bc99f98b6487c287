"""The answers about clips, uploads in parts and what may still be sent."""

from typing import TypedDict

from secondlook.results.common import JobStatus
from secondlook.results.photos import PhotoAccepted


class Clip(TypedDict):
    id: int
    status: JobStatus
    progress: float
    error: str | None
    photos: list[int]


class ClipAccepted(TypedDict):
    id: int
    status: JobStatus
    duplicate_of: int | None


class Arrived(TypedDict):
    sha256: str
    photo_id: int | None
    clip_id: int | None
    parts: list[int]


class Uploads(TypedDict):
    part_bytes: int
    arrived: list[Arrived]


class PartReceived(TypedDict):
    photo: PhotoAccepted | None
    clip: ClipAccepted | None


class Used(TypedDict):
    used: int
    limit: int | None


class Quota(TypedDict):
    photos: Used
    bytes: Used
    open_uploads: Used
    open_bytes: Used
