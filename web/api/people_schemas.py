"""What the API returns about people and tokens."""

from typing import Literal

from pydantic import BaseModel, Field

from labeller.people.invites import DAYS, MOST_DAYS, MOST_USES
from web.api.paging import PageOut, PageQuery
from web.api.schemas import Strict
from web.input import Id


class PersonOut(BaseModel):
    id: int
    name: str
    role: Literal["owner", "labeller", "friend"]
    photos: int
    faces: int = Field(description="Likely faces in their photos, counted up to 1,000.")
    answers: int
    consented_at: str | None
    consent_version: str | None


class NameIn(Strict):
    name: str = Field(min_length=1)


class MergePersonIn(Strict):
    into: Id = Field(description="The id of who remains.")


class InvitationIn(Strict):
    role: Literal["labeller", "friend"] = "friend"
    uses: int | None = Field(None, ge=1, le=MOST_USES, description="How many people it serves.")
    days: int = Field(DAYS, ge=1, le=MOST_DAYS, description="For which it is good.")
    note: str = Field("", description="What it is for; only owners see it.")


class InvitationOut(BaseModel):
    id: int
    role: str
    note: str
    uses: int = Field(description="People who came by it.")
    uses_left: int
    open: bool = Field(description="Whether it still works.")
    expires: str


class NewInvitation(InvitationOut):
    url: str = Field(description="The link. It is not stored.")


class InvitationsOut(PageOut):
    items: list[InvitationOut]


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
