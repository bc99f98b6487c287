"""The second half of an import, once the dataset was checked: record by record, each committed by itself."""

from collections.abc import Callable

from db.models import Photo
from labeller.formats.archive import ARCHIVE
from labeller.formats.records import PhotoRecord
from labeller.imports.archive_import import import_archive
from labeller.imports.dataset import Dataset
from labeller.imports.report import Report
from labeller.imports.take import Importer

OnStep = Callable[[int, PhotoRecord | None, Photo | None], None]
"""Called after each record with its number from 1, and for a photo with its record and what became of it;
commits. What it raises ends the import."""


def import_records(
    dataset: Dataset, importer: Importer, report: Report, on_step: OnStep, after: int = 0
) -> None:
    """Take all records but the first `after`, which an earlier attempt took. Raises what `take` does."""
    if dataset.format is ARCHIVE:
        import_archive(importer.session, dataset.listing, report, on_step, after)
        return
    for number, record in enumerate(dataset.records(), 1):
        if number <= after:
            continue
        if isinstance(record, PhotoRecord):
            on_step(number, record, importer.take(record))
        else:
            report.add(record)
            on_step(number, None, None)
