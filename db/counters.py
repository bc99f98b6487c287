"""Totals that would take long to count, kept by triggers in the very transaction that changes the rows.

So they are right whoever writes: the session, a statement over many rows, a cascade. `repair` puts right what
went wrong all the same, such as rows that were restored without the triggers.
"""

import hashlib
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from db.models import Counter

COUNTED = 1000
"""What needs no exact total is counted up to here, in a query; pages then show "1,000+"."""
STANDING_SQL = "{row}kind NOT IN ('undo', 'redo') AND {row}undone_at IS NULL"
KEYS: dict[str, dict[str, str]] = {
    "photo": {
        "photos": "{row}status",
        "photos_of": "CAST({row}person_id AS TEXT) || ':' || {row}status",
        "photos_by": "CAST({row}uploaded_by AS TEXT) || ':' || {row}status",
    },
    "face": {
        "faces": "CASE WHEN {row}state = 'proposed' AND {row}hidden THEN 'hidden' ELSE {row}state END",
        "labels": "{row}label",
    },
    "answer": {
        "answers": f"CASE WHEN {STANDING_SQL} THEN coalesce(CAST({{row}}run_id AS TEXT), '') END",
        "answers_of": f"CASE WHEN {STANDING_SQL} THEN CAST({{row}}person_id AS TEXT) END",
    },
    "tagging": {
        "tagged": "CAST({row}tag_id AS TEXT) || ':' || CASE WHEN {row}part = 0 THEN 'photo' ELSE 'face' END",
    },
}
"""By table, the kinds of counters, and in SQL under which key a row counts; under none where that is NULL.

Photos by status, by person in them and status, and by sender and status; faces by state, proposals that are
hidden apart, and by label; standing answers by the run that was first trained with them ("" for new ones),
and by person; what each tag is on, photos apart from faces.
"""
_OPERATIONS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}
_ADD = "ON CONFLICT (kind, key, slot) DO UPDATE SET amount = counter.amount + excluded.amount"


def totals(session: Session, kind: str, keys: Sequence[str] | None = None) -> dict[str, int]:
    """The counts of a kind by key, of all keys or of these; what there is none of is left out."""
    query = select(Counter.key, func.sum(Counter.amount)).where(Counter.kind == kind)
    if keys is not None:
        query = query.where(Counter.key.in_(keys))
    counts = session.execute(query.group_by(Counter.key).order_by(Counter.key)).tuples()
    return {key: int(count) for key, count in counts if count > 0}


def install(connection: Connection) -> None:
    """Create the triggers unless they are there already, and then count what they have missed."""
    wanted = {name for name, _ in _statements(connection.dialect.name)}
    present = set(connection.scalars(text(_present(connection))))
    if wanted == present:
        return
    remove(connection)
    for _, statement in _statements(connection.dialect.name):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(_correction(connection))


def remove(connection: Connection) -> None:
    """Drop the triggers, of this version or of another."""
    for name in connection.scalars(text(_present(connection))).all():
        on = "" if connection.dialect.name == "sqlite" else f" ON {name.split('_')[1]}"
        connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")


def find_problems(session: Session) -> Iterator[str]:
    """Describe each wrong counter in one line of text."""
    for kind, key, missing in session.execute(text(_missing())):
        too = "small" if missing > 0 else "large"
        yield f"the count of {kind} ({key or 'new'}) is {abs(missing)} too {too}"


def repair(session: Session) -> Iterator[str]:
    """Put wrong counters right, one line for each. Others may write meanwhile. Commits."""
    problems = list(find_problems(session))
    session.execute(text(_correction(session.connection())))
    session.commit()
    yield from (f"{problem}: put right" for problem in problems)


def fold(session: Session) -> None:
    """On PostgreSQL, add up the slots of ended transactions, if no other process is doing so. Commits."""
    if session.get_bind().dialect.name != "postgresql":
        return
    if session.scalar(text("SELECT pg_try_advisory_xact_lock(380941)")):
        session.execute(
            text(
                "WITH ended AS (DELETE FROM counter WHERE slot > 0 RETURNING kind, key, amount)"
                " INSERT INTO counter (kind, key, slot, amount)"
                f" SELECT kind, key, 0, sum(amount) FROM ended GROUP BY kind, key ORDER BY kind, key {_ADD}"
            )
        )
    session.commit()


def _statements(dialect: str) -> Iterator[tuple[str, str]]:
    """The name of each trigger, which changes with what it does, and what creates it."""
    trigger = _sqlite_trigger if dialect == "sqlite" else _postgres_trigger
    for table in KEYS:
        for operation in _OPERATIONS:
            body = trigger("{name}", table, operation)
            name = f"count_{table}_{operation}_{hashlib.sha256(body.encode()).hexdigest()[:8]}"
            yield name, body.replace("{name}", name)


def _sqlite_trigger(name: str, table: str, operation: str) -> str:
    statements = []
    for kind, key in KEYS[table].items():
        keys = {row: key.format(row=f"{row.upper()}.") for row in _OPERATIONS[operation]}
        changed = f" AND ({keys['old']}) IS NOT ({keys['new']})" if operation == "update" else ""
        for row, of_row in keys.items():
            amount = 1 if row == "new" else -1
            statements.append(
                f"INSERT INTO counter (kind, key, slot, amount) SELECT '{kind}', {of_row}, 0, {amount}"
                f" WHERE {of_row} IS NOT NULL{changed} {_ADD};"
            )
    return f"CREATE TRIGGER {name} AFTER {operation.upper()} ON {table} BEGIN {' '.join(statements)} END"


def _postgres_trigger(name: str, table: str, operation: str) -> str:
    rows = _OPERATIONS[operation]
    changes = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, {key.format(row='')} AS key, {1 if row == 'new' else -1} AS amount"
        f" FROM {row}_rows"
        for kind, key in KEYS[table].items()
        for row in rows
    )
    tables = " ".join(f"{row.upper()} TABLE AS {row}_rows" for row in rows)
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO counter (kind, key, slot, amount)"
        f" SELECT kind, key, txid_current(), sum(amount) FROM ({changes}) AS changes"
        f" WHERE key IS NOT NULL GROUP BY kind, key HAVING sum(amount) <> 0 {_ADD};"
        " RETURN NULL; END $$;"
        f' CREATE TRIGGER {name} AFTER {operation.upper()} ON "{table}" REFERENCING {tables}'
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _present(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        return "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'count!_%' ESCAPE '!'"
    return "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'count!_%' ESCAPE '!'"


def _missing() -> str:
    """What each wrong counter lacks, in one statement: it sees the rows and the counters of one moment."""
    counted = " UNION ALL ".join(
        f"SELECT '{kind}', {key.format(row='')}, count(*) FROM {table} GROUP BY 2"
        for table, kinds in KEYS.items()
        for kind, key in kinds.items()
    )
    both = f"SELECT kind, key, -amount AS amount FROM counter UNION ALL {counted}"
    return (
        f"SELECT kind, key, sum(amount) AS amount FROM ({both}) AS counts"
        " WHERE key IS NOT NULL GROUP BY kind, key HAVING sum(amount) <> 0 ORDER BY kind, key"
    )


def _correction(connection: Connection) -> str:
    """Adds to each wrong counter what it lacks; right even if others write meanwhile, as it only adds."""
    slot = "0" if connection.dialect.name == "sqlite" else "txid_current()"
    return (
        "INSERT INTO counter (kind, key, slot, amount)"
        f" SELECT kind, key, {slot}, amount FROM ({_missing()}) AS missing WHERE true {_ADD}"
    )
