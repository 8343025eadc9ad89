"""Our two cookies: a session's, and that of an attempt to sign in elsewhere.

https://www.rfc-editor.org/rfc/rfc6265bis; browsers take the prefix `__Host-` only over TLS.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from aiohttp import web

from gateway.store.credentials import Credentials

__all__ = ["Cookies"]

_ATTEMPT: Final = "-sign-in"


class Cookies:
    """The cookies of one listener; *name* is the session's, *lasts_s* the longest that one may last."""

    def __init__(self, credentials: Credentials, *, name: str, tls: bool, lasts_s: int) -> None:
        self._credentials = credentials
        self._name = name
        self._tls = tls
        self._lasts_s = lasts_s

    async def begin_session(
        self,
        request: web.Request,
        response: web.StreamResponse,
        person: str,
        *,
        acr: str = "",
        proved: datetime | None = None,
    ) -> None:
        """End the session that the request came with, and begin one of *person* in the response's cookie.

        *acr*: how they proved who they are, *proved*: when.
        """
        await self.end_session(request)
        token = await self._credentials.sign_in(person, acr=acr, proved=proved)
        # Strict: no link from elsewhere opens a page with this person's data in it.
        self._set(response, self._name, token, "Strict", self._lasts_s)

    def session(self, request: web.Request) -> str | None:
        """Return the session's secret that the browser holds."""
        return request.cookies.get(self._name)

    async def signed_in_at(self, request: web.Request) -> datetime | None:
        """Return when whoever asks proved who they are; None for nobody, or where that is not known."""
        token = self.session(request)
        return None if token is None else await self._credentials.proved(token)

    async def end_session(self, request: web.Request) -> None:
        """End the session of the request's cookie, if it has one."""
        token = self.session(request)
        if token is not None:
            await self._credentials.sign_out(token)

    def drop_session(self, response: web.StreamResponse) -> None:
        """Take the session's cookie from the browser."""
        response.del_cookie(self._name, path="/", secure=self._tls, httponly=True, samesite="Strict")

    def attempt(self, request: web.Request) -> str | None:
        """Return the cookie of the attempt to sign in that this browser began."""
        return request.cookies.get(self._name + _ATTEMPT)

    def set_attempt(self, response: web.StreamResponse, value: str, *, max_age: int) -> None:
        """Give the browser the attempt's cookie; it comes along when the provider sends the browser back."""
        self._set(response, self._name + _ATTEMPT, value, "Lax", max_age)

    def drop_attempt(self, response: web.StreamResponse) -> None:
        """Take the attempt's cookie: it counts once."""
        response.del_cookie(self._name + _ATTEMPT, path="/", secure=self._tls, httponly=True, samesite="Lax")

    def _set(
        self, response: web.StreamResponse, name: str, value: str, samesite: Literal["Strict", "Lax"], max_age: int
    ) -> None:
        response.set_cookie(name, value, httponly=True, secure=self._tls, samesite=samesite, path="/", max_age=max_age)
