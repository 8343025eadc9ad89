"""Somebody who is asked into a visit beside its booth and physician: an interpreter, a helper, a colleague."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from signalling import jws
from signalling.presence import Peer
from signalling.side import Part, Standing

__all__ = ["GUEST", "INVITATION_LIFE", "MOST", "Third", "guest_subject", "hash_of", "matches", "named"]

GUEST: Final = "urn:teleborne:guest:"
"""What a guest's subject begins with; the thumbprint of their key follows, so that the roster names the key."""

INVITATION_LIFE: Final = timedelta(minutes=30)
"""How long a link may be used; it is used once, and never outlives the talk."""

MOST: Final = 4
"""How many take part in a visit at most: the booth, its physician and two more; each talks with each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Third:
    """One invitation and who came of it.

    A link's `commitment` is the hash of its ticket, and `session` that of the cookie which its first use gave: neither
    secret is here. `proof` is what the physician's page checks, and nobody else can.
    """

    invitation: str
    part: Part
    expires: datetime
    standing: Standing = Standing.INVITED
    peer: Peer | None = None
    commitment: str | None = None
    session: str | None = None
    proof: str | None = None


def guest_subject(jwk: dict[str, str]) -> str:
    """Return the subject of whoever has the key of *jwk*."""
    return GUEST + jws.thumbprint(jwk)


def hash_of(secret: str) -> str:
    """Return what is kept of a ticket or a session."""
    return jws.text(hashlib.sha256(secret.encode()).digest())


def matches(kept: str | None, secret: str) -> bool:
    """Say whether *kept* is the hash of *secret*, in a time that tells nothing."""
    return hmac.compare_digest((kept or "").encode(), hash_of(secret).encode()) and kept is not None


def named(thirds: Collection[Third], participant: str) -> Third | None:
    """Return the one with that participant id, or None."""
    return next((each for each in thirds if each.peer is not None and each.peer.id == participant), None)
