from pathlib import Path

import pytest

from scripts import size_report


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_code_within_the_limits_passes_and_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "web/pages/home.py", "def page(a, b, c, d, *, e):\n" + "    pass\n" * 39)
    write(tmp_path, "web/static/lib/a.js", "\n" * 250)
    assert size_report.main(tmp_path) == 0
    printed = capsys.readouterr().out
    assert "web/pages                          1      40       40" in printed
    assert "   40  web/pages/home.py:1 page" in printed


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("db/jobs.py", "\n" * 251, "db/jobs.py: 251 lines, at most 250"),
        ("web/static/lib/a.js", "\n" * 251, "web/static/lib/a.js: 251 lines, at most 250"),
        ("trainer/a.py", "def f():\n" + "    pass\n" * 40, "trainer/a.py:1 f: 41 lines, at most 40"),
        ("labeller/a.py", "def f(a, b, c, /, d, *, e, g): ...", "labeller/a.py:1 f: 6 parameters, at most 5"),
        (
            "web/a.py",
            "class A:\n    async def f(self, a, b, c, d, e, g): ...",
            "web/a.py:2 f: 6 parameters, at most 5",
        ),
    ],
)
def test_what_exceeds_a_limit_fails_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, complaint: str
) -> None:
    write(tmp_path, name, text)
    assert size_report.main(tmp_path) == 1
    assert complaint in capsys.readouterr().out


def test_options_of_commands_methods_self_and_migrations_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, "web/cli/a.py", "@cli.command()\n@click.option('--a')\ndef f(a, b, c, d, e, g): ...")
    write(tmp_path, "web/b.py", "class A:\n    def f(self, a, b, c, d, e): ...")
    write(tmp_path, "db/migrations/versions/0001_a.py", "\n" * 300)
    assert size_report.main(tmp_path) == 0
