"""The shapes of the JSON API about tried photos."""

from apiflask.fields import UploadFile
from pydantic import BaseModel, Field, Json

from web.api.schemas import Box, FaceOut, Strict
from web.input import Id

MOST_CORRECTIONS = 100


class CorrectionIn(Strict):
    box: Box = Field(description="x, y, width, height in pixels of the upright photo.")
    label: str | None = Field(description="The right class; null: there is no face.")


class TriedIn(Strict):
    file: UploadFile = Field(description="The photo: JPEG, PNG, WebP, HEIC or AVIF.")
    run: Id = Field(description="The run whose model was tried on it.")
    corrections: Json[list[CorrectionIn]] = Field(
        default_factory=list,
        max_length=MOST_CORRECTIONS,
        description="Where the model was wrong, as JSON: a list of {box, label}. Not for friends.",
    )
    client_key: str | None = Field(
        None, min_length=1, max_length=200, description="The same when it is sent again."
    )


class TriedOut(BaseModel):
    id: int = Field(description="Of the photo.")
    faces: list[FaceOut] = Field(description="The corrected faces, in the order of the corrections.")
