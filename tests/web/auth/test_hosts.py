"""Only names of this machine are answered to, and browsers are told how to treat the answers."""

import pytest
from flask import Flask

from db.settings import settings
from web import create_app
from web.serving import machine


@pytest.fixture
def app(data: object, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr("socket.gethostname", lambda: "attic")
    return create_app()


def status(app: Flask, host: str, path: str = "/hello") -> int:
    return app.test_client().get(path, headers={"Host": host}).status_code


def test_the_machine_answers_to_its_names(app: Flask) -> None:
    names = "localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "attic", "attic.local:1", "attic."
    assert {host: status(app, host) for host in names} == dict.fromkeys(names, 200)


def test_any_other_name_is_refused(app: Flask) -> None:
    names = "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "evil@localhost"
    for host in (*names, "", "a b", "[::1", "0.0.0.0", "::"):
        for path in ("/hello", "/healthz", "/api/v1/stats", "/static/styles/base.css", "/nowhere"):
            assert status(app, host, path) == 400, (host, path)


def test_a_refusal_names_the_setting(app: Flask) -> None:
    page = app.test_client().get("/hello", headers={"Host": "evil.example"})
    assert "TRUSTED_HOSTS" in page.text
    api = app.test_client().get("/api/v1/stats", headers={"Host": "evil.example"})
    assert api.json["error"]["code"] == "unknown_host"


def test_an_address_that_the_machine_gets_later_is_answered_to(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(app, "10.9.8.7") == 400
    monkeypatch.setattr(machine, "addresses", lambda: [machine.address_of("10.9.8.7")])
    assert status(app, "10.9.8.7:8000") == 200


def test_chosen_names_replace_those_of_the_machine(data: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_HOSTS", "photos.example, .home.example")
    settings.cache_clear()
    app = create_app()
    for host in ("photos.example", "a.home.example:443", "127.0.0.1"):
        assert status(app, host) == 200
    for host in ("home.example.evil", "example", "evilhome.example"):
        assert status(app, host) == 400


def test_the_host_of_base_url_is_answered_to(data: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "https://photos.example")
    settings.cache_clear()
    assert status(create_app(), "photos.example") == 200


def test_names_with_other_letters_are_answered_to(data: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "https://bücher.example")
    settings.cache_clear()
    assert status(create_app(), "xn--bcher-kva.example") == 200
    monkeypatch.setenv("TRUSTED_HOSTS", ".bücher.example, Müller.example")
    settings.cache_clear()
    app = create_app()
    for host in ("fotos.xn--bcher-kva.example", "xn--mller-kva.example"):
        assert status(app, host) == 200


def test_other_sites_get_neither_our_pictures_nor_our_windows(app: Flask) -> None:
    headers = app.test_client().get("/hello").headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("host", "tls", "insists"),
    [
        ("photos.example", "off", True),
        ("localhost", "off", False),
        ("127.0.0.1", "off", False),
        ("photos.example", "auto", False),
    ],
)
def test_browsers_are_bound_to_https_where_it_harms_nobody(
    data: object, monkeypatch: pytest.MonkeyPatch, host: str, tls: str, insists: bool
) -> None:
    monkeypatch.setenv("TRUSTED_HOSTS", "photos.example")
    monkeypatch.setenv("TLS", tls)
    settings.cache_clear()
    answer = create_app().test_client().get("/hello", base_url=f"https://{host}")
    assert ("Strict-Transport-Security" in answer.headers) is insists


def test_the_certificate_is_offered_to_anybody(data: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from web.serving.certificates import authority_fingerprint, tls_files

    client = create_app().test_client()
    assert client.get("/certificate").status_code == 404
    monkeypatch.setenv("TLS", "auto")
    settings.cache_clear()
    tls_files(settings())
    assert authority_fingerprint(settings()) in client.get("/certificate").text
    file = client.get("/ca.crt")
    assert file.mimetype == "application/x-x509-ca-cert"
    assert file.data.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in file.data
