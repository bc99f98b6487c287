"""What becomes of each frame: recorded, shown in a window, printed as JSON; and what is counted."""

import json
import os
import signal
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from inference import drawing
from inference.watch.crops import CropFolder
from inference.watch.frames import Source
from inference.watch.looks import Face, Seen
from inference.watch.model import Model
from inference.watch.options import Options
from inference.watch.pictures import DrawnPhotos
from inference.watch.progress import terminal
from inference.watch.recording import Recording
from inference.watch.stopping import Stopping
from inference.watch.window import Window, why_no_window


class Output(Protocol):
    def take(self, seen: Seen) -> None: ...


class Drawn:
    """Draws the faces on frames, and hands these to the recording, the folder of photos and the window."""

    def __init__(self, names: tuple[str, ...], stopping: Stopping) -> None:
        self._numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        self._stopping = stopping
        self.recording: Recording | None = None
        self.photos: DrawnPhotos | None = None
        self.window: Window | None = None

    @property
    def is_needed(self) -> bool:
        return bool(self.recording or self.photos or self.window)

    def take(self, seen: Seen) -> None:
        picture = seen.frame.pixels.copy()
        drawing.draw(picture, [self._label(face) for face in seen.faces])
        if self.recording is not None:
            self.recording.write(picture, seen.frame.time)
        if self.photos is not None and seen.frame.name is not None:
            self.photos.write(picture, seen.frame.name)
        if self.window is not None and not self.window.show(picture):
            self._stopping.ask()

    def _label(self, face: Face) -> drawing.Label:
        text = f"{face.label} {face.probabilities[face.label]:.2f}"
        return drawing.Label(face.box, self._numbers[face.label], text)


class JsonLines:
    """A line of JSON on standard output for each look."""

    def __init__(self, run_id: int, stopping: Stopping) -> None:
        self._run_id, self._stopping = run_id, stopping

    def take(self, seen: Seen) -> None:
        if not seen.is_new:
            return
        where: dict[str, Any] = {"time": round(float(seen.frame.time), 6)}
        if seen.frame.name is not None:
            where = {"file": seen.frame.name}
        faces = [_as_json(face) for face in seen.faces]
        line = {"frame": seen.number, **where, "run": self._run_id, "faces": faces}
        try:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read them has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._stopping.ask(signal.SIGPIPE)


def _as_json(face: Face) -> dict[str, Any]:
    return {
        "track": face.track,
        "box": [round(value, 1) for value in face.box],
        "label": face.label,
        "probabilities": {name: round(value, 4) for name, value in face.probabilities.items()},
    }


@dataclass
class Count:
    """How many frames there were, and the last label of each face."""

    frames: int = 0
    labels: dict[int, str] = field(default_factory=dict)

    def take(self, seen: Seen) -> None:
        self.frames += 1
        self.labels |= {face.track: face.label for face in seen.faces}

    def sentence(self, seconds: float) -> str:
        """Frames, seconds, frames a second, and faces by class."""
        by_label = Counter(self.labels.values())
        classes = ", ".join(f"{count} {label}" for label, count in sorted(by_label.items()))
        noun = "face" if len(self.labels) == 1 else "faces"
        faces = f"{len(self.labels)} {noun} ({classes})" if classes else "no face"
        rate = self.frames / max(seconds, 1e-9)
        return f"{self.frames} frames in {seconds:.1f} s ({rate:.1f} frames a second): {faces}."


def open_outputs(
    stack: ExitStack, options: Options, source: Source, model: Model, stopping: Stopping
) -> list[Output]:
    """The outputs that `options` ask for; the stack finishes them. Raises CannotWrite."""
    drawn, outputs = Drawn(model.names, stopping), list[Output]()
    if options.save is not None:
        out = Path(options.save)
        if source.are_photos:
            drawn.photos = DrawnPhotos(out, is_folder=Path(options.source).is_dir())
        else:
            drawn.recording = stack.enter_context(Recording(out, source.rate, source.time_base))
    if options.window and (reason := why_no_window()) is not None:
        terminal.print(reason)
    elif options.window:
        drawn.window = Window()
    if drawn.is_needed:
        outputs.append(drawn)
    if options.crops is not None:
        crops = CropFolder(Path(options.crops))
        stack.callback(crops.close)
        outputs.append(crops)
    if options.prints_json or not outputs:
        outputs.append(JsonLines(model.run_id, stopping))
    return outputs
