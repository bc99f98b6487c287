"""What the API returns about people and tokens."""

from typing import Literal

from pydantic import BaseModel, Field

from web.api.paging import PageOut, PageQuery


class PersonOut(BaseModel):
    id: int
    name: str
    role: Literal["owner", "labeller", "friend"]
    photos: int
    faces: int = Field(description="Likely faces in their photos, counted up to 1,000.")
    answers: int
    consented_at: str | None
    consent_version: str | None


class PeopleOut(PageOut):
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


class TokensQuery(PageQuery):
    limit: int = Field(200, ge=1, le=1000)


class TokensOut(PageOut):
    items: list[TokenOut]
