"""Lines per package folder and the ten longest functions. Exits with 1 where a limit is exceeded.

    python -m scripts.size_report

Migrations are left out: once released they are never edited.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("db", "inference", "labeller", "trainer", "web")
MAX_MODULE_LINES = 250
MAX_FUNCTION_LINES = 40
MAX_PARAMETERS = 5
LONGEST_SHOWN = 10
# click hands every option of a command to its function as a parameter.
CLICK_DECORATORS = {"argument", "command", "option"}


@dataclass(frozen=True)
class Function:
    path: Path
    name: str
    line: int
    lines: int
    parameters: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.name}"


def source_files(root: Path) -> list[Path]:
    """The Python modules of the packages and the browser's JavaScript modules, relative to `root`."""
    python = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    files = [path for path in python if "node_modules" not in path.parts and "migrations" not in path.parts]
    files += (root / "web" / "static").rglob("*.js")
    return sorted(path.relative_to(root) for path in files)


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def find_functions(path: Path, root: Path) -> Iterator[Function]:
    """Every function and method of a module, nested ones too."""
    for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(path, node.name, node.lineno, length, count_parameters(node))


def count_parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The number of parameters; `self` and `cls` do not count, nor does a click command's option."""
    if any(_decorator_name(decorator) in CLICK_DECORATORS for decorator in node.decorator_list):
        return 0
    parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return sum(parameter.arg not in ("self", "cls") for parameter in parameters)


def _decorator_name(decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def find_violations(lines: dict[Path, int], functions: list[Function]) -> list[str]:
    """One sentence for each module or function that exceeds a limit."""
    violations = [
        f"{path}: {count} lines, at most {MAX_MODULE_LINES}"
        for path, count in lines.items()
        if count > MAX_MODULE_LINES
    ]
    for function in functions:
        if function.lines > MAX_FUNCTION_LINES:
            violations.append(f"{function}: {function.lines} lines, at most {MAX_FUNCTION_LINES}")
        if function.parameters > MAX_PARAMETERS:
            violations.append(f"{function}: {function.parameters} parameters, at most {MAX_PARAMETERS}")
    return violations


def print_report(lines: dict[Path, int], functions: list[Function]) -> None:
    """Print the folders with their modules and lines, then the longest functions."""
    folders: defaultdict[Path, list[int]] = defaultdict(list)
    for path, count in lines.items():
        folders[path.parent].append(count)
    print(f"{'folder':<28}{'modules':>8}{'lines':>8}{'longest':>9}")
    for folder, counts in folders.items():
        print(f"{folder!s:<28}{len(counts):>8}{sum(counts):>8}{max(counts):>9}")
    print(f"{'in all':<28}{len(lines):>8}{sum(lines.values()):>8}{max(lines.values()):>9}\n")
    print("longest functions")
    for function in sorted(functions, key=lambda function: -function.lines)[:LONGEST_SHOWN]:
        print(f"{function.lines:>5}  {function}")


def main(root: Path = ROOT) -> int:
    lines = {path: count_lines(root / path) for path in source_files(root)}
    functions = [
        function for path in lines if path.suffix == ".py" for function in find_functions(path, root)
    ]
    print_report(lines, functions)
    violations = find_violations(lines, functions)
    if violations:
        print("\ntoo large", *violations, sep="\n  ")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
