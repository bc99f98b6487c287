"""Runs the mutation tests of the areas named in pyproject.toml and prints the score of each module.

    python -m scripts.mutation_score

A mutant is the program with one small change in a function. The score is the share of mutants for which a
quick test fails or does not end; a mutant that no test runs counts as survived. Exits with 1 below `GOAL`.
`.venv/bin/mutmut show NAME` prints a survivor's change.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MUTANTS = ROOT / "mutants"
"""Where mutmut keeps its copy of the tree and, in one `.meta` file a module, the results."""
GOAL = 0.8
PASSED, NO_TESTS, SKIPPED = 0, 33, 34
"""Exit codes that mutmut records for a mutant that the tests did not notice or that was not run."""


def read_results(folder: Path) -> Iterator[tuple[str, dict[str, int | None]]]:
    """Each mutated module with the exit code of its mutants by name; None for one that was not run."""
    for meta in sorted(folder.rglob("*.py.meta")):
        codes: dict[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            yield str(meta.relative_to(folder)).removesuffix(".meta"), codes


def is_survivor(code: int | None) -> bool:
    return code in (PASSED, NO_TESTS, SKIPPED, None)


def main() -> int:
    shutil.rmtree(MUTANTS, ignore_errors=True)  # results of functions that are gone would be counted
    subprocess.run([str(Path(sys.executable).parent / "mutmut"), "run"], cwd=ROOT, check=True)
    total, survivors = 0, []
    print(f"\n{'module':<40}{'mutants':>8}{'killed':>8}{'score':>8}")
    for module, codes in read_results(MUTANTS):
        survived = [name for name, code in codes.items() if is_survivor(code)]
        killed = len(codes) - len(survived)
        print(f"{module:<40}{len(codes):>8}{killed:>8}{killed / len(codes):>8.0%}")
        total += len(codes)
        survivors += survived
    score = (total - len(survivors)) / max(1, total)
    print(
        f"{'all':<40}{total:>8}{total - len(survivors):>8}{score:>8.0%}\n\nsurvivors:", *survivors, sep="\n  "
    )
    return int(score < GOAL)


if __name__ == "__main__":
    sys.exit(main())
