"""Links and tokens."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Invite, Person, Token
from labeller import invites, people
from labeller.errors import BadAnswer, NotInvited


def test_a_friends_link_makes_friends_who_consented(db: Session) -> None:
    secret, _ = invites.invite(db, "friend")
    with pytest.raises(BadAnswer, match="tick the box"):
        invites.accept(db, secret, "Ada", consented=False)
    with pytest.raises(BadAnswer, match="what to call you"):
        invites.accept(db, secret, "  ", consented=True)
    ada = invites.accept(db, secret, " Ada  L. ", consented=True)
    bob = invites.accept(db, secret, "Bob", consented=True)
    assert (ada.name, ada.role) == ("Ada L.", "friend")
    assert ada.consented_at is not None
    assert ada.id != bob.id


def test_the_owners_link_works_once_and_for_the_same_owner(db: Session) -> None:
    owner = people.owner(db)
    secret, _ = invites.invite(db, "owner", owner)
    assert invites.accept(db, secret, "", consented=False).id == owner.id
    with pytest.raises(NotInvited, match="used already"):
        invites.accept(db, secret, "", consented=False)
    assert people.owner(db).id == owner.id


def test_links_expire_and_wrong_ones_are_refused(db: Session) -> None:
    secret, _ = invites.invite(db, "labeller")
    db.flush()
    db.scalars(select(Invite)).one().expires_at = now() - timedelta(seconds=1)
    db.flush()
    for wrong in (secret, "guess"):
        with pytest.raises(NotInvited):
            invites.find(db, wrong)


def test_secrets_are_kept_hashed(db: Session) -> None:
    link, _ = invites.invite(db, "friend")
    token, holder = people.issue_token(db, "owner", "Grace")
    db.flush()
    assert people.bearer(db, token) is holder
    assert people.bearer(db, token + "x") is None
    kept = db.scalars(select(Invite.token_hash)).all() + db.scalars(select(Token.token_hash)).all()
    assert not {link, token} & set(kept)


def test_a_token_for_a_known_name_is_theirs_and_else_a_new_persons(db: Session) -> None:
    _, first = people.issue_token(db, "labeller", "Grace")
    _, second = people.issue_token(db, "labeller", "Grace")
    _, nameless = people.issue_token(db, "labeller", None)
    assert first is second
    assert nameless is not first
    assert len(db.scalars(select(Person)).all()) == 2
    with pytest.raises(BadAnswer):
        people.issue_token(db, "king", None)
