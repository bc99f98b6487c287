"""Importing a folder of photos whose subfolders are named after classes."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from db.models import Person
from labeller.errors import BadAnswer, BadPhoto
from labeller.uploads.intake import Received, receive

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif"})


def labelled_files(path: Path, classes: Sequence[str]) -> list[tuple[Path, str | None]]:
    """(file, class) of every file in a class folder, and of photos directly in `path`, which have none.

    Raises BadAnswer when nothing fits, naming the folders that would.
    """
    found: list[tuple[Path, str | None]] = [
        (file, name) for name in classes for file in sorted((path / name).rglob("*")) if file.is_file()
    ]
    found += [(file, None) for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES]
    strangers = [one.name for one in sorted(path.iterdir()) if one.is_dir() and one.name not in classes]
    if not found or strangers:
        hint = f"Name the folders {', '.join(classes)}, or add classes of these names."
        what = (
            f"These folders are no classes: {', '.join(strangers)}." if strangers else "There are no photos."
        )
        raise BadAnswer("no_class_folders", what, hint)
    return found


def photos_below(path: Path) -> list[Path]:
    """The file itself, or every photo in the folder and its subfolders."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)


def take(session: Session, file: Path, label: str | None, by: Person, person: Person | None) -> Received:
    """Receive one file and commit. Raises BadPhoto, also when it cannot be read."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadPhoto("unreadable_file", f"The file cannot be read ({error.strerror}).") from error
    received = receive(session, data, uploaded_by=by, person=person, folder_label=label)
    session.commit()
    return received
