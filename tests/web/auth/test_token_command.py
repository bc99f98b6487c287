"""`flask token`: making, listing and revoking."""

import json

from flask import Flask
from sqlalchemy.orm import Session

from labeller.people import credentials, people


def test_tokens_are_made_listed_and_revoked_by_command(app: Flask, db: Session) -> None:
    flask = app.test_cli_runner()
    anna = people.new_person(db, "Anna", "friend")
    people.new_person(db, "Anna", "friend")
    db.commit()
    asked = flask.invoke(args=["token", "--role", "friend", "--person", "Anna"])
    assert asked.exit_code == 1
    assert f"Anna #{anna.id}" in asked.output
    options = ["--person", f"#{anna.id}", "--name", "phone", "--days", "3", "--scope", "send", "--json"]
    made = json.loads(flask.invoke(args=["token", "--role", "friend", *options]).output)
    assert made["person"] == "Anna"
    assert credentials.person_of_token(db, made["token"]).id == anna.id
    (listed,) = json.loads(flask.invoke(args=["token", "--list", "--json"]).output)["items"]
    assert (listed["id"], listed["name"], listed["scope"]) == (made["id"], "phone", "send")
    assert listed["expires"] == made["expires"]
    table = flask.invoke(args=["token", "--list"]).output
    assert "Anna (friend, send)  phone" in table
    assert made["token"] not in table
    assert "is revoked" in flask.invoke(args=["token", "--revoke", str(made["id"])]).output
    assert flask.invoke(args=["token", "--revoke", str(made["id"])]).exit_code == 1
    assert "no tokens" in flask.invoke(args=["token", "--list"]).output
    db.expire_all()
    assert credentials.person_of_token(db, made["token"]) is None
    assert (
        flask.invoke(args=["token"]).exit_code
        == flask.invoke(args=["token", "--list", "--revoke", "1"]).exit_code
        == 2
    )
