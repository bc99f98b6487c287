"""Damaged archives: each gives a clear message before anything is written."""

import base64
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labeller.archive.check import check
from labeller.archive.read import Archive
from labeller.errors import BadDataset
from labeller.formats.walk import walk
from tests.labeller.archive.small import KEY, PICTURE, change, flipped, make, rows


def look(folder: Path) -> None:
    check(Archive(walk(folder)), lambda _: None)


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "picture cut": (change(PICTURE, cut), "jpg is damaged: its checksum differs"),
    "picture flipped": (change(PICTURE, flipped), "jpg is damaged: its checksum differs"),
    "picture gone": (gone(PICTURE), "jpg is missing"),
    "another picture": (change(PICTURE, flipped, sums=True), "another content than its name says"),
    "rows cut": (change("rows/answer.jsonl", cut), "rows/answer.jsonl is damaged"),
    "rows gone": (gone("rows/face.jsonl"), "rows/face.jsonl is missing"),
    "manifest gone": (gone(f"manifests/{KEY}.json"), "json is missing"),
    "no manifest": (change(f"manifests/{KEY}.json", lambda _: b'{"rows": 1}', sums=True), "is no manifest"),
    "no description": (gone("archive.json"), "archive.json is missing"),
    "description cut": (change("archive.json", cut), "archive.json is damaged"),
    "something else": (
        change("archive.json", lambda _: b'{"kind": "notes"}', sums=True),
        "of something else",
    ),
    "sums gone": (gone("SHA256SUMS"), "SHA256SUMS is missing"),
    "sums cut": (change("SHA256SUMS", lambda data: data[:-9]), "SHA256SUMS is damaged"),
    "a sum left out": (
        change("SHA256SUMS", lambda data: b"".join(data.splitlines(keepends=True)[:-1])),
        "does not list rows/tagging.jsonl",
    ),
    "newer": (
        change("archive.json", lambda data: data.replace(b'"version": 1', b'"version": 2'), sums=True),
        "version 2; this is version 1",
    ),
    "too few rows": (
        change("rows/answer.jsonl", lambda data: data.splitlines(keepends=True)[0], sums=True),
        "1 line instead of 2",
    ),
    "last line cut": (
        change("rows/face.jsonl", lambda data: data[:-1], sums=True),
        "line 1: ends in the middle",
    ),
    "no JSON": (change("rows/face.jsonl", lambda data: data[1:], sums=True), "line 1: is no JSON"),
    "no UTF-8": (
        change("rows/class.jsonl", lambda d: d.replace(b"mask", b"m\xffk"), sums=True),
        "is no UTF-8",
    ),
    "a list": (change("rows/face.jsonl", lambda _: b"[]\n", sums=True), "has other fields"),
    "deep": (change("rows/face.jsonl", lambda _: b"[" * 100_000 + b"\n", sums=True), "is no JSON"),
}

BOMB = base64.b64encode(zlib.compress(bytes(50_000_000))).decode()

ROWS: dict[str, tuple[tuple[str, int, dict[str, Any]], str]] = {
    "another field": (("face", 0, {"colour": 1}), "has other fields"),
    "no number": (("face", 0, {"x": "left"}), "holds a x that is none"),
    "NaN": (("face", 0, {"x": float("nan")}), "holds NaN"),
    "endless": (("face", 0, {"x": 1e400}), "Infinity"),
    "huge": (("photo", 0, {"width": 1 << 40}), "holds a width that is none"),
    "nothing": (("photo", 0, {"blob": None}), "lacks blob"),
    "no time": (("photo", 0, {"created_at": "yesterday"}), "holds a created_at that is none"),
    "no zone": (("photo", 0, {"created_at": "2026-11-27"}), "holds a created_at that is none"),
    "no character": (("class", 0, {"name": "ma\0sk"}), "a character that no text holds"),
    "half a character": (("class", 0, {"name": "\ud800"}), "is no UTF-8"),
    "no truth": (("face", 0, {"gold": 1}), "holds a gold that is none"),
    "text for a list": (("face", 0, {"confirmed_by": "mtcnn"}), "holds a confirmed_by that is none"),
    "no role": (("person", 0, {"role": "queen"}), "has a role that there is not"),
    "no split": (("group", 0, {"split": "test"}), "has a split that there is not"),
    "no kind": (("answer", 0, {"kind": "guess"}), "has a kind that there is not"),
    "no state": (("face", 0, {"state": "lost"}), "has a state that there is not"),
    "a run at work": (("run", 0, {"status": "running"}), "has a status that there is not"),
    "no box": (("face", 0, {"proposed_box": [1, 2, 3]}), "has a box that is none"),
    "no box of an answer": (("answer", 0, {"box": ["a"] * 4}), "has a box that is none"),
    "a person who is not there": (("photo", 0, {"person_id": 8}), "refers to person 8"),
    "a group that is not there": (("photo", 0, {"group_id": 8}), "refers to group 8"),
    "a face that is not there": (("answer", 1, {"face_id": 8}), "refers to face 8"),
    "an undo of nothing": (("answer", 1, {"undoes_id": 8}), "refers to answer 8"),
    "a run that is not there": (("answer", 1, {"run_id": 8}), "refers to run 8"),
    "a photo that is not there": (("face", 0, {"photo_id": 8}), "refers to face 5"),
    "a note of another photo": (("tagging", 0, {"photo_id": 8}), "has a row of photo 8"),
    "a picture that is not there": (("photo", 0, {"blob": "0" * 64}), "is missing"),
    "a picture outside": (("photo", 0, {"blob": "../" * 21 + "x"}), "is missing"),
    "a key twice": (("answer", 1, {"client_key": "a"}), "has the key 'a' twice"),
    "no set of ids": (("dataset_version", 0, {"face_ids": "eJw="}), "has a set of ids that is none"),
    "endless ids": (("dataset_version", 0, {"photo_ids": BOMB}), "has a set of ids that is none"),
    "a state of a face that is not there": (("frozen_face", 0, {"face_id": 8}), "refers to face 8"),
    "a row twice": (("answer", 1, {"id": 6}), "has a row twice"),
}


def test_a_whole_one_is_found_whole(tmp_path: Path) -> None:
    seen: list[int] = []
    archive = Archive(walk(make(tmp_path)))
    check(archive, seen.append)
    assert archive.photo_count == 1
    assert seen == list(range(1, len(seen) + 1))


@pytest.mark.parametrize("damage", FILES)
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    edit, message = FILES[damage]
    edit(make(tmp_path))
    with pytest.raises(BadDataset, match=message):
        look(tmp_path)


@pytest.mark.parametrize("damage", ROWS)
def test_a_row_that_cannot_be_is_named(tmp_path: Path, damage: str) -> None:
    (table, number, values), message = ROWS[damage]
    content = rows()
    content[table][number] |= values
    make(tmp_path, content)
    with pytest.raises(BadDataset, match=message):
        look(tmp_path)


def test_photos_are_in_order(tmp_path: Path) -> None:
    content = rows()
    content["photo"].append(content["photo"][0] | {"id": 1})
    with pytest.raises(BadDataset, match="out of order at photo 1"):
        look(make(tmp_path, content))


def test_what_is_not_listed_is_not_read(tmp_path: Path) -> None:
    (make(tmp_path) / "photos" / "more.jpg").write_bytes(b"x")
    look(tmp_path)
