"""Indexes and counts that keep pages quick with many faces."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

DROPPED = {
    "photo": ["ix_photo_person_id"],
    "face": ["ix_face_waiting", "ix_face_second", "ix_face_photo_id", "ix_face_state"],
    "answer": ["ix_answer_person_id"],
    "score": ["ix_score_margin"],
}
INDEXES = {
    "photo": {
        "ix_photo_sha256": ["sha256"],
        "ix_photo_person": ["person_id", "id"],
        "ix_photo_person_group": ["person_id", "group_id"],
        "ix_photo_uploaded_by": ["uploaded_by", "id"],
        "ix_photo_in_order": ["status", "id"],
    },
    "face": {
        "ix_face_photo": ["photo_id", "doubtful", "state"],
        "ix_face_state": ["state", "id"],
        "ix_face_label": ["label", "id"],
    },
    "answer": {"ix_answer_person": ["person_id", "id"]},
    "outcome": {"ix_outcome_part": ["run_id", "part", "face_id"]},
    "detector_pass": {"ix_detector_pass_lately": ["detector", "started_at"]},
    "event": {"ix_event_kind": ["kind", "id"]},
}
PARTIAL = {
    "photo": {
        "ix_photo_complete": (["id"], "completed_at IS NOT NULL", "completed_at IS NOT NULL"),
        "ix_photo_incomplete": (["id"], "completed_at IS NULL", "completed_at IS NULL"),
        "ix_photo_repeats": (["id"], "repeat_id IS NOT NULL", "repeat_id IS NOT NULL"),
        "ix_photo_turned": (["id"], "turned != 0", "turned != 0"),
    },
    "face": {
        "ix_face_waiting": (
            ["opinions", "doubtful", "id"], "waiting = 1 AND hidden IS 0", "waiting AND hidden IS FALSE"
        ),
        "ix_face_second": (
            ["doubtful", "id", "decided_by"], "waiting = 1 AND opinions > 0", "waiting AND opinions > 0"
        ),
        "ix_face_several_opinions": (["id"], "opinions > 1", "opinions > 1"),
        "ix_face_doubtful": (["id"], "doubtful = 1", "doubtful"),
    },
    "answer": {"ix_answer_undoes": (["undoes_id"], "undoes_id IS NOT NULL", "undoes_id IS NOT NULL")},
    "score": {
        "ix_score_margin": (["run_id", "margin", "face_id"], "open = 1", "open"),
        "ix_score_label": (["run_id", "label", "margin", "face_id"], "open = 1", "open"),
    },
    "pick": {"ix_pick_open": (["run_id", "place"], "open = 1", "open")},
}


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("slot", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
    )
    for table in ("score", "pick"):
        op.add_column(table, sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute(
        "UPDATE score SET open = false WHERE EXISTS (SELECT 1 FROM face WHERE face.id = score.face_id"
        " AND decided_at IS NOT NULL AND (state = 'rejected' OR face.label = score.label))"
    )
    op.execute(
        "UPDATE pick SET open = false WHERE reason <> 'chosen'"
        " AND EXISTS (SELECT 1 FROM face WHERE face.id = pick.face_id AND decided_at IS NOT NULL)"
    )
    for table, names in DROPPED.items():
        for name in names:
            op.drop_index(name, table)
    for table, indexes in INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(name, table, columns)
    for table, partial in PARTIAL.items():
        for name, (columns, on_sqlite, on_postgres) in partial.items():
            sqlite, postgres = sa.text(on_sqlite), sa.text(on_postgres)
            op.create_index(name, table, columns, sqlite_where=sqlite, postgresql_where=postgres)
