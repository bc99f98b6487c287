"""Keeping the files of a run, and what its page says once they were dropped."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from db.base import now
from db.models import Artifact, Run
from labeller.people import people
from tests.clients import csrf_token, get_page, sign_in
from tests.factories import fill_in_results


@pytest.fixture
def run(db: Session) -> Run:
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", finished_at=now(), head={"kernel": []})
    fill_in_results(run)
    db.add(run)
    db.flush()
    db.add(Artifact(run_id=run.id, form="keras", blob="b" * 64, signature=""))
    db.commit()
    return run


def test_the_owner_pins_a_run_and_lets_it_go_again(app: Flask, db: Session, run: Run) -> None:
    owner = people.owner(db)
    db.commit()
    client, page = sign_in(app, owner), f"/runs/{run.id}"
    for pinned, button in ((True, "Keep the files"), (False, "Let the files go")):
        assert button in get_page(client, page)
        token = csrf_token(client, page)
        answer = client.post(f"{page}/pin?pinned={int(pinned)}", data={"csrf_token": token})
        assert answer.status_code == 302
        db.refresh(run)
        assert run.pinned is pinned


def test_the_page_and_a_download_say_that_files_were_dropped(app: Flask, db: Session, run: Run) -> None:
    owner = people.owner(db)
    run.dropped_at = now()
    db.commit()
    client = sign_in(app, owner)
    page = get_page(client, f"/runs/{run.id}")
    assert "files of its model are not here" in page
    assert "Make this model live" not in page
    assert "1 older run was dropped" in get_page(client, "/runs")
    answer = client.get(f"/runs/{run.id}/model.keras", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "files_dropped")
