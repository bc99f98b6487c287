"""Label Studio JSON, read task by task: the full export and JSON-MIN."""

from collections.abc import Iterator, Mapping
from typing import Any

from labeller.errors import AmbiguousName, BadDataset
from labeller.formats import json_stream
from labeller.formats.checked import checked
from labeller.formats.draft import Draft
from labeller.formats.label_studio_results import Regions, stated_size
from labeller.formats.label_studio_task import choose_annotation, fields_of, newest, objects, picture_of
from labeller.formats.listing import SIDECAR
from labeller.formats.names import our_split, shown, suffix
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import PhotoRecord, Problem, Size
from labeller.formats.values import BadBox, as_box

Json = Mapping[str, Any]
KEYS = frozenset({"data", "annotations", "completions", "annotation_id"})
"""Of these a task has at least one, a list of anything else has none."""
OURS = "second_look"
"""What of `data` is ours; a server of Label Studio gives it back unchanged."""


class LabelStudioReader:
    """Photos in the order of the tasks: annotations are answers, predictions are proposals."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
        return checked(_read(listing), listing, options, tells_empty=True)


def _read(listing: Listing) -> Iterator[PhotoRecord | Problem]:
    is_any = False
    for key in listing.files:
        if suffix(key) == ".json" and not key.endswith(SIDECAR):
            kind, keys = json_stream.shape(listing.files[key], key)
            if kind == "list" and keys & KEYS:
                is_any = True
                for number, task in enumerate(json_stream.items(listing.files[key], key, "item"), 1):
                    yield from _task(listing, key, number, task)
    if not is_any:
        hint = "Export from Label Studio as JSON or JSON-MIN."
        raise BadDataset("no_labels", "There is no list of tasks of Label Studio.", hint)


def _task(listing: Listing, file: str, number: int, task: Any) -> Iterator[PhotoRecord | Problem]:
    place = (
        f"task {shown(str(task.get('id', number)), 40)}" if isinstance(task, Mapping) else f"task {number}"
    )
    if not isinstance(task, Mapping):
        yield Problem("skipped", file, place, "is not a task")
    elif "completions" in task:
        yield Problem(
            "skipped",
            file,
            place,
            "has “completions”, of Label Studio before 1.0; export it with a newer one",
        )
    elif (name := picture_of(fields_of(task))) is None:
        kinds = shown(", ".join(fields_of(task)) or "nothing")
        yield Problem("skipped", file, place, f"is not about a picture, but about {kinds}")
    else:
        yield from _photo(listing, file, place, name, task)


def _photo(listing: Listing, file: str, place: str, name: str, task: Json) -> Iterator[PhotoRecord | Problem]:
    annotation, doubt = choose_annotation(task)
    prediction = newest(objects(task.get("predictions")))
    answers = objects(annotation.get("result")) if annotation else []
    proposals = _proposals(annotation, prediction)
    fields = fields_of(task)
    draft = Draft(file, name, stated_size([*answers, *proposals]), place)
    if doubt:
        draft.remark("conflict", place, doubt)
    if task.get("predictions") and prediction is None:
        draft.remark("note", place, "has predictions that this export gives as numbers only; they are lost")
    regions = Regions(draft, _upright_size(listing, name) or draft.size)
    regions.take(answers, "annotation", None, "confirmed")
    regions.take(proposals, "prediction", prediction and prediction.get("score"), "proposed")
    _take_rejected(draft, fields)
    yield from draft.finished(annotation is not None, **_about_photo(fields))


def _upright_size(listing: Listing, name: str) -> Size | None:
    """Of the picture itself: percent are of what the editor has shown, whatever size the file states."""
    try:
        key = listing.find_picture(name)
    except AmbiguousName:
        return None
    return listing.upright_size(key) if key else None


def _proposals(annotation: Json | None, prediction: Json | None) -> list[Json]:
    """The regions of a prediction, unless somebody has seen them in Label Studio and answered.

    An annotation without a number has not been in Label Studio: it is from an export of ours.
    """
    if prediction is None or (annotation is not None and "id" in annotation):
        return []
    return objects(prediction.get("result"))


def _take_rejected(draft: Draft, fields: Json) -> None:
    """The boxes that an export of ours has kept beside the picture."""
    ours = fields.get(OURS)
    boxes = ours.get("rejected") if isinstance(ours, Mapping) else None
    for number, box in enumerate(boxes if isinstance(boxes, list) else [], 1):
        place = f"rejected box {number}"
        try:
            draft.face(as_box(box), place, state="rejected")
        except BadBox as error:
            draft.remark("skipped", place, f"{error}; refused")


def _about_photo(fields: Json) -> dict[str, str | None]:
    person, split = fields.get("person"), fields.get("split")
    return {
        "person": person if isinstance(person, str) and person else None,
        "split": our_split(split) if isinstance(split, str) else None,
    }
