"""Classes renamed before, while and after runs: what runs say stays true, under the present names."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from db.models import Run
from db.session import session_scope
from labeller.answers import class_edits
from labeller.people import people
from tests.clients import sign_in
from tests.labelled import add_labelled_pictures, draw_pictures, live_run_id, sqlite_only, train_run
from trainer.evaluation import label_errors
from trainer.evaluation.compare_runs import compare
from trainer.features.feature_store import OnProgress
from trainer.runs.progress import Progress
from web import create_app
from web.drawing.stored import figures_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), sqlite_only]
POOR = {"epochs": 1, "steps": 1, "learning_rate": 1e-6}


def rename(db: Session, old: str, new: str) -> None:
    class_edits.rename(db, old, new, people.owner(db))
    db.commit()


def say_the_same(db: Session, runs: list[Run], names: set[str]) -> None:
    """The pages of the runs, what equal runs differ by, and their suspects."""
    client = sign_in(create_app(), people.owner(db))
    for run in runs:
        db.refresh(run)
        for path in (
            f"/runs/{run.id}",
            f"/runs/{run.id}/suspects",
            f"/compare?one={runs[0].id}&other={run.id}",
        ):
            assert client.get(path).status_code == 200, path
        figures = figures_of(db, run)
        assert figures is not None
        assert set(figures["locked"]["per_class"]) == names
    difference = compare(db, runs[0], runs[1]).difference
    assert difference is not None
    assert difference.interval["value"] == 0


@pytest.mark.full_size
def test_runs_hold_through_renames(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.runs.replay import replay

    add_labelled_pictures(db, draw_pictures(120))
    rename(db, "mask", "covered")
    first = train_run(db)
    enter = Progress.phase

    @contextmanager
    def renamed_there(self: Progress, name: str) -> Iterator[OnProgress]:
        with enter(self, name) as report:
            if name == "score":
                with session_scope() as other:
                    rename(other, "covered", "hidden")
            yield report

    monkeypatch.setattr(Progress, "phase", renamed_there)
    second = train_run(db)
    monkeypatch.undo()
    assert second.status == "done", second.error
    say_the_same(db, [first, second], {"hidden", "nomask"})
    suspects = [(one.face.id, one.label_probability) for one in label_errors.suspect_labels(db, first, 99)]
    assert suspects
    rename(db, "hidden", "mask")
    rename(db, "nomask", "bare")
    say_the_same(db, [first, second], {"mask", "bare"})
    again = [(one.face.id, one.label_probability) for one in label_errors.suspect_labels(db, first, 99)]
    assert again == suspects
    assert replay(db, first).difference == 0.0
    poor = train_run(db, POOR)
    assert poor.promoted is False
    rename(db, "bare", "nomask")
    assert train_run(db, POOR).promoted is False
    assert live_run_id(db) == second.id
