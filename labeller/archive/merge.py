"""An archive that was checked, merged into this workbench: photo by photo, each committed by itself.

Whatever is here already is found again, so that an import that was killed goes on when it is repeated.
"""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.classes import comparable
from db.models import Outcome, Photo, Run, SavedFilter
from db.session import insert_missing
from db.storage import blobs
from labeller.archive import layout
from labeller.archive.found import Found, Say, without_none
from labeller.archive.lines import Row
from labeller.archive.others import bring
from labeller.archive.photos import PhotoTaker
from labeller.archive.read import Archive
from labeller.archive.versions import Versions

OnPhoto = Callable[[int, Photo | None, bool, int], None]
"""Called after each photo with its number from 1, what became of it, whether it is new, and how many faces
are new or have new answers; commits."""
AT_ONCE = 1000
MANIFEST_VERSION = 2
"""Of manifests as the trainer writes them."""


class Merge:
    """One archive on its way into this workbench."""

    def __init__(self, session: Session, archive: Archive, say: Say) -> None:
        self._session, self._archive, self._say = session, archive, say

    def run(self, on_photo: OnPhoto) -> None:
        """Bring everything in. Raises what `on_photo` does, NoSpace and Unavailable."""
        found = bring(self._session, self._archive, self._say)
        self._session.commit()
        taker = PhotoTaker(self._session, self._archive, found, self._say)
        for number, rows in enumerate(self._archive.photos(), 1):
            photo, is_new = taker.take(rows)
            on_photo(number, photo, is_new, taker.changed)
        self._add_filters(found)
        self._session.commit()
        Versions(self._session, self._archive, found, taker).bring(self._say)
        self._add_results(found, taker)
        self._session.commit()

    def _add_filters(self, found: Found) -> None:
        """Saved filters by their names; one that is here stays as it is."""
        for row in self._archive.rows(layout.FILTERS):
            key = comparable(row["name"])
            values = without_none(row, "id") | {
                column: found.id(table, row[column])
                for column, table in layout.FILTERS.references().items()
                if row[column] is not None
            }
            if None in values.values():
                continue
            if self._session.scalar(select(SavedFilter.id).where(SavedFilter.key == key)) is None:
                self._session.add(SavedFilter(**values, key=key))
                self._session.flush()

    def _add_results(self, found: Found, taker: PhotoTaker) -> None:
        """Which faces the runs learned from, and what they predicted for others."""
        for row in self._archive.rows(layout.RUNS):
            run = self._session.get_one(Run, found.id("run", row["id"]))
            if row["version_id"] is not None and run.version_id is None:
                run.version_id = found.id("dataset_version", row["version_id"])
            if row["manifest"] is not None and run.manifest is None:
                run.manifest = self._manifest(row["manifest"], found, taker)
        some: list[Row] = []
        for row in self._archive.rows(layout.OUTCOMES):
            if (face := taker.faces.get(row["face_id"])) is not None:
                some.append(self._outcome(row, face, found))
            if len(some) == AT_ONCE:
                insert_missing(self._session, Outcome, some)
                some.clear()
        insert_missing(self._session, Outcome, some)

    def _outcome(self, row: Row, face: int, found: Found) -> Row:
        ids = {"run_id": found.id("run", row["run_id"]), "face_id": face}
        labels = {name: found.id("class", row[name]) for name in ("truth", "label")}
        return {name: value for name, value in (row | ids | labels).items() if name != layout.PHOTO}

    def _manifest(self, key: str, found: Found, taker: PhotoTaker) -> str | None:
        """The manifest with the ids of here, by which erasure finds the runs that learned from a face."""
        name = f"{layout.MANIFESTS}{key}.json"
        if name not in self._archive.listing.files:
            return None
        content = json.loads(self._archive.listing.files[name].read_bytes())
        if content["version"] != MANIFEST_VERSION:
            return None  # names of classes and not ids: such a run cannot be replayed anyway
        content["rows"] = [row for one in content["rows"] if (row := _moved(one, found, taker)) is not None]
        content["classes"] = [found.id("class", id) for id in content["classes"]]
        return blobs().put(json.dumps(content, separators=(",", ":")).encode())


def _moved(row: list[Any], found: Found, taker: PhotoTaker) -> list[Any] | None:
    """A row of a manifest; None if its face is not here.

    It has face, box version, class, split, group, box, person and photo; then what was known of the face.
    """
    face, version, label, split, group, box, person, photo, *more = row
    if face not in taker.faces:
        return None
    here = taker.faces[face], version, found.id("class", label), split
    return [*here, taker.group_of(group), box, found.id("person", person), taker.photos.get(photo), *more]
