"""The device authority: an X.509 certificate that says which booth a key is of, for a day.

The booth's name is the URI `urn:teleborne:booth:NAME`, alone in subjectAltName. https://www.rfc-editor.org/rfc/rfc5280
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signalling.certificate import URN, verify_certificate
from signalling.errors import BindingError

__all__ = ["LIFE", "RENEWABLE", "DeviceAuthority", "requested_key", "self_signed"]

LIFE: Final = timedelta(hours=24)
"""How long a booth's certificate is good for; it is renewed at half of it."""

RENEWABLE: Final = timedelta(days=30)
"""For so long after its end a certificate can still be renewed with its own key: a booth may be without network."""

_AUTHORITY_LIFE: Final = timedelta(days=3650)
_BACKDATED: Final = timedelta(minutes=5)  # a clock may be a little behind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAuthority:
    """The authority with its key; gateways and physicians' pages believe the booths that it certified."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def certify(self, subject: str, key: ec.EllipticCurvePublicKey, *, now: datetime) -> x509.Certificate:
        """Return the certificate that says that *key* is of the booth *subject*, a URN."""
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
             "crl_sign", "encipher_only", "decipher_only"), False,
        )  # fmt: skip
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject.removeprefix(URN))]))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(min(now + LIFE, self.certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(subject)]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def check_renewable(self, pem: str, subject: str, key: ec.EllipticCurvePublicKey, *, now: datetime) -> None:
        """Return if the certificate *pem* is ours, of *subject* and *key*, and ended RENEWABLE ago at most.

        Raises ValueError.
        """
        try:
            old = x509.load_pem_x509_certificate(pem.encode("ascii"))
            at = min(now, old.not_valid_after_utc)
            booth = verify_certificate(old.public_bytes(Encoding.DER), self.certificate, revoked=(), now=at)
        except (BindingError, UnicodeError) as error:
            raise ValueError(f"the certificate to renew does not hold: {error}") from None
        if booth.subject != subject or booth.key.public_numbers() != key.public_numbers():
            raise ValueError("the certificate to renew is another booth's or another key's")
        if now - old.not_valid_after_utc > RENEWABLE:
            raise ValueError(f"the certificate to renew ended more than {RENEWABLE.days} days ago; enrol the booth")


def requested_key(csr: str) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key that a certificate signing request (PEM) asks for and proves to hold; raises ValueError.

    https://www.rfc-editor.org/rfc/rfc2986
    """
    try:
        request = x509.load_pem_x509_csr(csr.encode("ascii"))
        key, holds = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        raise ValueError("the signing request cannot be read") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("the key is not on P-256")  # noqa: TRY004  what was sent is wrong, not our types
    if not holds:
        raise ValueError("the signing request is not signed with its own key")
    return key


def self_signed(name: str, key: ec.EllipticCurvePrivateKey, *, now: datetime) -> x509.Certificate:
    """Return the certificate of an authority called *name*, signed by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
