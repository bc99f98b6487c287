"""`flask watch`: the model at work on a video, a camera or a folder of photos."""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from web.cli.console import as_json, workbench_session
from web.input import MAX_ID

ROOT = Path(__file__).parents[2]


@click.command()
@click.option(
    "--source",
    required=True,
    help="A video file, a photo, a folder of photos, the number of a camera (0), or an rtsp:// address.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    help="Record to this MP4 file, upright, with the source's size, length and rate; without sound. "
    "Photos are written to this folder.",
)
@click.option(
    "--crops",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep crops in DIR/CLASS/TRACK-SECONDS.jpg, in the source's own pixels: of each face and class the "
    "sharpest of every five seconds.",
    metavar="DIR",
)
@click.option(
    "--run", type=click.IntRange(1, MAX_ID), help="The run whose model looks; by default the live one."
)
@click.option(
    "--every",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Look at every Nth frame only; in between boxes stay where they are.",
)
@click.option(
    "--rotate",
    default="0",
    show_default=True,
    type=click.Choice(["0", "90", "180", "270"]),
    help="Degrees clockwise, in addition to what the file itself says.",
)
@click.option("--window/--no-window", default=True, help="Show it, where there is a screen; Q ends it.")
@click.option(
    "--tutorial",
    is_flag=True,
    help="The loop of the article of 2020 instead, to compare: slow, and in wrong colours.",
)
@as_json
def watch(json_: bool, rotate: str, **options: object) -> NoReturn:
    """The live model on a video, a camera or photos, frame by frame. The workbench need not run.

    Every face keeps a number, and its label is a mean over the last frames. Without a window, --save and
    --crops it prints a line of JSON for each frame. Ctrl-C ends it; what was recorded is whole.
    """
    with workbench_session():
        pass  # the database is there, and of this version
    request = {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
    request |= {"prints_json": json_, "rotate": int(rotate)}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {"PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3", "OPENCV_LOG_LEVEL": "ERROR"}
    # This process becomes the one with the networks: terminal, signals and exit code are its own. -P: it
    # imports nothing from the folder in which somebody happens to be.
    program = [sys.executable, "-P", "-m", "inference.watch", json.dumps(request)]
    sys.stdout.flush()
    os.execve(sys.executable, program, os.environ | env)  # noqa: S606 - our own program
