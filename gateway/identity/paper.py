"""What the code on a paper says: who made it, when, where its physician's signature is; nothing of anybody's health.

The code is a link to the gateway's page /verifier/, with a compact JWS behind the # (which no server is sent):

    header     {"alg":"ES256","kid":"…","typ":"teleborne-paper+jws"}
    payload    {"by":"Dr …","doc":"…","iat":…,"kind":"report","proof":"…","rpps":"…","v":1}

`doc` and `proof` are the ids of the DocumentReference and of the Provenance. The gateway signs when the paper is made,
which is before the physician does: the code proves where the paper comes from; the Provenance, fetched with it, proves
that the physician signed it and what its octets were. https://www.rfc-editor.org/rfc/rfc7515
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import NotFound
from signalling import jws
from signalling.errors import BindingError

__all__ = ["TYPE", "PaperClaims", "paper_claims", "paper_code"]

TYPE: Final = "teleborne-paper+jws"
_VERSION: Final = 1


class PaperClaims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gateway says of a paper."""

    v: Literal[1]
    iat: int
    kind: str
    by: str
    rpps: str
    doc: str
    proof: str


def paper_code(
    key: ec.EllipticCurvePrivateKey, *, kind: str, by: str, rpps: str, written: datetime, doc: str, proof: str
) -> str:
    """Return the token for one paper."""
    claims = {"v": _VERSION, "iat": int(written.timestamp()), "kind": kind, "by": by, "rpps": rpps}
    kid = jws.thumbprint(jws.jwk_of(key.public_key()))
    return jws.sign({"typ": TYPE, "kid": kid}, {**claims, "doc": doc, "proof": proof}, key)


def paper_claims(token: str, key: ec.EllipticCurvePublicKey) -> PaperClaims:
    """Return what *token* says if our key signed it. Raises NotFound, whatever is wrong: nobody learns more."""
    try:
        jws.header_of(token, members=("kid",), typ=TYPE)
        return jws.verify(token, key, PaperClaims)
    except BindingError:
        raise NotFound("This code is on no paper of ours.") from None
