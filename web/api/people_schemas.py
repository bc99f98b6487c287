"""What the API returns about people and tokens."""

from typing import Literal

from pydantic import BaseModel, Field

from web.api.schemas import Strict
from web.input import MAX_ID


class PeopleQuery(Strict):
    cursor: int = Field(0, ge=0, le=MAX_ID, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class PersonOut(BaseModel):
    id: int
    name: str
    role: Literal["owner", "labeller", "friend"]
    photos: int
    faces: int = Field(description="Likely faces in their photos, counted up to 1,000.")
    answers: int
    consented_at: str | None
    consent_version: str | None


class PeopleOut(BaseModel):
    items: list[PersonOut]
    next: int | None


class TokenOut(BaseModel):
    id: int
    name: str
    role: str
    scope: Literal["all", "read", "send", "label"]
    person: str
    person_id: int
    created: str
    last_used: str | None
    expires: str | None


class TokensOut(BaseModel):
    items: list[TokenOut]
