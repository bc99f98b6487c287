"""Writing an archive while its rows are read, some photos at a time."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from db import signing
from db.base import OPEN, now
from db.errors import Conflict
from db.models import (
    SHOWN,
    Answer,
    Comment,
    DetectorPass,
    Face,
    FrozenFace,
    FrozenPhoto,
    Group,
    Outcome,
    Person,
    Photo,
    Run,
    Tagging,
)
from db.storage import MissingFile, blobs
from labeller.archive import layout
from labeller.archive.layout import ALL, Rows
from labeller.archive.lines import Values, to_line
from labeller.archive.lines_file import LinesFile, chunks
from labeller.archive.queries import rows_of_faces, rows_of_photos, standing_people
from labeller.formats.protocol import Entry
from labeller.people.people import ACTIVE

AT_ONCE = 200
"""Photos read in one transaction."""
ENDINGS = {b"\x89PNG": "png", b"RIFF": "webp"}
NO_NAMES = {"person": ("name",), "photo": ("import_path",)}
"""Columns that are left empty where nobody is to be named, by table: paths often have names in them."""
NEEDED = (
    (layout.COMMENTS, "person_id"),
    (layout.TAGGINGS, "tag_id"),
    (layout.FILTERS, "person_id"),
    (layout.FILTERS, "tag_id"),
)
"""References without which a row would not be what it was."""
OF_RUNS_OVER = Run.status.not_in(OPEN)


class ArchiveWriter:
    """The files of an archive of the whole workbench, one after the other.

    Afterwards `photo_ids` has what is in it; `lost` counts photos whose file is gone or damaged. `folder` is
    an empty folder for temporary files, which the caller deletes.
    """

    def __init__(self, session: Session, folder: Path, *, names: bool) -> None:
        self._session, self._names = session, names
        self._files = {rows.table: LinesFile(folder, rows) for rows in ALL}
        self._sums = (folder / layout.SUMS).open("w", encoding="utf-8")
        self._people = dict[int, int | None]()
        self._mentioned = set[int]()
        self._there: dict[str, set[int]] = {
            name: set() for name in ("tag", "dataset_version", "run", "group", "comment")
        }
        self._written = set[bytes]()
        self.photo_ids: list[int] = []
        self.lost = 0

    def photos(self) -> Iterator[tuple[RowMapping, Sequence[RowMapping], list[Entry]]]:
        """Each photo with its faces, and the file of its picture unless another photo had the same."""
        self._write_all(layout.TAGS, layout.VERSIONS, layout.RUNS)
        after = 0
        while rows := self._load(after):
            after = rows[-1]["id"]
            faces = self._of_photos(rows)
            self._session.rollback()  # whoever writes slowly holds no connection
            for photo in rows:
                if (entries := self._picture(photo["blob"])) is None:
                    self.lost += 1
                    continue
                self._write_photo(photo, faces)
                yield photo, faces[photo["id"]][layout.FACES.table], entries

    def finish(self) -> Iterator[Entry]:
        """All other files. Raises Conflict if somebody in it was deleted meanwhile."""
        self._write_the_rest()
        yield from self._manifests()
        counts = {table: file.count for table, file in self._files.items()}
        for file in self._files.values():
            path = file.close()
            self._note(file.rows.path, file.digest.hexdigest())
            yield Entry(file.rows.path, chunks(path))
        about = {"kind": layout.KIND, "version": layout.VERSION, "made_at": now().isoformat()}
        about |= {"workbench": signing.workbench_id(), "names": self._names, "rows": counts}
        yield self._noted(layout.ABOUT, json.dumps(about, indent=1).encode() + b"\n")
        self._sums.close()
        yield Entry(layout.SUMS, chunks(Path(self._sums.name)))

    def _load(self, after: int) -> Sequence[RowMapping]:
        """The next photos, and who takes part meanwhile."""
        self._people = standing_people(self._session)
        query = select(Photo.__table__).where(SHOWN, Photo.id > after).order_by(Photo.id).limit(AT_ONCE)
        rows = self._session.execute(query).mappings().all()
        groups = Group.id.in_({row["group_id"] for row in rows} - self._there["group"])
        for group in self._session.execute(select(Group.__table__).where(groups)).mappings():
            self._write(layout.GROUPS, group)
        return rows

    def _of_photos(self, photos: Sequence[RowMapping]) -> Mapping[int, Mapping[str, list[RowMapping]]]:
        """By photo and table, what belongs to the photos."""
        ids = [photo["id"] for photo in photos]
        found: dict[int, dict[str, list[RowMapping]]] = defaultdict(lambda: defaultdict(list))
        for rows, query, key in (
            (
                layout.FACES,
                select(Face.__table__).where(Face.photo_id.in_(ids)).order_by(Face.id),
                "photo_id",
            ),
            (layout.PASSES, rows_of_photos(DetectorPass, ids, "detector"), "photo_id"),
            (layout.ANSWERS, rows_of_faces(Answer, ids), layout.PHOTO),
            (layout.COMMENTS, rows_of_faces(Comment, ids), layout.PHOTO),
            (layout.TAGGINGS, rows_of_photos(Tagging, ids, "tag_id"), "photo_id"),
        ):
            for row in self._session.execute(query).mappings():
                found[row[key]][rows.table].append(row)
        return found

    def _picture(self, blob: str) -> list[Entry] | None:
        """The picture's file, none if it was written already; None if it is gone or damaged."""
        if bytes.fromhex(blob) in self._written:
            return []
        try:
            content = blobs().get(blob)
        except MissingFile:
            return None
        if hashlib.sha256(content).hexdigest() != blob:
            return None
        self._written.add(bytes.fromhex(blob))
        path = f"{layout.PICTURES}{blob}.{ENDINGS.get(content[:4], 'jpg')}"
        return [self._noted(path, content)]

    def _write_photo(self, photo: RowMapping, found: Mapping[int, Mapping[str, list[RowMapping]]]) -> None:
        self.photo_ids.append(photo["id"])
        self._write(layout.PHOTOS, photo)
        for rows in layout.OF_PHOTOS:
            for row in found[photo["id"]][rows.table]:
                self._write(rows, row, photo["id"])

    def _write_the_rest(self) -> None:
        """What belongs to no photo. People come last: whoever was mentioned must still be there."""
        self._write_all(layout.CLASSES, layout.FILTERS)
        self._write_outcomes()
        self._write_frozen()
        left = set(self._mentioned)
        query = select(Person.__table__).where(*ACTIVE).order_by(Person.id)
        for row in self._session.execute(query).mappings():
            origin = row["origin"] or f"{signing.workbench_id()}:{row['id']}"
            self._write(layout.PEOPLE, {**row, "origin": origin})
            left.discard(row["id"])
        self._session.rollback()
        if left:
            hint = "Make it again."
            raise Conflict("erased_meanwhile", "Somebody in it was deleted while it was made.", hint)

    def _write_all(self, *files: Rows) -> None:
        self._people = standing_people(self._session)
        for rows in files:
            table = rows.model.__table__
            query = select(table).order_by(table.c.id)
            if rows is layout.RUNS:
                query = query.where(OF_RUNS_OVER)
            for row in self._session.execute(query).mappings():
                self._write(rows, row)
        self._session.rollback()

    def _write_outcomes(self) -> None:
        """The predictions of past runs, of the photos that are in the archive."""
        photos = set(self.photo_ids)
        query = select(Outcome.__table__, Face.photo_id.label(layout.PHOTO))
        query = query.join(Face, Face.id == Outcome.face_id).join(Run, Run.id == Outcome.run_id)
        query = query.where(OF_RUNS_OVER).order_by(Outcome.run_id, Outcome.face_id)
        for row in self._session.execute(query, execution_options={"yield_per": 1000}).mappings():
            if row[layout.PHOTO] in photos:
                self._write(layout.OUTCOMES, row, row[layout.PHOTO])

    def _write_frozen(self) -> None:
        """The states in versions, of the photos that are in the archive."""
        photos = set(self.photo_ids)
        of_face = select(FrozenFace.__table__, Face.photo_id).join(Face, Face.id == FrozenFace.face_id)
        for rows, query, key in (
            (layout.FROZEN_PHOTOS, select(FrozenPhoto.__table__), FrozenPhoto.id),
            (layout.FROZEN_FACES, of_face, FrozenFace.id),
        ):
            found = self._session.execute(query.order_by(key), execution_options={"yield_per": 1000})
            for row in found.mappings():
                if row["photo_id"] in photos:
                    self._write(rows, row)

    def _write(self, rows: Rows, row: Values, photo: int | None = None) -> None:
        """Write the row, unless something that it cannot be without is not, or not to be seen."""
        values = dict(row)
        for column, table in rows.references().items():
            if values[column] is not None:
                values[column] = self._reference(table, values[column])
                if values[column] is None and (rows, column) in NEEDED:
                    return
        if not self._names:
            values |= dict.fromkeys(NO_NAMES.get(rows.table, ()))
        if rows.table in self._there:
            self._there[rows.table].add(values["id"])
        self._files[rows.table].add(to_line(rows, values, photo))

    def _reference(self, table: str, id: int) -> int | None:
        """The id that stands for this one in the archive; None if there is none."""
        if table == "person":
            person = self._people.get(id)
            if person is not None:
                self._mentioned.add(person)
            return person
        return id if id in self._there.get(table, (id,)) else None

    def _manifests(self) -> Iterator[Entry]:
        """What the runs have learned from; one whose file is gone is left out."""
        query = select(Run.manifest).where(Run.manifest.is_not(None), OF_RUNS_OVER).distinct()
        for key in self._session.scalars(query.order_by(Run.manifest)).all():
            try:
                yield self._noted(f"{layout.MANIFESTS}{key}.json", blobs().get(str(key)))
            except MissingFile:
                continue

    def _noted(self, path: str, content: bytes) -> Entry:
        self._note(path, hashlib.sha256(content).hexdigest())
        return Entry(path, content)

    def _note(self, path: str, digest: str) -> None:
        self._sums.write(f"{digest}  {path}\n")
