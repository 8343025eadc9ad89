"""Signing in and out, and who is signed in: for our own pages.

GET  /session                      who am I: name, role, patient, rpps, practitioner, language, since when; in a demo:
                                   people, kiosk
GET  /demo/sign-in?person=ID       in a demo, from this machine only: become that person, without proof
POST /sign-out                     end the session
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from gateway.config import is_loopback
from gateway.errors import Forbidden, NotFound
from gateway.http.authentication import People, Person, check_same_origin
from gateway.http.cookies import Cookies
from gateway.identity import Role

__all__ = ["DEMO_ACR", "HOME", "check_from_here", "routes"]

DEMO_ACR: Final = "demo"
"""How somebody who became a person of the demo proved it: not at all; only a demo's authority takes it for enough."""

HOME: Final = {Role.PHYSICIAN: "/medecin/", Role.CITIZEN: "/carnet/", Role.OPERATOR: "/admin/"}
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class _Session:
    def __init__(
        self,
        cookies: Cookies,
        authenticate: People,
        people: Mapping[str, Person],
        *,
        demo: bool,
        sign_in: str | None,
        kiosk: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._now = now
        self._cookies = cookies
        self._authenticate = authenticate
        self._people = people
        self._demo = demo
        self._sign_in = sign_in
        self._kiosk = kiosk

    async def who(self, request: web.Request) -> web.Response:
        told: dict[str, Any] = {"signed_in": False, "demo": self._demo}
        token = self._cookies.session(request)
        if token is not None:
            check_same_origin(request)
            person = await self._authenticate.person(token)
            at = await self._cookies.signed_in_at(request)
            told |= _described(person) | {"signed_in_at": at.isoformat() if at else None} if person else {}
        told |= {"sign_in": self._sign_in} if self._sign_in else {}
        if self._demo:
            told["people"] = [
                {"id": key, "name": p.principal.name, "role": _role(p), "sign_in": f"/demo/sign-in?person={key}"}
                for key, p in self._people.items()
            ]
            told |= {"kiosk": self._kiosk} if self._kiosk else {}
        return web.json_response(told)

    async def demo_sign_in(self, request: web.Request) -> web.Response:
        check_from_here(request)
        key = request.query.get("person", "")
        person = self._people.get(key)
        if person is None:
            raise NotFound("The demo has no such person.", where="person", remedy="GET /session lists those it has.")
        response = web.Response(status=303, headers={"Location": HOME[_role(person)]})
        await self._cookies.begin_session(request, response, key, acr=DEMO_ACR, proved=self._now())
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        check_same_origin(request)
        await self._cookies.end_session(request)
        response = web.Response(status=204)
        self._cookies.drop_session(response)
        return response


def routes(
    cookies: Cookies,
    authenticate: People,
    people: Mapping[str, Person],
    *,
    demo: bool,
    sign_in: str | None = None,
    kiosk: str | None = None,
    now: Callable[[], datetime],
) -> list[web.RouteDef]:
    """Return the routes; demo sign-in is not even one of them outside a demo. *sign_in*: where one really signs in."""
    session = _Session(cookies, authenticate, people, demo=demo, sign_in=sign_in, kiosk=kiosk, now=now)
    found = [web.get("/session", session.who, allow_head=False), web.post("/sign-out", session.sign_out)]
    return [*found, web.get("/demo/sign-in", session.demo_sign_in, allow_head=False)] if demo else found


def _described(person: Person) -> dict[str, Any]:
    principal = person.principal
    return {
        "signed_in": True,
        "name": principal.name,
        "role": _role(person),
        "patient": principal.patient,
        "rpps": person.physician.rpps if person.physician else None,
        "practitioner": f"Practitioner/{person.physician.id}" if person.physician else None,
        "language": person.language,
    }


def _role(person: Person) -> Role:
    return next(iter(person.principal.roles))


def check_from_here(request: web.Request) -> None:
    """Refuse a demo sign-in from another machine, behind a proxy, or from another site's link or script."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    here = peer is not None and is_loopback(str(peer[0]))
    if not here or any(header in request.headers for header in _FORWARDED):
        raise Forbidden("Demo sign-in works on the demo's own machine only.")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin", "same-site"):
        raise Forbidden("Another site may not sign anybody in.")
