import subprocess
from pathlib import Path

import pytest

from scripts.release import ReleaseError, release

CHANGELOG = "# Changelog\n\n## Unreleased\n\n- A thing.\n\n## 0.1.0 (2026-01-01)\n\n- The first.\n"
PYPROJECT = '[project]\nname = "x"\nversion = "0.1.0"\n\n[tool.y]\nversion = "0.1.0"\n'


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A Maintainer")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "maintainer@example.org")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    return tmp_path


def test_a_release_closes_the_notes_sets_the_version_commits_and_tags(project: Path) -> None:
    release("0.2.0", project)
    changelog = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.startswith("# Changelog\n\n## Unreleased\n\n## 0.2.0 (2")
    assert changelog.endswith(")\n\n- A thing.\n\n## 0.1.0 (2026-01-01)\n\n- The first.\n")
    assert (project / "pyproject.toml").read_text(encoding="utf-8") == PYPROJECT.replace("0.1.0", "0.2.0", 1)
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "log", "-1", "--format=%s") == "Release 0.2.0"
    assert git(project, "rev-parse", "v0.2.0^{commit}") == git(project, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("version", "reason"),
    [("0.1.0", "not above"), ("0.0.9", "not above"), ("0.2", "Say which"), ("", "Say which")],
)
def test_a_version_that_is_not_the_next_one_is_refused(project: Path, version: str, reason: str) -> None:
    with pytest.raises(ReleaseError, match=reason):
        release(version, project)
    assert git(project, "status", "--porcelain") == ""


def test_version_numbers_are_compared_as_numbers(project: Path) -> None:
    release("0.10.0", project)
    (project / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(project, "commit", "--quiet", "--all", "--message", "Notes")
    with pytest.raises(ReleaseError, match="not above"):
        release("0.9.0", project)


def test_uncommitted_changes_are_refused(project: Path) -> None:
    (project / "new.txt").write_text("", encoding="utf-8")
    with pytest.raises(ReleaseError, match="uncommitted"):
        release("0.2.0", project)


def test_a_release_without_notes_is_refused(project: Path) -> None:
    (project / "CHANGELOG.md").write_text(CHANGELOG.replace("- A thing.\n\n", ""), encoding="utf-8")
    git(project, "commit", "--quiet", "--all", "--message", "No notes")
    with pytest.raises(ReleaseError, match="nothing under"):
        release("0.2.0", project)
    assert git(project, "status", "--porcelain") == ""


def test_an_existing_tag_is_refused(project: Path) -> None:
    git(project, "tag", "v0.2.0")
    with pytest.raises(ReleaseError, match="exists"):
        release("0.2.0", project)
