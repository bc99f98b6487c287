"""The shapes of the JSON API about predictions."""

from typing import Any, Literal

from apiflask.fields import UploadFile
from pydantic import BaseModel, Field

from web.api.schemas import Box, Strict
from web.input import Id


class PredictIn(Strict):
    file: UploadFile = Field(description="One photo: JPEG, PNG, WebP, HEIC or AVIF.")


class RunQuery(Strict):
    run: Id | None = Field(None, description="The run whose model is asked; by default the live one.")


class PredictQuery(RunQuery):
    annotated: bool = Field(False, description="Answer with the photo itself, the faces drawn over it.")


class PredictedFace(BaseModel):
    box: Box = Field(description="x, y, width, height in pixels of the upright photo.")
    confidence: float = Field(description="Of the detector, that it is a face.")
    label: str
    probabilities: dict[str, float] = Field(description="By class; calibrated.")


class PredictOut(BaseModel):
    run_id: int
    model: str = Field(description="SHA-256 of the ONNX file of the model that answered.")
    faces: list[PredictedFace]


class BatchIn(Strict):
    file: list[UploadFile] = Field(
        description="Photos: this field as often as there are any, up to 64 times."
    )


class BatchAccepted(BaseModel):
    id: int


class ItemError(BaseModel):
    code: str
    message: str
    hint: str


class BatchItem(BaseModel):
    name: str = Field(description="Of the file, as it was sent; the items are in the order of the files.")
    faces: list[PredictedFace] | None = Field(description="null until it is answered.")
    error: ItemError | None


class BatchOut(BaseModel):
    id: int
    status: Literal["queued", "running", "done", "failed"]
    progress: float = Field(description="The share of the photos that are answered, from 0 to 1.")
    run_id: int
    model: str | None = Field(description="As of a single prediction; null once the run's files are dropped.")
    items: list[BatchItem]


PICTURE: dict[str, Any] = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
HEADERS = {
    "ETag": {
        "description": "Of photo, model, thresholds and form of the answer.",
        "schema": {"type": "string"},
    },
    "X-Run-Id": {"description": "The run that answered.", "schema": {"type": "integer"}},
    "X-Model": {"description": "`model` of the JSON answer.", "schema": {"type": "string"}},
}
