"""Links and tokens."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Invite, Person, Photo, Token
from db.settings import settings
from labeller.errors import BadAnswer, NotFound, NotInvited
from labeller.people import consent, credentials, invites, people
from labeller.uploads import intake
from tests.factories import draw_face
from tests.pictures import jpeg, portrait


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


def test_consent_has_a_version_and_is_asked_for_again_when_the_text_changes(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = invites.create_invite(db, "friend")
    ada = invites.accept(db, secret, "Ada", consented=True)
    assert (ada.consent_version, consent.needed(ada)) == (consent.version(), False)
    monkeypatch.setattr(settings(), "retention_days", 90)
    assert (consent.RETENTION in consent.wording().promises, consent.wording().days) == (True, 90)
    assert consent.needed(ada)
    consent.agree(db, ada)
    assert not consent.needed(ada)
    given = [event.detail["version"] for event in db.scalars(select(Event).where(Event.kind == "consented"))]
    assert given == ["2026-11", "2026-11/90 days"]


def test_two_who_are_one_become_one_with_all_that_is_theirs(db: Session) -> None:
    owner = people.owner(db)
    twice, once = people.new_person(db, "Ada (phone)", "friend"), people.new_person(db, "Ada", "friend")
    shared = jpeg(portrait(1, True))
    first = intake.receive(db, shared, twice, twice).photo
    twin = intake.receive(db, shared, once, once).photo
    other = intake.receive(db, jpeg(portrait(2, False)), once, once).photo
    more = intake.receive(db, jpeg(portrait(3, False)), twice, twice).photo
    assert len({first.id, twin.id}) == 2, (
        "each friend has a photo of their own, though the bytes are the same"
    )
    more.group.split = "train"
    other.group.split = "locked"
    face = draw_face(db, owner, first, (1, 1, 50, 50), "mask")
    token, _ = credentials.issue_token(db, "friend", "Ada (phone)")
    link = credentials.personal_link(twice)
    db.commit()

    people.merge(db, twice, once, owner)
    db.commit()
    db.expire_all()
    photos = db.scalars(select(Photo).order_by(Photo.id)).all()
    assert {photo.person_id for photo in photos} == {photo.uploaded_by for photo in photos} == {once.id}
    assert face.label == "mask"
    assert credentials.person_of_link(db, link) is credentials.person_of_token(db, token) is once
    assert [person.name for person in people.everyone(db)] == ["Owner", "Ada"]
    assert intake.find_photo(db, hashlib.sha256(shared).hexdigest(), once, once).id == twin.id
    for wrong in (once, owner):
        with pytest.raises(BadAnswer):
            people.merge(db, once, wrong, owner)


def test_the_split_of_two_who_are_one_is_one(db: Session) -> None:
    twice, once = people.new_person(db, "Ada (phone)", "friend"), people.new_person(db, "Ada", "friend")
    learned, held_out = (
        intake.receive(db, jpeg(portrait(seed, False)), person, person).photo
        for seed, person in ((2, twice), (3, once))
    )
    learned.group.split, held_out.group.split = "train", "locked"
    people.merge(db, twice, once, people.owner(db))
    db.commit()
    db.expire_all()
    assert learned.group_id == held_out.group_id
    assert held_out.group.split == "train", "what was trained on is never locked"


def test_a_new_name_is_on_one_line(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    people.rename(db, ada, "  Ada\n Lovelace ")
    assert ada.name == "Ada Lovelace"
    with pytest.raises(BadAnswer):
        people.rename(db, ada, "   ")
