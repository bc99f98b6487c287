"""Personal links and bearer tokens."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Invite, Person, Token
from labeller.errors import BadAnswer, NotFound, NotInvited
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


def test_a_token_ends_by_time_revocation_and_role(db: Session) -> None:
    ada, bob, owner = (
        people.new_person(db, "Ada", "labeller"),
        people.new_person(db, "Bob", "friend"),
        people.owner(db),
    )
    secret, token = credentials.add_token(db, ada, ada, credentials.Terms(" nightly\timport ", "read", 3))
    assert (token.name, token.scope, token.role) == ("nightly import", "read", "labeller")
    assert timedelta(days=2) < token.expires_at - now() <= timedelta(days=3)
    assert credentials.find_token(db, secret).token is token
    assert credentials.touch_token(token)
    assert not credentials.touch_token(token), "its use is noted once a minute"
    with pytest.raises(NotFound):
        credentials.revoke_token(db, token.id, bob)
    token.expires_at = now()
    db.flush()
    assert credentials.find_token(db, secret) is None
    token.expires_at = None  # as of those that were issued before tokens expired
    ada.role = "owner"
    db.flush()
    assert credentials.find_token(db, secret) is None, "it does not gain rights with its person"
    ada.role = "labeller"
    db.flush()
    assert credentials.token_still_stands(db, token.id)
    credentials.revoke_token(db, token.id, owner)
    db.flush()
    assert credentials.find_token(db, secret) is None
    assert not credentials.token_still_stands(db, token.id)
    assert credentials.tokens(db) == []
    with pytest.raises(NotFound):
        credentials.revoke_token(db, token.id, owner)
    kinds = list(db.scalars(select(Event.kind).where(Event.kind.like("token%")).order_by(Event.id)))
    assert kinds == ["token_issued", "token_revoked"]


@pytest.mark.parametrize("terms", [("", "all", 0), ("", "all", 4000), ("", "everything", 10)])
def test_a_token_of_impossible_terms_is_not_made(db: Session, terms: tuple[str, str, int]) -> None:
    with pytest.raises(BadAnswer):
        credentials.issue_token(db, "friend", None, credentials.Terms(*terms))
