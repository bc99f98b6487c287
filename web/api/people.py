"""Who takes part, over JSON."""

from typing import Any

from apiflask import APIBlueprint

from labeller.erasure.mark import mark_person
from labeller.people import people
from labeller.reports import counts
from web.api import people_schemas
from web.api.paging import PageQuery, cut
from web.auth.identity import me
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


@blueprint.delete("/people/<int:person_id>")
@blueprint.output({}, status_code=202)
@blueprint.doc(security="token")
def delete_person(person_id: int) -> Any:
    """Erase a person with all their photos. They are hidden at once, and gone within seconds."""
    mark_person(db(), people.get_person(db(), person_id), me())
    db().commit()
    return {}


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
