"""What a task of Label Studio means: which picture, and which of its annotations counts."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from labeller.formats.names import is_picture

Json = Mapping[str, Any]
LOCAL_FILE = "/data/local-files/?d="


def objects(values: Any) -> list[Json]:
    """The objects in a list; nothing where there is no list."""
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def fields_of(task: Json) -> Json:
    """What the task is about: its `data`, or in JSON-MIN the task itself."""
    data = task.get("data", task)
    return data if isinstance(data, Mapping) else {}


def picture_of(fields: Json) -> str | None:
    """The name of the picture: `image`, or the first value that ends as pictures do."""
    texts = [value for value in (fields.get("image"), *fields.values()) if isinstance(value, str)]
    return next((name for name in map(_name, texts) if is_picture(name)), None)


def _name(address: str) -> str:
    """The path in an address, which Label Studio has percent-encoded."""
    if LOCAL_FILE in address:
        return unquote(address.partition(LOCAL_FILE)[2].partition("&")[0])
    if "://" in address:
        address = address.partition("://")[2].partition("?")[0]
    return unquote(address)


def choose_annotation(task: Json) -> tuple[Json | None, str]:
    """The ground truth, or else the newest that was not cancelled; and in words what speaks against it."""
    if "data" not in task:
        return _min_annotation(task), ""
    live = [one for one in objects(task.get("annotations")) if one.get("was_cancelled") is not True]
    pool = [one for one in live if one.get("ground_truth") is True] or live
    if not pool:
        return None, ""
    chosen = max(enumerate(pool), key=lambda one: (_written(one[1]), one[0]))[1]
    values = [[result.get("value") for result in objects(one.get("result"))] for one in live]
    if all(value == values[0] for value in values):
        return chosen, ""
    return chosen, f"{len(live)} annotations differ; that with the id {chosen.get('id')} was taken"


def _min_annotation(task: Json) -> Json | None:
    """JSON-MIN has the regions of one annotation under the name of each control."""
    regions = [region for value in task.values() for region in objects(value)]
    number = task.get("annotation_id")
    return {"id": number, "result": regions} if regions or number is not None else None


def newest(candidates: Sequence[Json]) -> Json | None:
    """The last written; of several as old the last in the file."""
    return max(enumerate(candidates), key=lambda one: (_written(one[1]), one[0]))[1] if candidates else None


def _written(one: Json) -> str:
    return str(one.get("updated_at") or one.get("created_at") or "")
