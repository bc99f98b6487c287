"""Sessions: when they stand, and everything that ends them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import BrowserSession, Event, Person
from labeller.erasure.mark import mark_person
from labeller.errors import NotFound
from labeller.people import credentials, people, sessions
from labeller.people.devices import device_name

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)


def begun(db: Session, person: Person) -> tuple[str, BrowserSession]:
    return sessions.begin(db, person, "personal link", ANDROID)


def test_a_session_is_found_by_its_secret_alone_which_is_not_stored(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    secret, row = begun(db, ada)
    found = sessions.find(db, secret)
    assert found is not None
    assert (found.person, found.session, row.device) == (ada, row, "Chrome, Android")
    assert secret not in (row.secret_hash, *map(str, vars(row).values()))
    for wrong in (
        row.secret_hash,
        secret[:-1],
        secret + "x",
        "",
        "x" * 10_000,
        str(row.id),
        row.id,
        None,
        "é" * 30,
    ):
        assert sessions.find(db, wrong) is None
    event = db.scalars(select(Event).where(Event.kind == "signed_in")).one()
    assert event.detail == {"session": row.id, "how": "personal link"}


def test_a_session_ends_by_time_role_link_and_erasure(db: Session) -> None:
    owner, ada = people.owner(db), people.new_person(db, "Ada", "labeller")
    secret, row = begun(db, ada)
    row.expires_at = now() - timedelta(seconds=1)
    db.flush()
    assert sessions.find(db, secret) is None
    secret, row = begun(db, ada)
    ada.role = "friend"
    db.flush()
    assert sessions.find(db, secret) is None, "whoever was demoted signs in again"
    assert not sessions.still_stands(db, row.id)
    secret, row = begun(db, ada)
    assert sessions.still_stands(db, row.id)
    credentials.replace_link(db, ada, owner)
    assert sessions.find(db, secret) is None
    assert not sessions.still_stands(db, row.id)
    secret, row = begun(db, ada)
    mark_person(db, ada, owner)
    db.expire_all()
    assert sessions.find(db, secret) is None
    assert not sessions.still_stands(db, row.id)


def test_sessions_are_listed_and_ended_by_those_they_belong_to(db: Session) -> None:
    ada, bob = people.new_person(db, "Ada", "friend"), people.new_person(db, "Bob", "friend")
    (first, a), (second, b), (bobs, c) = begun(db, ada), begun(db, ada), begun(db, bob)
    assert [one.id for one in sessions.of_person(db, ada)] == [b.id, a.id]
    with pytest.raises(NotFound):
        sessions.end(db, c.id, ada, ada)
    sessions.end(db, a.id, ada, ada)
    with pytest.raises(NotFound):
        sessions.end(db, a.id, ada, ada)
    assert sessions.find(db, first) is None
    assert sessions.find(db, second) is not None
    assert sessions.end_all(db, ada, bob) == 1
    assert sessions.find(db, second) is None
    assert sessions.of_person(db, ada) == []
    assert sessions.find(db, bobs) is not None
    ends = db.scalars(
        select(Event).where(Event.kind.in_(["session_ended", "sessions_ended"])).order_by(Event.id)
    )
    assert [(one.person_id, one.detail["person"]) for one in ends] == [(ada.id, ada.id), (bob.id, ada.id)]


def test_who_is_merged_stays_signed_in_as_who_they_are_now(db: Session) -> None:
    owner, twice, once = (
        people.owner(db),
        people.new_person(db, "Ada (phone)", "friend"),
        people.new_person(db, "Ada", "friend"),
    )
    over, _ = begun(db, twice)
    credentials.replace_link(db, twice, owner)
    secret, row = begun(db, twice)
    passed, token = credentials.add_token(db, twice, None)
    people.merge(db, twice, once, owner)
    db.flush()
    db.expire_all()
    found = sessions.find(db, secret)
    assert found is not None
    assert found.person is once
    assert sessions.find(db, over) is None, "the merge revives no session"
    assert [one.id for one in sessions.of_person(db, once)] == [row.id]
    assert [one.id for one, _ in credentials.tokens(db, once)] == [token.id]
    assert sessions.still_stands(db, row.id)
    late, straggler = sessions.begin(db, twice, "invitation", "")  # the merge came in between
    assert sessions.find(db, late).person is once
    sessions.end_all(db, once, owner)
    assert sessions.find(db, secret) is None
    assert sessions.find(db, late) is None, "with the one that a link of then began"
    assert not sessions.still_stands(db, straggler.id)
    assert credentials.person_of_token(db, passed) is once


def test_use_is_noted_each_minute_and_keeps_a_session_for_a_year_at_most(db: Session) -> None:
    _, row = begun(db, people.new_person(db, "Ada", "friend"))
    assert not sessions.touch(db, row)
    row.seen_at = now() - timedelta(minutes=2)
    row.created_at = now() - timedelta(days=360)
    assert sessions.touch(db, row)
    assert now() - row.seen_at < timedelta(seconds=30)
    assert row.expires_at == row.created_at + sessions.LONGEST
    row.ended_at = now() - timedelta(days=29)
    db.flush()
    sessions.tidy(db)
    assert db.get(BrowserSession, row.id) is not None
    row.ended_at = now() - timedelta(days=31)
    db.flush()
    sessions.tidy(db)
    db.expire_all()
    assert db.scalars(select(BrowserSession)).all() == []


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Version/17.5 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("<script>alert(1)</script>", ""),
    ],
)  # fmt: skip
def test_a_device_is_named_by_its_browser_and_system(agent: str, name: str) -> None:
    assert device_name(agent) == name
