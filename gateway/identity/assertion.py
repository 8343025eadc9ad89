"""How a program proves who it is: a JWT signed with its own key, used once, for this server only.

https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html, RFC 7523 §3

The registered key alone decides: nothing in the token (`jku`, `x5u`, `jwk`) is followed or believed. Whoever cannot
sign learns one thing only, that no registered key verifies the assertion; what is wrong with the claims is told to
holders of the key.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, RSAKey

from gateway.errors import SettingsError, Unauthenticated
from gateway.identity.scopes import Scopes

__all__ = ["ALGORITHMS", "Assertion", "Client", "PublicKey", "check", "public_key", "public_keys", "quiet"]

ALGORITHMS: Final = ("RS384", "ES384")
"""What a client may sign with, and nothing else: never `none`, never a shared secret."""

LIFETIME: Final = timedelta(minutes=5)
"""How far ahead `exp` may lie; SMART says at most five minutes."""

SKEW: Final = timedelta(seconds=30)
"""How far a client's clock may run ahead of ours. None is allowed for a clock that is behind."""

_LONGEST: Final = 8000
_LONGEST_JTI: Final = 255
_RSA_BITS: Final = 2048
_STRANGER: Final = "No registered client's key verifies this assertion."
_STRANGER_REMEDY: Final = (
    "Check iss and sub (your client_id), kid, alg and that the registered key is the one you sign with."
)

PublicKey = RSAKey | ECKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered program: what it may be granted, and its public keys by kid, each with its one algorithm.

    `recipient`: it passes on to patients' own doctors what they share.
    """

    client_id: str
    name: str
    scopes: Scopes
    keys: Mapping[str, tuple[str, PublicKey]]
    recipient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A verified assertion; its (client, jti) must never be seen again before `expires`."""

    client: Client
    jti: str
    expires: datetime


def check(assertion: str, *, clients: Mapping[str, Client], token_url: str, now: datetime) -> Assertion:
    """Return what the assertion proves, or raise Unauthenticated; the caller ensures that `jti` is new, atomically."""
    client, claims = _verified(assertion, clients)
    _check_names(claims, client, token_url)
    expires = _check_times(claims, now)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise _refused("jti", f"must be a text of 1 to {_LONGEST_JTI} characters, new for each assertion")
    return Assertion(client=client, jti=jti, expires=expires)


def public_key(pem: bytes, *, alg: str) -> PublicKey:
    """Return the public key in a PEM text, checked against the algorithm it is for; raises SettingsError."""
    try:
        with quiet():
            key = RSAKey.import_key(pem) if alg == "RS384" else ECKey.import_key(pem)
    except (JoseError, ValueError):
        raise SettingsError(f"not a PEM public key for {alg}") from None
    return _checked(key, alg)


def public_keys(document: bytes, *, alg: str) -> dict[str, PublicKey]:
    """Return the signing keys for *alg* in a JWK Set by their kid; raises SettingsError.

    https://www.rfc-editor.org/rfc/rfc7517#section-5
    """
    try:
        with quiet():
            keys = KeySet.import_key_set(json.loads(document)).keys
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise SettingsError('not a JWK Set; it is like {"keys": [{"kty": "EC", "kid": "…", …}]}') from None
    wanted = RSAKey if alg == "RS384" else ECKey
    found = {k.kid: _checked(k, alg) for k in keys if isinstance(k, wanted) and k.kid and (k.alg or alg) == alg}
    if not found:
        raise SettingsError(f"the JWK Set has no key with a kid for {alg}")
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Keep joserfc from warning of weak keys: `_checked` refuses them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


def _checked(key: PublicKey, alg: str) -> PublicKey:
    if isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS:
        raise SettingsError(f"the RSA key has {key.public_key.key_size} bits; {alg} needs {_RSA_BITS} or more")
    if isinstance(key, ECKey) and key.curve_name != "P-384":
        raise SettingsError(f"the key is on the curve {key.curve_name}; {alg} needs P-384")
    if key.is_private:
        raise SettingsError("this is a private key; register the public one and keep this one secret")
    return key


def _verified(assertion: str, clients: Mapping[str, Client]) -> tuple[Client, dict[str, Any]]:
    """Return the client whose registered key signed, and what it signed."""
    try:
        if len(assertion) > _LONGEST:
            _stranger()
        raw = assertion.encode("ascii")
        unverified = jws.extract_compact(raw)
        claims = json.loads(unverified.payload)
        client = clients[claims["iss"]]
        alg, key = client.keys[unverified.headers()["kid"]]
        if unverified.headers().get("typ", "JWT") != "JWT":
            _stranger()
        signed = jws.deserialize_compact(raw, key, algorithms=[alg])
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        # Whatever is unreadable, unknown or unsigned: a stranger is told nothing of who is registered.
        _stranger()
    if signed.payload != unverified.payload or not isinstance(claims, dict):
        _stranger()
    return client, claims


def _stranger() -> NoReturn:
    raise Unauthenticated(_STRANGER, where="client_assertion", remedy=_STRANGER_REMEDY) from None


def _check_names(claims: Mapping[str, Any], client: Client, token_url: str) -> None:
    if claims.get("sub") != client.client_id:
        raise _refused("sub", "must be your client_id, as iss is")
    if claims.get("aud") not in (token_url, [token_url]):
        raise _refused("aud", f"must be exactly {token_url}")


def _check_times(claims: Mapping[str, Any], now: datetime) -> datetime:
    """Return when the assertion expires, or refuse: expired, too far ahead, or from the future."""
    expires = _instant(claims, "exp")
    if expires is None:
        raise _refused("exp", "is missing; set it at most 5 minutes ahead")
    if expires <= now:
        raise _refused("exp", "has passed; make a new assertion, and check your clock")
    if expires > now + LIFETIME + SKEW:
        raise _refused("exp", "is more than 5 minutes ahead; make it sooner, and check your clock")
    for name in ("iat", "nbf"):
        begins = _instant(claims, name)
        if begins is not None and begins > now + SKEW:
            raise _refused(name, "is in the future; check your clock")
    return expires


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp("true" if isinstance(value, bool) else value, UTC)  # type: ignore[arg-type]  # refused as text
    except (TypeError, ValueError, OverflowError, OSError):
        raise _refused(name, "must be a number of seconds since 1970") from None


def _refused(claim: str, what: str) -> Unauthenticated:
    return Unauthenticated(f"The assertion's {claim} {what}.", where="client_assertion")
