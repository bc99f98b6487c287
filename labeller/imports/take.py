"""Taking one photo of a dataset: its picture, person, split, faces and tags, in one transaction."""

import hashlib
import time
from collections.abc import Sequence

from sqlalchemy.orm import Session

from db.base import now
from db.errors import BadInput, Unavailable
from db.models import Face, Person, Photo
from labeller.answers.boxes import SMALLEST_BOX
from labeller.answers.folder_import import Conflict, FolderImport
from labeller.datasets import tags
from labeller.datasets.tags import Targets
from labeller.errors import BadPhoto
from labeller.formats.folders import MARGIN
from labeller.formats.names import shown
from labeller.formats.records import FaceRecord, PhotoRecord, Remark
from labeller.formats.values import BadBox, fitted
from labeller.imports.dataset import Dataset
from labeller.imports.faces import PhotoFaces
from labeller.imports.report import Report
from labeller.imports.said import Said
from labeller.people import find
from labeller.photos import splits
from labeller.photos.box import Box
from labeller.uploads import intake
from labeller.uploads.intake import Received

ATTEMPTS, PAUSE = 5, 1.0
"""To decode a picture while others are decoded; seconds between two."""
STOPPED = "photo_unreadable"
"""The code of a photo whose decoder died or took too long. Once, that may be because of the machine."""


class Importer:
    """Takes the photos of a dataset one by one, on behalf of `by`; `person` is in those that name nobody."""

    def __init__(
        self, session: Session, dataset: Dataset, by: Person, person: Person | None, report: Report
    ) -> None:
        self.session = self._session = session
        self._dataset, self._by, self._person, self._report = dataset, by, person, report
        self.folders = FolderImport(session, dataset.listing.root, by, person)

    def take(self, record: PhotoRecord) -> Photo | None:
        """Take a photo and what is said of it; None if it cannot be used. Does not commit.

        Whatever is left out or differs goes into the report. Raises NoSpace, QuotaReached and Unavailable.
        """
        if (data := self._read(record)) is None:
            return None
        whole = self._whole_label(record)
        try:
            received = self._receive(record, data, whole.label if whole else None)
        except BadPhoto as error:
            self._session.rollback()
            self._say("skipped", record, f"{error.message} {error.hint}".strip())
            return None
        photo = received.photo
        first = self.folders.seen_as(photo)
        conflict = self.folders.compare(received, record.name, whole.label if whole else None)
        if conflict is not None:
            self._say("conflict", record, _in_words(conflict), photo=photo)
        elif first not in (None, record.name):
            self._say("note", record, f"the same picture as {first}", photo=photo)
        self._report.counts["new" if received.created else "known"] += first is None
        self._place(record, received)
        faces = self._put_faces(record, received, again=first not in (None, record.name))
        self._complete(record, photo)
        self._keep_tags(record, photo, faces)
        return photo

    def _read(self, record: PhotoRecord) -> bytes | None:
        try:
            return self._dataset.listing.files[record.name].read_bytes()
        except OSError as error:
            self._say("skipped", record, f"the file cannot be read ({error.strerror})")
            return None

    def _whole_label(self, record: PhotoRecord) -> FaceRecord | None:
        """What is said of the photo's one face, where a format has no boxes."""
        if self._dataset.options.crops:
            return None
        whole = [face for face in record.faces if face.box is None and face.label is not None]
        for face in whole[1:]:
            self._say("skipped", record, f"“{face.label}” is a second label without a box", face.place)
        return whole[0] if whole else None

    def _receive(self, record: PhotoRecord, data: bytes, label: str | None) -> Received:
        """Raises BadPhoto."""
        if (known := self._exported(record, data)) is not None:
            return Received(known, created=False)
        for attempt in range(1, ATTEMPTS + 1):
            person = find.named_or_new(self._session, record.person) if record.person else self._person
            try:
                return intake.receive(self._session, data, self._by, person, label)
            except (Unavailable, BadPhoto) as error:
                is_busy = isinstance(error, Unavailable) or (error.code == STOPPED and attempt == 1)
                self._session.rollback()
                if attempt == ATTEMPTS or not is_busy:
                    raise
                time.sleep(PAUSE)
        raise AssertionError

    def _exported(self, record: PhotoRecord, data: bytes) -> Photo | None:
        """The photo of which this picture is an export: by its bytes, or by what our own sidecar says."""
        exported = intake.find_export(self._session, hashlib.sha256(data).hexdigest())
        if exported is not None or record.sha256 is None:
            return exported
        sent = intake.find_photo(self._session, record.sha256, self._by, None)
        is_alike = sent is not None and record.size == (sent.width, sent.height)
        return sent if is_alike else None

    def _place(self, record: PhotoRecord, received: Received) -> None:
        if record.split is None:
            return
        photo = received.photo
        is_placed = received.created and splits.place(self._session, photo, record.split)
        if not is_placed and photo.group.split != record.split:
            text = f"is for “{record.split}” in the dataset, and stays in “{photo.group.split}” here"
            reason = "with its person's photos and near copies" if received.created else "where it was before"
            self._say("conflict", record, f"{text}, {reason}", photo=photo)

    def _put_faces(
        self, record: PhotoRecord, received: Received, *, again: bool
    ) -> Sequence[tuple[FaceRecord, Face]]:
        photo = received.photo
        said = self._distinct(
            record, [one for face in record.faces if (one := self._said(record, face, photo))]
        )
        if not said:
            return []
        faces = PhotoFaces(self._session, photo, self._by, is_new=received.created, again=again)
        put = faces.put(said)
        self._report.counts["faces"] += faces.changed
        for difference in faces.differences:
            self._say("conflict", record, difference.message, difference.place, photo)
        return [(one.record, face) for one, face in zip(said, put, strict=True) if face is not None]

    def _said(self, record: PhotoRecord, face: FaceRecord, photo: Photo) -> Said | None:
        """The face with its box within the photo; None for one without a box, or with one that is refused."""
        size = (photo.width, photo.height)
        if face.box is None:
            is_crop = self._dataset.options.crops is True
            return Said(_inside(*size), face) if is_crop else None
        try:
            box, is_cut = fitted(face.box, size)
        except BadBox as error:
            self._say("skipped", record, f"a face {error}; refused", face.place, photo)
            return None
        if min(box[2:]) < SMALLEST_BOX:
            self._say("skipped", record, f"a box is too small, {_size(box)}; refused", face.place, photo)
            return None
        if is_cut:
            self._say("changed", record, "a box was cut at the picture's edge", face.place, photo)
        return Said(box, face)

    def _distinct(self, record: PhotoRecord, said: Sequence[Said]) -> list[Said]:
        """Without what is said of the very same box a second time."""
        by_box: dict[Box, Said] = {}
        for one in said:
            box = tuple(round(side, 2) for side in one.box)
            first = by_box.setdefault(box, one)  # type: ignore[arg-type]
            if first is one:
                continue
            if first.opinion == one.opinion:
                self._say("note", record, "a box is there twice; taken once", one.record.place)
            else:
                text = f"{one.record.place or 'a box'} is the box of {first.record.place or 'another'}"
                self._say("conflict", record, f"{text}, with another label; only that was taken")
        return list(by_box.values())

    def _complete(self, record: PhotoRecord, photo: Photo) -> None:
        """Mark a photo that somebody looked at, and that has no face or is one, as complete."""
        is_crop = self._dataset.options.crops is True
        if not record.looked_at or (record.faces and not is_crop) or photo.completed_at is not None:
            return
        shown = (
            [face for face in photo.faces if face.state != "rejected" and face.offered] if not is_crop else []
        )
        if shown:
            self._say("conflict", record, f"has no face in the dataset, and {len(shown)} here", photo=photo)
            return
        photo.completed_at, photo.completed_by = now(), self._by.id

    def _keep_tags(self, record: PhotoRecord, photo: Photo, faces: Sequence[tuple[FaceRecord, Face]]) -> None:
        """Put the tags of the photo and of its faces on them; one that cannot be a tag is named."""
        on: dict[str, Targets] = {name: Targets(photos=[photo.id]) for name in record.tags}
        for said, face in faces:
            for name in said.tags:
                known = on.get(name, Targets())
                on[name] = Targets(known.photos, [*known.faces, face.id])
        for name, targets in on.items():
            try:
                tags.put_on(self._session, tags.find_or_add(self._session, name), targets)
            except BadInput as error:
                self._say("skipped", record, f"the tag “{shown(name, 60)}”: {error.message}", photo=photo)

    def _say(
        self, remark: Remark, record: PhotoRecord, message: str, place: str = "", photo: Photo | None = None
    ) -> None:
        where = place or record.place
        at = f"{record.file} {where}".strip() if record.file and record.file != record.name else where
        self._report.say(remark, record.name, at, message, photo.id if photo else None)


def _inside(width: float, height: float) -> Box:
    """The face in a crop as the trainer sees it, of a picture whose header the reader could not measure."""
    w, h = width / (1 + 2 * MARGIN), height / (1 + 2 * MARGIN)
    return w * MARGIN, h * MARGIN, w, h


def _in_words(conflict: Conflict) -> str:
    first = conflict.first or "a photo sent before"
    labels = f"“{conflict.second_label}” against “{conflict.first_label}”"
    what = "settle it under Disagreements" if conflict.disputed else "the new label counts; it can be undone"
    return f"the same picture as {first}: {labels}; {what}"


def _size(box: Box) -> str:
    return f"{box[2]:g} × {box[3]:g} pixels"
