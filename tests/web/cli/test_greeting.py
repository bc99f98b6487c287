"""What an owner reads once everything runs."""

from pathlib import Path

import pytest

from db.settings import settings
from web.cli.greeting import greet

PLAIN = "plain HTTP: anybody on the network can read along"


def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, **chosen: str) -> str:
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    greet("secret")
    return capsys.readouterr().out


def test_plain_http_is_called_that_where_others_can_listen(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(capsys, monkeypatch, HOST="0.0.0.0")
    assert PLAIN in text
    assert "TLS=auto" in text
    assert "Sign in as the owner, once: http://localhost:8000/i/secret" in text
    assert PLAIN not in printed(capsys, monkeypatch, HOST="127.0.0.1")


def test_with_tls_every_link_is_https_and_the_certificate_is_named(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = printed(capsys, monkeypatch, HOST="::1", TLS="auto")
    assert PLAIN not in text
    assert "http://" not in text
    assert "https://[::1]:8000/i/secret" in text
    assert str(data / "tls" / "ca.crt") in text
    assert "https://[::1]:8000/certificate" in text
