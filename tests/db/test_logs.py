"""What a log may say of people: nothing."""

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


def test_a_traceback_does_not_show_the_values_of_variables() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = done.stdout + done.stderr
    assert "request_failed" in said
    assert "something broke" in said
    assert "Ada Lovelace" not in said


def test_a_database_error_does_not_show_the_values_of_a_row(db: Session) -> None:
    db.execute(insert(Group).values(id=1, split="Ada Lovelace"))
    with pytest.raises(IntegrityError) as broken:
        db.execute(insert(Group).values(id=1, split="Ada Lovelace"))
    assert "Ada Lovelace" not in str(broken.value)
