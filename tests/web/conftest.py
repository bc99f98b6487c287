"""The application, and test clients of people in any role."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from labeller.people import credentials
from web import create_app

Client = Callable[..., FlaskClient]


@pytest.fixture
def app(db: Session) -> Flask:
    app = create_app()
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask, db: Session) -> Client:
    """`client("friend", "Ada")` sends the bearer token of that person; `client()` sends none."""

    def make(role: str | None = None, name: str | None = None) -> FlaskClient:
        client = app.test_client()
        if role is not None:
            token, _ = credentials.issue_token(db, role, name)
            db.commit()
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return make
