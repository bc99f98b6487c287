"""What the API says of uploads in parts, of videos and of quotas."""

from typing import Literal

from pydantic import BaseModel, Field

from web.api.schemas import PhotoAccepted

ClipStatus = Literal["queued", "running", "done", "failed"]


class ClipAccepted(BaseModel):
    id: int
    status: ClipStatus
    duplicate_of: int | None = Field(description="The video that these very bytes are already.")


class ClipOut(BaseModel):
    id: int
    status: ClipStatus
    progress: float = Field(description="From 0 to 1.")
    error: str | None = Field(description="Why it has no photos, or fewer than there are faces.")
    photos: list[int] = Field(description="Ids of the photos that were made of it.")


class Arrived(BaseModel):
    sha256: str
    photo_id: int | None = Field(description="The photo that these bytes are already.")
    clip_id: int | None = Field(description="The video that these bytes are already.")
    parts: list[int] = Field(description="Numbers of the parts that are here.")


class UploadsOut(BaseModel):
    part_bytes: int
    arrived: list[Arrived] = Field(description="Files of which anything is here; the others are new.")


class PartOut(BaseModel):
    photo: PhotoAccepted | None = Field(description="Once the last part is here, of a photo.")
    clip: ClipAccepted | None = Field(description="Once the last part is here, of a video.")


class Used(BaseModel):
    used: int
    limit: int | None = Field(description="null: without a limit.")


class QuotaOut(BaseModel):
    photos: Used = Field(description="Photos that are kept here and were sent by you.")
    bytes: Used = Field(description="The bytes that they take.")
    open_uploads: Used = Field(description="Uploads in parts that are not complete.")
    open_bytes: Used = Field(description="The bytes of their parts.")
