"""What is in an archive: which columns of which tables, in which files.

archive.json          what it is, and how many rows each file has
rows/answers.jsonl    a row a line, in the order of the photos; and so on for each table
photos/<sha256>.jpg   the pictures as they are kept
manifests/<sha256>.json
SHA256SUMS            of all other files, as `sha256sum -c` reads them
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column

from db.base import Base
from db.models import (
    Answer,
    Class,
    Comment,
    DatasetVersion,
    DetectorPass,
    Face,
    FrozenFace,
    FrozenPhoto,
    Group,
    Outcome,
    Person,
    Photo,
    Run,
    SavedFilter,
    Tag,
    Tagging,
)

KIND, VERSION = "second look archive", 1
ABOUT, SUMS = "archive.json", "SHA256SUMS"
PICTURES, MANIFESTS = "photos/", "manifests/"
PHOTO = "photo"
"""Of a row of an answer or a note: the photo of its face."""
_JOB = ("attempt", "owner", "lease_until", "sent_at")


@dataclass(frozen=True)
class Rows:
    """The rows of a table in a file of lines, without some columns; `photo` is the key of their photo."""

    model: type[Base]
    left_out: tuple[str, ...] = ()
    photo: str = ""

    @property
    def table(self) -> str:
        return str(self.model.__tablename__)

    @property
    def path(self) -> str:
        return f"rows/{self.table}.jsonl"

    @property
    def columns(self) -> list[Column[Any]]:
        table = Base.metadata.tables[self.table]
        return [column for column in table.columns if column.name not in self.left_out]

    def references(self) -> dict[str, str]:
        """By column, the table that it names a row of."""
        return {c.name: key.column.table.name for c in self.columns for key in c.foreign_keys}


CLASSES = Rows(Class)
PEOPLE = Rows(Person, ("invite_id", "link_version", "merged_into_id", "old_cookies", "erasing_at"))
GROUPS = Rows(Group)
TAGS = Rows(Tag, ("key",))
VERSIONS = Rows(DatasetVersion, ("key",))
RUNS = Rows(Run, (*_JOB, "head", "learning_curve", "pinned"))
FILTERS = Rows(SavedFilter, ("key",))
PHOTOS = Rows(Photo, (*_JOB, "view_blob", "bytes", "dhash", "erase_at"), "id")
FACES = Rows(Face, ("version",), "photo_id")
PASSES = Rows(DetectorPass, (), "photo_id")
ANSWERS = Rows(Answer, (), PHOTO)
COMMENTS = Rows(Comment, (), PHOTO)
TAGGINGS = Rows(Tagging, ("part",), "photo_id")
OUTCOMES = Rows(Outcome, (), PHOTO)
FROZEN_PHOTOS = Rows(FrozenPhoto)
FROZEN_FACES = Rows(FrozenFace)
OF_PHOTOS = (FACES, PASSES, ANSWERS, COMMENTS, TAGGINGS)
"""What belongs to a photo, in files that follow the order of the photos."""
ALL = (
    CLASSES,
    PEOPLE,
    GROUPS,
    TAGS,
    VERSIONS,
    RUNS,
    FILTERS,
    PHOTOS,
    *OF_PHOTOS,
    OUTCOMES,
    FROZEN_PHOTOS,
    FROZEN_FACES,
)
