"""A booth's certificate, looked at for each request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Use
from cryptography.x509.oid import NameOID

from gateway.errors import Unauthenticated
from gateway.identity import Actor
from gateway.identity.certificates import booth_of, read_revoked

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def certificate(
    uris: Iterable[str] = ("urn:teleborne:booth:mairie",),
    uses: Iterable[x509.ObjectIdentifier] = (Use.CLIENT_AUTH,),
    *,
    serial: int = 0xABC1,
) -> bytes:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(serial).not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    )
    if names := [x509.UniformResourceIdentifier(uri) for uri in uris]:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if use := list(uses):
        builder = builder.add_extension(x509.ExtendedKeyUsage(use), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_the_name_in_the_certificate_is_the_booth() -> None:
    booth = booth_of(certificate(), revoked=(), now=NOW)
    assert booth.kind is Actor.BOOTH
    assert booth.subject == "urn:teleborne:booth:mairie"


@pytest.mark.parametrize(
    ("der", "reason"),
    [
        (certificate(()), "no booth's certificate"),
        (certificate(["urn:teleborne:physician:mairie"]), "no booth's certificate"),
        (certificate(["urn:teleborne:booth:"]), "no booth's certificate"),
        (certificate(["urn:teleborne:booth:Mairie"]), "no booth's certificate"),
        (certificate(["urn:teleborne:booth:a/b"]), "no booth's certificate"),
        (certificate(["urn:teleborne:booth:a", "urn:teleborne:booth:b"]), "no booth's certificate"),
        (certificate(uses=()), "no booth's certificate"),
        (certificate(uses=[Use.SERVER_AUTH]), "not for a client"),
        (certificate(uses=[Use.CLIENT_AUTH, Use.SERVER_AUTH]), "not for a client"),
        (b"", "no booth's certificate"),
        (b"\x30\x03\x02\x01\x00", "no booth's certificate"),
    ],
)
def test_a_certificate_that_is_not_plainly_a_booth_s_is_refused(der: bytes, reason: str) -> None:
    with pytest.raises(Unauthenticated, match=reason):
        booth_of(der, revoked=(), now=NOW)


@pytest.mark.parametrize("now", [NOW - timedelta(days=2), NOW + timedelta(days=1)])
def test_a_connection_outlives_no_certificate(now: datetime) -> None:
    with pytest.raises(Unauthenticated, match="out of date"):
        booth_of(certificate(), revoked=(), now=now)


@pytest.mark.parametrize("line", ["mairie", "abc1", "ABC1", "AB:C1", "00:AB:C1", "  mairie   # stolen", "Mairie"])
def test_a_booth_is_revoked_by_its_name_or_its_certificate_s_serial_number(line: str) -> None:
    revoked = read_revoked(f"# revoked\n\n{line}\n")
    with pytest.raises(Unauthenticated, match="revoked"):
        booth_of(certificate(), revoked=revoked, now=NOW)


def test_another_line_revokes_another_booth() -> None:
    assert booth_of(certificate(), revoked=read_revoked("pharmacie\nabc2\n#mairie\n"), now=NOW).name == "mairie"
