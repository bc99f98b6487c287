"""What an archive may name: files below the folder that it is unpacked into, each once, and nothing else."""

import re
from dataclasses import dataclass, field

LONGEST_NAME = 1000
"""Characters of a path in an archive."""
LONGEST_PART = 255
"""Bytes of a file's name, as most file systems have it."""
_DRIVE = re.compile(r"[A-Za-z]:")


def path_of(name: str) -> str | None:
    """The path with `/` that an entry's name means, or None if it leads anywhere else than below a folder.

    A backslash is a separator, as in archives that were made on Windows.
    """
    path = name.replace("\\", "/").rstrip("/")
    parts = path.split("/")
    is_absolute = path.startswith("/") or _DRIVE.match(path) is not None
    is_long = len(path) > LONGEST_NAME or any(len(_bytes(part)) > LONGEST_PART for part in parts)
    if not path or is_absolute or is_long or ".." in parts or any(ord(c) < 32 for c in path):
        return None
    return "/".join(part for part in parts if part not in ("", ".")) or None


def _bytes(part: str) -> bytes:
    return part.encode("utf-8", "surrogateescape")


@dataclass
class Paths:
    """The paths of one archive so far: no file twice, and none where a folder is."""

    _files: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)

    def add(self, path: str, *, is_folder: bool) -> bool:
        """Whether the path may be there, beside those added before."""
        parts = path.split("/")
        above = ["/".join(parts[:n]) for n in range(1, len(parts))]
        if is_folder:
            above.append(path)
        is_free = not any(folder in self._files for folder in above)
        if not is_folder:
            is_free = is_free and path not in self._files and path not in self._folders
            self._files.add(path)
        self._folders.update(above)
        return is_free
