"""Lists in pages: what every list call takes and returns, however it is sorted."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, Field

from web.api.schemas import Strict
from web.input import MAX_ID

T = TypeVar("T")


class PageQuery(Strict):
    cursor: int = Field(0, ge=0, le=MAX_ID, description="`next` of the page before; 0: the first page.")
    limit: int = Field(50, ge=1, le=200)

    @property
    def ask_for(self) -> int:
        """How many rows to read: one more than are shown tells whether there is another page."""
        return self.limit + 1


class PageOut(BaseModel):
    next: int | None = Field(description="The `cursor` of the page after this one; null on the last.")


def cut(rows: Sequence[T], limit: int, cursor_of: Callable[[T], int]) -> tuple[Sequence[T], int | None]:
    """The rows of the page, and its `next`."""
    shown = rows[:limit]
    return shown, cursor_of(shown[-1]) if len(rows) > limit else None
