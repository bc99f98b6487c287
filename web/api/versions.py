"""Versions of the data over JSON."""

from typing import Any

from apiflask import APIBlueprint

from db import classes
from db.errors import BadInput
from db.models import DatasetVersion
from labeller.datasets import compare, versions
from trainer.errors import NoModel
from trainer.runs import requests
from web.api import dataset_schemas as schemas
from web.api.filters import chosen
from web.api.paging import cut
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_versions", __name__, tag="Versions")


@blueprint.get("/versions")
@blueprint.input(schemas.VersionsQuery, location="query")
@blueprint.output(schemas.VersionsOut)
@blueprint.doc(security="token")
def list_versions(query_data: schemas.VersionsQuery) -> Any:
    """Versions, newest first: made by hand, or of what a run collected."""
    by_hand = None if query_data.made_by is None else query_data.made_by == "hand"
    rows = versions.versions_before(db(), query_data.cursor, query_data.ask_for, by_hand)
    shown, after = cut(rows, query_data.limit, lambda version: version.id)
    return {"items": [version_out(version) for version in shown], "next": after}


@blueprint.post("/versions")
@blueprint.input(schemas.VersionIn)
@blueprint.output(schemas.VersionOut, status_code=201)
@blueprint.doc(security="token", responses={409: "Another version is called so."})
def make_version(json_data: schemas.VersionIn) -> Any:
    """Freeze photos, boxes, labels and splits as they are now; without a source, all of them."""
    if json_data.run is None:
        version = versions.make(db(), json_data.name, chosen(json_data), me(), json_data.note)
    else:
        version = _of_run(json_data)
    db().commit()
    return version_out(version)


@blueprint.get("/versions/<int:version_id>")
@blueprint.output(schemas.VersionOut)
@blueprint.doc(security="token")
def get_version(version_id: int) -> Any:
    """One version, and what of it has been deleted since."""
    return version_out(versions.get_version(db(), version_id))


@blueprint.put("/versions/<int:version_id>")
@blueprint.input(schemas.VersionNameIn)
@blueprint.output(schemas.VersionOut)
@blueprint.doc(security="token", responses={409: "Another version is called so."})
def rename_version(version_id: int, json_data: schemas.VersionNameIn) -> Any:
    """Name a version, also one that a run made."""
    version = versions.get_version(db(), version_id)
    versions.rename(db(), version, json_data.name, json_data.note)
    db().commit()
    return version_out(version)


@blueprint.delete("/versions/<int:version_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={409: "A run used it."})
def delete_version(version_id: int) -> Any:
    """Delete a version that no run used; its photos stay."""
    versions.delete_version(db(), versions.get_version(db(), version_id), me())
    db().commit()
    return ""


@blueprint.get("/versions/<int:version_id>/compare/<int:other_id>")
@blueprint.input(schemas.CompareQuery, location="query")
@blueprint.output(schemas.VersionComparison)
@blueprint.doc(security="token")
def compare_versions(version_id: int, other_id: int, query_data: schemas.CompareQuery) -> Any:
    """What differs from the first version to the other: how many faces, and those of one kind."""
    first, other = (versions.get_version(db(), id) for id in (version_id, other_id))
    found = compare.compare(db(), first, other)
    shown, after = compare.page(found.faces[query_data.kind], query_data.cursor, query_data.limit)
    names = classes.read(db()).own_names
    items = [
        {"face_id": one.face.id, "photo_id": one.face.photo_id}
        | {"before": _then(one.before, names), "after": _then(one.after, names)}
        for one in compare.details(db(), first, other, shown)
    ]
    counts = {kind: len(faces) for kind, faces in found.faces.items()}
    return counts | {"same": found.same, "items": items, "next": after}


def version_out(version: DatasetVersion) -> dict[str, Any]:
    """A version as the API and the commands return it."""
    names = classes.read(db()).own_names
    return {
        "id": version.id,
        "name": version.name,
        "note": version.note,
        "created": version.created_at.isoformat(),
        "person_id": version.created_by,
        "photos": version.photos - version.photos_gone,
        "faces": version.faces - version.faces_gone,
        "photos_gone": version.photos_gone,
        "faces_gone": version.faces_gone,
        "labels": {names[int(id)]: count for id, count in version.labels.items()},
        "splits": version.splits,
        "runs": [run.id for run in versions.runs_of(db(), version)],
    }


def _of_run(json_data: schemas.VersionIn) -> DatasetVersion:
    """What a run collected, named. Raises BadInput beside another source, NotFound, NoModel and Conflict."""
    if json_data.filter is not None or json_data.tag is not None or json_data.saved_filter is not None:
        raise BadInput("several_sources", "Only one of run, filter, tag and saved_filter can be used.")
    run = requests.get_run(db(), json_data.run or 0)
    if run.version_id is None:
        raise NoModel("no_version", "This run has no version: an earlier workbench made it, or it waits.")
    version = versions.get_version(db(), run.version_id)
    if version.name is not None:
        raise NoModel("named_already", f"Its version is called “{version.name}”.")
    versions.rename(db(), version, json_data.name, json_data.note)
    return version


def _then(face: compare.FaceThen | None, names: Any) -> dict[str, Any] | None:
    if face is None:
        return None
    label = None if face.class_id is None else names[face.class_id]
    return {"box": face.box, "state": face.state, "label": label, "split": face.split}
