"""Which photos `flask predict` looks at, and what it says of the others."""

from pathlib import Path

import pytest

from web.cli.predict import files_below


def test_a_folder_is_walked_and_what_is_no_photo_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a/1.jpg", "2.jfif", "3.tif", ".DS_Store", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    files, missed = files_below([tmp_path])
    assert files == [tmp_path / "2.jfif", tmp_path / "a/1.jpg"]
    assert missed
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"{tmp_path}/3.tif: pictures of this kind are not read")
    assert said[1].startswith(f"{tmp_path}: 1 hidden file or folder")
    assert len(said) == 2


def test_what_is_passed_over_by_right_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "1.jpg").touch()
    assert files_below([tmp_path, tmp_path / "1.jpg"]) == ([tmp_path / "1.jpg"] * 2, False)
