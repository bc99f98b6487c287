"""An archive among the datasets that come in: looked through as a whole, then merged photo by photo."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from db.models import Photo
from labeller.archive import check
from labeller.archive.merge import Merge
from labeller.archive.read import Archive
from labeller.formats.protocol import Listing
from labeller.formats.records import Remark
from labeller.imports.report import Report

OnStep = Callable[[int, None, Photo | None], None]


def check_archive(listing: Listing, on_step: Callable[[int], None]) -> int:
    """Look through all of it; returns the number of photos. Raises BadDataset for anything that is not as it
    was written."""
    archive = Archive(listing)
    check.check(archive, on_step)
    return archive.photo_count


def import_archive(session: Session, listing: Listing, report: Report, on_step: OnStep, after: int) -> None:
    """Merge it into this workbench. The first `after` photos, which an earlier attempt took, are found again
    and not reported again."""
    merging = _Reported(report, after, on_step)
    merge = Merge(session, Archive(listing), merging.say)
    merge.run(merging.on_photo)


class _Reported:
    """What goes into the report, while the photos come in."""

    def __init__(self, report: Report, after: int, on_step: OnStep) -> None:
        self._report, self._after, self._on_step = report, after, on_step
        self._number = 1

    def say(self, remark: Remark, file: str, place: str, message: str) -> None:
        if self._number > self._after:
            self._report.say(remark, file, place, message)

    def on_photo(self, number: int, photo: Photo | None, is_new: bool, faces: int) -> None:
        self._number = number + 1
        if number <= self._after:
            return
        if photo is not None:
            self._report.counts["new" if is_new else "known"] += 1
        self._report.counts["faces"] += faces
        self._on_step(number, None, photo)
