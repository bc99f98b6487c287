"""Who may try a model."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import Forbidden
from db.models import Event, Person
from labeller.people import people
from labeller.people.trying import may_try, require_may_try, set_friends_may_try


def test_friends_may_try_models_only_where_the_owner_lets_them(db: Session, ada: Person) -> None:
    owner, friend = people.owner(db), people.new_person(db, "Finn", "friend")
    assert [may_try(db, person) for person in (owner, ada, friend)] == [True, True, False]
    with pytest.raises(Forbidden, match="may not try"):
        require_may_try(db, friend)
    for allowed in (True, True, False):
        set_friends_may_try(db, allowed, owner)
        assert [may_try(db, person) for person in (owner, ada, friend)] == [True, True, allowed]
    kinds = select(Event.kind, Event.person_id).where(Event.kind.startswith("trying"))
    assert db.execute(kinds).tuples().all() == [("trying_allowed", owner.id), ("trying_forbidden", owner.id)]
