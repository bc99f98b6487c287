"""Requests of a signed-in person through the Flask test client."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import object_session
from werkzeug.test import TestResponse

from db.models import Person
from labeller.people import sessions


def sign_in(app: Flask, person: Person) -> FlaskClient:
    """A client with the cookie of a person who came by a personal link; commits."""
    client, session = app.test_client(), object_session(person)
    assert session is not None
    secret, _ = sessions.begin(session, person, "personal link", "")
    session.commit()
    with client.session_transaction() as cookie:
        cookie["id"] = secret
    return client


def csrf_token(client: FlaskClient, page: str) -> str:
    """The CSRF token in a page."""
    match = re.search(r'name="csrf[-_]token" (?:content|value)="([^"]+)"', client.get(page).text)
    assert match is not None
    return match[1]


def get_page(client: FlaskClient, path: str) -> str:
    """The HTML of a page that answers 200."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.text


def post_form(client: FlaskClient, page: str, path: str, **form: str) -> TestResponse:
    """Send a form with the CSRF token of `page`."""
    return client.post(path, data=form | {"csrf_token": csrf_token(client, page)})
