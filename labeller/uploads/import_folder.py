"""Importing a folder of photos whose subfolders are named after classes."""

from pathlib import Path

from db.classes import Classes
from labeller.errors import BadAnswer
from labeller.formats.names import is_picture


def labelled_files(path: Path, classes: Classes) -> list[tuple[Path, str | None]]:
    """(file, class) of every file in a class folder; (file, None) of the photos directly in `path`.

    A folder may also have an earlier name of its class. Raises BadAnswer, naming the folders that would fit,
    for an unknown folder or without any photo.
    """
    folders = [one for one in sorted(path.iterdir()) if one.is_dir()]
    labels = {folder: classes.find(folder.name) for folder in folders}
    files: list[tuple[Path, str | None]] = [
        (file, label)
        for folder, label in labels.items()
        if label
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    files += [(file, None) for file in sorted(path.iterdir()) if is_picture(file.name)]
    unknown = [folder.name for folder, label in labels.items() if label is None]
    if not files or unknown:
        hint = f"Name the folders {', '.join(classes.names)}, or add classes of these names."
        message = "There are no photos."
        if unknown:
            message = f"These folders are no classes: {', '.join(unknown)}."
        raise BadAnswer("no_class_folders", message, hint)
    return files
