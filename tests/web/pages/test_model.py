"""The page of a run's model: what it says and offers to whom, and what it says without a model."""

import io
import json
import zipfile

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import signing
from db.base import now
from db.models import Artifact, Event, Run
from db.storage import blobs
from tests.clients import get_page
from tests.example_run import add_example_run
from tests.labelled import add_labelled_faces
from tests.web.conftest import Client
from trainer.runs.model_files import FORMS
from web.pages.model_examples import EXAMPLES


@pytest.fixture
def run(db: Session) -> Run:
    """A finished run with a file of each form."""
    add_labelled_faces(db, 40)
    run = add_example_run(db, set())
    for form in (*FORMS.values(), "features"):
        blob = blobs().put(b"mask\nnomask\n" if form == "labels" else f"the {form} file".encode())
        signature = signing.sign(run.id, form, blob)
        db.add(Artifact(run_id=run.id, form=form, blob=blob, signature=signature, difference=2e-5))
    db.commit()
    return run


def test_a_stranger_finds_card_files_and_examples(client: Client, run: Run) -> None:
    labeller, owner = client("labeller", "Ada"), client("owner", "Grace")
    assert f'href="/runs/{run.id}/model"' in get_page(labeller, f"/runs/{run.id}")
    page = get_page(owner, f"/runs/{run.id}/model")
    assert all(f'href="/try?run={run.id}"' in text for text in (page, get_page(owner, f"/runs/{run.id}")))
    for words in (
        "Model card",
        "10 % margin",
        "Balanced accuracy",
        "Limits",
        "MIT licence",
        "2.0e-05",
        "b" * 64,
    ):
        assert words in page, words
    for ending in FORMS:
        assert f"/runs/{run.id}/model.{ending}" in page
    assert all(f'data-file="{example.name}"' in page for example in EXAMPLES)
    assert f"second-look-{run.id}.fp16.onnx" in page
    assert "features" not in page
    theirs = get_page(labeller, f"/runs/{run.id}/model")
    assert "The owner can download them." in theirs
    assert f"/runs/{run.id}/model." not in theirs
    assert client("friend", "Bob").get(f"/runs/{run.id}/model").status_code == 403


def test_a_file_comes_as_it_is_stored_and_the_trail_says_so(client: Client, db: Session, run: Run) -> None:
    owner = client("owner", "Grace")
    answer = owner.get(f"/runs/{run.id}/model.fp16.onnx")
    assert answer.data == b"the onnx16 file"
    assert f'"second-look-{run.id}.fp16.onnx"' in answer.headers["Content-Disposition"]
    for ending in ("features", "exe"):
        assert owner.get(f"/runs/{run.id}/model.{ending}").status_code == 404
    assert client("labeller", "Ada").get(f"/runs/{run.id}/model.onnx").status_code == 403
    notes = db.scalars(select(Event.detail).where(Event.kind == "model_downloaded")).all()
    assert notes == [{"run": run.id, "file": "fp16.onnx"}]


def test_the_zip_file_has_everything(client: Client, run: Run) -> None:
    answer = client("owner", "Grace").get(f"/runs/{run.id}/model.zip")
    content = zipfile.ZipFile(io.BytesIO(answer.data))
    assert content.testzip() is None
    names = {name.removeprefix(f"second-look-{run.id}/") for name in content.namelist()}
    assert names == {
        *(f"second-look-{run.id}.{ending}" for ending in FORMS),
        *(example.name for example in EXAMPLES),
        *("README.md", "LICENCES", "SHA256SUMS", "pixels.js", "yunet.js"),
    }
    licences = content.read(f"second-look-{run.id}/LICENCES").decode()
    for words in ("Shiqi Yu", "Apache License", "TERMS AND CONDITIONS"):
        assert words in licences
    readme = content.read(f"second-look-{run.id}/README.md").decode()
    assert f"| `second-look-{run.id}.tflite` |" in readme
    assert "python find_faces.py photo.jpg" in readme


def test_a_changed_file_is_refused_before_the_zip_file_begins(client: Client, db: Session, run: Run) -> None:
    db.get_one(Artifact, (run.id, "keras")).blob = blobs().put(b"another file")
    db.commit()
    answer = client("owner", "Grace").get(f"/runs/{run.id}/model.zip")
    assert (answer.status_code, "not ours" in answer.text) == (409, True)


def test_a_run_of_an_earlier_version_says_what_is_still_to_come(
    client: Client, db: Session, run: Run
) -> None:
    db.execute(delete(Artifact).where(Artifact.form.in_(("onnx16", "detector"))))
    db.commit()
    owner = client("owner", "Grace")
    page = get_page(owner, f"/runs/{run.id}/model")
    assert "offered fp16.onnx, detector.onnx. They are added in the background" in page
    assert 'data-file="classify_onnx.py"' in page
    assert 'data-file="find_faces.py"' not in page
    answer = owner.get(f"/runs/{run.id}/model.fp16.onnx", headers={"Accept": "application/json"})
    assert (answer.status_code, json.loads(answer.text)["error"]["code"]) == (404, "no_such_file")


@pytest.mark.parametrize(
    ("status", "column", "words"),
    [
        ("done", "dropped_at", "newer runs took their place"),
        ("done", "retired_at", "a face that it learned from was erased"),
        ("running", None, "the run is not over"),
        ("failed", None, "it ended early"),
    ],
)
def test_a_run_without_files_says_why(
    client: Client, db: Session, run: Run, status: str, column: str | None, words: str
) -> None:
    db.execute(delete(Artifact))
    run.status = status
    if column:
        setattr(run, column, now())
    db.commit()
    owner = client("owner", "Grace")
    page = get_page(owner, f"/runs/{run.id}/model")
    assert words in page
    assert "data-file" not in page
    assert f"/runs/{run.id}/model" not in get_page(owner, f"/runs/{run.id}")
    assert owner.get(f"/runs/{run.id}/model.zip").status_code == 409
