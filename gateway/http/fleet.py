"""The fleet: booths tell how they are and are told what is wanted of them; operators read it, and act on it.

PUT  /fleet/status                                on the booths' listener: {…} as gateway/fleet.py has it, by their
                                                  certificate; the answer is what is wanted: {"closed": true}
PUT  /fhir/R4/AuditEvent/{id}                     on the booths' listener: what a helper did there, as
                                                  gateway/fhir/helper_deed.py has it
GET  /fleet/booths                                for operators: every booth with its condition, and the alerts
GET  /fleet/booths/{name}                         for operators: its last changes, and what was done to it
GET  /fleet/booths/{name}/changes?before=…        for operators: a page of older changes, behind that one's serial
GET  /fleet/live                                  for operators: the same as it changes, as server-sent events
POST /fleet/booths/{name}/{act}                   close, open, revoke; after signing in a few minutes ago
POST /fleet/booths/{name}/alerts/{reason}/{act}   take, give-back
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from gateway.database import Database
from gateway.errors import Forbidden, Malformed, NotFound, TooLarge, Unauthenticated
from gateway.fhir.helper_deed import read
from gateway.fleet import Status, Wanted
from gateway.http.authentication import Authenticate
from gateway.http.fhir import PATH as FHIR
from gateway.identity import Principal, Role
from gateway.store.acts import Acts, Done
from gateway.store.alerts import Alert, Alerts
from gateway.store.audit_check import AuditCheck
from gateway.store.fleet import Booth, Fleet
from gateway.store.orders import FLEET, Act, Order, Orders

__all__ = ["FRESH", "Named", "SignedInAt", "Watched", "booth_routes", "check_fresh", "operator", "routes"]

FRESH: Final = timedelta(minutes=5)
"""Whoever acts on a booth has said who they are within this time."""

SignedInAt = Callable[[web.Request], Awaitable[datetime | None]]
"""Returns when the person whose page asks signed in, None for nobody."""

Named = Callable[[str], Awaitable[str | None]]
"""Returns the name of whoever the audit has under a key, None for somebody who is no longer known."""

_LARGEST: Final = 16 * 1024
_MOST_ACTS: Final = 50
_LONGEST_SERIAL: Final = 19
_TAKE: Final = "take"
_log: Final[Any] = structlog.get_logger("fleet")


class Watched:
    """The fleet as operators see it: what booths told, what is wrong, what was ordered."""

    def __init__(self, database: Database, *, named: Named, now: Callable[[], datetime]) -> None:
        self.fleet = Fleet(database)
        self.orders = Orders(database)
        self.acts = Acts(database)
        self.chains = AuditCheck(database)
        self._alerts = Alerts(database)
        self._named = named
        self._now = now

    def now(self) -> datetime:
        """Return the time by which everything here is judged."""
        return self._now()

    async def booths(self) -> list[dict[str, Any]]:
        """Return every booth, by name."""
        orders = await self.orders.all()
        return [_shown(each, orders.get(each.name, Order())) for each in await self.fleet.booths(now=self.now())]

    async def booth(self, name: str) -> dict[str, Any]:
        """Return one booth with its past. Raises NotFound."""
        found = next((each for each in await self.booths() if each["name"] == name), None)
        if found is None:
            raise NotFound("No booth of that name has ever told anything.")
        acts = await self.told(await self.acts.on(name, most=_MOST_ACTS))
        return found | {"changes": await self.changes(name), "acts": acts}

    async def changes(self, name: str, *, before: int | None = None) -> list[dict[str, Any]]:
        """Return a page of a booth's changes, the newest first, behind the one with the serial *before*."""
        return [
            {"serial": each.serial, "at": each.at, "condition": each.condition, "reasons": each.reasons}
            for each in await self.fleet.changes(name, before=before)
        ]

    async def told(self, done: Sequence[Done]) -> list[dict[str, Any]]:
        """Return acts as pages have them: by name, the keys stay here."""
        names = {each.who: await self._named(each.who) or "" for each in done if each.what.startswith(FLEET)}
        return [
            {"at": each.at, "what": each.what, "booth": each.booth, "name": names.get(each.who, each.who)}
            for each in done
        ]

    async def alerts(self, who: Principal) -> list[dict[str, Any]]:
        """Return what is wrong, and which of it *who* sees to."""
        return [_told(each, who) for each in await self._alerts.all(now=self.now())]

    async def see_to(self, booth: str, reason: str, act: str, *, who: Principal) -> None:
        """Let *who* take an alert, or give it back. Raises NotFound."""
        if act == _TAKE:
            await self._alerts.take(booth, reason, who=who.subject, name=who.name)
        else:
            await self._alerts.give_back(booth, reason)


def booth_routes(watched: Watched, authenticate: Authenticate) -> list[web.RouteDef]:
    """Return the booths' route."""

    async def tell(request: web.Request) -> web.Response:
        who = await _booth(request, authenticate)
        if (request.content_length or 0) > _LARGEST:
            raise TooLarge("A booth's state is shorter than that.")
        try:
            status = msgspec.json.decode(await request.read(), type=Status)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed(f"The state cannot be read: {error}.", remedy="Update the booth or the gateway.") from None
        await watched.fleet.hear(who.name, status, now=watched.now())
        return _json(Wanted(closed=(await watched.orders.of(who.name)).closed))

    async def deed(request: web.Request) -> web.Response:
        who = await _booth(request, authenticate)
        if (request.content_length or 0) > _LARGEST:
            raise TooLarge("A deed is shorter than that.")
        await watched.acts.take_in(who.name, read(await request.read()))
        return web.Response(status=201)

    return [web.put("/fleet/status", tell), web.put(f"{FHIR}/AuditEvent/{{id}}", deed)]


async def _booth(request: web.Request, authenticate: Authenticate) -> Principal:
    who = await authenticate(request)
    if who is None:
        raise Unauthenticated("There is no client certificate.", remedy="Connect as an enrolled booth.")
    return who


def routes(
    watched: Watched,
    authenticate: Authenticate,
    *,
    signed_in_at: SignedInAt,
    ordered: Callable[[], Awaitable[None]],
) -> list[web.RouteDef]:
    """Return the operators' routes; *ordered* is told after each order, so that this server obeys at once."""

    async def booths(request: web.Request) -> web.Response:
        who = await operator(request, authenticate)
        return _json({"at": watched.now(), "booths": await watched.booths(), "alerts": await watched.alerts(who)})

    async def booth(request: web.Request) -> web.Response:
        await operator(request, authenticate)
        return _json(await watched.booth(request.match_info["name"]))

    async def changes(request: web.Request) -> web.Response:
        await operator(request, authenticate)
        before = request.query.get("before", "")
        if not (before.isascii() and before.isdigit() and len(before) < _LONGEST_SERIAL):
            raise Malformed("That is no place.", where="before", remedy="Send the serial of the last change.")
        return _json({"changes": await watched.changes(request.match_info["name"], before=int(before))})

    async def act(request: web.Request) -> web.Response:
        who, name = await operator(request, authenticate), request.match_info["name"]
        now = watched.now()
        check_fresh(await signed_in_at(request), now)
        await watched.booth(name)
        what = Act(request.match_info["act"])
        await watched.orders.give(name, what, who=who.subject, now=now)
        _log.info("ordered", booth=name, act=what.value, by=who.subject)
        await ordered()
        return _json(await watched.booth(name))

    async def alert(request: web.Request) -> web.Response:
        who = await operator(request, authenticate)
        booth, reason, act = (request.match_info[each] for each in ("name", "reason", "act"))
        await watched.see_to(booth, reason, act, who=who)
        return _json(await watched.alerts(who))

    acts = "|".join(Act)
    return [
        web.get("/fleet/booths", booths),
        web.get("/fleet/booths/{name}", booth),
        web.get("/fleet/booths/{name}/changes", changes),
        web.post(f"/fleet/booths/{{name}}/{{act:{acts}}}", act),
        web.post(f"/fleet/booths/{{name}}/alerts/{{reason}}/{{act:{_TAKE}|give-back}}", alert),
    ]


def check_fresh(signed_in: datetime | None, now: datetime) -> None:
    """Return if somebody has said just now who they are. Raises Forbidden."""
    if signed_in is None or now - signed_in > FRESH:
        raise Forbidden("You signed in too long ago to act on a booth.", where="session", remedy="Sign in again.")


async def operator(request: web.Request, authenticate: Authenticate) -> Principal:
    """Return the operator who asks. Raises Unauthenticated or Forbidden."""
    who = await authenticate(request)
    if who is None:
        raise Unauthenticated("Nobody is signed in.", remedy="Sign in.")
    if Role.OPERATOR not in who.roles:
        raise Forbidden("Only operators see the fleet.", remedy="Sign in as an operator.")
    return who


def _shown(booth: Booth, order: Order) -> dict[str, Any]:
    return {
        "name": booth.name,
        "condition": booth.condition,
        "reasons": booth.reasons,
        "heard": booth.heard,
        "status": msgspec.structs.replace(booth.status, ways=()),  # small numbers, told in figures only
        "order": {"closed": order.closed, "revoked": order.revoked},
    }


def _told(alert: Alert, who: Principal) -> dict[str, Any]:
    """Return an alert as pages have it: whoever sees to it by name, their key stays here."""
    return {
        "booth": alert.booth,
        "reason": alert.reason,
        "since": alert.since,
        "last": alert.last,
        "times": alert.times,
        "ended": alert.ended,
        "owner": alert.owner_name,
        "mine": alert.owner == who.subject,
    }


def _json(value: Any) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", headers=headers)
