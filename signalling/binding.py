"""Bindings: an endpoint's DTLS fingerprint, signed by who has the endpoint, for one connection with one other.

A binding is a PASSporT (https://www.rfc-editor.org/rfc/rfc8225) with the claims that keep it from being used for
another call, generation, endpoint, side or person. docs/signalling.md, *Bindings*, gives the bytes; the browser's twin
is gateway/ui/shared/binding.js, and both are tried against the same vectors.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signalling import jws
from signalling.certificate import Booth, verify_certificate
from signalling.credential import SKEW, Credential, verify_credential
from signalling.errors import BindingError, Flaw
from signalling.side import Endpoint
from signalling.third import guest_subject

__all__ = [
    "LIFETIME",
    "Anchors",
    "Binding",
    "Edge",
    "Part",
    "Signer",
    "booth",
    "guest",
    "make_binding",
    "physician",
    "verify_binding",
]

LIFETIME: Final = timedelta(seconds=120)
"""How long a binding may be used to connect."""

_TYPE: Final = "passport"
_FINGERPRINT: Final = re.compile(r"[0-9A-F]{64}", re.ASCII)


class Part(StrEnum):
    """Which half of the exchange a binding belongs to."""

    OFFER = "offer"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Whom an endpoint believes: shipped with the booth and with the physician's page, never fetched.

    `revoked` holds subjects and certificates' serial numbers (lower-case hexadecimal).
    """

    device_authority: x509.Certificate
    registration_authority: ec.EllipticCurvePublicKey
    revoked: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs, with what key, and the header that proves whose key it is."""

    subject: str
    key: ec.EllipticCurvePrivateKey
    proof: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One peer connection that two sides are about to make: both must mean the same.

    `company` is everybody who takes part, in the order of the signed roster; empty: these two.
    """

    call: str
    generation: int
    endpoint: Endpoint
    offerer: str
    answerer: str
    company: tuple[str, ...] = ()

    def by(self, part: Part) -> str:
        """Return the subject that signs this part."""
        return self.offerer if part is Part.OFFER else self.answerer

    @property
    def roster(self) -> str:
        """Return the hash of who takes part and what is allowed: nobody records."""
        participants = list(self.company) or [self.offerer, self.answerer]
        return jws.digest(
            jws.canonical({"call": self.call, "participants": participants, "policy": {"recording": False}})
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a verified binding proves: `subject`, whose `name` may be shown, uses the DTLS key of `fingerprint`.

    A guest proves no name: it is None.
    """

    token: str
    subject: str
    name: str | None
    key: ec.EllipticCurvePublicKey
    fingerprint: str
    commitment: str | None

    @property
    def hash(self) -> str:
        """Return what an answer's `peer` says of this binding."""
        return jws.digest(self.token.encode())


class _Uri(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    uri: str


class _Uris(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    uri: list[str]


class _MediaKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: str
    dig: str


class _Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    call: str
    gen: int
    ep: str
    role: str
    commit: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{43}$")] | None
    peer: str | None
    roster: str


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    iss: str
    orig: _Uri
    dest: _Uris
    iat: int
    exp: int
    mky: Annotated[list[_MediaKey], msgspec.Meta(min_length=1, max_length=1)]
    tb: _Terms


def booth(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Signer:
    """Return the signer of a booth's two endpoints: its subject is the URI in its certificate; raises ValueError."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (subject,) = names.get_values_for_type(x509.UniformResourceIdentifier)
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return Signer(subject=subject, key=key, proof={"x5c": [der]})


def physician(subject: str, credential: str, key: ec.EllipticCurvePrivateKey) -> Signer:
    """Return a physician's signer; browsers have their own, simulated physicians use this."""
    return Signer(subject=subject, key=key, proof={"cred": credential})


def guest(key: ec.EllipticCurvePrivateKey) -> Signer:
    """Return a guest's signer: nobody says who they are, the roster names their key."""
    jwk = jws.jwk_of(key.public_key())
    return Signer(subject=guest_subject(jwk), key=key, proof={"jwk": jwk})


def make_binding(
    signer: Signer,
    edge: Edge,
    part: Part,
    *,
    fingerprint: str,
    now: datetime,
    commitment: str | None = None,
    peer: str | None = None,
) -> str:
    """Return the signed binding.

    An offer carries the *commitment* to its nonce (`commit`), an answer the hash of the offer's binding in *peer*.
    """
    other = edge.answerer if part is Part.OFFER else edge.offerer
    issued = int(now.timestamp())
    claims = {
        "iss": signer.subject,
        "orig": {"uri": signer.subject},
        "dest": {"uri": [other]},
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
        "mky": [{"alg": "sha-256", "dig": fingerprint}],
        "tb": {
            "v": 1,
            "call": edge.call,
            "gen": edge.generation,
            "ep": str(edge.endpoint),
            "role": str(part),
            "commit": commitment,
            "peer": peer,
            "roster": edge.roster,
        },
    }
    return jws.sign({"typ": _TYPE, **signer.proof}, claims, signer.key)


def verify_binding(
    token: str, edge: Edge, part: Part, *, anchors: Anchors, now: datetime, peer: str | None = None
) -> Binding:
    """Return what the other side's binding proves, if every claim is the one expected here; raises BindingError.

    *edge* and *part* are this side's own knowledge, *peer* the hash of the binding that an answer must answer.
    """
    who = _signer(token, anchors, now)
    claims = jws.verify(token, who.key, _Claims)
    if not who.subject == edge.by(part) == claims.iss == claims.orig.uri:
        raise BindingError(Flaw.IDENTITY, f"{who.subject} is not who was expected")
    _check_time(claims, now)
    terms, other = claims.tb, edge.answerer if part is Part.OFFER else edge.offerer
    expected: tuple[tuple[Flaw, object, object], ...] = (
        (Flaw.AUDIENCE, claims.dest.uri, [other]),
        (Flaw.MALFORMED, terms.v, 1),
        (Flaw.CALL, terms.call, edge.call),
        (Flaw.GENERATION, terms.gen, edge.generation),
        (Flaw.ENDPOINT, terms.ep, str(edge.endpoint)),
        (Flaw.ROLE, terms.role, str(part)),
        (Flaw.ROSTER, terms.roster, edge.roster),
        (Flaw.PEER, terms.peer, peer),
        (Flaw.REVEAL, terms.commit is not None, part is Part.OFFER),
        (Flaw.WEAK_FINGERPRINT, claims.mky[0].alg, "sha-256"),
    )
    for flaw, said, meant in expected:
        if said != meant:
            raise BindingError(flaw, f"the binding says {said!r}, not {meant!r}")
    fingerprint = claims.mky[0].dig
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise BindingError(Flaw.FINGERPRINT, "the fingerprint is not 64 upper-case hexadecimal digits")
    return Binding(
        token=token, subject=who.subject, name=who.name, key=who.key, fingerprint=fingerprint, commitment=terms.commit
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guest:
    """Whoever has a key."""

    subject: str
    key: ec.EllipticCurvePublicKey
    name: None = None


def _signer(token: str, anchors: Anchors, now: datetime) -> Booth | Credential | _Guest:
    """Return whose key must have signed, as the header's certificate, credential or key proves."""
    header = jws.header_of(token, members=None, typ=_TYPE)
    match {name: value for name, value in header.items() if name not in ("alg", "typ")}:
        case {"x5c": [str(encoded)], **rest} if not rest:
            try:
                der = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise BindingError(Flaw.MALFORMED, "x5c is not base64") from None
            return verify_certificate(der, anchors.device_authority, revoked=anchors.revoked, now=now)
        case {"cred": str(credential), **rest} if not rest:
            who = verify_credential(credential, anchors.registration_authority, now=now)
            if who.subject in anchors.revoked:
                raise BindingError(Flaw.REVOKED, "the physician's credential was revoked")
            return who
        case {"jwk": dict(jwk), **rest} if not rest:
            return _Guest(subject=guest_subject(jwk), key=jws.key_of(jwk))
    raise BindingError(Flaw.MALFORMED, "the header must have exactly one certificate in x5c, or cred, or jwk")


def _check_time(claims: _Claims, now: datetime) -> None:
    seconds, skew = now.timestamp(), SKEW.total_seconds()
    if not 0 < claims.exp - claims.iat <= LIFETIME.total_seconds():
        raise BindingError(Flaw.EXPIRED, f"a binding lives for at most {LIFETIME.total_seconds():g} s")
    if not claims.iat - skew <= seconds < claims.exp + skew:
        raise BindingError(Flaw.EXPIRED, "the binding is out of date, or a clock is wrong")
