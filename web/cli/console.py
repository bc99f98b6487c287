"""What the commands share: the terminal, the `--json` option and a session that reports refusals."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db import disk, outages
from db.backup.restore import require_no_unfinished_restore
from db.errors import Refused
from db.migrate import upgrade
from db.session import session_scope

POLL_SECONDS = 0.2
"""How often a command looks whether something it waits for is done."""

console = Console(highlight=False, soft_wrap=True)
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for scripts.")


@contextmanager
def workbench_session() -> Iterator[Session]:
    """A session on a migrated database. A refusal ends the command with one plain line."""
    with in_words():
        require_no_unfinished_restore()
        upgrade()
        with session_scope() as session:
            yield session


@contextmanager
def in_words() -> Iterator[None]:
    """End the command with one line where `explain` knows what to say."""
    try:
        yield
    except (Refused, SQLAlchemyError, OSError, *outages.STORE) as error:
        if (text := explain(error)) is None:
            raise
        raise click.ClickException(text) from error


def explain(error: Exception) -> str | None:
    """What to say of a refusal, a full disk, or a database or store that is away; None of other errors."""
    if isinstance(error, Refused):
        return sentence(error)
    if disk.is_full_error(error):
        return sentence(disk.no_space("Make room, then try again."))
    return sentence(outages.unavailable(error)) if outages.is_outage(error) else None


def sentence(error: Refused) -> str:
    """The message and the hint of a refusal on one line."""
    return f"{error.message} {error.hint}".strip()


def show(value: dict[str, Any], text: str, json_: bool) -> None:
    click.echo(json.dumps(value) if json_ else text)
