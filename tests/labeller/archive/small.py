"""A small archive made by hand, so that it can be damaged in one place with all else right."""

import base64
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from db import id_sets
from labeller.archive.layout import ALL, KIND, PHOTO, VERSION

Rows = dict[str, list[dict[str, Any]]]
DAY = "2026-11-27T10:00:00+00:00"


def picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((120, 90)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


BLOB = hashlib.sha256(picture()).hexdigest()
PICTURE = f"photos/{BLOB}.jpg"
MANIFEST = json.dumps({"version": 2, "classes": [1], "rows": [[5, 1, 1, "train", 2, [1, 2, 30, 40], 3, 4]]})
KEY = hashlib.sha256(MANIFEST.encode()).hexdigest()


def rows() -> Rows:
    """A row or two of each table that matters, with what its columns need."""
    some: Rows = {rows.table: [] for rows in ALL}
    some["class"] = [{"id": 1, "name": "mask", "former": []}]
    some["person"] = [{"id": 3, "role": "friend", "created_at": DAY, "origin": "0123456789abcdef:3"}]
    some["group"] = [{"id": 2, "split": "locked"}]
    some["run"] = [
        {"id": 9, "recipe": {}, "seed": 1, "phase": "done", "progress": 1.0, "manifest": KEY, "classes": [1],
         "curve": [], "log": [], "promoted": False, "erased": 0, "created_at": DAY, "status": "done"}
    ]  # fmt: skip
    some["photo"] = [
        {"id": 4, "sha256": "a" * 64, "blob": BLOB, "width": 120, "height": 90, "group_id": 2, "person_id": 3,
         "created_at": DAY, "turn": 0, "turned": 0, "status": "ready"}
    ]  # fmt: skip
    some["face"] = [
        {"id": 5, "photo_id": 4, "x": 1.0, "y": 2.0, "w": 30.0, "h": 40.0, "box_version": 1,
         "source": "centerface", "confidence": 0.9, "confirmed_by": [], "proposed_box": [1, 2, 30, 40],
         "state": "proposed", "doubtful": False, "hidden": False, "disputed": False, "wanted": 1,
         "opinions": 0, "waiting": True, "gold": False}
    ]  # fmt: skip
    answer = {"photo": 4, "face_id": 5, "person_id": 3, "informed": False, "created_at": DAY}
    some["answer"] = [
        answer | {"id": 6, "client_key": "a", "kind": "label", "label": "mask", "undone_at": DAY},
        answer | {"id": 7, "client_key": "b", "kind": "undo", "undoes_id": 6},
    ]
    ids = base64.b64encode(id_sets.pack(np.array([1], np.int64))).decode()
    some["dataset_version"] = [
        {"id": 1, "note": "", "created_at": DAY, "photos": 1, "faces": 1, "labels": {},
         "splits": {"locked": 1}, "photos_gone": 0, "faces_gone": 0, "photo_ids": ids, "face_ids": ids}
    ]  # fmt: skip
    some["frozen_photo"] = [{"id": 1, "photo_id": 4, "split": "locked", "complete": False}]
    some["frozen_face"] = [
        {"id": 1, "face_id": 5, "x": 1.0, "y": 2.0, "w": 30.0, "h": 40.0, "box_version": 1,
         "state": "proposed", "disputed": False}
    ]  # fmt: skip
    some["tag"] = [{"id": 8, "name": "later", "created_at": DAY}]
    some["tagging"] = [{"tag_id": 8, "photo_id": 4}]
    return some


def make(folder: Path, content: Rows | None = None) -> Path:
    """The archive in a folder; columns that a row lacks are null."""
    content = rows() if content is None else content
    files = {f"photos/{BLOB}.jpg": picture(), f"manifests/{KEY}.json": MANIFEST.encode()}
    for one in ALL:
        names = [column.name for column in one.columns] + ([PHOTO] if one.photo == PHOTO else [])
        lines = [json.dumps(dict.fromkeys(names) | row) for row in content[one.table]]
        files[one.path] = "".join(f"{line}\n" for line in lines).encode()
    counts = {table: len(some) for table, some in content.items()}
    about = {
        "kind": KIND,
        "version": VERSION,
        "workbench": "0123456789abcdef",
        "rows": counts,
        "names": False,
    }
    files["archive.json"] = json.dumps(about).encode()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return list_sums(folder)


def list_sums(folder: Path) -> Path:
    """Make the list of checksums right again."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    sums = [(hashlib.sha256(path.read_bytes()).hexdigest(), path.relative_to(folder)) for path in files]
    (folder / "SHA256SUMS").write_text("".join(f"{digest}  {path}\n" for digest, path in sums))
    return folder


def change(name: str, edit: Callable[[bytes], bytes], *, sums: bool = False) -> Callable[[Path], None]:
    """Damage that edits one file; with `sums` the checksums fit all the same."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_bytes(edit(path.read_bytes()))
        if sums:
            list_sums(folder)

    return damage


def flipped(data: bytes) -> bytes:
    """With one bit changed in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
