"""Tags: put on, taken off, counted, found by, and gone with what they are on."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import counters
from db.errors import BadInput, Conflict
from db.models import Face, Photo, Tagging
from labeller.datasets import names, saved_filters, tags
from labeller.datasets.sources import with_tag
from labeller.datasets.tags import Targets
from labeller.errors import NotFound
from labeller.people import people
from labeller.reports import gallery
from labeller.reports.face_list import FaceQuery, faces_after
from labeller.reports.gallery import Filter
from tests.factories import add_faces


def test_a_tag_is_put_on_once_however_often_it_is_put(db: Session) -> None:
    first, second, third = add_faces(db, 3)
    tag = tags.find_or_add(db, "  blurred ")
    assert tag.name == "blurred"
    assert tags.find_or_add(db, "BLURRED").id == tag.id
    on = Targets(photos=[first.photo_id], faces=[first.id, second.id, 999])
    assert [tags.put_on(db, tag, on), tags.put_on(db, tag, on)] == [3, 0]
    assert [(row.photos, row.faces) for row in tags.all_tags(db)] == [(1, 2)]
    assert tags.on_faces(db, [first.id, third.id]) == {first.id: ["blurred"]}
    assert set(tags.on_photo(db, first.photo_id)) == {0, first.id, second.id}
    assert tags.take_off(db, tag, Targets(faces=[first.id, third.id])) == 1
    assert [(row.photos, row.faces) for row in tags.all_tags(db)] == [(1, 1)]


def test_a_name_that_nobody_sees_or_that_is_taken_is_refused(db: Session) -> None:
    for name in ("", "  ", "\u200b", "x" * 81):
        with pytest.raises(BadInput):
            tags.find_or_add(db, name)
    side, back = tags.find_or_add(db, "side"), tags.find_or_add(db, "back")
    with pytest.raises(Conflict, match="side"):
        names.rename(db, back, "Side")
    names.rename(db, side, " SIDE ")
    assert [row.tag.name for row in tags.all_tags(db)] == ["back", "SIDE"]
    with pytest.raises(BadInput, match="1000"):
        tags.put_on(db, side, Targets(faces=list(range(1001))))


def test_faces_and_photos_are_found_by_a_tag(db: Session) -> None:
    one, two = add_faces(db, 2)
    three, four = add_faces(db, 2)
    five = add_faces(db, 1)[0]
    tag = tags.find_or_add(db, "night")
    tags.put_on(db, tag, Targets(photos=[three.photo_id], faces=[one.id, three.id]))
    three.label = "mask"
    db.commit()
    assert [face.id for face in gallery.faces(db, Filter(tag=tag.id)).items] == [four.id, three.id, one.id]
    assert [face.id for face in gallery.faces(db, Filter(tag=tag.id, label="mask")).items] == [three.id]
    assert [face.id for face in gallery.faces(db, Filter(tag=tag.id), limit=2).items] == [four.id, three.id]
    page = gallery.faces(db, Filter(tag=tag.id), before=three.id, limit=2)
    assert ([face.id for face in page.items], page.next) == ([one.id], None)
    photos = gallery.photos(db, Filter(tag=tag.id)).items
    assert [photo.id for photo in photos] == [three.photo_id, one.photo_id]
    assert len(photos[1].faces) == 2, "a filter chooses photos and hides none of their boxes"
    listed = faces_after(db, FaceQuery(0, 2, tag=tag.id))
    assert [row.face.id for row in listed] == [one.id, three.id]
    assert [row.face.id for row in faces_after(db, FaceQuery(three.id, 2, tag=tag.id))] == [four.id]
    assert five.id not in {row.face.id for row in listed}
    assert two.id not in {row.face.id for row in listed}


def test_a_deleted_tag_is_on_nothing_and_one_in_use_stays(db: Session) -> None:
    face, owner = add_faces(db, 1)[0], people.owner(db)
    tag = tags.find_or_add(db, "night")
    tags.put_on(db, tag, Targets(faces=[face.id]))
    saved = saved_filters.save(db, "Nights", with_tag(tag.id))
    with pytest.raises(Conflict, match="Nights"):
        tags.delete_tag(db, tag, owner)
    saved_filters.delete_filter(db, saved, owner)
    tags.delete_tag(db, tag, owner)
    db.commit()
    assert db.scalars(select(Tagging)).all() == []
    assert counters.totals(db, "tagged") == {}
    with pytest.raises(NotFound):
        tags.get_tag(db, tag.id)
    assert tags.find_or_add(db, "night").id != tag.id


def test_tags_go_with_their_face_and_their_photo(db: Session) -> None:
    face, other = add_faces(db, 2)
    tag = tags.find_or_add(db, "night")
    tags.put_on(db, tag, Targets(photos=[face.photo_id], faces=[face.id, other.id]))
    db.delete(db.get_one(Face, other.id))
    db.flush()
    assert [(row.photos, row.faces) for row in tags.all_tags(db)] == [(1, 1)]
    db.delete(db.get_one(Photo, face.photo_id))
    db.commit()
    assert [(row.photos, row.faces) for row in tags.all_tags(db)] == [(0, 0)]
    assert list(counters.find_problems(db)) == []
