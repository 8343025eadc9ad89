"""The registration authority's public key, from its certificate."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import SettingsError

__all__ = ["registration_authority"]


def registration_authority(path: Path | None) -> ec.EllipticCurvePublicKey | None:
    """Return the key that certifies physicians' keys, None where none is set; raises SettingsError."""
    if path is None:
        return None
    try:
        key = x509.load_pem_x509_certificate(path.read_bytes()).public_key()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a PEM certificate"
        raise SettingsError(f"report.authority: {path}: cannot be read ({why})") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError(f"report.authority: {path}: its key is not on P-256")
    return key
