"""Walking a dataset's folder."""

import io
import os
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from labeller.formats.picture_size import header_size
from labeller.formats.walk import photos_below, walk
from tests.labeller.formats.datasets import picture, put


def remarks(root: Path) -> list[tuple[str, str]]:
    return [(one.remark, one.file) for one in walk(root).problems]


def test_nested_folders_are_read_and_sorted(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "a/x/1.jfif", "3.PNG", "labels.json"):
        put(tmp_path, name, b"x")
    listing = walk(tmp_path)
    assert list(listing.files) == ["3.PNG", "a/x/1.jfif", "b/2.jpg", "labels.json"]
    assert list(listing.pictures()) == ["3.PNG", "a/x/1.jfif", "b/2.jpg"]
    assert listing.files["b/2.jpg"].read_bytes() == b"x"
    assert listing.problems == ()


def test_what_systems_leave_behind_is_passed_over_with_one_line(tmp_path: Path) -> None:
    for name in (".DS_Store", "a/Thumbs.db", "desktop.ini", "@eaDir/1.jpg", ".hidden/2.jpg"):
        put(tmp_path, name)
    for name in (".ipynb_checkpoints/3.jpg", "__MACOSX/._4.jpg", "5.jpg"):
        put(tmp_path, name)
    listing = walk(tmp_path)
    assert list(listing.files) == ["5.jpg"]
    (note,) = listing.problems
    assert note.remark == "note"
    assert note.message.startswith("7 hidden files")


def test_a_linked_folder_is_read_once_and_no_loop_is_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside, "1.jpg")
    put(tmp_path, "data/own/2.jpg")
    data = tmp_path / "data"
    (data / "loop").symlink_to(data)
    (data / "a_link").symlink_to(data / "own")
    (data / "linked").symlink_to(outside)
    (data / "linked_again").symlink_to(outside)
    found = list(walk(data).files)
    assert found[-1] == "own/2.jpg"
    assert sorted(Path(key).name for key in found) == ["1.jpg", "2.jpg"]
    assert len(remarks(data)) == 3
    assert {remark for remark, _ in remarks(data)} == {"note"}


def test_broken_links_and_refused_kinds_are_named(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    for name in ("1.tif", "2.TIFF", "3.gif", "4.bmp"):
        put(tmp_path, name)
    assert not walk(tmp_path).files
    named = sorted(remarks(tmp_path))
    assert named == [("skipped", name) for name in ("1.tif", "2.TIFF", "3.gif", "4.bmp", "gone.jpg", "self")]


def test_a_linked_picture_counts_and_a_pipe_does_not(tmp_path: Path) -> None:
    put(tmp_path, "store/1.jpg")
    (tmp_path / "1.jpg").symlink_to(tmp_path / "store/1.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "null.jpg").symlink_to("/dev/null")
    assert list(walk(tmp_path).files) == ["1.jpg", "store/1.jpg"]
    assert sorted(remarks(tmp_path)) == [("note", "null.jpg"), ("note", "pipe.jpg")]


def test_a_name_that_is_no_utf8_is_named_in_readable_letters(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"gr\xfcn\x1b[2J.jpg")).write_bytes(b"")
    ((remark, name),) = remarks(tmp_path)
    assert (remark, name) == ("skipped", "gr\\xfcn\\x1b[2J.jpg")


def test_decomposed_names_are_composed_and_still_open(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "Café/Jürgen.jpg")
    put(tmp_path, name, b"picture")
    listing = walk(tmp_path)
    assert list(listing.files) == ["Café/Jürgen.jpg"]
    assert listing.files["Café/Jürgen.jpg"].read_bytes() == b"picture"


def test_two_ways_to_write_one_name_are_a_conflict(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        put(tmp_path, unicodedata.normalize(form, "é.jpg"))
    assert [one.remark for one in walk(tmp_path).problems] == ["conflict"]


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "closed/1.jpg")
    put(tmp_path, "open/2.jpg")
    real = os.scandir

    def scandir(path: Path) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert list(walk(tmp_path).files) == ["open/2.jpg"]
    assert remarks(tmp_path) == [("skipped", "closed")]


def test_a_single_file_is_a_dataset_of_one(tmp_path: Path) -> None:
    file = put(tmp_path, "1.jpg")
    put(tmp_path, "2.jpg")
    assert list(walk(file).files) == ["1.jpg"]


def test_photos_of_a_folder_or_a_file_alone(tmp_path: Path) -> None:
    for name in ("1.jpg", "a/2.PNG", "a/labels.txt", "3.gif"):
        put(tmp_path, name)
    photos, problems = photos_below(tmp_path)
    assert photos == [tmp_path / "1.jpg", tmp_path / "a/2.PNG"]
    assert [(one.remark, one.file) for one in problems] == [("skipped", "3.gif")]
    assert photos_below(tmp_path / "3.gif") == ([tmp_path / "3.gif"], ())


def test_one_label_file_of_several_may_be_meant(tmp_path: Path) -> None:
    for name in ("1.jpg", "a.json", "b.json", "second_look.json", "labels.txt"):
        put(tmp_path, name)
    kept = walk(tmp_path).with_label_file("b.json").files
    assert list(kept) == ["1.jpg", "b.json", "labels.txt", "second_look.json"]


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40))]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_size_of_a_picture_is_that_of_the_upright_one(
    tmp_path: Path, orientation: int, size: tuple[int, int], kind: str
) -> None:
    put(tmp_path, "1.jpg", picture((40, 30), orientation, kind))
    assert walk(tmp_path).upright_size("1.jpg") == size


def test_sizes_of_plain_webp(tmp_path: Path) -> None:
    for name, options in (("1.webp", {}), ("2.webp", {"lossless": True})):
        content = io.BytesIO()
        Image.new("RGB", (41, 30)).save(content, "WEBP", **options)
        put(tmp_path, name, content.getvalue())
    listing = walk(tmp_path)
    assert [listing.upright_size(key) for key in listing.files] == [(41, 30), (41, 30)]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_picture_has_no_size_or_some(tmp_path: Path, kind: str) -> None:
    content = picture((40, 30), 6, kind)
    for length in range(0, len(content), 7):
        put(tmp_path, "1.jpg", content[:length])
        assert walk(tmp_path).upright_size("1.jpg") in {None, (30, 40), (40, 30)}
    assert header_size(tmp_path / "gone.jpg") is None
