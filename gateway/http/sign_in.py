"""Signing in through an identity provider: there, back, and a session of our own.

GET /sign-in             remember an attempt in a sealed cookie of this browser, and go to the provider; with `again`
                         one says who one is also where the provider knows it already
GET /sign-in/callback    check what it brings back, exchange the code, begin a session, go to the person's page

The tokens stay on this side. The attempt's cookie is `Lax`, for the way back comes from the provider's site; the
session's is `Strict` and opens nothing before a page of ours asks with it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web

from gateway.database import DataKey, SealBroken, seal, unseal
from gateway.errors import Malformed, Unauthenticated
from gateway.http.authentication import Person
from gateway.http.back_channel import BackChannel
from gateway.http.cookies import Cookies
from gateway.http.problem import language
from gateway.http.session import HOME
from gateway.identity.attempt import ATTEMPT_LASTS, Attempt
from gateway.identity.known import Known, RoleMapping, known
from gateway.identity.oidc import Party, authorization_url, check_answer, proved_at
from gateway.identity.principal import Principal
from gateway.store.people import People

__all__ = ["CALLBACK", "PATH", "routes"]

PATH: Final = "/sign-in"
CALLBACK: Final = "/sign-in/callback"
_BOUND_TO: Final = ("sign-in attempt",)
_LONGEST: Final = 2000


class _SignIn:
    def __init__(
        self,
        channel: BackChannel,
        people: People,
        cookies: Cookies,
        *,
        party: Party,
        mapping: RoleMapping,
        key: DataKey,
        now: Callable[[], datetime],
        registered: Mapping[str, Person],
    ) -> None:
        self._channel = channel
        self._people = people
        self._cookies = cookies
        self._party = party
        self._mapping = mapping
        self._key = key
        self._now = now
        self._registered = registered

    async def begin(self, request: web.Request) -> web.Response:
        provider = await self._channel.provider()
        attempt = Attempt.begin(self._now(), again="again" in request.query)
        response = _to(authorization_url(provider, self._party, attempt, language=language(request)))
        self._cookies.set_attempt(response, self._sealed(attempt), max_age=int(ATTEMPT_LASTS.total_seconds()))
        return response

    async def finish(self, request: web.Request) -> web.Response:
        query = _query(request)
        attempt = self._attempt(self._cookies.attempt(request))
        provider = await self._channel.provider()
        code = check_answer(query, attempt, provider=provider, now=self._now())
        claims = await self._channel.claims(code, attempt)
        person = known(claims, self._mapping)
        response = _to(_home(person.principal))
        acr = claims.get("acr")
        acr = acr if isinstance(acr, str) else ""
        key = await self._key_of(person)
        await self._cookies.begin_session(request, response, key, acr=acr, proved=proved_at(claims))
        self._cookies.drop_attempt(response)
        return response

    async def _key_of(self, person: Known) -> str:
        """Return what the session names the person by: in a demo, the same as signing in at once does."""
        if person.subject in self._registered:
            return person.subject
        await self._people.remember(person)
        return person.key

    def _sealed(self, attempt: Attempt) -> str:
        sealed = seal(self._key, msgspec.json.encode(attempt), bound_to=_BOUND_TO)
        return base64.urlsafe_b64encode(sealed).decode()

    def _attempt(self, cookie: str | None) -> Attempt:
        try:
            if cookie is None or len(cookie) > _LONGEST:
                raise Unauthenticated(
                    "This browser began no sign-in, or too long ago.", where="state", remedy="Sign in again."
                )
            plain = unseal(self._key, base64.urlsafe_b64decode(cookie.encode("ascii")), bound_to=_BOUND_TO)
        except (SealBroken, binascii.Error, UnicodeError):
            raise Unauthenticated("The sign-in's cookie was changed.", where="state", remedy="Sign in again.") from None
        return msgspec.json.decode(plain, type=Attempt)


def routes(
    channel: BackChannel,
    people: People,
    cookies: Cookies,
    *,
    party: Party,
    mapping: RoleMapping,
    key: DataKey,
    now: Callable[[], datetime],
    registered: Mapping[str, Person],
) -> list[web.RouteDef]:
    """Return the routes; *key* seals the attempts, and is the same on every node behind one name.

    *registered* are the people of the settings whom the provider knows by the same ids: those of a demo.
    """
    sign_in = _SignIn(channel, people, cookies, party=party, mapping=mapping, key=key, now=now, registered=registered)
    return [
        web.get(PATH, sign_in.begin, allow_head=False),
        web.get(CALLBACK, sign_in.finish, allow_head=False),
    ]


def _query(request: web.Request) -> Mapping[str, str]:
    if len(set(request.query)) != len(request.query):
        raise Malformed("A parameter is there twice.", remedy="Sign in again.")
    return request.query


def _home(principal: Principal) -> str:
    return HOME[next(iter(principal.roles))]


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
