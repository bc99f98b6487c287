"""Two people at the bench, an owner who edits classes, imports and trains, anything in any order.

The database agrees with plain Python at every step: the verdict on each face, and what runs say of it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, event, select, update
from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.errors import Refused
from db.models import Answer, Face, Lease, Outcome, Person, Photo, Run
from labeller.answers import class_edits
from labeller.answers.answer_input import AnswerInput
from labeller.answers.folder_import import dispute, record_folder_label, relabel
from labeller.answers.record import record_answer
from labeller.erasure.finish import erase_photo
from labeller.erasure.mark import mark_photos
from labeller.errors import AnsweredMeanwhile, BadAnswer, NotFound, NothingToUndo
from labeller.people import people
from labeller.photos.box import Box
from labeller.queue.next_faces import next_faces
from tests.environment import PROVE
from tests.factories import add_faces
from tests.labeller.answers.reference_bench import Plain, Said, Thing
from trainer.data import dataset
from trainer.evaluation import label_errors, report
from web.drawing.stored import classes_of, figures_of

EXAMPLES, STEPS = 2000 if PROVE else 100, 8
WHO = st.sampled_from(["Ada", "Bob"])
NUMBER = st.integers(0, 5)
BOXES = st.sampled_from([(5.0, 6.0, 70.0, 80.0), (30.0, 40.0, 50.0, 50.0)])
FIRST = ("mask", "nomask", "chin")


class Bench(RuleBasedStateMachine):
    """Over a database with two people, two photos with five faces, and an imported photo with one.

    Every example is rolled back.
    """

    connection: ClassVar[Connection]
    everybody: ClassVar[dict[str, Person]]
    owner: ClassVar[Person]
    photos: ClassVar[list[int]]

    @initialize()
    def begin(self) -> None:
        self.all = self.connection.begin()
        self.db = Session(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        faces = self.db.scalars(select(Face))
        things = {face.id: Thing(face.photo_id, face.box, face.opinions_wanted) for face in faces}
        self.plain, self.number, self.edits = Plain(things, list(FIRST)), 0, []
        self.ids = {name: number for number, name in enumerate(FIRST, start=1)}
        self.runs: list[tuple[Run, dict[int, tuple[int, int]]]] = []
        (self.imported,) = (id for id, thing in things.items() if thing.photo == self.photos[2])
        self.plain.import_as(self.imported, "mask")
        self.repeat: tuple[Person, AnswerInput] | None = None

    def teardown(self) -> None:
        self.db.close()
        self.all.rollback()

    def do(self, what: Callable[..., Any], *given: Any) -> Any:
        """As a request does it: all of it or nothing."""
        try:
            result = what(self.db, *given)
        except Refused:
            self.db.rollback()
            raise
        self.db.commit()
        return result

    def give(self, who: str, kind: str, face: int | None, seen: bool = False, **what: object) -> Answer:
        self.number += 1
        given = AnswerInput(f"key {self.number}", kind, face, seen_at=now() if seen else None, **what)  # type: ignore[arg-type]
        self.repeat = self.everybody[who], given
        answer, _ = self.do(record_answer, self.everybody[who], given)
        return answer

    def face(self, number: int) -> int:
        return sorted(self.plain.things)[number % len(self.plain.things)]

    @rule(who=WHO, number=NUMBER, kind=st.sampled_from(["label", "label", "reject", "unsure", "adjust"]),
          word=st.sampled_from(FIRST), box=BOXES, seen=st.booleans())  # fmt: skip
    def answer(self, who: str, number: int, kind: str, word: str, box: Box, seen: bool) -> None:
        face = self.face(number)
        what = {"label": word} if kind == "label" else {"box": box} if kind == "adjust" else {}
        if kind == "label" and self.plain.meaning(self.plain_name(word)) is None:
            with pytest.raises(BadAnswer, match="no class"):
                self.give(who, kind, face, seen, **what)
            return
        taken, informed = self.plain.may_answer(who, face, seen)
        if not taken:
            with pytest.raises(AnsweredMeanwhile):
                self.give(who, kind, face, seen, **what)
            return
        self.give(who, kind, face, seen, **what)
        label = self.plain_name(word) if kind == "label" else None
        self.plain.give(Said(who, face, kind, label, what.get("box"), informed))

    def plain_name(self, word: str) -> str:
        """An old name still says what it said: pages that are open know no other."""
        return self.plain.now_called.get(word, word)

    @rule(who=WHO, box=BOXES, second=st.booleans(), label=st.booleans())
    def draw(self, who: str, box: Box, second: bool, label: bool) -> None:
        photo = self.photos[second]
        if not any(thing.photo == photo for thing in self.plain.things.values()):
            with pytest.raises(NotFound):
                self.give(who, "draw", None, photo_id=photo, box=box)
            return
        word = self.plain.names[0] if label else None
        drawn = self.give(who, "draw", None, photo_id=photo, box=box, label=word).face_id
        self.plain.things[drawn] = Thing(photo, box, 1, human=True)
        self.plain.give(Said(who, drawn, "draw", word, box))

    @rule(who=WHO, number=st.none() | NUMBER, kind=st.sampled_from(["undo", "undo", "redo"]))
    def take_back(self, who: str, number: int | None, kind: str) -> None:
        face = None if number is None else self.face(number)
        what = self.plain.last(who, kind, face)
        if what is None:
            with pytest.raises(NothingToUndo):
                self.give(who, kind, face)
            return
        self.give(who, kind, face)
        self.plain.take_back(who, kind, what)

    @precondition(lambda self: self.repeat is not None)
    @rule()
    def send_again(self) -> None:
        person, given = self.repeat
        if any(one.client_key == given.client_key for one in self.db.scalars(select(Answer))):
            assert self.do(record_answer, person, given)[1] is False

    @rule(who=WHO, limit=st.integers(1, 3), reverse=st.booleans())
    def fetch(self, who: str, limit: int, reverse: bool) -> None:
        fresh, second = self.plain.queue(who)
        batch = self.do(next_faces, self.everybody[who], "label", limit)
        got = [item.face.id for item in batch.items]
        assert batch.remaining == len(fresh) + len(second)
        assert got == (fresh + second)[:limit], "too few to be mixed: the second opinions come last"
        assert all(item.label is None for item in batch.items), "nobody is told what others answered"
        self.plain.lease(who, got, blind=True)

    @rule()
    def leases_run_out(self) -> None:
        self.do(Session.execute, update(Lease).values(until=now() - timedelta(seconds=1)))
        for held in self.plain.held.values():
            held.over = True

    @rule(first=st.integers(0, 2), to=st.sampled_from(["hat", "scarf"]))
    def rename(self, first: int, to: str) -> None:
        old = self.plain.names[first % len(self.plain.names)]
        if to in self.plain.names or to in self.plain.means:
            with pytest.raises(BadAnswer, match="already"):
                self.do(class_edits.rename, old, to, self.owner)
            return
        self.do(class_edits.rename, old, to, self.owner)
        self.plain.rename(old, to)
        self.ids[to] = self.ids.pop(old)

    @rule(first=st.integers(0, 2), merge=st.booleans())
    def lose_a_class(self, first: int, merge: bool) -> None:
        names = self.plain.names
        lost = names[first % len(names)]
        other = next(name for name in names if name != lost)
        if len(names) <= class_edits.FEWEST:
            with pytest.raises(BadAnswer, match="at least"):
                self.do(class_edits.retire, lost, self.owner)
            return
        if merge:
            self.do(class_edits.merge, lost, other, self.owner)
        else:
            self.do(class_edits.retire, lost, self.owner)
        names.remove(lost)
        self.plain.means[lost] = other if merge else None
        self.edits.append(lost)

    @precondition(lambda self: self.edits)
    @rule()
    def take_the_edit_back(self) -> None:
        lost = self.edits.pop()
        (edit,) = (
            edit for edit, _ in class_edits.history(self.db)
            if edit.undone_at is None and edit.kind in ("class_merged", "class_retired")
        )  # fmt: skip
        self.do(class_edits.undo, edit.id, self.owner)
        del self.plain.means[lost]
        self.plain.names.append(lost)

    @rule(second=st.booleans())
    def delete_photo(self, second: bool) -> None:
        if not any(thing.photo == self.photos[second] for thing in self.plain.things.values()):
            return
        self.do(mark_photos, Photo.id == self.photos[second], self.owner)
        erase_photo(self.db, self.db.get_one(Photo, self.photos[second]))
        self.plain.things = {k: v for k, v in self.plain.things.items() if v.photo != self.photos[second]}
        self.plain.said = [one for one in self.plain.said if one.face in self.plain.things]

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

    @invariant()
    def they_agree(self) -> None:
        box, rest = (Face.x, Face.y, Face.w, Face.h), (Face.disputed, Face.opinions, Face.waiting)
        rows = self.db.execute(select(Face.id, Face.state, Face.label, *box, *rest)).all()
        found = {row[0]: (*row[1:3], row[3:7], *row[7:]) for row in map(tuple, rows)}
        assert found == {number: self.plain.verdict(number) for number in self.plain.things}


@pytest.fixture
def bench(db: Session) -> type[Bench]:
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
    return Bench


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_two_people_do_the_database_agrees_with_plain_python(bench: type[Bench]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        bench,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
