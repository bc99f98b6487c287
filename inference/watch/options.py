"""What was asked of `flask watch`, and the sources and outputs that this means."""

import re
from dataclasses import dataclass
from pathlib import Path

from inference.watch import photos, video
from inference.watch.errors import CannotRead, CannotWrite
from inference.watch.frames import Source
from inference.watch.newest import Newest
from inference.watch.stopping import Stopping

CAMERA = re.compile(r"(?:/dev/video)?(\d{1,3})")
RECORDED = (".mp4", ".m4v")


@dataclass(frozen=True)
class Options:
    """`run` None: the live one. `rotate`: degrees clockwise, in addition to what the file says."""

    source: str
    save: str | None = None
    crops: str | None = None
    run: int | None = None
    every: int = 1
    rotate: int = 0
    prints_json: bool = False
    window: bool = True
    tutorial: bool = False


def open_source(options: Options, stopping: Stopping) -> Source:
    """Raises CannotRead."""
    name, turn = options.source, options.rotate
    if (camera := CAMERA.fullmatch(name)) is not None:
        return Newest(video.open_camera(int(camera[1]), turn), stopping)
    if name.lower().startswith(video.NETWORK):
        return Newest(video.open_network(name, turn), stopping)
    path = Path(name)
    try:
        if not path.exists():
            hint = "A source is a file, a folder of photos, the number of a camera or an rtsp:// address."
            raise CannotRead(f"There is no file or folder {name}.", hint)
        if path.is_dir() or photos.is_photo(path):
            return photos.Photos(path, turn)
    except OSError as error:
        raise CannotRead(f"{name} cannot be read: {error.strerror}.") from error
    return video.open_file(path, turn)


def require_out(options: Options, source: Source) -> None:
    """Raises CannotWrite if --save names something that cannot become the recording."""
    if options.save is None:
        return
    out, path = Path(options.save), Path(options.source)
    if out.exists() and path.exists() and out.samefile(path):
        raise CannotWrite("--save names the source itself.", "Choose another name.")
    if not source.are_photos and out.suffix.lower() not in RECORDED:
        raise CannotWrite(
            f"{out.name} cannot be a recording, which is an MP4 file.", "Let its name end in .mp4."
        )
    if source.are_photos and path.is_dir() and out.exists() and not out.is_dir():
        raise CannotWrite(f"{out} is no folder.", "Name a folder: each photo is written to it.")
