"""Compact JWS with ES256, and nothing else: the form of every signed statement in a visit.

docs/signalling.md, *Bytes*. https://www.rfc-editor.org/rfc/rfc7515, https://www.rfc-editor.org/rfc/rfc7518#section-3.4
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from signalling.errors import BindingError, Flaw

__all__ = ["canonical", "digest", "header_of", "jwk_of", "key_of", "octets", "sign", "text", "thumbprint", "verify"]

_LONGEST: Final = 8192
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}", re.ASCII)
_COORDINATE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

T = TypeVar("T", bound=msgspec.Struct)


class _Registry(jws.JWSRegistry):
    """Headers may carry a certificate or a credential, which are longer than the library's default allows."""

    max_header_length = _LONGEST
    max_payload_length = _LONGEST


_registry: Final = _Registry(algorithms=["ES256"], strict_check_header=False)


def canonical(value: object) -> bytes:
    """Return JSON with sorted keys, no spaces, in UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def text(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def octets(encoded: str) -> bytes:
    """Return what base64url without padding stands for; raises BindingError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", encoded, re.ASCII):
        raise BindingError(Flaw.MALFORMED, "not base64url")
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except binascii.Error:
        raise BindingError(Flaw.MALFORMED, "not base64url") from None


def digest(data: bytes) -> str:
    """Return SHA-256 in base64url."""
    return text(hashlib.sha256(data).digest())


def sign(header: Mapping[str, Any], payload: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    """Return the compact JWS of *payload*; `alg` is added to *header*."""
    full = dict(sorted({**header, "alg": "ES256"}.items()))
    return jws.serialize_compact(full, canonical(payload), ECKey.import_key(key), registry=_registry)


def header_of(token: str, *, members: Collection[str] | None, typ: str) -> dict[str, Any]:
    """Return the header of a compact JWS, not verified yet; it has exactly these *members* beside `alg` and `typ`.

    None leaves the members to the caller.
    """
    if len(token) > _LONGEST or not _FORM.fullmatch(token):
        raise BindingError(Flaw.MALFORMED, f"not a compact JWS of ES256, where {typ} was due: {len(token)} characters")
    try:
        header = json.loads(octets(token.partition(".")[0]))
    except (ValueError, RecursionError):
        raise BindingError(Flaw.MALFORMED, "the header is not JSON") from None
    if not isinstance(header, dict) or header.get("alg") != "ES256" or header.get("typ") != typ:
        raise BindingError(Flaw.MALFORMED, f"not signed with ES256 as {typ}")
    if members is not None and set(header) != {"alg", "typ", *members}:
        raise BindingError(Flaw.MALFORMED, f"the header must have exactly alg, typ, {', '.join(members)}")
    return header


def verify(token: str, key: ec.EllipticCurvePublicKey, kind: type[T], *, flaw: Flaw = Flaw.SIGNATURE) -> T:
    """Return what the token says, if *key* signed it; raises BindingError with *flaw*, or malformed."""
    try:
        payload = jws.deserialize_compact(token, ECKey.import_key(key), registry=_registry).payload
    except (JoseError, ValueError):
        raise BindingError(flaw, "the signature does not hold") from None
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BindingError(Flaw.MALFORMED, str(error)) from None


def jwk_of(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return a P-256 public key as a JWK. https://www.rfc-editor.org/rfc/rfc7517."""
    numbers = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": text(numbers.x.to_bytes(32, "big")),
        "y": text(numbers.y.to_bytes(32, "big")),
    }


def key_of(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """Return the P-256 public key in a JWK that has exactly kty, crv, x and y; raises BindingError."""
    coordinates = jwk.get("x"), jwk.get("y")
    named = set(jwk) == {"kty", "crv", "x", "y"} and (jwk["kty"], jwk["crv"]) == ("EC", "P-256")
    if not named or not all(isinstance(c, str) and _COORDINATE.fullmatch(c) for c in coordinates):
        raise BindingError(Flaw.MALFORMED, "not a P-256 public key with kty, crv, x, y")
    x, y = (int.from_bytes(octets(str(c)), "big") for c in coordinates)
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise BindingError(Flaw.MALFORMED, "not a point of P-256") from None


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the JWK's SHA-256 thumbprint. https://www.rfc-editor.org/rfc/rfc7638."""
    return digest(canonical({name: jwk[name] for name in ("crv", "kty", "x", "y")}))
