"""A file that is not a whole backup of ours is refused in words, and leaves nothing behind."""

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from db.backup import archive
from db.backup.archive import BadBackup
from db.backup.create import back_up_to
from db.backup.restore import restore, staging_folder
from db.migrate import upgrade
from db.models import Run
from db.session import session_scope
from db.settings import settings
from db.storage import blobs
from tests.conftest import forget_settings

Files = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A backup of a workbench with one stored file."""
    folder = tmp_path_factory.mktemp("maker")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA", str(folder / "data"))
        forget_settings()
        upgrade()
        key = blobs().put(b"a photo")
        with session_scope() as session:
            session.add(Run(recipe={}, seed=0, classes=[1, 2], status="done", manifest=key))
            session.commit()
        back_up_to(folder / "a.backup", lambda share: None)
    forget_settings()
    return (folder / "a.backup").read_bytes()


def unpacked(backup: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(backup)) as tar:
        return [(one, tar.extractfile(one).read()) for one in tar.getmembers()]  # type: ignore[union-attr]


def packed(files: Files) -> bytes:
    """The files as a backup whose checksums are right."""
    out = io.BytesIO()
    writer = archive.Writer(out)
    for info, content in files:
        if info.name != archive.SUMS:
            writer.add(info.name, len(content), [content])
    writer.close()
    return out.getvalue()


def with_member(backup: bytes, info: tarfile.TarInfo, content: bytes = b"") -> bytes:
    info.size = len(content) if info.isreg() else 0
    block = info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % archive.BLOCK)
    return block + backup


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def result(name: str) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), b"{}"


def changed(backup: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    return packed([(info, change(data) if info.name == name else data) for info, data in unpacked(backup)])


def with_sql(statement: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        rows = sqlite3.connect(":memory:")
        rows.deserialize(content)
        rows.executescript(statement)
        return rows.serialize()

    return change


def announcing(**values: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps(json.loads(content) | values).encode()


def flip(backup: bytes, what: bytes) -> bytes:
    at = backup.index(what)
    return backup[:at] + bytes([backup[at] ^ 1]) + backup[at + 1 :]


ATTACKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda b: b"", "cut short"),
    "no archive": (lambda b: b"x" * 4096, "no backup of Second Look"),
    "cut in a file": (lambda b: b[: len(b) // 2], "cut short"),
    "cut before the checksums": (lambda b: b[: b.index(b"SHA256SUMS")], "cut short"),
    "a changed stored file": (lambda b: flip(b, b"a photo"), "is damaged in the backup"),
    "a changed database": (lambda b: flip(b, b"CREATE TABLE"), "is damaged in the backup"),
    "a path outside": (lambda b: with_member(b, tarfile.TarInfo("../evil"), b"x"), "not ours"),
    "an absolute path": (lambda b: with_member(b, tarfile.TarInfo("/etc/evil"), b"x"), "not ours"),
    "a name like ours": (lambda b: with_member(b, tarfile.TarInfo("simulations/../x"), b"x"), "not ours"),
    "a symbolic link": (lambda b: with_member(b, link("secret_key", tarfile.SYMTYPE)), "not ours"),
    "a hard link": (lambda b: with_member(b, link("secret_key", tarfile.LNKTYPE)), "not ours"),
    "a sparse file": (lambda b: with_member(b, link("secret_key", tarfile.GNUTYPE_SPARSE)), "not ours"),
    "an extended header": (lambda b: with_member(b, link("pax", tarfile.XHDTYPE)), "not ours"),
    "a file twice": (lambda b: packed([*unpacked(b), unpacked(b)[0]]), "more than once"),
    "no database": (lambda b: packed([f for f in unpacked(b) if "sqlite" not in f[0].name]), "is missing"),
    "a huge description": (lambda b: changed(b, "about.json", lambda c: c + b" " * 2_000_000), "impossibly"),
    "deep JSON": (lambda b: changed(b, "about.json", lambda c: b"[" * 100_000), "does not say what it is"),
    "another version": (lambda b: changed(b, "about.json", announcing(schema="9999")), "another version"),
    "other rows": (lambda b: changed(b, "about.json", announcing(rows={"person": 7})), "does not hold"),
    "a trigger": (
        lambda b: changed(b, "database.sqlite", with_sql(
            "CREATE TRIGGER evil AFTER INSERT ON person BEGIN DELETE FROM photo; END")),
        "more than tables",
    ),
    "rows that name none": (
        lambda b: changed(b, "database.sqlite", with_sql(
            "INSERT INTO token (token_hash, person_id, created_at) VALUES ('x', 99, '2026-01-01')")),
        "is damaged",
    ),
    "a file that is a folder, too": (
        lambda b: packed([*unpacked(b), result("simulations/a"), result("simulations/a/b")]),
        "a file and a folder",
    ),
    "a folder that is a file, too": (
        lambda b: packed([*unpacked(b), result("simulations/a/b"), result("simulations/a")]),
        "a file and a folder",
    ),
    "a folder in a folder": (
        lambda b: with_member(b, tarfile.TarInfo("simulations/a/b/c"), b"x"), "not ours"
    ),
    "no SQLite": (lambda b: changed(b, "database.sqlite", lambda c: b"x" * 4096), "is damaged"),
}  # fmt: skip


def test_the_backup_itself_is_whole(
    backup: bytes, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("given") / "a.backup"
    path.write_bytes(packed(unpacked(backup)))
    assert restore(path, lambda share: None).missing == 0


QUICK = ("cut in a file", "a changed stored file", "a path outside", "a symbolic link", "a trigger")


@pytest.mark.parametrize(
    "attack", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in ATTACKS]
)
def test_it_is_refused_and_leaves_nothing(
    backup: bytes, data: Path, tmp_path_factory: pytest.TempPathFactory, attack: str
) -> None:
    change, words = ATTACKS[attack]
    path = tmp_path_factory.mktemp("given") / "a.backup"
    path.write_bytes(change(backup))
    with pytest.raises(BadBackup, match=words):
        restore(path, lambda share: None)
    assert not staging_folder().exists()
    left = {file.name for file in settings().data.rglob("*") if file.is_file() and file.stat().st_size}
    assert left <= {"lock"}, left
