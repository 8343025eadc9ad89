"""Asking the registration authority to certify a physician's key: our statement goes there, a credential comes back.

Nothing of it passes through a browser but the public key and the credential. No redirect is followed, and the answer
has a deadline and a size. docs/signalling.md, *Who signs*.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.config import AuthorityLink
from gateway.errors import Forbidden, SettingsError, Unavailable
from gateway.http.statement_key import statement_key
from signalling.statement import make_statement

__all__ = ["Certifying", "Opening"]

_DEADLINE: Final = ClientTimeout(total=5)
_LARGEST: Final = 16 * 1024
_OK: Final = 200
_REFUSED: Final = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Certifying:
    """One authority, asked over *session*; *key* signs the statements as the gateway *link.name*."""

    session: ClientSession
    link: AuthorityLink
    key: ec.EllipticCurvePrivateKey
    now: Callable[[], datetime]

    async def credential(self, *, subject: str, name: str, acr: str, jwk: dict[str, Any]) -> str:
        """Return the credential for the public key *jwk* of a physician who signed in by *acr*.

        Raises Forbidden for what the authority does not certify, Unavailable where it does not answer.
        """
        statement = make_statement(
            self.key, gateway=self.link.name, subject=subject, name=name, acr=acr, jwk=jwk, now=self.now()
        )
        status, told = await self._ask({"statement": statement, "jwk": jwk})
        credential = told.get("credential")
        if status == _OK and isinstance(credential, str):
            return credential
        if status == _REFUSED:
            # Its own words name what it checks, and no secret: "signing in by 'eidas1' is not strong enough".
            raise Forbidden(str(told.get("what", "The key was not certified."))[:300], remedy="Sign in again.")
        raise _unavailable(f"it answered {status}")

    async def _ask(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = f"{self.link.url}/credential"
        try:
            async with self.session.post(url, json=body, allow_redirects=False, timeout=_DEADLINE) as answer:
                raw = bytearray()
                async for chunk in answer.content.iter_any():
                    raw += chunk
                    if len(raw) > _LARGEST:
                        raise _unavailable("its answer is too long")
                told = json.loads(raw) if answer.status in (_OK, _REFUSED) else {}
        except (ClientError, TimeoutError) as error:
            raise _unavailable("it does not answer") from error
        except (ValueError, RecursionError):
            raise _unavailable("its answer is not JSON") from None
        return answer.status, told if isinstance(told, dict) else {}


class Opening:
    """What is known of the authority before the first worker starts: its TLS, and our key for it."""

    def __init__(self, link: AuthorityLink, folder: Path) -> None:
        """Raise SettingsError for a certificate that cannot be read, or a *folder* that cannot keep our key."""
        self._link = link
        self._tls = _tls(link)
        self._key = statement_key(folder)

    @asynccontextmanager
    async def opened(self, now: Callable[[], datetime]) -> AsyncIterator[Certifying]:
        """Hold the connection to the authority."""
        async with ClientSession(connector=TCPConnector(ssl=self._tls), cookie_jar=DummyCookieJar()) as session:
            yield Certifying(session=session, link=self._link, key=self._key, now=now)


def _unavailable(why: str) -> Unavailable:
    return Unavailable(
        f"The registration authority cannot certify your key just now: {why}.",
        remedy="Try again in a moment; without it nobody can prove that it is you.",
    )


def _tls(link: AuthorityLink) -> ssl.SSLContext:
    """Return how the authority's certificate is checked; raises SettingsError."""
    try:
        return ssl.create_default_context(cafile=link.ca)
    except OSError as error:
        why = error.strerror or "not PEM"
        raise SettingsError(f"authority.ca: {link.ca}: no CA certificate can be read ({why})") from None
