"""What two people at the bench and an owner of the classes may do, as rules of a state machine."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.errors import Refused
from db.models import Answer, Face, Lease, Person, Photo, Run
from labeller.answers import class_edits
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.erasure.finish import erase_photo
from labeller.erasure.mark import mark_photos
from labeller.errors import AnsweredMeanwhile, BadAnswer, NotFound, NothingToUndo
from labeller.photos.box import Box
from labeller.queue.next_faces import next_faces
from tests.labeller.answers.reference_bench import Plain, Said, Thing

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

    @invariant()
    def they_agree(self) -> None:
        box, rest = (Face.x, Face.y, Face.w, Face.h), (Face.disputed, Face.opinions, Face.waiting)
        rows = self.db.execute(select(Face.id, Face.state, Face.label, *box, *rest)).all()
        found = {row[0]: (*row[1:3], row[3:7], *row[7:]) for row in map(tuple, rows)}
        assert found == {number: self.plain.verdict(number) for number in self.plain.things}
