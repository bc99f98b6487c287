"""Unpacking an archive into an empty folder: all of it, or nothing.

Every entry is looked at before the first one is written. One that would leave the folder, a link or a device
refuses the whole archive: whoever makes such an archive means harm, or has another one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from db import disk
from labeller.errors import BadDataset
from labeller.imports import archives
from labeller.imports.archives import Archive, Entry
from labeller.imports.entry_names import Paths, path_of

MOST_ENTRIES = 300_000
MOST_RATIO, SMALL_BYTES = 200, 64 << 20
"""Times its own size that an archive may unpack to, beyond what is small anyway. Label files shrink to a
twentieth or so, pictures hardly."""
NAMED = 50
"""Bad entries that the refusal names; it says how many more there are."""
CHUNK_BYTES = 1 << 20

OnShare = Callable[[float], None]
"""Called now and then with the share that is done; what it raises ends the work."""


@dataclass(frozen=True)
class _Plan:
    """The path of each entry by its name, and the bytes of all together."""

    count: int
    bytes: int


def unpack(archive: Path, folder: Path, most_bytes: int, on_share: OnShare) -> None:
    """Unpack `archive` into `folder`, which is empty.

    Raises BadDataset, naming every entry that may not be unpacked, and NoSpace; then `folder` may hold a part
    if what the archive says of itself was not true: the caller deletes it.
    """
    most_bytes = min(most_bytes, max(SMALL_BYTES, MOST_RATIO * archive.stat().st_size))
    with archives.opened(archive, most_bytes) as content:
        plan = _checked(content, most_bytes)
        _require_room(plan.bytes)
        _write(content, folder, plan, on_share)


def _checked(content: Archive, most_bytes: int) -> _Plan:
    """What would be unpacked. Raises BadDataset if any of it may not be."""
    paths, bad, count, size = Paths(), list[str](), 0, 0
    for entry in content.entries():
        count, size = count + 1, size + entry.size
        if count > MOST_ENTRIES:
            raise BadDataset(
                "too_many_files", f"The archive has more than {MOST_ENTRIES} files.", "Split it."
            )
        if (problem := _problem(entry, paths)) is not None:
            bad.append(f"{entry.name!a} ({problem})")
        if size > most_bytes:
            raise archives.too_large(most_bytes)
    if bad:
        raise _refusal(bad)
    return _Plan(count, size)


def _problem(entry: Entry, paths: Paths) -> str | None:
    """Why the entry may not be unpacked, in words."""
    if entry.problem is not None:
        return entry.problem
    if entry.size < 0:
        return "of negative size"
    path = path_of(entry.name)
    if path is None:
        return None if entry.is_folder and entry.name.rstrip("/") in ("", ".") else "leads out of the folder"
    return None if paths.add(path, is_folder=entry.is_folder) else "is there twice"


def _refusal(bad: list[str]) -> BadDataset:
    more = f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    message = f"The archive is refused, nothing of it was unpacked: {', '.join(bad[:NAMED])}{more}."
    return BadDataset("unsafe_archive", message, "Make one of plain files and folders alone.")


def _require_room(size: int) -> None:
    """Raises NoSpace unless so many bytes leave the disk its floor."""
    space = disk.space()
    if space.free - size < space.floor:
        raise disk.no_space("Nothing was unpacked. Make room, or split the archive.")


def _write(content: Archive, folder: Path, plan: _Plan, on_share: OnShare) -> None:
    written = 0
    for entry in content.entries():
        path = path_of(entry.name)
        if path is None:
            continue
        target = folder / path
        if entry.is_folder:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        written += _write_file(content, entry, target)
        on_share(written / max(1, plan.bytes))


def _write_file(content: Archive, entry: Entry, target: Path) -> int:
    """Write one file; returns its bytes. Raises BadDataset if there are more than it says."""
    written = 0
    with content.open(entry) as source, open(target, "xb") as file:
        while chunk := source.read(CHUNK_BYTES):
            written += len(chunk)
            if written > entry.size:
                raise BadDataset("bad_archive", f"{entry.name!a} is larger than the archive says.")
            disk.require_space("Nothing was imported. Make room, then try again.")
            file.write(chunk)
    return written
