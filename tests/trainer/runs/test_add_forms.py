"""Runs of earlier versions get the forms of their model that are new."""

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from db import integrity
from db.models import Artifact
from tests.labelled import add_labelled_pictures, draw_pictures, sqlite_only, train_run
from trainer.features import networks
from trainer.runs import needs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.full_size
@sqlite_only
def test_a_run_of_an_earlier_version_gets_the_forms_that_are_new(db: Session) -> None:
    add_labelled_pictures(db, draw_pictures(60))
    run = train_run(db)
    from trainer.runs import add_forms

    assert needs.runs_without_forms(db) == []
    new = ("onnx16", "detector", "features")
    before = {form: db.get_one(Artifact, (run.id, form)).blob for form in new}
    db.execute(delete(Artifact).where(Artifact.form.in_(new)))
    db.commit()
    assert needs.runs_without_forms(db) == [run.id]
    assert networks.network_of(db, run).id == run.backbone, "without the file it is the shared one"
    add_forms.add_forms(db, run.id)
    add_forms.add_forms(db, run.id)
    assert {form: db.get_one(Artifact, (run.id, form)).blob for form in new} == before
    assert list(integrity.find_problems(db)) == []
