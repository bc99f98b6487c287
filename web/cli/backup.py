"""`flask backup` and `flask restore`: all of a workbench in one file, and a workbench of such a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from db.backup import create
from db.backup.restore import restore as restore_backup
from db.models import Event
from db.texts import number_of
from web.cli.console import console, in_words, workbench_session


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write everything of the workbench to FILE, also while it runs; FILE must be new.

    It holds all photos, names and the key that signs links and models: keep it as safe as the workbench.
    """
    if not file.parent.is_dir():
        raise click.ClickException(f"There is no folder {file.parent}.")
    with workbench_session() as session, _bar("Backing up") as on_share:
        made = create.back_up_to(file.absolute(), on_share)
        session.add(Event(kind="backup_made", detail={"bytes": made.size}))
        session.commit()
    click.echo(f"{file}: {create.megabytes(made.size)}, {_contents(made.counts)}.")
    click.echo("It also holds the secret key; only you can read the file. Keep it as safe as the workbench.")
    _say_missing(made.missing)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Make a workbench of a backup: in a new folder (DATA) or in an empty database and file store.

    Restore only what you made yourself: whoever made the file could have put any model into it.
    """
    with in_words(), _bar("Restoring") as on_share:
        restored = restore_backup(file, on_share)
    click.echo(f"Restored: {_contents(restored.counts)}. Start it as ever.")
    _say_missing(restored.missing)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[float], None]]:
    """A progress bar; yields what to call with the share that is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _contents(counts: dict[str, int]) -> str:
    parts = [number_of(counts.get(table, 0), table) for table in ("photo", "face", "answer", "run")]
    return ", ".join(parts)


def _say_missing(missing: int) -> None:
    if missing:
        files = number_of(missing, "stored file was", "stored files were")
        click.echo(f"{files} missing or damaged before; see flask fsck.", err=True)


COMMANDS = (backup, restore)
