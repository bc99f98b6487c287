"""`flask import`: photos from files on this machine."""

from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.progress import track
from sqlalchemy.orm import Session

from db import classes
from db.errors import Refused
from labeller.answers.folder_import import Conflict, FolderImport
from labeller.people import find, people
from labeller.uploads import import_folder
from web.cli.console import console, sentence, workbench_session
from web.cli.detect import wait_for_faces


@click.command("import")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "_format", type=click.Choice(["folders"]), default="folders", show_default=True)
@click.option(
    "--person", help="Whose photos these are, by name or #id; without it each counts as a person of its own."
)
def import_(path: Path, _format: str, person: str | None) -> None:
    """Import photos from PATH/CLASS/…; the folder's name becomes the label of the one obvious face.

    Importing again continues where it stopped: what is there already is not sent twice.
    """
    with workbench_session() as session:
        result = _import_files(session, path, person)
        for line in (*result.conflicts, *result.refusals):
            click.echo(line, err=True)
        conflicts = f" {len(result.conflicts)} labels in conflict." if result.conflicts else ""
        summary = f"{result.new} new photos, {result.known} known already, {len(result.refusals)} refused."
        click.echo(summary + conflicts)
        wait_for_faces(session)


@dataclass
class _Imported:
    """The number of new and of known photos, and a line for each conflict and each refused file."""

    new: int = 0
    known: int = 0
    conflicts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def _import_files(session: Session, path: Path, person: str | None) -> _Imported:
    """Import every photo below `path`."""
    files = import_folder.labelled_files(path, classes.read(session))
    owner = people.owner(session)
    depicted = find.named_or_new(session, person) if person else None
    session.commit()
    folder_import, result = FolderImport(session, path, owner, depicted), _Imported()
    for file, label in track(files, "Reading", console=console, disable=not console.is_terminal):
        try:
            received, conflict = folder_import.take(file, label)
        except Refused as error:
            session.rollback()
            result.refusals.append(f"{file}: {sentence(error)}")
            continue
        result.new += received.created
        result.known += not received.created
        if conflict is not None:
            result.conflicts.append(_conflict_line(conflict))
    return result


def _conflict_line(conflict: Conflict) -> str:
    first = conflict.first or "a photo sent before"
    same = f"{conflict.second} is the same picture as {first}"
    labels = f"“{conflict.second_label}” against “{conflict.first_label}”"
    what = "settle it under Disagreements" if conflict.disputed else "the new label counts; it can be undone"
    return f"{same}: {labels}; {what}."


COMMANDS = (import_,)
