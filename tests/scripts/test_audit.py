import json

import pytest

from scripts.audit import UnreachableError, read_npm_audit, read_pip_audit

SKIPPED = {"name": "b", "skip_reason": "not found"}
SAFE = {"name": "a", "version": "1", "vulns": []}
VULNERABLE = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}


def test_known_vulnerabilities_of_python_packages_are_listed_once() -> None:
    report = json.dumps({"dependencies": [SAFE, VULNERABLE, VULNERABLE, SKIPPED]})
    assert read_pip_audit(report, "") == (["c 2: PYSEC-1"], ["b"])


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        (json.dumps({"dependencies": [SKIPPED]}), ""),
        ("", "requests.exceptions.ConnectTimeout: timed out"),
        ("", "ERROR:pip_audit._cli:Could not connect to the vulnerability feed"),
    ],
)
def test_a_database_that_does_not_answer_is_told_from_one_without_findings(stdout: str, stderr: str) -> None:
    with pytest.raises(UnreachableError):
        read_pip_audit(stdout, stderr)


def test_any_other_failure_of_pip_audit_is_an_error() -> None:
    with pytest.raises(ValueError, match="invalid requirement"):
        read_pip_audit("", "invalid requirement")


def test_vulnerable_javascript_packages_are_listed() -> None:
    report = {"auditReportVersion": 2, "vulnerabilities": {"a": {"range": "<2", "severity": "high"}}}
    assert read_npm_audit(json.dumps(report)) == ["a <2: high"]


@pytest.mark.parametrize("stdout", ["", '{"message": "connect ECONNREFUSED"}'])
def test_npm_without_a_report_is_unreachable(stdout: str) -> None:
    with pytest.raises(UnreachableError):
        read_npm_audit(stdout)
