"""`flask simulate`: labelling replayed with every strategy, on a labelled folder or on the answers so far."""

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
from labeller.uploads import import_folder
from trainer.data.minimum_labels import require_for_simulation
from web.cli.subprocess_lines import ChildFailed, lines
from web.pages import simulations

PHASES = {"faces": "Finding faces", "embed": "Looking at faces", "replay": "Replaying"}
console = Console(highlight=False)


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--seeds", default=5, show_default=True, type=click.IntRange(2, 100), help="Replays of each way."
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
    """How many labels would have been enough? Replays labelling with each way of choosing faces.

    PATH holds a folder of photos for each class, as for `flask import`; nothing of it is kept. Without PATH
    it takes the answered faces of this workbench. The page "Runs" shows the newest result.
    """
    signal.signal(signal.SIGTERM, _stop)
    upgrade()
    to = out or simulations.new_folder()
    try:
        with tempfile.TemporaryDirectory(prefix="secondlook-") as cuts, _progress() as progress:
            pictures = None if path is None else _pictures(path, Path(cuts), progress)
            result = _replayed(pictures, seeds, upto, target, progress)
    except Refused as error:
        raise click.ClickException(f"{error.message} {error.hint}".strip()) from error
    except ChildFailed as error:
        raise click.ClickException(f"The simulation broke down:\n{error}") from error
    whole = sum(one["box"] is None for one in pictures or [])
    folder = None if path is None else path.resolve().name
    result = {"made_at": now().isoformat(timespec="seconds"), "folder": folder, "whole": whole} | result
    simulations.save(result, to)
    console.print(table(result))
    click.echo(f"Written: {to / simulations.RESULT} and {simulations.PICTURE}")


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Unwind, so that the children are ended, too."""
    sys.exit(128 + signal.SIGTERM)


def _progress() -> Progress:
    parts = (TextColumn("{task.description:<17}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*parts, console=console, disable=not console.is_terminal)


def _pictures(path: Path, cuts: Path, progress: Progress) -> list[dict[str, Any]]:
    """Each labelled picture with its obvious face; what cannot be used is said and left out.

    Raises BadAnswer without class folders, NotEnoughLabels before it begins.
    """
    with session_scope() as session:
        found = import_folder.labelled_files(path.resolve(), classes.names(session))
    labels = {str(file): label for file, label in found if label is not None}
    require_for_simulation(Counter(labels.values()))
    bar = progress.add_task(PHASES["faces"], total=len(labels))
    pictures = []
    with closing(
        lines("labeller.detection.single_face", {"files": list(labels), "folder": str(cuts)})
    ) as told:
        for line in told:
            progress.advance(bar)
            if "refused" in line:
                click.echo(f"{line['file']}: {line['refused']}", err=True)
            else:
                pictures.append(line | {"label": labels[line["file"]]})
    return pictures


def _replayed(
    pictures: list[dict[str, Any]] | None, seeds: int, upto: int | None, target: float, progress: Progress
) -> dict[str, Any]:
    """What `trainer.rehearse` comes to. Raises BadInput when it refuses."""
    asked = {"pictures": pictures, "seeds": seeds, "upto": upto, "target": target}
    bars: dict[str, TaskID] = {}
    with closing(lines("trainer.label_efficiency.worker", asked)) as told:
        for line in told:
            if "refused" in line:
                raise BadInput("too_little", **line["refused"])
            if "result" in line:
                found: dict[str, Any] = line["result"]
                return found
            phase = line["phase"]
            if phase not in bars:
                bars[phase] = progress.add_task(PHASES[phase], total=line["of"])
            progress.update(bars[phase], completed=line["done"])
    raise ChildFailed("It ended without a result.")


def table(result: dict[str, Any]) -> Table:
    """The result for a terminal."""
    counts = ", ".join(f"{count} {name}" for name, count in result["classes"].items())
    goal = f"{100 * result['target']:g} %"
    made = Table(
        title=f"{result['faces']} faces ({counts}), {result['seeds']} replays of each way",
        caption=f"Labels until {goal} balanced accuracy: the median, and how many replays got there. Balanced"
        " accuracy in %: the mean, and what lies between 10 and 90 % of the replays.",
        box=box.SIMPLE,
        pad_edge=False,
    )
    made.add_column("way", no_wrap=True)
    made.add_column("labels", justify="right")
    for point in result["strategies"][0]["at"]:
        made.add_column(f"at {point['labels']}", justify="right")
    for row in result["strategies"]:
        made.add_row(row["name"], _labels(row, result), *(_band(point) for point in row["at"]))
    return made


def _labels(row: dict[str, Any], result: dict[str, Any]) -> str:
    median, reached = row["labels"]["median"], row["reached"]
    got = "" if reached == result["seeds"] else f" ({reached}/{result['seeds']})"
    return f"{median or '>' + str(result['upto'])}{got}"


def _band(point: dict[str, float]) -> str:
    mean, low, high = (100 * point[key] for key in ("mean", "low", "high"))
    return f"{mean:.1f} ({low:.1f}-{high:.1f})"
