"""`flask predict`: a model at work on photos of this machine."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from db.errors import Refused
from db.session import session_scope
from labeller.detection.predictions import read_photo, request_prediction, wait_for_prediction
from labeller.formats.walk import photos_below
from trainer.runs.asked_model import AskedModel, asked_model
from web.cli.console import as_json, sentence, show, workbench_session

IN_FLIGHT = 4
"""Photos at once: while one is looked at the next are decoded."""
terminal = Console(stderr=True)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--run", "run_id", type=click.IntRange(1), help="The run whose model is asked; the live one.")
@as_json
def predict(paths: tuple[Path, ...], run_id: int | None, json_: bool) -> None:
    """What a model sees in photos, or in folders of photos. The workbench must be running."""
    with workbench_session() as session:
        model = asked_model(session, run_id)
    files, passed_over = files_below(paths)
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        answers = zip(files, pool.map(lambda file: _predict(model, file), files), strict=True)
        if terminal.is_terminal and len(files) > 1:
            answers = track(answers, "Looking", len(files), console=terminal)  # type: ignore[assignment]
        failed = _show_all(model, answers, json_)
    if failed or passed_over:
        raise SystemExit(1)


def files_below(paths: Iterable[Path]) -> tuple[list[Path], bool]:
    """The photos, and whether one was passed over that somebody would miss; it is named."""
    files: list[Path] = []
    missed = False
    for path in paths:
        photos, problems = photos_below(path)
        files += photos
        for one in problems:
            click.echo(f"{path / one.file}: {one.message}", err=True)
            missed = missed or one.remark != "note"
    return files, missed


def _show_all(
    model: AskedModel, answers: Iterable[tuple[Path, list[dict[str, Any]] | Refused]], json_: bool
) -> bool:
    """Print the answers as they come; whether any photo was refused."""
    failed = False
    for file, faces in answers:
        if isinstance(faces, Refused):
            failed = True
            click.echo(f"{file}: {sentence(faces)}", err=True)
            continue
        text = ", ".join(f"{face['label']} {face['probabilities'][face['label']]:.2f}" for face in faces)
        value = {"file": str(file), "run_id": model.run.id, "model": model.sha256, "faces": faces}
        show(value, f"{file}: {text or 'no face'}", json_)
    return failed


def _predict(model: AskedModel, file: Path) -> list[dict[str, Any]] | Refused:
    """The faces in a photo, or why there is no answer."""
    try:
        pixels = read_photo(file.read_bytes())
        with session_scope() as session:
            prediction = request_prediction(session, model.run, pixels)
            session.commit()
            return wait_for_prediction(session, prediction).faces or []
    except Refused as error:
        return error


COMMANDS = (predict,)
