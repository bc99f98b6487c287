"""The OpenAPI document beside the client's own description of the calls."""

import inspect
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from secondlook.call import Call


def operations(spec: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each call, by its operationId."""
    return {
        call["operationId"]: (path, method, call)
        for path, methods in spec["paths"].items()
        for method, call in methods.items()
    }


def filled(make: Callable[..., Call[Any]]) -> Call[Any]:
    """The call that a function makes when every parameter is given."""
    hints = get_type_hints(make)
    parameters = inspect.signature(make).parameters.values()
    values = {one.name: _example(hints[one.name], one.name) for one in parameters}
    return make(**values)


def _example(kind: Any, name: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _example(next(one for one in args if one is not type(None)), name)
    if origin is Literal:
        return args[0]
    if origin is tuple:
        return tuple(_example(one, name) for one in args)
    if origin is not None and issubclass(origin, Sequence):
        return [_example(args[0], name)]
    if is_typeddict(kind) or (origin is not None and issubclass(origin, typing.Mapping)):
        return {}
    return {int: 7, float: 7.0, str: "x", bool: True, bytes: b"x"}[kind]


def answered_type(make: Callable[..., Call[Any]]) -> Any:
    """What the client says that a call answers."""
    (answer,) = get_args(get_type_hints(make)["return"])
    return answer


def schema_of(call: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of the JSON of a success; None for an answer without one."""
    for status, response in call["responses"].items():
        content = response.get("content", {})
        if status in ("200", "201", "202") and "application/json" in content:
            schema: dict[str, Any] = content["application/json"]["schema"]
            return schema
    return None


class Differences:
    """Where a type differs from a schema, in words."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.schemas = spec["components"]["schemas"]

    def find(self, kind: Any, schema: dict[str, Any], where: str) -> list[str]:
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        origin, args = get_origin(kind), get_args(kind)
        if kind is Any:
            return []
        if is_typeddict(kind) or is_typeddict(origin):
            return self._fields(kind, schema, where)
        if origin in (Union, types.UnionType):
            return self._alternatives(args, schema, where)
        if origin is Literal:
            listed = schema.get("enum", [schema.get("const")])
            return [] if set(listed) == set(args) else [f"{where}: {listed} against {args}"]
        if origin is list:
            return self.find(args[0], schema.get("items", {}), f"{where}[]")
        names = {
            int: "integer",
            float: "number",
            str: "string",
            bool: "boolean",
            dict: "object",
            tuple: "array",
        }
        expected = names[origin or kind]
        return [] if schema.get("type") == expected else [f"{where}: {schema.get('type')} against {expected}"]

    def _alternatives(self, args: tuple[Any, ...], schema: dict[str, Any], where: str) -> list[str]:
        kinds = [one for one in args if one is not type(None)]
        choices = schema.get("anyOf", [schema])
        rest = [one for one in choices if one.get("type") != "null"]
        if len(rest) == len(choices) or len(kinds) != 1 or len(rest) != 1:
            return [f"{where}: {schema} against {args}"]
        return self.find(kinds[0], rest[0], where)

    def _fields(self, kind: Any, schema: dict[str, Any], where: str) -> list[str]:
        plain = get_origin(kind) or kind
        given = dict(zip(getattr(plain, "__parameters__", ()), get_args(kind), strict=False))
        hints, properties = get_type_hints(plain), schema.get("properties", {})
        if set(hints) != set(properties):
            return [f"{where}: fields {sorted(set(hints) ^ set(properties))}"]
        found = []
        for name, hint in hints.items():
            if get_origin(hint) is list and get_args(hint)[0] in given:
                hint = list[given[get_args(hint)[0]]]  # type: ignore[misc]
            found += self.find(hint, properties[name], f"{where}.{name}")
        return found
