"""The files of a workbench are for its user alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from db import private_files
from tests.workbench_process import ROOT


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_old_data_folder_is_tightened_and_nothing_else_in_it(tmp_path: Path) -> None:
    ours = [
        tmp_path / name for name in ("secret_key", "secondlook.db", "secondlook.db-wal", "run/logs/web.log")
    ]
    theirs, outside = tmp_path / "holiday.jpg", tmp_path.parent / "outside"
    for path in (*ours, theirs, outside):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        path.chmod(0o644)
    (tmp_path / "run" / "link").symlink_to(outside)
    for folder in (tmp_path, tmp_path / "run", tmp_path / "run" / "logs"):
        folder.chmod(0o755)
    private_files.tighten(tmp_path)
    assert [mode(path) for path in ours] == [0o600] * len(ours)
    assert mode(tmp_path) == mode(tmp_path / "run" / "logs") == 0o700
    assert mode(theirs) == mode(outside) == 0o644


def test_a_folder_that_is_no_data_folder_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_files.tighten(tmp_path)
    private_files.tighten(tmp_path / "missing")
    assert mode(tmp_path) == 0o755


@pytest.mark.slow
@pytest.mark.parametrize(
    "begin", ["import db.queue", "from web import create_app; create_app()", "import db.worker"]
)
def test_every_program_creates_files_for_its_user_alone(tmp_path: Path, begin: str) -> None:
    program = f"import os; os.umask(0o022); {begin}; print(oct(os.umask(0)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=os.environ | {"DATA": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.strip() == "0o77", done.stderr
