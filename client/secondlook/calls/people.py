"""People and their tokens."""

from secondlook.call import Call
from secondlook.results import Page, Person, Token


def list_people(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Person]]:
    """People by id, with how much they gave."""
    return Call("GET", "/people", {"cursor": cursor, "limit": limit})


def delete_person(person_id: int) -> Call[None]:
    """Erase a person with all their photos."""
    return Call("DELETE", f"/people/{person_id}")


def list_tokens(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Token]]:
    """The valid tokens, newest first: an owner sees everybody's, others their own."""
    return Call("GET", "/tokens", {"cursor": cursor, "limit": limit})


def revoke_token(token_id: int) -> Call[None]:
    """Revoke a token: one's own, and an owner anybody's."""
    return Call("DELETE", f"/tokens/{token_id}")
