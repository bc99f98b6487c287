"""Every page in the states people meet it in."""

import numpy as np
from sqlalchemy.orm import Session

from db.base import now
from db.messages import message
from db.models import Artifact, Photo, Run
from tests.clients import get_page
from tests.factories import add_faces, add_live_run, fill_in_results
from tests.web.conftest import Client
from trainer.evaluation import metrics
from trainer.evaluation.paired_test import FIRST_MODEL


def figures() -> dict[str, object]:
    labels = np.array([0, 1] * 20)
    sure = np.where(labels[:, None] == [0, 1], 0.9, 0.1)
    size = {"people": 38, "photos_without_person": 2}
    return metrics.measure(labels, sure, np.arange(40), ("1", "2")) | size


def test_the_empty_workbench_says_what_comes_first(client: Client) -> None:
    owner = client("owner", "Grace")
    assert "Send the first photos" in get_page(owner, "/")
    assert "training needs at least" in get_page(owner, "/runs").lower()
    assert "No face to label" in get_page(owner, "/label")
    assert "No model yet" in get_page(owner, "/review")
    assert "Grace" in get_page(owner, "/people")


def test_photos_show_their_boxes_or_what_went_wrong(client: Client, db: Session) -> None:
    face = add_faces(db, 1)[0]
    photo = db.get_one(Photo, face.photo_id)
    owner = client("owner", "Grace")
    assert "1 face" in get_page(owner, f"/upload/progress?id={photo.id}")
    photo.status, photo.error = "failed", "It would not open."
    db.commit()
    assert "It would not open." in get_page(owner, f"/upload/progress?id={photo.id}")
    photo.status = "queued"
    db.commit()
    assert "Looking for faces" in get_page(owner, f"/upload/progress?id={photo.id}")


def test_a_run_shows_its_figures_with_intervals_and_its_reason(client: Client, db: Session) -> None:
    run = add_live_run(db)
    fill_in_results(run, locked=figures(), locked_reason=None, cross_validated=figures())
    run.reason = message(FIRST_MODEL)
    db.add(Artifact(run_id=run.id, form="keras", blob="0", signature=""))
    db.commit()
    page = get_page(client("owner", "Grace"), f"/runs/{run.id}")
    for words in (
        "It is the first model.",
        "On people it never saw",
        "n = 40",
        "polyline",
        "Files and examples",
    ):
        assert words in page
    assert "data-stream" not in page, "a finished run is not watched"
    assert "n = 40" in get_page(client("owner", "Grace"), "/")
    assert "n = 40" in get_page(client("labeller", "Bob"), "/runs")


def test_a_run_says_how_much_of_it_was_erased_since(client: Client, db: Session) -> None:
    run = add_live_run(db)
    fill_in_results(run, cross_validated=figures())
    run.erased = 3
    db.commit()
    owner = client("owner", "Grace")
    assert "3 of the faces it learned from or was measured on have been erased" in get_page(
        owner, f"/runs/{run.id}"
    )
    run.retired_at = now()
    db.commit()
    page = get_page(owner, f"/runs/{run.id}")
    assert "its model was deleted" in page
    assert ".keras" not in page


def test_a_small_locked_set_is_said_to_be_small(client: Client, db: Session) -> None:
    run = add_live_run(db)
    fill_in_results(run, cross_validated=figures())
    db.commit()
    page = get_page(client("owner", "Grace"), f"/runs/{run.id}")
    assert "Cross-validated" in page
    assert "Too small." in page
    assert "40 faces of 38 people and of 2 photos without a person." in page


def test_a_running_run_is_polled_and_can_be_cancelled(client: Client, db: Session) -> None:
    db.add(
        Run(
            recipe={"preset": "quick", "views": 4},
            seed=0,
            classes=[1, 2],
            phase="fit",
            progress=0.6,
            status="running",
        )
    )
    db.commit()
    owner = client("owner", "Grace")
    page = get_page(owner, "/runs/1/live")
    assert 'data-stream="/runs/1/stream"' in page
    assert "Fitting" in page
    assert owner.post("/runs/1/cancel").status_code == 302
    assert "stopped" in get_page(owner, "/runs/1")


def test_an_invitation_is_shown_once(client: Client) -> None:
    owner = client("owner", "Grace")
    page = owner.post("/people/invite", data={"role": "friend"})
    assert page.status_code == 200
    assert "/i/" in page.text
    assert "/i/" not in get_page(owner, "/people")


def test_what_is_not_there_is_said_on_a_page(client: Client) -> None:
    owner = client("owner", "Grace")
    for path in ("/runs/99", "/photos/99", "/nowhere", "/runs/99/model.exe"):
        response = owner.get(path)
        assert response.status_code == 404
        assert "Back to home" in response.text
