"""The shapes of the JSON API about notes on faces."""

from typing import Literal

from pydantic import BaseModel, Field

from labeller.comments.write import LONGEST
from web.api.paging import PageOut, PageQuery
from web.api.schemas import Strict
from web.input import Id


class CommentIn(Strict):
    text: str = Field(min_length=1, max_length=LONGEST)
    answers: Id | None = Field(None, description="The note that this answers; without it, it is a note.")


class CommentsQuery(PageQuery):
    state: Literal["open", "resolved"] | None = Field(None, description="Only notes in this state.")


class CommentOut(BaseModel):
    id: int
    text: str
    person: str = Field(description="Who wrote it.")
    mine: bool
    created: str


class NoteOut(CommentOut):
    face_id: int
    photo_id: int
    thumb_url: str = Field(description="The face as a picture of 160 pixels.")
    resolved: str | None = Field(description="When it was called resolved; null while it is open.")
    answers: list[CommentOut]


class NotesOut(BaseModel):
    items: list[NoteOut] = Field(description="Oldest first.")


class NotePageOut(PageOut):
    items: list[NoteOut] = Field(description="Newest first.")
