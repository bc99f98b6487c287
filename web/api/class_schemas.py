"""The shapes of the JSON API about classes."""

from pydantic import BaseModel, Field

from web.api.paging import PageOut
from web.api.schemas import Strict
from web.input import Id


class ClassIn(Strict):
    name: str = Field(min_length=1)


class MergeIn(Strict):
    into: Id = Field(description="The id of the one that remains.")


class ClassOut(BaseModel):
    id: int
    name: str
    faces: int = Field(description="How many are labelled with it now.")
    merged_into: int | None = Field(description="The class that its answers count as.")
    retired: bool = Field(description="Whether its answers count for nothing.")


class ClassesOut(PageOut):
    items: list[ClassOut]
