"""A dataset in a format for tests, and one way to import it as the owner."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from labeller.imports.check import check
from labeller.imports.dataset import Wanted, opened
from labeller.imports.report import Report
from labeller.imports.run import import_records
from labeller.imports.take import Importer
from labeller.people import people
from tests.labeller.imports import tiny_format

Import = Callable[..., Report]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_format.register(monkeypatch)


@pytest.fixture
def import_(db: Session) -> Import:
    """`import_(path, format=, person=, **options)` imports as the owner; its report."""

    def run(path: Path, format: str | None = tiny_format.NAME, person: Any = None, **options: Any) -> Report:
        owner, report = people.owner(db), Report()
        db.commit()
        with opened(db, Wanted(path, format, options), lambda _: None) as dataset:
            check(db, dataset, lambda _: None, Report())
            importer = Importer(db, dataset, owner, person, report)
            import_records(dataset, importer, report, lambda *_: db.commit())
        return report

    return run
