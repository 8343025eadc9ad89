"""What a physician signs under a report, and whether a signature is theirs.

The browser signs a short statement with the physician's own key (P-256, not extractable): the SHA-256 of the
Composition and of each PDF. The statement is canonical JSON (sorted names, no spaces, UTF-8); so is the Composition
that is hashed, as it is stored but for `meta`, which the server writes. The JWS carries the credential by which the
registration authority says whose key it is: a stored report is verified with that authority's public key alone.

    header     {"alg":"ES256","cred":"eyJ…","typ":"teleborne-report+jws"}
    payload    {"composition":{"reference":"Composition/…","sha256":"…"},"documents":[…],"encounter":"Encounter/…",…}

https://www.rfc-editor.org/rfc/rfc7515; the credential: docs/signalling.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import Forbidden, Malformed
from signalling import jws
from signalling.credential import verify_credential
from signalling.errors import BindingError

__all__ = ["TYPE", "check", "covered", "statement"]

TYPE: Final = "teleborne-report+jws"
_VERSION: Final = 1
_SIGN_AGAIN: Final = "Sign the report again from your own page."


class _Anything(msgspec.Struct, frozen=True):
    """The payload has been compared with what was to be signed: nothing is left to read from it."""


def covered(resource: Mapping[str, Any]) -> bytes:
    """Return the octets of *resource* that a signature covers."""
    return jws.canonical({name: member for name, member in resource.items() if name != "meta"})


def statement(
    *,
    encounter: str,
    physician: str,
    written: datetime,
    composition: Mapping[str, Any],
    documents: Sequence[tuple[str, bytes]],
) -> str:
    """Return what is to be signed, as text; *documents* are references with their PDFs, *physician* is `rpps:…`."""
    said = {
        "v": _VERSION,
        "iss": physician,
        "iat": int(written.timestamp()),
        "encounter": f"Encounter/{encounter}",
        "composition": {
            "reference": f"Composition/{composition['id']}",
            "sha256": jws.digest(covered(composition)),
        },
        "documents": [{"reference": reference, "sha256": jws.digest(pdf)} for reference, pdf in documents],
    }
    return jws.canonical(said).decode()


def check(token: str, *, signed: str, physician: str, authority: ec.EllipticCurvePublicKey, now: datetime) -> None:
    """Return if *token* is the physician's signature over *signed*, now; raises Malformed or Forbidden that says why.

    To verify a stored report, *now* is when it was recorded.
    """
    try:
        header = jws.header_of(token, members=("cred",), typ=TYPE)
    except BindingError as error:
        raise Malformed(f"This is no signature of a report: {error}.", where="jws", remedy=_SIGN_AGAIN) from None
    if not isinstance(header["cred"], str):
        raise Malformed("The signature names no credential.", where="jws", remedy=_SIGN_AGAIN)
    if token.split(".")[1] != jws.text(signed.encode()):
        raise Forbidden("Something else was signed than what was prepared.", where="jws", remedy=_SIGN_AGAIN)
    try:
        credential = verify_credential(header["cred"], authority, now=now)
        if credential.subject != physician:
            raise Forbidden("The key is another physician's.", where="jws", remedy="Sign with your own key.")
        jws.verify(token, credential.key, _Anything)
    except BindingError as error:
        raise Forbidden(f"The signature cannot be trusted: {error}.", where="jws", remedy=_SIGN_AGAIN) from None
