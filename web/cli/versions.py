"""`flask version`: versions of the data."""

from typing import Any

import click
from sqlalchemy.orm import Session

from db.errors import BadInput
from db.texts import number_of
from labeller.datasets import compare as comparing
from labeller.datasets import saved_filters, tags, versions
from labeller.datasets.sources import EVERYTHING, Selection, with_tag
from labeller.people import people
from web.cli.console import as_json, show, workbench_session


@click.group()
def version() -> None:
    """Versions of the data: photos, boxes, labels and splits, frozen under a name."""


@version.command()
@click.argument("name")
@click.option("--note", default="", help="What it is for.")
@click.option("--tag", help="Only what has this tag, by name or id.")
@click.option("--saved-filter", help="Only what this saved filter of the gallery chooses, by name or id.")
@click.option("--whole-photos", is_flag=True, help="Of chosen faces, the other boxes of their photos, too.")
@as_json
def create(
    name: str, note: str, tag: str | None, saved_filter: str | None, whole_photos: bool, json_: bool
) -> None:
    """Freeze what there is now as NAME; of all photos, or of those with a tag or by a saved filter."""
    with workbench_session() as session:
        selection = _selection(session, tag, saved_filter, whole_photos)
        made = versions.make(session, name, selection, people.owner(session), note)
        session.commit()
        value = {"id": made.id, "name": made.name, "photos": made.photos, "faces": made.faces}
        show(value, f"Version {made.id}, “{made.name}”: {_counts(value)}.", json_)


@version.command("list")
@as_json
def list_(json_: bool) -> None:
    """The newest 50 versions."""
    with workbench_session() as session:
        rows = [
            {"id": one.id, "name": one.name, "photos": one.photos - one.photos_gone}
            | {"faces": one.faces - one.faces_gone, "faces_gone": one.faces_gone}
            for one in versions.versions_before(session, 0, 50)
        ]
        lines = [f"{row['id']}  {row['name'] or '(by a run)'}: {_counts(row)}" for row in rows]
        show({"items": rows}, "\n".join(lines) or "No versions yet.", json_)


@version.command()
@click.argument("first")
@click.argument("other")
@as_json
def compare(first: str, other: str, json_: bool) -> None:
    """How many faces differ from version FIRST to OTHER, each by name or id."""
    with workbench_session() as session:
        one, two = versions.named(session, first), versions.named(session, other)
        found = comparing.compare(session, one, two)
        counts = {kind: len(faces) for kind, faces in found.faces.items()} | {"same": found.same}
        show(counts, ", ".join(f"{kind} {count}" for kind, count in counts.items()), json_)


def _counts(version: dict[str, Any]) -> str:
    return f"{number_of(version['photos'], 'photo')}, {number_of(version['faces'], 'box', 'boxes')}"


def _selection(session: Session, tag: str | None, saved_filter: str | None, whole_photos: bool) -> Selection:
    if tag is not None and saved_filter is not None:
        raise BadInput("several_sources", "Only one of --tag and --saved-filter can be used.")
    if tag is not None:
        return with_tag(tags.named(session, tag).id, whole_photos=whole_photos)
    if saved_filter is not None:
        saved = saved_filters.named(session, saved_filter)
        return saved_filters.read(session, saved, whole_photos=whole_photos)
    return EVERYTHING


COMMANDS = (version,)
