"""`flask import` and `flask predict`: photos from files on this machine."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.progress import track
from sqlalchemy.orm import Session

from db import classes
from db.errors import Refused
from db.session import session_scope
from labeller.answers.folder_import import Conflict, FolderImport
from labeller.detection.predictions import request_prediction, wait_for_prediction
from labeller.people import find, people
from labeller.uploads import import_folder
from web.cli.console import as_json, console, sentence, show, workbench_session
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


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@as_json
def predict(paths: tuple[Path, ...], json_: bool) -> None:
    """What the live model sees in photos, or in folders of photos. The workbench must be running."""
    failed = False
    for file in [photo for path in paths for photo in import_folder.photos_below(path)]:
        try:
            run_id, faces = _predict(file)
        except Refused as error:
            failed = True
            click.echo(f"{file}: {sentence(error)}", err=True)
            continue
        text = ", ".join(f"{face['label']} {face['probabilities'][face['label']]:.2f}" for face in faces)
        show({"file": str(file), "run_id": run_id, "faces": faces}, f"{file}: {text or 'no face'}", json_)
    if failed:
        raise SystemExit(1)


def _predict(file: Path) -> tuple[int | None, list[dict[str, Any]]]:
    """The run whose model answered, and its faces. Raises Refused."""
    with session_scope() as session:
        prediction = request_prediction(session, file.read_bytes())
        session.commit()
        done = wait_for_prediction(session, prediction)
        session.commit()
        return done.run_id, done.faces or []


COMMANDS = (import_, predict)
