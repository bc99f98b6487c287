"""The answers about people, their tokens and invitations."""

from typing import Literal, TypedDict

from secondlook.results.common import Role


class Person(TypedDict):
    id: int
    name: str
    role: Role
    photos: int
    faces: int
    answers: int
    consented_at: str | None
    consent_version: str | None


class Token(TypedDict):
    id: int
    name: str
    role: str
    scope: Literal["all", "read", "send", "label"]
    person: str
    person_id: int
    created: str
    last_used: str | None
    expires: str | None


class Invitation(TypedDict):
    id: int
    role: str
    note: str
    uses: int
    uses_left: int
    open: bool
    expires: str


class NewInvitation(Invitation):
    url: str
