"""The pages and calls about runs: how one is started, what it shows, what is done with it."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import signing
from db.models import Answer, Artifact, Run, Score, Workbench
from tests.clients import get_page
from tests.example_run import add_example_run
from tests.labelled import add_labelled_faces
from tests.web.conftest import Client
from web.pages import live, runs


def test_a_run_shows_what_to_believe_and_what_not(client: Client, db: Session) -> None:
    faces = add_labelled_faces(db, 120, people=40)
    run = add_example_run(db, {face.id for face in faces[::20]})
    page = get_page(client("owner", "Grace"), f"/runs/{run.id}")
    for words in (
        "Limits", "fewer than 30", "Ranking and calibration", "Reliability", "Worst mistakes",
        "by slice", "Person 3", "Looked at 9 faces.", "Loss by epoch", "Why this model",
    ):  # fmt: skip
        assert words in page, words
    figures = re.findall(r"n = (\d+)", page)
    assert figures
    german = client("owner", "Greta").get(f"/runs/{run.id}", headers={"Accept-Language": "de"}).text
    assert "Grenzen" in german
    assert "9 Gesichter angesehen." in german


def test_a_recipe_is_chosen_and_edited(client: Client, db: Session) -> None:
    add_labelled_faces(db, 40)
    owner = client("owner", "Grace")
    for words in ("tutorial", "fine-tune", "learning_rate"):
        assert words in get_page(owner, "/runs")
    form = {"preset": "tutorial", "views": "7", "class_weights": "yes", "learning_rate": "0.01", "seed": " "}
    assert owner.post("/runs", data=form).status_code == 302
    recipe = db.scalars(select(Run.recipe)).one()
    assert (recipe["preset"], recipe["views"], recipe["epochs"]) == ("tutorial", 7, 10)
    assert (recipe["class_weights"], recipe["learning_rate"]) == (True, 0.01)


@pytest.mark.parametrize("wrong", [{"views": "many"}, {"views": "0"}, {"preset": "magic"}, {"blocks": "2"}])
def test_a_recipe_that_makes_no_sense_is_refused_in_words(
    client: Client, db: Session, wrong: dict[str, str]
) -> None:
    add_labelled_faces(db, 40)
    answer = client("owner", "Grace").post("/runs", data=wrong)
    assert answer.status_code == 400
    assert db.scalars(select(Run.id)).all() == []


def test_fine_tuning_asks_for_more_labels(client: Client, db: Session) -> None:
    add_labelled_faces(db, 40)
    answer = client("owner", "Grace").post("/runs", data={"preset": "fine-tune"})
    assert answer.status_code == 409
    assert "at least 100" in answer.text


def test_the_owner_says_when_to_train_unasked(client: Client, db: Session) -> None:
    owner = client("owner", "Grace")
    assert (
        owner.post("/runs/rule", data={"train_after": "25", "nightly": "1", "nightly_hour": "4"}).status_code
        == 302
    )
    rule = db.scalars(select(Workbench)).one()
    assert (rule.train_after, rule.nightly_hour) == (25, 4)
    assert 'value="25"' in get_page(owner, "/runs")
    assert owner.post("/runs/rule", data={"train_after": "-4"}).status_code == 400
    assert owner.post("/runs/rule", data={"train_after": "0"}).status_code == 302
    db.refresh(rule)
    assert (rule.train_after, rule.nightly_hour) == (0, None)
    assert client("labeller", "Bob").post("/runs/rule", data={"train_after": "1"}).status_code == 403


def test_a_doubtful_label_is_one_press_from_another(client: Client, db: Session) -> None:
    faces = add_labelled_faces(db, 120)
    run = add_example_run(db, {faces[6].id, faces[10].id})
    ada = client("labeller", "Ada")
    found = ada.get(f"/api/v1/runs/{run.id}/suspects?limit=3").get_json()["items"]
    assert {one["face_id"] for one in found[:2]} == {faces[6].id, faces[10].id}
    assert found[0]["confidence"] < 0.1 < found[2]["confidence"]
    page = get_page(ada, f"/runs/{run.id}/suspects")
    seen_at = re.search(r'name="seen_at" value="([^"]+)"', page)
    assert seen_at
    form = {"answer": "label:nomask", "seen_at": seen_at[1], "from": "suspects"}
    answer = ada.post(f"/runs/{run.id}/faces/{faces[6].id}", data=form)
    assert answer.headers["Location"].endswith(f"/suspects#face-{faces[6].id}")
    db.refresh(faces[6])
    assert faces[6].label == "nomask"
    assert faces[6].id not in {
        one["face_id"] for one in ada.get(f"/api/v1/runs/{run.id}/suspects").get_json()["items"]
    }
    assert ada.post(f"/runs/{run.id}/faces/{faces[6].id}", data={"seen_at": seen_at[1]}).status_code == 400


def test_suspects_are_mixed_into_review_with_their_reason(client: Client, db: Session) -> None:
    faces = add_labelled_faces(db, 120)
    wrong = {face.id for face in faces[20:40]}
    run = add_example_run(db, wrong)
    db.add(Workbench(id=1, live_run_id=run.id))
    db.commit()
    for number, face in enumerate(faces):
        margin = number * 37 % 100 / 100
        said = {"probabilities": [0.5 + margin / 2, 0.5 - margin / 2], "label": face.label, "margin": margin}
        db.add(Score(run_id=run.id, face_id=face.id, box_version=1, **said))
        if number >= 60:  # nobody has answered these
            face.decided_at, face.label, face.state = None, None, "proposed"
    db.commit()
    items = client("labeller", "Ada").get("/api/v1/queue?mode=review&limit=50").get_json()["items"]
    margins = [item["prediction"]["probabilities"]["mask"] for item in items]
    assert margins == sorted(margins), "the least sure first, suspects among them"
    assert {item["why"]["reason"] for item in items} >= {"suspect", "uncertain"}
    doubted = [item for item in items if item["why"]["reason"] == "suspect"]
    assert doubted
    assert {item["face_id"] for item in doubted} <= wrong
    locked = set(db.scalars(select(Answer.face_id).join(Answer.face).where(Answer.face_id.in_(wrong)))) - {
        item["face_id"] for item in doubted
    }
    assert locked, "locked faces are listed as suspects, and never chosen for review"


def test_two_runs_are_compared_on_the_same_faces(client: Client, db: Session) -> None:
    faces = add_labelled_faces(db, 120)
    one, other = add_example_run(db, {face.id for face in faces[::4]}), add_example_run(db, set())
    owner = client("owner", "Grace")
    page = get_page(owner, f"/compare?one={one.id}&other={other.id}")
    for words in (
        f"Run {one.id} against run {other.id}",
        "n = 24 faces",
        f"Run {other.id} is better",
        "on which they differ",
    ):
        assert words in page, words
    found = owner.get(f"/api/v1/runs/{other.id}/compare/{one.id}").get_json()
    assert found["part"] == "locked"
    assert found["difference"]["low"] > 0
    assert {face["face_id"] for face in found["differ"]} <= {face.id for face in faces[::4]}
    assert owner.get("/compare?one=1").status_code == 404
    waiting = Run(recipe={}, seed=0, classes=[1, 2])
    db.add(waiting)
    db.commit()
    assert "once both are done" in get_page(owner, f"/compare?one={one.id}&other={waiting.id}")


def test_a_file_that_is_gone_or_not_ours_is_refused_in_words(client: Client, db: Session) -> None:
    add_labelled_faces(db, 40)
    run = add_example_run(db, set())
    gone, other = "0" * 64, "1" * 64
    db.add(Artifact(run_id=run.id, form="onnx", blob=gone, signature=signing.sign(run.id, "onnx", gone)))
    db.add(Artifact(run_id=run.id, form="keras", blob=other, signature="not ours"))
    db.commit()
    owner = client("owner", "Grace")
    for ending, words in (("onnx", "is gone"), ("keras", "not ours")):
        answer = owner.get(f"/runs/{run.id}/model.{ending}")
        assert answer.status_code == 409
        assert words in answer.text
    assert owner.get(f"/runs/{run.id}/model.exe").status_code == 404


def test_a_run_that_is_over_is_sent_once_to_those_who_watch(client: Client, db: Session) -> None:
    add_labelled_faces(db, 40)
    run = add_example_run(db, set())
    stream = client("labeller", "Ada").get(f"/runs/{run.id}/stream")
    assert stream.mimetype == "text/event-stream"
    events = [event for event in stream.text.split("\n\n") if event]
    assert len(events) == 2
    assert events[0].startswith("id: ")
    assert 'data-status="done"' in events[0]
    assert events[1].startswith("event: over")
    last = events[0].splitlines()[0].removeprefix("id: ")
    again = client("labeller", "Ada").get(f"/runs/{run.id}/stream", headers={"Last-Event-ID": last})
    assert again.status_code == 200


def test_who_watches_sees_the_end_of_a_run_that_ends_while_it_is_looked_at(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_labelled_faces(db, 40)
    run = add_example_run(db, set())
    run.status = "running"
    db.commit()

    def render_and_end(run_id: int, template: str) -> str:
        html = runs.render(run_id, template)
        run.status = "done"
        db.commit()
        return html

    monkeypatch.setattr(live, "render", render_and_end)
    watcher = client("labeller", "Ada")
    first = watcher.get(f"/runs/{run.id}/stream").text
    assert 'data-status="running"' in first
    assert "event: over" not in first
    then = watcher.get(f"/runs/{run.id}/stream").text
    assert 'data-status="done"' in then
    assert "event: over" in then
