"""What is stored about runs holds ids of classes and people; their names are looked up when it is shown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from db.settings import settings

revision = "0007"
down_revision = "0006"

JSON = sa.JSON()
CLASS = sa.table(
    "class", sa.column("id"), sa.column("name"), sa.column("former", JSON),
    sa.column("retired_at", sa.DateTime(timezone=True)),
)  # fmt: skip
RUN = sa.table(
    "run", sa.column("id"), sa.column("classes", JSON), sa.column("metrics", JSON), sa.column("reason"),
    sa.column("decision", JSON),
)  # fmt: skip
OUTCOME = sa.table(
    "outcome", *map(sa.column, ("run_id", "part", "group_id", "truth", "label", "truth_id", "label_id"))
)
PICK = sa.table("pick", sa.column("id"), sa.column("detail", JSON))
EVENT = sa.table("event", *map(sa.column, ("id", "kind", "person_id")), sa.column("detail", JSON))
PERSON = sa.table("person", sa.column("id"), sa.column("name"))
PARTS = {"locked": "locked", "cross_validated": "fold"}
MIN_PEOPLE = 5
MORE_PEOPLE = (
    "There is no figure before five people of each class: photos of %(n)s more people with “%(name)s”"
    " are needed."
)
OLDER = "Measured by an earlier version: where people differ, the true intervals are wider than these."


def upgrade() -> None:
    ids = _class_ids()
    _convert_outcomes(ids)
    with op.batch_alter_table("run") as run:
        run.add_column(sa.Column("decision", JSON))
    _convert_runs(ids)
    with op.batch_alter_table("run") as run:
        run.drop_column("reason")
        run.alter_column("decision", new_column_name="reason")
    for id, detail in _rows(PICK.c.id, PICK.c.detail):
        if isinstance(detail, dict) and detail.get("label") in ids:
            _set(PICK, id, detail={"label": {"class": ids[detail["label"]]}})


def _class_ids() -> dict[str, int]:
    """Ids by every name that a class has or had; classes that only runs know become retired ones."""
    for name in settings().classes:
        _add_class(name, None)
    for (names,) in _rows(RUN.c.classes):
        for name in names:
            _add_class(name, datetime.now(UTC))
    for column in (OUTCOME.c.truth, OUTCOME.c.label):
        for (name,) in op.get_bind().execute(sa.select(column).distinct()).all():
            _add_class(name, datetime.now(UTC))
    return _known_ids()


def _known_ids() -> dict[str, int]:
    rows = _rows(CLASS.c.id, CLASS.c.name, CLASS.c.former)
    former = {name: id for id, _, names in rows for name in names}
    return former | {name: id for id, name, _ in rows}


def _add_class(name: str, retired_at: datetime | None) -> None:
    if name not in _known_ids():
        op.get_bind().execute(CLASS.insert().values(name=name, former=[], retired_at=retired_at))


def _convert_outcomes(ids: dict[str, int]) -> None:
    with op.batch_alter_table("outcome") as outcome:
        outcome.add_column(sa.Column("truth_id", sa.Integer()))
        outcome.add_column(sa.Column("label_id", sa.Integer()))
    for old, new in (("truth", "truth_id"), ("label", "label_id")):
        converted = sa.case(ids, value=OUTCOME.c[old])
        op.get_bind().execute(OUTCOME.update().values({new: converted}))
    with op.batch_alter_table("outcome") as outcome:
        outcome.drop_column("truth")
        outcome.drop_column("label")
        outcome.alter_column("truth_id", new_column_name="truth", nullable=False, existing_type=sa.Integer())
        outcome.alter_column("label_id", new_column_name="label", nullable=False, existing_type=sa.Integer())


def _convert_runs(ids: dict[str, int]) -> None:
    names = dict(_rows(PERSON.c.id, PERSON.c.name))
    reasons: dict[int, tuple[str, int | None]] = {}
    for id, kind, person, detail in _rows(EVENT.c.id, EVENT.c.kind, EVENT.c.person_id, EVENT.c.detail):
        if kind == "promoted" and isinstance(detail, dict):
            reason = detail.get("reason") or ""
            reasons[detail["run"]] = reason, person
            _set(EVENT, id, detail=detail | {"reason": _reason(reason, person, names)})
    for id, classes, metrics, reason in _rows(RUN.c.id, RUN.c.classes, RUN.c.metrics, RUN.c.reason):
        said, person = reasons.get(id, ("", None))
        changed: dict[str, Any] = {"classes": [ids[name] for name in classes]}
        if reason is not None:
            changed["decision"] = _reason(reason, person if said == reason else None, names)
        if isinstance(metrics, dict):
            changed["metrics"] = _metrics(id, metrics, ids)
        _set(RUN, id, **changed)


def _reason(text: str, person: int | None, names: dict[int, str]) -> dict[str, Any]:
    """A stored sentence with the person's id in place of the name."""
    name = re.escape(names[person]) if person in names else ".+?"
    if match := re.fullmatch(rf"Chosen by {name}(?:\.|: (?P<reason>.*))", text, re.DOTALL):
        values: dict[str, Any] = {"person": {"person": person}}
        if match["reason"]:
            return {
                "text": "Chosen by %(person)s: %(reason)s", "values": values | {"reason": match["reason"]}
            }  # fmt: skip
        return {"text": "Chosen by %(person)s.", "values": values}
    return _plain(text)


def _plain(text: str) -> dict[str, Any]:
    return {"text": text.replace("%", "%%"), "values": {}}


def _metrics(run: int, old: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    metrics = dict(old)
    for part, name in PARTS.items():
        reason = metrics.get(f"{part}_reason")
        obstacles = [_plain(reason)] if reason else list(_obstacles(run, name)) if metrics.get(part) else []
        metrics[f"{part}_reason"] = obstacles or None
        metrics[part] = None if obstacles or not metrics.get(part) else _figures(metrics[part], ids)
    if isinstance(metrics.get("train"), dict):
        metrics["train"] = metrics["train"] | {"photos_without_person": 0}
    warnings = [_warning(one, ids) for one in metrics.get("warnings") or []]
    return metrics | {"warnings": [*warnings, {"text": OLDER, "values": {}}]}


def _obstacles(run: int, part: str) -> Iterator[dict[str, Any]]:
    """The rule of five people a class, for runs that had figures without it."""
    people = sa.select(OUTCOME.c.truth, sa.func.count(OUTCOME.c.group_id.distinct()))
    people = people.where(OUTCOME.c.run_id == run, OUTCOME.c.part == part).group_by(OUTCOME.c.truth)
    for label, count in op.get_bind().execute(people).all():
        if count < MIN_PEOPLE:
            values = {"n": MIN_PEOPLE - count, "name": {"class": label}}
            yield {"text": MORE_PEOPLE, "values": values}


def _figures(part: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    """The figures by class id, each with its own n; the precision of what was never predicted is none."""
    predicted = [sum(column) for column in zip(*part["confusion"], strict=True)]
    per_class = {
        str(ids[name]): figures
        | {
            "recall": figures["recall"] | {"n": figures["n"]},
            "precision": figures["precision"] | {"n": count} if count else None,
        }
        for (name, figures), count in zip(part["per_class"].items(), predicted, strict=True)
    }
    slices = [one | {"accuracy": one["accuracy"] | {"n": one["n"]}} for one in part.get("slices", [])]
    changed: dict[str, Any] = {"per_class": per_class, "slices": slices, "photos_without_person": 0}
    if ranking := part.get("ranking"):
        changed["ranking"] = {str(ids[name]): curves for name, curves in ranking.items()}
    if calibration := part.get("calibration"):
        n = {"n": part["n"]}
        ends = {key: calibration[key] | n for key in ("before", "after")}
        bins = [one | {"accuracy": one["accuracy"] | {"n": one["n"]}} for one in calibration["bins"]]
        changed["calibration"] = calibration | ends | {"bins": bins, "expected": None}
    balanced = part["balanced_accuracy"] | {"n": part["n"]}
    return part | changed | {"balanced_accuracy": balanced, "audit": False}


def _warning(warning: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    values = dict(warning["values"])
    if values.get("name") in ids:
        values["name"] = {"class": ids[values["name"]]}
    return warning | {"values": values}


def _rows(*columns: Any) -> list[Any]:
    return list(op.get_bind().execute(sa.select(*columns)).all())


def _set(table: sa.TableClause, id: int, **values: Any) -> None:
    op.get_bind().execute(table.update().where(table.c.id == id).values(**values))
