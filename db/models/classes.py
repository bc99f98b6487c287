"""The classes: their names, merges and retirements."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Class(Base):
    """A class. What is stored about runs refers to it by its id, since its name may change."""

    __tablename__ = "class"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    former: Mapped[list[Any]] = mapped_column(default=list)
    """Its earlier names; a page that is still open may send answers with them."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("class.id"))
    """The class that its answers count as."""
    retired_at: Mapped[datetime | None]
    """When it was retired; its answers no longer count."""
