"""Certificates: made once, renewed in time, and worth nothing outside the machine's own network."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from pydantic import ValidationError

from db.settings import Settings
from web.serving import authority, certificates, machine
from web.serving.certificates import BadCertificate, tls_files


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("socket.gethostname", lambda: "attic")
    return Settings(data=tmp_path, tls="auto")


def shake_hands(files: tuple[Path, Path], trusted: Path, name: str) -> None:
    """A TLS handshake in memory. Raises ssl.SSLCertVerificationError."""
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    server.load_cert_chain(*files)
    client = ssl.create_default_context(cafile=str(trusted))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


def names_of(files: tuple[Path, Path]) -> set[str]:
    certificate = x509.load_pem_x509_certificate(files[0].read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def made(settings: Settings) -> tuple[Path, Path]:
    files = tls_files(settings)
    assert files is not None
    return files


def set_clock(patch: pytest.MonkeyPatch, days: int) -> None:
    class Moved(datetime):
        @classmethod
        def now(cls, tz: object = UTC) -> datetime:
            return datetime.now(UTC) + timedelta(days=days)

    for module in (certificates, authority):
        patch.setattr(module, "datetime", Moved)


@pytest.mark.parametrize("name", ["localhost", "attic", "attic.local", "127.0.0.1"])
def test_a_browser_that_trusts_the_authority_trusts_every_name_of_the_machine(
    settings: Settings, name: str
) -> None:
    shake_hands(made(settings), certificates.authority_file(settings), name)


def test_the_files_are_private_and_made_once(settings: Settings) -> None:
    files = made(settings)
    before = files[0].read_bytes()
    assert made(settings)[0].read_bytes() == before
    folder = settings.data / "tls"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert b"PRIVATE KEY" not in certificates.authority_file(settings).read_bytes()


def test_the_certificate_is_as_browsers_want_it(settings: Settings) -> None:
    certificate = x509.load_pem_x509_certificate(made(settings)[0].read_bytes())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=397)


@pytest.mark.parametrize("foreign", ["example.org", "8.8.8.8"])
def test_a_stolen_authority_cannot_pass_for_a_site_of_the_internet(settings: Settings, foreign: str) -> None:
    made(settings)
    signed = certificates._load(settings.data / "tls" / "ca.pem")
    assert signed is not None
    address = machine.address_of(foreign)
    forged = authority.make_leaf(signed, [x509.IPAddress(address) if address else x509.DNSName(foreign)])
    path = settings.data / "forged.pem"
    certificates._store(path, forged, [forged[0], signed[0]])
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands((path, path), certificates.authority_file(settings), foreign)


def test_a_new_address_and_a_new_name_of_the_machine_renew_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(settings)
    trusted = certificates.authority_file(settings).read_bytes()
    moved = machine.address_of("10.9.8.7")
    monkeypatch.setattr(machine, "addresses", lambda: [moved])
    assert "10.9.8.7" in names_of(made(settings))
    monkeypatch.setattr("socket.gethostname", lambda: "cellar")
    assert "cellar.local" in names_of(made(settings))
    assert certificates.authority_file(settings).read_bytes() == trusted, "phones keep what they installed"


def test_it_is_renewed_long_before_its_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made(settings)[0].read_bytes()
    set_clock(monkeypatch, days=300)
    assert made(settings)[0].read_bytes() != before


def test_one_that_was_made_by_a_clock_ahead_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        set_clock(patch, days=700)
        made(settings)
    shake_hands(made(settings), certificates.authority_file(settings), "localhost")


def test_a_machine_that_starts_in_1970_keeps_what_phones_have_installed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(settings)[0].read_bytes()
    set_clock(monkeypatch, days=-50 * 365)
    assert made(settings)[0].read_bytes() == before


def test_a_name_with_other_letters_is_written_as_browsers_send_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings.model_copy(update={"base_url": "https://büro.local:8000"})
    assert "xn--bro-hoa.local" in names_of(made(chosen))
    monkeypatch.setattr("socket.gethostname", lambda: "Straße")
    assert "xn--strae-oqa.local" in names_of(made(settings))


def test_a_damaged_file_is_replaced(settings: Settings) -> None:
    files = made(settings)
    files[0].write_bytes(files[0].read_bytes()[:200])
    shake_hands(made(settings), certificates.authority_file(settings), "localhost")


def test_public_addresses_and_names_are_left_out(settings: Settings) -> None:
    chosen = settings.model_copy(update={"host": "192.168.4.4", "base_url": "https://photos.example.org"})
    names = names_of(made(chosen))
    assert "192.168.4.4" in names
    assert "photos.example.org" not in names


def test_an_own_certificate_is_used_as_it_is(settings: Settings, tmp_path: Path) -> None:
    chain, key = made(settings)
    own = Settings(data=tmp_path / "other", tls_cert=chain, tls_key=key)
    assert own.serves_tls
    assert tls_files(own) == (chain, key)


def test_files_that_do_not_fit_are_named(settings: Settings, tmp_path: Path) -> None:
    made(settings)
    missing = Settings(data=tmp_path, tls_cert=tmp_path / "none.pem", tls_key=tmp_path / "none.key")
    with pytest.raises(BadCertificate, match="cannot be read: No such file"):
        tls_files(missing)
    folder = tmp_path / "tls"
    mixed = Settings(data=tmp_path, tls_cert=folder / "server.pem", tls_key=folder / "ca.pem")
    with pytest.raises(BadCertificate, match="do not belong together"):
        tls_files(mixed)
    with pytest.raises(ValidationError, match="TLS_CERT and TLS_KEY belong together"):
        Settings(data=tmp_path, tls_cert=folder / "server.pem")


def test_without_tls_nothing_is_made(tmp_path: Path) -> None:
    assert tls_files(Settings(data=tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
