"""Exports into folders: again, after a kill, over foreign files."""

from pathlib import Path

import pytest

from db.errors import Conflict
from labeller.exports.folder import LIST, ExportFolder
from labeller.formats.protocol import Entry

WHAT = {"format": "tiny", "crops": False, "source": {}}


def write(path: Path, *entries: Entry, finish: bool = True) -> int:
    with ExportFolder(path, WHAT) as folder:
        for entry in entries:
            folder.write(entry)
        if finish:
            folder.finish()
        return folder.kept


def files(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def test_files_are_written_once_and_again_only_if_they_differ(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    a, b = Entry("pictures/a.jpg", b"a"), Entry("labels.csv", iter([b"1", b"2"]))
    assert write(out, a, b) == 0
    assert files(out) == [LIST, "labels.csv", "pictures/a.jpg"]
    written_at = (out / "pictures/a.jpg").stat().st_mtime_ns
    assert write(out, a, Entry("labels.csv", b"13")) == 1
    assert (out / "pictures/a.jpg").stat().st_mtime_ns == written_at
    assert (out / "labels.csv").read_bytes() == b"13"


def test_what_is_no_longer_exported_goes_and_what_others_added_stays(tmp_path: Path) -> None:
    write(tmp_path, Entry("mask/a.jpg", b"a"), Entry("nomask/b.jpg", b"b"))
    (tmp_path / "nomask" / "mine.txt").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, Entry("nomask/c.jpg", b"c"))
    assert files(tmp_path) == [LIST, "nomask/c.jpg", "nomask/mine.txt", "notes.txt"]
    assert not (tmp_path / "mask").exists()


def test_one_that_was_stopped_goes_on_and_knows_what_it_wrote(tmp_path: Path) -> None:
    write(tmp_path, Entry("a.jpg", b"a"), Entry("b.jpg", b"b"), finish=False)
    (tmp_path / "b.jpg").write_bytes(b"")  # half of it
    assert write(tmp_path, Entry("b.jpg", b"b"), Entry("c.jpg", b"c")) == 0
    assert files(tmp_path) == [LIST, "b.jpg", "c.jpg"]
    assert (tmp_path / "b.jpg").read_bytes() == b"b"


def test_a_file_that_breaks_off_is_not_there(tmp_path: Path) -> None:
    def breaking():  # type: ignore[no-untyped-def]
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(tmp_path, Entry("a.csv", breaking()))
    assert files(tmp_path) == [LIST]


def test_foreign_folders_and_files_are_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    with pytest.raises(Conflict, match="something else"):
        write(foreign, Entry("a.jpg", b"a"))
    assert files(foreign) == ["thesis.txt"]
    ours = tmp_path / "ours"
    write(ours, Entry("a.jpg", b"a"))
    with pytest.raises(Conflict, match="another export"):
        ExportFolder(ours, WHAT | {"format": "coco"})
    (ours / "b.jpg").write_bytes(b"mine")
    with pytest.raises(Conflict, match="not ours"):
        write(ours, Entry("b.jpg", b"b"))
    assert (ours / "b.jpg").read_bytes() == b"mine"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(Conflict):
        write(tmp_path / "out", Entry("a.jpg", b"a"))
