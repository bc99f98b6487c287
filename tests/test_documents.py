"""What the documents say about files is so."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "README.md"]
)
NAMED_FILE = re.compile(
    r"`((?:db|labeller|trainer|inference|web|tests|scripts|benchmarks|docs)/[\w/.-]+)(?:: (\w+))?`"
)
"""A path in backticks, and the function that is said to be in it."""
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_and_function_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for path, function in NAMED_FILE.findall(text):
        assert "NAME" in path or (ROOT / path).exists(), path
        assert not function or f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), function
    for link in LINK.findall(text):
        assert ((ROOT / document).parent / link).exists(), link


@pytest.mark.parametrize("package", ["labeller", "trainer", "inference"])
def test_the_architecture_names_every_room(package: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert {room for room in rooms if f"| `{package}/{room}` |" not in text} == set()
