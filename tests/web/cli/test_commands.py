"""Commands that are given odd values, or that nobody is there to carry out."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from db.models import Run
from tests.labelled import add_labelled_faces


@pytest.mark.parametrize("id", ["0", "-1", "1" + "0" * 30, "one"])
def test_an_id_that_none_can_have_is_refused_in_one_line(app: Flask, id: str) -> None:
    done = app.test_cli_runner().invoke(args=["token", "--revoke", id])
    assert done.exit_code == 2
    assert "Invalid value for '--revoke'" in done.output


def test_nobody_waits_for_a_run_while_no_workbench_runs(app: Flask, db: Session) -> None:
    add_labelled_faces(db, 40)
    done = app.test_cli_runner().invoke(args=["retrain", "--wait"])
    assert done.exit_code == 1
    assert "waits until the workbench runs" in done.output
    assert db.query(Run).one().status == "queued"
