"""Versions of the data in an archive: frozen again here, on the photos and faces that are here."""

from collections.abc import Iterator

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import frozen_sets, id_sets
from db.classes import comparable
from db.frozen_sets import FaceState, PhotoState
from db.models import DatasetVersion, Face
from labeller.archive import layout
from labeller.archive.found import Found, Say
from labeller.archive.ids_in_results import Renumbered
from labeller.archive.lines import Row
from labeller.archive.photos import PhotoTaker
from labeller.archive.read import Archive


class Versions:
    """The versions of one archive, once its photos are here."""

    def __init__(self, session: Session, archive: Archive, found: Found, taker: PhotoTaker) -> None:
        self._session, self._archive, self._found, self._taker = session, archive, found, taker

    def bring(self, say: Say) -> None:
        """Add those that are not here; commits each."""
        here: dict[int, int | None] = {}
        for row in self._archive.rows(layout.VERSIONS):
            same = DatasetVersion.created_at == row["created_at"], DatasetVersion.faces == row["faces"]
            known = self._session.scalar(select(DatasetVersion.id).where(*same))
            here[row["id"]] = known if known is not None else self._add(row, say)
            self._session.commit()
        self._found.ids["dataset_version"] = here

    def _add(self, row: Row, say: Say) -> int | None:
        """The id of the version made of the states there; None if nothing of it is here."""
        photos, faces = list(self._photos(row)), list(self._faces(row))
        if not photos or not faces:
            return None
        ids = np.array([state.face_id for state in faces], np.int64)
        pairs = frozen_sets.rows_with(self._session, select(Face.id, Face.photo_id), Face.id, ids)
        photo_of = dict(map(tuple, pairs))
        self._session.commit()  # freezing takes its lock before any other
        version = frozen_sets.freeze(self._session, photos, faces, photo_of)
        self._describe(version, row, len(photos), len(faces))
        self._name(version, say)
        self._session.add(version)
        self._session.flush()
        return version.id

    def _describe(self, version: DatasetVersion, row: Row, photos: int, faces: int) -> None:
        """What it was made of there, and how much of that is here."""
        here = Renumbered(self._found.ids["class"], self._found.ids["person"])
        version.photos, version.photos_gone = row["photos"], row["photos"] - photos
        version.faces, version.faces_gone = row["faces"], row["faces"] - faces
        version.labels, version.splits = here(row["labels"]), row["splits"]
        version.name, version.note, version.created_at = row["name"], row["note"], row["created_at"]
        version.created_by = self._found.id("person", row["created_by"])

    def _name(self, version: DatasetVersion, say: Say) -> None:
        """One whose name another one has here is also called after the archive's workbench."""
        if version.name is None:
            return
        version.key = comparable(version.name)
        same = select(DatasetVersion.id).where(DatasetVersion.key == version.key)
        if self._session.scalar(same) is not None:
            old, version.name = version.name, f"{version.name} ({self._archive.workbench[:6]})"
            version.key = comparable(version.name)
            text = f"there is another one here; it is called “{version.name}”"
            say("conflict", "", f"version “{old}”", text)

    def _photos(self, row: Row) -> Iterator[PhotoState]:
        wanted, here = set(id_sets.unpack(row["photo_ids"]).tolist()), self._taker.photos
        for one in self._archive.rows(layout.FROZEN_PHOTOS):
            if one["id"] in wanted and (photo := here.get(one["photo_id"])) is not None:
                yield PhotoState(photo, one["split"], one["complete"])

    def _faces(self, row: Row) -> Iterator[FaceState]:
        wanted, here = set(id_sets.unpack(row["face_ids"]).tolist()), self._taker.faces
        for one in self._archive.rows(layout.FROZEN_FACES):
            if one["id"] in wanted and (face := here.get(one["face_id"])) is not None:
                values = {name: one[name] for name in FaceState._fields}
                ids = {"face_id": face, "class_id": self._found.id("class", one["class_id"])}
                yield FaceState(**values | ids)
