"""The shapes of the JSON API, in and out."""

from typing import Any, Literal

from apiflask.fields import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from web.input import MAX_ID, Id, Moment

Box = tuple[float, float, float, float]
LONGEST_TEXT = 4000
"""Characters; what a text is for limits it further."""


class Strict(BaseModel):
    """Input that refuses fields it does not know: a typing error should not pass in silence."""

    model_config = ConfigDict(
        extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False, str_max_length=LONGEST_TEXT
    )


class PhotoIn(Strict):
    file: UploadFile = Field(description="One photo: JPEG, PNG, WebP, HEIC or AVIF.")
    person: str | None = Field(
        None, description="Id or name of who is in it (owner only, on a friend's behalf)."
    )


class PhotoStatus(BaseModel):
    id: int
    status: Literal["queued", "ready", "failed"]


class CompleteQuery(Strict):
    reject_left: bool = Field(False, description="Boxes that nobody has answered are no faces.")


class PhotoAccepted(BaseModel):
    id: int
    status: Literal["queued", "ready", "failed"]
    duplicate_of: int | None = Field(description="The photo that these very bytes are already.")


class FaceOut(BaseModel):
    id: int
    box: Box = Field(description="x, y, width, height in pixels of the upright photo.")
    confidence: float | None
    source: str = Field(description="The detector that proposed it, such as centerface; or human.")
    state: Literal["proposed", "confirmed", "rejected"]
    label: str | None


class PhotoOut(BaseModel):
    id: int
    status: Literal["queued", "ready", "failed"]
    error: str | None
    width: int
    height: int
    person: str | None
    person_id: int | None
    faces: list[FaceOut]


class UploadsIn(Strict):
    sha256: list[str] = Field(max_length=1000, description="Of whole files, in hex.")


class PartQuery(Strict):
    of: int = Field(ge=1, le=MAX_ID, description="How many parts the file has.")
    person: str | None = None


class TurnIn(Strict):
    degrees: Literal[90, 180, 270] = Field(description="Clockwise.")


class DrawnIn(Strict):
    box: Box
    label: str | None = None
    client_key: str | None = Field(None, min_length=1, max_length=200, description="As of an answer.")


class QueueQuery(Strict):
    mode: Literal["label", "review"] = "label"
    assignment: Id | None = Field(None, description="Faces assigned to you instead; `mode` does not matter.")
    limit: int = Field(20, ge=1, le=200)


class Why(BaseModel):
    reason: Literal["typical", "uncertain", "control", "disagreement", "suspect", "weak", "box", "assigned"]
    text: str


class Opinion(BaseModel):
    label: str
    probabilities: dict[str, float]
    run_id: int


class QueueItem(BaseModel):
    face_id: int
    photo_id: int
    crop_url: str
    photo_url: str
    photo_size: tuple[int, int]
    box: Box
    label: str | None
    why: Why
    prediction: Opinion | None
    lease_until: str
    notes: int = Field(description="Open notes on the face.")


class QueueOut(BaseModel):
    items: list[QueueItem]
    remaining: int = Field(description="How many are free for you, these included; counted up to 1,000.")
    with_others: int = Field(description="Without items: how many wait that others are answering just now.")
    note: str | None = Field(description="Why `remaining` has just changed otherwise than by answers.")


class AgreedQuery(Strict):
    label: str | None = None
    limit: int = Field(48, ge=1, le=200)


class AgreedOut(BaseModel):
    label: str | None = Field(description="The class that the model sees in all of them.")
    items: list[QueueItem]
    remaining: dict[str, int] = Field(description="How many there are of each class, counted up to 1,000.")


class ProgressOut(BaseModel):
    have: int
    needed: int
    reason: str = Field(description="What is missing and why, in one sentence.")


class AnswerIn(Strict):
    client_key: str = Field(min_length=1, max_length=200, description="Made by the client, once per answer.")
    kind: Literal["label", "reject", "adjust", "unsure", "draw", "undo", "redo"]
    face_id: Id | None = Field(
        None, description="An undo or redo without it means the last one; a drawn face has none yet."
    )
    photo_id: Id | None = Field(None, description="Of a drawn face.")
    drawn_key: str | None = Field(None, description="Instead of face_id: the client_key that drew the face.")
    label: str | None = None
    box: Box | None = None
    seconds: float | None = Field(None, ge=0, le=86400)
    seen_at: Moment | None = Field(
        None, description="`answered.at` of a 409: I have seen that answer, and mine counts after all."
    )


class AnswerOut(BaseModel):
    id: int
    face: FaceOut
    item: QueueItem = Field(description="The face as a card, to show it again.")


class AnswersIn(Strict):
    answers: list[AnswerIn] = Field(max_length=100, description="Applied one after the other.")


class AnswerResult(BaseModel):
    client_key: str
    status: int = Field(description="As if this answer had been sent alone.")
    face: FaceOut | None = None
    item: QueueItem | None = Field(None, description="Of an answer that named no face: the face as a card.")
    error: dict[str, str] | None = None
    answered: dict[str, Any] | None = Field(None, description="Of a 409: who answered what, and when.")


class AnswersOut(BaseModel):
    results: list[AnswerResult]


class GivenAnswer(BaseModel):
    id: int
    client_key: str
    kind: str
    label: str | None
    at: str
    item: QueueItem


class LeasesIn(Strict):
    keep: list[Id] = Field(default_factory=list, max_length=500)
    drop: list[Id] = Field(default_factory=list, max_length=500)


class LeasesOut(BaseModel):
    kept: list[int] = Field(description="What you still hold of `keep`.")
