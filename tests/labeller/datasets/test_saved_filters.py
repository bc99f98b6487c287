"""Saved filters: evaluated anew each time, by ids, and a source of a review batch."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import BadInput, Conflict
from db.models import Pick, SavedFilter
from labeller.answers import class_edits
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.datasets import names, review, saved_filters, tags
from labeller.datasets.sources import EVERYTHING, Selection, face_ids, photo_ids, with_tag
from labeller.datasets.tags import Targets
from labeller.erasure import finish, mark
from labeller.errors import BadAnswer
from labeller.people import people
from labeller.reports import gallery
from labeller.reports.gallery import Filter
from tests.factories import add_faces


def faces_of(db: Session, selection: Selection) -> list[int]:
    return sorted(db.scalars(face_ids(db, selection)))


def test_a_saved_filter_is_evaluated_anew_and_follows_a_renamed_class(db: Session) -> None:
    owner, (first, second) = people.owner(db), add_faces(db, 2)
    record_answer(db, owner, AnswerInput("1", "label", first.id, "mask"))
    saved = saved_filters.save(
        db, " Masks ", Selection("faces", Filter(label="mask", since=date(2020, 1, 1)))
    )
    db.commit()
    assert saved.name == "Masks"
    assert faces_of(db, saved_filters.read(db, saved)) == [first.id]
    class_edits.rename(db, "mask", "covered", owner)
    record_answer(db, owner, AnswerInput("2", "label", second.id, "covered"))
    db.commit()
    selection = saved_filters.read(db, saved)
    assert selection.filter.label == "covered"
    assert faces_of(db, selection) == [first.id, second.id]
    assert selection.filter.since == date(2020, 1, 1)


def test_what_cannot_be_saved_is_refused(db: Session) -> None:
    saved_filters.save(db, "Mine", EVERYTHING)
    with pytest.raises(Conflict):
        saved_filters.save(db, "mine ", EVERYTHING)
    for bad in (Filter(state="odd"), Filter(label="beard"), Filter(look="blue")):
        with pytest.raises(BadAnswer):
            saved_filters.save(db, "Odd", Selection("faces", bad))
    with pytest.raises(BadInput):
        saved_filters.save(db, "Odd", Selection("videos"))
    saved = saved_filters.save(db, "Other", EVERYTHING)
    names.rename(db, saved, "Another")
    assert [one.name for one in saved_filters.all_filters(db)] == ["Another", "Mine"]


def test_a_filter_of_one_person_never_becomes_one_of_everybody(db: Session) -> None:
    owner = people.owner(db)
    ada, twin = (people.new_person(db, name, "friend") for name in ("Ada", "Ada L."))
    saved = saved_filters.save(db, "Hers", Selection("photos", Filter(person=twin.id)))
    people.merge(db, twin, ada, owner)
    db.commit()
    assert saved_filters.read(db, saved).filter.person == ada.id
    mark.mark_person(db, ada, owner)
    db.commit()
    finish.finish_pending(db)
    assert db.scalars(select(SavedFilter)).all() == []


def test_a_selection_chooses_faces_or_photos_with_all_their_boxes(db: Session) -> None:
    one, two, hidden = add_faces(db, 3)
    three = add_faces(db, 1)[0]
    hidden.hidden = True
    tag = tags.find_or_add(db, "night")
    tags.put_on(db, tag, Targets(faces=[one.id, hidden.id], photos=[three.photo_id]))
    db.commit()
    assert faces_of(db, with_tag(tag.id)) == [one.id, three.id]
    assert faces_of(db, with_tag(tag.id, whole_photos=True)) == [one.id, two.id, three.id]
    assert faces_of(db, Selection("photos", Filter(tag=tag.id))) == [one.id, two.id, three.id]
    assert sorted(db.scalars(photo_ids(db, with_tag(tag.id)))) == [one.photo_id, three.photo_id]
    assert faces_of(db, EVERYTHING) == [one.id, two.id, three.id]
    assert gallery.faces(db, Filter(tag=tag.id)).items[0].id == three.id


def test_what_a_tag_chooses_goes_to_review(db: Session) -> None:
    owner, (one, _) = people.owner(db), add_faces(db, 2)
    locked = add_faces(db, 1, split="locked")[0]
    tag = tags.find_or_add(db, "look again")
    tags.put_on(db, tag, Targets(faces=[one.id, locked.id]))
    sent = review.send_to_review(db, owner, with_tag(tag.id))
    assert (sent.choice.sent, sent.choice.locked, sent.more) == (1, 1, False)
    assert [pick.face_id for pick in db.scalars(select(Pick))] == [one.id]
