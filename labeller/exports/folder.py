"""An export written into a folder. Again into the same, it goes on where it stopped and brings it up to date.

Pictures are copied: an editor that changes a hard-linked one in place would change the stored photo.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from db.errors import Conflict
from labeller.formats.protocol import Entry

LIST = ".second-look-export"
"""The first line says what the folder holds, each further one names a file that we wrote."""
DRAFT = ".second-look-draft"
KIND = "second look export"
COMPARED_AT_ONCE = 1 << 20


class ExportFolder:
    """A folder that holds nothing but an export, or nothing yet.

    `what` says which export: another one is not written over it. `kept` counts files that were there as they
    are. Use it in a `with` block; after `finish` it holds no file of an earlier export that this one has not.
    """

    def __init__(self, path: Path, what: dict[str, Any]) -> None:
        """Raises Conflict for a folder with other things in it."""
        self._path, self._list, self.kept = path, path / LIST, 0
        self._earlier = self._read_list(what)
        self._written: set[str] = set()
        path.mkdir(parents=True, exist_ok=True)
        if not self._list.exists():
            self._list.write_text(json.dumps({"kind": KIND} | what) + "\n", encoding="utf-8")
        self._file: IO[str] = open(self._list, "a", encoding="utf-8")  # noqa: SIM115 - closed on leaving

    def __enter__(self) -> "ExportFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        (self._path / DRAFT).unlink(missing_ok=True)

    def _read_list(self, what: dict[str, Any]) -> set[str]:
        if not self._list.is_file():
            if self._path.is_file() or (self._path.exists() and any(self._path.iterdir())):
                hint = "Name a new or an empty folder."
                raise Conflict("folder_in_use", f"{self._path} is or holds something else.", hint)
            return set()
        head, *names = self._list.read_text(encoding="utf-8").splitlines() or [""]
        if _parsed(head) != {"kind": KIND} | what:
            message = f"{self._path} holds another export."
            raise Conflict("another_export", message, "Name another folder, or delete this one first.")
        return set(names)

    def write(self, entry: Entry) -> None:
        """Write one file, whole or not at all; one that is there as it should be stays."""
        path = self._path / entry.path
        if entry.path not in self._earlier | self._written:
            if path.exists():
                raise Conflict("file_in_use", f"{path} is there already, and is not ours.", "Move it away.")
            self._file.write(f"{entry.path}\n")
            self._file.flush()  # known before it is there: a kill leaves no file that nobody knows
        self._written.add(entry.path)
        if isinstance(entry.content, bytes) and _holds(path, entry.content):
            self.kept += 1
            return
        draft = self._path / DRAFT
        with open(draft, "wb") as file:
            file.writelines(_pieces(entry))
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)

    def finish(self) -> None:
        """Delete what an earlier export into it wrote and this one has not, such as photos deleted since."""
        for name in sorted(self._earlier - self._written):
            path = self._path / name
            path.unlink(missing_ok=True)
            for folder in path.relative_to(self._path).parents:
                if folder == Path() or any((self._path / folder).iterdir()):
                    break
                (self._path / folder).rmdir()
        self._file.close()
        head = self._list.read_text(encoding="utf-8").partition("\n")[0]
        draft = self._path / DRAFT
        draft.write_text("\n".join([head, *sorted(self._written), ""]), encoding="utf-8")
        os.replace(draft, self._list)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _pieces(entry: Entry) -> Iterator[bytes]:
    if isinstance(entry.content, bytes):
        yield entry.content
    else:
        yield from entry.content
