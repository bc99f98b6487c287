"""The client against the OpenAPI document: every call is there, under its address, with its fields."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, get_origin

import pytest

from secondlook import AsyncClient, Client, calls
from secondlook.results import Page
from tests.client.documented import Differences, answered_type, filled, operations, schema_of
from tests.conftest import forget_settings
from web import create_app

LEFT_OUT = {"download_export": "a large file, which is streamed from the `url` of an export"}
"""Documented calls without a method, and why."""
CALLS = [name for name, one in vars(calls).items() if inspect.isfunction(one)]
DOCUMENTED = [name for name in CALLS if name != "fetch"]
"""All but the one for addresses that answers name."""
NOT_DOCUMENTED = {"predict_picture": "predict"}
"""Methods that are another form of a documented call."""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA", str(tmp_path_factory.mktemp("data")))
        forget_settings()
        yield json.loads(json.dumps(create_app().spec))
    forget_settings()


def test_every_documented_call_has_a_method_of_both_clients(spec: dict[str, Any]) -> None:
    documented = set(operations(spec)) - set(LEFT_OUT)
    assert documented == set(DOCUMENTED) - set(NOT_DOCUMENTED)
    for name in CALLS:
        assert hasattr(Client, name), name
        assert hasattr(AsyncClient, name), name


def test_both_clients_have_the_same_methods() -> None:
    assert _methods(Client) == _methods(AsyncClient)


def _methods(client: type) -> set[str]:
    return {name for name in dir(client) if not name.startswith("_")}


def test_every_method_sends_to_its_address_what_the_document_names(spec: dict[str, Any]) -> None:
    for name in DOCUMENTED:
        path, method, described = operations(spec)[NOT_DOCUMENTED.get(name, name)]
        call = filled(getattr(calls, name))
        assert (call.method.lower(), bool(_matches(path, call.path))) == (method, True), name
        parameters = described.get("parameters", ())
        queries = {one["name"] for one in parameters if one["in"] == "query" and not one.get("deprecated")}
        assert set(call.query) | ({"annotated"} & queries) == queries, name
        assert _sent_fields(call) <= _body_fields(spec, described), name


def _matches(template: str, path: str) -> re.Match[str] | None:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), f"/api/v1{path}")


def _sent_fields(call: Any) -> set[str]:
    return set(call.json or {}) | {name for name, _ in call.files} | set(call.form)


def _body_fields(spec: dict[str, Any], described: dict[str, Any]) -> set[str]:
    contents = described.get("requestBody", {}).get("content", {})
    fields: set[str] = set()
    for content in contents.values():
        schema = content["schema"]
        if "$ref" in schema:
            schema = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        fields |= set(schema["properties"])
    return fields


def test_the_types_of_the_answers_are_those_of_the_document(spec: dict[str, Any]) -> None:
    differences = Differences(spec)
    found = []
    for name in DOCUMENTED:
        schema, kind = (
            schema_of(operations(spec)[NOT_DOCUMENTED.get(name, name)][2]),
            answered_type(getattr(calls, name)),
        )
        if kind not in (bytes, type(None)):
            assert schema is not None, name
            found += differences.find(kind, schema, name)
    assert found == []


def test_lists_have_an_iterator() -> None:
    lists = [name for name in CALLS if get_origin(answered_type(getattr(calls, name))) is Page]
    iterators = [name for name in dir(Client) if name.startswith("each_")]
    assert len(lists) == len(iterators)
