"""Logs contain no data of people."""

import subprocess
import sys

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.models import Group
from tests.workbench_process import ROOT

PROGRAM = """
import structlog
from db import logs
logs.configure()
def greet():
    name = "Ada" + " Lovelace"
    raise ValueError("something broke")
try:
    greet()
except ValueError:
    structlog.get_logger().exception("request_failed", path="/people")
"""


def test_a_traceback_contains_no_values_of_variables() -> None:
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    output = process.stdout + process.stderr
    assert "request_failed" in output
    assert "something broke" in output
    assert "Ada Lovelace" not in output


def test_a_database_error_contains_no_values_of_a_row(db: Session) -> None:
    db.execute(insert(Group).values(id=1, split="Ada Lovelace"))
    with pytest.raises(IntegrityError) as error:
        db.execute(insert(Group).values(id=1, split="Ada Lovelace"))
    assert "Ada Lovelace" not in str(error.value)
