"""Making the authority of a data folder, and the certificates that it signs for this machine.

The authority is constrained to private addresses and local names: whoever stole its key could not pass for a
site of the internet.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from web.serving import machine

LEAF_DAYS, AUTHORITY_DAYS = 397, 3650
"""Browsers refuse certificates of more than 398 days."""
PRIVATE_RANGES = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
    "::1/128", "fc00::/7",
)  # fmt: skip
LOCAL_DOMAINS = ("localhost", "local", "lan", "home.arpa", "internal")

Key = ec.EllipticCurvePrivateKey
Name = x509.DNSName | x509.IPAddress
Signed = tuple[x509.Certificate, Key]
"""A certificate and its own key."""


def make_authority() -> Signed:
    """An authority for the names that this machine has today, and for all private addresses."""
    key, own = ec.generate_private_key(ec.SECP256R1()), machine.names()
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Second Look on {own[-1]}"[:64])])
    single = [name for name in own if "." not in name]
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in {*LOCAL_DOMAINS, *single}]
    permitted += [x509.IPAddress(ip_network(text)) for text in PRIVATE_RANGES]
    builder = (
        _builder(title, title, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return builder.sign(key, hashes.SHA256()), key


def make_leaf(authority: Signed, names: Sequence[Name]) -> Signed:
    """A certificate for these names and addresses, signed by the authority."""
    certificate, authority_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Second Look")])
    issued_by = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(title, certificate.subject, key, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issued_by), critical=False
        )
        .add_extension(_usage(signs_certificates=False), critical=True)
    )
    return builder.sign(authority_key, hashes.SHA256()), key


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, days: int) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(hours=1)  # for phones whose clock is late
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def names_within(authority: x509.Certificate, hosts: Iterable[str]) -> list[Name]:
    """The names and addresses among `hosts` that the authority may sign for."""
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = constraints.permitted_subtrees or []
    domains = [entry.value for entry in permitted if isinstance(entry, x509.DNSName)]
    ranges = [ip_network(str(entry.value)) for entry in permitted if isinstance(entry, x509.IPAddress)]
    numbers = {number for host in hosts if (number := machine.address_of(host)) is not None}
    names = {host for host in hosts if machine.address_of(host) is None}
    return [
        *(x509.DNSName(name) for name in sorted(names) if any(_is_below(name, domain) for domain in domains)),
        *(
            x509.IPAddress(number)
            for number in sorted(numbers, key=str)
            if any(number in allowed for allowed in ranges)
        ),
    ]


def _is_below(name: str, domain: str) -> bool:
    return f".{name}".endswith(f".{domain}")
