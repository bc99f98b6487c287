"""The first look at a dataset, from its first record to its last, before a row is written."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.errors import Refused
from labeller.errors import BadDataset
from labeller.formats.archive import ARCHIVE
from labeller.formats.records import PhotoRecord
from labeller.imports.archive_import import check_archive
from labeller.imports.dataset import Dataset
from labeller.imports.report import Report
from labeller.people import find

NAMED = 20


@dataclass(frozen=True)
class Checked:
    """Records are photos and lines of the report; these are imported one after the other."""

    records: int
    photos: int


def check(session: Session, dataset: Dataset, on_record: Callable[[int], None], report: Report) -> Checked:
    """Read everything once. `on_record` is called with the number of records so far.

    Raises BadDataset if nothing of it may be imported: a damaged file, names that are no classes, people who
    cannot be told apart, no photo at all.
    """
    if dataset.format is ARCHIVE:
        photos = check_archive(dataset.listing, on_record)
        return Checked(photos, photos)
    people: set[str] = set()
    records = photos = 0
    for record in dataset.records():
        records += 1
        on_record(records)
        if not isinstance(record, PhotoRecord):
            report.add(record)
            continue
        photos += 1
        if record.person is not None:
            people.add(record.person)
    if not photos:
        raise _no_photos(report)
    _require_people(session, people)
    return Checked(records, photos)


def _no_photos(report: Report) -> BadDataset:
    """The refusal, with what the first lines of the report say."""
    reasons = [f"{one.problem.file}: {one.problem.message}" for one in report.pending[:3]]
    return BadDataset("no_photos", " ".join(["There are no photos in it.", *reasons]))


def _require_people(session: Session, names: set[str]) -> None:
    """Raises BadDataset if a name means several people, or an id nobody."""
    problems = []
    for name in sorted(names):
        try:
            find.named(session, name)
        except Refused as error:
            problems.append(error.message)
    session.rollback()
    if problems:
        more = f" And {len(problems) - NAMED} more." if len(problems) > NAMED else ""
        hint = "Give one of them another name under People, or say whose photos these are."
        raise BadDataset("unclear_people", " ".join(problems[:NAMED]) + more, hint)
