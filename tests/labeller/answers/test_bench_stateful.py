"""Two people at the bench, an owner who edits classes, imports and trains, anything in any order.

The database agrees with plain Python at every step: the verdict on each face, and what runs say of it.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.models import Face, Outcome, Photo, Run
from labeller.answers import class_edits
from labeller.answers.folder_import import dispute, record_folder_label, relabel
from labeller.people import people
from tests.environment import PROVE
from tests.factories import add_faces
from tests.labeller.answers.bench_machine import FIRST, Bench
from trainer.data import dataset
from trainer.evaluation import label_errors, report
from web.drawing.stored import classes_of, figures_of

EXAMPLES, STEPS = 2000 if PROVE else 100, 8


class WithRuns(Bench):
    """Imports and training besides."""

    @rule(word=st.sampled_from(FIRST))
    def move_the_imported_file(self, word: str) -> None:
        """Its folder is another now; without such a class nothing is received."""
        label = self.plain_name(word)
        if self.plain.meaning(label) is not None:
            photo = self.db.get_one(Photo, self.photos[2])
            self.do(relabel, photo, label, self.owner)
            self.plain.move(self.imported, label)

    @rule(word=st.sampled_from(FIRST))
    def import_from_two_folders(self, word: str) -> None:
        label = self.plain_name(word)
        if self.plain.meaning(label) is not None and label != self.plain.folder:
            self.do(dispute, self.db.get_one(Photo, self.photos[2]), label)
            self.plain.import_again(self.imported, label)

    @rule()
    def train(self) -> None:
        """A run on what is labelled, wrong about every third face, and sure of nothing."""
        current = classes.read(self.db)
        data = dataset.collect(self.db, list(current.ids.values()), current)
        verdicts = {number: self.plain.verdict(number) for number in self.plain.things}
        expected = {
            number: self.ids[str(label)]
            for number, (_, label, _, disputed, *_) in verdicts.items()
            if label in self.plain.names and not disputed
        }
        assert {row.face_id: row.label for row in data.rows} == expected
        run = Run(recipe={}, seed=0, classes=list(data.classes), status="done", started_at=now())
        run.metrics = {"warnings": report.warnings(data, 0, None), "locked": None, "cross_validated": None}
        self.db.add(run)
        self.db.flush()
        said = {id: (label, label if id % 3 else 1 + label % 3) for id, label in expected.items()}
        self.db.add_all(
            Outcome(run_id=run.id, face_id=id, part="fold", truth=truth, label=label, probabilities=[],
                    label_probability=id / 100, group_id=1)
            for id, (truth, label) in said.items()
        )  # fmt: skip
        self.db.commit()
        self.runs.append((run, said))

    @invariant()
    def runs_say_the_same_under_the_present_names(self) -> None:
        own = {id: name for name, id in self.ids.items()}
        for run, said in self.runs:
            assert classes_of(self.db, run) == [own[id] for id in run.classes]
            assert figures_of(self.db, run) is not None
            suspects = label_errors.suspect_labels(self.db, run, 100)
            assert [(one.face.id, one.predicted) for one in suspects] == [
                (id, self.plain.meaning(own[label]) or own[label])
                for id, (truth, label) in sorted(said.items())
                if id in self.plain.things and self.has_still_label(id, own[truth], run)
            ]

    def has_still_label(self, face_id: int, name: str, run: Run) -> bool:
        """Whether the face is labelled as the run saw it, and nobody has decided on it since."""
        decided_at = self.db.get_one(Face, face_id).decided_at
        label = self.plain.verdict(face_id)[1]
        assert run.started_at is not None
        return label == self.plain.meaning(name) and decided_at is not None and decided_at <= run.started_at


@pytest.fixture
def bench(db: Session) -> type[WithRuns]:
    Bench.everybody = {name: people.new_person(db, name, "labeller") for name in ("Ada", "Bob")}
    Bench.owner = people.owner(db)
    Bench.photos = [add_faces(db, count)[0].photo_id for count in (3, 2, 1)]
    class_edits.add(db, "chin", Bench.owner)
    imported = db.get_one(Photo, Bench.photos[2])
    imported.folder_label, imported.uploaded_by = "mask", Bench.owner.id
    record_folder_label(db, imported.faces[0], imported)
    db.execute(update(Face).where(Face.id.in_([2, 4])).values(opinions_wanted=2))
    db.commit()
    if db.get_bind().dialect.name == "sqlite":  # its driver begins too late for savepoints
        event.listen(db.get_bind(), "connect", lambda made, _: setattr(made, "isolation_level", None))
        event.listen(db.get_bind(), "begin", lambda made: made.exec_driver_sql("BEGIN"))
        db.get_bind().dispose()
    Bench.connection = db.get_bind().connect()  # type: ignore[union-attr]
    return WithRuns


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_two_people_do_the_database_agrees_with_plain_python(
    bench: type[WithRuns], db: Session
) -> None:
    examples = EXAMPLES if db.get_bind().dialect.name == "sqlite" else EXAMPLES // 5
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        bench,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
