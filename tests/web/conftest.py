"""The application with its test client, signed in as anybody."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from labeller.people import people
from web import create_app

Client = Callable[..., FlaskClient]


@pytest.fixture
def app(db: Session) -> Flask:
    made = create_app()
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask, db: Session) -> Client:
    """`client("friend", "Ada")`: a client that sends that person's bearer token; `client()`: nobody's."""

    def make(role: str | None = None, name: str | None = None) -> FlaskClient:
        made = app.test_client()
        if role is not None:
            token, _ = people.issue_token(db, role, name)
            db.commit()
            made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return made

    return make
