"""A cookie that one web process has signed is good for another one whose machine's clock is late."""

import time

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from labeller.people import people
from tests.clients import get_page, sign_in


def test_a_late_clock_signs_nobody_out(app: Flask, db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in(app, people.owner(db))
    get_page(client, "/people")
    right = time.time
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: right() - 60)
    get_page(client, "/people")
