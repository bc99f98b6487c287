"""What an import took and said."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Answer, Face, Photo
from labeller.imports.report import Report
from tests.labeller.imports.tiny_format import face

ONE = [{"name": "a.jpg", "faces": [face([10, 10, 40, 50], "mask")]}]


def counts(db: Session) -> tuple[int, int, int]:
    """Photos, faces, answers."""
    return tuple(db.scalar(select(func.count()).select_from(table)) or 0 for table in (Photo, Face, Answer))  # type: ignore[return-value]


def said(report: Report, remark: str) -> list[str]:
    lines = [one.problem for one in report.pending if one.problem.remark == remark]
    return [f"{one.file}, {one.place}: {one.message}" for one in lines]


def the_face(db: Session) -> Face:
    return db.scalars(select(Face).execution_options(populate_existing=True)).one()
