"""`flask status`, `flask fsck`, `flask config` and `flask migrate`: looking after the workbench."""

from collections.abc import Iterator

import click
from sqlalchemy.orm import Session

from db import integrity, jobs
from db.repair import repair
from db.settings import settings
from db.workbench import live_run
from labeller.photos import lost_views, sandbox
from labeller.photos.torn_groups import join_torn_groups, torn_groups
from labeller.queue.waiting import waiting_by_mode
from labeller.reports import counts
from web.cli.console import as_json, show, workbench_session


@click.command()
@as_json
def status(json_: bool) -> None:
    """What is there, what waits, what runs, and how good the live model is."""
    with workbench_session() as session:
        totals, live = counts.totals(session), live_run(session)
        value = {
            "photos": totals.photos_by_status,
            "faces": totals.faces_by_state,
            "labels": totals.by_label,
            "waiting": waiting_by_mode(session),
            "active_run": live.id if live else None,
            "alive": sorted(jobs.alive_kinds(session)),
        }
    text = "\n".join(f"{name:>10}  {_format(part)}" for name, part in value.items())
    show(value, text, json_)


def _format(part: object) -> str:
    if isinstance(part, dict):
        return ", ".join(f"{count} {name}" for name, count in part.items()) or "none"
    return ", ".join(part) if isinstance(part, list) else str(part if part is not None else "none")


@click.command()
@click.option("--repair", "mend", is_flag=True, help="Mend what can be mended without losing anything.")
def fsck(mend: bool) -> None:
    """Check that every file is there and whole, nothing is half done, and the split holds.

    What is wrong is listed; then the exit code is 1. With --repair, near repeats and photos of a person in
    several groups of the split are joined, lost renditions are made again, what can be computed again is
    removed where it is damaged, and so are files older than a day that nothing names.
    """
    with workbench_session() as session:
        repaired = 0
        for line in _repair(session) if mend else ():
            click.echo(f"Repaired: {line}")
            repaired += 1
        problems = [*integrity.find_problems(session), *torn_groups(session)]
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo("What can be mended, this mends: flask fsck --repair" if not mend else "That is left.")
        raise SystemExit(1)
    click.echo("Nothing else is wrong." if repaired else "Nothing is wrong.")


def _repair(session: Session) -> Iterator[str]:
    yield from join_torn_groups(session)
    session.commit()
    yield from lost_views.make_again(session)
    yield from repair(session)


@click.command()
def config() -> None:
    """The settings in force; secrets are hidden."""
    for name, value in settings().model_dump().items():
        click.echo(f"{name.upper()}={value}")
    click.echo(f"# Decoders of photos are locked in by: {', '.join(sandbox.guards())}")


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema (make run does it by itself)."""
    with workbench_session():
        pass


COMMANDS = (status, fsck, config, migrate)
