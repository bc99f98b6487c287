"""Equal pictures that are sent, turned and deleted at the same time: no photo loses its file."""

import functools
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from db.models import SHOWN, Photo
from db.session import session_scope
from db.storage import MissingFile, blobs
from labeller.erasure.finish import erase_photo, finish_pending
from labeller.erasure.mark import mark_photos
from labeller.errors import CannotTurn
from labeller.people import people
from labeller.uploads import intake
from labeller.uploads.turn_photo import turn_photo
from tests.hostile_files import encode
from tests.pictures import portrait

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SECONDS = 10


@functools.cache
def _files() -> list[bytes]:
    """Two pictures, each as three files with other bytes and the same pixels."""
    return [
        encode(portrait(seed, False), "PNG", compress_level=level) for seed in (1, 2) for level in (1, 6, 9)
    ]


def send(session: Session, rng: random.Random) -> None:
    intake.receive(session, rng.choice(_files()), people.owner(session)).photo.status = "ready"
    session.commit()


def delete(session: Session, rng: random.Random) -> None:
    for photo in session.scalars(select(Photo).where(SHOWN).limit(1)):
        mark_photos(session, Photo.id == photo.id, None)
        session.commit()
        erase_photo(session, photo)


def turn(session: Session, rng: random.Random) -> None:
    for photo in session.scalars(select(Photo).where(SHOWN).limit(1)):
        turn_photo(session, photo, 90, people.owner(session))
        photo.status = "ready"
        session.commit()


def tidy(session: Session, rng: random.Random) -> None:
    finish_pending(session)
    time.sleep(0.2)


@pytest.mark.full_size
def test_no_photo_loses_its_file(db: Session) -> None:
    people.owner(db)
    db.commit()
    end = time.monotonic() + SECONDS

    def keep_on(do: Callable[[Session, random.Random], None], seed: int) -> int:
        rng, count = random.Random(seed), 0
        while time.monotonic() < end:
            with session_scope() as session:
                try:
                    do(session, rng)
                    count += 1
                except (CannotTurn, IntegrityError, MissingFile, StaleDataError):
                    pass  # it is refused, since it is being deleted at that moment
        return count

    kinds = [send, send, delete, turn, tidy]
    with ThreadPoolExecutor(len(kinds)) as pool:
        counts = list(pool.map(keep_on, kinds, range(len(kinds))))
    assert all(counts)
    db.rollback()
    finish_pending(db)
    photos = db.scalars(select(Photo).where(SHOWN)).all()
    assert all(blobs().has(key) for photo in photos for key in (photo.blob, photo.view_blob))
