"""The code with which somebody tells a booth who they are: from their notebook, or on the letter of an appointment.

It names nobody. It is a compact JWS of this gateway, whose `jti` the gateway alone knows whose it is; a booth that has
read it asks, and each is good once, between two moments.

    header     {"alg":"ES256","kid":"…","typ":"teleborne-arrival+jws"}
    payload    {"exp":…,"jti":"…","nbf":…,"v":1}

Whoever photographs it before it is used can come in its owner's name, as with any paper; so it is short-lived, and the
booth asks « Vous êtes … ? ». https://www.rfc-editor.org/rfc/rfc7515
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from signalling import jws
from signalling.errors import BindingError

__all__ = ["TYPE", "ArrivalClaims", "Refused", "arrival_claims", "arrival_code"]

TYPE: Final = "teleborne-arrival+jws"


class Refused(StrEnum):
    """Why a code says nothing to a booth; each has its sentence at the kiosk."""

    UNKNOWN = "unknown"
    EARLY = "early"
    EXPIRED = "expired"
    USED = "used"
    INCOMPLETE = "incomplete"


class ArrivalClaims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a code says: which one it is, and from when to when it is good (seconds since 1970)."""

    v: Literal[1]
    jti: str
    nbf: int
    exp: int

    def refused(self, now: datetime) -> Refused | None:
        """Return why it is not good at *now*; None where it is."""
        if now < datetime.fromtimestamp(self.nbf, UTC):
            return Refused.EARLY
        return Refused.EXPIRED if now >= datetime.fromtimestamp(self.exp, UTC) else None


def arrival_code(key: ec.EllipticCurvePrivateKey, *, jti: str, start: datetime, end: datetime) -> str:
    """Return the code *jti*, good from *start* to *end*."""
    kid = jws.thumbprint(jws.jwk_of(key.public_key()))
    claims = {"v": 1, "jti": jti, "nbf": int(start.timestamp()), "exp": int(end.timestamp())}
    return jws.sign({"typ": TYPE, "kid": kid}, claims, key)


def arrival_claims(code: str, key: ec.EllipticCurvePublicKey) -> ArrivalClaims | None:
    """Return what *code* says; None for anything that *key* did not sign."""
    try:
        jws.header_of(code, members=("kid",), typ=TYPE)
        return jws.verify(code, key, ArrivalClaims)
    except BindingError:
        return None
