"""What the two sides say to each other once they are connected, before anything else: the signed confirm.

docs/signalling.md, *Confirm*. It covers both bindings, the nonce and the certificate that DTLS really showed, so that a
relay that changed anything on the way is found before a picture, a sound or a measurement goes over the connection.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signalling import jws
from signalling.binding import Binding, Edge, Part, Signer
from signalling.errors import BindingError, Flaw

__all__ = [
    "check_reveal",
    "check_seen",
    "commit",
    "digits",
    "fingerprint_of_certificate",
    "make_confirm",
    "new_nonce",
    "transcript",
    "verify_confirm",
]

TYPE: Final = "teleborne-confirm+jwt"
_CONTEXT: Final = "teleborne.v1 transcript"
_DIGITS_CONTEXT: Final = b"teleborne.v1 digits"
_NONCE_OCTETS: Final = 32
_DIGITS: Final = 6


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    iss: str
    call: str
    gen: int
    ep: str
    role: str
    seen: str
    t: str


def new_nonce() -> str:
    """Return 32 random octets in base64url."""
    return jws.text(secrets.token_bytes(_NONCE_OCTETS))


def commit(nonce: str) -> str:
    """Return what an offer's binding says of its nonce."""
    return jws.digest(jws.octets(nonce))


def check_reveal(offer: Binding, nonce: str) -> None:
    """Check that the revealed nonce is the one that the offer's binding committed to; raises BindingError."""
    opened = len(jws.octets(nonce)) == _NONCE_OCTETS and offer.commitment is not None
    if not opened or not hmac.compare_digest(commit(nonce), offer.commitment or ""):
        raise BindingError(Flaw.REVEAL, "the nonce is not the one committed to")


def fingerprint_of_certificate(der: bytes) -> str:
    """Return the SHA-256 of a DTLS certificate as `mky` has it."""
    return hashlib.sha256(der).hexdigest().upper()


def check_seen(binding: Binding, der: bytes) -> str:
    """Check that the certificate DTLS showed is the signed one, and return its fingerprint; raises BindingError."""
    seen = fingerprint_of_certificate(der)
    if seen != binding.fingerprint:
        raise BindingError(Flaw.SEEN, "the connection's certificate is not the signed one")
    return seen


def transcript(offer: str, answer: str, nonce: str) -> str:
    """Return the hash of all that was agreed: both bindings as they were received, and the nonce."""
    return jws.digest(f"{_CONTEXT}\n{offer}\n{answer}\n{nonce}".encode())


def digits(agreed: str) -> str:
    """Return the six digits that two people can compare aloud, from the transcript."""
    derive = HKDF(algorithm=hashes.SHA256(), length=8, salt=b"", info=_DIGITS_CONTEXT)
    number = int.from_bytes(derive.derive(jws.octets(agreed)), "big")
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def make_confirm(signer: Signer, edge: Edge, part: Part, *, agreed: str, seen: str) -> str:
    """Return the signed confirm of the side that made *part*; *seen* is the fingerprint it saw of the other."""
    claims = _expected(signer.subject, edge, part, agreed=agreed, seen=seen)
    return jws.sign({"typ": TYPE}, msgspec.structs.asdict(claims), signer.key)


def verify_confirm(token: str, binding: Binding, edge: Edge, part: Part, *, agreed: str, own: str) -> None:
    """Check the other side's confirm, which must say that it saw *own*, this side's fingerprint; raises BindingError.

    *binding* is the other side's, verified; *part* the one it made.
    """
    jws.header_of(token, members=(), typ=TYPE)
    claims = jws.verify(token, binding.key, _Claims, flaw=Flaw.CONFIRM)
    if claims.seen != own:
        raise BindingError(Flaw.SEEN, "the other side saw another certificate than ours")
    if claims != _expected(binding.subject, edge, part, agreed=agreed, seen=own):
        raise BindingError(Flaw.CONFIRM, "the other side confirmed something else")


def _expected(subject: str, edge: Edge, part: Part, *, agreed: str, seen: str) -> _Claims:
    return _Claims(
        v=1,
        iss=subject,
        call=edge.call,
        gen=edge.generation,
        ep=str(edge.endpoint),
        role=str(part),
        seen=seen,
        t=agreed,
    )
