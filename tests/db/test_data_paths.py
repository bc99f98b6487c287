"""Folders with names that mean something to a URL, a shell or a configuration file."""

import tempfile
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from db import session, storage, valkey
from db.settings import settings
from tests.conftest import forget_settings
from tests.workbench_process import running_workbench, wait_until

NAMES = {
    "hash": "a #1",
    "question": "what?mode=memory&x=1",
    "percent": "100%41 %2e%2e %s",
    "space": " two  spaces ",
    "emoji": "😀 Fotos",
    "quotes": 'it\'s "mine" `x` $HOME \\n',
    "semicolon": "a;b,c=d:e@f[0]",
    "long": "x" * 200,
}
ODD = 'a #1 ?b=c %41 😀 it\'s "d" ' + "x" * 150


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    chosen = tmp_path / NAMES[request.param]
    monkeypatch.setenv("DATA", str(chosen))
    monkeypatch.delenv("BROKER_URL")
    forget_settings()
    return chosen


@pytest.mark.parametrize("folder", NAMES, indirect=True)
def test_everything_lies_in_the_folder(folder: Path) -> None:
    assert settings().data == folder
    assert make_url(settings().database).database == str(folder / "secondlook.db")
    with Session(session.engine()) as database:
        database.execute(text("CREATE TABLE a (b)"))
        database.commit()
    session.engine().dispose()
    key = storage.blobs().put(b"a photo")
    assert storage.blobs().get(key) == b"a photo"
    assert (folder / "secondlook.db").exists()
    assert (folder / "blobs" / key[:2] / key).exists()
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "nothing beside it"
    forget_settings()


@pytest.mark.parametrize("folder", NAMES, indirect=True)
def test_the_socket_can_be_written_as_a_url(folder: Path) -> None:
    path = str(settings().socket)
    assert len(path) <= 100
    assert set("#?% '\"\\;,@[]").isdisjoint(path)
    assert settings().broker == f"redis+socket://{path}"


@pytest.mark.parametrize("folder", ["emoji"], indirect=True)
def test_a_folder_for_the_socket_that_somebody_else_has_made_is_not_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies in a folder that all users share, and its name can be told in advance."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "shared"))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o755)
    settings().socket.parent.parent.mkdir()
    settings().socket.parent.symlink_to(theirs)
    with pytest.raises(valkey.UnsafeFolder, match="belongs to somebody else"):
        valkey.server_command(settings())
    assert theirs.stat().st_mode & 0o777 == 0o755


@pytest.mark.full_size
@pytest.mark.slow
def test_a_workbench_runs_in_an_odd_folder(tmp_path: Path) -> None:
    folder = tmp_path / ODD
    with running_workbench(folder) as workbench:
        workbench.sign_in()
        assert workbench.call("GET", "/stats")[0] == 200
        wait_until(lambda: list((folder / "valkey").rglob("*.aof")), 10, "the broker writes into the folder")
        workbench.stop()
    assert {"secondlook.db", "run", "valkey"} <= {path.name for path in folder.iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
