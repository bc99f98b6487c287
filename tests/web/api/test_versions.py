"""Versions over JSON and in the shell."""

import json
import re

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from db.models import DatasetVersion, Run
from labeller.datasets import tags, versions
from labeller.datasets.sources import EVERYTHING
from labeller.datasets.tags import Targets
from labeller.people import people
from tests.factories import add_faces
from tests.labelled import add_labelled_faces
from tests.web.conftest import Client
from web.cli.runs import retrain
from web.cli.versions import version


def test_a_version_is_made_listed_compared_named_and_deleted(client: Client, db: Session) -> None:
    owner, labeller = client("owner", "Grace"), client("labeller", "Bob")
    faces = add_labelled_faces(db, 10)
    made = owner.post("/api/v1/versions", json={"name": " First ", "note": "before the holidays"})
    assert made.status_code == 201
    first = made.json
    assert (first["name"], first["photos"], first["faces"], first["runs"]) == ("First", 10, 10, [])
    assert sum(first["labels"].values()) == 8
    assert owner.post("/api/v1/versions", json={"name": "first"}).status_code == 409
    faces[0].label, faces[1].label = "nomask", "mask"
    tag = tags.find_or_add(db, "kept")
    tags.put_on(db, tag, Targets(faces=[face.id for face in faces[:5]]))
    db.commit()
    second = owner.post("/api/v1/versions", json={"name": "Second", "tag": tag.id}).json
    path = f"/api/v1/versions/{first['id']}/compare/{second['id']}"
    found = labeller.get(f"{path}?limit=1").json
    assert {kind: found[kind] for kind in ("added", "removed", "relabelled", "moved", "split", "same")} == {
        "added": 0, "removed": 5, "relabelled": 2, "moved": 0, "split": 0, "same": 3,
    }  # fmt: skip
    (changed,) = found["items"]
    assert (changed["face_id"], changed["before"]["label"], changed["after"]["label"]) == (
        faces[0].id, "mask", "nomask",
    )  # fmt: skip
    rest = labeller.get(f"{path}?cursor={found['next']}").json
    assert ([one["face_id"] for one in rest["items"]], rest["next"]) == ([faces[1].id], None)
    removed = labeller.get(f"{path}?kind=removed").json["items"]
    assert [one["after"] for one in removed] == [None] * 5
    listed = labeller.get("/api/v1/versions?made_by=hand&limit=1").json
    assert ([one["name"] for one in listed["items"]], listed["next"]) == (["Second"], second["id"])
    renamed = owner.put(f"/api/v1/versions/{second['id']}", json={"name": "Kept"})
    assert renamed.json["name"] == "Kept"
    assert owner.delete(f"/api/v1/versions/{second['id']}").status_code == 204
    assert labeller.get(path).status_code == 404
    assert labeller.delete(f"/api/v1/versions/{first['id']}").status_code == 403


def test_nothing_is_no_version(client: Client, db: Session) -> None:
    refused = client("owner", "Grace").post("/api/v1/versions", json={"name": "Empty"})
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "empty_version")
    assert "0 photos with 0 boxes" in refused.json["error"]["message"]


def test_a_run_is_started_on_a_version_and_names_it(client: Client, db: Session) -> None:
    labeller = client("labeller", "Bob")
    add_labelled_faces(db, 20)
    made = versions.make(db, "First", EVERYTHING, people.owner(db))
    db.commit()
    run = labeller.post("/api/v1/runs", json={"version": "first"}).json["id"]
    assert labeller.get(f"/api/v1/runs/{run}").json["version_id"] == made.id
    other = labeller.post("/api/v1/runs", json={})
    assert (other.status_code, other.json["error"]["code"]) == (409, "other_data_queued")
    assert labeller.post("/api/v1/runs", json={"version": "none"}).status_code == 404
    assert labeller.get(f"/api/v1/versions/{made.id}").json["runs"] == [run]
    assert client("owner", "Grace").delete(f"/api/v1/versions/{made.id}").status_code == 409


def test_what_a_run_collected_gets_a_name(client: Client, db: Session) -> None:
    owner, face = client("owner", "Grace"), add_faces(db, 1)[0]
    version_ = versions.make(db, "x", EVERYTHING, None)
    version_.name = version_.key = None
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", version_id=version_.id)
    earlier = Run(recipe={}, seed=0, classes=[1, 2], status="done")
    db.add_all([run, earlier])
    db.commit()
    assert [one["name"] for one in owner.get("/api/v1/versions?made_by=run").json["items"]] == [None]
    named = owner.post("/api/v1/versions", json={"name": "Of the run", "run": run.id})
    assert (named.status_code, named.json["id"]) == (201, version_.id)
    assert owner.post("/api/v1/versions", json={"name": "Again", "run": run.id}).status_code == 409
    assert owner.post("/api/v1/versions", json={"name": "None", "run": earlier.id}).status_code == 409
    both = owner.post("/api/v1/versions", json={"name": "Both", "run": run.id, "filter": {}})
    assert both.status_code == 400
    assert face.photo_id


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_versions_in_the_shell(db: Session) -> None:
    faces, shell = add_labelled_faces(db, 20), CliRunner()
    made = shell.invoke(version, ["create", "First", "--json"])
    assert json.loads(made.stdout) == {"id": 1, "name": "First", "photos": 20, "faces": 20}
    tag = tags.find_or_add(db, "kept")
    tags.put_on(db, tag, Targets(faces=[face.id for face in faces[:5]]))
    db.commit()
    assert "5 photos, 5 boxes" in shell.invoke(version, ["create", "Second", "--tag", "Kept"]).output
    assert "removed 15, relabelled 0" in shell.invoke(version, ["compare", "first", "2"]).output
    assert re.search("2  Second.*1  First", shell.invoke(version, ["list"]).output, re.DOTALL)
    assert "is there already" in shell.invoke(version, ["create", "first"]).output
    run = json.loads(shell.invoke(retrain, ["--version", "First", "--json"]).stdout)
    assert db.get_one(Run, run["id"]).version_id == db.get_one(DatasetVersion, 1).id
