"""Invitations: whom they let in, how often and until when."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Invite
from labeller.erasure.mark import mark_person
from labeller.errors import BadAnswer, NotFound, NotInvited
from labeller.people import invites, people


def test_a_friends_link_makes_friends_who_consented(db: Session) -> None:
    secret, _ = invites.create_invite(db, "friend")
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
    secret, _ = invites.create_invite(db, "owner", owner)
    assert invites.accept(db, secret, "", consented=False).id == owner.id
    with pytest.raises(NotInvited, match="used already"):
        invites.accept(db, secret, "", consented=False)
    assert people.owner(db).id == owner.id


def test_links_expire_and_wrong_ones_are_refused(db: Session) -> None:
    secret, _ = invites.create_invite(db, "labeller")
    db.flush()
    db.scalars(select(Invite)).one().expires_at = now() - timedelta(seconds=1)
    db.flush()
    for wrong in (secret, "guess"):
        with pytest.raises(NotInvited):
            invites.find_open(db, wrong)


def test_a_link_has_a_note_a_limit_an_end_and_can_be_revoked(db: Session) -> None:
    secret, made = invites.create_invite(db, "friend", terms=invites.Terms(2, 3, "  the  climbing group "))
    assert (made.note, made.uses_left) == ("the climbing group", 2)
    assert timedelta(days=2) < made.expires_at - now() <= timedelta(days=3)
    ada = invites.accept(db, secret, "Ada", consented=True)
    assert (made.uses, made.uses_left, ada.invite_id) == (1, 1, made.id)
    invites.revoke(db, made.id, people.owner(db))
    with pytest.raises(NotInvited):
        invites.accept(db, secret, "Bob", consented=True)
    assert people.find_person(db, ada.id) is ada, "who came already stays"
    for uses, days in ((0, 1), (1, 0), (2000, 1), (1, 1000)):
        with pytest.raises(BadAnswer):
            invites.create_invite(db, "friend", terms=invites.Terms(uses, days))
    with pytest.raises(NotFound):
        invites.revoke(db, 99, ada)


def test_the_link_of_a_start_lives_minutes_and_voids_those_before(db: Session) -> None:
    owner = people.owner(db)
    by_hand, _ = invites.create_invite(db, "owner", owner)
    first, second = invites.start_link(db, owner), invites.start_link(db, owner)
    with pytest.raises(NotInvited):
        invites.find_open(db, first)
    link = invites.find_open(db, second)
    assert timedelta(minutes=14) < link.expires_at - now() <= timedelta(minutes=15)
    assert invites.accept(db, second, "", consented=False) is owner
    with pytest.raises(NotInvited):
        invites.accept(db, second, "", consented=False)
    invites.find_open(db, by_hand)


def test_a_sign_in_link_follows_its_person_and_their_role(db: Session) -> None:
    owner, grace = people.owner(db), people.new_person(db, "Grace", "owner")
    link, _ = invites.create_invite(db, "owner", grace)
    grace.role = "labeller"
    db.flush()
    with pytest.raises(NotInvited):
        invites.accept(db, link, "", consented=False)
    grace.role = "owner"
    mark_person(db, grace, owner)
    db.expire_all()
    with pytest.raises(NotInvited):
        invites.accept(db, link, "Mallory", consented=False)
    assert [person.name for person in people.everyone(db)] == ["Owner"], "nobody joins by it"
