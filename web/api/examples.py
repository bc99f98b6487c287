"""Examples for the OpenAPI document, made of the schemas: every call has one, and none goes out of date.

A field's example is that of its name, if it fits its schema, or else the plainest value of its type.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

REQUESTS: dict[str, Any] = {
    "AnswerIn": {"client_key": "8d1f0c", "kind": "label", "face_id": 12, "label": "mask", "seconds": 1.4},
    "AnswersIn": {
        "answers": [
            {"client_key": "8d1f0c", "kind": "label", "face_id": 12, "label": "mask"},
            {"client_key": "8d1f0d", "kind": "reject", "face_id": 13},
        ]
    },
    "DrawnIn": {"box": [120.5, 80, 64, 72], "label": "mask"},
    "LeasesIn": {"keep": [12, 13], "drop": [14]},
    "RunIn": {"recipe": "quick"},
}
"""By schema, where the required fields alone would say too little."""
NAMED: dict[str, tuple[Any, ...]] = {
    "answered": ({"by": "Ada", "label": "mask", "at": "2026-11-27T09:30:00+00:00"},),
    "answers": (41,),
    "at": ("2026-11-27T09:30:00+00:00",),
    "box": ([120.5, 80.0, 64.0, 72.0],),
    "client_key": ("8d1f0c",),
    "code": ("no_such_photo",),
    "confidence": (0.98,),
    "consent_version": ("2",),
    "corrections": ('[{"box": [120.5, 80, 64, 72], "label": "mask"}]',),
    "crop_url": ("/crops/12?v=1",),
    "cursor": (0, 7),
    "detector_recall": ({"value": 0.96, "low": 0.91, "high": 0.99, "n": 120},),
    "difference": ({"value": 0.02, "low": -0.01, "high": 0.05},),
    "error": ("The photo cannot be read.",),
    "face_id": (12,),
    "faces": ({"proposed": 40, "confirmed": 55, "rejected": 5},),
    "file": ("(the bytes of the photo)", ["(the bytes of the photo)"]),
    "id": (7,),
    "kept": ([12, 13],),
    "label": ("mask",),
    "labels": ({"mask": 30, "nomask": 25},),
    "locked": ({"n": 60, "people": 21, "balanced_accuracy": {"value": 0.95, "low": 0.9, "high": 0.99}},),
    "manifest": ("5b1f0c…",),
    "message": ("There is no such photo.",),
    "metrics": ({"locked": None, "locked_reason": "Too few people.", "train": {"n": 100, "people": 20}},),
    "model": ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
    "name": ("Ada",),
    "other": ("nomask",),
    "of": (1,),
    "one": ("mask",),
    "other_id": (6,),
    "part": (0, "locked"),
    "part_bytes": (5242880,),
    "parts": ([0, 1],),
    "person": ("Ada",),
    "person_id": (3,),
    "photo_id": (7,),
    "photo_size": ([1200, 900],),
    "photo_url": ("/photos/7/view",),
    "photos": ({"ready": 20}, [7, 8]),
    "predicted": ("nomask",),
    "probabilities": ({"mask": 0.93, "nomask": 0.07},),
    "progress": (1.0,),
    "reason": ("uncertain", "Everything is answered."),
    "recipe": ({"preset": "quick"},),
    "remaining": (38, {"mask": 30, "nomask": 8}),
    "run": (5,),
    "run_id": (5,),
    "sha256": ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",),
    "source": ("centerface",),
    "state": ("confirmed",),
    "status": ("ready", "done", 201),
    "text": ("The model is unsure: 52 % mask.",),
    "value": (0.95,),
    "waiting": ({"label": 12, "review": 38},),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
    "boolean": (bool,),
}
_PLAIN: dict[str, Any] = {"integer": 1, "number": 0.5, "string": "…", "boolean": True, "object": {}}


class Examples:
    """Examples of the schemas of one document."""

    def __init__(self, schemas: Schema) -> None:
        self._schemas = schemas

    def body(self, schema: Schema) -> Any:
        """What somebody might send: an object has its required fields."""
        name = schema.get("$ref", "").rpartition("/")[2]
        return REQUESTS[name] if name in REQUESTS else self._value(schema, "", required_only=True)

    def answer(self, schema: Schema) -> Any:
        """What might be answered: all fields."""
        return self._value(schema, "")

    def parameter(self, name: str, schema: Schema) -> Any:
        return self._value(schema, name)

    def _value(self, schema: Schema, name: str, required_only: bool = False) -> Any:
        schema = self._plain(schema)
        if "properties" in schema:
            wanted = schema.get("required", ()) if required_only else schema["properties"]
            return {one: self._value(schema["properties"][one], one, required_only) for one in wanted}
        for value in NAMED.get(name, ()):
            if _fits(value, schema):
                return value
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        if schema.get("type") == "array" and "prefixItems" not in schema:
            return [self._value(schema.get("items", {}), name, required_only)]
        if "default" in schema:
            return schema["default"]
        return schema["minimum"] if "minimum" in schema else _PLAIN.get(schema.get("type", ""))

    def _plain(self, schema: Schema) -> Schema:
        """The schema itself, of several possible ones the first that is not null."""
        while "$ref" in schema or "anyOf" in schema:
            if "$ref" in schema:
                schema = self._schemas[schema["$ref"].rpartition("/")[2]]
            else:
                schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        return schema


def _fits(value: Any, schema: Schema) -> bool:
    """Whether a value of NAMED may stand there: by type and choice, and by the parts of it."""
    kinds = _TYPES.get(schema.get("type", ""), ())
    if not isinstance(value, kinds) or (isinstance(value, bool) and schema["type"] != "boolean"):
        return False
    if "enum" in schema:
        return value in schema["enum"]
    if "minimum" in schema and value < schema["minimum"]:
        return False
    parts, inner = [], schema.get("items") or schema.get("additionalProperties")
    if isinstance(value, list | dict):
        parts = list(value.values() if isinstance(value, dict) else value)
    if not isinstance(inner, Mapping):
        return True
    return "$ref" not in inner and all(_fits(one, inner) for one in parts)
