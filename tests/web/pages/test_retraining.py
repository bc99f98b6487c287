"""The sentences about the next run: the server says one number and its reason, and pages add nothing."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from db.models import Answer
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.detection import again_requests
from labeller.people import people
from tests.clients import get_page
from tests.factories import add_faces, add_live_run
from tests.labelled import add_labelled_faces, sqlite_only
from tests.web.conftest import Client
from trainer.runs.requests import RetrainProgress
from web.drawing.retraining import progress_text


def test_the_number_and_its_reason_belong_together() -> None:
    def text(have: int, needed: int, learned: int | None = 200, **missing: int) -> str:
        return progress_text(RetrainProgress(have, needed, missing, learned))

    assert text(0, 10, 19) == (
        "10 more answers make a retrain worthwhile: fewer than 10 new ones change little."
    )
    assert text(29, 30, 300) == (
        "1 more answer makes a retrain worthwhile: then a tenth of the 300 faces that the live model learned"
        " from is new."
    )
    assert text(12, 10) == "A retrain is worthwhile now: 12 answers are newer than the live model."
    assert text(6, 8, mask=2) == "2 more faces are needed before a model can be trained (mask: 2)."
    assert text(8, 8, None) == "There are enough labels for a first model."


@sqlite_only
def test_undone_answers_are_missing_again_even_if_a_model_is_live(client: Client, db: Session) -> None:
    faces, owner = add_labelled_faces(db, 12), people.owner(db)
    run = add_live_run(db)
    run.metrics = {"train": {"n": 12}}
    db.execute(update(Answer).values(run_id=run.id))
    db.commit()
    page = client("labeller", "Ada")
    assert "more answers make a retrain" in page.get("/api/v1/progress").json["reason"]
    learned = [face for face in faces if face.photo.group.split != "locked" and face.label == "mask"]
    for face in learned[:3]:
        record_answer(db, owner, AnswerInput(f"undo {face.id}", "undo", face.id))
    db.commit()
    progress = page.get("/api/v1/progress").json
    assert "before a model can be trained (mask:" in progress["reason"]
    assert progress["have"] < progress["needed"]


@sqlite_only
def test_it_is_said_why_the_number_of_faces_has_changed(client: Client, db: Session) -> None:
    add_faces(db, 3)
    page = client("labeller", "Ada")
    assert page.get("/api/v1/queue?mode=label").json["note"] is None
    again_requests.request(db, None, only_unanswered=False)
    db.commit()
    note = page.get("/api/v1/queue?mode=label").json["note"]
    assert "looked at again: 0 of 1" in note
    assert "looked at again: 0 of 1" in get_page(client("owner", "Grace"), "/")
