"""The `flask` commands. Each works on the data folder while the workbench runs."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from rich.console import Console
from rich.progress import Progress, track
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import classes, integrity, jobs
from db.base import OPEN
from db.errors import Refused
from db.migrate import upgrade
from db.models import Photo, Run
from db.session import session_scope
from db.settings import settings
from db.workbench import live_run
from labeller.detection import predictions
from labeller.people import invites, people
from labeller.queue import queue
from labeller.reports import counts
from labeller.uploads import import_folder
from trainer.data.recipe import PRESETS
from trainer.runs import requests
from web.auth.links import invitation_url
from web.cli.simulate import simulate
from web.cli.subprocess_lines import ChildFailed, lines
from web.cli.up import up

console = Console(highlight=False, soft_wrap=True)
as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for scripts.")
RUN_POLL = 0.2
REPLAYED_ALIKE = 1e-3
"""Figures of a replay may differ so much: another number of threads adds up in another order."""


def init_app(app: Flask) -> None:
    for command in (
        up,
        invite,
        token,
        import_,
        retrain,
        promote,
        replay,
        simulate,
        predict,
        status,
        fsck,
        config,
        migrate,
    ):
        app.cli.add_command(command)


@contextmanager
def _workbench() -> Iterator[Session]:
    """A session on an up-to-date database; a refusal becomes one plain line."""
    upgrade()
    try:
        with session_scope() as session:
            yield session
    except Refused as error:
        raise click.ClickException(f"{error.message} {error.hint}".strip()) from error


def _show(value: dict[str, Any], text: str, json_: bool) -> None:
    click.echo(json.dumps(value) if json_ else text)


@click.command()
@click.option("--role", required=True, type=click.Choice(["owner", "labeller", "friend"]))
@click.option("--days", default=invites.DAYS, show_default=True, help="How long the link is good.")
@click.option(
    "--uses", type=int, help="How many people it serves: by default 50 friends, or one of the team."
)
@click.option("--note", default="", help="What it is for; only owners see it.")
@as_json
def invite(role: str, days: int, uses: int | None, note: str, json_: bool) -> None:
    """Make an invitation link."""
    with _workbench() as session:
        person = people.owner(session) if role == "owner" else None
        secret, made = invites.invite(session, role, person, uses, days, note)
        session.commit()
    url, expires = invitation_url(secret), made.expires_at
    _show({"url": url, "expires": expires.isoformat()}, f"{url}\n(good until {expires:%d %B %Y})", json_)


@click.command()
@click.option("--role", required=True, type=click.Choice(["owner", "labeller", "friend"]))
@click.option("--person", help="Whose token; without it a new person is made.")
@as_json
def token(role: str, person: str | None, json_: bool) -> None:
    """Make a token for the JSON API. It is shown only now."""
    with _workbench() as session:
        secret, holder = people.issue_token(session, role, person)
        session.commit()
    _show({"token": secret, "person": holder.name}, f"{secret}\n(for {holder.name})", json_)


@click.command("import")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "format_", type=click.Choice(["folders"]), default="folders", show_default=True)
@click.option("--person", help="Whose photos these are; without it each counts as a person of its own.")
def import_(path: Path, format_: str, person: str | None) -> None:
    """Import photos from PATH/CLASS/…; the folder's name becomes the label of the one obvious face.

    Importing again continues where it stopped: what is there already is not sent twice.
    """
    with _workbench() as session:
        files = import_folder.labelled_files(path, classes.names(session))
        owner = people.owner(session)
        shown = people.person_named(session, person) if person else None
        session.commit()
        new, known, refused = 0, 0, []
        for file, label in track(files, "Reading", console=console, disable=not console.is_terminal):
            try:
                received = import_folder.take(session, file, label, owner, shown)
            except Refused as error:
                session.rollback()
                refused.append(f"{file}: {error.message} {error.hint}")
                continue
            new, known = new + received.created, known + (not received.created)
        for line in refused:
            click.echo(line, err=True)
        click.echo(f"{new} new photos, {known} known already, {len(refused)} refused.")
        _wait_for_faces(session)


def _wait_for_faces(session: Session) -> None:
    """Show the detection until it is through; the workbench goes on with it if this command is stopped."""

    def waiting() -> int:
        session.rollback()
        return session.scalar(select(func.count(Photo.id)).where(Photo.status.in_(OPEN))) or 0

    total = waiting()
    if total and "detect" not in jobs.alive(session):
        click.echo(f"{total} photos wait for their faces: they are found when the workbench runs (make run).")
        return
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Finding faces", total=total)
        while left := waiting():
            progress.update(task, completed=total - left)
            time.sleep(RUN_POLL)
    failed = session.scalar(select(func.count(Photo.id)).where(Photo.status == "failed")) or 0
    click.echo(f"All photos are done; {failed} failed.")


@click.command()
@click.option("--wait", is_flag=True, help="Wait for the run to end.")
@click.option("--recipe", default="quick", type=click.Choice(list(PRESETS)), help="How to train.")
@as_json
def retrain(wait: bool, recipe: str, json_: bool) -> None:
    """Train on the answers so far."""
    with _workbench() as session:
        run = requests.request_run(session, recipe)
        session.commit()
        while wait and run.status in OPEN:
            time.sleep(RUN_POLL)
            session.rollback()
            session.refresh(run)
        value = {"id": run.id, "status": run.status, "promoted": run.promoted, "reason": run.reason}
        _show(value | {"metrics": run.metrics}, f"Run {run.id}: {run.status}. {_ending(run)}", json_)
    if wait and run.status != "done":
        raise SystemExit(1)


@click.command()
@click.argument("run", type=int)
@click.option("--reason", default="", help="Why; it is shown with the run.")
@as_json
def promote(run: int, reason: str, json_: bool) -> None:
    """Make the model of RUN the live one."""
    with _workbench() as session:
        chosen = requests.get_run(session, run)
        requests.promote(session, chosen, people.owner(session), reason)
        session.commit()
    _show({"id": run, "promoted": True}, f"Run {run} is live.", json_)


@click.command()
@click.argument("run", type=int)
@as_json
def replay(run: int, json_: bool) -> None:
    """Compute the figures of RUN anew, from its manifest, recipe and seed; nothing is changed."""
    with _workbench() as session:
        requests.get_run(session, run)
    try:
        with closing(lines("trainer.runs.replay", run)) as told:
            (found,) = told
    except ChildFailed as error:
        raise click.ClickException(f"The replay of run {run} failed:\n{error}") from error
    alike = found["difference"] <= REPLAYED_ALIKE
    erased = f" {found['missing']} faces were erased since." if found["missing"] else ""
    text = f"Run {run}: figures differ by at most {found['difference']:.2g}.{erased}"
    _show(found | {"alike": alike}, text, json_)
    if not alike:
        raise SystemExit(1)


@click.command()
def fsck() -> None:
    """Check that every file is there and whole, nothing is half done, and the split holds."""
    count = 0
    with _workbench() as session:
        for problem in integrity.problems(session):
            click.echo(problem)
            count += 1
    if count:
        raise SystemExit(1)
    click.echo("Nothing is wrong.")


def _ending(run: Run) -> str:
    return run.reason or run.error or ""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@as_json
def predict(paths: tuple[Path, ...], json_: bool) -> None:
    """What the live model sees in photos, or in folders of photos. The workbench must be running."""
    failed = False
    for file in [found for path in paths for found in import_folder.photos_below(path)]:
        try:
            with session_scope() as session:
                prediction = predictions.request(session, file.read_bytes())
                session.commit()
                done = predictions.wait(session, prediction)
                session.commit()
        except Refused as error:
            failed = True
            click.echo(f"{file}: {error.message} {error.hint}", err=True)
            continue
        faces = done.faces or []
        text = ", ".join(f"{face['label']} {face['probabilities'][face['label']]:.2f}" for face in faces)
        _show(
            {"file": str(file), "run_id": done.run_id, "faces": faces}, f"{file}: {text or 'no face'}", json_
        )
    if failed:
        raise SystemExit(1)


@click.command()
@as_json
def status(json_: bool) -> None:
    """What is there, what waits, what runs, and how good the live model is."""
    with _workbench() as session:
        totals, live = counts.totals(session), live_run(session)
        value = {
            "photos": totals.photos_by_status,
            "faces": totals.faces_by_state,
            "labels": totals.by_label,
            "waiting": queue.waiting(session),
            "active_run": live.id if live else None,
            "alive": sorted(jobs.alive(session)),
        }
    text = "\n".join(f"{name:>10}  {_plain(part)}" for name, part in value.items())
    _show(value, text, json_)


def _plain(part: object) -> str:
    if isinstance(part, dict):
        return ", ".join(f"{count} {name}" for name, count in part.items()) or "none"
    return ", ".join(part) if isinstance(part, list) else str(part if part is not None else "none")


@click.command()
def config() -> None:
    """The settings in force; secrets are hidden."""
    for name, value in settings().model_dump().items():
        click.echo(f"{name.upper()}={value}")


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema (make run does it by itself)."""
    upgrade()
