"""Walking a dataset's folder once: what is in it, and what of it cannot be used.

All that reads folders walks them so: imports of every format, and the model at work on a folder.
"""

import os
import stat
from collections import deque
from pathlib import Path

from db.texts import number_of
from labeller.formats.listing import Files, FolderListing, Measure
from labeller.formats.names import REFUSED, nfc, passed_over, shown, suffix
from labeller.formats.picture_size import header_size
from labeller.formats.records import Problem, Remark

REFUSED_TEXT = "pictures of this kind are not read; save it as JPEG or PNG"
PASSED_OVER = (
    "hidden file or folder, or such of the system, was passed over",
    "hidden files and folders, or such of the system, were passed over",
)


def walk(path: Path, measure: Measure = header_size) -> FolderListing:
    """The files of a folder and of all folders below it; of a file, that file alone.

    Follows a linked folder once, after all real folders: none is walked twice. `measure` gives the upright
    size of a picture. Raises OSError only for `path` itself.
    """
    if not path.is_dir():
        return FolderListing(Files(path.parent, {nfc(path.name): path.name}), (), measure)
    found = _Walk(path)
    found.run()
    return FolderListing(Files(path, found.names), tuple(found.problems), measure)


def photos_below(path: Path) -> tuple[list[Path], tuple[Problem, ...]]:
    """The file itself, or every photo in the folder and those below it; and what was passed over."""
    if path.is_file():
        return [path], ()
    listing = walk(path)
    return [listing.files[key] for key in listing.pictures()], listing.problems


class _Walk:
    """What was found so far. Paths are relative to the root, with `/`, as the disk has them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.names: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._hidden = 0
        self._walked: set[tuple[int, int]] = set()
        self._links: deque[str] = deque()

    def run(self) -> None:
        os.scandir(self._root).close()  # raises for the root itself
        self._below("")
        while self._links:
            self._below(self._links.popleft())
        if self._hidden:
            self.problems.append(Problem("note", "", "", number_of(self._hidden, *PASSED_OVER)))

    def _below(self, start: str) -> None:
        folders = [start]
        while folders:
            folder = folders.pop()
            try:
                if not self._is_new(folder):
                    self._say("note", folder, "this linked folder was read already, under its own name")
                    continue
                with os.scandir(self._root / folder) as entries:
                    for entry in entries:
                        self._take(entry, f"{folder}/{entry.name}" if folder else entry.name, folders)
            except OSError as error:
                self._say("skipped", folder, error.strerror or "cannot be read")

    def _is_new(self, folder: str) -> bool:
        status = os.stat(self._root / folder)
        identity = status.st_dev, status.st_ino
        new = identity not in self._walked
        self._walked.add(identity)
        return new

    def _take(self, entry: os.DirEntry[str], path: str, folders: list[str]) -> None:
        if passed_over(entry.name):
            self._hidden += 1
        elif entry.is_dir(follow_symlinks=False):
            folders.append(path)
        elif entry.is_file(follow_symlinks=False):
            self._file(path)
        elif entry.is_symlink():
            self._link(path)
        else:
            self._say("note", path, "is no file; passed over")

    def _link(self, path: str) -> None:
        try:
            mode = os.stat(self._root / path).st_mode
        except OSError:
            self._say("skipped", path, "this link leads nowhere")
            return
        if stat.S_ISDIR(mode):
            self._links.append(path)
        elif stat.S_ISREG(mode):
            self._file(path)
        else:
            self._say("note", path, "is no file; passed over")

    def _file(self, path: str) -> None:
        try:
            path.encode()
        except UnicodeEncodeError:
            self._say("skipped", path, "the name is no UTF-8; rename it")
            return
        key = nfc(path)
        if key in self.names:
            self._say("conflict", path, "two files have this name, written in two ways; only one was read")
        elif suffix(key) in REFUSED:
            self._say("skipped", path, REFUSED_TEXT)
        else:
            self.names[key] = path

    def _say(self, remark: Remark, path: str, message: str) -> None:
        self.problems.append(Problem(remark, shown(path), "", message))
