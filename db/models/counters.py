"""Counts of rows that pages show as totals."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Counter(Base):
    """How many rows of a kind there are: the sum of `amount` over the slots; `db.counters` has the kinds.

    Triggers write it. On SQLite there is one slot, 0. On PostgreSQL each transaction adds to one of its own,
    so that no two wait for each other, and a sweep adds these to slot 0.
    """

    __tablename__ = "counter"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    amount: Mapped[int] = mapped_column(BigInteger)
