"""People and their tokens."""

from typing import Literal

from secondlook.call import Call, without_none
from secondlook.results import Invitation, NewInvitation, Page, Person, Token


def list_people(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Person]]:
    """People by id, with how much they gave."""
    return Call("GET", "/people", {"cursor": cursor, "limit": limit})


def get_person(person_id: int) -> Call[Person]:
    """One person, with how much they gave."""
    return Call("GET", f"/people/{person_id}")


def rename_person(person_id: int, name: str) -> Call[Person]:
    """Give a person another name."""
    return Call("PATCH", f"/people/{person_id}", json={"name": name})


def merge_person(person_id: int, into: int) -> Call[Person]:
    """Say that this person is another one. It cannot be undone."""
    return Call("POST", f"/people/{person_id}/merge", json={"into": into})


def list_invitations(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Invitation]]:
    """The last links by which people join, newest first."""
    return Call("GET", "/invitations", {"cursor": cursor, "limit": limit})


def invite_people(
    role: Literal["labeller", "friend"] = "friend",
    *,
    uses: int | None = None,
    days: int | None = None,
    note: str | None = None,
) -> Call[NewInvitation]:
    """Make a link by which people join. It is shown only now."""
    return Call("POST", "/invitations", json=without_none(role=role, uses=uses, days=days, note=note))


def revoke_invitation(invitation_id: int) -> Call[None]:
    """End a link; who joined by it stays."""
    return Call("DELETE", f"/invitations/{invitation_id}")


def delete_person(person_id: int) -> Call[None]:
    """Erase a person with all their photos."""
    return Call("DELETE", f"/people/{person_id}")


def list_tokens(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Token]]:
    """The valid tokens, newest first: an owner sees everybody's, others their own."""
    return Call("GET", "/tokens", {"cursor": cursor, "limit": limit})


def revoke_token(token_id: int) -> Call[None]:
    """Revoke a token: one's own, and an owner anybody's."""
    return Call("DELETE", f"/tokens/{token_id}")
