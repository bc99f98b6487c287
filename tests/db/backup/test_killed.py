"""A backup or a restore that is killed at any step: whoever comes next finds a consistent workbench."""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import blob_hold
from db.backup.create import back_up_to
from db.backup.restore import require_no_unfinished_restore, restore
from db.base import now
from db.errors import Conflict
from db.models import BlobHold
from db.session import engine
from tests import killed
from tests.db.backup.elsewhere import ignore, start_elsewhere
from tests.db.backup.workbenches import contents, fill, without_work
from tests.environment import PROVE
from tests.killed import Victims, choose_steps

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # at full size each is killed at hundreds of steps
MOST = 60 if PROVE else 5


@pytest.fixture
def victims() -> Iterator[Victims]:
    with killed.victims("tests.db.backup.killed") as started:
        yield started


def test_a_killed_backup_looks_like_none(
    db: Session, data: Path, victims: Victims, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fill(db, data)
    folder = tmp_path_factory.mktemp("backups")
    env = {"DATA": str(data), "DATABASE_URL": str(engine().url.render_as_string(hide_password=False))}
    steps = victims.run("back_up", str(folder / "whole"), **env)
    assert steps > 10
    for at in choose_steps(steps, 20, MOST):
        path = folder / f"killed {at}"
        was_killed = victims.run("back_up", str(path), at=at, **env) == -1
        assert was_killed or at > steps - 10  # the first one also imports modules
        if path.exists():  # killed after it was whole
            assert path.stat().st_size == (folder / "whole").stat().st_size
            continue
        db.rollback()
        held = db.scalars(select(BlobHold)).all()
        assert all(one.until < now() + timedelta(seconds=blob_hold.HOLD_SECONDS) for one in held)
        back_up_to(path, ignore)
        assert not list(folder.glob(f".{path.name}*"))


@pytest.fixture
def backup(
    data: Path, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, object]:
    """A backup, and what was in the workbench."""
    shutil.copy(migrated_sqlite, data)
    with Session(engine()) as session:
        fill(session, data)
        before = contents(session)
    path = tmp_path_factory.mktemp("backups") / "whole"
    back_up_to(path, ignore)
    return path, without_work(before)


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
def test_after_a_killed_restore_the_next_one_ends_it(
    backup: tuple[Path, object], victims: Victims, tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, to: str,
) -> None:  # fmt: skip
    file, before = backup
    database = request.getfixturevalue("migrated_postgres") if to == "postgres" else None
    env = {"DATABASE_URL": database} if database else {}
    folder = tmp_path_factory.mktemp("new")
    start_elsewhere(folder / "whole", monkeypatch, database)
    steps = victims.run("restore", str(file), DATA=str(folder / "whole"), **env)
    assert steps > 10
    unfinished = 0
    for at in choose_steps(steps, 20, MOST):
        start_elsewhere(folder / str(at), monkeypatch, database)
        was_killed = victims.run("restore", str(file), at=at, DATA=str(folder / str(at)), **env) == -1
        assert was_killed or at > steps - 10  # the first one also imports modules
        try:
            require_no_unfinished_restore()
        except Conflict:
            unfinished += 1
        with contextlib.suppress(Conflict):  # where all of it was there already
            restore(file, ignore)
        with Session(engine()) as session:
            assert without_work(contents(session)) == before, at
    assert unfinished
