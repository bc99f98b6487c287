"""`flask import`: datasets from files on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from sqlalchemy.orm import Session

from db import audit
from db.models import Photo
from db.texts import number_of
from labeller.formats import formats
from labeller.formats.records import PhotoRecord
from labeller.imports.check import check
from labeller.imports.dataset import Dataset, Wanted, opened
from labeller.imports.report import Report
from labeller.imports.run import import_records
from labeller.imports.take import Importer
from labeller.people import find, people
from web.cli.console import console, workbench_session
from web.cli.detect import wait_for_faces

LEFT_OUT = 3
"""The exit code when the import went through, and something was left out that a person would miss."""


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "format_",
    metavar="|".join(one.name for one in formats.OFFERED),
    help="Found out and said, if not given.",
)
@click.option(
    "--person",
    help="Whose photos these are, by name or #id, where the dataset names nobody; else each is a person of"
    " its own.",
)
@click.option(
    "--map", "pairs", multiple=True, metavar="NAME=CLASS", help="A name of the dataset is this class."
)
@click.option(
    "--voc-base", type=click.Choice(["0", "1"]), help="Of Pascal VOC: the number of the first pixel."
)
@click.option(
    "--crops/--photos", default=None, help="Of folders: each picture is one face, cut out; or a whole photo."
)
@click.option(
    "--empty-is-looked-at/--empty-is-not-looked-at",
    default=None,
    help="Whether a photo without a box was looked at, where the format cannot tell.",
)
@click.option(
    "--normalised/--pixels", default=None, help="Of CSV: boxes in shares of the picture, or pixels."
)
@click.option("--dry-run", is_flag=True, help="Read and check everything; write nothing.")
def import_(path: Path, format_: str | None, person: str | None, dry_run: bool, **options: Any) -> None:
    """Import a dataset: a folder, a zip or tar, or a label file with its pictures beside it.

    Everything is read and checked before the first photo is taken. Importing again continues where it
    stopped: what is there already is not taken twice.
    """
    wanted = Wanted(path.absolute(), format_, _options(**options))
    report = Report()
    with workbench_session() as session, Progress(console=console, disable=not console.is_terminal) as bar:
        photos = _Import(session, report, bar).run(wanted, person, dry_run=dry_run)
    click.echo(f"{number_of(photos, 'photo')} could be imported." if dry_run else _summary(report))
    if not dry_run:
        with workbench_session() as session:
            wait_for_faces(session)
    if report.has_gaps:
        raise SystemExit(LEFT_OUT)


@dataclass(frozen=True)
class _Import:
    """An import with its progress on the terminal; what is said goes to the error output."""

    session: Session
    report: Report
    bar: Progress

    def run(self, wanted: Wanted, person: str | None, *, dry_run: bool) -> int:
        """Read and check everything, then import it unless `dry_run`; returns the number of photos."""
        task = self.bar.add_task("Reading", total=None)
        with opened(self.session, wanted, lambda share: self.bar.update(task, completed=share)) as dataset:
            if wanted.format is None:
                click.echo(f"Format: {dataset.format.title}.", err=True)
            first = self.report if dry_run else Report()
            checked = check(self.session, dataset, lambda n: self.bar.update(task, completed=n), first)
            self.bar.remove_task(task)
            if not dry_run:
                self._take(dataset, person, checked.records)
        self._show_lines()
        return checked.photos

    def _take(self, dataset: Dataset, person: str | None, records: int) -> None:
        """Take all records, with a commit for each photo."""
        owner = people.owner(self.session)
        depicted = find.named_or_new(self.session, person) if person else None
        audit.note(self.session, "dataset_read", None, format=dataset.format.name)
        self.session.commit()
        task = self.bar.add_task("Importing", total=records)

        def on_step(number: int, _record: PhotoRecord | None, _photo: Photo | None) -> None:
            self.session.commit()
            self._show_lines()
            self.bar.update(task, completed=number)

        importer = Importer(self.session, dataset, owner, depicted, self.report)
        import_records(dataset, importer, self.report, on_step)

    def _show_lines(self) -> None:
        for line in self.report.take():
            one = line.problem
            where = ", ".join(part for part in (one.file, one.place) if part)
            click.echo(": ".join(part for part in (one.remark, where, one.message) if part), err=True)


def _options(pairs: Sequence[str], **options: Any) -> dict[str, Any]:
    """The options as `labeller.imports.options` has them. Raises BadParameter for a pair without `=`."""
    given = {name: value for name, value in options.items() if value is not None}
    if "voc_base" in given:
        given["voc_base"] = int(given["voc_base"])
    mapping = {}
    for pair in pairs:
        name, equals, target = pair.rpartition("=")
        if not equals or not name:
            raise click.BadParameter(f"“{pair}” needs the form NAME=CLASS.", param_hint="--map")
        mapping[name] = target
    return given | ({"mapping": mapping} if mapping else {})


def _summary(report: Report) -> str:
    counts = report.counts
    new, faces = number_of(counts["new"], "new photo"), number_of(counts["faces"], "face")
    text = f"{new}, {counts['known']} known already, {faces} taken"
    return f"{text}; {counts['skipped']} left out, {counts['conflict']} in conflict."


COMMANDS = (import_,)
