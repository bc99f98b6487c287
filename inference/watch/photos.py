"""A photo, or the photos of a folder, each on its own."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from db.errors import Refused
from db.settings import settings
from inference.watch.errors import CannotRead
from inference.watch.frames import Frame
from labeller.detection.detections import Picture
from labeller.formats.names import PICTURES, is_picture
from labeller.formats.walk import photos_below
from labeller.photos.decode import decode
from labeller.photos.limits import check_size
from trainer.features import crops


class Photos:
    """The photos below a path, decoded as those that are sent are: in a child with limits, upright."""

    are_photos = True
    rate = time_base = Fraction(1)

    def __init__(self, path: Path, turn: int) -> None:
        self._folder = path if path.is_dir() else path.parent
        self._files, passed_over = photos_below(path)
        self._turn = turn
        if not self._files:
            raise CannotRead(
                f"There are no photos in {path.name}.", f"Photos end in {', '.join(sorted(PICTURES))}."
            )
        self.total = len(self._files)
        self.notes = [f"{one.file or path.name}: {one.message}" for one in passed_over]

    def __iter__(self) -> Iterator[Frame]:
        for number, file in enumerate(self._files):
            name = str(file.relative_to(self._folder))
            try:
                pixels = _decoded(file, self._turn)
            except (Refused, OSError) as error:
                self.notes.append(
                    f"{name}: {error.message if isinstance(error, Refused) else error.strerror}"
                )
                continue
            yield Frame(Fraction(number), lambda pixels=pixels: pixels, name)  # type: ignore[misc]

    def close(self) -> None:
        """Nothing is open."""


def is_photo(path: Path) -> bool:
    return is_picture(path.name)


def _decoded(file: Path, turn: int) -> Picture:
    data = file.read_bytes()
    check_size(data)
    return crops.decode(decode(data, settings().max_megapixels, turn).photo)
