"""The loop: read a frame, look at it, hand it on; until the source ends or somebody stops it."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from sqlalchemy.orm import Session

from db.models import Run
from inference.watch import model
from inference.watch.errors import CannotRead
from inference.watch.frames import Source
from inference.watch.looks import Face, Looker, PhotoLook, Seen, VideoLook
from inference.watch.options import Options, open_source, require_out
from inference.watch.outputs import Count, JsonLines, Output, open_outputs
from inference.watch.progress import bar, terminal
from inference.watch.stopping import Stopping
from trainer.runs.asked_model import asked_model


def watch(session: Session, options: Options, stopping: Stopping) -> None:
    """Watch what `options` name, and say what was seen. Raises Refused."""
    run = asked_model(session, options.run).run
    count = Count()
    with ExitStack() as stack:
        source = open_source(options, stopping)
        stack.callback(source.close)
        require_out(options, source)
        loaded = model.load(session, run)
        look = _looker(session, run, loaded, options, source)
        stopping.listen()
        outputs = open_outputs(stack, options, source, loaded, stopping)
        began = time.monotonic()
        _loop(source, look, [count, *outputs], options.every, stopping)
    seconds = time.monotonic() - began
    for note in source.notes:
        terminal.print(note)
    if not count.frames and not stopping():
        raise CannotRead(f"{options.source} has no frame that can be read.")
    stopped = "Stopped. " if stopping() else ""
    prints_json = any(isinstance(one, JsonLines) for one in outputs)
    (sys.stderr if prints_json else sys.stdout).write(f"{stopped}{count.sentence(seconds)}\n")


def _looker(session: Session, run: Run, loaded: model.Model, options: Options, source: Source) -> Looker:
    if options.tutorial:
        from inference.watch.tutorial import TutorialLook  # with TensorFlow, which nothing else needs

        return TutorialLook(session, run, loaded.names)
    return PhotoLook(session, loaded) if source.are_photos else VideoLook(session, loaded)


def _loop(source: Source, look: Looker, outputs: Sequence[Output], every: int, stopping: Stopping) -> None:
    """Look at every `every`th frame; in between the faces stay where they were."""
    faces: list[Face] = []
    with bar() as progress:
        task = progress.add_task("", total=source.total)
        for number, frame in enumerate(source):
            if stopping():
                return
            is_new = number % every == 0
            if is_new:
                faces = look(frame.pixels)
            for output in outputs:
                output.take(Seen(frame, number, faces, is_new))
            progress.advance(task)
