"""The shapes of the JSON API about similar faces."""

from typing import Literal

from apiflask.fields import UploadFile
from pydantic import BaseModel, Field

from labeller.similar.ask import MOST
from web.api.schemas import Box, Strict


class LimitQuery(Strict):
    limit: int = Field(12, ge=1, le=MOST, description="How many faces.")


class SimilarQuery(LimitQuery):
    state: Literal["proposed", "confirmed"] | None = Field(None, description="Only faces in this state.")
    label: str | None = Field(None, description="Only faces with this label.")


class SimilarFaceOut(BaseModel):
    face_id: int
    photo_id: int
    similarity: float = Field(description="The cosine of the features: 1 for the same picture.")
    label: str | None
    thumb_url: str = Field(description="The face as a picture of 160 pixels.")


class SimilarOut(BaseModel):
    items: list[SimilarFaceOut] = Field(description="Nearest first; the face itself is not among them.")


class SimilarPhotoIn(Strict):
    file: UploadFile = Field(description="One photo: JPEG, PNG, WebP, HEIC or AVIF. It is not kept.")


class FoundInPhotoOut(BaseModel):
    box: Box = Field(description="x, y, width, height in pixels of the upright photo.")
    confidence: float = Field(description="Of the detector, that it is a face.")
    items: list[SimilarFaceOut] = Field(description="The faces most like it, nearest first.")


class SimilarToPhotoOut(BaseModel):
    faces: list[FoundInPhotoOut]
