"""A booth's certificate: the device authority says which booth a key is of.

docs/signalling.md, *Who signs*. One certificate, made by the device authority itself, P-256 and SHA-256 throughout; the
booth's name is the only URI in subjectAltName. https://www.rfc-editor.org/rfc/rfc5280
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from signalling.credential import SKEW
from signalling.errors import BindingError, Flaw

__all__ = ["URN", "Booth", "verify_certificate"]

URN: Final = "urn:teleborne:booth:"
_SUBJECT: Final = re.compile(r"urn:teleborne:booth:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)", re.ASCII)
_UNDERSTOOD: Final = (
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.SubjectAlternativeName.oid,
)
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booth:
    """Which booth it is: `subject` is its URN, `name` what follows `urn:teleborne:booth:`."""

    subject: str
    name: str
    key: ec.EllipticCurvePublicKey


def verify_certificate(der: bytes, authority: x509.Certificate, *, revoked: Collection[str], now: datetime) -> Booth:
    """Return the booth that *authority* certified; raises BindingError (certificate, expired or revoked).

    *revoked* holds subjects and serial numbers (lower-case hexadecimal).
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(authority)
        subject = _subject(certificate)
    except _UNREADABLE:
        raise _wrong("the device authority did not make it for a booth") from None
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _wrong("its key is not P-256")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        raise _wrong("it is not signed with ECDSA and SHA-256")
    for each in (certificate, authority):
        if not each.not_valid_before_utc - SKEW <= now < each.not_valid_after_utc + SKEW:
            raise BindingError(Flaw.EXPIRED, "the booth's certificate is out of date")
    if subject in revoked or f"{certificate.serial_number:x}" in revoked:
        raise BindingError(Flaw.REVOKED, "the booth's certificate was revoked")
    return Booth(subject=subject, name=subject.removeprefix(URN), key=key)


def _subject(certificate: x509.Certificate) -> str:
    """Return the booth's URN; raises ValueError or ExtensionNotFound where the certificate is for something else."""
    extensions = certificate.extensions
    (name,) = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if not isinstance(name, x509.UniformResourceIdentifier) or not _SUBJECT.fullmatch(name.value):
        raise ValueError(name)
    if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise ValueError("an authority")
    if not extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
        raise ValueError("not for signatures")
    if list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) != [ExtendedKeyUsageOID.CLIENT_AUTH]:
        raise ValueError("not for a client")
    if any(each.critical and each.oid not in _UNDERSTOOD for each in extensions):
        raise ValueError("a critical extension that is not understood")
    return name.value


def _wrong(why: str) -> BindingError:
    return BindingError(Flaw.CERTIFICATE, why)
