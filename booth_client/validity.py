"""A peer's certificate held against the booth's own clock: OpenSSL only knows the machine's, which may be wrong.

Chain, name and use stay OpenSSL's; the two dates of the peer's own certificate are looked at here, before a byte is
sent. https://docs.openssl.org/3.0/man3/X509_VERIFY_PARAM_set_flags/ (X509_V_FLAG_NO_CHECK_TIME)
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

__all__ = ["Span", "judged"]

_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)

Span = tuple[datetime, datetime]
"""From when to when a certificate is good."""


def judged(context: ssl.SSLContext, judge: Callable[[Span], str | None]) -> ssl.SSLContext:
    """Return *context*, which now lets *judge* say why a peer's certificate is not good (None: it is)."""

    class Judged(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            why = judge(_span(self))
            if why is not None:
                raise ssl.SSLCertVerificationError(f"certificate verify failed: {why}")

    context.verify_flags |= _NO_CHECK_TIME
    context.sslobject_class = Judged
    return context


def _span(peer: ssl.SSLObject) -> Span:
    told = peer.getpeercert() or {}
    return _moment(str(told["notBefore"])), _moment(str(told["notAfter"]))


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
