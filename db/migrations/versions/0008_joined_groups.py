"""Groups that uploads at the same moment had torn are joined; import paths; learning curves."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

SPLITS = ("train", "validation", "locked")
PHOTO = sa.table("photo", *map(sa.column, ("id", "group_id", "person_id", "repeat_id")))
GROUP = sa.table("group", sa.column("id"), sa.column("split"))
FACE = sa.table("face", sa.column("id"), sa.column("photo_id"))
OUTCOME = sa.table("outcome", *map(sa.column, ("run_id", "face_id", "group_id")))
RUN = sa.table("run", sa.column("id"), sa.column("metrics", sa.JSON()))
TORN = (
    "%(n)s of its predictions are for people who were on both sides of the split when it was measured:"
    " its figures may be too good."
)


def upgrade() -> None:
    with op.batch_alter_table("photo") as photo:
        photo.add_column(sa.Column("import_path", sa.String()))
        photo.add_column(sa.Column("conflicting_label", sa.String()))
    with op.batch_alter_table("run") as run:
        run.add_column(sa.Column("learning_curve", sa.JSON()))
    first = _components()
    torn = {kept for group, kept in first.items() if group != kept}
    joined = {group: kept for group, kept in first.items() if kept in torn}
    if joined:
        _mark_runs(list(joined))
        _join(joined)


def _components() -> dict[int, int]:
    """For each group the first of those that hold a photo of the same person or a repeat, directly or not."""
    parent: dict[int, int] = {}

    def root(group: int) -> int:
        while parent[group] != group:
            group = parent[group]
        return group

    first: dict[Any, int] = {}
    for group, person, repeat in _rows(sa.select(PHOTO.c.group_id, PHOTO.c.person_id, PHOTO.c.repeat_id)):
        parent.setdefault(group, group)
        for key in (("person", person), ("repeat", repeat)):
            if key[1] is not None:
                low, high = sorted((root(group), root(first.setdefault(key, group))))
                parent[high] = low
    return {group: root(group) for group in parent}


def _mark_runs(groups: list[int]) -> None:
    affected = (
        sa.select(OUTCOME.c.run_id, sa.func.count())
        .select_from(OUTCOME.join(FACE, FACE.c.id == OUTCOME.c.face_id))
        .where(FACE.c.photo_id.in_(sa.select(PHOTO.c.id).where(PHOTO.c.group_id.in_(groups))))
        .group_by(OUTCOME.c.run_id)
    )
    counts = dict(_rows(affected))
    for id, metrics in _rows(sa.select(RUN.c.id, RUN.c.metrics).where(RUN.c.id.in_(counts))):
        if isinstance(metrics, dict):
            warning = {"text": TORN, "values": {"n": counts[id]}}
            marked = metrics | {"warnings": [warning, *metrics.get("warnings", [])]}
            op.get_bind().execute(RUN.update().where(RUN.c.id == id).values(metrics=marked))


def _join(joined: dict[int, int]) -> None:
    """Keep the first group of each; what was ever trained on can never be locked."""
    split_of = dict(_rows(sa.select(GROUP.c.id, GROUP.c.split).where(GROUP.c.id.in_(joined))))
    connection = op.get_bind()
    for kept in sorted(set(joined.values())):
        members = [group for group, first in joined.items() if first == kept]
        split = min((split_of[group] for group in members), key=SPLITS.index)
        connection.execute(GROUP.update().where(GROUP.c.id == kept).values(split=split))
        others = [group for group in members if group != kept]
        for table in (PHOTO, OUTCOME):
            connection.execute(
                table.update().where(table.c.group_id.in_(others)).values(group_id=kept)
            )
        connection.execute(GROUP.delete().where(GROUP.c.id.in_(others)))


def _rows(query: sa.Select[Any]) -> list[Any]:
    return list(op.get_bind().execute(query).all())
