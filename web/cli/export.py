"""`flask export`: photos and labels in a format of other tools, into a folder or a zip file."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from db import audit
from db.errors import Conflict
from db.texts import number_of
from labeller.exports import known_formats, source_choice
from labeller.exports.archive_contents import ArchiveContents, contents_of
from labeller.exports.contents import Contents, OnShare, Order
from labeller.exports.folder import ExportFolder
from labeller.exports.report import in_words
from labeller.exports.zip_file import zipped
from labeller.formats import formats
from labeller.people import people
from web.cli.console import console, workbench_session
from web.cli.cutter import cutter


@click.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "format_", required=True, metavar="|".join(one.name for one in formats.OFFERED))
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="FIELD=VALUE",
    help=f"Only photos with a face that fits; all faces of these are written. FIELD is one of "
    f"{', '.join(source_choice.FIELDS)}, as in the gallery. Several may be given.",
)
@click.option("--saved", metavar="NAME", help="Only photos that this saved filter chooses now.")
@click.option("--version", metavar="NAME", help="The photos, boxes, labels and splits of this version.")
@click.option("--crops", is_flag=True, help="A crop of each face as the trainer sees it, instead of photos.")
@click.option("--names", is_flag=True, help="People by their names; else they are person-1, person-2, ….")
def export(
    path: Path, format_: str, filters: tuple[str, ...], crops: bool, names: bool, **sources: str | None
) -> None:
    """Write photos and labels to the folder PATH, or to a zip file if PATH ends in .zip.

    Again into the same folder it goes on where it stopped, and brings the folder up to date. Photos are
    as they are kept: upright, without place and time.
    """
    choice = {"filter": _fields(filters)} | sources
    with workbench_session() as session, ExitStack() as open_, tempfile.TemporaryDirectory() as scratch:
        chosen, format = source_choice.normalised(session, choice), known_formats.find(format_, crops=crops)
        known_formats.require_whole(format, chosen)
        order = Order(
            format,
            source_choice.read(session, chosen),
            names=names,
            cut=open_.enter_context(cutter()) if crops else None,
        )
        contents = contents_of(session, order, Path(scratch))
        with _bar() as on_share:
            kept = _write(path, contents, on_share, {"format": format_, "crops": crops, "source": chosen})
        report = contents.report.as_json(order.format)
        audit.note(session, "export_written", people.owner(session), format=format_, photos=report["photos"])
        session.commit()
    _say(path, report, kept)


def _fields(filters: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in filters]
    if bad := [text for text, (_, equals, _) in zip(filters, pairs, strict=True) if not equals]:
        raise click.BadParameter(f"“{bad[0]}” is not FIELD=VALUE.", param_hint="--filter")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _write(path: Path, contents: Contents | ArchiveContents, on_share: OnShare, what: dict[str, Any]) -> int:
    """Write everything; returns how many files were there already."""
    if path.suffix.lower() == ".zip":
        _write_zip(path, contents, on_share)
        return 0
    with ExportFolder(path, what) as folder:
        for entry in contents.entries(on_share):
            folder.write(entry)
        folder.finish()
        return folder.kept


def _write_zip(path: Path, contents: Contents | ArchiveContents, on_share: OnShare) -> None:
    if path.exists():
        raise Conflict("file_exists", f"{path} is there already.", "Name a new file.")
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb") as file:
            file.writelines(zipped(contents.entries(on_share)))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _bar() -> Iterator[OnShare]:
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Writing", total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _say(path: Path, report: dict[str, Any], kept: int) -> None:
    there = f" {number_of(kept, 'file was', 'files were')} there already." if kept else ""
    click.echo(f"{path}: {in_words(report)}{there}")
    for lost in report["cannot_carry"]:
        click.echo(f"The format cannot carry: {lost}.", err=True)


COMMANDS = (export,)
