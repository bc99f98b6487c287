"""Personal links and bearer tokens."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invite, Person, Token
from labeller.errors import BadAnswer, NotInvited
from labeller.people import credentials, invites, people


def test_secrets_are_kept_hashed(db: Session) -> None:
    link, _ = invites.create_invite(db, "friend")
    token, holder = credentials.issue_token(db, "owner", "Grace")
    db.flush()
    assert credentials.person_of_token(db, token) is holder
    assert credentials.person_of_token(db, token + "x") is None
    kept = db.scalars(select(Invite.token_hash)).all() + db.scalars(select(Token.token_hash)).all()
    assert not {link, token} & set(kept)


def test_a_token_for_a_known_name_is_theirs_and_else_a_new_persons(db: Session) -> None:
    _, first = credentials.issue_token(db, "labeller", "Grace")
    _, second = credentials.issue_token(db, "labeller", "Grace")
    _, nameless = credentials.issue_token(db, "labeller", None)
    assert first is second
    assert nameless is not first
    assert len(db.scalars(select(Person)).all()) == 2
    with pytest.raises(BadAnswer):
        credentials.issue_token(db, "king", None)


def test_the_personal_link_signs_in_until_it_is_replaced(db: Session) -> None:
    ada, owner = people.new_person(db, "Ada", "friend"), people.owner(db)
    link = credentials.personal_link(ada)
    assert credentials.person_of_link(db, link) is ada
    assert credentials.personal_link(ada) == link, "it can be shown again"
    credentials.replace_link(db, ada, owner)
    for wrong in (link, "guess", link[:-1], credentials.personal_link(ada)[::-1]):
        with pytest.raises(NotInvited):
            credentials.person_of_link(db, wrong)
    assert credentials.person_of_link(db, credentials.personal_link(ada)) is ada
