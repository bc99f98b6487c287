"""Bearer tokens over JSON: which there are, and ending them."""

from typing import Any

from apiflask import APIBlueprint
from flask import abort

from db.models import Person, Token
from labeller.people import credentials
from web.api import people_schemas
from web.api.paging import cut
from web.auth.identity import me, token
from web.database import db

blueprint = APIBlueprint("api_tokens", __name__, tag="People")


@blueprint.get("/tokens")
@blueprint.input(people_schemas.TokensQuery, location="query")
@blueprint.output(people_schemas.TokensOut)
@blueprint.doc(security="token")
def list_tokens(query_data: people_schemas.TokensQuery) -> Any:
    """The valid tokens, newest first: an owner sees everybody's, others their own."""
    holder = None if me().role == "owner" else me()
    rows = credentials.tokens(db(), holder, query_data.cursor, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda row: row[0].id)
    return {"items": [token_out(*row) for row in shown], "next": after}


@blueprint.delete("/tokens/<int:token_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={404: "There is none of this id that you may revoke."})
def revoke_token(token_id: int) -> Any:
    """Revoke a token: one's own, and an owner anybody's. A token of less scope than all may revoke itself."""
    used = token()
    if used is not None and used.scope != "all" and used.id != token_id:
        abort(403)
    credentials.revoke_token(db(), token_id, me())
    db().commit()
    return ""


def token_out(row: Token, holder: Person) -> dict[str, Any]:
    """A token as the API and the commands return it; never its secret, which is not stored."""
    return {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "scope": row.scope,
        "person": holder.name,
        "person_id": holder.id,
        "created": row.created_at.isoformat(),
        "last_used": row.used_at.isoformat() if row.used_at else None,
        "expires": row.expires_at.isoformat() if row.expires_at else None,
    }
