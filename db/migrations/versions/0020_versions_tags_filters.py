"""Tags, saved filters, and frozen versions of the data."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    _tags()
    _filters()
    _versions()


def _tags() -> None:
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("key", name="uq_tag_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tagging",
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("face_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_tagging_tag_id_tag", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name="fk_tagging_photo_id_photo", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["face_id"], ["face.id"], name="fk_tagging_face_id_face", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag_id", "photo_id", "part", name="pk_tagging"),
    )
    op.create_index("ix_tagging_photo", "tagging", ["photo_id", "part"])
    op.create_index("ix_tagging_face", "tagging", ["face_id"])


def _filters() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("tag_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("look", sa.String(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_saved_filter_person_id_person", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["class_id"], ["class.id"], name="fk_saved_filter_class_id_class"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_saved_filter_tag_id_tag"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filter"),
        sa.UniqueConstraint("key", name="uq_saved_filter_key"),
        sqlite_autoincrement=True,
    )
    for column in ("person_id", "tag_id"):
        op.create_index(f"ix_saved_filter_{column}", "saved_filter", [column])


def _versions() -> None:
    op.create_table(
        "frozen_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name="fk_frozen_photo_photo_id_photo", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_frozen_photo"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_frozen_photo_photo_id", "frozen_photo", ["photo_id"])
    op.create_table(
        "frozen_face",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("face_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in "xywh"),
        sa.Column("box_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["face_id"], ["face.id"], name="fk_frozen_face_face_id_face", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["class_id"], ["class.id"], name="fk_frozen_face_class_id_class"),
        sa.PrimaryKeyConstraint("id", name="pk_frozen_face"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_frozen_face_face_id", "frozen_face", ["face_id"])
    op.create_table(
        "dataset_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("splits", sa.JSON(), nullable=False),
        sa.Column("photos_gone", sa.Integer(), nullable=False),
        sa.Column("faces_gone", sa.Integer(), nullable=False),
        sa.Column("photo_ids", sa.LargeBinary(), nullable=False),
        sa.Column("face_ids", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name="fk_dataset_version_created_by_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dataset_version"),
        sa.UniqueConstraint("key", name="uq_dataset_version_key"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "ALTER TABLE run ADD COLUMN version_id INTEGER"
        " CONSTRAINT fk_run_version_id_dataset_version REFERENCES dataset_version (id)"
    )
    op.create_index("ix_run_version_id", "run", ["version_id"])
