"""What the API returns about people and tokens."""

from typing import Literal

from pydantic import BaseModel


class PersonOut(BaseModel):
    id: int
    name: str
    role: Literal["owner", "labeller", "friend"]
    photos: int
    faces: int
    answers: int
    consented_at: str | None
    consent_version: str | None


class PeopleOut(BaseModel):
    items: list[PersonOut]


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
