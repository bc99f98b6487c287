"""What a restore refuses, and what it leaves as it was."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.backup.restore import restore, staging_folder
from db.errors import Conflict
from db.migrate import upgrade
from db.models import Photo
from db.session import engine
from db.settings import settings
from tests.db.backup.elsewhere import ignore, start_elsewhere
from tests.db.backup.workbenches import contents


@pytest.mark.parametrize("failing", ["_replace_database", pytest.param("copy_in", marks=pytest.mark.slow)])
def test_a_restore_that_fails_gives_back_the_key_and_the_simulations(
    db: Session, backup: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch, failing: str,
) -> None:  # fmt: skip
    db.close()
    new = tmp_path_factory.mktemp("new")
    start_elsewhere(
        new, monkeypatch, request.getfixturevalue("migrated_postgres") if failing == "copy_in" else None
    )
    (new / "simulations").mkdir()
    (new / "simulations" / "own.json").write_text("{}")
    (new / "secret_key").write_text("own")

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(f"db.backup.restore.{failing}", fail)
    with pytest.raises(OSError, match="No space"):
        restore(backup, ignore)
    assert (new / "secret_key").read_text() == "own"
    assert [path.name for path in (new / "simulations").iterdir()] == ["own.json"]
    assert not staging_folder().exists()


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_restore_elsewhere_never_takes_the_key_of_a_workbench(
    db: Session, backup: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    db.close()
    new = tmp_path_factory.mktemp("another")
    start_elsewhere(new, monkeypatch, None)
    upgrade()
    key = settings().signing_key()
    start_elsewhere(new, monkeypatch, request.getfixturevalue("migrated_postgres"))
    with pytest.raises(Conflict, match="key of another workbench"):
        restore(backup, ignore)
    assert (new / "secret_key").read_text() == key
    (new / "secondlook.db").unlink()
    assert restore(backup, ignore).missing == 0
    assert (new / "secret_key").read_text() != key


def test_a_restore_never_touches_a_workbench(db: Session, backup: Path) -> None:
    before = contents(db)
    with pytest.raises(Conflict, match="already"):
        restore(backup, ignore)
    assert contents(db) == before
    assert not staging_folder().exists()


@pytest.mark.slow
def test_another_secret_key_is_refused(
    db: Session, backup: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.close()
    monkeypatch.setenv("SECRET_KEY", "another")
    start_elsewhere(tmp_path_factory.mktemp("new"), monkeypatch, None)
    with pytest.raises(Conflict, match="another SECRET_KEY"):
        restore(backup, ignore)
    upgrade()
    with Session(engine()) as session:
        assert session.scalars(select(Photo)).all() == []
