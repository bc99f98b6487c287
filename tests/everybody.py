"""An application with rows of everybody there is, which are put back after each request.

Ids name what is Ada's: her photo, her face, her session, her token. Ada is `friend`, Bob is `other`.
"""

import io
import shutil
import sqlite3
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import BrowserSession, Event, Person, Photo, Token
from db.session import engine
from db.webhooks import hooks
from labeller.answers import class_edits
from labeller.people import credentials, invites, people, sessions
from labeller.people.consent import agree
from tests.factories import add_labelled_photo, add_run_trained_on, fill_in_results
from tests.odd_values import NAMES

DEAD = ("revoked", "expired", "erased")
"""Former owners, whom nothing lets in any more."""
JSON = {
    "POST /api/v1/answers": {"client_key": "k", "kind": "label", "face_id": 1, "label": "mask"},
    "POST /api/v1/exports": {"format": "papyrus"},
    "POST /api/v1/answers/many": {"answers": []},
    "POST /api/v1/leases": {},
    "POST /api/v1/uploads": {"sha256": []},
    "POST /api/v1/runs": {},
    "POST /api/v1/photos/<int:photo_id>/faces": {"box": [100, 100, 50, 50], "label": "mask"},
    "POST /api/v1/photos/<int:photo_id>/turn": {"degrees": 90},
    "POST /api/v1/assignments": {"person": 2, "face_ids": [999]},
    "POST /api/v1/faces/<int:face_id>/comments": {"text": "Is this a scarf?"},
    "POST /api/v1/webhooks": {"url": "https://hooks.example/", "events": ["run.done"]},
    "PATCH /api/v1/webhooks/<int:webhook_id>": {"name": "Wall"},
    "POST /map/review": {"face_ids": [1]},
    "POST /api/v1/picks": {"face_ids": [1]},
    "POST /api/v1/faces/gold": {"face_ids": [1]},
    "POST /api/v1/classes": {"name": "scarf"},
    "PATCH /api/v1/classes/<int:class_id>": {"name": "scarf"},
    "POST /api/v1/classes/<int:class_id>/merge": {"into": 2},
    "PUT /api/v1/detector": {"likely": 0.8, "hidden": 0.1},
    "POST /api/v1/detector/again": {},
    "PATCH /api/v1/people/<int:person_id>": {"name": "Eve"},
    "POST /api/v1/people/<int:person_id>/merge": {"into": 3},
    "POST /api/v1/invitations": {},
    "PUT /api/v1/backups/schedule": {"days": 1},
    "PUT /api/v1/runs/rule": {"train_after": 5},
    "POST /api/v1/filters": {"name": "Mine"},
    "POST /api/v1/review": {},
    "PUT /api/v1/filters/<int:filter_id>": {"name": "Mine"},
    "PUT /api/v1/tags": {"name": "night"},
    "POST /api/v1/versions": {"name": "First"},
    "PUT /api/v1/versions/<int:version_id>": {"name": "First"},
    "PUT /api/v1/tags/<int:tag_id>": {"name": "night"},
    "PUT /api/v1/tags/<int:tag_id>/off": {},
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /agreement/<int:face_id>": {"answer": "unsure"},
    "POST /runs/<int:run_id>/faces/<int:face_id>": {"answer": "unsure"},
    "POST /classes": {"what": "add", "to": "scarf"},
    "POST /detector": {"likely": "0.8", "hidden": "0.1"},
    "POST /gallery/answer": {"answer": "unsure", "id": "1"},
    "POST /gallery/erase": {"id": "1"},
    "POST /gallery/filters": {"name": "Mine"},
    "POST /gallery/restore": {"id": "1"},
    "POST /photos/<int:photo_id>/tags": {"tag": "night"},
    "POST /versions": {"name": "First"},
    "POST /i/<secret>": {"name": "Eve", "consent": "on"},
    "POST /people/<int:person_id>/merge": {"into": "3"},
    "POST /people/<int:person_id>/rename": {"name": "Eve"},
    "POST /people/invite": {"role": "friend"},
    "POST /photos/<int:photo_id>/turn": {"degrees": "90"},
    "POST /profile/tokens": {"name": "script"},
    "POST /runs/rule": {"train_after": "5"},
    "POST /webhooks": {"url": "https://hooks.example/", "event": "run.done"},
    "POST /webhooks/<int:webhook_id>": {"url": "https://hooks.example/", "event": "run.done"},
}
QUERIES = {
    "GET /compare": "one=1&other=1",
    "GET /upload/progress": "id=1",
    "PUT /api/v1/uploads/<sha256>/<int(min=0):part>": "of=2",
}


class World:
    """One application with rows of everybody; what a request changes is put back after it."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app, self._folder = app, folder
        self.secrets: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, Any] = {}
        self._addresses = count(1)
        for limiter in app.extensions["limiter"]:
            limiter.enabled = False
        app.config["WTF_CSRF_METHODS"] = set()  # tested elsewhere; here it would hide what a role may do
        with Session(engine(), expire_on_commit=False) as session:
            self._fill(session)
        engine().dispose()
        shutil.copytree(folder / "blobs", folder / "kept")
        self._file = sqlite3.connect(folder / "secondlook.db")
        self._kept = sqlite3.connect(":memory:")
        self._file.backup(self._kept)
        self._version = self._read_version()

    def _fill(self, db: Session) -> None:
        owner, ada = people.owner(db), people.new_person(db, "Ada", "friend")
        bob, carol = people.new_person(db, "Bob", "friend"), people.new_person(db, "Carol", "labeller")
        for friend in (ada, bob):
            agree(db, friend)
        db.commit()
        face = add_labelled_photo(db, ada, 1)
        run = add_run_trained_on(db, [face])
        manifest = run.manifest
        fill_in_results(run)
        run.manifest, run.finished_at = manifest, now()
        _, invite = invites.create_invite(db, "friend")
        secret, _ = invites.create_invite(db, "friend")
        class_edits.add(db, "chin", owner)
        event = db.scalars(select(Event).where(Event.kind.like("class%"))).first()
        assert event is not None
        for name, person in {"friend": ada, "other": bob, "labeller": carol, "owner": owner}.items():
            self._let_in(db, name, person)
        self._add_dead(db)
        phone = sessions.begin(db, ada, "personal link", "")[1]
        token = credentials.add_token(db, ada, None)[1]
        hook, _ = hooks.add(db, hooks.Wish("https://hooks.example/", ["run.done"]), owner)
        event_sent = hooks.send_test(db, hook)
        db.commit()
        photo = db.get_one(Photo, face.photo_id)
        self.ids = {
            **{"photo_id": photo.id, "face_id": face.id, "run_id": run.id, "other_id": run.id},
            **{"person_id": ada.id, "event_id": event.id, "invite_id": invite.id, "session_id": phone.id},
            **{"token_id": token.id, "sha256": "0" * 64, "part": 0, "secret": secret, "name": "sha2.js"},
            **{"webhook_id": hook.id, "delivery_id": event_sent.id},
            **{
                "filename": "styles/base.css",
                "ending": "keras",
                "passkey_id": 1,
                "comment_id": 999,
                "assignment_id": 999,
            },
        }

    def _let_in(self, db: Session, name: str, person: Person) -> None:
        self.secrets[name] = sessions.begin(db, person, "personal link", "")[0]
        self.tokens[name] = credentials.add_token(db, person, None)[0]

    def _add_dead(self, db: Session) -> None:
        """Former owners, for whom everything would be allowed."""
        for name in DEAD:
            person = people.new_person(db, name, "owner")
            self._let_in(db, name, person)
            db.flush()
            row = db.scalars(select(BrowserSession).where(BrowserSession.person_id == person.id)).one()
            token = db.scalars(select(Token).where(Token.person_id == person.id)).one()
            if name == "revoked":
                row.ended_at = token.revoked_at = now()
            elif name == "expired":
                row.expires_at = token.expires_at = now() - timedelta(seconds=1)
            else:
                person.erasing_at = now()

    def send(self, call: str, who: str, way: str) -> str:
        """The status of `METHOD rule` as somebody by `cookie` or `token`; `hello` if led there."""
        method, _, rule = call.partition(" ")
        path = NAMES.sub(lambda found: str(self.ids.get(found[1], 1)), rule)
        client, headers = self._client(who, way)
        options: dict[str, Any] = {"json": JSON[call]} if call in JSON else {}
        if call in FORMS:
            options = {"data": {"seen_at": now().isoformat()} | FORMS[call]}
        elif call == "POST /upload":
            options = {"data": {"file": (io.BytesIO(b"no photo"), "a.jpg")}}
        address = f"10.0.{next(self._addresses) // 200}.{next(self._addresses) % 200}"
        response = client.open(
            path, method=method, query_string=QUERIES.get(call), headers=headers,
            environ_overrides={"REMOTE_ADDR": address}, **options,
        )  # fmt: skip
        response.close()
        self.put_back()
        location = response.headers.get("Location", "")
        return "hello" if location.endswith("/hello") else str(response.status_code)

    def _client(self, who: str, way: str) -> tuple[FlaskClient, dict[str, str]]:
        client = self.app.test_client()
        if way == "token" and who in self.tokens:
            return client, {"Authorization": f"Bearer {self.tokens[who]}"}
        if who in self.secrets:
            with client.session_transaction() as cookie:
                cookie["id"] = self.secrets[who]
        return client, {}

    def headers(self, who: str) -> dict[str, str]:
        """The bearer token of somebody; none for a stranger."""
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}

    def put_back(self) -> None:
        """Undo what the last request changed."""
        if self._read_version() != self._version:
            engine().dispose()
            self._kept.backup(self._file)
            self._version = self._read_version()
        shutil.copytree(self._folder / "kept", self._folder / "blobs", dirs_exist_ok=True)

    def _read_version(self) -> int:
        """Changes whenever another connection has written."""
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])
