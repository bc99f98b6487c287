"""Requests of a signed-in person through the Flask test client."""

import re

from flask import Flask
from flask.testing import FlaskClient

from db.models import Person


def browser(app: Flask, person: Person) -> FlaskClient:
    """Signed in by cookie, as after a link."""
    made = app.test_client()
    with made.session_transaction() as cookie:
        cookie["person"], cookie["link"] = person.id, person.link_version
    return made


def csrf(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf[-_]token" (?:content|value)="([^"]+)"', client.get(page).text)
    assert found is not None
    return found[1]


def see(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.text
