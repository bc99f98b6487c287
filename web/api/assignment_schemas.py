"""The shapes of the JSON API about faces that are assigned to somebody."""

from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from labeller.assignments.create import LONGEST_NAME, MOST
from web.api.paging import PageOut
from web.api.schemas import Strict
from web.input import Id


class AssignmentIn(Strict):
    person: Id = Field(description="Who is to answer.")
    name: str = Field("", max_length=LONGEST_NAME)
    face_ids: list[Id] | None = Field(None, min_length=1, max_length=MOST)
    filter: Id | None = Field(None, description="A saved filter, whose faces of now are assigned.")
    tag: Id | None = Field(None, description="A tag, whose faces of now are assigned.")

    @model_validator(mode="after")
    def _has_one_source(self) -> Any:
        if sum(one is not None for one in (self.face_ids, self.filter, self.tag)) != 1:
            raise ValueError("give one of face_ids, filter and tag")
        return self


class AnsweredBy(BaseModel):
    person: str
    faces: int


class AssignmentOut(BaseModel):
    id: int
    name: str
    person: str = Field(description="Who is to answer.")
    person_id: int
    created: str
    state: Literal["open", "done", "withdrawn"]
    total: int = Field(description="Faces, without those deleted since.")
    answered: int = Field(description="Of these, how many somebody has answered since.")
    by: list[AnsweredBy] = Field(description="Who answered how many, the most first.")


class AssignmentMade(AssignmentOut):
    left_out: int = Field(description="Chosen faces that were not assigned: locked or deleted ones.")
    more: bool = Field(description="Whether the filter or tag chooses more than one assignment holds.")


class AssignmentsOut(PageOut):
    items: list[AssignmentOut] = Field(description="Newest first; an owner sees all, others their own.")
