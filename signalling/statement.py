"""A gateway's statement that somebody has just proved who they are: what the registration authority certifies upon.

A physician has signed in strongly (`acr` is how); a booth has brought its code of enrolment, or renews its certificate.
docs/signalling.md, *Who signs*. It names the key to certify, so that whoever sees the statement cannot have another key
certified with it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from signalling import jws
from signalling.credential import ISSUER, SKEW
from signalling.errors import BindingError, Flaw

__all__ = ["ENROLLED", "LIFETIME", "RENEWED", "Statement", "gateway_of", "make_statement", "verify_statement"]

ENROLLED: Final = "enrolment-code"
RENEWED: Final = "renewal"
"""The `acr` of a booth: it brought the code that an operator made for it; it asks with the key it has already."""

LIFETIME: Final = timedelta(seconds=60)
_TYPE: Final = "teleborne-sign-in+jwt"
_ISSUER: Final = "urn:teleborne:gateway:"


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    iss: str
    aud: str
    sub: str
    name: str
    acr: str
    jkt: str
    jti: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    iat: int
    exp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Who signed in, how strongly (`acr`), at which gateway; `jti` may be used once before `expires`."""

    gateway: str
    subject: str
    name: str
    acr: str
    jti: str
    expires: datetime


def make_statement(
    key: ec.EllipticCurvePrivateKey,
    *,
    gateway: str,
    subject: str,
    name: str,
    acr: str,
    jwk: dict[str, Any],
    now: datetime,
) -> str:
    """Return the gateway's statement about *subject* and the public key *jwk* of theirs."""
    issued = int(now.timestamp())
    claims = {
        "iss": f"{_ISSUER}{gateway}",
        "aud": ISSUER,
        "sub": subject,
        "name": name,
        "acr": acr,
        "jkt": jws.thumbprint(jwk),
        "jti": secrets.token_urlsafe(24),
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
    }
    return jws.sign({"typ": _TYPE, "kid": gateway}, claims, key)


def gateway_of(token: str) -> str:
    """Return which gateway says that it made the statement, to find its key; raises BindingError."""
    return str(jws.header_of(token, members=("kid",), typ=_TYPE)["kid"])


def verify_statement(token: str, key: ec.EllipticCurvePublicKey, *, jwk: dict[str, Any], now: datetime) -> Statement:
    """Return what the gateway with this *key* states about the key *jwk*; raises BindingError."""
    gateway = gateway_of(token)
    claims = jws.verify(token, key, _Claims)
    if (claims.iss, claims.aud) != (f"{_ISSUER}{gateway}", ISSUER):
        raise BindingError(Flaw.AUDIENCE, "the statement is another gateway's, or for another authority")
    if claims.jkt != jws.thumbprint(jws.jwk_of(jws.key_of(jwk))):
        raise BindingError(Flaw.IDENTITY, "the statement is about another key")
    seconds, skew = now.timestamp(), SKEW.total_seconds()
    if not 0 < claims.exp - claims.iat <= LIFETIME.total_seconds():
        raise BindingError(Flaw.EXPIRED, f"a statement lives for at most {LIFETIME.total_seconds():g} s")
    if not claims.iat - skew <= seconds < claims.exp + skew:
        raise BindingError(Flaw.EXPIRED, "the statement is out of date, or a clock is wrong")
    return Statement(
        gateway=gateway,
        subject=claims.sub,
        name=claims.name,
        acr=claims.acr,
        jti=claims.jti,
        expires=datetime.fromtimestamp(claims.exp, tz=now.tzinfo) + SKEW,
    )
