"""An archive looked through from its first byte to its last, before a row is written."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from db import id_sets
from db.models import ROLES, SPLITS
from labeller.archive import layout
from labeller.archive.layout import ALL, OF_PHOTOS, Rows
from labeller.archive.lines import Row
from labeller.archive.read import Archive, PhotoRows
from labeller.formats.text import bad_file

CHUNK = 1 << 20
_SUM = re.compile(r"([0-9a-f]{64})  ([^\n\r]{1,200})\n")
ALLOWED = {
    ("person", "role"): ROLES,
    ("group", "split"): SPLITS,
    ("face", "state"): ("proposed", "confirmed", "rejected"),
    ("answer", "kind"): ("label", "reject", "adjust", "unsure", "draw", "undo", "redo"),
    ("run", "status"): ("done", "failed", "cancelled"),
    ("photo", "status"): ("queued", "running", "ready", "failed"),
    ("photo", "turn"): (0, 90, 180, 270),
    ("photo", "turned"): (0, 90, 180, 270),
}
"""By table and column, what it may be."""
LARGEST_ID = 1 << 26
"""In a version."""
MANIFEST_COLUMNS, MANIFEST_IDS = 8, (0, 4)
"""Of a row of a manifest: how many there are at least, and which are whole numbers in every version."""
APART = (layout.CLASSES, layout.PEOPLE, layout.GROUPS, layout.TAGS, layout.VERSIONS, layout.RUNS)
"""Files whose rows others refer to, and which belong to no photo."""


def check(archive: Archive, on_photo: Callable[[int], None]) -> None:
    """Raises BadDataset unless every file is as it was written and every row fits the others.

    `on_photo` is called with the number of files and photos looked at so far.
    """
    _Check(archive, on_photo).run()


class _Check:
    def __init__(self, archive: Archive, on_step: Callable[[int], None]) -> None:
        self._archive, self._on_step, self._steps = archive, on_step, 0
        self._listed, self._pictures = set[str](), set[bytes]()
        self._ids: dict[str, set[int]] = {}

    def run(self) -> None:
        self._check_sums()
        for rows in APART:
            self._ids[rows.table] = self._checked(rows)
        for rows in (*APART, layout.FILTERS):
            for row in self._archive.rows(rows):
                self._check_row(rows, row)
        self._check_manifests()
        inside = self._check_photos()
        for rows in (layout.OUTCOMES, layout.FROZEN_PHOTOS, layout.FROZEN_FACES):
            for row in self._archive.rows(rows):
                self._check_row(rows, row, inside)

    def _step(self) -> None:
        self._steps += 1
        self._on_step(self._steps)

    def _check_sums(self) -> None:
        """Every listed file is there and as it was, and every file that is read is listed."""
        files, listed = self._archive.listing.files, self._listed
        if layout.SUMS not in files:
            raise bad_file(layout.SUMS, "is missing")
        with open(files[layout.SUMS], encoding="utf-8", errors="replace", newline="") as sums:
            for line in sums:
                if (match := _SUM.fullmatch(line)) is None:
                    raise bad_file(layout.SUMS, "is damaged")
                digest, name = match.groups()
                if name not in files:
                    raise bad_file(name, "is missing")
                if _digest(files[name]) != digest:
                    raise bad_file(name, "is damaged: its checksum differs")
                self._note(name, digest)
                self._step()
        needed = {layout.ABOUT, *(rows.path for rows in ALL)}
        if missing := sorted(needed - listed):
            raise bad_file(layout.SUMS, f"does not list {missing[0]}")

    def _note(self, name: str, digest: str) -> None:
        if not name.startswith(layout.PICTURES):
            self._listed.add(name)
            return
        if name.removeprefix(layout.PICTURES).partition(".")[0] != digest:
            raise bad_file(name, "has another content than its name says")
        self._pictures.add(bytes.fromhex(digest))

    def _check_manifests(self) -> None:
        for name in {row["manifest"] for row in self._archive.rows(layout.RUNS)}:
            path = f"{layout.MANIFESTS}{name}.json"
            if name is not None and path in self._archive.listing.files:
                if path not in self._listed:
                    raise bad_file(layout.SUMS, f"does not list {path}")
                _require_manifest(path, self._archive.listing.files[path])

    def _checked(self, rows: Rows) -> set[int]:
        """The ids in a file; raises BadDataset for one that is there twice."""
        ids = set[int]()
        for row in self._archive.rows(rows):
            if row["id"] in ids:
                raise bad_file(rows.path, f"has {row['id']} twice")
            ids.add(row["id"])
        return ids

    def _check_photos(self) -> dict[str, set[int]]:
        """Check each photo with what belongs to it; returns the ids of all photos and faces."""
        photos, faces, answers, keys = set[int](), set[int](), set[int](), set[str]()
        for one in self._archive.photos():
            self._check_row(layout.PHOTOS, one.photo)
            blob = one.photo["blob"]
            if not re.fullmatch(r"[0-9a-f]{64}", blob) or bytes.fromhex(blob) not in self._pictures:
                raise bad_file(f"{layout.PICTURES}{blob[:64]}", "is missing")
            here = _unique(layout.FACES, one, faces)
            inside = {
                "face": here,
                "photo": {one.photo["id"]},
                "answer": _unique(layout.ANSWERS, one, answers),
                "comment": {row["id"] for row in one[layout.COMMENTS]},
            }
            for rows in OF_PHOTOS:
                for row in one[rows]:
                    self._check_row(rows, row, inside)
            for row in one[layout.ANSWERS]:
                if row["client_key"] in keys:
                    raise bad_file(layout.ANSWERS.path, f"has the key {row['client_key'][:60]!a} twice")
                keys.add(row["client_key"])
            self._step()
            photos.add(one.photo["id"])
        return {"photo": photos, "face": faces}

    def _check_row(self, rows: Rows, row: Row, inside: dict[str, set[int]] | None = None) -> None:
        for column, table in rows.references().items():
            there = (inside or {}).get(table, self._ids.get(table))
            if row[column] is not None and there is not None and row[column] not in there:
                raise bad_file(rows.path, f"refers to {table} {row[column]}, which is not there")
        for (table, column), allowed in ALLOWED.items():
            if table == rows.table and row[column] not in allowed:
                raise bad_file(rows.path, f"has a {column} that there is not: {row[column]!r:.40}")
        if rows is layout.FACES:
            _require_box(rows, row["proposed_box"])
        elif rows is layout.VERSIONS:
            _require_ids(rows, row["photo_ids"])
            _require_ids(rows, row["face_ids"])
        elif rows is layout.ANSWERS and row["box"] is not None:
            _require_box(rows, row["box"])


def _unique(rows: Rows, one: PhotoRows, seen: set[int]) -> set[int]:
    ids = [row["id"] for row in one[rows]]
    if len(set(ids)) < len(ids) or not seen.isdisjoint(ids):
        raise bad_file(rows.path, "has a row twice")
    seen.update(ids)
    return set(ids)


def _require_box(rows: Rows, box: Iterable[object]) -> None:
    sides = list(box)
    if len(sides) != 4 or any(type(side) not in (int, float) for side in sides):
        raise bad_file(rows.path, f"has a box that is none: {sides!r:.60}")


def _require_ids(rows: Rows, packed: bytes) -> None:
    if not id_sets.is_packed(packed, LARGEST_ID):
        raise bad_file(rows.path, "has a set of ids that is none")


def _require_manifest(name: str, path: Path) -> None:
    try:
        content = json.loads(path.read_bytes())
        is_one = isinstance(content["version"], int) and isinstance(content["classes"], list)
        is_one = is_one and all(len(row) >= MANIFEST_COLUMNS for row in content["rows"])
        is_one = is_one and all(isinstance(row[i], int) for row in content["rows"] for i in MANIFEST_IDS)
    except (ValueError, KeyError, TypeError, RecursionError):
        is_one = False
    if not is_one:
        raise bad_file(name, "is no manifest of a run")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
