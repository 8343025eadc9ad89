"""Who is asking: exactly one of a session's cookie, a Bearer token and a client certificate, as a Principal.

A cookie comes along by itself, so it counts only where the browser says that one of our own pages asks (Origin,
Sec-Fetch-Site).
https://www.rfc-editor.org/rfc/rfc6750, https://www.w3.org/TR/fetch-metadata/
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from aiohttp import web
from cryptography import x509

from gateway.care.report import Physician
from gateway.errors import Forbidden, Malformed, Unauthenticated
from gateway.http.edge import LAST, WHO
from gateway.http.revocation import RevocationList
from gateway.identity import Principal, Scopes
from gateway.identity.assertion import Client
from gateway.identity.certificates import booth_of
from gateway.identity.principal import program
from gateway.store.credentials import Credentials

__all__ = ["Authenticate", "Booths", "FindPerson", "People", "Person", "check_same_origin", "session_cookie"]

Authenticate = Callable[[web.Request], Awaitable[Principal | None]]
"""Returns who asks, None for somebody who shows nothing; raises Unauthenticated for what proves nothing."""

FindPerson = Callable[[str], Awaitable["Person | None"]]
"""Returns the person whom a session names by this key, None for somebody who is no longer known."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_TOKEN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in: who they are to `permit`, the language of their screens, and as whom they sign."""

    principal: Principal
    language: str
    physician: Physician | None = None


def session_cookie(*, tls: bool) -> str:
    """Return the cookie's name; browsers take `__Host-` only over TLS.

    https://www.rfc-editor.org/rfc/rfc6265bis#section-4.1.3.2
    """
    return "__Host-teleborne" if tls else "teleborne"


class People:
    """The people's listener: a cookie or a Bearer token, never both."""

    def __init__(
        self, credentials: Credentials, *, person: FindPerson, clients: Mapping[str, Client], cookie: str
    ) -> None:
        self._credentials = credentials
        self._person = person
        self._clients = clients
        self._cookie = cookie

    async def __call__(self, request: web.Request) -> Principal | None:
        """Return who asks; see Authenticate."""
        cookie, authorization = request.cookies.get(self._cookie), request.headers.getall("Authorization", [])
        if len(authorization) + (cookie is not None) > 1:
            raise Malformed("The request proves two identities at once.", remedy="Send a cookie or one Bearer token.")
        principal = None
        if authorization:
            principal = await self._program(authorization[0])
        elif cookie is not None:
            check_same_origin(request)
            person = await self.person(cookie)
            principal = person.principal if person else None
        if principal is not None:
            request[WHO] = principal
        return principal

    async def person(self, token: str) -> Person | None:
        """Return whose session the cookie's value is, None where it ended: browsers keep cookies longer than we do."""
        if len(token) > _LONGEST_TOKEN:
            return None
        key = await self._credentials.person(token)
        return None if key is None else await self._person(key)

    async def lasts(self, request: web.Request) -> bool:
        """Tell whether what this request showed is still good; does not prolong it."""
        cookie = request.cookies.get(self._cookie)
        if cookie is not None:
            return await self._credentials.lasts(cookie)
        return await self(request) is not None

    async def _program(self, authorization: str) -> Principal:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST_TOKEN:
            raise Unauthenticated(
                "The Authorization header is not a Bearer token of this server.", where="Authorization"
            )
        grant = await self._credentials.token(token)
        client = self._clients.get(grant.client) if grant else None
        if grant is None or client is None:
            raise Unauthenticated(
                "The access token expired or is unknown.",
                where="Authorization",
                remedy="Ask the token endpoint for another.",
            )
        return _program(grant.scopes, client.client_id, client.name, client.scopes, client.recipient)


@lru_cache(maxsize=1024)
def _program(granted: str, client_id: str, name: str, registered: Scopes, recipient: bool) -> Principal:  # noqa: FBT001  a key of the cache
    """Return a program with what was granted as far as it is still registered for it: the same with each request."""
    scopes = Scopes.parse(granted) & registered
    return program(client_id=client_id, name=name, scopes=scopes, recipient=recipient)


class Booths:
    """The booths' listener: the certificate that TLS has checked, looked at again for each request.

    *hubs* are the ids of the Patients whom booths at home serve, by the booth's name.
    """

    def __init__(self, revocations: RevocationList, *, hubs: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._revocations = revocations
        self._hubs = hubs
        self._now = now

    async def __call__(self, request: web.Request) -> Principal | None:
        """Return the booth; see Authenticate."""
        if "Authorization" in request.headers or "Cookie" in request.headers:
            raise Malformed("The request proves two identities at once.", remedy="Send the client certificate alone.")
        try:
            principal = self.proven(self.certificate(request))
        except Unauthenticated:
            # The certificate is the connection's: only on another one can the booth show the one that it has by now.
            request[LAST] = True
            raise
        request[WHO] = principal
        return principal

    def certificate(self, request: web.Request) -> bytes:
        """Return the certificate (DER) of the request's connection; raises Unauthenticated."""
        tls = request.transport.get_extra_info("ssl_object") if request.transport else None
        der = tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLObject) else None
        if der is None:
            raise Unauthenticated("There is no client certificate.", remedy="Connect as an enrolled booth.")
        return der

    def proven(self, certificate: bytes) -> Principal:
        """Return whom the certificate proves now; raises Unauthenticated, also for one that was revoked meanwhile."""
        return self._proven(certificate, now=self._now())

    def stands(self, certificate: bytes) -> bool:
        """Tell whether a certificate that was good when a socket opened was not revoked since.

        Its end closes no socket: a visit may last beyond it, and the booth has another one by then.
        """
        try:
            self._proven(certificate, now=x509.load_der_x509_certificate(certificate).not_valid_before_utc)
        except Unauthenticated:
            return False
        return True

    def _proven(self, certificate: bytes, *, now: datetime) -> Principal:
        booth = booth_of(certificate, revoked=self._revocations.current(), now=now)
        if not self._revocations.believes(booth.name, certificate):
            raise Unauthenticated("The client certificate is of a key that was replaced.", remedy="Enrol the booth.")
        return replace(booth, patient=self._hubs.get(booth.name))


def check_same_origin(request: web.Request) -> None:
    """Return if one of our own pages asks, or raise Forbidden; a write must say so, a reading must not say otherwise.

    https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = f"{request.scheme}://{request.host}"
    if request.method in _SAFE:
        # "none": the person typed the address or used a bookmark.
        ours = site in (None, "none", "same-origin") and origin in (None, own)
    else:
        ours = (site, origin) != (None, None) and site in (None, "same-origin") and origin in (None, own)
    if not ours:
        raise Forbidden(
            "Another site asks with this person's cookie.", remedy="Use this server's own pages, or a token."
        )
