"""The application, and test clients of people in any role."""

import functools
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.routing.rules import Rule

from db.base import now
from db.models import Token
from labeller.people import credentials
from web import create_app

Client = Callable[..., FlaskClient]


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """The templates' code, kept for all tests: each application would compile them again."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session", autouse=True)
def addresses_compiled_when_needed() -> Iterator[None]:
    """Each application compiles how 150 addresses are built, nine tenths of the time that making it takes."""
    compile_builder = Rule._compile_builder

    def compile_later(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = functools.cache(lambda: compile_builder(rule, append_unknown))
        return lambda rule, **values: compiled()(rule, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_later)
        yield


@pytest.fixture
def app(db: Session, compiled_templates: FileSystemBytecodeCache) -> Flask:
    app = create_app()
    app.testing = True
    app.jinja_env.bytecode_cache = compiled_templates
    return app


@pytest.fixture
def client(app: Flask, db: Session) -> Client:
    """`client("friend", "Ada")` sends the bearer token of that person; `client()` sends none."""

    def make(role: str | None = None, name: str | None = None) -> FlaskClient:
        client = app.test_client()
        if role is not None:
            token, _ = credentials.issue_token(db, role, name)
            db.execute(update(Token).values(used_at=now()))  # so that no request has to note it
            db.commit()
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return make
