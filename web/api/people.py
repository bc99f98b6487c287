"""Who takes part, over JSON."""

from typing import Any

from apiflask import APIBlueprint

from db.models import Invite
from labeller.erasure.mark import mark_person
from labeller.people import invites, people
from labeller.reports import counts
from web.api import people_schemas
from web.api.paging import PageQuery, cut
from web.auth.identity import me
from web.auth.links import invitation_url
from web.database import db

blueprint = APIBlueprint("api_people", __name__, tag="People")


@blueprint.get("/people")
@blueprint.input(PageQuery, location="query")
@blueprint.output(people_schemas.PeopleOut)
@blueprint.doc(security="token")
def list_people(query_data: PageQuery) -> Any:
    """People by id, with how much they gave."""
    rows = counts.counts_by_person(db(), query_data.cursor, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda row: row.person.id)
    return {"items": [person_out(row) for row in shown], "next": after}


@blueprint.get("/people/<int:person_id>")
@blueprint.output(people_schemas.PersonOut)
@blueprint.doc(security="token")
def get_person(person_id: int) -> Any:
    """One person, with how much they gave."""
    return person_out(counts.counts_of(db(), people.get_person(db(), person_id)))


@blueprint.patch("/people/<int:person_id>")
@blueprint.input(people_schemas.NameIn)
@blueprint.output(people_schemas.PersonOut)
@blueprint.doc(security="token")
def rename_person(person_id: int, json_data: people_schemas.NameIn) -> Any:
    """Give a person another name."""
    person = people.get_person(db(), person_id)
    people.rename(db(), person, json_data.name, me())
    db().commit()
    return person_out(counts.counts_of(db(), person))


@blueprint.post("/people/<int:person_id>/merge")
@blueprint.input(people_schemas.MergePersonIn)
@blueprint.output(people_schemas.PersonOut)
@blueprint.doc(security="token")
def merge_person(person_id: int, json_data: people_schemas.MergePersonIn) -> Any:
    """Say that this person is another one, who gets all that was theirs. It cannot be undone."""
    into = people.get_person(db(), json_data.into)
    people.merge(db(), people.get_person(db(), person_id), into, me())
    db().commit()
    return person_out(counts.counts_of(db(), into))


@blueprint.delete("/people/<int:person_id>")
@blueprint.output({}, status_code=202)
@blueprint.doc(security="token")
def delete_person(person_id: int) -> Any:
    """Erase a person with all their photos. They are hidden at once, and gone within seconds."""
    mark_person(db(), people.get_person(db(), person_id), me())
    db().commit()
    return {}


@blueprint.get("/invitations")
@blueprint.input(PageQuery, location="query")
@blueprint.output(people_schemas.InvitationsOut)
@blueprint.doc(security="token")
def list_invitations(query_data: PageQuery) -> Any:
    """The last links by which people join, newest first; never their secrets, which are not stored."""
    rows = invites.invites_for_new_people(db())
    rows = [row for row in rows if not query_data.cursor or row.id < query_data.cursor]
    shown, after = cut(rows, query_data.limit, lambda row: row.id)
    return {"items": [_invitation_out(row) for row in shown], "next": after}


@blueprint.post("/invitations")
@blueprint.input(people_schemas.InvitationIn)
@blueprint.output(people_schemas.NewInvitation, status_code=201)
@blueprint.doc(security="token")
def invite_people(json_data: people_schemas.InvitationIn) -> Any:
    """Make a link by which people join. It is shown only now. Owners are invited in a browser."""
    terms = invites.Terms(json_data.uses, json_data.days, json_data.note)
    secret, invitation = invites.create_invite(db(), json_data.role, terms=terms, by=me())
    db().commit()
    return _invitation_out(invitation) | {"url": invitation_url(secret)}


@blueprint.delete("/invitations/<int:invitation_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def revoke_invitation(invitation_id: int) -> Any:
    """End a link; who joined by it stays."""
    invites.revoke(db(), invitation_id, me())
    db().commit()
    return ""


def _invitation_out(invitation: Invite) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "role": invitation.role,
        "note": invitation.note,
        "uses": invitation.uses,
        "uses_left": invitation.uses_left,
        "open": invites.is_open(invitation),
        "expires": invitation.expires_at.isoformat(),
    }


def person_out(row: counts.PersonCounts) -> dict[str, Any]:
    person, consented = row.person, row.person.consented_at
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "photos": row.photos,
        "faces": row.faces,
        "answers": row.answers,
        "consented_at": consented.isoformat() if consented else None,
        "consent_version": person.consent_version,
    }
