"""What of a dataset cannot be taken is named; one that cannot be used writes nothing."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from labeller.errors import BadDataset
from tests.labeller.imports.archive_files import make_zip
from tests.labeller.imports.conftest import Import
from tests.labeller.imports.taken import counts, said, the_face
from tests.labeller.imports.tiny_format import LABELS, face, write


def test_files_that_are_no_photos_are_named_and_the_others_are_taken(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    folder = write(tmp_path / "in", [{"name": "a.jpg"}, {"name": "b.jpg"}, {"name": "gone.jpg"}])
    (folder / "a.jpg").write_bytes(b"no photo")
    (folder / "gone.jpg").unlink()
    report = import_(folder)
    assert [line.partition(":")[0] for line in said(report, "skipped")] == [
        "a.jpg, labels.json photo 1",
        "labels.json, photo 3",
    ]
    assert counts(db)[0] == 1
    assert report.has_gaps


def test_a_box_too_small_is_named_and_the_others_are_taken(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    faces = [face([10, 10, 3, 3], "mask"), face([20, 20, 30, 30], "mask"), face([20, 20, 30, 30], "nomask")]
    report = import_(write(tmp_path / "in", [{"name": "a.jpg", "faces": faces}]))
    assert "too small, 3 × 3 pixels" in said(report, "skipped")[0]
    assert "face 3 is the box of face 2, with another label" in said(report, "conflict")[0]
    assert the_face(db).label == "mask"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"images": [{"name": "a.jpg"}, {"na', "damaged"),
        (
            '{"images": [{"name": "a.jpg"}, {"name": "b.jpg", "faces": [{"label": "With Mask"}]}]}',
            "With Mask",
        ),
        ('{"images": []}', "no photos"),
        ('{"images": [{"name": "a.jpg"}, {"name": "b.jpg", "person": "#999"}]}', "#999"),
    ],
)
def test_a_dataset_that_cannot_be_used_writes_nothing(
    db: Session, tmp_path: Path, import_: Import, content: str, message: str
) -> None:
    folder = write(tmp_path / "in", [{"name": "a.jpg"}, {"name": "b.jpg"}])
    (folder / LABELS).write_text(content)
    archive = make_zip(tmp_path / "a.zip", {one.name: one.read_bytes() for one in folder.iterdir()})
    for path in (folder, archive):
        with pytest.raises(BadDataset, match=message):
            import_(path)
    assert counts(db) == (0, 0, 0)
    assert not list((tmp_path / "unpacked").glob("*"))
