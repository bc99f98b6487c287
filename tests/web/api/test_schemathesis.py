"""Requests made up from the OpenAPI document, as everybody: none is answered with a fault of ours."""

import shutil
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from jinja2 import FileSystemBytecodeCache

from labeller.detection import predictions
from tests.environment import PROVE
from tests.everybody import World
from web import create_app

EXAMPLES = 12 if PROVE else 3
"""Of each call, for each person."""
SLOW = ("POST /api/v1/predict", "POST /api/v1/photos", "POST /api/v1/tried")
"""They start a process for each file: fewer examples."""


@pytest.fixture
def world(data: Path, migrated_sqlite: Path, compiled_templates: FileSystemBytecodeCache) -> World:
    shutil.copy(migrated_sqlite, data)
    app = create_app()
    app.jinja_env.bytecode_cache = compiled_templates
    return World(app, data)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "who",
    [
        *(pytest.param(who, marks=pytest.mark.full_size) for who in ("anonymous", "friend", "labeller")),
        "owner",
    ],
)
def test_no_request_is_answered_with_a_fault(world: World, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "SECONDS", 0.01)  # nobody answers here
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app)
    headers = world.headers(who)
    walked, faults = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=2 if operation.label in SLOW else EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategies.one_of(operation.as_strategy(), operation.as_strategy()))
        def send(case: schemathesis.Case) -> None:
            nonlocal walked
            response = case.call(headers=headers)
            world.put_back()
            walked += 1
            if response.status_code >= 500 and response.status_code != 503:
                faults.append((case.operation.label, response.status_code, case.as_curl_command()[:300]))

        send()
    assert faults == []
    assert walked >= 30 * min(EXAMPLES, 2)
