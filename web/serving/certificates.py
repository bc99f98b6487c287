"""The certificate that the server shows: the owner's own, or one that this workbench makes (TLS=auto).

That one is signed by an authority of this data folder, whose certificate people install on their phones.
"""

import os
import ssl
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from db.settings import Settings
from web.serving import machine
from web.serving.authority import LEAF_DAYS, Name, Signed, make_authority, make_leaf, names_within

RENEW_DAYS = 200
"""A certificate with fewer days left is renewed at a start: a server may then run that long."""


class BadCertificate(Exception):
    """TLS_CERT and TLS_KEY cannot be used; the text says why."""


def tls_files(settings: Settings) -> tuple[Path, Path] | None:
    """The files of the certificate chain and of its key, None without TLS.

    With TLS=auto both are one file, so that a kill cannot leave halves that do not match; it is made where it
    is missing, ends soon, is not valid yet, since the clock was ahead when it was made, or lacks a name or an
    address that the machine has now. Raises BadCertificate.
    """
    if settings.tls_cert is not None and settings.tls_key is not None:
        _require_usable(settings.tls_cert, settings.tls_key)
        return settings.tls_cert, settings.tls_key
    if settings.tls == "off":
        return None
    folder = settings.data / "tls"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _load(folder / "ca.pem")
    if authority is None or not _is_valid_for(authority, LEAF_DAYS):
        authority = make_authority()
        _store(folder / "ca.pem", authority, [authority[0]])
    _write(authority_file(settings), authority[0].public_bytes(serialization.Encoding.PEM))
    wanted, leaf = names_within(authority[0], machine.hosts(settings)), _load(folder / "server.pem")
    if leaf is None or not _is_current(leaf, authority, wanted):
        leaf = make_leaf(authority, wanted)
        _store(folder / "server.pem", leaf, [leaf[0], authority[0]])
    return folder / "server.pem", folder / "server.pem"


def authority_file(settings: Settings) -> Path:
    """The certificate of the authority that TLS=auto makes: what a phone has to install."""
    return settings.data / "tls" / "ca.crt"


def authority_fingerprint(settings: Settings) -> str:
    """Its SHA-256, in pairs of hex digits, as phones and computers show it."""
    certificate = x509.load_pem_x509_certificate(authority_file(settings).read_bytes())
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _require_usable(chain: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")
    except ssl.SSLError as error:
        text = f"TLS_CERT={chain} and TLS_KEY={key} do not belong together, or one is damaged ({error})."
        raise BadCertificate(f"{text} The key must not need a password.") from error
    except OSError as error:
        raise BadCertificate(
            f"TLS_CERT={chain} or TLS_KEY={key} cannot be read: {error.strerror}."
        ) from error


def _is_current(leaf: Signed, authority: Signed, wanted: Iterable[Name]) -> bool:
    names = leaf[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if not _is_valid_for(leaf, RENEW_DAYS) or not set(wanted) <= set(names):
        return False
    issued_by = leaf[0].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    return issued_by == x509.SubjectKeyIdentifier.from_public_key(authority[1].public_key()).digest


def _is_valid_for(signed: Signed, days: int) -> bool:
    """Whether it is valid now, and for so many days.

    A clock that is before the program itself, as at the start of a machine without a battery, says nothing.
    """
    at = datetime.now(UTC)
    has_begun = signed[0].not_valid_before_utc <= at or at.timestamp() < Path(__file__).stat().st_mtime
    return has_begun and (signed[0].not_valid_after_utc - at).days >= days


def _load(path: Path) -> Signed | None:
    """The certificate and key of a file that `_store` wrote; None if there is none, or it is damaged."""
    try:
        data = path.read_bytes()
        key = serialization.load_pem_private_key(data, password=None)
        certificate = x509.load_pem_x509_certificate(data)
    except (FileNotFoundError, ValueError):
        return None
    return (certificate, key) if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _store(path: Path, signed: Signed, chain: Sequence[x509.Certificate]) -> None:
    pem = serialization.Encoding.PEM
    key = signed[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(path, key + b"".join(certificate.public_bytes(pem) for certificate in chain))


def _write(path: Path, data: bytes) -> None:
    """Write all of it at once, readable by this user only."""
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        os.fsync(file.fileno())
    os.replace(draft, path)
