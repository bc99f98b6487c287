"""What `flask up` prints once everything runs: the links, how safe they are, and the owner's way in."""

import click

from db.settings import settings
from web.auth.links import invitation_url
from web.serving import addresses, certificates


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
