"""Asking the registration authority to certify a key: our statement goes there, a credential or certificate comes back.

Of a physician's nothing passes through a browser but the public key and the credential. No redirect is followed, and
the answer has a deadline and a size. docs/signalling.md, *Who signs*.
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

from gateway.authority.device import requested_key
from gateway.config import AuthorityLink
from gateway.errors import Forbidden, Malformed, SettingsError, Unavailable
from gateway.http.statement_key import statement_key
from gateway.identity.certificates import URN
from signalling import jws
from signalling.statement import ENROLLED, RENEWED, make_statement

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
        return await self._ask("credential", {"statement": statement, "jwk": jwk}, remedy="Sign in again.")

    async def certificate(self, *, subject: str, csr: str, renews: str | None) -> str:
        """Return the certificate (PEM) that says that the key of *csr* is of the booth *subject*, a URN.

        *renews* is its last one; None: it brought a code of enrolment. Raises Forbidden or Unavailable, like
        `credential`, and Malformed for a request that cannot be read.
        """
        try:
            jwk: dict[str, Any] = dict(jws.jwk_of(requested_key(csr)))
        except ValueError as error:
            raise Malformed(f"No key can be certified: {error}.", where="csr") from None
        statement = make_statement(
            self.key, gateway=self.link.name, subject=subject, name=subject.removeprefix(URN),
            acr=RENEWED if renews else ENROLLED, jwk=jwk, now=self.now(),
        )  # fmt: skip
        asked = {"statement": statement, "csr": csr} | ({"renews": renews} if renews else {})
        return await self._ask("certificate", asked, remedy="Enrol the booth again.")

    async def _ask(self, what: str, body: dict[str, Any], *, remedy: str) -> str:
        status, told = await self._post(what, body)
        made = told.get(what)
        if status == _OK and isinstance(made, str):
            return made
        if status == _REFUSED:
            # Its own words name what it checks, and no secret: "signing in by 'eidas1' is not strong enough".
            raise Forbidden(str(told.get("what", "The key was not certified."))[:300], remedy=remedy)
        raise _unavailable(f"it answered {status}")

    async def _post(self, what: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = f"{self.link.url}/{what}"
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
