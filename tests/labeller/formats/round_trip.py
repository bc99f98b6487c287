"""Datasets made at random, and what is left of them after they were written and read again."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import strategies as st

from labeller.formats.formats import by_name
from labeller.formats.protocol import Entry, ExportedPhoto, ReadOptions, WriteOptions
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from labeller.formats.walk import walk
from tests.labeller.formats.datasets import CLASSES, picture, put

SIZE = (64, 48)
_PICTURE = picture(SIZE)
_texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=8)


def _face(left: int, top: int, halves: tuple[int, int]) -> tuple[float, float, float, float]:
    return left, top, halves[0] / 2, halves[1] / 2


_boxes = st.builds(
    _face, st.integers(0, 40), st.integers(0, 30), st.tuples(st.integers(4, 36), st.integers(4, 36))
)
_confidences = st.none() | st.floats(0, 1)
_sources = st.none() | st.sampled_from(["human", "centerface"])
_tags = st.lists(st.sampled_from(["blurred", "child", "=1+1"]), max_size=2, unique=True).map(tuple)
_faces = st.one_of(
    st.builds(
        FaceRecord, _boxes, st.sampled_from(CLASSES), st.just("confirmed"), _confidences, _sources, _tags
    ),
    st.builds(FaceRecord, _boxes, st.none(), st.just("rejected"), _confidences, _sources, _tags),
    st.builds(FaceRecord, _boxes, st.none(), st.just("proposed"), _confidences, _sources, _tags),
)


def _apart(faces: list[FaceRecord]) -> tuple[FaceRecord, ...]:
    """Without boxes that are nearly the same, which nobody could tell apart."""
    kept: list[FaceRecord] = []
    for face in faces:
        assert face.box
        if all(max(abs(a - b) for a, b in zip(face.box, one.box or (), strict=True)) > 5 for one in kept):
            kept.append(face)
    return tuple(kept)


def _photo(
    faces: tuple[FaceRecord, ...], person: str | None, split: str | None, looked_at: bool
) -> PhotoRecord:
    confirmed = any(face.state == "confirmed" for face in faces)
    return PhotoRecord("", faces, SIZE, looked_at or confirmed, person, split)


_photos = st.builds(
    _photo,
    st.lists(_faces, max_size=4).map(_apart),
    st.none() | st.sampled_from(["person 1", "=cmd|' /C calc'!A0", 'O\'Neil; "A"']),
    st.none() | st.sampled_from(["train", "validation", "locked"]),
    st.booleans(),
)


@st.composite
def datasets(draw: st.DrawFn) -> list[PhotoRecord]:
    """Photos with unique names, faces in all states, people and splits."""
    photos = draw(st.lists(_photos, min_size=1, max_size=4))
    stems = draw(
        st.lists(_texts.filter(_possible), min_size=len(photos), max_size=len(photos), unique_by=str.casefold)
    )
    return [
        PhotoRecord(f"{stem}.jpg", one.faces, one.size, one.looked_at, one.person, one.split, "ab" * 32)
        for stem, one in zip(stems, photos, strict=True)
    ]


def _possible(stem: str) -> bool:
    import unicodedata

    plain = stem.strip() == stem and not set(stem) & set("/\\") and not stem.startswith(".")
    return plain and unicodedata.is_normalized("NFC", stem) and stem.isprintable() and "%" not in stem


def write(folder: Path, name: str, photos: Iterable[PhotoRecord], crops: bool = False) -> list[str]:
    """Write photos into a folder; the paths of the files."""
    paths = []
    with tempfile.TemporaryDirectory() as temporary:
        writer = by_name(name).writer(WriteOptions(CLASSES, crops), Path(temporary))

        def take(entries: Iterable[Entry]) -> None:
            for entry in entries:
                content = entry.content if isinstance(entry.content, bytes) else b"".join(entry.content)
                assert entry.path not in paths
                assert ".." not in Path(entry.path).parts
                paths.append(entry.path)
                put(folder, entry.path, content)

        for photo in photos:
            take(writer.add(ExportedPhoto(photo, lambda: _PICTURE, lambda face: _PICTURE)))
        take(writer.finish())
        assert list(Path(temporary).iterdir()) == []
    return paths


def written_and_read(name: str, photos: list[PhotoRecord]) -> tuple[list[PhotoRecord], list[Problem]]:
    """The photos after a round trip, by name, without what only says where they stood; the problems."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), name, photos)
        found = list(by_name(name).reader().read(walk(Path(folder)), ReadOptions(CLASSES)))
    read = [plain(one) for one in found if isinstance(one, PhotoRecord)]
    return sorted(read, key=lambda one: one.name), [one for one in found if isinstance(one, Problem)]


def plain(photo: PhotoRecord) -> PhotoRecord:
    """For comparing: its name without folders, its faces in an order of their own, no places."""
    faces = [
        FaceRecord(face.box, face.label, face.state, face.confidence, face.source, face.tags)
        for face in photo.faces
    ]
    return PhotoRecord(
        photo.name.rpartition("/")[2],
        tuple(sorted(faces, key=repr)),
        photo.size,
        photo.looked_at,
        photo.person,
        photo.split,
        photo.sha256,
        photo.tags,
    )
