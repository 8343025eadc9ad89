"""One try to sign in through a provider: what we and the one browser know of it until it comes back.

https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest, RFC 7636 (PKCE)
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Self

__all__ = ["ATTEMPT_LASTS", "Attempt"]

ATTEMPT_LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to sign in: secrets that only we and the one browser hold until it comes back."""

    state: str
    nonce: str
    verifier: str
    began: datetime
    again: bool

    @classmethod
    def begin(cls, now: datetime, *, again: bool = False) -> Self:
        """Return a new attempt; each secret has 256 random bits. *again*: one says anew who one is, whoever knows."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state=state, nonce=nonce, verifier=verifier, began=now, again=again)

    @property
    def challenge(self) -> str:
        """Return the PKCE challenge of method S256."""
        return base64.urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
