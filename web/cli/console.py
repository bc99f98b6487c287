"""What the commands share: the terminal, the `--json` option and a session that reports refusals."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db import outages
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
    try:
        require_no_unfinished_restore()
        upgrade()
        with session_scope() as session:
            yield session
    except Refused as error:
        raise click.ClickException(sentence(error)) from error
    except SQLAlchemyError as error:
        if not outages.is_outage(error):
            raise
        raise click.ClickException(sentence(outages.database_away())) from error


def sentence(error: Refused) -> str:
    """The message and the hint of a refusal on one line."""
    return f"{error.message} {error.hint}".strip()


def show(value: dict[str, Any], text: str, json_: bool) -> None:
    click.echo(json.dumps(value) if json_ else text)
