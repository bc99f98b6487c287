"""All processes tell the time by the database's clock, in UTC, whatever their own clock and zone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from db import clock, jobs
from db.models import Person, Worker

A_MOMENT = timedelta(seconds=5)


class WrongClock(datetime):
    """A machine's clock that is `off`."""

    off = timedelta()

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return datetime.now(UTC) + cls.off


@pytest.fixture(params=[-60, 60])
def off(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> timedelta:
    """How far the clock of this process is off from now on."""
    monkeypatch.setattr(clock, "datetime", WrongClock)
    monkeypatch.setattr(WrongClock, "off", timedelta(seconds=request.param))
    clock.forget()
    return WrongClock.off


on_postgres = pytest.mark.parametrize("db", ["postgres"], indirect=True)


@on_postgres
def test_a_wrong_clock_changes_no_time_that_is_stored_or_compared(off: timedelta, db: Session) -> None:
    db.execute(text("SELECT 1"))
    assert abs(clock.now() - datetime.now(UTC)) < A_MOMENT
    person = Person(name="Ada", role="friend")
    db.add(person)
    db.commit()
    assert abs(person.created_at - datetime.now(UTC)) < A_MOMENT


@on_postgres
def test_a_heartbeat_says_how_far_the_clock_is_off(off: timedelta, db: Session) -> None:
    db.execute(text("SELECT 1"))
    jobs.heartbeat(db, "detect@here", "detect")
    assert abs(timedelta(seconds=db.get_one(Worker, "detect@here").clock_skew) - off) < A_MOMENT
    assert jobs.alive_kinds(db) == {"detect"}


def test_times_are_utc_whatever_the_zone_of_the_server(migrated_postgres: str) -> None:
    with Session(in_zone(migrated_postgres, "Asia/Kolkata")) as session:
        stored = Person(name="Ada", role="friend")
        session.add(stored)
        session.flush()
        session.expire(stored)
        assert stored.created_at.utcoffset() == timedelta()
        assert abs(stored.created_at - datetime.now(UTC)) < A_MOMENT


def test_a_connection_that_follows_the_clock_is_in_utc(migrated_postgres: str) -> None:
    engine = in_zone(migrated_postgres, "Asia/Kolkata")
    clock.follow(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW TimeZone")) == "UTC"


def in_zone(url: str, zone: str) -> Engine:
    """An engine whose connections are in a time zone, as that of a server may be."""
    return create_engine(url, connect_args={"options": f"-c timezone={zone}"})
