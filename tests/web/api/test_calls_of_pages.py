"""Calls that do what only pages could do: classes, people, runs, disputes, picks, thresholds, backups."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Face, Invite, Pick, Run
from labeller.people import people
from secondlook import ApiError
from secondlook import Client as Api
from tests.client.test_client import api  # noqa: F401
from tests.factories import add_faces, add_live_run, add_second_answer
from tests.web.conftest import Client


def answer(api: Api, face: Face, label: str = "mask") -> None:  # noqa: F811
    api.send_answer("label", face.id, label=label)


def test_classes_are_added_renamed_merged_and_retired(api: Api, db: Session) -> None:  # noqa: F811
    (face,) = add_faces(db, 1)
    answer(api, face)
    mask, nomask = (one["id"] for one in api.each_class(limit=1))
    scarf = api.add_class("scarf")
    assert api.rename_class(mask, "covered")["faces"] == 1
    assert api.get_photo(face.photo_id)["faces"][0]["label"] == "covered"
    assert api.merge_class(scarf["id"], mask)["merged_into"] == mask
    with pytest.raises(ApiError, match="400"):  # two must remain
        api.retire_class(nomask)
    api.add_class("chin")
    api.retire_class(nomask)
    assert [one["retired"] for one in api.each_class()] == [False, True, False, False]
    with pytest.raises(ApiError, match="no_such_class"):
        api.rename_class(99, "x")


def test_people_are_invited_renamed_and_merged(api: Api, db: Session) -> None:  # noqa: F811
    link = api.invite_people("labeller", note="for Ada", days=3)
    assert link["url"].startswith("http")
    assert [one["note"] for one in api.each_invitation()] == ["for Ada"]
    assert "url" not in api.list_invitations()["items"][0]
    api.revoke_invitation(link["id"])
    assert not api.list_invitations()["items"][0]["open"]
    ada, again = (people.new_person(db, name, "friend").id for name in ("Ada", "Ada again"))
    db.commit()
    assert api.rename_person(ada, "Ada L.")["name"] == "Ada L."
    assert api.merge_person(again, ada)["id"] == ada
    assert api.get_person(ada)["name"] == "Ada L."
    assert "Ada again" not in [one["name"] for one in api.each_person(limit=1)]


def test_the_link_of_a_repeated_invitation_is_the_same(client: Client, db: Session) -> None:
    owner, key = client("owner"), {"Idempotency-Key": "one-link"}
    first, again = (owner.post("/api/v1/invitations", json={}, headers=key).json for _ in range(2))
    db.rollback()
    assert first["url"] == again["url"]
    assert len(db.scalars(select(Invite)).all()) == 1


def test_no_token_invites_an_owner(client: Client) -> None:
    assert client("owner").post("/api/v1/invitations", json={"role": "owner"}).status_code == 422


def test_runs_are_listed_pinned_and_ruled(api: Api, db: Session) -> None:  # noqa: F811
    first = add_live_run(db).id
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done")
    db.add(run)
    db.commit()
    second = run.id
    assert [one["id"] for one in api.each_run(limit=1)] == [second, first]
    assert api.set_training_rule(50, nightly_hour=3) == {"train_after": 50, "nightly_hour": 3}
    assert api.get_training_rule()["train_after"] == 50
    api.pin_run(first)
    assert [one["pinned"] for one in api.each_run()] == [False, True]
    api.unpin_run(first)
    assert not any(one["pinned"] for one in api.each_run())
    with pytest.raises(ApiError, match="409"):
        api.roll_back()


def test_disputes_are_listed_and_answered_faces_are_gold(api: Api, db: Session) -> None:  # noqa: F811
    disputed, plain = add_faces(db, 2)
    bob = people.new_person(db, "Bob", "labeller")
    db.commit()
    answer(api, disputed)
    answer(api, plain)
    db.expire_all()
    add_second_answer(db, bob, disputed, "nomask")
    db.commit()
    (dispute,) = api.each_dispute(limit=1)
    assert dispute["face"]["id"] == disputed.id
    assert {one["label"] for one in dispute["opinions"]} == {"mask", "nomask"}
    assert api.mark_gold([disputed.id, plain.id]) == {"marked": 1}


def test_faces_are_sent_to_review_and_taken_back(api: Api, db: Session) -> None:  # noqa: F811
    faces = [face.id for face in add_faces(db, 2)]
    sent = api.pick_faces([*faces, 99])
    assert (sent["sent"], sent["gone"]) == (2, 1)
    assert sent["id"] is not None
    api.undo_picks(sent["id"])
    assert db.scalars(select(Pick)).all() == []
    assert api.get_map()["faces"] == []
    assert api.get_map_progress() == {"placed": 0, "wanted": 2, "stale": False}


def test_thresholds_and_looking_again(api: Api, db: Session) -> None:  # noqa: F811
    add_faces(db, 1)
    assert api.set_thresholds(0.7, 0.1)["likely"] == 0.7
    assert api.get_detector()["hidden"] == 0.1
    with pytest.raises(ApiError, match="bad_thresholds"):
        api.set_thresholds(0.1, 0.7)
    assert api.detect_again(only_unanswered=True)["again"] == {"total": 1, "left": 1}


def test_backups_are_started_cancelled_and_scheduled(api: Api, db: Session) -> None:  # noqa: F811
    backup = api.start_backup()
    assert api.start_backup()["id"] == backup["id"]
    assert api.cancel_backup(backup["id"])["status"] == "cancelled"
    with pytest.raises(ApiError, match="409"):
        api.cancel_backup(backup["id"])
    assert [one["id"] for one in api.each_backup()] == [backup["id"]]
    assert api.set_backup_schedule(7, hour=4, kept=2) == {"days": 7, "hour": 4, "kept": 2}
    assert api.get_backup_schedule()["hour"] == 4
    api.delete_backup(backup["id"])
    assert api.get_backup(backup["id"])["file"] is None
