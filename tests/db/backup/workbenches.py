"""A workbench with something of everything, and what must be the same after a restore."""

import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, String, cast, select
from sqlalchemy.orm import Session

from db.backup.rows import LEFT_OUT
from db.base import Base, now
from db.models import Photo, Prediction, Run
from db.storage import blobs
from labeller.people import people
from tests.factories import add_invited_friend, add_labelled_photo, add_run_trained_on


def fill(db: Session, data: Path) -> Run:
    """Photos with faces, answers, scores and a live model; a job at work; a person who left."""
    ada = add_invited_friend(db, "Ada")
    faces = [add_labelled_photo(db, ada, seed) for seed in (1, 2)]
    run = add_run_trained_on(db, faces)
    at_work = db.get_one(Photo, faces[0].photo_id)
    at_work.status, at_work.owner, at_work.lease_until = "running", "detect@gone", now()
    db.add(Prediction(run_id=run.id, picture="x", deadline=now()))
    last = people.new_person(db, "Last", "friend")
    db.flush()
    db.delete(last)
    (data / "simulations").mkdir()
    (data / "simulations" / "faces.json").write_text("{}")
    db.commit()
    return run


def contents(db: Session) -> dict[str, Any]:
    """Every row that a backup keeps, JSON as its text, and the hash of every stored file with a hash."""
    db.rollback()
    rows = {}
    for table in Base.metadata.sorted_tables:
        if table.name in LEFT_OUT:
            continue
        columns = [cast(c, String).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
        found = [dict(row) for row in db.execute(select(*columns)).mappings()]
        for row in found:
            for column in table.columns:
                if isinstance(column.type, JSON) and row[column.name] is not None:
                    row[column.name] = json.loads(row[column.name])
        rows[table.name] = sorted(found, key=repr)
    keys = sorted(key for key, _ in blobs().list_keys())
    return {"rows": rows, "files": {key: hashlib.sha256(blobs().get(key)).hexdigest() for key in keys}}


def without_work(found: dict[str, Any]) -> dict[str, Any]:
    """The same without who works on which photo: a restore queues these jobs again."""
    jobs = ("status", "owner", "lease_until", "sent_at")
    rows = {
        table: [
            {k: v for k, v in row.items() if table not in ("photo", "run") or k not in jobs} for row in many
        ]
        for table, many in found["rows"].items()
    }
    return {"rows": rows, "files": found["files"]}
