"""A backup to restore. On SQLite among the quick tests, on PostgreSQL among the slow ones."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from db import signing
from db.backup import create
from db.models import Artifact
from tests.db.backup.elsewhere import ignore
from tests.db.backup.workbenches import fill

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and "postgres" in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def backup(db: Session, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a filled workbench."""
    run = fill(db, data)
    artifact = db.get_one(Artifact, (run.id, "keras"))
    artifact.signature = signing.sign(run.id, "keras", artifact.blob)
    db.commit()
    path = tmp_path_factory.mktemp("backups") / "all.backup"
    create.back_up_to(path, ignore)
    return path
