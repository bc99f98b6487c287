"""Every route and method for everybody there is, as `authorisation_table` says.

Paths name what is Ada's: her photo, her face, her session, her token. Ada is `friend`, Bob is `other`.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import FileSystemBytecodeCache

from tests.everybody import DEAD, World
from tests.web.auth.authorisation_table import TABLE, read
from web import create_app

LIVE = ("friend", "other", "labeller", "owner")


@dataclass(frozen=True)
class Wrong:
    """A status that is not as in the table."""

    call: str
    who: str
    way: str
    expected: str
    met: str


@pytest.fixture
def world(data: Path, migrated_sqlite: Path, compiled_templates: FileSystemBytecodeCache) -> World:
    shutil.copy(migrated_sqlite, data)
    app = create_app()
    app.testing, app.jinja_env.bytecode_cache = True, compiled_templates
    return World(app, data)


def check(world: World, who: str, way: str) -> list[Wrong]:
    wrong = []
    for call, row in read(TABLE).items():
        expected = row.expected(who, way)
        met = world.send(call, who, way)
        if met != expected:
            wrong.append(Wrong(call, who, way, expected, met))
    return wrong


def test_every_route_stands_in_the_table_and_no_other(world: World) -> None:
    routes = {
        f"{method} {rule.rule}"
        for rule in world.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == set(read(TABLE)), (
        "give each new route its line in authorisation_table.py or authorisation_table_api.py"
    )


@pytest.mark.slow
def test_strangers(world: World) -> None:
    assert check(world, "anonymous", "cookie") == []


@pytest.mark.slow
@pytest.mark.full_size
def test_those_who_may_no_longer(world: World) -> None:
    for who in DEAD:
        for way in ("cookie", "token"):
            assert check(world, who, way) == []


@pytest.mark.slow
@pytest.mark.parametrize("who", LIVE)
def test_everybody_who_is_signed_in(world: World, who: str) -> None:
    for way in ("cookie", "token"):
        assert check(world, who, way) == []
