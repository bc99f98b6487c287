"""`flask simulate`: replays labelling with every strategy, on a labelled folder or on the answers so far."""

import signal
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from flask.cli import with_appcontext
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from db import classes
from db.base import now
from db.errors import BadInput, Refused
from db.migrate import upgrade
from db.session import session_scope
from db.texts import number_of
from labeller.uploads import import_folder
from trainer.data.minimum_labels import require_for_simulation
from web.cli.subprocess_lines import ChildFailed, lines
from web.pages import simulations

PHASES = {"faces": "Finding faces", "embed": "Computing features", "replay": "Replaying"}
console = Console(highlight=False)


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--seeds", default=5, show_default=True, type=click.IntRange(2, 100), help="Replays of each strategy."
)
@click.option(
    "--upto",
    type=click.IntRange(min=30),
    help="Labels in each replay; by default half of what there is to choose from, 400 at most.",
)
@click.option(
    "--target",
    default=0.95,
    show_default=True,
    type=click.FloatRange(0.5, 1),
    help="Balanced accuracy to reach.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for curves.json and curves.svg."
)
@with_appcontext
def simulate(path: Path | None, seeds: int, upto: int | None, target: float, out: Path | None) -> None:
    """How many labels would have been enough? Replays labelling with each strategy for choosing faces.

    PATH holds a folder of photos for each class, as for `flask import`; nothing of it is kept. Without PATH
    it takes the answered faces of this workbench. The page "Runs" shows the newest result.
    """
    signal.signal(signal.SIGTERM, _stop)
    upgrade()
    folder = out or simulations.new_folder()
    try:
        with tempfile.TemporaryDirectory(prefix="secondlook-") as crops, _progress() as progress:
            pictures = None if path is None else _pictures(path, Path(crops), progress)
            request = {"pictures": pictures, "seeds": seeds, "upto": upto, "target": target}
            result = _run_simulation(request, progress)
    except Refused as error:
        raise click.ClickException(f"{error.message} {error.hint}".strip()) from error
    except ChildFailed as error:
        raise click.ClickException(f"The simulation broke down:\n{error}") from error
    whole = sum(one["box"] is None for one in pictures or [])
    source = None if path is None else path.resolve().name
    result = {"made_at": now().isoformat(timespec="seconds"), "folder": source, "whole": whole} | result
    simulations.save(result, folder)
    console.print(table(result))
    click.echo(f"Written: {folder / simulations.RESULT} and {simulations.PICTURE}")


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Exit by an exception, so that child processes are ended too."""
    sys.exit(128 + signal.SIGTERM)


def _progress() -> Progress:
    parts = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*parts, console=console, disable=not console.is_terminal)


def _pictures(path: Path, crops: Path, progress: Progress) -> list[dict[str, Any]]:
    """Each labelled picture with its single obvious face; unusable ones are reported and left out.

    Raises BadAnswer without class folders, and NotEnoughLabels before any face is detected.
    """
    with session_scope() as session:
        files = import_folder.labelled_files(path.resolve(), classes.read(session))
    labels = {str(file): label for file, label in files if label is not None}
    require_for_simulation(Counter(labels.values()))
    bar = progress.add_task(PHASES["faces"], total=len(labels))
    pictures = []
    with closing(
        lines("labeller.detection.single_face", {"files": list(labels), "folder": str(crops)})
    ) as messages:
        for line in messages:
            progress.advance(bar)
            if "refused" in line:
                click.echo(f"{line['file']}: {line['refused']}", err=True)
            else:
                pictures.append(line | {"label": labels[line["file"]]})
    return pictures


def _run_simulation(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """The result of the worker process. Raises BadInput when it refuses, ChildFailed when it breaks down."""
    bars: dict[str, TaskID] = {}
    with closing(lines("trainer.label_efficiency.worker", request)) as messages:
        for line in messages:
            if "refused" in line:
                raise BadInput("too_little", **line["refused"])
            if "result" in line:
                result: dict[str, Any] = line["result"]
                return result
            phase = line["phase"]
            if phase not in bars:
                bars[phase] = progress.add_task(PHASES[phase], total=line["of"])
            progress.update(bars[phase], completed=line["done"])
    raise ChildFailed("It ended without a result.")


def table(result: dict[str, Any]) -> Table:
    """The result for a terminal."""
    counts = ", ".join(f"{count} {name}" for name, count in result["classes"].items())
    faces = number_of(result["faces"], "face")
    goal = f"{100 * result['target']:g} %"
    summary = Table(
        title=f"{faces} ({counts}), {number_of(result['seeds'], 'replay')} of each strategy",
        caption=f"Labels until {goal} balanced accuracy: the median, and how many replays reached it. "
        "Balanced accuracy in %: the mean, and what lies between 10 and 90 % of the replays.",
        box=box.SIMPLE,
        pad_edge=False,
    )
    summary.add_column("strategy", no_wrap=True)
    summary.add_column("labels", justify="right")
    for point in result["strategies"][0]["at"]:
        summary.add_column(f"at {point['labels']}", justify="right")
    for row in result["strategies"]:
        summary.add_row(row["name"], _labels(row, result), *(_band(point) for point in row["at"]))
    return summary


def _labels(row: dict[str, Any], result: dict[str, Any]) -> str:
    median, reached = row["labels"]["median"], row["reached"]
    count = "" if reached == result["seeds"] else f" ({reached}/{result['seeds']})"
    return f"{median or '>' + str(result['upto'])}{count}"


def _band(point: dict[str, float]) -> str:
    mean, low, high = (100 * point[key] for key in ("mean", "low", "high"))
    return f"{mean:.1f} ({low:.1f}-{high:.1f})"
