"""Groups torn by uploads of before there was a lock are joined, and the runs measured on them are marked."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Face, Group, Outcome, Photo
from labeller.people import people
from labeller.photos.torn_groups import TORN, join_torn_groups
from tests.factories import add_faces, add_live_run, fill_in_results


def photos_of(db: Session, *splits: str) -> list[Photo]:
    """A photo with one face in each of the splits."""
    return [db.get_one(Photo, add_faces(db, 1, split)[0].photo_id) for split in splits]


def test_people_and_repeats_are_joined_and_what_was_learned_from_is_not_locked(db: Session) -> None:
    friend = people.new_person(db, "Ada", "friend")
    locked, learned, repeat, alone = photos_of(db, "locked", "train", "locked", "locked")
    locked.person_id = learned.person_id = friend.id
    learned.repeat_id = repeat.repeat_id = learned.id
    run = add_live_run(db)
    fill_in_results(run)
    for photo in (locked, alone):
        face = db.scalars(select(Face).where(Face.photo_id == photo.id)).one()
        db.add(Outcome(run_id=run.id, face_id=face.id, part="locked", truth=1, label=1, probabilities=[1, 0],
                       label_probability=1.0, group_id=photo.group_id))  # fmt: skip
    db.commit()
    torn = join_torn_groups(db)
    db.commit()
    assert torn == [f"person {friend.id}: in 2 groups of the split",
                    f"photos like photo {learned.id}: in 2 groups of the split"]  # fmt: skip
    for photo in (locked, learned, repeat):
        db.refresh(photo)
    assert locked.group_id == learned.group_id == repeat.group_id
    assert db.get_one(Group, locked.group_id).split == "train"
    assert db.scalar(select(func.count(Group.id))) == 2
    assert run.metrics is not None
    (warning,) = run.metrics["warnings"]
    assert warning == {"text": TORN, "values": {"n": 1}}
    assert join_torn_groups(db) == []
