"""An archive is unpacked whole or not at all, and nothing of it lands outside of its folder."""

import gzip
import tarfile
from pathlib import Path

import pytest

from db import disk
from db.errors import NoSpace
from db.settings import settings
from labeller.errors import BadDataset
from labeller.imports import archives, workspace
from labeller.imports import unpack as unpacking
from labeller.imports.unpack import unpack
from tests.labeller.imports.archive_files import make_tar, make_zip, make_zip_with_link, member

FILES = {"mask/a.jpg": b"a" * 5000, "mask/sub/b.txt": b"b", "c.json": b"{}"}
MOST = 1 << 30


@pytest.fixture
def target(data: Path) -> Path:
    (data / "target").mkdir()
    return data / "target"


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_every_kind_of_archive_is_unpacked(data: Path, target: Path, name: str) -> None:
    mode = {"bz2": "w:bz2", "gz": "w:gz", "xz": "w:xz", "tar": "w"}.get(name.rpartition(".")[2])
    path = data / name
    archive = make_zip(path, FILES) if mode is None else make_tar(path, FILES, mode)
    shares: list[float] = []
    assert archives.is_archive(archive)
    unpack(archive, target, MOST, shares.append)
    assert files_in(target) == FILES
    assert shares[-1] == 1.0


def test_backslashes_of_windows_are_separators(data: Path, target: Path) -> None:
    unpack(make_zip(data / "a.zip", {"mask\\a.jpg": b"a"}), target, MOST, lambda _: None)
    assert files_in(target) == {"mask/a.jpg": b"a"}


@pytest.mark.parametrize(
    "name",
    ["../a", "/abs", "..\\..\\win", "C:\\win", "\\\\host\\share", "mask/../../a", "a\nb", "x" * 300],
)
def test_a_zip_with_a_name_that_leads_out_is_refused_whole(data: Path, target: Path, name: str) -> None:
    archive = make_zip(data / "a.zip", {"mask/ok.txt": b"ok", name: b"bad", "../second": b"bad"})
    with pytest.raises(BadDataset) as refused:
        unpack(archive, target, MOST, lambda _: None)
    assert repr(name)[1:-1] in refused.value.message
    assert "'../second'" in refused.value.message
    assert files_in(target) == {}


def test_a_symbolic_link_in_a_zip_is_refused(data: Path, target: Path) -> None:
    with pytest.raises(BadDataset, match=r"link\.jpg.*symbolic link"):
        unpack(make_zip_with_link(data / "a.zip"), target, MOST, lambda _: None)
    assert files_in(target) == {}


def test_links_and_devices_in_a_tar_are_refused_and_all_named(data: Path, target: Path) -> None:
    members = [
        member("mask/ok.txt", size=2),
        member("mask/link", tarfile.SYMTYPE, "/etc"),
        member("mask/hard", tarfile.LNKTYPE, "../../etc/hostname"),
        member("dev", tarfile.CHRTYPE),
        member("pipe", tarfile.FIFOTYPE),
        member("../up.txt", size=2),
    ]
    with pytest.raises(BadDataset) as refused:
        unpack(make_tar(data / "a.tar.gz", members), target, MOST, lambda _: None)
    for info in members[1:]:
        assert repr(info.name) in refused.value.message
    assert "ok.txt" not in refused.value.message
    assert files_in(target) == {}


@pytest.mark.parametrize("names", [("a", "a/b"), ("a", "./a"), ("a/b", "a\\b"), ("a/b/c", "a/b")])
def test_a_path_that_is_there_twice_is_refused(data: Path, target: Path, names: tuple[str, str]) -> None:
    archive = make_tar(data / "a.tar", [member(name, size=1) for name in names], "w")
    with pytest.raises(BadDataset, match="twice"):
        unpack(archive, target, MOST, lambda _: None)
    assert files_in(target) == {}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_refused_before_anything_is_written(
    data: Path, target: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "SMALL_BYTES", 2 << 20)
    content = {"zeros": bytes(5 << 20)}
    path = data / f"a.{kind}"
    archive = make_zip(path, content) if kind == "zip" else make_tar(path, content)
    with pytest.raises(BadDataset, match="larger than 2 MB"):
        unpack(archive, target, MOST, lambda _: None)
    assert files_in(target) == {}


def test_more_than_the_limit_is_refused(data: Path, target: Path) -> None:
    with pytest.raises(BadDataset, match="MB"):
        unpack(make_zip(data / "a.zip", FILES), target, 4000, lambda _: None)
    assert files_in(target) == {}


def test_a_header_that_unfolds_to_gigabytes_is_refused(data: Path, target: Path) -> None:
    header = member("x", tarfile.XHDTYPE, size=32 << 20).tobuf(tarfile.PAX_FORMAT)
    (data / "a.tar.gz").write_bytes(gzip.compress(header + bytes(32 << 20)))
    with pytest.raises(BadDataset, match="header"):
        unpack(data / "a.tar.gz", target, MOST, lambda _: None)


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_damaged_archive_is_refused_in_words(data: Path, target: Path, name: str) -> None:
    path = data / name
    (make_zip if name == "a.zip" else make_tar)(path, FILES)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadDataset, match=f"{name}"):
        unpack(path, target, MOST, lambda _: None)


def test_what_is_no_archive_is_no_archive(data: Path, target: Path) -> None:
    (data / "a.zip").write_bytes(b"")
    assert not archives.is_archive(data / "a.zip")
    with pytest.raises(BadDataset, match="no zip"):
        unpack(data / "a.zip", target, MOST, lambda _: None)


def test_a_disk_that_would_be_too_full_is_not_filled(
    data: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = disk.space().free >> 20
    monkeypatch.setenv("MIN_FREE_MB", str(free + 1000))
    settings.cache_clear()
    with pytest.raises(NoSpace):
        unpack(make_zip(data / "a.zip", FILES), target, MOST, lambda _: None)
    assert files_in(target) == {}


def test_a_workspace_is_gone_at_its_end_and_after_an_error(data: Path) -> None:
    with workspace.workspace() as folder:
        (folder / "a").write_bytes(b"a")
        assert (folder.parent.stat().st_mode & 0o777) == 0o700
        workspace.delete_abandoned()
        assert (folder / "a").exists(), "it is in use"
    with pytest.raises(KeyError), workspace.workspace() as folder:
        raise KeyError
    assert list((data / workspace.FOLDER).iterdir()) == []


def test_the_folder_of_a_killed_process_is_deleted_by_the_next(data: Path) -> None:
    left = data / workspace.FOLDER / "left"
    left.mkdir(parents=True)
    (left / "a").write_bytes(b"a")
    workspace.delete_abandoned()
    assert not left.exists()
