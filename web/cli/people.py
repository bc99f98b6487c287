"""`flask invite` and `flask token`: ways into the workbench."""

import click

from labeller.people import credentials, invites, people
from web.auth.links import invitation_url
from web.cli.console import as_json, show, workbench_session


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
@click.option("--role", required=True, type=click.Choice(["owner", "labeller", "friend"]))
@click.option("--person", help="Whose token; without it a new person is made.")
@as_json
def token(role: str, person: str | None, json_: bool) -> None:
    """Make a token for the JSON API. It is shown only now."""
    with workbench_session() as session:
        secret, holder = credentials.issue_token(session, role, person)
        session.commit()
    show({"token": secret, "person": holder.name}, f"{secret}\n(for {holder.name})", json_)


COMMANDS = (invite, token)
