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


def test_a_refusal_says_why_and_what_to_do(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    refusals = []
    for name, must_consent in (("Bob", True), (None, True)):
        with pytest.raises(Forbidden) as refused:
            photo_subject(db, ada, name, must_consent=must_consent)
        error = refused.value
        refusals.append((error.code, error.message, error.hint or ""))
    assert refusals == [
        ("not_the_owner", "Only the owner may send photos on a friend's behalf.", ""),
        ("no_consent", "You have not agreed to this yet.", "Reload the page and read it first."),
    ]
