"""A physician's credential: the registration authority says whose a key is, for at most 30 days.

docs/signalling.md, *Who signs*. The authority's key is not on the signalling host: whoever holds the server cannot make
one. The key itself is made in the physician's browser and cannot leave it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from signalling import jws
from signalling.errors import BindingError, Flaw

__all__ = ["ISSUER", "LONGEST", "SKEW", "TYPE", "Credential", "make_credential", "verify_credential"]

ISSUER: Final = "urn:teleborne:authority"
TYPE: Final = "teleborne-credential+jwt"
LONGEST: Final = timedelta(days=30)
SKEW: Final = timedelta(seconds=60)
"""How far two clocks may be apart."""

_SUBJECT: Final = re.compile(r"rpps:[0-9]{11}", re.ASCII)
_LONGEST_NAME: Final = 120


class _Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    jwk: dict[str, Any]


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    iss: str
    sub: str
    name: str
    cnf: _Confirmation
    iat: int
    exp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Whose key it is: `subject` is `rpps:` and eleven digits, `name` is for screens."""

    subject: str
    name: str
    key: ec.EllipticCurvePublicKey
    expires: datetime


def make_credential(
    authority: ec.EllipticCurvePrivateKey,
    *,
    subject: str,
    name: str,
    jwk: dict[str, Any],
    now: datetime,
    lifetime: timedelta = LONGEST,
) -> str:
    """Return the credential, a JWS; raises ValueError for a subject, name or lifetime that cannot be certified."""
    if not _SUBJECT.fullmatch(subject):
        raise ValueError(f"{subject!r} is no physician: give rpps: and eleven digits")
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise ValueError(f"a name has 1 to {_LONGEST_NAME} printable characters")
    if not timedelta(0) < lifetime <= LONGEST:
        raise ValueError(f"a credential lives for at most {LONGEST.days} days")
    try:
        public = jws.jwk_of(jws.key_of(jwk))
    except BindingError as error:
        raise ValueError(str(error)) from None
    issued = int(now.timestamp())
    claims = {"iss": ISSUER, "sub": subject, "name": name, "cnf": {"jwk": public}, "iat": issued}
    expires = issued + int(lifetime.total_seconds())
    kid = jws.thumbprint(jws.jwk_of(authority.public_key()))
    return jws.sign({"typ": TYPE, "kid": kid}, {**claims, "exp": expires}, authority)


def verify_credential(token: str, authority: ec.EllipticCurvePublicKey, *, now: datetime) -> Credential:
    """Return whose key it is, as the authority says; raises BindingError (credential, malformed or expired)."""
    header = jws.header_of(token, members=("kid",), typ=TYPE)
    if header["kid"] != jws.thumbprint(jws.jwk_of(authority)):
        raise BindingError(Flaw.CREDENTIAL, "another authority made this credential")
    claims = jws.verify(token, authority, _Claims, flaw=Flaw.CREDENTIAL)
    if claims.iss != ISSUER or not _SUBJECT.fullmatch(claims.sub) or not 0 < len(claims.name) <= _LONGEST_NAME:
        raise BindingError(Flaw.CREDENTIAL, "it does not say who the physician is")
    if not 0 < claims.exp - claims.iat <= LONGEST.total_seconds():
        raise BindingError(Flaw.CREDENTIAL, f"it lives for more than {LONGEST.days} days")
    skew, seconds = SKEW.total_seconds(), now.timestamp()
    if not claims.iat - skew <= seconds < claims.exp + skew:
        raise BindingError(Flaw.EXPIRED, "the physician's credential is out of date")
    key = jws.key_of(claims.cnf.jwk)
    return Credential(
        subject=claims.sub, name=claims.name, key=key, expires=datetime.fromtimestamp(claims.exp, tz=now.tzinfo)
    )
