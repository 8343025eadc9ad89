"""What a client certificate proves: that the caller is the booth named in it.

TLS has already checked the chain up to the device authority and that the caller holds the key. What TLS does once, at
the handshake, is asked again for each request here: is the certificate still valid, and not revoked?

The name is the URI `urn:teleborne:booth:NAME`, the only one in subjectAltName. https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.errors import Unauthenticated
from gateway.identity import principal
from gateway.identity.principal import Principal

__all__ = ["URN", "booth_of", "fingerprint", "is_booth", "key_of", "named", "read_revoked"]

URN: Final = "urn:teleborne:booth:"
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def booth_of(der: bytes, *, revoked: Collection[str], now: datetime) -> Principal:
    """Return the booth that the certificate names; raises Unauthenticated when it is none, out of date or revoked.

    *revoked* holds serial numbers (lower-case hexadecimal, no colons) and booth names; *now* is aware.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        name = _name(certificate)
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.ExtensionNotFound):
        raise _refused("is no booth's certificate") from None
    if list(usages) != [ExtendedKeyUsageOID.CLIENT_AUTH]:
        raise _refused("is not for a client")
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise _refused("is out of date")
    if name in revoked or f"{certificate.serial_number:x}" in revoked:
        raise _refused("was revoked")
    return principal.booth(name)


def named(certificate: str) -> str:
    """Return the name of the booth in a certificate (PEM), unverified; raises ValueError."""
    try:
        return _name(x509.load_pem_x509_certificate(certificate.encode("ascii")))
    except x509.ExtensionNotFound:
        raise ValueError("no booth's certificate") from None


@lru_cache(maxsize=256)
def key_of(der: bytes) -> str:
    """Return the SHA-256 of a certificate's public key in hexadecimal: the same for all certificates of one key."""
    return fingerprint(x509.load_der_x509_certificate(der).public_key())


def fingerprint(key: CertificatePublicKeyTypes) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo) in hexadecimal."""
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def is_booth(subject: str) -> bool:
    """Tell whether *subject* is a booth's: the URN and a name of 1 to 63 small letters, digits and hyphens."""
    return subject.startswith(URN) and _NAME.fullmatch(subject.removeprefix(URN)) is not None


def read_revoked(text: str) -> frozenset[str]:
    """Read a revocation list: a serial number, a booth name or a physician (`rpps:…`) a line; `#` begins a comment."""
    lines = (line.split("#", 1)[0].strip().lower() for line in text.splitlines())
    return frozenset(_listed(line) for line in lines if line)


def _listed(line: str) -> str:
    serial = line.replace(":", "")
    return serial.lstrip("0") if re.fullmatch(r"[0-9a-f]+", serial) else line


def _name(certificate: x509.Certificate) -> str:
    uris = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (uri,) = uris.get_values_for_type(x509.UniformResourceIdentifier)
    name = uri.removeprefix(URN)
    if name == uri or not _NAME.fullmatch(name):
        raise ValueError(uri)
    return name


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated(f"The client certificate {why}.", remedy="Enrol the booth again.")
