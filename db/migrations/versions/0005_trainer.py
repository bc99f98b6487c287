"""The trainer: what a run logs, gives away and says of each face; which answers it collected; when to train."""

import hashlib
import hmac

import sqlalchemy as sa
from alembic import op

from db.settings import settings

revision = "0005"
down_revision = "0004"

FILES = {"keras": "keras_blob", "tflite": "litert_blob"}


def upgrade() -> None:
    op.create_table(
        "artifact",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("difference", sa.Double()),
        sa.PrimaryKeyConstraint("run_id", "form", name="pk_artifact"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_artifact_run_id_run", ondelete="CASCADE"),
    )
    op.create_table(
        "outcome",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("face_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("truth", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("probabilities", sa.JSON(), nullable=False),
        sa.Column("own", sa.Double(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "face_id", name="pk_outcome"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_outcome_run_id_run", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["face_id"], ["face.id"], name="fk_outcome_face_id_face", ondelete="CASCADE"),
    )
    op.create_index("ix_outcome_own", "outcome", ["run_id", "own", "face_id"])
    op.create_index("ix_outcome_face", "outcome", ["face_id"])
    op.execute("DELETE FROM embedding")  # crops are cut in another way now: computed anew with the next run
    if op.get_bind().dialect.name == "postgresql":
        # A vector of 2,560 bytes is a little over what PostgreSQL keeps in the row; beside it, it is read slowly.
        op.execute("ALTER TABLE embedding ALTER COLUMN vector SET STORAGE PLAIN")
    _sign_what_there_is()
    with op.batch_alter_table("run") as run:
        run.add_column(sa.Column("log", sa.JSON(), nullable=False, server_default="[]"))
        for column in FILES.values():
            run.drop_column(column)
    with op.batch_alter_table("workbench") as workbench:
        workbench.add_column(sa.Column("previous_run_id", sa.Integer()))
        workbench.add_column(sa.Column("train_after", sa.Integer(), nullable=False, server_default="0"))
        workbench.add_column(sa.Column("nightly_hour", sa.Integer()))
        workbench.add_column(sa.Column("nightly_on", sa.String()))
        workbench.create_foreign_key("fk_workbench_previous_run_id_run", "run", ["previous_run_id"], ["id"])
    with op.batch_alter_table("answer") as answer:
        answer.add_column(sa.Column("run_id", sa.Integer()))
        answer.create_foreign_key("fk_answer_run_id_run", "run", ["run_id"], ["id"], ondelete="SET NULL")
    op.execute(
        "UPDATE answer SET run_id = (SELECT MIN(run.id) FROM run WHERE run.started_at >= answer.created_at)"
    )
    where = sa.text("run_id IS NULL")
    op.create_index("ix_answer_new", "answer", ["id"], sqlite_where=where, postgresql_where=where)


def _sign_what_there_is() -> None:
    connection = op.get_bind()
    for form, column in FILES.items():
        query = f"SELECT id, {column} FROM run WHERE {column} IS NOT NULL"
        for run_id, blob in connection.execute(sa.text(query)).all():
            said = f"{run_id}:{form}:{blob}".encode()
            signature = hmac.new(settings().signing_key().encode(), said, hashlib.sha256).hexdigest()
            connection.execute(
                sa.text("INSERT INTO artifact (run_id, form, blob, signature) VALUES (:r, :f, :b, :s)"),
                {"r": run_id, "f": form, "b": blob, "s": signature},
            )


def downgrade() -> None:
    op.drop_index("ix_answer_new", "answer")
    with op.batch_alter_table("answer") as answer:
        answer.drop_constraint("fk_answer_run_id_run", type_="foreignkey")
        answer.drop_column("run_id")
    with op.batch_alter_table("workbench") as workbench:
        workbench.drop_constraint("fk_workbench_previous_run_id_run", type_="foreignkey")
        for column in ("previous_run_id", "train_after", "nightly_hour", "nightly_on"):
            workbench.drop_column(column)
    with op.batch_alter_table("run") as run:
        run.drop_column("log")
        for column in FILES.values():
            run.add_column(sa.Column(column, sa.String()))
    op.drop_table("outcome")
    op.drop_table("artifact")
