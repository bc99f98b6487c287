"""Which files of a YOLO dataset are what: the names of its classes, and which photo is in which split."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from labeller.errors import BadDataset
from labeller.formats import json_stream
from labeller.formats.lines import lines
from labeller.formats.protocol import Listing
from labeller.formats.text import bad_file, read_text

CLASS_FILES = ("classes.txt", "obj.names")
Names = Mapping[int, str]


def find_yaml(listing: Listing) -> tuple[str, Mapping[str, Any]]:
    """The file with the names of the classes that is least deep, and what it holds; empty without one."""
    for key in sorted(listing.files, key=lambda key: (key.count("/"), key)):
        if key.lower().endswith((".yaml", ".yml")):
            content = _read_yaml(listing.files[key], key)
            if isinstance(content, Mapping) and "names" in content:
                return key, content
    return "", {}


class _TextLoader(yaml.SafeLoader):
    """Takes every value as text: a class may be called “no” or “1”."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def _read_yaml(path: Path, key: str) -> Any:
    try:
        return _TextLoader(read_text(path, key)).get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise bad_file(key, f"is no YAML (line {mark.line + 1})" if mark else "is no YAML") from None


def class_names(listing: Listing, yaml_file: str, content: Mapping[str, Any]) -> tuple[str, Names]:
    """The file that names the classes, and their names by number. Raises BadDataset without one."""
    if yaml_file:
        return yaml_file, _named_in_yaml(yaml_file, content["names"])
    for key in sorted(listing.files, key=lambda key: (key.count("/"), key)):
        if key.rpartition("/")[2] in CLASS_FILES or key.endswith(".names"):
            return key, dict(enumerate(line for _, line in lines(listing.files[key], key)))
        if key.rpartition("/")[2] == "notes.json":
            return key, _named_in_notes(key, listing.files[key])
    message = "No file of the dataset names its classes (data.yaml, classes.txt, obj.names or notes.json)."
    raise BadDataset("no_classes", message, "YOLO labels hold numbers only. Add data.yaml with names:.")


def _named_in_yaml(file: str, names: Any) -> Names:
    try:
        pairs = (
            names.items()
            if isinstance(names, Mapping)
            else enumerate(names if isinstance(names, list) else [])
        )
        if named := {int(index): _name(name) for index, name in pairs}:
            return named
    except (TypeError, ValueError):
        pass
    raise bad_file(file, "has neither a list nor a map of names under names:")


def _named_in_notes(file: str, path: Path) -> Names:
    """The names in what Label Studio writes beside its label files."""
    try:
        categories = json_stream.items(path, file, "categories.item")
        if named := {int(one["id"]): _name(one["name"]) for one in categories}:
            return named
    except (TypeError, ValueError, KeyError):
        pass
    raise bad_file(file, "has no categories with id and name")


def _name(name: Any) -> str:
    """A name as text. Raises TypeError for what is not one."""
    if not isinstance(name, str):
        raise TypeError
    return name.strip()
