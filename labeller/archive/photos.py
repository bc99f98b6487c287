"""A photo of an archive: a new one with all that belongs to it, or one that is here and gets more answers."""

import time

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from db import blob_hold, signing
from db.errors import Unavailable
from db.models import DetectorPass, Person, Photo
from db.session import take_write_lock
from db.settings import settings
from db.storage import blobs
from labeller.archive import layout
from labeller.archive.faces import PhotoFaces
from labeller.archive.found import Found, Say, without_none
from labeller.archive.lines import Row
from labeller.archive.notes import add_notes, add_tags
from labeller.archive.read import Archive, PhotoRows
from labeller.errors import BadPhoto
from labeller.formats.records import Remark
from labeller.people.people import find_person
from labeller.photos import splits
from labeller.photos.decode import decode
from labeller.photos.pixels import Decoded

ATTEMPTS, PAUSE = 5, 1.0
"""To decode a picture while others are decoded; seconds between two."""


class PhotoTaker:
    """Takes the photos of an archive one by one. `faces` and `photos` have the ids here of what was taken."""

    def __init__(self, session: Session, archive: Archive, found: Found, say: Say) -> None:
        self._session, self._archive, self._found, self._say = session, archive, found, say
        self._is_ours = archive.workbench == signing.workbench_id()
        self._pictures = {key.rpartition("/")[2].partition(".")[0]: key for key in archive.listing.pictures()}
        self._splits = {row["id"]: row["split"] for row in archive.rows(layout.GROUPS)}
        self._in_group: dict[int, int] = {}
        """By the id of a group there, a photo here that was in it."""
        self._group_ids: dict[int, int | None] = {}
        self.faces: dict[int, int] = {}
        self.photos: dict[int, int] = {}
        self.changed = 0
        """Faces of the last photo that are new or have new answers."""

    def take(self, rows: PhotoRows) -> tuple[Photo | None, bool]:
        """The photo here, None if it cannot be used; and whether it is new. Does not commit."""
        row, self.changed = rows.photo, 0
        number = self._found.id("person", row["person_id"])
        person = find_person(self._session, number) if number else None
        if row["person_id"] is not None and person is None:
            return self._left_out(row, "is of somebody who was deleted here")
        photo = self._find(row, person)
        if photo is not None and photo.status == "erasing":
            return self._left_out(row, "is being deleted here")
        is_new = photo is None
        if photo is None and (photo := self._receive(row, person)) is None:
            return None, False
        self._take_rest(rows, photo, is_new=is_new)
        return photo, is_new

    def group_of(self, group: int) -> int | None:
        """The group here of the photos that were in this group there."""
        if group not in self._group_ids:
            photo = self._in_group.get(group)
            self._group_ids[group] = self._session.scalar(select(Photo.group_id).where(Photo.id == photo))
        return self._group_ids[group]

    def _find(self, row: Row, person: Person | None) -> Photo | None:
        """The same bytes of the same person."""
        of = Photo.person_id.is_(None) if person is None else Photo.person_id == person.id
        same: ColumnElement[bool] = Photo.sha256 == row["sha256"]
        if row["sha256"] is None:  # a copy that a merge of two people left
            same = Photo.sha256.is_(None) & (Photo.blob == row["blob"])
        return self._session.scalar(select(Photo).where(of, same).order_by(Photo.id).limit(1))

    def _receive(self, row: Row, person: Person | None) -> Photo | None:
        """The new photo in its group; None if its picture cannot be used."""
        try:
            decoded = self._decoded(row)
        except BadPhoto as error:
            self._note("skipped", row, error.message)
            return None
        photo = Photo(**self._found.values(layout.PHOTOS, row, "blob", "group_id", "repeat_id", "person_id"))
        photo.status = "queued" if photo.status == "running" else photo.status
        photo.blob, photo.view_blob = blobs().put(decoded.photo), blobs().put(decoded.view)
        photo.dhash, photo.stored_bytes = decoded.dhash, decoded.size
        photo.person_id = person.id if person else None
        splits.assign_group(self._session, photo, decoded.mirror, person)
        blob_hold.keep(self._session, (decoded.photo, decoded.view))
        self._session.add(photo)
        self._session.flush()
        self._place(row, photo)
        return photo

    def _decoded(self, row: Row) -> Decoded:
        """The picture, which is as little trusted as one that somebody sends. Raises BadPhoto."""
        data = self._archive.listing.files[self._pictures[row["blob"]]].read_bytes()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                decoded = decode(data, settings().max_megapixels)
                break
            except Unavailable:
                if attempt == ATTEMPTS:
                    raise
                time.sleep(PAUSE)
        if (decoded.width, decoded.height) != (row["width"], row["height"]):
            raise BadPhoto("other_size", "The picture has another size than its row says.")
        return decoded

    def _place(self, row: Row, photo: Photo) -> None:
        """Put a new photo into its group and split, unless what is here forbids it."""
        other = self._in_group.get(row["group_id"])
        if other is not None:
            splits.join_groups(self._session, Photo.id.in_([photo.id, other]))
            self._session.refresh(photo)
        else:
            splits.place(self._session, photo, self._splits[row["group_id"]])

    def _take_rest(self, rows: PhotoRows, photo: Photo, *, is_new: bool) -> None:
        """Everything that belongs to the photo, which is here now."""
        row, faces = rows.photo, PhotoFaces(self._session, self._found, rows, photo)
        if is_new:
            faces.add_all()
            passes = (without_none(one, "photo_id") for one in rows[layout.PASSES])
            self._session.add_all(DetectorPass(**one, photo_id=photo.id) for one in passes)
        else:
            take_write_lock(self._session)
            faces.merge(is_ours=self._is_ours)
            self._complete(row, photo)
        add_tags(self._session, self._found, rows, photo, faces.by_id)
        add_notes(self._session, self._found, rows, faces.by_id)
        self._session.flush()
        self._in_group.setdefault(row["group_id"], photo.id)
        self.photos[row["id"]], self.changed = photo.id, faces.changed
        self.faces |= {id: face.id for id, face in faces.by_id.items()}
        here, there = photo.group.split, self._splits[row["group_id"]]
        if here != there:
            faces.conflicts.append(f"is for “{there}” in the archive, and stays in “{here}” here")
        for conflict in faces.conflicts:
            self._note("conflict", row, conflict)

    def _complete(self, row: Row, photo: Photo) -> None:
        if photo.completed_at is None and row["completed_at"] is not None:
            photo.completed_at = row["completed_at"]
            photo.completed_by = self._found.id("person", row["completed_by"])

    def _left_out(self, row: Row, message: str) -> tuple[None, bool]:
        self._note("skipped", row, message)
        return None, False

    def _note(self, remark: Remark, row: Row, message: str) -> None:
        self._say(remark, self._pictures.get(row["blob"], ""), f"photo {row['id']}", message)
