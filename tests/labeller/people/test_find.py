"""Finding a person: an id or a name that one person has; a name that several share is a question."""

import pytest
from sqlalchemy.orm import Session

from labeller.errors import AmbiguousPerson, BadAnswer, NotFound
from labeller.people import credentials, find, people


def test_two_of_a_name_are_a_question_and_an_id_is_the_answer(db: Session) -> None:
    first = people.new_person(db, "Anna", "friend")
    assert find.named_or_new(db, " Anna ") is first
    second = people.new_person(db, "Anna", "friend")
    with pytest.raises(AmbiguousPerson) as question:
        find.named_or_new(db, "Anna")
    assert question.value.code == "ambiguous_person"
    assert [one["id"] for one in question.value.detail["candidates"]] == [first.id, second.id]
    assert f"Anna #{second.id}" in question.value.hint
    for reference in (str(second.id), f"#{second.id}", f"Anna #{second.id}", f"Anna#{second.id}"):
        assert find.named_or_new(db, reference) is second
    with pytest.raises(AmbiguousPerson):
        credentials.issue_token(db, "friend", "Anna")
    people.merge(db, second, first, people.owner(db))
    assert find.named_or_new(db, "Anna") is first


def test_an_id_never_makes_a_person_and_a_name_of_digits_takes_nobodys_id(db: Session) -> None:
    owner = people.owner(db)
    for unknown in ("99", "#99", "9" * 30, f"Anna #{owner.id}"):
        with pytest.raises(NotFound):
            find.named_or_new(db, unknown)
    digits = people.new_person(db, str(owner.id), "friend")
    with pytest.raises(AmbiguousPerson):
        find.named(db, str(owner.id))
    assert find.named(db, f"#{owner.id}") is owner
    assert find.named(db, f"{owner.id} #{digits.id}") is digits
    claims = people.new_person(db, f"Owner #{owner.id}", "friend")
    assert find.named(db, f"Owner #{owner.id}") is owner, "a name that looks like an id gets nothing"
    assert find.named(db, f"{claims.name} #{claims.id}") is claims
    with pytest.raises(BadAnswer):
        find.named(db, "  ")


def test_an_id_after_the_longest_name_is_read(db: Session) -> None:
    longest = people.new_person(db, "Anna " * 15 + "Annas", "friend")
    assert len(longest.name) == people.LONGEST_NAME
    assert find.named_or_new(db, f"{longest.name} #{longest.id}") is longest
    with pytest.raises(NotFound):
        find.named_or_new(db, f"{longest.name}x #{longest.id}")


def test_a_role_narrows_the_name_and_the_unknown_is_made_with_it(db: Session) -> None:
    friend, labeller = people.new_person(db, "Anna", "friend"), people.new_person(db, "Anna", "labeller")
    assert find.named(db, "Anna", "friend") is friend
    assert find.named(db, "Anna", "labeller") is labeller
    assert find.named(db, "Anna", "owner") is None
    with pytest.raises(NotFound):
        find.named(db, f"#{friend.id}", "labeller")
    assert find.named_or_new(db, "Berta").role == "friend"
