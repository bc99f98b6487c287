"""`flask detect`, and waiting for the detect worker with a progress bar."""

import time
from collections.abc import Callable

import click
from rich.progress import Progress
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import jobs
from db.base import OPEN
from db.models import Photo
from db.texts import number_of
from labeller.detection import again_requests
from labeller.people import people
from web.cli.console import POLL_SECONDS, console, workbench_session


@click.command()
@click.option("--again", is_flag=True, required=True, help="Look at photos that a detector has seen before.")
@click.option("--only-unanswered", is_flag=True, help="Leave out photos in which somebody answered a face.")
def detect(again: bool, only_unanswered: bool) -> None:
    """Look at the old photos again with the first of DETECTORS; what is new is added.

    Answered faces keep their box, label and id, and no face gets two boxes. Stopped, the workbench goes on
    with it; the command waits for the rest when it is given again.
    """
    with workbench_session() as session:
        if not again_requests.progress(session).left:
            again_requests.request(session, people.owner(session), only_unanswered=only_unanswered)
            session.commit()
        if _wait(session, "Looking again", _count_again):
            total = again_requests.progress(session).total
            click.echo(f"{number_of(total, 'photo was', 'photos were')} looked at again.")


def wait_for_faces(session: Session) -> None:
    """Show the progress of the detection. If this command is stopped, the workbench goes on with it."""
    if not _wait(session, "Finding faces", _count_new):
        return
    failed = session.scalar(select(func.count(Photo.id)).where(Photo.status == "failed")) or 0
    click.echo(f"All photos are done; {failed} failed.")


def _wait(session: Session, title: str, count: Callable[[Session], int]) -> bool:
    """Whether nothing is left, after waiting for it; False if no worker is there to do it."""
    total = count(session)
    if total and "detect" not in jobs.alive_kinds(session):
        waiting = number_of(total, "photo waits", "photos wait")
        click.echo(f"{waiting} to be looked at until the workbench runs (make run).")
        return False
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        while left := count(session):
            progress.update(task, completed=total - left)
            time.sleep(POLL_SECONDS)
    return True


def _count_new(session: Session) -> int:
    session.rollback()  # ends the transaction, else it would read the same snapshot again
    return session.scalar(select(func.count(Photo.id)).where(Photo.status.in_(OPEN))) or 0


def _count_again(session: Session) -> int:
    session.rollback()
    return again_requests.progress(session).left


COMMANDS = (detect,)
