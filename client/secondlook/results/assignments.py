"""The answers about assignments."""

from typing import Literal, TypedDict


class AnsweredBy(TypedDict):
    person: str
    faces: int


class Assignment(TypedDict):
    id: int
    name: str
    person: str
    person_id: int
    created: str
    state: Literal["open", "done", "withdrawn"]
    total: int
    answered: int
    by: list[AnsweredBy]


class AssignmentMade(Assignment):
    left_out: int
    more: bool
