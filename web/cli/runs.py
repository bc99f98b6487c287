"""`flask retrain`, `flask promote` and `flask replay`: training and its models."""

import time
from contextlib import closing

import click

from db import jobs
from db.base import OPEN
from db.texts import number_of
from labeller.datasets import versions
from labeller.people import people
from trainer.data.recipe import PRESETS
from trainer.runs import requests
from web.cli.console import POLL_SECONDS, as_json, show, workbench_session
from web.cli.subprocess_lines import ChildFailed, lines
from web.drawing.stored import figures_of, words
from web.input import MAX_ID

REPLAY_TOLERANCE = 1e-3
"""How much a replay's figures may differ: with another number of threads, sums are added in another order."""


@click.command()
@click.option("--wait", is_flag=True, help="Wait for the run to end.")
@click.option("--recipe", default="quick", type=click.Choice(list(PRESETS)), help="How to train.")
@click.option("--version", help="Learn from this version of the data, by its name or id.")
@as_json
def retrain(wait: bool, recipe: str, version: str | None, json_: bool) -> None:
    """Train on the answers so far, or on a version of the data."""
    with workbench_session() as session:
        of = None if version is None else versions.named(session, version)
        run = requests.request_run(session, recipe, version=of)
        session.commit()
        is_running = "detect" in jobs.alive_kinds(session)  # the train worker itself rests now and then
        if wait and not is_running:
            click.echo("The run waits until the workbench runs (make run).", err=True)
        while wait and is_running and run.status in OPEN:
            time.sleep(POLL_SECONDS)
            session.rollback()
            session.refresh(run)
        reason = words(session, run.reason)
        value = {"id": run.id, "status": run.status, "promoted": run.promoted, "reason": reason}
        value["version_id"] = run.version_id
        text = f"Run {run.id}: {run.status}. {reason or run.error or ''}"
        show(value | {"metrics": figures_of(session, run)}, text, json_)
    if wait and run.status != "done":
        raise SystemExit(1)


@click.command()
@click.argument("run", type=click.IntRange(1, MAX_ID))
@click.option("--reason", default="", help="Why; it is shown with the run.")
@as_json
def promote(run: int, reason: str, json_: bool) -> None:
    """Make the model of RUN the live one."""
    with workbench_session() as session:
        requests.promote(session, requests.get_run(session, run), people.owner(session), reason)
        session.commit()
    show({"id": run, "promoted": True}, f"Run {run} is live.", json_)


@click.command()
@click.argument("run", type=click.IntRange(1, MAX_ID))
@as_json
def replay(run: int, json_: bool) -> None:
    """Compute the figures of RUN anew, from its manifest, recipe and seed; nothing is changed."""
    with workbench_session() as session:
        requests.get_run(session, run)
    try:
        with closing(lines("trainer.runs.replay", run)) as output:
            (comparison,) = output
    except ChildFailed as error:
        raise click.ClickException(f"The replay of run {run} failed:\n{error}") from error
    alike = comparison["difference"] <= REPLAY_TOLERANCE
    missing = comparison["missing"]
    erased = f" {number_of(missing, 'face was', 'faces were')} erased since." if missing else ""
    text = f"Run {run}: figures differ by at most {comparison['difference']:.2g}.{erased}"
    show(comparison | {"alike": alike}, text, json_)
    if not alike:
        raise SystemExit(1)


COMMANDS = (retrain, promote, replay)
