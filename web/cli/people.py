"""`flask invite` and `flask token`: ways into the workbench."""

from typing import Any

import click
from sqlalchemy.orm import Session

from labeller.people import credentials, invites, people
from web.api.tokens import token_out
from web.auth.links import invitation_url
from web.cli.console import as_json, show, workbench_session
from web.input import MAX_ID


@click.command()
@click.option("--role", required=True, type=click.Choice(["owner", "labeller", "friend"]))
@click.option("--days", default=invites.DAYS, show_default=True, help="How long the link is good.")
@click.option(
    "--uses", type=int, help="How many people it serves: by default 50 friends, or one of the team."
)
@click.option("--note", default="", help="What it is for; only owners see it.")
@as_json
def invite(role: str, days: int, uses: int | None, note: str, json_: bool) -> None:
    """Make an invitation link."""
    with workbench_session() as session:
        person = people.owner(session) if role == "owner" else None
        secret, invitation = invites.create_invite(session, role, person, invites.Terms(uses, days, note))
        session.commit()
    url, expires = invitation_url(secret), invitation.expires_at
    show({"url": url, "expires": expires.isoformat()}, f"{url}\n(good until {expires:%d %B %Y})", json_)


@click.command()
@click.option("--role", type=click.Choice(["owner", "labeller", "friend"]), help="Of whom it is for.")
@click.option("--person", help="Whose token, by name or #id; without it a new person is made.")
@click.option("--name", default="", help="What it is for.")
@click.option("--days", default=credentials.TOKEN_DAYS, show_default=True, help="How long it is valid.")
@click.option("--scope", type=click.Choice(credentials.SCOPES), default="all", show_default=True)
@click.option("--list", "list_", is_flag=True, help="List the valid tokens instead.")
@click.option(
    "--revoke", type=click.IntRange(1, MAX_ID), metavar="ID", help="Revoke the token of this id instead."
)
@as_json
def token(list_: bool, revoke: int | None, json_: bool, **issued: Any) -> None:
    """Make a token for the JSON API, which is shown only now; or list the tokens, or revoke one."""
    if sum((issued["role"] is not None, list_, revoke is not None)) != 1:
        raise click.UsageError("Give one of --role, --list and --revoke.")
    with workbench_session() as session:
        if list_:
            _list_tokens(session, json_)
        elif revoke is not None:
            credentials.revoke_token(session, revoke, people.owner(session))
            session.commit()
            show({"revoked": revoke}, f"Token {revoke} is revoked.", json_)
        else:
            _issue_token(session, json_, **issued)


def _issue_token(session: Session, json_: bool, role: str, person: str | None, **terms: Any) -> None:
    secret, holder = credentials.issue_token(session, role, person, credentials.Terms(**terms))
    session.commit()
    issued = token_out(*credentials.tokens(session, holder)[0])
    value = {"token": secret, "person": holder.name, "id": issued["id"], "expires": issued["expires"]}
    show(value, f"{secret}\n(for {holder.name}, until {issued['expires'][:10]})", json_)


def _list_tokens(session: Session, json_: bool) -> None:
    items = [token_out(row, holder) for row, holder in credentials.tokens(session)]
    lines = (
        f"{one['id']:>4}  {one['person']} ({one['role']}, {one['scope']})  {one['name'] or '-'}"
        f"  last used {(one['last_used'] or 'never')[:10]}  expires {(one['expires'] or 'never')[:10]}"
        for one in items
    )
    show({"items": items}, "\n".join(lines) or "There are no tokens.", json_)


COMMANDS = (invite, token)
