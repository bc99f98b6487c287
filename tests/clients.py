"""Requests of a signed-in person through the Flask test client."""

import re

from flask import Flask
from flask.testing import FlaskClient

from db.models import Person


def sign_in(app: Flask, person: Person) -> FlaskClient:
    """A client with the cookie of a person who came by a personal link."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["person"], cookie["link"] = person.id, person.link_version
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
