"""Writes a release: the changelog's section, the version in pyproject.toml, a commit and a tag.

    python -m scripts.release 0.3.0

Nothing is pushed. Where the tree has uncommitted changes, the version is not above the present one or the
changelog has no unreleased notes, nothing is changed and one sentence says why.
"""

import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
UNRELEASED = "## Unreleased\n"


class ReleaseError(Exception):
    """Why there can be no release, in words."""


def close_section(changelog: str, version: str, date: str) -> str:
    """The changelog with the unreleased notes under `version` and an empty "Unreleased" above them.

    Raises `ReleaseError` if there are no unreleased notes.
    """
    before, heading, rest = changelog.partition(UNRELEASED)
    notes = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not heading or not notes:
        raise ReleaseError('CHANGELOG.md has nothing under "Unreleased".')
    return f"{before}{UNRELEASED}\n## {version} ({date})\n{rest}"


def set_version(pyproject: str, version: str) -> str:
    """pyproject.toml with the project's version replaced.

    Raises `ReleaseError` if `version` is not three numbers or not above the present one.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ReleaseError("Say which version: make release VERSION=0.3.0")
    present = tomllib.loads(pyproject)["project"]["version"]
    if _numbers(version) <= _numbers(present):
        raise ReleaseError(f"{version} is not above the present version, {present}.")
    return pyproject.replace(f'\nversion = "{present}"\n', f'\nversion = "{version}"\n', 1)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def release(version: str, root: Path = ROOT) -> None:
    """Write, commit and tag `version`. Raises `ReleaseError`."""
    if _git(root, "status", "--porcelain"):
        raise ReleaseError("There are uncommitted changes.")
    if _git(root, "tag", "--list", f"v{version}"):
        raise ReleaseError(f"The tag v{version} exists.")
    changelog, pyproject = root / "CHANGELOG.md", root / "pyproject.toml"
    date = datetime.now(UTC).date().isoformat()
    new_pyproject = set_version(pyproject.read_text(encoding="utf-8"), version)
    new_changelog = close_section(changelog.read_text(encoding="utf-8"), version, date)
    pyproject.write_text(new_pyproject, encoding="utf-8")
    changelog.write_text(new_changelog, encoding="utf-8")
    _git(root, "commit", "--quiet", "--message", f"Release {version}", "--", "CHANGELOG.md", "pyproject.toml")
    _git(root, "tag", "--annotate", f"v{version}", "--message", f"Second Look {version}")


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=root, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def main() -> None:
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        release(version)
    except ReleaseError as error:
        sys.exit(str(error))
    print(f"Committed and tagged v{version}. To publish it: git push --follow-tags")


if __name__ == "__main__":
    main()
