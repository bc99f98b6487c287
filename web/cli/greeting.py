"""What `flask up` prints once everything runs: the links, how safe they are, and the owner's way in."""

import ssl
import threading
import urllib.error
import urllib.request

import click
from sqlalchemy.exc import SQLAlchemyError

from db.session import session_scope
from db.settings import settings
from labeller.people import invites, people
from web.auth.links import invitation_url
from web.cli.console import explain
from web.serving import addresses, certificates

TRY_AGAIN_SECONDS = 5.0


def greet_when_it_answers(address: str, stop: threading.Event) -> None:
    """Greet once the web process answers at `address`, unless `stop` is set before."""
    while not (answers(address) or stop.wait(0.1)):
        pass
    while not stop.is_set():
        try:
            greet(_owner_link())
        except (SQLAlchemyError, OSError) as error:
            if (text := explain(error)) is None:
                raise
            click.echo(f"The owner's sign-in link comes later. {text}", err=True)
            stop.wait(TRY_AGAIN_SECONDS)
        else:
            return


def answers(address: str) -> bool:
    """Whether the web process is there."""
    anything = ssl.create_default_context()
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE  # it is asked for a sign of life
    try:
        with urllib.request.urlopen(f"{address}/hello", timeout=2, context=anything):  # noqa: S310 - our own
            return True
    except urllib.error.HTTPError:  # it does not trust this name, but it is there
        return True
    except OSError:
        return False


def _owner_link() -> str:
    with session_scope() as session:
        secret = invites.start_link(session, people.owner(session))
        session.commit()
    return secret


def greet(secret: str) -> None:
    """Print it; `secret` is that of the owner's one-time link."""
    own, *others = addresses.links(settings())
    click.echo(f"\n  Second Look is running at  {own}")
    for number, other in enumerate(others):
        click.echo(f"  {'' if number else 'on the same network at':<27}{other}")
    for line in _safety(others):
        click.echo(f"  {line}")
    click.echo(f"\n  Sign in as the owner, once: {invitation_url(secret)}")
    click.echo(
        f"\n  Data: {settings().data}    Logs: {settings().run_dir / 'logs'}    Ctrl-C stops everything\n"
    )


def _safety(others: list[str]) -> list[str]:
    """Lines about TLS."""
    own = settings()
    if not own.serves_tls:
        if addresses.is_for_this_machine_alone(own):
            return []
        return ["This is plain HTTP: anybody on the network can read along. TLS=auto makes it https."]
    if own.tls_cert is not None:
        return []
    page = f"{(others or addresses.links(own))[0]}/certificate"
    return [
        "A phone warns of this address until it trusts this workbench's own certificate, once:",
        f"  {page}    or the file {certificates.authority_file(own)}",
    ]
