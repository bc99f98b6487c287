"""On whose behalf somebody may send photos."""

import pytest
from sqlalchemy.orm import Session

from db.errors import Forbidden
from labeller.people import people
from labeller.uploads.subject import photo_subject


def test_only_an_owner_may_name_somebody_else(db: Session) -> None:
    owner, ada = people.owner(db), people.new_person(db, "Ada", "friend")
    bob = people.new_person(db, "Bob", "labeller")
    assert photo_subject(db, owner, "Ada", must_consent=False) is ada
    assert photo_subject(db, owner, None, must_consent=False) is None
    assert photo_subject(db, bob, None, must_consent=False) is None
    for sender in (ada, bob):
        with pytest.raises(Forbidden, match="Only the owner"):
            photo_subject(db, sender, "Ada", must_consent=False)


def test_a_friend_sends_photos_of_themselves_after_consenting(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    assert photo_subject(db, ada, None, must_consent=False) is ada
    with pytest.raises(Forbidden, match="not agreed"):
        photo_subject(db, ada, None, must_consent=True)
