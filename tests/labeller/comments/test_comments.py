"""Notes on faces: threads of one level, their state, and what becomes of them when something is deleted."""

import json
import zipfile
from io import BytesIO

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Comment, Face, Person, Photo
from labeller.comments import read, write
from labeller.erasure.export import export_person
from labeller.erasure.finish import erase_photo, finish_pending
from labeller.errors import BadComment, NotFound, NotYours
from labeller.people import people
from tests.factories import add_faces


@pytest.fixture
def face(db: Session) -> Face:
    return add_faces(db, 1)[0]


def texts(db: Session, face: Face) -> list[list[str]]:
    return [
        [thread.note.text, *(one.text for one in thread.answers)] for thread in read.threads_on(db, face.id)
    ]


def test_answers_stand_below_their_note_on_one_level(
    db: Session, ada: Person, bob: Person, face: Face
) -> None:
    note = write.add_comment(db, ada, face.id, " Is this a scarf?\n")
    other = write.add_comment(db, bob, face.id, "Very dark")
    answer = write.add_comment(db, bob, face.id, "Yes", answers=note.id)
    write.add_comment(db, ada, face.id, "Thanks", answers=answer.id)
    assert texts(db, face) == [["Is this a scarf?", "Yes", "Thanks"], ["Very dark"]]
    assert read.count_open(db, [face.id]) == {face.id: 2}
    write.resolve(db, bob, other.id)
    assert read.count_open(db, [face.id]) == {face.id: 1}


def test_a_note_is_resolved_once_and_reopened(db: Session, ada: Person, bob: Person, face: Face) -> None:
    note = write.add_comment(db, ada, face.id, "Look")
    first = write.resolve(db, bob, note.id).resolved_at
    assert write.resolve(db, ada, note.id).resolved_by == bob.id
    assert note.resolved_at == first
    assert write.reopen(db, note.id).resolved_at is None
    answer = write.add_comment(db, ada, face.id, "Done", answers=note.id)
    with pytest.raises(BadComment):
        write.resolve(db, ada, answer.id)


@pytest.mark.parametrize("text", ["", "  \n", "x" * 1001])
def test_a_note_has_some_text_but_no_novel(db: Session, ada: Person, face: Face, text: str) -> None:
    with pytest.raises(BadComment):
        write.add_comment(db, ada, face.id, text)


def test_a_note_is_answered_on_its_own_face(db: Session, ada: Person, face: Face) -> None:
    note = write.add_comment(db, ada, face.id, "Look")
    (other,) = add_faces(db, 1)
    with pytest.raises(BadComment):
        write.add_comment(db, ada, other.id, "Yes", answers=note.id)
    with pytest.raises(NotFound):
        write.add_comment(db, ada, face.id, "Yes", answers=999)
    with pytest.raises(NotFound):
        write.add_comment(db, ada, 999, "Yes")


def test_only_the_writer_or_an_owner_deletes_and_answers_stay_as_notes(
    db: Session, ada: Person, bob: Person, face: Face
) -> None:
    note = write.add_comment(db, ada, face.id, "Look")
    write.add_comment(db, bob, face.id, "Yes", answers=note.id)
    with pytest.raises(NotYours):
        write.delete_comment(db, bob, note.id)
    write.delete_comment(db, ada, note.id)
    db.expire_all()
    assert texts(db, face) == [["Yes"]]
    write.delete_comment(db, people.owner(db), read.threads_on(db, face.id)[0].note.id)
    assert texts(db, face) == []


def test_all_notes_come_page_by_page_newest_first(db: Session, ada: Person, face: Face) -> None:
    notes = [write.add_comment(db, ada, face.id, f"{n}") for n in range(5)]
    write.add_comment(db, ada, face.id, "answer", answers=notes[0].id)
    write.resolve(db, ada, notes[3].id)
    page = read.threads(db, "open", None, 2)
    assert ([one.note.text for one in page.items], page.next) == (["4", "2"], notes[2].id)
    last = read.threads(db, "open", page.next, 2)
    assert ([one.note.text for one in last.items], last.next) == (["1", "0"], None)
    assert [one.text for one in last.items[1].answers] == ["answer"]
    assert [one.note.text for one in read.threads(db, "resolved", None, 9).items] == ["3"]
    assert len(read.threads(db, None, None, 9).items) == 5


def test_notes_on_a_photo_that_is_being_deleted_are_hidden_and_go_with_it(
    db: Session, ada: Person, face: Face
) -> None:
    note = write.add_comment(db, ada, face.id, "Look")
    photo = db.get_one(Photo, face.photo_id)
    photo.status, photo.erase_at = "erasing", now()
    db.commit()
    assert read.threads(db, None, None, 9).items == []
    with pytest.raises(NotFound):
        write.resolve(db, ada, note.id)
    erase_photo(db, photo)
    assert db.scalar(select(func.count(Comment.id))) == 0


def test_what_an_erased_person_wrote_goes_and_answers_of_others_stay(
    db: Session, ada: Person, bob: Person, face: Face
) -> None:
    note = write.add_comment(db, ada, face.id, "My neighbour")
    write.add_comment(db, bob, face.id, "Ah", answers=note.id)
    write.resolve(db, ada, note.id)
    kept = write.add_comment(db, bob, face.id, "Dark")
    write.resolve(db, ada, kept.id)
    ada.erasing_at = now()
    db.commit()
    finish_pending(db)
    db.expire_all()
    assert texts(db, face) == [["Ah"], ["Dark"]]
    assert db.get_one(Comment, kept.id).resolved_at is not None
    assert db.get_one(Comment, kept.id).resolved_by is None


def test_notes_follow_their_writer_into_a_merge_and_into_the_export(
    db: Session, ada: Person, bob: Person, face: Face
) -> None:
    write.resolve(db, ada, write.add_comment(db, ada, face.id, "Look").id)
    people.merge(db, ada, bob, people.owner(db))
    db.commit()
    db.expire_all()
    (note,) = db.scalars(select(Comment))
    assert (note.person_id, note.resolved_by) == (bob.id, bob.id)
    archive = zipfile.ZipFile(BytesIO(b"".join(export_person(db, bob))))
    assert json.loads(archive.read("about.json"))["notes"][0]["text"] == "Look"
